"""What gating has in common with learning-rate schedules, momentum and Adam, and where each analogy stops.

Each is a derivation: an identity, or an approximation with its error term.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
)

from symgate.calculus.display import scaled
from symgate.cells import as_cell
from symgate.derive.carrying import sides
from symgate.derive.expansion import expand
from symgate.derive.gradients import adjoint
from symgate.derive.jacobians import RETENTION
from symgate.derive.learning_rate import no_rate
from symgate.derive.runs import DENSE, SCALAR, kept
from symgate.derive.splits import over_steps, split
from symgate.derive.states import free_name
from symgate.derive.transports import transport_symbol
from symgate.errors import DefinitionError, unknown
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import ETA, LAST, STEP, K, at
from symgate.language.sequences import J as INDEX
from symgate.records import Cell, Derivation, Equation, Kind, Relation, Standing, add_up

ANALOGIES = ("schedule", "momentum", "adam")

#: The first and the last weight of a ramp, and the step at which a step schedule switches.
LOW = sympy.Symbol("rho", positive=True)
SWITCH = sympy.Symbol("c", integer=True, positive=True)


def analogy(cell: Cell | str, name: str) -> Derivation:
    """One of the analogies between gating and optimisers, as a derivation with its claim in words.

    Args:
        cell: a cell with a retention term.
        name: "schedule", "momentum" or "adam".

    Returns:
        The equation, named terms by order, further equations; ``remark`` says whether it is an identity or an
        approximation with an error term, and where the analogy ends.

    Raises:
        UnknownNameError: no such analogy, or the cell has no retention.
        DefinitionError: the retention is not diagonal, or the cell has several states.
    """
    cell = as_cell(cell)
    builders = {"schedule": _schedule, "momentum": _momentum, "adam": _adam}
    if name not in builders:
        raise unknown("analogy", name, builders)
    if len(cell.states) > 1:
        names = ", ".join(state.name for state in cell.states)
        raise DefinitionError(
            f"An analogy needs a cell with a single state; cell {cell.name!r} has {names}. Its effective learning "
            "rates per state are in effective_learning_rate(cell)."
        )
    parted = split(cell, (RETENTION,))
    if kept(parted.terms["A"]).kind == DENSE:
        raise DefinitionError(
            f"The retention of cell {cell.name!r} is not diagonal; the analogy {name!r} needs that. {no_rate(cell)}"
        )
    return builders[name](cell, parted)


def _schedule(cell: Cell, parted: Derivation) -> Derivation:
    """The weight of step k in the update at t is eta prod_{j=k+1..t} (1 - g_j): a schedule in k."""
    part = kept(parted.terms["A"])
    scalar = part.kind == SCALAR
    run = part.scalar_run(K + 1, T) if scalar else part.vector_run(K + 1, T)
    s = ScalarSignal(free_name(cell, "s", "schedule"), K)
    realised = sympy.Product(s.xreplace({K: INDEX - 1}) / s.xreplace({K: INDEX}), (INDEX, K + 1, T))
    gate = ScalarSignal("g", INDEX)
    needed = 1 - s.xreplace({K: INDEX - 1}) / s.xreplace({K: INDEX})
    further = [
        Equation("gate", gate, needed, label="gate that realises s"),
        Equation("telescopes", realised, s / s.xreplace({K: T}), label="because the product telescopes"),
    ]
    for name, value in schedules().items():
        further.append(Equation(f"schedule_{name}", s, value, standing=Standing.EXAMPLE, label=f"{name}: the schedule"))
        further.append(Equation(f"gate_{name}", gate, gate_for(value), label=f"{name}: the gate"))
    return replace(
        parted,
        name=f"{cell.name}_analogy_schedule",
        kind=Kind.SCHEDULE,
        equations=(*over_steps(parted), *further),
        of=ScalarSignal("eta", sympy.Tuple(T, K)) if scalar else Signal("eta", part.size, 1, sympy.Tuple(T, K)),
        named_terms=(("order_0", ETA * run if scalar else scaled(ETA, run)),),
        remark=(
            "Identity at zeroth order of the retention split: the gates weigh the contribution of step k by a "
            "schedule. Every schedule s_k > 0 that does not decrease with k is realised, up to the factor 1/s_t, by "
            "g_j = 1 - s_(j-1)/s_j, where g_j is the share that step j does not keep. The analogy ends at schedules "
            "that decrease with k: they need a gate below 0. The first order of the expansion is the error term."
        ),
    )


def schedules() -> dict[str, Expr]:
    """Schedules s_k, k = 0..T, that gates can realise: none decreases with k, and s_T = 1 where it has an end."""
    return {
        "exponential": (1 - sympy.Symbol("gamma", positive=True)) ** (LAST - K),
        "step": sympy.Piecewise((LOW, K < SWITCH), (1, True)),
        "cosine": LOW + (1 - LOW) * (1 - sympy.cos(sympy.pi * K / LAST)) / 2,
        "warm_up": LOW + (1 - LOW) * K / LAST,
    }


def gate_for(schedule: Expr) -> Expr:
    """The gate at step j that realises a schedule s_k: g_j = 1 - s_{j-1}/s_j."""
    ratio = schedule.xreplace({K: INDEX - 1}) / schedule.xreplace({K: INDEX})
    if schedule.has(sympy.Piecewise):
        return sympy.Piecewise((1 - LOW, sympy.Eq(INDEX, SWITCH)), (0, True))
    return 1 - sympy.powsimp(ratio)


def _momentum(cell: Cell, parted: Derivation) -> Derivation:
    """lambda_k = delta_k + (1 - g_{k+1}) lambda_{k+1} + (the rest of J)' lambda_{k+1}."""
    back = adjoint(cell)
    terms = back.terms
    rest = [term for name, term in back.named_terms if name not in {"loss", RETENTION}]
    part = kept(parted.terms["A"])
    s, (rows, cols) = STEP, cell.states[0].after.shape
    momentum, buffer = free_name(cell, "beta"), free_name(cell, "v")
    v, before = Signal(buffer, rows, cols, s), Signal(buffer, rows, cols, s - 1)
    beta, beta_s, damped = _damped(cell, parted, momentum, before)
    ball = MatAdd(damped, Signal("delta", rows, cols, LAST - s))
    return replace(
        back,
        name=f"{cell.name}_analogy_momentum",
        kind=Kind.MOMENTUM,
        parameters=parted.parameters,
        named_terms=(
            ("loss", terms["loss"]),
            ("order_0", terms[RETENTION]),
            *((("order_1", add_up(rest)),) if rest else ()),
        ),
        equations=(
            *back.definitions,
            Equation("heavy_ball", v, ball, Relation.APPROXIMATELY if rest else Relation.EQUAL, label="heavy ball"),
            Equation("buffer", v, Signal("lam", rows, cols, LAST - s), standing=Standing.DEFINITION, label="with"),
            Equation(
                "momentum",
                beta_s,
                at(beta, LAST - s + 1),
                standing=Standing.DEFINITION,
                label="and the momentum",
            ),
        ),
        remark=(
            "Identity: the three terms are the whole adjoint. Without order_1 it is a heavy-ball buffer of the loss "
            "gradients, run backward in time; the momentum is what a unit keeps in a step. order_1 is the error term "
            f"of the analogy, of first order in the rest of the Jacobian. Here the momentum is {part.kind}."
            if rest
            else "Identity, without an error term: the Jacobian is its retention term, so the adjoint is a heavy-ball "
            "buffer of the loss gradients, run backward in time. The momentum is what a unit keeps in a step, which is "
            f"{part.kind}."
        ),
    )


