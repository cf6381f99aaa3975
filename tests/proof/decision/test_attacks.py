"""Claims of one step that were accepted once and should not have been, and true ones that were refused."""

from typing import Any

import pytest
import sympy
from sympy import Rational, Symbol, Trace
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    OneMatrix,
    Transpose,
)

from symgate.errors import DefinitionError
from symgate.language import CellBuilder
from symgate.language.nodes import Dot, Map, ScalarMap
from symgate.proof.decision import Outcome, decide, decide_step
from tests.proof.decision.symbols import PLAIN, W, W_i, a, after, b, m, n, one, s, u, v, x


def f(name: Any, argument: Any, order: Any = 0) -> Any:
    """A function of a vector."""
    return Map(name, order, argument)


def times(number: Any, array: Any) -> Any:
    return MatMul(number, array)


J = MatMul(DiagMatrix(f("phi", a, 1)), W)
SIZE = ScalarMap("identity", 0, Dot(f("identity", b, 1), f("identity", b, 1)))
WHOLE = Dot(MatAdd(OneMatrix(n * m, 1), times(0, KroneckerProduct(u, b))), OneMatrix(n * m, 1))
Q = Dot(b, MatMul(W, b))
VEC, CUBE = KroneckerProduct(b, b, b), KroneckerProduct(W, W, W)
PRE = MatAdd(MatMul(W_i, u), MatMul(W, x), b)
SQUARE = HadamardProduct
minus = lambda array: times(-1, array)  # noqa: E731

#: Two denominators that are sums over entries, and their product but for that of the two sums, which is one sum here.
OVER_B, OVER_V = Dot(one, b) + s, Dot(one, v) + s
AS_ONE = Dot(b, v) + s * Dot(one, b) + s * Dot(one, v) + s**2

