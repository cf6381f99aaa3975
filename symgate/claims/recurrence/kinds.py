"""Which kinds a name may have, the likeliest first: by its face, its letter and what stands around it.

In: steps over plain names.  Out: for every name scalars, vectors and matrices in the order in which they are tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import MARKS
from symgate.claims.recurrence.inventory import Entry
from symgate.claims.recurrence.looks import words_with_next
from symgate.claims.recurrence.steps import Steps
from symgate.tex.spelling import greek

SCALAR, VECTOR, MATRIX = "scalar", "vector", "matrix"
Given = Mapping[str, Sequence[str | int]]


class Rows(Enum):
    """Whether the author's vectors are rows."""

    NO = "no"
    TURNED = "turned"  # x W is W' x; no state is a matrix
    KEPT = "kept"  # x W is x W, so that k' v is an outer product beside a state that is a matrix


def kinds_of(
    steps: Steps, given: Given, hints: Hints, *, bold: bool, rows: Rows = Rows.NO, numbers: bool = False
) -> dict[str, tuple[str, ...]]:
    """The kinds that every name may have.

    Args:
        steps: the equations over plain names.
        given: sizes by name.
        hints: what the equations show.
        bold: whether some names are bold, so that others are not vectors.
        rows: whether vectors are rows.
        numbers: whether a state may be a number.

    Raises:
        UnreadableError: a name that changes with time can only be a matrix where rows are turned.
    """
    options = {name: _options(name, steps, given, hints, bold=bold) for name in names_in(steps)}
    if numbers:
        options |= {name: _or_number(name, steps, given, hints, options[name], bold=bold) for name in steps.states}
    if rows is Rows.TURNED:  # a transposed product is told from a transposed state by no convention
        return {
            name: kinds if name in steps.parameters else _without_matrices(name, kinds)
            for name, kinds in options.items()
        }
    return options


def _or_number(
    name: str, steps: Steps, given: Given, hints: Hints, kinds: tuple[str, ...], *, bold: bool
) -> tuple[str, ...]:
    """The kinds of a state that may be a number: where others are bold and it is not, that first."""
    entry = steps.entries[name]
    shown = upper_case(entry) or entry.bold or name in hints.columns or name in hints.matrices
    if name in given or shown or SCALAR in kinds:
        return kinds
    return (SCALAR, *kinds) if bold else (*kinds, SCALAR)


@dataclass(frozen=True)
class Hints:
    """What the equations show of the kinds of names before anything is typed.

    Attributes:
        columns: names that are no numbers: those that are transposed or multiplied entry by entry, and, where faces do
            not tell, what stands in front of one that ends a product, as v in i v k'.
        matrices: defined names to which such a product is added.
        outer: whether there is such a product anywhere; where there is none, no state is a matrix unless sizes say so.
    """

    columns: frozenset[str]
    matrices: frozenset[str]
    outer: bool


def hints_of(steps: Steps, *, bold: bool, rows: Rows = Rows.NO) -> Hints:
    """What the equations show; with rows kept, k' v is an outer product, otherwise v k'."""
    columns: set[str] = set()
    every = [*steps.states.items(), *steps.lets]
    outer = _outer_products if rows is not Rows.KEPT else _outer_of_rows
    weights = frozenset(name for name in steps.parameters if name[:1].isupper())
    for _, raw in every:
        columns |= {word.value for word, _ in words_with_next(raw) if _is_transposed(word)} | _joined_entrywise(raw)
        if not bold:
            columns |= {part.value for ends in outer(raw, weights) for part in ends if part.kind == "word"}
    matrices = {name for name, raw in every if any(outer(part, weights | {name}) for part in added(raw))}
    return Hints(frozenset(columns), frozenset(matrices), any(outer(raw, weights | {name}) for name, raw in every))


def _joined_entrywise(raw: Raw) -> set[str]:
    """The names beside a sign of the product entry by entry, which joins vectors: the lambda of lambda * h."""
    found = {name for part in raw.args for name in _joined_entrywise(part)}
    if raw.kind == "term":
        beside = [side for place, sign in enumerate(raw.value) if sign == "h" for side in (place, place + 1)]
        found |= {raw.args[side].value for side in beside if raw.args[side].kind == "word"}
    return found


def _is_transposed(raw: Raw) -> bool:
    """Whether it is a name or a bracket with the mark of a transpose."""
    fits = raw.kind == "group" or (raw.kind == "word" and raw.face == "plain")
    return fits and any(script.joined in MARKS for script in raw.scripts)