def _damped(cell: Cell, parted: Derivation, name: str, before: Signal) -> tuple[Expr, Expr, MatrixExpr]:
    """The momentum at time t, its name at step s, and what it makes of the buffer before.

    Of a matrix state the buffer is a matrix: a momentum for each column stands on its right, for each row on its left.
    """
    part = kept(parted.terms["A"])
    if part.kind == SCALAR:
        beta_s = ScalarSignal(name, STEP)
        return part.value, beta_s, MatMul(beta_s, before)
    if not cell.matrix_states:
        column = Signal(name, part.size, 1, STEP)
        return part.value, column, HadamardProduct(column, before)
    found = sides(parted.terms["A"], before.shape)
    if found is None:
        raise DefinitionError(
            f"The retention of cell {cell.name!r} is not a single product, because its terms keep rows and "
            "columns of its matrix in different ways; the analogy 'momentum' needs a single product."
        )
    by_column = isinstance(found.right, DiagMatrix)
    own = (found.right if by_column else found.left).args[0]
    vector = own if found.scalar == 1 else scaled(found.scalar, own)
    column = Signal(name, own.shape[0], 1, STEP)
    if not by_column:
        return vector, column, MatMul(DiagMatrix(column), before)
    front = [at(found.left, LAST - STEP + 1)] if isinstance(found.left, DiagMatrix) else []
    return vector, column, MatMul(*front, before, DiagMatrix(column))


def _adam(cell: Cell, parted: Derivation) -> Derivation:
    """M_{t,k} ~ diag(prod_j (1 - g_j)) = diag(d) for gates 1 - d^(1/l); the first order adds the rest."""
    part = kept(parted.terms["A"])
    size, lag = part.size, T - K
    scalar = part.kind == SCALAR
    run = DiagMatrix(scaled(part.scalar_run(K + 1, T), OneMatrix(size, 1)) if scalar else part.vector_run(K + 1, T))
    d = sympy.Symbol("d", positive=True) if scalar else MatrixSymbol("d", size, 1)
    root = d ** (1 / lag) if scalar else HadamardPower(d, 1 / lag)
    gate: Expr = ScalarSignal("g", INDEX) if scalar else Signal("g", size, 1, INDEX)
    solved = 1 - root if scalar else MatAdd(OneMatrix(size, 1), MatMul(-1, root))
    return replace(
        parted,
        name=f"{cell.name}_analogy_adam",
        kind=Kind.ADAM,
        of=transport_symbol(size),
        named_terms=(("order_0", run), ("order_1", expand(parted, 1).terms["order_1"])),
        relation=Relation.APPROXIMATELY,
        equations=(
            *over_steps(parted),
            Equation("gate", gate, solved, label="constant gate that realises diag(d)"),
        ),
        remark=(
            "Approximation with an error term of second order in the rest of the Jacobian. The transport, whose "
            "transpose carries the gradient, preconditions by a diagonal (order_0), as Adam does; order_1 adds the "
            "first order of the expansion. Every diagonal 0 < d <= 1 is realised over t - k steps by constant gates "
            "1 - d^(1/(t-k)), the share that a step does not keep. The analogy ends at the origin of the diagonal: "
            "Adam's 1/(sqrt(v)+eps) comes from second moments of gradients and is the same for all lags; that of the "
            "gates comes from the state, differs from lag to lag and is never above 1."
            + (" With one number for all units it is isotropic: it rescales, but does not precondition." * scalar)
        ),
    )
