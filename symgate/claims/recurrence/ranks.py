"""Which names are scalars, vectors and matrices, and of which sizes: by their face and letter first, then by what fits.

In: steps, and the sizes that are given.  Out: ``Typed``.  Each equation is typed with the reader of claims.  Where it
does not fit, the kind of one more of its names is changed; the first kinds that fit with the fewest changes are taken,
and several that fit equally well are an error that lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from symgate.claims.reading.convention import Convention
from symgate.claims.reading.limits import SeveralReadingsError, UnreadableError
from symgate.claims.reading.surface import Node
from symgate.claims.recurrence.fitting import Kinds, MisfitError, Typed, fitted
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

#: How many assignments of kinds are tried, how many names may differ from their first kind, how many nodes are typed.
TRIED, CHANGED, WORK = 400, 4, 12_000


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
            hits.append(fitted(steps, kinds, given, trees, convention, kept=rows is Rows.KEPT))
            reached = changed
        except MisfitError as error:
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
