"""The names that a claim about one object may use, in text and in LaTeX, and what each stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixSymbol, OneMatrix

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.order import Order
from symgate.claims.reading.senses import OURS, Senses
from symgate.claims.reading.surface import Node, Rule
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal, T
from symgate.language.giving_way import spelled_otherwise
from symgate.language.sequences import EPS, ETA, LAST, I, J, K
from symgate.names import is_taken
from symgate.nonlinearities import nonlinearity, registered_nonlinearities
from symgate.notation import PLAIN
from symgate.records import Cell, Derivation, Kind, Output
from symgate.tex.context import context_of

#: Time indices that exist without being declared by the object, by name.
_TIMES = {str(symbol): symbol for symbol in (T, K, J, I, LAST)}
_TIMES |= {name: sympy.Symbol(name, integer=True) for name in ("s", "tau", "ell", "l", "r")}
#: Spellings of registered functions.
SPELLED_FUNCTIONS = {
    "sigmoid": "sigma",
    "sigm": "sigma",
    "logistic": "sigma",
    "sig": "sigma",
    "ReLU": "relu",
    "id": "identity",
    "ln": "log",
}
_SPELLED = {"varphi": "phi", "varepsilon": "epsilon", "lambda": "lam", "lam": "lambda"}


@dataclass(frozen=True)
class Names:
    """What may be named.

    Attributes:
        signals: by plain name, what has a time index, at some time.
        constants: by plain name, parameters and other symbols without one.
        functions: by every spelling, the nonlinearity.
        states: the names of the states.
        times: the time indices, bound ones added by the products and sums that bind them.
        now: whether a name without an index means time t (one step) or is refused (many steps).
        arguments: by function, what the recurrence applies it to, each with the name that it defines.
        opaque: the opaque functions that the cell declares.
        defined: trees of names that definitions beside the claim introduce.
        rules: the same for every time, by the names without their times.
        guesses: what names that nothing introduces stand for, in one reading of a claim.
        reads: reads a fraction that is a derivative; None where there are no derivatives.
        derive: the derivative that a tree of the kind "derivative" stands for.
        block: the vector that belongs to the block of a matrix that is judged; None for none.
        outputs: what the recurrence computes beside its states.
        flips: whether the author's symbol of that name is the transpose of ours.
        rows, denominator: whether the author's vectors are rows, and her derivatives in denominator layout.
        shifts: names that the author dates otherwise, and by how much ours are later.
        senses: what derivatives mean besides our sense of them.
        mixed: whether a claim has derivatives with d and with \\partial, of which those with d count all steps.
        earlier: of a recursion over time, the time that it goes back to.
        of_step: whether the left side is of the loss of one step; None where it is of no loss.
        several: whether an object of one step is stated in the gradients by all states.
        cotangents: letters of the gradient of the loss by what their index names.
        sizes: those of the states.
        counted: the size of the vector of ones that the recurrence multiplies by itself, where there is only one.
        late: by how much the author's first step is earlier than ours, for sums over all steps.
        own: the names of the recurrence itself.
        numbers: the names of states of one number.
        aliases: (plain name, letter, scripts) of what the author writes otherwise.
        order: what the bounds of the products and sums around say of these times.
    """

    signals: dict[str, Expr]
    constants: dict[str, Expr]
    functions: dict[str, str]
    states: frozenset[str]
    times: dict[str, sympy.Symbol] = field(default_factory=lambda: dict(_TIMES))
    now: bool = True
    arguments: dict[str, tuple[tuple[str, Expr], ...]] = field(default_factory=dict)
    opaque: frozenset[str] = frozenset()
    defined: dict[str, Node] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    guesses: dict[str, Expr] = field(default_factory=dict)
    reads: Callable[[Any, Any], Any] | None = None
    derive: Callable[[Any, Names], Expr] | None = None
    block: Expr | None = None
    outputs: tuple[Output, ...] = ()
    cotangents: frozenset[str] = frozenset({"delta", "lambda", "lam"})
    senses: Senses = OURS
    shifts: tuple[tuple[str, int], ...] = ()
    several: bool = False
    mixed: bool = False
    earlier: Expr | None = None
    of_step: bool | None = None
    flips: Callable[[Any], bool] | None = None
    rows: bool = False
    denominator: bool = False
    sizes: tuple[Expr, ...] = ()
    counted: Expr | None = None
    late: int = 0
    own: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    aliases: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    order: Order = field(default_factory=Order)

    def derivative(self, raw: Any) -> Any:
        """The tree of a fraction that is a derivative; None for a quotient."""
        return self.reads(raw, self) if self.reads else None

    def letters(self, cotangents: Iterable[str]) -> frozenset[str]:
        """Letters of the gradient of the loss, without those that the recurrence uses otherwise."""
        return frozenset(cotangents) - self.own

    def known(self) -> list[str]:
        """Every name, for advice."""
        return [*self.signals, *self.constants, *self.functions]

    def symbol(self, name: str, index: Expr | tuple[Expr, ...] | None, at: int) -> Expr:
        """The symbol of that name at that time.

        Raises:
            UnreadableError: there is none, or it needs or has no time index.
        """
        if name in self.signals and not (index is None and name in self.constants):
            found = self.signals[name]
            if index is None:
                if not self.now and not isinstance(found.index, sympy.Tuple):
                    raise UnreadableError(f"{name} needs a time index here, such as {name}[k]", at)
                return found.xreplace({found.index: T}) if not isinstance(found.index, sympy.Tuple) else found
            if isinstance(index, tuple) and not isinstance(found.index, sympy.Tuple):
                raise UnreadableError(f"{name} has one time; {len(index)} are found", at, name[:16])
            moment = sympy.Tuple(*index) if isinstance(index, tuple) else index
            return found.func(*found.args[:-1], moment)
        if name in self.constants:
            if index is not None:
                raise UnreadableError(f"{name} does not depend on time, so it carries no index", at)
            return self.constants[name]
        if name.endswith("_t") and index is None and name.removesuffix("_t") in self.signals:
            return self.symbol(name.removesuffix("_t"), T, at)
        if name.endswith("_prev") and name.removesuffix("_prev") in self.signals and index is None:
            found = self.signals[name.removesuffix("_prev")]
            return found.func(*found.args[:-1], T - 1)
        raise self.unknown(name, at)

    def with_time(self, name: str, lower: Expr | None = None, upper: Expr | None = None) -> Names:
        """The same names where a product or sum binds an index of that name; its bounds, where they are times."""
        symbol = self.times.get(name) or sympy.Symbol(name, integer=True)
        return replace(self, times={**self.times, name: symbol}, order=self.order.within(symbol, lower, upper))

    def unknown(self, name: str, at: int) -> UnreadableError:
        """The refusal of a name, with the nearest ones."""
        close = get_close_matches(name, self.known(), n=3, cutoff=0.5)
        meant = f"; did you mean {' or '.join(close)}?" if close else f"; known: {', '.join(sorted(self.known()))}"
        return UnreadableError(f"there is no {name[:40]!r} here{meant}", at, name[:16])

    def candidates(self, stem: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Names whose stem is shown as that, each with its scripts; the longest first."""
        found: list[tuple[str, tuple[str, ...]]] = []
        own: list[tuple[str, tuple[str, ...]]] = []
        for name in [*self.signals, *self.constants]:
            first, *scripts = name.split("_")
            letters = first.rstrip("0123456789") or first
            digits = first[len(letters) :]
            if scripts == ["0"] and stem == first and is_taken(first):
                own.append((name, ()))  # out_0 is what a recurrence calls its out, lambda_0 its lambda
            if stem in (letters, _SPELLED.get(letters)) or _SPELLED.get(stem) == letters:
                found.append((name, tuple(part for part in (digits, *scripts) if part)))
        found = own + [(name, parts) for name, letter, parts in self.aliases if letter == stem] + found
        return iter(sorted(found, key=lambda item: -len(item[1])))


