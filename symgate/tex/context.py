"""What the walker knows beside the expression: how names are spelled, their order, what is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatrixSymbol, OneMatrix, ZeroMatrix

from symgate.errors import NameRefusedError
from symgate.language import Map, ScalarMap, ScalarSignal, Signal
from symgate.language.flipped import swapped
from symgate.language.giving_way import spelled_otherwise
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct
from symgate.lettering import Lettering, lettering
from symgate.notation import Layout, Notation, Vectors
from symgate.records import Cell, Derivation, Kind
from symgate.tex.letters import free_indices, free_letters
from symgate.tex.spelling import Spelling, spell, spell_all

_SYMBOLS = (MatrixSymbol, ScalarSignal, sympy.Symbol)
#: Our matrices that are derivatives.
_DERIVATIVES = {"J", "M", "A", "B", "E", "U", "ungated", "P", "S"}
#: Sums and products over an index.
RUNS = (MatrixSum, OrderedProduct, HadamardRun, sympy.Sum, sympy.Product)


@dataclass(frozen=True)
class Context:
    """The names in use.

    Attributes:
        spellings: how each name is shown, no two alike.
        ranks: the place of each name in the order of declaration.
        named: each function value that has a name of its own, with that name; at time t.
        small: whether the transport is a function of epsilon, M(epsilon).
        indexed: whether several times occur, so that plain text writes all of them.
        notation: what the author calls things.
        indices: the letter of each of our times and scalars that would look like one of the author's names.
        letters: the same for the letters of our own arrays, such as J, M and A.
        own: names with a time that are the cell's, each with the type of its symbol.
        fixed: what is the cell's and has no time: parameters and sizes.
        inputs: those of them that come from outside.
        in_rows: whether the matrices of the cell are the author's also where vectors are rows.
    """

    spellings: dict[str, Spelling]
    ranks: dict[str, int]
    named: dict[Expr, Expr]
    small: bool = False
    indexed: bool = False
    notation: Notation = field(default_factory=Notation)
    indices: dict[Expr, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    own: frozenset[tuple[str, type]] = frozenset()
    fixed: frozenset[Expr] = frozenset()
    inputs: frozenset[str] = frozenset()
    in_rows: bool = False

    def spelling(self, name: str) -> Spelling:
        """How a name is shown."""
        return self.spellings.get(name) or replace(spell(name), indexed=self.indexed)

    def spelling_of(self, symbol: Any) -> Spelling:
        """How a symbol is shown: one of ours under another letter where its own would look like one of the author's."""
        if symbol in self.indices:
            return spell(self.indices[symbol])
        name = str(symbol.name)
        stem, _, rest = name.partition("_")
        ours = not self.is_of_cell(symbol) and rest != "dot"  # the change of C is the author's, as C is
        if ours and (name in self.letters or stem in self.letters):
            letter, rest = (self.letters[name], "") if name in self.letters else (self.letters[stem], rest)
            return replace(spell(f"{letter}_{rest}" if rest else letter), indexed=self.indexed)
        return self.spelling(name)

    def is_of_cell(self, symbol: Any) -> bool:
        """Whether a symbol is one of the recurrence, and not one of ours."""
        if isinstance(symbol, (Signal, ScalarSignal)):
            return (str(symbol.name), type(symbol)) in self.own and not isinstance(symbol.index, sympy.Tuple)
        return symbol in self.fixed or (isinstance(symbol, MatrixSymbol) and swapped(symbol) in self.fixed)

    @property
    def lays_out_otherwise(self) -> bool:
        """Whether some symbols are the transposes of ours: vectors are rows, or derivatives in denominator layout."""
        return self.notation.vectors is Vectors.ROW or self.notation.layout is Layout.DENOMINATOR

    def is_flipped(self, symbol: Any) -> bool:
        """Whether the author's symbol of that name is the transpose of ours."""
        if not isinstance(symbol, MatrixSymbol):
            return False
        if 1 in symbol.shape:
            return self.notation.vectors is Vectors.ROW
        if isinstance(symbol, Signal):
            ours = not self.is_of_cell(symbol) and str(symbol.name).split("_", maxsplit=1)[0] in _DERIVATIVES
            return ours and self.notation.layout is Layout.DENOMINATOR
        return self.notation.vectors is Vectors.ROW and not self.in_rows

    def late(self, name: str) -> int:
        """How much later than ours the author counts the time of a name."""
        shifts = dict(self.notation.shifts)
        return -shifts[name] if name in shifts else 0 if name in self.inputs else self.notation.new

    def rank(self, expr: Any) -> tuple[int, ...]:
        """The declaration places of all symbols in an expression, ascending; () for a number."""
        last = len(self.ranks)
        return tuple(sorted({self.ranks.get(name, last) for name in symbol_names(expr)}))

    def perturbed(self, symbol: Signal) -> bool:
        """Whether a symbol is the transport M_{t,k} of a Jacobian A + epsilon B."""
        return (
            self.small
            and str(symbol.name).split("_", maxsplit=1)[0] == "M"
            and isinstance(symbol.index, sympy.Tuple)
            and len(symbol.index) == 2
        )


