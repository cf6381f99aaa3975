"""Which names are scalars, vectors and matrices, and of which sizes: by their face and letter first, then by what fits.

Each equation is typed with the reader of claims.  Where it does not fit, the kind of one more of its names is changed;
the
first kinds that fit with the fewest changes are taken, and several that fit equally well are an error that lists them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr, MatrixSymbol

from symgate.claims.reading.convention import Convention
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.limits import SeveralReadingsError, UnreadableError
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names
from symgate.claims.reading.operations import transpose
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.shapes import DIMENSION, Shape, Sizes, Value
from symgate.claims.reading.surface import Node
from symgate.claims.recurrence.inventory import words
from symgate.claims.recurrence.kinds import (
    MATRIX,
    SCALAR,
    VECTOR,
    Given,
    Rows,
    added,
    hints_of,
    inner_product,
    kinds_of,
)
from symgate.claims.recurrence.outer import with_outer_products
from symgate.claims.recurrence.steps import Steps
from symgate.claims.recurrence.ties import Ties
from symgate.language import ScalarSignal, Signal

#: How many assignments of kinds are tried, how many names may differ from their first kind, how many nodes are typed.
TRIED, CHANGED, WORK = 400, 4, 12_000
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


class _MisfitError(UnreadableError):
    """An equation that does not fit, with the names in it."""

    def __init__(self, refusal: UnreadableError, defined: str, raw: Raw) -> None:
        super().__init__(f"in the equation of {defined}: {refusal.reason}", refusal.position)
        self.names = [defined, *dict.fromkeys(word.value for word, _ in words(raw) if word.face == "plain")]


@dataclass(frozen=True)
class _Way:
    """One way to read what is ambiguous: see :func:`_searched`."""

    rows: Rows = Rows.NO
    entrywise: bool = False
    numbers: bool = False


#: The ways that are tried where the first one does not fit, of columns and of rows.
_OF_COLUMNS = (_Way(Rows.TURNED), _Way(entrywise=True), _Way(numbers=True), _Way(Rows.KEPT))
_OF_ROWS = (_Way(Rows.TURNED, entrywise=True), _Way(Rows.TURNED, numbers=True), _Way(Rows.KEPT))


def typed(steps: Steps, given: Given, *, rows: bool = False) -> Typed:
    """The kinds of all names; where nothing fits, vectors may be rows and states numbers, which is told.

    Args:
        steps: the equations over plain names.
        given: sizes by name.
        rows: whether vectors are rows, x W for W' x.

    Raises:
        UnreadableError: nothing fits, or several readings fit equally well.
    """
    steps = with_outer_products(steps, given)
    way = _Way(Rows.TURNED if rows else Rows.NO)
    try:
        found = _searched(steps, given, way)
    except UnreadableError as error:
        if "in the equation of" not in error.reason and not rows:
            raise
        several: UnreadableError | None = None
        for way in _OF_ROWS if rows else _OF_COLUMNS:
            try:
                found = _searched(steps, given, way)
            except SeveralReadingsError as other:
                several = several or other
            except UnreadableError:
                continue
            else:
                break
        else:
            raise several or _advised(error, steps) from None
        if way.numbers:
            _refuse_outer_product(steps, given, found)
    return replace(
        found,
        notes=(*_told(steps, found, way, rows=rows), *found.notes),
        rows=way.rows is not Rows.NO,
        kept=way.rows is Rows.KEPT,
    )


def _refuse_outer_product(steps: Steps, given: Given, found: Typed) -> None:
    r"""Refuse k^\top v beside a state that is a number where vectors are columns, and a matrix where they are rows."""
    numbers = [state for state in steps.states if found.kinds[state] == SCALAR and state not in given]
    open_ = [state for state in numbers if any(map(inner_product, added(steps.states[state])))]
    if open_:
        try:
            _searched(steps, given, _Way(Rows.KEPT))
        except SeveralReadingsError:
            pass  # it fits in several ways
        except UnreadableError:
            return
        choices = tuple(tuple((state, shape) for state in open_) for shape in ((), ("n", "n")))
        raise SeveralReadingsError(
            f"k^\\top v is a number, vectors being columns, or an outer product, vectors being rows: "
            f"{'; or '.join(map(_line, choices))}",
            choices,
        )


def _advised(error: UnreadableError, steps: Steps) -> UnreadableError:
    """The refusal, with what an outer product is where a number is added to a state."""
    if not any(map(inner_product, (part for raw in steps.states.values() for part in added(raw)))):
        return error
    told = "k^\\top v is a number, vectors being columns; the outer product of columns is k v^\\top"
    return UnreadableError(f"{error.reason}; {told}", error.position)


def _told(steps: Steps, found: Typed, way: _Way, *, rows: bool) -> Iterator[str]:
    """What was read otherwise than at first."""
    if way.rows is Rows.TURNED and not rows:
        yield "vectors are read as rows: x W is the transpose of W times x"
    if way.rows is Rows.KEPT:
        states = ", ".join(state for state in steps.states if found.kinds[state] == MATRIX)
        yield (
            f"vectors are read as rows, so that k^\\top v is an outer product: {states} stands as it is, parameters W "
            "beside a row, x W, are the transposes of ours, W x"
        )
    numbers = ", ".join(state for state in steps.states if found.kinds[state] == SCALAR)
    if numbers:
        yield f"{numbers}: one number, kept as a vector of equal entries of a size that covers 1, whose mean it is"


def _searched(steps: Steps, given: Given, way: _Way) -> Typed:
    """The first kinds that fit with the fewest changes.

    Args:
        steps: the equations over plain names.
        given: sizes by name.
        way: whether vectors are rows, are multiplied entry by entry where they stand side by side, and whether a state
            may be a number.
    """
    convention, rows = Convention(products=True, rows=way.rows is Rows.TURNED, entrywise=way.entrywise), way.rows
    bold = any(entry.bold for entry in steps.entries.values())
    options = kinds_of(steps, given, hints_of(steps, bold=bold, rows=rows), bold=bold, rows=rows, numbers=way.numbers)
    tied = Ties(steps if way.numbers else None)
    queue: list[Kinds] = [{name: kinds[0] for name, kinds in options.items()}]
    seen = {tuple(queue[0].items())}
    first: UnreadableError | None = None
    hits: list[Typed] = []
    trees: dict[str, Node] = {}
    most = min(TRIED, 1 + WORK // sum(raw.count for raw in [*steps.states.values(), *(raw for _, raw in steps.lets)]))
    reached = 0
    for place, kinds in enumerate(queue):
        changed = len({tied.head(name) for name in kinds if kinds[name] != options[name][0]})
        if place >= most or (hits and changed > reached):
            break
        try:
            hits.append(_fitted(steps, kinds, given, trees, convention, kept=rows is Rows.KEPT))
            reached = changed
        except _MisfitError as error:
            first = first or error
            if changed >= CHANGED:
                continue
            for key in _further(error.names, kinds, options, tied):
                if tuple(key.items()) not in seen:
                    seen.add(tuple(key.items()))
                    queue.append(key)
    if not hits:
        raise UnreadableError((first or UnreadableError("nothing fits")).reason, first.position if first else None)
    if len(hits) > 1:
        choices = tuple(_deciding(hit, hits) for hit in hits)
        raise SeveralReadingsError(
            f"the sizes can be read in {len(hits)} ways: {'; or '.join(map(_line, choices))}", choices
        )
    return hits[0]


def _further(names: list[str], kinds: Kinds, options: dict[str, tuple[str, ...]], tied: Ties) -> Iterator[Kinds]:
    """The kinds with one more name changed, together with those that are of one kind with it."""
    for name in names:
        group = tied.group(name, tuple(kinds))
        for kind in options.get(name, ())[len(group) == 1 :]:
            if all(kinds[other] == options[other][0] and kind in options[other] for other in group):
                yield {**kinds, **dict.fromkeys(group, kind)}


def _deciding(hit: Typed, hits: list[Typed]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names that decide for a reading, each with its sizes."""
    differing = [name for name in hit.kinds if len({other.kinds[name] for other in hits}) > 1]
    shapes: dict[str, tuple[str, ...]] = {SCALAR: (), VECTOR: ("n",), MATRIX: ("n", "n")}
    return tuple((name, shapes[hit.kinds[name]]) for name in differing)


def _line(choice: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """The one line that decides for a reading."""
    return "sizes={" + ", ".join(f"{name!r}: {shape!r}" for name, shape in choice) + "}"


def _fitted(
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
            raise _MisfitError(error, name, raw) from None
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
    names = [word.value for word, _ in words(raw) if word.value in symbols]
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
