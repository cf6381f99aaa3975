"""Claims over many steps: the printed closed form is proved with its object; others are tried along trajectories."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sympy import Add, Expr, Mul
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr

from symgate.claims.judging.diagnosis import Diagnosis, Slip
from symgate.claims.judging.record import Finding
from symgate.claims.reading.reader import stated
from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.language.sequences import EPS
from symgate.proof import PROVED, REFUTED, UNDECIDED, Certificate, verify
from symgate.proof.entries import Table
from symgate.proof.sequences.compare import differ
from symgate.proof.sequences.slips import OVER, sequence_slips
from symgate.proof.sequences.timed import OutsideError, TimedEntries
from symgate.proof.sequences.trajectories import Trajectory, placed
from symgate.records import Derivation, Kind, add_up

_DEEPEST = 5
_STEPS, _SIZES, _SECONDS = 4, (2, 3, 2), 3.0
#: Slips of the proof that people make; a factor of 1.01 is none.
_MADE = {"reversed_order", "swapped_factors", "one_step_too_many", "one_step_too_few", "state_after"}
_MADE |= {"transposed_weight", "wrong_sign"}


def judge(base: Finding, claim: Expr, truth: Derivation, seed: int) -> Finding:
    """The verdict on a closed form with symbolic t and k.

    Proved where it is the object's own closed form, whose proof covers every number of steps, or where that proof
    goes through for it; refuted where it differs along a trajectory; otherwise undecided.
    """
    right = stated(truth)
    if claim == right:
        return _certified(base, _proof(truth, seed))
    if tuple(getattr(claim, "shape", ())) != truth.shape:
        words = f"It has the shape {getattr(claim, 'shape', ())}; the object has {truth.shape}."
        return replace(base, verdict=REFUTED, statement=words)
    if nested(claim) > _DEEPEST:
        words = f"Sums and products over time nest deeper than {_DEEPEST}; such a claim is compared with no trajectory."
        return replace(base, verdict=UNDECIDED, statement=words)
    path = _path(truth, seed)
    try:
        wanted = list(_values(right, truth, path))
    except (UnsupportedNodeError, ShapeError) as error:
        words = f"It is not the closed form, and its values cannot be compared: {error}"
        return replace(base, verdict=UNDECIDED, statement=words)
    where, found = _first(claim, truth, path, wanted)
    if where:
        diagnosis = tuple(_like(claim, truth, path))
        words = f"It is wrong: {where} ({found}), exactly, along a trajectory of {_STEPS} steps."
        return replace(base, verdict=REFUTED, statement=words, diagnosis=diagnosis)
    named = _named(claim, truth)
    if named:
        certificate = verify(replace(truth, named_terms=named), seed=seed)
        if certificate.verdict == PROVED:
            return _certified(base, certificate)
    words = (
        f"It agrees exactly, modulo 2^61 - 1, with {truth.name} along a trajectory of {_STEPS} steps with random "
        "values, but is not its closed form as printed; that it holds for every number of steps is not proved."
    )
    return replace(base, verdict=UNDECIDED, statement=words)


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
    if set(orders) != set(range(count)):
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


def _values(expr: Expr, truth: Derivation, path: tuple[Trajectory, TimedEntries]) -> Iterator[tuple[str, Any]]:
    """The value of a closed form at all times of the trajectory."""
    steps, entries = path[0].steps, path[1]
    times = [{"t": t, "k": k, "T": steps} for t in range(steps + 1) for k in range(t + 1)]
    if truth.kind is Kind.GRADIENT:
        times = times[-1:]
    elif not any(str(symbol) == "t" for symbol in truth.of.free_symbols | _times(truth)):
        times = [{"k": k, "T": steps} for k in range(steps)]
    for moment in times:
        yield ", ".join(f"{name} = {value}" for name, value in moment.items()), entries.of(placed(expr, **moment))


def _times(truth: Derivation) -> set[Any]:
    index = getattr(truth.of, "index", None)
    return set() if index is None else index.free_symbols


def _first(
    claim: Expr, truth: Derivation, path: tuple[Trajectory, TimedEntries], wanted: list[tuple[str, Any]]
) -> tuple[str, str]:
    """Where the claim first differs, and how; ("", "") where it nowhere does."""
    try:
        for (where, value), (_, right) in zip(_values(claim, truth, path), wanted, strict=True):
            if differ(value, right):
                return f"it differs at {where}", _entry(value, right)
    except OutsideError as error:
        return str(error), "a step that the trajectory does not have"
    except (UnsupportedNodeError, ShapeError, ZeroDivisionError) as error:
        return "", str(error)
    return "", ""


def _entry(value: Any, right: Any) -> str:
    if not isinstance(value, Table) or not isinstance(right, Table):
        return "the number"
    for i, (ours, theirs) in enumerate(zip(value.lines, right.lines, strict=True)):
        for j in sorted(ours.keys() | theirs.keys()):
            if ours.get(j, 0) != theirs.get(j, 0):
                return f"entry ({i + 1}, {j + 1})"
    return "its shape"


def _like(claim: Expr, truth: Derivation, path: tuple[Trajectory, TimedEntries]) -> Iterator[Diagnosis]:
    """Single slips whose values are those of the claim, wherever both exist."""
    deadline = time.perf_counter() + _SECONDS
    given = _safe(claim, truth, path)
    seen: set[str] = set()
    for slip in sequence_slips(truth):
        if time.perf_counter() > deadline:
            return
        if slip.kind not in _MADE or slip.kind in seen or slip.derivation.equations != truth.equations:
            continue
        if _safe(stated(slip.derivation), truth, path) == given:
            seen.add(slip.kind)
            yield (Slip(slip.kind, slip.place),)


def _safe(expr: Expr, truth: Derivation, path: tuple[Trajectory, TimedEntries]) -> list[Any]:
    """The values up to the first that does not exist."""
    found: list[Any] = []
    try:
        for _, value in _values(expr, truth, path):
            found.append(_plain(value))
    except (UnsupportedNodeError, ShapeError, ZeroDivisionError) as error:
        found.append(type(error).__name__)
    return found


def _plain(value: Any) -> Any:
    if not isinstance(value, Table):
        return value
    return [{j: item for j, item in line.items() if item} for line in value.lines]
