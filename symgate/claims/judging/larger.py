"""Sizes beyond those that are always visited, for a claim that counts them and that nothing has decided.

(n-1)(n-2)(n-3) W is 0 at every size up to 3, and sum_i 1 is n wherever it stands; so a claim in which a size stands as
a number, or in which entries are summed, may differ from the truth beyond the sizes at which it agreed.  It differs
nowhere by this alone: what counts is the witness.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, Trace

from symgate.language import Dot
from symgate.proof import witness
from symgate.proof.points import TimedWitness
from symgate.records import Cell, Derivation

#: The smallest size that is not always visited, and how many are.
_FIRST, _MOST = 4, 4


@dataclass(frozen=True)
class _Sizes:
    """The sizes to look at, in the terms of a hint of the decision."""

    letters: dict[Expr, int]
    degrees: dict[Expr, int]


def at_larger_sizes(claim: Expr, probe: Derivation, seed: int) -> TimedWitness | None:
    """A witness at sizes that the claim counts; None if there was none, or where it counts none."""
    for dim, count in counted(claim, probe.cell).items():
        least = {other: _FIRST if other == dim else 1 for other in probe.cell.dimensions}
        case = witness.find(probe, seed=seed, hint=_Sizes(least, {dim: min(count, _MOST) - 1}), usual=False)
        if case is not None:
            return case
    return None


def counted(claim: Any, cell: Cell) -> Counter[Expr]:
    """How often each size stands in a claim as a number, or as the length of a scalar product or a trace."""
    found: Counter[Expr] = Counter()
    if claim in cell.dimensions:
        return Counter([claim])
    if isinstance(claim, (Dot, Trace)):
        found += Counter(symbol for symbol in claim.args[0].shape[0].free_symbols if symbol in cell.dimensions)
    if isinstance(claim, sympy.Pow) and claim.exp.is_Integer:
        inner = counted(claim.base, cell)
        return Counter({dim: count * abs(int(claim.exp)) for dim, count in inner.items()})
    shape = set(claim.shape) if isinstance(claim, MatrixExpr) else set()
    for arg in getattr(claim, "args", ()):
        if arg not in shape:
            found += counted(arg, cell)
    return found
