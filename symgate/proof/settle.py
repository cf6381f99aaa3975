"""The ledger: every statement that is printed with a result, and what the decision procedure makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.errors import SymgateError
from symgate.language.giving_way import spelled_otherwise
from symgate.language.sequences import EPS
from symgate.proof.certificate import Evidence, Line, Settled
from symgate.proof.conditions import denominators, kinks
from symgate.proof.decision import Budget, Decision, Outcome, decide, may_hold_zero
from symgate.proof.decision.outcome import Level
from symgate.proof.kinds import JUDGES, Goal
from symgate.proof.kinds.exactness import ends_where_said
from symgate.proof.kinds.goals import MAIN, defined, well_formed
from symgate.proof.plain import plain
from symgate.records import Cell, Derivation, Equation, Kind, Parting, Relation, Standing

ROUTE = "decision"
_LEVELS = list(Level)
#: Operations to find a denominator to be 0.
_DENOMINATOR = 200_000


@dataclass(frozen=True)
class Settlement:
    """What the decision procedure found.

    Attributes:
        ledger: a line for each statement.
        evidence: the route in the certificate.
        level: what was used of the functions.
        open: the comparisons that do not hold, with the sizes at which to look for a witness.
    """

    ledger: tuple[Line, ...]
    evidence: Evidence
    level: Level
    open: tuple[tuple[Goal, Decision], ...]

    @property
    def proved(self) -> bool:
        """Whether every claim is proved."""
        return bool(self.evidence.passed)


def settle(derivation: Derivation, budget: Budget) -> Settlement:
    """Run the comparisons of the judge of its kind, within a budget for all of them together."""
    done: dict[str, list[tuple[Goal, Decision]]] = {}
    spent, level = 0, Level.OPAQUE
    goals = _goals(derivation) if not malformed(derivation) else well_formed(derivation)
    while True:
        try:
            goal = next(goals)
            decision = goal.decide(replace(budget, spent=spent))
        except StopIteration:
            break
        except SymgateError as error:  # what a judge or the procedure does not know stays open
            for key in (MAIN, *(item.key for item in derivation.claims)):
                done.setdefault(key, []).append(_unfinished(key, str(error)))
            continue
        spent += decision.work
        level = max(level, decision.level, key=_LEVELS.index)
        done.setdefault(goal.key, []).append((goal, decision))
    ledger = tuple(_lines(derivation, done))
    open_ = tuple(pair for pairs in done.values() for pair in pairs if not pair[1].equal)
    return Settlement(ledger, _evidence(ledger, done, spent), level, open_)


def malformed(derivation: Derivation) -> bool:
    """Whether keys or names of a derivation stand for several things; nothing of it is compared then."""
    return not all(goal.decide(Budget()).equal for goal in well_formed(derivation))


def _unfinished(key: str, reason: str) -> tuple[Goal, Decision]:
    decision = Decision(Outcome.UNDECIDED, Level.OPAQUE, 0, reason)
    return Goal(key, "the comparisons end early", lambda _: decision), decision


def _goals(derivation: Derivation) -> Iterator[Goal]:
    yield from well_formed(derivation)
    yield from JUDGES[derivation.kind](derivation)
    yield from ends_where_said(derivation)


def nowhere_defined(derivation: Derivation) -> tuple[Expr, ...]:
    """The denominators that are 0 for every value of the symbols: of a formula with one nothing is proved."""
    return zero_everywhere(derivation.cell, denominators(derivation), defined(derivation))


def without_slope(derivation: Derivation) -> tuple[Expr, ...]:
    """What is 0 for every value of the symbols though a function of it has no derivative at 0."""
    return zero_everywhere(derivation.cell, kinks(derivation), defined(derivation))


def zero_everywhere(cell: Cell, bases: Iterable[Expr], meaning: Mapping[Expr, Expr] | None = None) -> tuple[Expr, ...]:
    """Those of some scalars, vectors and matrices that are 0 for every value of the symbols, in all entries."""
    found = []
    for base in bases:
        zero = ZeroMatrix(*base.shape) if isinstance(base, MatrixExpr) else sympy.S.Zero
        try:
            decision = decide(cell, base, zero, definitions=meaning, budget=Budget(_DENOMINATOR))
        except SymgateError:  # what the procedure does not know is not known to be 0
            continue
        if decision.equal:
            found.append(base)
    return tuple(found)


def zero_at_a_time(cell: Cell, bases: Iterable[Expr]) -> tuple[Expr, ...]:
    """Those of some scalars and vectors, products over time among them, of which a factor may be 0 at a time."""
    return tuple(base for base in bases if may_hold_zero(cell, base, Budget(_DENOMINATOR)))


def _lines(derivation: Derivation, done: dict[str, list[tuple[Goal, Decision]]]) -> Iterator[Line]:
    """The main statement, then every equation that stands with it."""
    yield _main_line(derivation, done.get(MAIN, []))
    for item in derivation.equations:
        yield _line(item.key, _written(derivation, item), item.standing, done.get(item.key, []))
    if derivation.exact_from is not None:
        words = f"nothing is left of the expansion beyond order {derivation.exact_from}"
        yield _line("exact_from", words, Standing.CLAIM, done.get("exact_from", []))


def _main_line(derivation: Derivation, pairs: list[tuple[Goal, Decision]]) -> Line:
    """The result itself; a proxy is a definition, whatever holds of it."""
    line = _line(MAIN, _main(derivation), Standing.CLAIM, pairs)
    proxy = is_proxy(derivation) and line.settled is Settled.PROVED
    return replace(line, settled=Settled.DEFINITION) if proxy else line


def is_proxy(derivation: Derivation) -> bool:
    """Whether a result is a definition that stands for something else without being equal to it up to an error term."""
    own = derivation.parameters
    drive = isinstance(own, Parting) and own.keep == ("drive",)
    return derivation.kind is Kind.RATE and drive and derivation.relation is Relation.APPROXIMATELY


def _line(key: str, statement: str, standing: Standing, pairs: list[tuple[Goal, Decision]]) -> Line:
    if not any(goal.essential for goal, _ in pairs) and all(decision.equal for _, decision in pairs):
        named = {Standing.DEFINITION: Settled.DEFINITION, Standing.EXAMPLE: Settled.EXAMPLE}
        return Line(key, statement, named.get(standing, Settled.OPEN))
    failed = [(goal, decision) for goal, decision in pairs if not decision.equal]
    if not failed:
        return Line(key, statement, Settled.PROVED, tuple(goal.words for goal, _ in pairs))
    different = any(decision.outcome is Outcome.DIFFERENT for _, decision in failed)
    because = tuple(f"{goal.words}: {decision.reason or decision.outcome.value}" for goal, decision in failed)
    return Line(key, statement, Settled.DIFFERENT if different else Settled.OPEN, because)


def _main(derivation: Derivation) -> str:
    names = spelled_otherwise(derivation.cell)
    left = plain(derivation.of, names)
    if derivation.one_step:
        left = f"d{left}/d{plain(derivation.wrt)}"
    if derivation.kind is Kind.VJP:
        left = f"({left}).T @ {plain(derivation.cotangent)}"
    elif derivation.kind is Kind.JVP:
        left = f"{left}[{plain(derivation.cotangent)}]"
    right = plain(derivation.expr, names)
    if derivation.kind is Kind.EXPANSION:
        orders = [(order, term) for order, (_, term) in enumerate(derivation.named_terms) if not _is_zero(term)]
        powers = plain(EPS, names)
        right = " + ".join(f"{powers}**{order}*({plain(term, names)})" for order, term in orders) or "0"
    return f"{left} {derivation.relation.value} {right}"


def _is_zero(expr: Expr) -> bool:
    return expr == 0 or isinstance(expr, ZeroMatrix)


def _written(derivation: Derivation, item: Equation) -> str:
    names = spelled_otherwise(derivation.cell)
    return f"{plain(item.left, names)} {item.relation.value} {plain(item.right, names)}"


def _evidence(ledger: tuple[Line, ...], done: dict[str, list[tuple[Goal, Decision]]], work: int) -> Evidence:
    """The route in the certificate: passed where every claim is proved."""
    closed = {Settled.PROVED, Settled.DEFINITION, Settled.EXAMPLE}
    missing = [line for line in ledger if line.settled not in closed]
    checks = sum(len(pairs) for pairs in done.values())
    if not missing:
        detail = f"{checks} comparisons of canonical forms hold for all sizes ({work} operations)"
        return Evidence(ROUTE, passed=True, detail=detail, checks=checks)
    told = "; ".join(
        f"{line.key}: {line.because[0] if line.because else 'no comparison is known for it'}" for line in missing
    )
    return Evidence(ROUTE, passed=None, detail=told, checks=checks)