def context_of(obj: Any, notation: Notation | None = None) -> Context:
    """The context of a cell, a derivation or an expression.

    Args:
        obj: what is printed.
        notation: how its author writes; None for plain text, which has names of its own.
    """
    cell = obj if isinstance(obj, Cell) else getattr(obj, "cell", None)
    exprs = [term for _, term in obj.named_terms] if isinstance(obj, Derivation) else []
    if isinstance(obj, Derivation):
        exprs += [obj.of, obj.wrt, obj.cotangent]
        exprs += [side for item in (*obj.claims, *obj.definitions) for side in (item.left, item.right)]
    declared: list[str] = []
    named: dict[Expr, Expr] = {}
    if isinstance(cell, Cell):
        declared = [*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)]
        declared += [name for name, _ in cell.functions]
        exprs += [item.expr for item in cell.assignments] + [state.update for state in cell.states]
        for item in reversed(cell.assignments):
            if isinstance(item.expr, (Map, ScalarMap)):
                named[item.expr] = item.symbol
    elif not isinstance(obj, Derivation):
        exprs.append(obj)
    exprs = [expr for expr in exprs if expr is not None]
    others = sorted({name for expr in exprs for name in symbol_names(expr)} - set(declared))
    own = {name for name, _ in cell.functions} if isinstance(cell, Cell) else set()
    functions = sorted({name for expr in exprs for name in function_names(expr)} - own)
    signals = [*(s.after for s in cell.states), *cell.inputs] if isinstance(cell, Cell) else []
    signals += [item.symbol for item in cell.assignments] if isinstance(cell, Cell) else []
    timed = frozenset(
        (str(signal.name), type(signal)) for signal in signals if isinstance(signal, (Signal, ScalarSignal))
    )
    plain = Context(
        spell_all([*declared, *others], functions, indexed=_many_steps(obj)),
        {name: place for place, name in enumerate([*declared, *others])},
        named,
        isinstance(obj, Derivation) and obj.kind in {Kind.EXPANSION, Kind.REMAINDER, Kind.REST},
        _many_steps(obj),
        indices=spelled_otherwise(cell) if isinstance(cell, Cell) else {},
        own=timed,
        fixed=frozenset((*cell.parameters, *cell.dimensions) if isinstance(cell, Cell) else ()),
    )
    if notation is None:
        return plain
    written = written_names(cell, notation)
    times = (notation.time or "t", "k", "T")
    spellings = spell_all(
        [*declared, *others],
        functions,
        indexed=plain.indexed,
        written=written,
        timed=[name for name, _ in timed],
        times=times,
    )
    taken = {_letter_of(spellings[name]) for name in declared if name in spellings}
    taken |= {str(size) for size in plain.fixed if isinstance(size, sympy.Symbol)}
    return replace(
        plain,
        spellings=spellings,
        notation=notation,
        indices=free_indices(taken, notation),
        letters=free_letters(taken, notation),
        inputs=frozenset(str(item.name) for item in cell.inputs) if isinstance(cell, Cell) else frozenset(),
        in_rows=isinstance(cell, Cell) and cell.in_rows,
    )


def written_names(cell: Cell | None, notation: Notation) -> dict[str, Lettering]:
    """How the author writes names: as the notation says, else as the cell does.

    Raises:
        NameRefusedError: the notation writes a name by what is not read as one, or two names alike.
    """
    macros = {item.name: item.body for item in notation.macros if not item.arity}
    pairs = [*(cell.written if isinstance(cell, Cell) else ()), *((name, latex) for latex, name in notation.names)]
    found = {name: lettering(latex, macros) for name, latex in pairs}
    looks: dict[Lettering, str] = {}
    for name, look in found.items():
        if looks.setdefault(look, name) != name:
            raise NameRefusedError(
                f"{looks[look]!r} and {name!r} would be printed alike. Change how one of them is printed."
            )
    return found


def _letter_of(spelling: Spelling) -> str:
    """The letter by which the eye knows a name; "" of a word or of a letter with an accent."""
    if spelling.lettering is not None:
        return "" if spelling.lettering.accents or spelling.lettering.macro else spelling.lettering.stem
    return "" if spelling.whole or spelling.dotted else spelling.stem


def _many_steps(obj: Any) -> bool:
    """Whether several times occur, so that plain text has to write them."""
    if isinstance(obj, Derivation):
        return not obj.one_step and obj.kind not in {Kind.STATE_JACOBIAN, Kind.SPLIT}
    return not isinstance(obj, Cell) and any(isinstance(node, RUNS) for node in walk(obj))


def walk(expr: Any, inside: Callable[[Any], Any] = attrgetter("argument")) -> Iterable[Any]:
    """The nodes of an expression, symbols as leaves; sizes and time indices are not part of it.

    ``inside`` says what is seen below a function value; by default its argument.
    """
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, (Map, ScalarMap)):
            stack.append(inside(node))
        elif isinstance(node, RUNS):
            stack.append(node.args[0])
        elif not isinstance(node, (*_SYMBOLS, Identity, OneMatrix, ZeroMatrix)):
            stack.extend(reversed(getattr(node, "args", ())))


def symbol_names(expr: Any, inside: Callable[[Any], Any] = attrgetter("argument")) -> set[str]:
    """The names of the symbols in an expression."""
    return {str(node.name) for node in walk(expr, inside) if isinstance(node, _SYMBOLS)}


def signal_names(expr: Any, inside: Callable[[Any], Any] = attrgetter("argument")) -> set[str]:
    """The names of the symbols with a time index."""
    return {str(node.name) for node in walk(expr, inside) if isinstance(node, (Signal, ScalarSignal))}


def function_names(expr: Any) -> set[str]:
    """The names of the functions in an expression."""
    return {node.function for node in walk(expr) if isinstance(node, (Map, ScalarMap))}