def _outer_products(raw: Raw, weights: frozenset[str]) -> list[tuple[Raw, Raw]]:
    """The last two factors of every product that ends in a transposed name or bracket, as in v k'.

    Not one of ``weights``, matrices by their letter: x W' is a product with a matrix.
    """
    found = [pair for part in raw.args for pair in _outer_products(part, weights)]
    if raw.kind in ("chain", "term") and len(raw.args) > 1 and _is_transposed(raw.args[-1]):
        before, last = raw.args[-2:]
        found += [] if last.value in weights else [(before, last)]
    return found


def _outer_of_rows(raw: Raw, weights: frozenset[str]) -> list[tuple[Raw, Raw]]:
    """The last two factors of every product k' v of rows."""
    found = [pair for part in raw.args for pair in _outer_of_rows(part, weights)]
    if inner_product(raw) and raw.args[-2].value not in weights and raw.args[-1].value not in weights:
        found.append((raw.args[-2], raw.args[-1]))
    return found


def inner_product(raw: Raw) -> bool:
    """Whether a summand is k' v, or a multiple of it: with vectors as rows an outer product."""
    if raw.kind != "chain" or len(raw.args) < 2:
        return False
    before, last = raw.args[-2:]
    return _is_transposed(before) and last.kind in {"word", "group"} and not _is_transposed(last)


def added(raw: Raw) -> list[Raw]:
    """The summands of a sum, without what stands inside them."""
    if raw.kind == "sum":
        return [part for arg in raw.args for part in added(arg)]
    return [Raw(raw.kind, raw.at, raw.value, tuple(replace(arg, args=()) for arg in raw.args), raw.scripts, raw.face)]


def upper_case(entry: Entry) -> bool:
    """Whether a name is written with a capital letter, as matrices are."""
    return entry.stem[:1].isupper()


def names_in(steps: Steps) -> list[str]:
    """Every name that has a kind."""
    return [*steps.states, *(name for name, _ in steps.lets), *steps.inputs, *steps.parameters]


def _options(name: str, steps: Steps, given: Given, hints: Hints, *, bold: bool) -> tuple[str, ...]:
    """The kinds that a name may have, the likeliest first; what the equations show is no number is none."""
    found = _by_letter(name, steps, given, bold=bold)
    if not hints.outer and name not in given and name not in steps.parameters:
        found = tuple(kind for kind in found if kind != MATRIX) or found
    if name in hints.matrices and name in steps.states and name not in given and MATRIX not in found:
        return (*found, MATRIX)  # such as h with v k' added to it
    if name in hints.matrices and MATRIX in found and name not in given:
        return (MATRIX, *(kind for kind in found if kind != MATRIX))
    apart = tuple(kind for kind in found if kind != SCALAR)
    return apart if name in hints.columns and apart else found


def _without_matrices(name: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The other kinds of a name that changes with time.

    Raises:
        UnreadableError: there are none.
    """
    left = tuple(kind for kind in kinds if kind != MATRIX)
    if not left:
        raise UnreadableError(f"{name} is a matrix that changes with time; write vectors as columns, W x")
    return left


def _by_letter(name: str, steps: Steps, given: Given, *, bold: bool) -> tuple[str, ...]:
    """The kinds of a name by its face and its letter."""
    if name in given:
        return ((SCALAR, VECTOR, MATRIX)[len(given[name])],)
    entry = steps.entries.get(name) or Entry(name, name[:1])
    if name in steps.states:
        return (VECTOR, MATRIX) if upper_case(entry) else (VECTOR,)
    if name in steps.inputs:  # such as the time that has passed
        return (SCALAR, VECTOR) if bold and not entry.bold else (VECTOR, SCALAR)
    let = any(name == other for other, _ in steps.lets)
    if entry.kind:
        return (VECTOR,) if entry.kind == VECTOR or let else (MATRIX,)
    upper = upper_case(entry)
    if entry.bold and let:
        return (VECTOR, MATRIX) if upper else (VECTOR,)
    if entry.bold:
        return (MATRIX, VECTOR) if upper else (VECTOR, MATRIX)
    if bold:
        return (SCALAR, VECTOR) if let else (MATRIX, SCALAR) if upper else (SCALAR, VECTOR, MATRIX)
    if let:
        return (VECTOR, SCALAR, MATRIX) if upper else (VECTOR, SCALAR)
    if upper:
        return (MATRIX, VECTOR)
    return (SCALAR, VECTOR, MATRIX) if greek(entry.stem) or name == "dt" else (VECTOR, SCALAR, MATRIX)
