"""Products over time of what is 0 whatever the entries are: an empty one is 1, which no unit of the runs tells."""

from typing import Any

import pytest
from sympy import KroneckerDelta, Piecewise, Product
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    OneMatrix,
    ZeroMatrix,
)

import symgate as sg
from symgate.language.nodes import Map
from symgate.language.sequences import HadamardRun, MatrixSum
from symgate.proof.decision import decide, may_hold_zero
from tests.proof.decision.symbols import alpha, i, j, k, matrix, n, scalar, t, vector

CELL = sg.cell("multi_gate")
BIAS = CELL.symbols["b"]
ZERO, NONE, SOME = ZeroMatrix(n, 1), [(k, t + 1)], [(k, t)]
UNIT_CIRCLE = MatAdd(
    HadamardPower(Map("sin", 0, BIAS), 2), HadamardPower(Map("cos", 0, BIAS), 2), MatMul(-1, OneMatrix(n, 1))
)
IN_PARTS = 1 / (1 + alpha) + alpha / (1 + alpha) - 1


def gate(time: Any) -> Any:
    """What the gate is, minus its definition."""
    return MatAdd(vector("g", time), MatMul(-1, Map("sigma", 0, vector("a_g", time))))


def run(body: Any, lower: Any = k, upper: Any = t) -> Any:
    return HadamardRun(body, j, lower, upper)


def product(body: Any, lower: Any = k, upper: Any = t) -> Any:
    return Product(body, (j, lower, upper))


#: Each is true where the product has a factor, and false where k = t + 1.
FALSE = {
    "a relation between functions": (run(UNIT_CIRCLE), ZERO, {}),
    "a definition": (run(gate(j)), ZERO, {}),
    "a definition, under a sum": (MatrixSum(run(gate(j), i, t + 1), i, k, t + 2), ZERO, {}),
    "a name that is 0": (run(vector("q", j)), ZERO, {vector("q", j): gate(j)}),
    "a sum of quotients": (product(IN_PARTS), alpha - alpha, {}),
    "a sum of quotients beside one factor less": (
        product(IN_PARTS) + product(IN_PARTS, k, t - 1) * IN_PARTS,
        alpha - alpha,
        {},
    ),
    "the identity": (run(Identity(n)), Identity(n), {}),
    "a diagonal matrix": (run(DiagMatrix(vector("g", j))), DiagMatrix(run(vector("g", j))), {}),
    "a name that is diagonal": (
        run(matrix("E", j)),
        DiagMatrix(run(vector("g", j))),
        {matrix("E", j): DiagMatrix(vector("g", j))},
    ),
    "the square of a diagonal matrix": (
        run(HadamardProduct(DiagMatrix(vector("g", j)), Identity(n))),
        DiagMatrix(run(vector("g", j))),
        {},
    ),
    "the time after k": (product(j - k) + product(j - k, k + 1) * IN_PARTS, alpha - alpha, {}),
    "the time after k beside a scalar": (
        product((j - k) * scalar("s", j)) + product((j - k) * scalar("s", j), k + 1) * IN_PARTS,
        alpha - alpha,
        {},
    ),
}
#: What is multiplied is 0 nowhere, though its parts are.
TRUE = {
    "a ramp": (product(j * alpha / t + 1 - j / t), product(j * alpha / t + 1 - j / t, k, t - 1) * alpha, {}),
    "a jump": (
        product(Piecewise((alpha, j < t), (2, True))),
        product(Piecewise((alpha, j < t), (2, True)), k, t - 1) * 2,
        {},
    ),
    "a time": (product(j * scalar("s", j)), product(j * scalar("s", j), k + 1) * k * scalar("s", k), {}),
    "a scalar": (product(scalar("s", j)), product(scalar("s", j), k, t - 1) * scalar("s", t), {}),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_product_of_what_is_always_0_may_be_empty(name: str) -> None:
    left, right, definitions = FALSE[name]
    assert not decide(CELL, left, right, definitions=definitions, given=NONE).equal


@pytest.mark.parametrize("name", TRUE)
def test_a_product_of_what_is_never_0_is_told(name: str) -> None:
    left, right, definitions = TRUE[name]
    assert decide(CELL, left, right, definitions=definitions, given=SOME).equal


def test_a_power_of_the_identity_is_no_unit() -> None:
    """Entry by entry the power 0 of it is 1 everywhere."""
    left, right = HadamardPower(Identity(n), t - k + 1), Identity(n)
    assert not decide(CELL, left, right, given=NONE).equal


def test_a_delta_of_two_times_is_no_unit() -> None:
    assert not decide(CELL, product(KroneckerDelta(j, k)), KroneckerDelta(t, k), given=NONE).equal


def test_products_of_arbitrary_vectors_are_told() -> None:
    q = vector("q", j)
    assert decide(CELL, run(q), HadamardProduct(run(q, k, t - 1), vector("q", t)), given=SOME).equal


def test_units_are_looked_at_once_the_forms_are_found_to_be_0() -> None:
    """Not within the part of the budget in which forms are tried as they are: gates of six definitions take more."""
    assert sg.verify(sg.result(sg.cell("gru_d"), "expansion:retention:2")).proved


def test_a_large_system_of_coefficients_ends() -> None:
    """Whether polynomials in three times have a common zero is not looked for at any cost."""
    one, two = t - j, 2 * k - 3 * j + t
    parts = [
        sum(((7 * q * q + s * q + 11) % 23 + 1) * one ** (q + 1) * two ** ((5 * q + s) % 6 + 1) for q in range(5))
        for s in (1, 2, 3)
    ]
    body = alpha * parts[0] + alpha**2 * parts[1] + alpha**3 * parts[2]
    assert not decide(CELL, Product(body * (j - k), (j, k, t)), Product(body * (j - k), (j, k, t)), given=SOME).equal


@pytest.mark.parametrize(
    ("base", "lower", "upper", "may"),
    [
        (j, 1, t, False),
        (j, 0, t, True),
        (j - k, k + 1, t, False),
        (j - k, k, t, True),
        (t - j + 1, k, t, False),
        (j**2 - 4, 3, t, False),
        (j**2 - 4, 1, t, True),
        (2 * j - 1, 0, t, False),
        (alpha * (j - 1) + j, 0, t, False),
        (alpha * (j - 1) + j - 1, 0, t, True),
        (alpha + j, 0, t, False),
        (j * j + 1, 0, t, True),  # not known
    ],
)
def test_whether_a_factor_may_be_0_at_a_time(base: Any, lower: Any, upper: Any, *, may: bool) -> None:
    assert may_hold_zero(CELL, Product(base, (j, lower, upper))) is may
    left, right = (
        MatrixSum(MatMul(scale, OneMatrix(n, 1)), j, lower, upper) for scale in (1 + base / base**2, 1 + 1 / base)
    )
    assert decide(CELL, left, right).equal is not may
