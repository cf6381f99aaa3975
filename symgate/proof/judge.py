"""From the evidence of the routes to a verdict.

proved      every claim of the ledger is decided by canonical forms, for all sizes, and no other route contradicts it;
refuted     a concrete case in which the formula is wrong was found;
undecided   anything else, agreement in floating point included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from sympy import Expr

from symgate.errors import unknown
from symgate.language.continuous import Discretisation
from symgate.proof import layout, modular, settle, witness
from symgate.proof.certificate import Certificate, Evidence, Settled, Verdict, Witness
from symgate.proof.conditions import conditions
from symgate.proof.continuous import verify_discretisation
from symgate.proof.decision import Budget
from symgate.proof.decision.outcome import Level
from symgate.proof.digest import digest
from symgate.proof.kinds import JUDGES
from symgate.proof.settle import Settlement
from symgate.proof.wording import name_of, scope
from symgate.records import Cell, Derivation, Kind

if TYPE_CHECKING:
    from symgate.proof.numeric import Reference

#: The routes in floating point, and the one that takes limits; they are imported where they are taken.
NUMERIC, AUTODIFF, LIMITS = "numeric", "autodiff", "limits"
ROUTES = (settle.ROUTE, modular.ROUTE, NUMERIC, AUTODIFF, LIMITS)
#: The routes that are exact.
EXACT = (settle.ROUTE, modular.ROUTE)
BUDGET, LARGE = Budget(), Budget(operations=5_000_000)


@overload
def verify(
    derivation: Derivation | Discretisation,
    *,
    reference: Reference | None = None,
    routes: Sequence[str] = ROUTES,
    sizes: Sequence[Mapping[str, int]] | None = None,
    budget: Budget | int | None = None,
    seed: int = 0,
) -> Certificate: ...
@overload
def verify(
    derivation: Iterable[Derivation],
    *,
    reference: Reference | None = None,
    routes: Sequence[str] = ROUTES,
    sizes: Sequence[Mapping[str, int]] | None = None,
    budget: Budget | int | None = None,
    seed: int = 0,
) -> tuple[Certificate, ...]: ...
def verify(
    derivation: Derivation | Discretisation | Iterable[Derivation],
    *,
    reference: Reference | None = None,
    routes: Sequence[str] = ROUTES,
    sizes: Sequence[Mapping[str, int]] | None = None,
    budget: Budget | int | None = None,
    seed: int = 0,
) -> Certificate | tuple[Certificate, ...]:
    """Judge a derived formula against the recurrence of its cell, by routes that share no rule with the calculus.

    Args:
        derivation: the formula, or several; or a discretisation from :func:`symgate.continuous_time`.
        reference: the step typed independently in NumPy, for the numeric route: called with keyword arguments named
            as the symbols of the cell, vectors of shape (n,), complex values included.
        routes: which routes to take; a proof needs "decision" and "modular".
        sizes: further sizes of the modular route, such as [{"n": 2, "m": 1}].
        budget: how many operations the decision may take; if it needs more, the verdict is "undecided" and says how
            many more.
        seed: of all random points; the same seed gives the same certificate, except for timings.

    Returns:
        A certificate; a tuple of them for several formulas.

    Raises:
        ShapeError: the right side does not have the shape of this derivative.
        UnknownNameError: a route or a size does not exist.

    Source: ``docs/proof.md``.  Law: ``tests/proof/test_judge.py``.
    """
    if isinstance(derivation, Cell):
        raise TypeError("verify judges derivations; for all results of a cell write verify(results(cell).values()).")
    if isinstance(derivation, Discretisation):
        return verify_discretisation(derivation)
    if not isinstance(derivation, Derivation):
        options: dict[str, Any] = {"reference": reference, "routes": routes, "sizes": sizes}
        return tuple(verify(item, budget=budget, seed=seed, **options) for item in derivation)
    for route in routes:
        if route not in ROUTES:
            raise unknown("route", route, ROUTES)
    if derivation.kind not in JUDGES:
        raise unknown("kind with a judge", derivation.kind.value, [kind.value for kind in JUDGES])
    if derivation.one_step and derivation.wrt not in _variables(derivation.cell):
        raise unknown(f"symbol of cell {derivation.cell.name!r}", derivation.wrt, derivation.cell.symbols)
    if derivation.one_step:
        layout.check_shape(derivation)
    evidence: list[Evidence] = []
    if settle.malformed(derivation):
        settled = settle.settle(derivation, _budget(budget))
        statement = f"{name_of(derivation)} is not judged: {settled.evidence.detail}."
        return _certificate(derivation, Verdict.UNDECIDED, statement, [settled.evidence], ledger=settled.ledger)
    if modular.ROUTE in routes:
        evidence.append(_second_opinion(derivation, sizes, seed))
        if evidence[0].passed is False:
            case = witness.find(derivation, seed=seed)
            if case is not None:
                return _refuted(derivation, evidence, case)
    found: Settlement | None = None
    if settle.ROUTE in routes:
        found = settle.settle(derivation, _budget(budget, derivation))
        evidence.insert(0, found.evidence)
    if derivation.kind in layout.KINDS and not derivation.in_blocks:
        evidence += _numbers(derivation, reference, routes, found.level if found else Level.OPAQUE, seed)
    return _verdict(derivation, evidence, found, seed)


def _variables(cell: Cell) -> set[Expr]:
    """What a step may be differentiated by: every symbol of the cell, and every named intermediate."""
    return {*cell.symbols.values(), *(item.symbol for item in cell.assignments)}


def _budget(budget: Budget | int | None, derivation: Derivation | None = None) -> Budget:
    """The budget asked for; by default more for expansions and rates of cells with several states."""
    if budget is None:
        kinds = {Kind.EXPANSION, Kind.RATE}
        large = derivation is not None and derivation.kind in kinds and len(derivation.cell.states) > 1
        return LARGE if large else BUDGET
    return Budget.of(budget)


def _second_opinion(derivation: Derivation, sizes: Sequence[Mapping[str, int]] | None, seed: int) -> Evidence:
    """The modular route."""
    return modular.opinion(derivation, sizes=_sizes(derivation, sizes) or (), seed=seed)


def _numbers(
    derivation: Derivation, reference: Reference | None, routes: Sequence[str], level: Level, seed: int
) -> list[Evidence]:
    """The routes in floating point, and the limits."""
    if not {NUMERIC, AUTODIFF, LIMITS} & set(routes):
        return []
    try:
        from symgate.proof import limits, numeric
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        return []  # the exact routes need no NumPy and stand alone

    found = []
    if NUMERIC in routes:
        found.append(numeric.check(derivation, reference=reference, seed=seed))
    if AUTODIFF in routes:
        found.append(numeric.autodiff(derivation, seed=seed))
    if LIMITS in routes:
        found.append(limits.check(derivation, level.value, seed=seed))
    return found


def _refuted(derivation: Derivation, evidence: Sequence[Evidence], case: Witness | None) -> Certificate:
    told = f"{case}" if case is not None else next(item.detail for item in evidence if item.passed is False)
    return _certificate(derivation, Verdict.REFUTED, f"{name_of(derivation)} is wrong: {told}.", evidence, witness=case)


def _certificate(
    derivation: Derivation, verdict: Verdict, statement: str, evidence: Sequence[Evidence], **more: Any
) -> Certificate:
    if "conditions" not in more:
        more["conditions"] = conditions(derivation)
    own = digest(derivation)
    return Certificate(derivation.name, verdict, statement, tuple(evidence), digest=own, **more)


def _verdict(derivation: Derivation, evidence: list[Evidence], settled: Settlement | None, seed: int) -> Certificate:
    """The verdict, in words."""
    failed = [item for item in evidence if item.passed is False]
    ledger = settled.ledger if settled else ()
    name = name_of(derivation)
    second = next((item for item in evidence if item.route == modular.ROUTE), None)
    decided = settled is not None and settled.proved
    if settled is not None and decided and not failed and second is not None:
        zero = settle.nowhere_defined(derivation) if second.passed is None else ()
        if zero:
            statement = f"{name} has no value anywhere, so nothing is proved about it: {zero[0]}, a denominator, is 0."
            return _certificate(derivation, Verdict.UNDECIDED, statement, evidence, ledger=ledger)
        kink = settle.without_slope(derivation)
        if kink:
            statement = (
                f"{name} holds away from kinks, which is nowhere: {kink[0]} is 0 for every value of the symbols."
            )
            return _certificate(derivation, Verdict.UNDECIDED, statement, evidence, ledger=ledger)
        given = conditions(derivation)
        statement = f"{name} {scope(derivation, settled.level, given)}"
        return _certificate(derivation, Verdict.PROVED, statement, evidence, ledger=ledger, conditions=given)
    if decided and failed:
        told = "; ".join(f"{item.route}: {item.detail}" for item in failed)
        fault = told if any(item.route == modular.ROUTE for item in failed) else ""
        why = (
            "Two exact routes contradict each other, which is an error of this program; please report it."
            if fault
            else "So the cell and what it was compared with are different recurrences, or a route is at fault."
        )
        statement = f"{name} is decided as right, but another route disagrees ({told}). {why}"
        return _certificate(derivation, Verdict.UNDECIDED, statement, evidence, ledger=ledger, fault=fault)
    case = _looked_for(derivation, settled, seed)
    if case is not None:
        return _refuted(derivation, evidence, case)
    statement = f"{name} is neither proved nor refuted: {_open(evidence, settled, failed)}"
    return _certificate(derivation, Verdict.UNDECIDED, statement, evidence, ledger=ledger)


def _looked_for(derivation: Derivation, settled: Settlement | None, seed: int) -> Witness | None:
    """A witness at the sizes at which the comparisons that do not hold say that there must be one."""
    for _, decision in settled.open if settled is not None else ():
        case = witness.find(derivation, seed=seed, hint=decision)
        if case is not None:
            return case
    return None


def _open(evidence: Sequence[Evidence], settled: Settlement | None, failed: Sequence[Evidence]) -> str:
    """Why there is no verdict."""
    reasons = [f"{item.route} fails ({item.detail}), yet no concrete case differs" for item in failed]
    for route in EXACT:
        found = next((item for item in evidence if item.route == route), None)
        if found is None:
            reasons.append(f"the {route} route was not taken")
        elif found.passed is None:
            reasons.append(f"{route}: {found.detail}")
    if settled is not None:
        unjudged = [line.key for line in settled.ledger if line.settled is Settled.OPEN and not line.because]
        if unjudged:
            reasons.append(f"not judged: {', '.join(unjudged)}")
    return "; ".join(reasons) + ". Agreement of numbers alone is not a proof."


def _sizes(derivation: Derivation, sizes: Sequence[Mapping[str, int]] | None) -> Any:
    """Sizes by dimension instead of by name."""
    if sizes is None:
        return None
    known = {str(dim): dim for dim in derivation.cell.dimensions}
    for size in sizes:
        names = {str(name) for name in size}
        if names != known.keys():
            odd = min(names ^ known.keys())
            raise unknown(f"size of cell {derivation.cell.name!r}", odd, known, "Give each of them a number.")
    return [{known[str(name)]: int(value) for name, value in size.items()} for size in sizes]
