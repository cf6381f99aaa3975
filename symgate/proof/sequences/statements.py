"""What a derivation over many steps states, as comparisons along a trajectory.

Every statement has a key: ``MAIN`` for the left side and the sum of the terms, its own key for each further equation.
What stands on the other side of a comparison comes from ``paths.py``; a further equation is evaluated on both sides,
with the true values of everything that it names.  A definition introduces a name and is not compared, but for the
parts of lambda and delta of all states.  What cannot be compared is yielded as ``Open``, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr

from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import LAST
from symgate.proof.sequences.moments import Moments
from symgate.proof.sequences.paths import Path, time_letters
from symgate.proof.tables import Table
from symgate.records import Derivation, Equation, Relation

MAIN = "main"
Times = Mapping[str, int]


@dataclass(frozen=True)
class Check:
    """One comparison: at these times the claimed and the true value are these.

    Attributes:
        key: of which statement.
        times: the numbers of the time letters.
        sides: the claimed and the true value, computed when asked for.
        relation: claimed = true, or true <= claimed.
        soft: a difference does not refute: the claim may hold in another way, which numbers tell.
        by_convention: the values are those of names where they have no meaning: a difference refutes, and agreement
            does not count.
    """

    key: str
    times: Times
    sides: Callable[[], tuple[Any, Any]]
    relation: Relation = Relation.EQUAL
    soft: bool = False
    by_convention: bool = False


@dataclass(frozen=True)
class Open:
    """A statement, or a part of one, that is not compared, and why; without an essential part nothing agrees."""

    key: str
    why: str
    essential: bool = True


Statements = Iterator[Check | Open]


def at_times(path: Path, letters: tuple[sympy.Symbol, ...], highest: int = 1) -> Iterator[dict[sympy.Symbol, int]]:
    """The numbers that free time letters run through: T is the last step, k <= t, steps from 1 on, orders from 1 on."""
    found: list[dict[sympy.Symbol, int]] = [{}]
    for letter in letters:
        if letter in path.sizes:
            continue
        if letter == LAST:
            found = [{**times, letter: path.steps} for times in found]
            continue
        last = highest if letter.name == "m" else path.steps + (letter.name not in {"t", "k", "j", "i", "s"})
        first = 0 if letter.name in {"t", "k"} else 1
        found = [{**times, letter: value} for times in found for value in range(first, last + 1)]
    for times in found:
        by_name = {letter.name: value for letter, value in times.items()}
        if by_name.get("k", 0) <= by_name.get("t", path.steps):
            yield times


def words(times: Mapping[sympy.Symbol, int]) -> dict[str, int]:
    """Times by the names of their letters."""
    return {letter.name: value for letter, value in sorted(times.items(), key=lambda pair: pair[0].name)}


def both(entries: Moments, item: Equation, times: Mapping[sympy.Symbol, int]) -> Callable[[], tuple[Any, Any]]:
    """The right side of an equation and its left side."""
    return lambda: (entries.at(item.right, times), entries.at(item.left, times))


def equation(path: Path, entries: Moments, item: Equation, highest: int = 1) -> Statements:
    """Both sides of a further equation at all times."""
    if item.relation is not Relation.EQUAL:
        yield Open(item.key, f"the relation {item.relation.value} has no judge here")
        return
    letters = tuple(dict.fromkeys((*time_letters(item.left), *time_letters(item.right))))
    for times in at_times(path, letters, highest):
        yield Check(item.key, words(times), both(entries, item, times))


def main(
    path: Path,
    entries: Moments,
    expr: Expr,
    truth: Callable[[Mapping[str, int]], Any],
    letters: tuple[sympy.Symbol, ...],
    note: Mapping[str, int] | None = None,
    *,
    soft: bool = False,
) -> Statements:
    """A closed form against its true value at all times of its letters."""
    for times in at_times(path, letters):
        shown = {**words(times), "T": path.steps, **(note or {})}
        every = {**times, LAST: path.steps}

        def sides(every: Mapping[sympy.Symbol, int] = every, shown: Mapping[str, int] = shown) -> tuple[Any, Any]:
            return entries.at(expr, every), truth(shown)

        yield Check(MAIN, shown, sides, soft=soft)


def head(left: Expr) -> tuple[Expr, Any] | None:
    """A left side c s as (c, s), s being a name with times; None for anything else."""
    if isinstance(left, (Signal, ScalarSignal)):
        return sympy.S.One, left
    if not isinstance(left, (sympy.Mul, sympy.MatMul)):
        return None
    names = [arg for arg in left.args if isinstance(arg, (Signal, ScalarSignal))]
    rest = [arg for arg in left.args if arg not in names]
    if len(names) != 1 or any(isinstance(arg, sympy.MatrixExpr) for arg in rest):
        return None
    return sympy.Mul(*rest), names[0]


def left_side(derivation: Derivation) -> Statements:
    """The left side must be a bare name, whose meaning is that of the kind: anything else is not compared."""
    if not isinstance(derivation.of, (Signal, ScalarSignal, sympy.Symbol)):
        yield Open(MAIN, f"its left side {derivation.of} is not the name of such a result")


def introduced(path: Path, entries: Moments, meaning: Mapping[str, Callable[[int], Any]]) -> Statements:
    """Claims that introduce a name, such as leak_i: by key, the right side at step i is what the name means there."""
    for item in path.derivation.claims:
        if item.key not in meaning:
            continue
        found = head(item.left)
        if found is None or not isinstance(found[1].index, sympy.Symbol) or item.relation is not Relation.EQUAL:
            yield Open(item.key, f"{item.left} {item.relation.value} ... does not say what a name is at every step")
            continue
        for j in range(1, path.steps + 1):

            def sides(item: Equation = item, found: tuple[Expr, Any] = found, j: int = j) -> tuple[Any, Any]:
                times = {found[1].index: j, LAST: path.steps}
                return entries.at(item.right, times), scaled(path, entries.at(found[0], times), meaning[item.key](j))

            yield Check(item.key, {found[1].index.name: j}, sides)


def diagonal(path: Path, table: Table, *, scalar: bool) -> Any:
    """The diagonal of a square table, as a column; as one number where all entries are to be one number."""
    zero = path.algebra.zero
    items = [line.get(i, zero) for i, line in enumerate(table.lines)]
    if scalar and all(item == items[0] for item in items):
        return items[0]
    return Table(1, [{0: item} for item in items])


def scaled(path: Path, factor: Any, value: Any) -> Any:
    """A number times a number or a table."""
    product = path.algebra.product
    if not isinstance(value, Table):
        return product([factor, value])
    return Table(value.cols, [{j: product([factor, item]) for j, item in line.items()} for line in value.lines])


def transposed(table: Table) -> Table:
    """The transpose."""
    lines: list[dict[int, Any]] = [{} for _ in range(table.cols)]
    for i, line in enumerate(table.lines):
        for j, value in line.items():
            lines[j][i] = value
    return Table(table.rows, lines)


def filled(value: Any, like: Any) -> Any:
    """A number in every entry of a column, where the other side is a column; otherwise the value as it is."""
    if isinstance(like, Table) and not isinstance(value, Table):
        return Table(1, [{0: value} for _ in like.lines])
    return value


def remaining(path: Path, entries: Moments, done: set[str], highest: int = 1) -> Statements:
    """Every further claim that has not been dealt with."""
    for item in path.derivation.claims:
        if item.key not in done:
            yield from equation(path, entries, item, highest)
