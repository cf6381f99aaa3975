"""Visits of the modular route: comparisons at places, statement by statement, up to the first difference."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from sympy import Expr

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof.algebras import Modular
from symgate.proof.cases import FIRST, Case
from symgate.proof.degrees import Degree, Degrees, DividedError, error_probability
from symgate.proof.digest import prime, residues
from symgate.proof.functions import functions
from symgate.proof.layout import shown_sizes
from symgate.proof.opinion import Compared, Difference, Opinion
from symgate.proof.sequences.compare import entries_of, first
from symgate.proof.sequences.laws import Met, OutsideError
from symgate.proof.sequences.paths import Draw
from symgate.proof.sequences.statements import MAIN, Open
from symgate.proof.work import Work
from symgate.records import Derivation

ROUTE = "modular"
#: How often a point is drawn again where something below a line is 0.
ATTEMPTS = 4
#: Steps, None for one step, and sizes.
Place = tuple[int | None, dict[Expr, int]]


@dataclass
class Tally:
    """What became of one statement so far."""

    checks: int = 0
    why: dict[str, None] = field(default_factory=dict)
    differs: bool = False
    lacks: bool = False  # an essential part was not compared

    @property
    def told(self) -> str:
        """What was not compared: the first reason, and how many more there are."""
        first_reason, *more = self.why or [""]
        return f"{first_reason} (and {len(more)} more)" if more else first_reason

    @property
    def holds(self) -> bool:
        """Whether everything that it says was compared and agrees."""
        return bool(self.checks) and not self.differs and not self.lacks


@dataclass
class Visits:
    """Visits at one level of knowledge about functions, up to the first difference."""

    derivation: Derivation
    level: str
    label: str
    work: Work
    ledger: dict[str, Tally] = field(default_factory=dict)
    visits: list[tuple[int | None, dict[Expr, int]]] = field(default_factory=list)
    difference: Difference | None = None
    needed: int | None = None
    checks: int = 0
    asked: int = 0
    met: Met = field(default_factory=dict, repr=False)

    def visit(self, places: Iterator[tuple[int | None, dict[Expr, int]]]) -> None:
        """Compare at every place."""
        spent = 0
        for steps, sizes in places:
            last = self.visits[-1][0] if self.visits else None
            if steps is not None and last is not None and steps > FIRST[-1]:
                # Pairs of times grow with the square of the steps: refuse before anything is evaluated.
                guess = self.work.spent + spent * (steps * steps) // (last * last * 4)
                if guess > self.work.allowed:
                    self.needed = guess
                    return
            before = self.work.spent
            self._at(steps, sizes)
            spent = self.work.spent - before
            if self.difference is not None:
                return

    def _at(self, steps: int | None, sizes: dict[Expr, int]) -> None:
        self.visits.append((steps, sizes))
        for attempt in range(ATTEMPTS):
            text = f"{self.label}|{self.level}|{steps}|{sorted((str(d), s) for d, s in sizes.items())}|{attempt}"
            algebra = Modular(functions(self.derivation.cell, self.level), text, prime=prime(text))
            case = Case(self.derivation, steps, sizes, algebra, residues(text, algebra.prime), self.work, met=self.met)
            try:
                self._compare(case)
            except ZeroDivisionError:
                continue
            self.asked = max(self.asked, len(algebra.asked))
            return
        for item in (MAIN, *(claim.key for claim in self.derivation.claims)):
            self.ledger.setdefault(item, Tally()).why["it divides by 0 at every point"] = None

    def _compare(self, case: Case) -> None:
        for item, pair in case.evaluated():
            own = self.ledger.setdefault(item.key, Tally())
            if isinstance(item, Open):
                own.why[item.why] = None
                own.lacks = own.lacks or item.essential
                continue
            try:
                if not isinstance(pair, tuple):
                    raise pair if pair is not None else UnsupportedNodeError("it has no values")
                count, found = first(*pair, lambda left, right: left != right)
            except ShapeError as error:
                if case.steps is None and item.key == MAIN:
                    raise
                own.why[str(error)] = None
                own.lacks = True
                continue
            except UnsupportedNodeError as error:
                own.why[str(error)] = None
                own.lacks = own.lacks or not isinstance(error, OutsideError)
                continue
            own.checks += count
            self.checks += count
            if item.by_convention:
                own.why["it uses what has no meaning; it was compared in a reading by convention"] = None
                own.lacks = True
            if found is not None:
                own.differs = True
                self.difference = Difference(item.key, item.times, found[0], case.steps, case.sizes, item.soft)
                return

    def why(self, key: str) -> str:
        """What was not compared of a statement."""
        return self.ledger[key].told if key in self.ledger else ""

    def probability(self) -> float:
        """The largest probability with which a wrong formula passes a visit.

        Raises:
            ZeroDivisionError: something below a line is 0 at every point that was drawn.
        """
        steps = max((steps for steps, _ in self.visits if steps is not None), default=None)
        sizes = {dim: max(at[dim] for _, at in self.visits) for dim in self.visits[0][1]}
        try:
            degree, algebra = self._degree(steps, dict.fromkeys(sizes, 1), undivided=True)
        except DividedError:
            degree, algebra = self._degree(steps, sizes, undivided=False)
        return error_probability(degree, algebra.inner, max(self.asked, algebra.told_apart), self.work.spent)

    def _degree(self, steps: int | None, sizes: dict[Expr, int], *, undivided: bool) -> tuple[int, Degrees]:
        """The largest degree of a difference of two sides, and what was met on the way to it."""
        own = functions(self.derivation.cell, self.level)
        for attempt in range(ATTEMPTS):
            text = f"{self.label}|{self.level}|degrees|{attempt}"
            base = Modular(own, text, prime=prime(text))
            algebra = Degrees(base, undivided=undivided)
            draw = residues(text, base.prime)
            work, drawn = Work(self.work.allowed), partial(_drawn, algebra, draw)
            case = Case(self.derivation, steps, sizes, algebra, drawn, work, met=self.met)
            with suppress(ZeroDivisionError):
                return _largest(case, algebra), algebra
        raise ZeroDivisionError("something below a line is 0 at every point")

    def opinion(
        self,
        passed: bool | None,  # noqa: FBT001  the field of evidence
        detail: str,
        start: float,
        *,
        probability: float | None = None,
        needed: int | None = None,
    ) -> Opinion:
        """The opinion so far."""
        keys = list(dict.fromkeys([MAIN, *(item.key for item in self.derivation.claims), *self.ledger]))
        rows = []
        for key in keys:
            own = self.ledger.get(key, Tally())
            agrees = False if own.differs and passed is False else True if own.holds else None
            why = detail if own.differs else own.told
            rows.append(Compared(key, agrees, own.checks, why or ("" if own.checks else "not reached")))
        sizes = tuple(
            (*((("T", steps),) if steps is not None else ()), *((str(dim), size) for dim, size in at.items()))
            for steps, at in self.visits
        )
        return Opinion(
            ROUTE,
            passed,
            detail,
            sizes,
            self.checks,
            probability,
            seconds=time.perf_counter() - start,
            statements=tuple(rows),
            needed=needed,
        )


def _drawn(algebra: Degrees, draw: Draw, name: str, i: int, j: int) -> Degree:
    """An arbitrary value, as a variable."""
    return algebra.drawn(draw(name, i, j))


def _largest(case: Case, algebra: Degrees) -> int:
    """The largest degree of a numerator of left - right; what has no value was not compared either."""
    pairs = [pair for _, pair in case.evaluated() if isinstance(pair, tuple)]
    zero = algebra.zero
    totals = [algebra.total([left or zero, right or zero]) for pair in pairs for _, left, right in entries_of(*pair)]
    return max((item.above for item in totals), default=0)


def told(visits: Sequence[tuple[int | None, Mapping[Expr, int]]]) -> str:
    """The visits in words."""
    steps, sizes = visits[-1]
    if steps is None:
        return f"{len(visits)} sizes up to {shown_sizes(sizes)}"
    return f"{len(visits)} trajectories of up to {max(steps or 0 for steps, _ in visits)} steps"
