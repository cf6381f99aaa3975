"""The equations of a recurrence, typed with one assignment of kinds.

In: steps, and a kind for every name.  Out: ``Typed``, with the sizes that the equations ask for; or the first equation
that does not fit, with the names in it, for ``ranks.py`` to try others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, MatrixSymbol

from symgate.claims.reading.convention import Convention
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names
from symgate.claims.reading.operations import transpose
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.shapes import DIMENSION, Shape, Sizes, Value
from symgate.claims.reading.surface import Node
from symgate.claims.recurrence.kinds import MATRIX, SCALAR, VECTOR, Given
from symgate.claims.recurrence.looks import words_with_next
from symgate.claims.recurrence.steps import Steps
from symgate.language import ScalarSignal, Signal

Kinds = dict[str, str]


@dataclass(frozen=True)
class Typed:
    """One assignment of kinds that fits.

    Attributes:
        kinds: by name.
        values: by defined name, the typed right side (an intermediate, or a state after the step).
        sizes: what the sizes turned out to be.
        symbols: by name, its symbol, with sizes that may be unknown.
        notes: how what is ambiguous was read.
        rows: whether vectors are rows.
        kept: whether they are beside a state that is a matrix, so that parameters are the transposes of the author's.
    """

    kinds: Kinds
    values: dict[str, Value]
    sizes: Sizes
    symbols: dict[str, Expr]
    notes: tuple[str, ...]
    rows: bool = False
    kept: bool = False


class MisfitError(UnreadableError):
    """An equation that does not fit, with the names in it."""

    def __init__(self, refusal: UnreadableError, defined: str, raw: Raw) -> None:
        super().__init__(f"in the equation of {defined}: {refusal.reason}", refusal.position)
        self.names = [defined, *dict.fromkeys(word.value for word, _ in words_with_next(raw) if word.face == "plain")]


def fitted(
    steps: Steps, kinds: Kinds, given: Given, trees: dict[str, Node], convention: Convention, *, kept: bool
) -> Typed:
    """The equations, typed with these kinds; trees do not depend on them and are kept."""
    sizes = Sizes()
    symbols = {
        name: _symbol(name, kind, given.get(name), constant=name in steps.parameters, outside=name in steps.inputs)
        for name, kind in kinds.items()
    }
    dated = {name: symbol for name, symbol in symbols.items() if isinstance(symbol, (Signal, ScalarSignal))}
    constants = {name: symbol for name, symbol in symbols.items() if name not in dated}
    functions = {target: target for target in steps.functions.values()}
    names = Names(dated, constants, functions, frozenset(), now=True, opaque=frozenset(functions))
    if kept:  # vectors and parameters are the transposes of ours, as in claims of such an author
        names = replace(
            names, rows=True, flips=lambda symbol: hasattr(symbol, "shape") and not _is_matrix_in_time(symbol)
        )
    meaning = Meaning(names, sizes, convention=convention, closes=True)
    values: dict[str, Value] = {}
    for name, raw in [*steps.lets, *steps.states.items()]:
        symbol = symbols[name]
        shape: Shape = tuple(getattr(symbol, "shape", ()))
        opened = len(sizes.opened)
        try:
            trees[name] = trees.get(name) or fold(raw, names)
            value = meaning.of(trees[name])
            value = transpose(value) if kept and sizes.row(value) else value
            value = _matched(value, shape, sizes, raw)
        except UnreadableError as error:
            raise MisfitError(error, name, raw) from None
        values[name] = value
        _close(sizes, raw, symbols, shape, opened)
    if all(kinds[state] == VECTOR for state in steps.states):
        _of_one_size([symbols[state].shape[0] for state in steps.states], sizes, given, meaning.notes)
    return Typed(kinds, values, sizes, symbols, tuple(meaning.notes))


def _is_matrix_in_time(symbol: Expr) -> bool:
    return isinstance(symbol, Signal) and symbol.shape[1] != 1


def _matched(value: Value, shape: Shape, sizes: Sizes, raw: Raw) -> Value:
    """A right side of the shape of its left side."""
    if value.number is not None and shape:
        raise UnreadableError("a number is not a vector", raw.at)
    if not sizes.match(value.shape, shape):
        raise UnreadableError(f"the left side is {_kind(shape)}, the right side {sizes.words(value)}", raw.at)
    return value


def _close(sizes: Sizes, raw: Raw, symbols: dict[str, Expr], shape: Shape, opened: int) -> None:
    """Sizes of 1 that an equation leaves open, as in 1'1: that of its left side, or the only one in it."""
    names = [word.value for word, _ in words_with_next(raw) if word.value in symbols]
    vectors = [symbols[name].shape[0] for name in names if len(getattr(symbols[name], "shape", ())) == 2]
    there = {sizes.of(size) for size in vectors if sizes.of(size) != 1}
    size = shape[0] if shape else next(iter(there)) if len(there) == 1 else None
    if size is None:
        return
    for item in sizes.opened[opened:]:
        if sizes.of(item) in sizes.opened:
            sizes.known[sizes.of(item)] = sizes.of(size)


def _of_one_size(states: list[Expr], sizes: Sizes, given: Given, notes: list[str]) -> None:
    """States whose sizes nothing ties together are of one size, as papers have it, unless sizes are given."""
    apart = [size for size in states[1:] if sizes.of(size) != sizes.of(states[0])]
    if apart and not given and all(sizes.same(size, states[0]) for size in apart):
        notes.append("all states are read as vectors of one size; sizes=... says otherwise")


def _kind(shape: Shape) -> str:
    return SCALAR if not shape else "a vector" if shape[1] == 1 else "a matrix"


def _symbol(name: str, kind: str, given: Sequence[str | int] | None, *, constant: bool, outside: bool) -> Expr:
    """The symbol of a name, its sizes unknown where they are not given."""
    count = {SCALAR: 0, VECTOR: 1, MATRIX: 2}[kind]
    shape = [size_symbol(size) for size in given] if given is not None else [_unknown() for _ in range(count)]
    if constant:
        return MatrixSymbol(name, *shape, *[1] * (2 - count)) if count else sympy.Symbol(name, real=True)
    if count == 2 and outside:
        raise UnreadableError(f"{name} is a matrix that comes from outside at every step; an input is a vector")
    return Signal(name, *shape) if count else ScalarSignal(name)


def _unknown() -> Expr:
    return sympy.Dummy(DIMENSION, integer=True, positive=True)


def size_symbol(size: str | int) -> Expr:
    """A size as the builder writes it."""
    return sympy.Integer(size) if isinstance(size, int) else sympy.Symbol(size, integer=True, positive=True)
