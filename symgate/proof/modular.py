"""The modular route: both sides at random points modulo random primes, at sizes and over steps that are numbers.

The derivative of the recurrence comes from dual numbers; nonlinearities are consistent random oracles.  Primes, points
and some of the sizes are drawn from the digest of what is claimed and a seed, so that a claim cannot be made to fit
them: it would have to contain its own digest.

What an agreement says: a wrong formula would agree with at most the stated probability.  What a difference says: were
the two sides equal for all values, sizes and differentiable functions, their difference would be 0 as a rational
function of the values drawn and of f, f', ... at formally different arguments, since a smooth function may have any
values and derivatives at finitely many points; a rational function that is 0 is 0 modulo every prime that does not
divide a denominator (then the point is drawn again).  So a difference refutes exactly where every function in it is
opaque or a polynomial.  A registered function such as tanh obeys its value rule here, and no more: sigma(-x) = 1 -
sigma(x) is not known.  There a difference counts as a refutation only if numbers of 50 and 80 digits differ as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sympy import Expr

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.nonlinearities import nonlinearity
from symgate.proof import layout, witness
from symgate.proof.algebras import PRIME, Modular
from symgate.proof.cases import FIRST, ONE_STEP, Case, at_sizes, lengths
from symgate.proof.degrees import Degrees, error_probability
from symgate.proof.digest import Stream, digest, prime
from symgate.proof.functions import BOUND, OPAQUE, Functions, functions, levels
from symgate.proof.layout import shown_sizes
from symgate.proof.opinion import Compared, Difference, Opinion
from symgate.proof.sequences.compare import entries_of, first
from symgate.proof.sequences.moments import OutsideError
from symgate.proof.sequences.statements import MAIN, Open
from symgate.proof.work import OPERATIONS, TooMuchError, Work
from symgate.records import Derivation

ROUTE = "modular"
#: Sizes of one step that are always visited, and over 1, 2, 3, 4 and more steps; no two neighbours are equal.
ONE, MANY = ((2, 3), (3, 2)), ((2, 1), (1, 2), (3, 2), (2, 3), (2, 1))
#: How often a point is drawn again where something below a line is 0.
ATTEMPTS = 4


def opinion(
    derivation: Derivation,
    *,
    seed: int = 0,
    budget: int = OPERATIONS,
    sizes: Sequence[Mapping[Expr, int]] = (),
) -> Opinion:
    """Compare every claim of a derivation with the recurrence, modulo primes that are drawn from the claim.

    Args:
        derivation: of any kind, over one step or many.
        seed: another seed draws other primes, points and sizes.
        budget: how many operations between scalars may be spent.
        sizes: further sizes to visit; those with different numbers for different dimensions are always visited.

    Returns:
        passed: True where something was compared and all of it agrees; False where a difference refutes; None where
        the main statement was not compared, the budget does not cover it, or a difference is not confirmed by numbers.

    Raises:
        ShapeError: the right side of a derivative of one step has not the shape of one.
    """
    start, label = time.perf_counter(), f"{digest(derivation)}|{seed}"
    names = layout.function_names(derivation)
    work = Work(budget)
    run = _Run(derivation, OPAQUE, label, work)
    try:
        for level in levels(derivation.cell, names):
            run = _Run(derivation, level, label, work)
            run.visit(_places(derivation, label, sizes))
            if run.difference is None:
                break
        else:
            return _differs(run, names, seed, start)
    except TooMuchError as error:
        return run.opinion(None, str(error), start, needed=error.needed)
    if run.needed is not None:
        words = f"would need about {run.needed} operations, {budget} are allowed; allow more with budget="
        return run.opinion(None, words, start, needed=run.needed)
    compared = run.ledger.get(MAIN)
    if compared is None or not compared.checks:
        return run.opinion(None, run.why(MAIN) or "nothing of the main statement was compared", start)
    try:
        worst = run.probability()
    except (UnsupportedNodeError, ZeroDivisionError) as error:
        return run.opinion(None, f"its degree is not bounded: {error}", start)
    detail = (
        f"{run.checks} entries agree modulo {len(run.visits)} primes of 61 bits drawn from the claim, one for each of "
        f"{_told(run.visits)}; a wrong formula would pass one of them with probability below {worst:.1g}"
    )
    return run.opinion(True, detail, start, probability=worst)  # noqa: FBT003  the field of evidence


def exact(derivation: Derivation, names: Sequence[str]) -> bool:
    """Whether a difference refutes by itself: every function is opaque or a polynomial."""
    own = functions(derivation.cell, BOUND)
    declared = dict(derivation.cell.functions)
    opaque = (name in declared and declared[name] is None for name in names)
    polynomial = (name not in declared and nonlinearity(name).opaque for name in names)
    known = (own.in_argument(name, 0) is not None for name in names)
    return all(any(items) for items in zip(opaque, polynomial, known, strict=True))


def _differs(run: _Run, names: Sequence[str], seed: int, start: float) -> Opinion:
    """A difference at every level: a refutation, if it is exact or confirmed by numbers."""
    found = run.difference
    assert found is not None
    if exact(run.derivation, names) and not found.soft:
        return run.opinion(False, str(found), start)  # noqa: FBT003  the field of evidence
    case = witness.find(run.derivation, seed=seed, at=(found.steps, tuple(found.sizes.items())))
    if case is not None:
        return run.opinion(False, str(found), start)  # noqa: FBT003  the field of evidence
    why = "it may hold by a relation between functions that is not known here, or as an inequality"
    return run.opinion(None, f"{found}, but numbers of 50 digits do not: {why}", start)


def _places(
    derivation: Derivation, label: str, sizes: Sequence[Mapping[Expr, int]]
) -> Iterator[tuple[int | None, dict[Expr, int]]]:
    """Steps and sizes to visit, the cheapest first."""
    dims = derivation.cell.dimensions
    source = Stream(f"{label}|sizes")
    if derivation.kind in ONE_STEP:
        yield from ((None, at_sizes(dims, pair)) for pair in ONE)
        yield None, at_sizes(dims, (4 + source.below(2), 6 + source.below(2)))
        yield from ((None, dict(at)) for at in sizes)
        return
    for steps, pair in zip((*FIRST, *lengths(derivation)), MANY, strict=False):
        yield steps, at_sizes(dims, pair)
    yield from ((FIRST[1], dict(at)) for at in sizes)


@dataclass
class _Ledger:
    """What became of one statement so far."""

    checks: int = 0
    why: dict[str, None] = field(default_factory=dict)
    differs: bool = False


@dataclass
class _Run:
    """Visits at one level of knowledge about functions, up to the first difference."""

    derivation: Derivation
    level: str
    label: str
    work: Work
    ledger: dict[str, _Ledger] = field(default_factory=dict)
    visits: list[tuple[int | None, dict[Expr, int]]] = field(default_factory=list)
    difference: Difference | None = None
    needed: int | None = None
    checks: int = 0
    asked: int = 0

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
            case = Case(self.derivation, steps, sizes, algebra, _residues(text, algebra.prime), self.work)
            try:
                self._compare(case)
            except ZeroDivisionError:
                continue
            self.asked = max(self.asked, len(algebra.asked))
            return
        for item in (MAIN, *(claim.key for claim in self.derivation.claims)):
            self.ledger.setdefault(item, _Ledger()).why["it divides by 0 at every point"] = None

    def _compare(self, case: Case) -> None:
        for item in case.statements():
            own = self.ledger.setdefault(item.key, _Ledger())
            if isinstance(item, Open):
                own.why[item.why] = None
                continue
            try:
                claimed, true = item.sides()
                count, found = first(claimed, true, lambda left, right: left != right)
            except TooMuchError:
                raise
            except OutsideError as error:
                own.why[str(error)] = None
                continue
            except ShapeError as error:
                if case.steps is None and item.key == MAIN:
                    raise
                own.why[str(error)] = None
                continue
            except UnsupportedNodeError as error:
                own.why[str(error)] = None
                continue
            own.checks += count
            self.checks += count
            if found is not None:
                own.differs = True
                self.difference = Difference(item.key, item.times, found[0], case.steps, case.sizes, item.soft)
                return

    def why(self, key: str) -> str:
        """What was not compared of a statement."""
        return "; ".join(self.ledger[key].why) if key in self.ledger else ""

    def probability(self) -> float:
        """The largest probability with which a wrong formula passes a visit."""
        own = functions(self.derivation.cell, self.level)
        steps = max((steps for steps, _ in self.visits if steps is not None), default=None)
        sizes = {dim: max(at[dim] for _, at in self.visits) for dim in self.visits[0][1]}
        degree, algebra = self._degree(own, steps, dict.fromkeys(sizes, 1))
        if algebra.divided:
            degree, algebra = self._degree(own, steps, sizes)
        return error_probability(degree, algebra.inner, self.asked, self.work.spent)

    def _degree(self, own: Functions, steps: int | None, sizes: dict[Expr, int]) -> tuple[int, Degrees]:
        algebra = Degrees(own)
        case = Case(self.derivation, steps, sizes, algebra, lambda _name, _i, _j: (1, 0), Work(self.work.allowed))
        largest = 0
        for item in case.statements():
            if isinstance(item, Open):
                continue
            try:
                pairs = list(entries_of(*item.sides()))
            except (UnsupportedNodeError, ShapeError):
                continue  # what has no value was not compared either
            for _, left, right in pairs:
                above, _ = algebra.total([left or algebra.zero, right or algebra.zero])
                largest = max(largest, above)
        return largest, algebra

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
            own = self.ledger.get(key, _Ledger())
            agrees = False if own.differs and passed is False else True if own.checks and not own.differs else None
            why = detail if own.differs else "; ".join(own.why)
            rows.append(Compared(key, agrees, own.checks, why or ("" if own.checks else "not reached")))
        sizes = tuple(
            tuple([*([("T", steps)] if steps is not None else []), *((str(d), s) for d, s in at.items())])
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


def _told(visits: Sequence[tuple[int | None, Mapping[Expr, int]]]) -> str:
    """The visits in words."""
    steps, sizes = visits[-1]
    if steps is None:
        return f"{len(visits)} sizes up to {shown_sizes(sizes)}"
    return f"{len(visits)} trajectories of up to {max(steps or 0 for steps, _ in visits)} steps"


def _residues(label: str, modulus: int) -> Any:
    """A uniform residue for every entry of every symbol; within 2^-67 of uniform."""
    key = blake2b(label.encode(), digest_size=32).digest()

    def draw(name: str, i: int, j: int) -> int:
        text = f"{name}|{i}|{j}".encode()
        return int.from_bytes(blake2b(text, digest_size=16, key=key).digest(), "big") % modulus

    return draw


def draw(derivation: Derivation, sizes: Mapping[Expr, int], label: str) -> dict[Expr, object]:
    """A uniform residue modulo ``PRIME`` for every entry of every symbol of one step."""
    one = _residues(label, PRIME)
    return layout.filled(layout.leaves(derivation), sizes, lambda symbol, i, j: one(str(symbol), i, j))
