"""The equations that a derivation over many steps claims, at one trajectory: (label, found, true) values to compare.

Everything to the right of a comparison comes from ``trajectories.py``: dual numbers through the recurrence, or
plain sums over subsets of steps.  What merely introduces a name is no claim and is not compared.
"""

from __future__ import annotations

from collections.abc import Callable

from symgate.proof.sequences import bounds, forward, products, rates
from symgate.proof.sequences.common import Claims
from symgate.proof.sequences.trajectories import Trajectory
from symgate.records import Kind


def claims(path: Trajectory) -> Claims:
    """Every comparison of the derivation along the trajectory."""
    yield from BY_KIND[path.derivation.kind](path)


BY_KIND: dict[Kind, Callable[[Trajectory], Claims]] = {
    Kind.TRANSPORT: products.transport,
    Kind.EXPANSION: products.expansion,
    Kind.ADJOINT: products.adjoint,
    Kind.GRADIENT: products.gradient,
    Kind.RATE: rates.rate,
    Kind.PRECONDITIONER: rates.rate,
    Kind.SCHEDULE: rates.analogy,
    Kind.MOMENTUM: rates.analogy,
    Kind.ADAM: rates.analogy,
    Kind.REMAINDER: bounds.bound,
    Kind.REST: forward.rest,
    Kind.INFLUENCE: forward.influence,
    Kind.TRUNCATION: forward.truncation,
    Kind.LAG: forward.lag,
}