def names_of(truth: Derivation) -> Names:
    """The names of the cell of an object and of the object itself."""
    cell = truth.cell
    signals: dict[str, Expr] = {}
    constants: dict[str, Expr] = {}
    times = dict(_TIMES)
    declared = [*cell.definitions, *cell.symbols.values()]
    for symbol in [*declared, *_symbols(_exprs(truth))]:
        name = str(symbol.name)
        if isinstance(symbol, (Signal, ScalarSignal)):
            signals.setdefault(name, symbol)
        elif isinstance(symbol, MatrixSymbol) or symbol in (
            *cell.parameters,
            truth.cotangent,
            ETA,
            EPS,
            *cell.dimensions,
        ):
            constants.setdefault(name, symbol)
        else:
            times.setdefault(name, symbol)
    if truth.kind is Kind.EXPANSION:
        constants.setdefault(EPS.name, EPS)
    for size in cell.dimensions:
        constants.setdefault(str(size), size)
    functions = {name: name for name in registered_nonlinearities()}
    functions |= {_word(name): name for name in registered_nonlinearities()}
    functions |= {shown: name for shown, name in SPELLED_FUNCTIONS.items() if name in functions}
    functions |= {name: name for name, _ in cell.functions}
    for printed, symbol in _otherwise(truth):
        if printed not in {*signals, *constants, *functions, *times}:
            dated = isinstance(symbol, (Signal, ScalarSignal))
            fixed = isinstance(symbol, MatrixSymbol) or symbol in (truth.cotangent, ETA, EPS)
            (signals if dated else constants if fixed else times)[printed] = symbol
    for symbol, letter in (*context_of(truth, PLAIN).indices.items(), *spelled_otherwise(cell).items()):
        if letter not in {*signals, *constants, *functions, *times}:
            (constants if symbol in (EPS, ETA) else times)[letter] = symbol
    one_step = truth.one_step or truth.kind in {Kind.STATE_JACOBIAN, Kind.SPLIT}
    states = frozenset(state.name for state in cell.states)
    taken = {name for name in functions if name in signals or name in constants}
    functions = {name: target for name, target in functions.items() if name not in taken}
    return Names(
        signals,
        constants,
        functions,
        states,
        times,
        one_step,
        arguments_of(cell),
        frozenset(dict(cell.functions)),
        sizes=tuple(sympy.Mul(*state.after.shape) for state in cell.states),
        counted=_counted(cell),
        own=frozenset(str(item.name) for item in declared),
        numbers=frozenset(state.name for state in cell.numbers),
    )