JACOBIANS = {
    "phi written out": (MatMul(DiagMatrix(f("phi", PRE, 1)), W), True),
    "1 - x^2 for tanh'": (MatMul(DiagMatrix(MatAdd(one, minus(SQUARE(after, after)))), W), True),
    "1 - tanh(..) phi(a)": (MatMul(DiagMatrix(MatAdd(one, minus(SQUARE(f("tanh", PRE), f("phi", a))))), W), True),
    "a cubed Kronecker product": (MatAdd(J, times(Dot(VEC, MatMul(CUBE, VEC)) - Q**3, Identity(n))), True),
    "phi of another argument": (MatMul(DiagMatrix(f("phi", MatAdd(MatMul(W.T, x), MatMul(W_i, u), b), 1)), W), False),
    "a polynomial in the hidden size": (MatAdd(J, times((SIZE - 1) * (SIZE - 2) * (SIZE - 3) * (SIZE - 32), W)), False),
    "a polynomial in a composite size": (MatAdd(J, times((WHOLE - 1) * (WHOLE - 2) * (WHOLE - 4), W)), False),
    "one prime": (MatAdd(J, times(2305843009213693951, W)), False),
    "x before for x after": (MatMul(DiagMatrix(MatAdd(one, minus(SQUARE(x, x)))), W), False),
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobians_of_the_plain_cell(name: Any) -> None:
    """Equal where true, never where false."""
    claim, true = JACOBIANS[name]
    assert decide_step(PLAIN, after, x, claim).equal is true


def test_a_difference_says_at_which_sizes_to_look() -> None:
    """(n-1)(n-2)(n-3) W has two letters of n and degree 3 in n: one of n = 2, ..., 5 tells it from 0."""
    decision = decide_step(PLAIN, after, x, MatAdd(J, times((n - 1) * (n - 2) * (n - 3), W)))
    assert decision.outcome is Outcome.DIFFERENT
    assert (decision.letters[n], decision.degrees[n]) == (2, 3)


@pytest.mark.parametrize(("number", "spread"), [(n - 4 / n, 2), (1 / n - 1 / n**3, 3), (n**2 - 9, 2), (1 / n - 5, 1)])
def test_powers_of_a_size_below_0_are_as_many_sizes_to_look_at(number: Any, spread: int) -> None:
    """The spread of the powers, 0 among them, is that of the roots."""
    decision = decide_step(PLAIN, after, x, MatAdd(J, times(number, W)))
    assert decision.outcome is Outcome.DIFFERENT
    assert (decision.letters[n], decision.degrees[n]) == (2, spread)


CHAIN = MatMul(*[W] * 60)
FRACTION = HadamardPower(MatAdd(one, v), -1)
EQUAL = {
    "a hidden composite size": (WHOLE, n * m),
    "m 1'phi(s 1) = n 1'phi(s 1)": (
        m * Dot(one, f("phi", times(s, one))),
        n * Dot(OneMatrix(m, 1), f("phi", times(s, OneMatrix(m, 1)))),
    ),
    "sigma(-x)": (f("sigma", minus(b)), MatAdd(one, minus(f("sigma", b)))),
    "tanh = 2 sigma(2x) - 1": (f("tanh", b), MatAdd(times(2, f("sigma", times(2, b))), minus(one))),
    "softplus'": (f("softplus", b, 1), f("sigma", b)),
    "softplus''": (f("softplus", b, 2), HadamardProduct(f("sigma", b), f("sigma", minus(b)))),
    "softplus(z) - softplus(-z)": (MatAdd(f("softplus", b), minus(f("softplus", minus(b)))), b),
    "sin^2 + cos^2": (MatAdd(SQUARE(f("sin", b), f("sin", b)), SQUARE(f("cos", b), f("cos", b))), one),
    "relu = z relu'": (f("relu", b), HadamardProduct(b, f("relu", b, 1))),
    "relu'^2 = relu'": (HadamardProduct(f("relu", b, 1), f("relu", b, 1)), f("relu", b, 1)),
    "relu(z) - relu(-z) = z": (MatAdd(f("relu", b), minus(f("relu", minus(b)))), b),
    "abs": (f("abs", b), MatAdd(f("relu", b), f("relu", minus(b)))),
    "exp of a sum": (f("exp", MatAdd(b, v)), HadamardProduct(f("exp", b), f("exp", v))),
    "exp(-z) exp(z)": (HadamardProduct(f("exp", b), f("exp", minus(b))), one),
    "tanh is odd": (f("tanh", minus(b)), minus(f("tanh", b))),
    "tanh at 0": (ScalarMap("tanh", 0, Dot(b, v) - Dot(v, b)), sympy.Integer(0)),
    "sqrt": (ScalarMap("sqrt", 1, s), 1 / (2 * ScalarMap("sqrt", 0, s))),
    "a denominator": (1 / (1 + s) - 1 / (2 + s), 1 / ((1 + s) * (2 + s))),
    "two sums in denominators": (1 / OVER_B + 1 / OVER_V, (OVER_B + OVER_V) / (OVER_B * OVER_V)),
    "their product written out": (
        1 / (OVER_B * OVER_V),
        1 / (Dot(one, b) * Dot(one, v) + s * Dot(one, b) + s * Dot(one, v) + s**2),
    ),
    "a denominator under a sum": (Dot(one, HadamardProduct(MatAdd(one, v), FRACTION)), n),
    "a longer one": (Dot(one, MatAdd(HadamardProduct(b, FRACTION), HadamardProduct(b, v, FRACTION))), Dot(one, b)),
    "roots": (HadamardProduct(HadamardPower(v, Rational(1, 2)), HadamardPower(v, Rational(3, 2))), HadamardPower(v, 2)),
    "a trace": (Trace(MatMul(W, W, Transpose(W))), Trace(MatMul(W, Transpose(W), W))),
    "eight norms": (Dot(b, b) ** 8, Dot(b, b) ** 3 * Dot(b, b) ** 5),
    "a chain of 60": (Transpose(CHAIN), MatMul(*[Transpose(W)] * 60)),
    "10,000 terms": (MatAdd(*[times(q, W) for q in range(1, 10_001)]), times(50_005_000, W)),
}
DIFFERENT = {
    "two alphabets": (Dot(one, f("phi", times(s, one))), Dot(OneMatrix(m, 1), f("phi", times(s, OneMatrix(m, 1))))),
    "n for m": (Dot(one, one), m),
    "a polynomial in n": ((n - 1) * (n - 2) * (n - 3) * (n - 5) * Dot(b, v), sympy.Integer(0)),
    "two sums in denominators as one": (1 / (OVER_B * OVER_V), 1 / AS_ONE),
    "another trace": (Trace(MatMul(W, W, Transpose(W), Transpose(W))), Trace(MatMul(W, Transpose(W), W, Transpose(W)))),
    "an opaque function is not odd": (ScalarMap("phi", 0, -s) + ScalarMap("phi", 0, s), sympy.Integer(0)),
    "sums of powers": (Dot(b, b) ** 2, Dot(SQUARE(b, b), SQUARE(b, b))),
    "two parameters of one name": (Symbol("q", positive=True), Symbol("q", real=True)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_true_identities(name: Any) -> None:
    """Proved."""
    decision = decide(PLAIN, *EQUAL[name])
    assert decision.equal, decision


@pytest.mark.parametrize("name", DIFFERENT)
def test_false_identities(name: Any) -> None:
    """Not proved: phi of this cell is bound to tanh, so the odd one needs a cell without a binding."""
    cell = PLAIN if "odd" not in name else _free()
    assert decide(cell, *DIFFERENT[name]).outcome is Outcome.DIFFERENT


def _free() -> Any:
    c = CellBuilder("free")
    state, phi = c.state("x", "n"), c.function("phi")
    c.next(state, phi(c.matrix("W", "n", "n") @ state))
    return c.build()


def test_a_zero_denominator_is_undecided() -> None:
    """0/0 is nothing to be proved."""
    zero = Dot(b, v) - Dot(v, b)
    power = sympy.Pow(zero, -1, evaluate=False)
    assert decide(PLAIN, power, power + 1).outcome is Outcome.UNDECIDED


def test_the_name_of_a_registered_function_is_taken() -> None:
    """A function that is named tanh and bound to sin cannot be declared, so that no claim can confuse the two."""
    with pytest.raises(DefinitionError, match="the name of a registered function"):
        CellBuilder("crossed").function("tanh", default="sin")


def test_what_is_too_large_is_turned_away() -> None:
    """A power of a sum is measured before it is written out."""
    big = Dot(MatAdd(PRE, v), MatAdd(PRE, v)) ** 40
    assert decide(PLAIN, big, big + 1).outcome is Outcome.UNDECIDED
