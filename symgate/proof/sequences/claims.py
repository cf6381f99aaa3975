"""The statements of a derivation over many steps at one trajectory, by its kind."""

from __future__ import annotations

from collections.abc import Callable

from symgate.proof.sequences import analogies, bounds, forward, products, rates, windows
from symgate.proof.sequences.paths import Path
from symgate.proof.sequences.statements import Statements
from symgate.records import Kind


def statements(path: Path) -> Statements:
    """Every comparison of the derivation along the trajectory, and what is not compared."""
    yield from products.jacobians(path)
    yield from BY_KIND[path.derivation.kind](path)


BY_KIND: dict[Kind, Callable[[Path], Statements]] = {
    Kind.TRANSPORT: products.transport,
    Kind.EXPANSION: products.expansion,
    Kind.ADJOINT: products.adjoint,
    Kind.GRADIENT: products.gradient,
    Kind.RATE: rates.rate,
    Kind.PRECONDITIONER: rates.rate,
    Kind.SCHEDULE: analogies.schedule,
    Kind.MOMENTUM: analogies.momentum,
    Kind.ADAM: analogies.adam,
    Kind.WINDOW: windows.window,
    Kind.ENVELOPE: windows.envelope,
    Kind.REMAINDER: bounds.bound,
    Kind.REST: forward.rest,
    Kind.INFLUENCE: forward.influence,
    Kind.TRUNCATION: forward.truncation,
    Kind.LAG: forward.lag,
}
