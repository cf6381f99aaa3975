"""Learning rates and analogies: kinds, claims and refusals.  That they are right: ``tests/proof/sequences``."""

from __future__ import annotations

from contextlib import suppress

import mpmath
import numpy as np
import pytest
import sympy

import symgate as sg
from symgate.cells import LIBRARY
from symgate.derive.analogies import LOW, SWITCH, schedules
from symgate.derive.continuous import DRIVE, SLOPE, STATE, STEP, TAU, continuous_time, retention_time, solution
from symgate.derive.diagonal_vectors import diagonal
from symgate.errors import SymgateError, UnknownNameError
from symgate.language.sequences import LAST, K
from symgate.language.sequences import J as INDEX
from symgate.records import Relation
from tests.oracles import draw_point, environment, evaluate, sizes_of


def test_scalar_rates_are_exact_and_unit_rates_in_the_drive_split_are_proxies() -> None:
    exact = sg.effective_learning_rate(sg.cell("scalar_gate"), "drive")
    proxy = sg.effective_learning_rate(sg.cell("multi_gate"), "drive")

    assert (exact.relation, proxy.relation) == (Relation.EQUAL, Relation.APPROXIMATELY)
    assert proxy.remark.startswith("Proxy")
    assert exact.shape == ()


@pytest.mark.parametrize("name", ["multi_gate", "gru"])
def test_remarks_hold_where_the_gate_retains_too(name: str) -> None:
    """z of the GRU is what a unit keeps, 1 - g of the multi gate: no remark speaks of 1 minus the gate."""
    cell = sg.cell(name)
    momentum, P = sg.analogy(cell, "momentum").remark, sg.preconditioner(cell).remark

    assert "the momentum is what a unit keeps" in momentum
    assert "1 minus the gate" not in momentum
    assert "where every entry is positive" in P


def test_both_sides_of_every_equation_have_one_shape() -> None:
    """Of rates and analogies: terms have the shape of the rate, the sides of further equations one shape."""
    kinds = [(sg.effective_learning_rate, ("retention", "drive")), (sg.analogy, ("schedule", "momentum", "adam"))]
    found = []
    for cell in LIBRARY:
        for build, names in kinds:
            for name in names:
                with suppress(SymgateError):  # not every cell has every one
                    found.append(build(cell, name))
    assert len(found) > 100
    for rate in found:
        assert {_shape(term) for _, term in rate.named_terms} == {_shape(rate.of)}, rate.name
        assert all(_shape(item.left) == _shape(item.right) for item in rate.equations), rate.name


@pytest.mark.parametrize("name", ["scalar_gate", "multi_gate", "lstm"])
def test_an_envelope_is_a_mean_over_the_steps_that_it_sums(name: str) -> None:
    envelope = sg.effective_learning_rate(name).equation("envelope").right
    (total,) = envelope.atoms(sympy.Sum)
    ((_, first, last),) = total.limits
    assert sympy.simplify(envelope / total * (last - first + 1)) == 1


def _shape(expr: sympy.Basic) -> tuple[sympy.Expr, ...]:
    return tuple(getattr(expr, "shape", ()))


@pytest.mark.parametrize("name", ["plain", "leaky"])
def test_a_cell_without_the_term_has_no_such_rate(name: str) -> None:
    if name == "plain":
        with pytest.raises(UnknownNameError, match="'retention'"):
            sg.effective_learning_rate(sg.cell(name))
    with pytest.raises(UnknownNameError, match="retention' and 'drive"):
        sg.effective_learning_rate(sg.cell(name), "gate")


def test_the_diagonal_of_a_product_of_two_weights_is_the_sum_over_k() -> None:
    """For U diag(v) W it is (U (.) W') v, not the k = i term."""
    c = sg.CellBuilder("reset")
    x, U, W = c.state("x"), c.matrix("U", "n", "n"), c.matrix("W", "n", "n")
    from symgate.language import sigma, tanh

    r = c.let("r", sigma(W @ x), role="gate")
    c.next(x, tanh(U @ (r * x)))
    cell = c.build()
    J = sg.jacobian(cell).expr
    sizes = sizes_of(cell, n=4)
    values = environment(cell, draw_point(cell, n=4), sizes)
    found = diagonal(J)

    assert found.has(sympy.HadamardProduct)
    np.testing.assert_allclose(_value(found, values, sizes)[:, 0], np.diag(evaluate(J, values, sizes)), atol=1e-14)


