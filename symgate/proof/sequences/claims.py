"""The equations that a derivation over many steps claims, at one trajectory: (label, found, true) values to compare.

Everything to the right of a comparison comes from ``trajectories.py``: dual numbers through the recurrence, or
plain sums over subsets of steps.  What merely introduces a name is no claim and is not compared.
"""

from __future__ import annotations

from collections.abc import Callable

from symgate.proof.sequences import bounds, products, rates
from symgate.proof.sequences.common import Claims
from symgate.proof.sequences.trajectories import Trajectory


def claims(path: Trajectory) -> Claims:
    """Every comparison of the derivation along the trajectory."""
    yield from BY_FORM[path.derivation.form](path)


BY_FORM: dict[str, Callable[[Trajectory], Claims]] = {
    "transport": products.transport,
    "expansion": products.expansion,
    "adjoint": products.adjoint,
    "gradient": products.gradient,
    "rate": rates.rate,
    "analogy": rates.analogy,
    "bound": bounds.bound,
}
