"""Which slip turns the truth into the claim?

Every slip changes one term, so a claim with slips in several terms is a sum of changed terms: each changed term is
reduced to one residue (a random linear form of its entries at a random point modulo a prime), and the sum that
gives the claim is looked up.  A hit is right but for a probability below 1e-12.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, product
from typing import Any

from sympy import Expr

from symgate.claims.judging.variants import WORDS, rewrites
from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.algebras import PRIME, Modular
from symgate.proof.entries import Entries
from symgate.proof.functions import BOUND, functions
from symgate.proof.modular import draw
from symgate.proof.tables import Table
from symgate.records import Derivation, Kind

_SEED = "diagnosis"
#: How many slips at most, and how many sums of changed terms and how many changes of a changed term are tried.
_MOST, _SUMS, _PAIRS = 3, 400_000, 2_000


@dataclass(frozen=True)
class Slip:
    """A slip that turns the truth into the claim, alone or together with the others found.

    Attributes:
        kind: its name, such as "gate_term_missing"; ``variants.WORDS`` lists them.
        place: where, such as "W_g in gate".
    """

    kind: str
    place: str

    @property
    def words(self) -> str:
        """In words."""
        return WORDS[self.kind].format(place=self.place)


Diagnosis = tuple[Slip, ...]


@dataclass
class Point:
    """One random point: values of every symbol, and the linear form."""

    truth: Derivation

    def __post_init__(self) -> None:
        cell = self.truth.cell
        self.sizes = {dim: 3 - (k % 2) + 2 * (k // 2) for k, dim in enumerate(cell.dimensions)}
        algebra = Modular(functions(cell, BOUND), _SEED)
        values = draw(self.truth, self.sizes, _SEED)
        self.entries = Entries(algebra, self.sizes, values, cell.definitions)

    def value(self, expr: Expr) -> Table:
        """The value of an expression; of a scalar, a 1 x 1 table."""
        found = self.entries.of(expr)
        return found if isinstance(found, Table) else Table(1, [{0: found}])

    def residue(self, expr: Expr) -> int:
        """The linear form of an expression."""
        return form(self.value(expr))


def form(table: Table) -> int:
    """A fixed random linear form of the entries."""
    return sum(_weight(i, j) * item for i, line in enumerate(table.lines) for j, item in line.items()) % PRIME


@lru_cache(maxsize=4096)
def _weight(i: int, j: int) -> int:
    return int.from_bytes(blake2b(f"{i},{j}".encode(), digest_size=8).digest()) % PRIME


def diagnose(claim: Expr, truth: Derivation, most: int = _MOST) -> tuple[Diagnosis, ...]:
    """The nearest known slips: sets of slips that give the claim, those with the fewest; () where none does.

    Also () where a claim has no value at the point, or the search is more work than is allowed.
    """
    try:
        return _nearest(claim, truth, most)
    except (UnsupportedNodeError, ShapeError, ZeroDivisionError):
        return ()


def _nearest(claim: Expr, truth: Derivation, most: int) -> tuple[Diagnosis, ...]:
    sums, pairs = iter(range(_SUMS)), iter(range(_PAIRS))
    point = Point(truth)
    table = point.value(claim)
    wanted = layout.expected_shape(truth, point.sizes)
    targets = [(slips, form(seen)) for slips, seen in _layouts(table, truth, wanted, point)]
    terms = [list(_changed(term, name, truth, point)) for name, term in truth.named_terms]
    base = [point.residue(term) for _, term in truth.named_terms]
    whole = sum(base) % PRIME
    if len(base) > 1:
        targets += [((*slips, Slip("wrong_sign", "the whole")), -form_ % PRIME) for slips, form_ in targets]
    for count in range(most + 1):
        found = [
            (*slips, *extra)
            for slips, target in targets
            if len(slips) <= count
            for extra in _reaching((target - whole) % PRIME, terms, count - len(slips), sums)
        ]
        if not found and count == 2:
            found = [pair for slips, target in targets[:1] for pair in _twice(target, truth, base, point, pairs)]
        if found:
            return tuple(_distinct(found))
    return ()


def _layouts(
    table: Table, truth: Derivation, wanted: tuple[int, int], point: Point
) -> Iterator[tuple[Diagnosis, Table]]:
    """The claim as it stands and as other layouts would have it read."""
    rows = layout.variable_shape(truth, point.sizes)[0]
    turned = _turned(table)
    for slips, seen in (((), table), ((Slip("layout", "transposed"),), turned)):
        if (len(seen.lines), seen.cols) != wanted:
            continue
        yield slips, seen
        if truth.kind is Kind.KRONECKER and rows and seen.cols % rows == 0:
            wide = seen.cols // rows
            lines = [{(q % wide) * rows + q // wide: item for q, item in line.items()} for line in seen.lines]
            yield (*slips, Slip("layout", "row-major vec for column-major vec")), Table(seen.cols, lines)


def _turned(table: Table) -> Table:
    lines: list[dict[int, Any]] = [{} for _ in range(table.cols)]
    for i, line in enumerate(table.lines):
        for j, item in line.items():
            lines[j][i] = item
    return Table(table.rows, lines)


def _changed(term: Expr, name: str, truth: Derivation, point: Point) -> Iterator[tuple[Slip, int]]:
    """Every slip in one term, with what it adds to the linear form; those that change nothing left out."""
    before = point.residue(term)
    shape = getattr(term, "shape", ())
    for kind, place, wrong in rewrites(term, name, truth):
        if getattr(wrong, "shape", ()) != shape:
            continue
        try:
            after = point.residue(wrong)
        except (UnsupportedNodeError, ShapeError, ZeroDivisionError):
            continue
        if after != before:
            yield Slip(kind, place), (after - before) % PRIME


def _reaching(gap: int, terms: list[list[tuple[Slip, int]]], count: int, tries: Iterator[int]) -> Iterator[Diagnosis]:
    """Slips in that many different terms whose changes add up to the gap."""
    if count == 0:
        if gap == 0:
            yield ()
        return
    for chosen in combinations(terms, count):
        *first, last = chosen
        ends: dict[int, list[Slip]] = {}
        for slip, change in last:
            ends.setdefault(change, []).append(slip)
        for some in product(*first):
            if next(tries, None) is None:
                return
            rest = (gap - sum(change for _, change in some)) % PRIME
            for slip in ends.get(rest, ()):
                yield (*(item for item, _ in some), slip)


def _twice(target: int, truth: Derivation, base: list[int], point: Point, tries: Iterator[int]) -> Iterator[Diagnosis]:
    """Two slips in the same term."""
    for place, (name, term) in enumerate(truth.named_terms):
        others = sum(value for k, value in enumerate(base) if k != place)
        for kind, where, wrong in rewrites(term, name, truth):
            if getattr(wrong, "shape", ()) != getattr(term, "shape", ()):
                continue
            for slip, change in _changed(wrong, name, truth, point):
                if next(tries, None) is None:
                    return
                if (others + point.residue(wrong) + change - target) % PRIME == 0:
                    yield Slip(kind, where), slip


def _distinct(found: list[Diagnosis], most: int = 4) -> Iterator[Diagnosis]:
    """At most so many, each set of kinds once."""
    seen: set[tuple[str, ...]] = set()
    for slips in found:
        kinds = tuple(sorted(slip.kind for slip in slips))
        if kinds not in seen and len(seen) < most:
            seen.add(kinds)
            yield slips
