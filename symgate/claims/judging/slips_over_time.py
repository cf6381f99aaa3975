"""What is wrong in a claim over many steps: single slips whose values along a trajectory are those of the claim.

In: a claim that is refuted, and the object.  Out: diagnoses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import sympy
from sympy import Expr

from symgate.claims.judging.diagnosis import Diagnosis, Slip
from symgate.claims.judging.probes import is_equality, probe_of
from symgate.claims.judging.repairs import repairs
from symgate.claims.reading.reader import stated
from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.language.sequences import MatrixSum, moved
from symgate.proof import modular
from symgate.proof.sequences.slips import OVER, sequence_slips
from symgate.proof.sequences.timed import TimedEntries
from symgate.proof.sequences.trajectories import TIMES, Trajectory
from symgate.proof.tables import Table
from symgate.records import Derivation, Kind

#: How deep sums and products over time may nest in a claim that is looked at.
_DEEPEST = 5
_STEPS, _SIZES = 4, (2, 3, 2)
#: Slips of the proof that people make; a factor of 1.01 is not one of them.
_MADE = {"reversed_order", "swapped_factors", "one_step_too_many", "one_step_too_few", "state_after"}
_MADE |= {"transposed_weight", "wrong_sign", "one_step_beyond", "one_step_short"}
#: How many slips are tried on a claim.
_TRIED = 200
#: How many repairs of it.
_REPAIRED = 24


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


def slips_like(claim: Expr, truth: Derivation, seed: int) -> Iterator[Diagnosis]:
    """Single slips whose values are those of the claim, wherever both exist."""
    if _nested(claim) > _DEEPEST:
        return
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
        yield from ((found,) for found, changed in tried if modular.opinion(probe_of(changed, truth), seed=seed).passed)


def _nested(expr: Any) -> int:
    """How deep sums and products over time nest."""
    own = isinstance(expr, OVER)
    return own + max((_nested(arg) for arg in getattr(expr, "args", ())), default=0)


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
