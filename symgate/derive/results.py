"""Every result by the name that people type: the builder of each kind of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from symgate.catalogue import Request, keep_name, listed, parse
from symgate.cells import as_cell
from symgate.derive.analogies import analogy
from symgate.derive.expansion import expand
from symgate.derive.gradients import adjoint, parameter_gradient
from symgate.derive.influences import influence, truncate
from symgate.derive.jacobians import jacobian, vjp
from symgate.derive.lag_sums import lags
from symgate.derive.learning_rate import effective_learning_rate
from symgate.derive.preconditioning import preconditioner
from symgate.derive.remainders import remainder
from symgate.derive.rests import rest
from symgate.derive.splits import split
from symgate.derive.states import state_jacobian
from symgate.derive.transports import transport
from symgate.derive.windows import envelope, window
from symgate.errors import SymgateError
from symgate.records import Cell, Derivation, Kind

#: The builder of each kind, from the cell and the parameters of the kind.
BUILDERS: dict[Kind, Callable[[Cell, Any], Derivation]] = {
    Kind.STATE_JACOBIAN: lambda cell, _: state_jacobian(cell),
    Kind.JACOBIAN: lambda cell, own: jacobian(cell, own.wrt, own.of),
    Kind.VJP: lambda cell, own: vjp(cell, own.wrt, own.of),
    Kind.TRANSPORT: lambda cell, _: transport(cell),
    Kind.ADJOINT: lambda cell, _: adjoint(cell),
    Kind.GRADIENT: lambda cell, own: parameter_gradient(cell, own.parameter),
    Kind.SPLIT: lambda cell, own: _split(cell, own.keep),
    Kind.EXPANSION: lambda cell, own: expand(_split(cell, own.keep), own.order),
    Kind.REMAINDER: lambda cell, own: remainder(_split(cell, own.keep), own.order),
    Kind.REST: lambda cell, own: rest(_split(cell, own.keep), own.order),
    Kind.INFLUENCE: lambda cell, own: influence(cell, own.parameter),
    Kind.TRUNCATION: lambda cell, own: truncate(influence(cell, own.parameter), keep_name(own.keep), own.order),
    Kind.LAG: lambda cell, own: lags(cell, own.parameter),
    Kind.RATE: lambda cell, own: effective_learning_rate(cell, keep_name(own.keep)),
    Kind.PRECONDITIONER: lambda cell, _: preconditioner(cell),
    Kind.SCHEDULE: lambda cell, _: analogy(cell, "schedule"),
    Kind.MOMENTUM: lambda cell, _: analogy(cell, "momentum"),
    Kind.ADAM: lambda cell, _: analogy(cell, "adam"),
    Kind.WINDOW: lambda cell, own: window(cell, own.law),
    Kind.ENVELOPE: lambda cell, own: envelope(cell, own.law),
}


def _split(cell: Cell, keep: tuple[str, ...]) -> Derivation:
    """A split with a name leaves out the terms that a cell does not have; another one names its terms."""
    name = keep_name(keep)
    return split(cell, name if "+" not in name else keep)


def result(cell: Cell | str, name: str) -> Derivation:
    """The result of that name.

    Args:
        cell: the recurrence.
        name: "jacobian" for the derivative of the whole state; "x", "u", "W_r" for derivatives of one step, with
            "h/" in front where the cell has several states; "vjp:W_r" for vector-Jacobian products; over many
            steps "transport", "adjoint", "gradient:W_r", "split:retention", "expansion:retention:1" (split and
            order; terms that are kept may be joined, as in "retention+drive"), "remainder:gate:1", "rate:retention",
            "preconditioner", "analogy:schedule".

    Raises:
        UnknownNameError: the cell has no such result; the message suggests the nearest names.
    """
    cell = as_cell(cell)
    return build(cell, parse(cell, name))


def build(cell: Cell, request: Request) -> Derivation:
    """The derivation of a request."""
    return _built(cell, cell.beside, request)


@lru_cache(maxsize=1024)
def _built(cell: Cell, _beside: tuple[object, ...], request: Request) -> Derivation:
    """The derivation, which has its cell in it; equal cells may differ in what is beside them."""
    return BUILDERS[request.kind](cell, request.parameters)


@lru_cache(maxsize=64)
def _all(cell: Cell, _beside: tuple[object, ...]) -> tuple[tuple[str, Derivation], ...]:
    found = []
    for name in listed(cell):
        try:
            found.append((name, result(cell, name)))
        except SymgateError:  # a cell without retention has no rate of retention
            continue
    return tuple(found)


def results(cell: Cell | str) -> dict[str, Derivation]:
    """Every result of a cell, by name: derivatives of one step first; expansions to the listed orders."""
    cell = as_cell(cell)
    return dict(_all(cell, cell.beside))