def _otherwise(truth: Derivation) -> Iterator[tuple[str, Any]]:
    """Letters under which our symbols are printed because the cell has its own, each with our symbol."""
    context = context_of(truth, PLAIN)
    present = {str(symbol.name): symbol for symbol in _symbols(_exprs(truth)) if not context.is_of_cell(symbol)}
    for name, symbol in present.items():
        spelling = context.spelling_of(symbol)
        if spelling.name != name:
            yield spelling.name, symbol


def _exprs(truth: Derivation) -> list[Any]:
    """Everything that a derivation states."""
    exprs = [truth.of, truth.wrt, truth.cotangent, *(term for _, term in truth.named_terms)]
    return exprs + [side for item in truth.equations for side in (item.left, item.right)]


def _counted(cell: Cell) -> Expr | None:
    """The size of 1 in the products 1'1 of a recurrence, where they all have the same."""
    dots = (dot for expr in cell.definitions.values() for dot in expr.atoms(Dot))
    sizes = {dot.args[0].shape[0] for dot in dots if all(isinstance(part, OneMatrix) for part in dot.args)}
    sizes -= {state.after.shape[0] for state in cell.numbers}
    return sizes.pop() if len(sizes) == 1 else None


def arguments_of(cell: Cell) -> dict[str, tuple[tuple[str, Expr], ...]]:
    """By function, what the recurrence applies it to, each once, with the name that is defined there."""
    found: dict[str, dict[Expr, str]] = {}
    for symbol, expr in cell.definitions.items():
        for node in sympy.preorder_traversal(expr):
            if isinstance(node, (Map, ScalarMap)) and node.order == 0:
                found.setdefault(node.function, {}).setdefault(node.argument, str(symbol.name))
    return {name: tuple((where, expr) for expr, where in items.items()) for name, items in found.items()}


def _word(name: str) -> str:
    """The word under which TeX shows a registered function, such as id for the identity."""
    return nonlinearity(name).latex.removeprefix(r"\operatorname{").rstrip("}").lstrip("\\").replace(r"\_", "_")


def _symbols(exprs: Iterable[Any]) -> Iterator[Expr]:
    """The symbols in expressions, in order of appearance, sizes aside."""
    for expr in exprs:
        if expr is None:
            continue
        stack = [expr]
        while stack:
            node = stack.pop()
            if isinstance(node, (MatrixSymbol, ScalarSignal)):
                yield node
                index = getattr(node, "index", None)
                stack.extend(sorted(index.free_symbols, key=str) if index is not None else ())
            elif isinstance(node, sympy.Symbol):
                yield node
            elif isinstance(node, (sympy.Identity, sympy.ZeroMatrix)) or type(node).__name__ == "OneMatrix":
                continue
            else:
                stack.extend(reversed(getattr(node, "args", ())))
