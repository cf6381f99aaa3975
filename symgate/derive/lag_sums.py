"""The gradient by lag: Gamma_l, what comes from the steps that lie l behind the loss.

    Gamma_l = sum_{t > l} (d+x_{t-l}/dtheta)' M_{t,t-l}' delta_t,      sum_{l = 0}^{T-1} Gamma_l = dL/dtheta

It is the double sum of backpropagation through time along its diagonals t - k = l.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr, Transpose, ZeroMatrix

from symgate.cells import as_cell
from symgate.derive.gradients import by_state, carried, of_one, over_time, parameter_bodies
from symgate.derive.jacobians import vjp
from symgate.derive.letters import over_many_steps
from symgate.derive.states import state_jacobian, summed, total_size
from symgate.derive.transports import transport_symbol
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import LAG, LAST, K, at
from symgate.language.sequences import J as INDEX
from symgate.records import ByParameter, Cell, Derivation, Equation, Kind, add_up, definition


def lags(cell: Cell | str, parameter: str) -> Derivation:
    """The part from lag l of the gradient of a loss with respect to a parameter.

    Args:
        cell: the recurrence.
        parameter: the name of a parameter.

    Returns:
        Gamma_l = sum_t (d+x_{t-l}/dtheta)' M_{t,t-l}' delta_t, of the shape of the parameter and in the unit of the
        loss per parameter, for symbolic l and T, with the terms of the immediate derivative.  Among its claims: all
        lags sum to the gradient, and M_{t,t-l}' delta_t obeys a recursion in l, so no product of matrices has to be
        formed.  For matrix states the terms contain v_{t,l}, a matrix of the shape of the state, with that recursion
        from v_{t,0} = delta_t.

    Raises:
        UnknownNameError: the cell has no such parameter.

    Source: arXiv:2508.12121, section 2.  Law: ``tests/proof/test_forward.py``.  In numbers:
    ``symgate.numeric.lag_gradients``.
    """
    cell = as_cell(cell)
    over_many_steps(cell, matrix=True, several=True)
    pulls, bodies = parameter_bodies(cell, parameter)
    if cell.matrix_states:
        return _of_matrices(cell, pulls, bodies)
    size = total_size(cell)
    earlier = {K: T - LAG}
    named = []
    for term, body in bodies.items():
        moved = body.xreplace(carried(cell)).xreplace(earlier)
        named.append((term, over_time(moved, T, LAG + 1, LAST)))
    gamma = _gamma(pulls.wrt)
    whole = add_up([over_time(body, K, 1, LAST) for body in bodies.values()])
    v, w = (Signal("v", size, 1, sympy.Tuple(T, lag)) for lag in (LAG, LAG - 1))
    J = state_jacobian(cell, written_out=True)
    factor = Signal("J", size, size, INDEX)
    back = Transpose(transport_symbol(size, T, T - LAG))
    return replace(
        pulls,
        name=f"{cell.name}_lag_{parameter}",
        kind=Kind.LAG,
        of=gamma,
        named_terms=tuple(named),
        cotangent=None,
        parameters=ByParameter(parameter),
        equations=(
            *by_state(cell),
            definition(factor, at(summed(list(J.terms.values())), INDEX)),
            Equation("all", over_time(gamma, LAG, 0, LAST - 1), whole, label="all lags sum to the gradient"),
            Equation(
                "carried",
                v,
                MatMul(back, Signal("delta", size, 1, T)),
                label="gradient of the loss at t, pulled back l steps",
            ),
            Equation(
                "recursion", v, MatMul(Transpose(factor.xreplace({INDEX: T - LAG + 1})), w), label="recursion in l"
            ),
        ),
        remark="Identity: the double sum of the gradient, taken along its diagonals t - k = l.",
    )


def _of_matrices(cell: Cell, pull: Derivation, bodies: dict[str, Expr]) -> Derivation:
    """The same where states are matrices: v_{t,l} is a matrix like each, and what a step makes of it an action.

    What M_{t,t-l}' makes of delta_t has a name for each state, and obeys a recursion in l from v_{t,0} = delta_t.
    """
    names = [state.name for state in cell.states]
    v = {name: _carried(cell, name, LAG) for name in names}
    lam = {of_one(cell, "lam", K, name): v[name] for name in names}
    named = [
        (term, over_time(body.xreplace(lam).xreplace({K: T - LAG}), T, LAG + 1, LAST)) for term, body in bodies.items()
    ]
    gamma = _gamma(pull.wrt)
    every = add_up([over_time(body, K, 1, LAST) for body in bodies.values()])
    equations = [Equation("all", over_time(gamma, LAG, 0, LAST - 1), every, label="all lags sum to the gradient")]
    for name in names:
        mark = f"_{name}" if len(names) > 1 else ""
        first = v[name].xreplace({LAG: sympy.S.Zero})
        equations += [
            Equation(f"start{mark}", first, of_one(cell, "delta", T, name), label="gradient of the loss at t"),
            Equation(f"recursion{mark}", v[name], _step_back(cell, name), label="recursion in l"),
        ]
    return replace(
        pull,
        name=f"{cell.name}_lag_{pull.wrt.name}",
        kind=Kind.LAG,
        of=gamma,
        named_terms=tuple(named),
        cotangent=None,
        parameters=ByParameter(str(pull.wrt.name)),
        equations=(*by_state(cell), *equations),
        remark="Identity: the double sum of the gradient, taken along its diagonals t - k = l; v is the gradient of "
        "the loss at t, pulled back l steps.",
    )


def _carried(cell: Cell, name: str, lag: Expr) -> Signal:
    """v_{t,l} of a state: the gradient of the loss at t by that state, l steps before."""
    return of_one(cell, "v", sympy.Tuple(T, lag), name)


def _step_back(cell: Cell, by: str) -> MatrixExpr:
    """sum_r (J^{r,by}_{t-l+1})' v^r_{t,l-1}."""
    found = []
    for of in cell.states:
        pull = vjp(cell, by, of.name, written_out=True)
        assert pull.cotangent is not None, "a vector-Jacobian product has a cotangent"
        later = {at(pull.cotangent, T - LAG + 1): _carried(cell, of.name, LAG - 1)}
        found += [at(term, T - LAG + 1).xreplace(later) for name, term in pull.named_terms if name != "none"]
    return add_up(found) if found else ZeroMatrix(*cell.state(by).after.shape)


def _gamma(wrt: Expr) -> Expr:
    """Gamma_l, of the shape of the parameter."""
    if isinstance(wrt, MatrixExpr):
        return Signal("Gamma", wrt.shape[0], wrt.shape[1], LAG)
    return ScalarSignal("Gamma", LAG)
