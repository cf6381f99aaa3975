"""Claims over many steps: compared with the object's closed form by canonical forms, and along trajectories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from itertools import islice, product
from typing import Any

import sympy
from sympy import Add, Expr, Mul
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr

from symgate.claims.judging.certified import agreed, refuted, second_opinion
from symgate.claims.judging.diagnosis import Diagnosis, Slip
from symgate.claims.judging.larger import at_larger_sizes
from symgate.claims.judging.moments import has_value, without_value
from symgate.claims.judging.record import Finding
from symgate.claims.judging.repairs import repairs
from symgate.claims.reading.reader import stated
from symgate.derive.gradients import adjoint
from symgate.errors import ShapeError, SymgateError, UnsupportedNodeError
from symgate.language import Signal, T
from symgate.language.giving_way import spelled_otherwise
from symgate.language.sequences import EPS, LAST, K, MatrixSum, moved
from symgate.proof import PROVED, REFUTED, UNDECIDED, Certificate, Evidence, modular, verify, witness
from symgate.proof.certificate import Line, Settled
from symgate.proof.conditions import conditions
from symgate.proof.decision import Budget, decide
from symgate.proof.digest import digest
from symgate.proof.entries import Table
from symgate.proof.kinds.goals import claim as claim_of
from symgate.proof.kinds.goals import matrix
from symgate.proof.kinds.gradients import written_out
from symgate.proof.kinds.transports import product as run_of
from symgate.proof.plain import plain
from symgate.proof.sequences.slips import OVER, sequence_slips
from symgate.proof.sequences.statements import MAIN
from symgate.proof.sequences.timed import TimedEntries
from symgate.proof.sequences.trajectories import TIMES, Trajectory
from symgate.proof.settle import is_proxy, settle
from symgate.proof.wording import scope
from symgate.records import Derivation, Equation, Kind, Relation, add_up

_DEEPEST = 5
_STEPS, _SIZES = 4, (2, 3, 2)
#: Slips of the proof that people make; a factor of 1.01 is not one of them.
_MADE = {"reversed_order", "swapped_factors", "one_step_too_many", "one_step_too_few", "state_after"}
_MADE |= {"transposed_weight", "wrong_sign", "one_step_beyond", "one_step_short"}
#: How many slips are tried on a claim.
_TRIED = 200
#: How many repairs of it.
_REPAIRED = 24


def judge(base: Finding, claim: Expr, truth: Derivation, budget: Budget, seed: int, first: int = 0) -> Finding:
    """The verdict on a closed form with symbolic t and k, stated from a first time on.

    Proved where the decision procedure finds it equal to the object's own closed form, or where the judge of the
    object proves it in its place; refuted where it differs along a trajectory; otherwise undecided.
    """
    if tuple(getattr(claim, "shape", ())) != truth.shape:
        words = f"It has the shape {getattr(claim, 'shape', ())}; the object has {truth.shape}."
        if tuple(getattr(claim, "shape", ())) == (sympy.Mul(*truth.shape), 1):
            words += " It may be the column of its entries, of which the form does not show the matrix."
            return replace(base, verdict=UNDECIDED, statement=words)
        return replace(base, verdict=UNDECIDED if truth.cell.numbers else REFUTED, statement=words)
    own = _proof(truth, seed)
    if own.verdict != PROVED:
        words = f"The object itself is {own.verdict}, so nothing is compared with it: {own.statement}"
        return replace(base, verdict=UNDECIDED, statement=words, certificate=own)
    probe = _probe(claim, truth)
    opinion, case = second_opinion(probe, seed)
    if case is not None:
        diagnosis = tuple(_like(claim, truth, seed)) if nested(claim) <= _DEEPEST else ()
        return replace(refuted(base, probe, MAIN, opinion, case), diagnosis=diagnosis)
    certificate = _settled(claim, truth, own, budget, opinion)
    if certificate.verdict == UNDECIDED and opinion.passed is not False:
        case = at_larger_sizes(claim, probe, seed)
        if case is not None:
            return refuted(base, probe, MAIN, opinion, case)
    nowhere = without_value(claim, truth, first)
    if nowhere:
        where = partial(has_value, claim, truth.cell) if not first else None
        case = witness.find(probe, seed=seed, where=where) if where is not None else None
        if case is not None:  # wrong where it is stated
            return refuted(base, probe, MAIN, opinion, case)
        told = f"It is not stated for all times: {nowhere}."
        certificate = replace(certificate, verdict=UNDECIDED, statement=told)
    if certificate.verdict == PROVED and is_proxy(truth):
        words = (
            f"It is what {truth.name} is defined as, a proxy; nothing is claimed of it, so there is nothing to prove."
        )
        return replace(base, verdict=UNDECIDED, statement=words, certificate=certificate)
    return _certified(base, certificate)


def _settled(claim: Expr, truth: Derivation, own: Certificate, budget: Budget, opinion: Evidence) -> Certificate:
    """The claim against the closed form that is proved, or in the place of it."""
    rights = [stated(truth), *(item.right for item in truth.claims if item.left == truth.of and is_equality(item))]
    stated_with = adjoint(truth.cell) if truth.kind is Kind.GRADIENT else truth
    names = {item.left: item.right for item in (*stated_with.definitions, *truth.definitions)}
    probe = _probe(claim, truth)
    given = tuple(dict.fromkeys((*own.conditions, *conditions(probe))))
    more: dict[str, Any] = {"conditions": given, "digest": digest(probe)}
    try:
        for other, meaning in product(rights, meanings(truth)):
            known = names | meaning
            decision = decide(truth.cell, claim, other, definitions=known, given=domain(truth), budget=budget)
            if decision.equal:
                break
    except SymgateError as error:
        return Certificate(probe.name, UNDECIDED, f"It is not compared: {error}", (opinion,), **more)
    if decision.equal:
        words = f"equal to the closed form of {truth.name} in canonical form ({decision.work} operations)"
        evidence = Evidence("decision", passed=True, detail=words, checks=1)
        line = Line("main", plain(claim, spelled_otherwise(truth.cell)), Settled.PROVED, (words,))
        told = f"The claim {scope(probe, decision.level, given)}"
        return agreed(Certificate(probe.name, PROVED, told, (evidence, opinion), ledger=(line,), **more))
    named = _named(claim, truth)
    if named:
        settled = settle(replace(probe, named_terms=named, equations=truth.definitions), budget)
        if settled.proved:
            told = f"The claim {scope(probe, settled.level, given)}"
            evidences = (settled.evidence, opinion)
            return agreed(Certificate(probe.name, PROVED, told, evidences, ledger=settled.ledger, **more))
    reason = decision.reason or "the canonical forms differ"
    told = f"It is neither proved nor refuted: {reason}; {opinion.route}: {opinion.detail}."
    return Certificate(probe.name, UNDECIDED, told, (Evidence("decision", None, reason, checks=1), opinion), **more)


def is_equality(item: Equation) -> bool:
    """Whether both sides of an equation are equal."""
    return item.relation is Relation.EQUAL


def meanings(truth: Derivation) -> list[dict[Expr, Expr]]:
    """What lambda and M may be taken for: names of their own; lambda as a sum over M; M as the product of Jacobians."""
    transport = {matrix(truth, "M", sympy.Tuple(T, K)): run_of(truth, "J")}
    if truth.cell.matrix_states and claim_of(truth, "closed_form") is None:
        return [{}]  # of a matrix among several states there is no formula for lambda
    if truth.kind in {Kind.GRADIENT, Kind.ADJOINT}:
        if truth.cell.matrix_states and not _has_formula(truth):
            return [{}]  # nor where it is stated on the stacked columns
        lam = {left: MatAdd(right, _after(left)) for left, right in written_out(truth).items()}
        return [{}, lam, lam | transport]
    return [{}, transport] if truth.kind in {Kind.TRANSPORT, Kind.INFLUENCE} else [{}]


def _has_formula(truth: Derivation) -> bool:
    """Whether the closed form of the gradient by a matrix state is stated as a matrix."""
    stated_with = adjoint(truth.cell) if truth.kind is Kind.GRADIENT else truth
    closed = claim_of(stated_with, "closed_form")
    return closed is not None and isinstance(closed.left, Signal)


def _after(lam: Expr) -> Expr:
    """Nothing for k <= T and unknown beyond, where there is no lambda_k: the sum that it is would be empty there."""
    return MatrixSum(Signal("lam_beyond", lam.shape[0], lam.shape[1], T), T, LAST + 1, K)


def domain(truth: Derivation) -> tuple[Any, ...]:
    """The times at which the object is stated."""
    if truth.kind is Kind.GRADIENT:
        return ((sympy.S.One, LAST),)
    return ((K + 1, LAST),) if truth.kind in {Kind.ADJOINT, Kind.MOMENTUM} else ((K, T),)


def _probe(claim: Expr, truth: Derivation) -> Derivation:
    """The claim in the place of the object; where that is judged term by term, as a further equation with it."""
    name = f"{truth.name}_claim"
    whole = {Kind.TRANSPORT, Kind.ADJOINT, Kind.GRADIENT, Kind.INFLUENCE}
    named = _by_order(claim, len(truth.named_terms)) if truth.kind is Kind.EXPANSION else ()
    if truth.kind in whole or named:
        terms = named or (("claim", claim),)
        return replace(truth, name=name, named_terms=terms, equations=truth.definitions)
    extra = Equation("claim", stated(truth), claim)
    return replace(truth, name=name, equations=(*truth.definitions, extra))


def _named(claim: Expr, truth: Derivation) -> tuple[tuple[str, Expr], ...]:
    """The claim in the terms that the induction goes through: an expansion by powers of epsilon; else ()."""
    if truth.kind is Kind.EXPANSION:
        return _by_order(claim, len(truth.named_terms))
    if truth.kind in {Kind.ADJOINT, Kind.TRANSPORT} or len(truth.named_terms) == 1:
        return ((truth.named_terms[0][0], claim),)
    if truth.kind is Kind.GRADIENT:
        parts = claim.args if isinstance(claim, (MatAdd, Add)) else (claim,)
        return tuple((f"part_{q}", part) for q, part in enumerate(parts))
    return ()


def _by_order(claim: Expr, count: int) -> tuple[tuple[str, Expr], ...]:
    """The coefficients of 1, epsilon, epsilon^2, ... in a sum; () if a power is missing or there is one too many."""
    orders: dict[Any, list[Expr]] = {}
    for term in claim.args if isinstance(claim, MatAdd) else (claim,):
        factors = term.args if isinstance(term, MatMul) else (term,)
        scalar = Mul(*(factor for factor in factors if not isinstance(factor, MatrixExpr)))
        power = scalar.as_powers_dict().get(EPS, 0)
        matrices = [factor for factor in factors if isinstance(factor, MatrixExpr)]
        rest = scalar / EPS**power
        body = matrices[0] if len(matrices) == 1 else MatMul(*matrices)
        orders.setdefault(power, []).append(body if rest == 1 else MatMul(rest, *matrices))
    inside = (node for terms in orders.values() for term in terms for node in sympy.preorder_traversal(term))
    if set(orders) != set(range(count)) or EPS in inside:
        return ()
    return tuple((f"order_{m}", add_up(orders[m])) for m in range(count))


def nested(expr: Any) -> int:
    """How deep sums and products over time nest."""
    own = isinstance(expr, OVER)
    return own + max((nested(arg) for arg in getattr(expr, "args", ())), default=0)


def _certified(base: Finding, certificate: Certificate) -> Finding:
    return replace(base, verdict=certificate.verdict, statement=certificate.statement, certificate=certificate)


@lru_cache(maxsize=64)
def _proof(truth: Derivation, seed: int) -> Certificate:
    return verify(truth, seed=seed)


@lru_cache(maxsize=16)
def _path(truth: Derivation, seed: int) -> tuple[Trajectory, TimedEntries]:
    sizes = {dim: _SIZES[k % len(_SIZES)] for k, dim in enumerate(truth.cell.dimensions)}
    path = Trajectory(truth, _STEPS, sizes, f"claims|{seed}")
    return path, path.entries(path.truths())


def _moments(truth: Derivation, steps: int) -> list[dict[str, int]]:
    """The times of the trajectory at which an object is stated."""
    if truth.kind is Kind.GRADIENT:
        return [{"t": steps, "k": steps, "T": steps}]
    if truth.kind is Kind.INFLUENCE:
        return [{"t": t, "T": steps} for t in range(1, steps + 1)]
    if not any(str(symbol) == "t" for symbol in truth.of.free_symbols | _times(truth)):
        return [{"k": k, "T": steps} for k in range(steps)]
    return [{"t": t, "k": k, "T": steps} for t in range(steps + 1) for k in range(t + 1)]


def _at(expr: Expr, moment: Mapping[str, int]) -> Expr:
    """An expression at times that are numbers; bound indices keep their meaning."""
    return moved(expr, {TIMES[name]: sympy.Integer(value) for name, value in moment.items()})


def _times(truth: Derivation) -> set[Any]:
    index = getattr(truth.of, "index", None)
    return set() if index is None else index.free_symbols


def _like(claim: Expr, truth: Derivation, seed: int) -> Iterator[Diagnosis]:
    """Single slips whose values are those of the claim, wherever both exist."""
    path = _path(truth, seed)
    given = _safe(claim, truth, path)
    if all(isinstance(value, str) for value in given):
        return  # it has no value anywhere, and neither have slips
    seen: set[str] = set()
    for slip in islice(sequence_slips(truth), _TRIED):
        changed = _changed(slip.derivation, truth) if slip.kind in _MADE and slip.kind not in seen else None
        if changed is not None and _safe(changed, truth, path) == given:
            seen.add(slip.kind)
            yield (Slip(slip.kind, slip.place),)
    for found, changed in _other_ends(truth):
        if found.kind not in seen and _safe(changed, truth, path) == given:
            seen.add(found.kind)
            yield (found,)
    if not seen:
        tried = islice(repairs(claim), _REPAIRED)
        yield from ((found,) for found, changed in tried if modular.opinion(_probe(changed, truth), seed=seed).passed)


def _other_ends(truth: Derivation) -> Iterator[tuple[Slip, Expr]]:
    """The formulas for an object whose outermost sum ends too early or too late."""
    beside = [(f"claim {item.key}", item.right) for item in truth.claims if item.left == truth.of and is_equality(item)]
    for place, right in (("", stated(truth)), *beside):
        if isinstance(right, MatrixSum):
            for by, kind in ((-1, "one_step_short"), (1, "one_step_beyond")):
                yield Slip(kind, place), MatrixSum(right.body, right.index, right.lower, right.upper + by)


def _changed(slipped: Derivation, truth: Derivation) -> Expr | None:
    """The formula for the object that a slip changed: its own, or another one that is stated beside it."""
    pairs = zip(slipped.equations, truth.equations, strict=False)
    others = [after for after, before in pairs if after != before]
    if not others and len(slipped.equations) == len(truth.equations):
        return stated(slipped)
    return others[0].right if len(others) == 1 and others[0].left == truth.of else None


def _safe(expr: Expr, truth: Derivation, path: tuple[Trajectory, TimedEntries]) -> list[Any]:
    """The values at all times, and why there is none at some."""
    found: list[Any] = []
    for moment in _moments(truth, path[0].steps):
        try:
            found.append(_plain(path[1].of(_at(expr, moment))))
        except (UnsupportedNodeError, ShapeError, ZeroDivisionError) as error:
            found.append(type(error).__name__)
    return found


def _plain(value: Any) -> Any:
    if not isinstance(value, Table):
        return value
    return [{j: item for j, item in line.items() if item} for line in value.lines]