def _value(expr: sympy.Basic, values: dict, sizes: dict) -> np.ndarray:
    """The oracle, with the two nodes that diagonals add."""
    from sympy.matrices.expressions import DiagonalOf

    extra = {node: np.diag(evaluate(node.arg, values, sizes))[:, None] for node in expr.atoms(DiagonalOf)}
    return evaluate(expr, {**values, **extra}, sizes)


@pytest.mark.parametrize("name", list(schedules()))
def test_the_gate_of_a_schedule_realises_it(name: str) -> None:
    """prod_{j=k+1..T} (1 - g_j) = s_k / s_T for each named schedule, and the gates lie in [0, 1]."""
    found = sg.analogy(sg.cell("scalar_gate"), "schedule")
    numbers = {LOW: sympy.Rational(1, 5), SWITCH: sympy.Integer(4), LAST: sympy.Integer(9)}
    numbers[sympy.Symbol("gamma", positive=True)] = sympy.Rational(1, 3)
    schedule = found.equation(f"schedule_{name}").right.xreplace(numbers)
    gate = found.equation(f"gate_{name}").right.xreplace(numbers)
    gates = [mpmath.mpf(sympy.N(gate.xreplace({INDEX: sympy.Integer(j)}), 40)) for j in range(1, 10)]

    for k in range(10):
        weight = mpmath.fprod(1 - gates[j - 1] for j in range(k + 1, 10))
        ratio = schedule.xreplace({K: sympy.Integer(k)}) / schedule.xreplace({K: sympy.Integer(9)})
        assert abs(weight - mpmath.mpf(sympy.N(ratio, 40))) < mpmath.mpf(10) ** -14
    assert all(0 <= gate <= 1 for gate in gates)


def test_unknown_analogies_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'momentum'"):
        sg.analogy(sg.cell("leaky"), "momentun")
    with pytest.raises(UnknownNameError, match="retention"):
        sg.analogy(sg.cell("plain"), "adam")


@pytest.mark.parametrize("scheme", ["euler", "exponential"])
def test_local_truncation_errors_against_a_solved_equation(scheme: str) -> None:
    """For f(s) = f0 + fdot s the solution is closed; it differs from the step by the stated h^2 term, up to h^3."""
    found = continuous_time(scheme)
    x0, f0, fdot, tau = 0.3, 1.1, -0.7, 0.9
    errors = []
    for h in (1e-2, 5e-3):
        rest = x0 - f0 + fdot * tau
        exact = f0 + fdot * (h - tau) + rest * np.exp(-h / tau)
        values = {STEP: h, TAU: tau, STATE: x0, DRIVE: f0, SLOPE: fdot}
        step, stated = (float(expr.subs(values)) for expr in (found.step, found.error))
        errors.append(abs(exact - step - stated))
        assert abs(exact - step - stated) < 0.1 * abs(stated)

    assert errors[0] / errors[1] == pytest.approx(8, rel=0.05)


def test_the_taylor_polynomial_solves_the_equation() -> None:
    """tau x' + x - f vanishes to the order of the polynomial, for a drive that is linear in time."""
    x = solution(4)
    residue = sympy.expand(TAU * sympy.diff(x, STEP) + x - DRIVE - SLOPE * STEP)

    assert sympy.series(residue, STEP, 0, 4).removeO() == 0


def test_time_scales_of_a_gate() -> None:
    """tau_ret = -1/log(1-g); g = h/tau and g = 1 - exp(-h/tau) solved for tau."""
    g = sympy.Symbol("g", positive=True)

    assert retention_time() == -1 / sympy.log(1 - g)
    assert continuous_time("euler").gate_time == STEP / g
    assert sympy.simplify(continuous_time("exponential").gate_time + STEP / sympy.log(1 - g)) == 0
    with pytest.raises(UnknownNameError, match="discretisation"):
        continuous_time("heun")
