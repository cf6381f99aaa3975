"""The judge of each kind."""

from __future__ import annotations

from collections.abc import Callable

from symgate.proof.kinds import (
    analogies,
    gradients,
    influences,
    lags,
    one_step,
    rates,
    rest,
    transports,
    truncations,
    windows,
)
from symgate.proof.kinds.goals import Goals
from symgate.records import Derivation, Kind

JUDGES: dict[Kind, Callable[[Derivation], Goals]] = {
    Kind.JACOBIAN: one_step.derivative,
    Kind.KRONECKER: one_step.derivative,
    Kind.VJP: one_step.derivative,
    Kind.JVP: one_step.derivative,
    Kind.DIAGONAL: one_step.derivative,
    Kind.STATE_JACOBIAN: one_step.state_jacobian,
    Kind.SPLIT: one_step.split,
    Kind.TRANSPORT: transports.transport,
    Kind.EXPANSION: transports.expansion,
    Kind.REMAINDER: transports.remainder,
    Kind.REST: rest.rest,
    Kind.INFLUENCE: influences.influence,
    Kind.TRUNCATION: truncations.truncation,
    Kind.LAG: lags.lag,
    Kind.ADJOINT: gradients.adjoint,
    Kind.GRADIENT: gradients.gradient,
    Kind.RATE: rates.rate,
    Kind.PRECONDITIONER: rates.preconditioner,
    Kind.SCHEDULE: analogies.schedule,
    Kind.MOMENTUM: analogies.momentum,
    Kind.ADAM: analogies.adam,
    Kind.WINDOW: windows.window,
    Kind.ENVELOPE: windows.envelope,
}
