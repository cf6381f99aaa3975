"""Many steps: true claims are proved in the usual ways of writing them, false ones never."""

from typing import Any

import pytest
import sympy
from sympy import Eq, Integer, Piecewise, Product, Sum, Symbol, Tuple
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.language.nodes import Dot, Map, Signal
from symgate.language.sequences import EPS, HadamardRun, MatrixSum, Norm, OrderedProduct
from symgate.proof.decision import Outcome, StepDerivative, decide
from tests.proof.decision.symbols import (
    PLAIN,
    W,
    a,
    after,
    alpha,
    i,
    i1,
    i2,
    j,
    k,
    last,
    matrix,
    n,
    one,
    scalar,
    t,
    vector,
    x,
)


def prod(name: Any, upper: Any, lower: Any) -> Any:
    return OrderedProduct(matrix(name, j), j, lower, upper)


def A(time: Any) -> Any:
    return matrix("A", time)


def B(time: Any) -> Any:
    return matrix("B", time)


def M(upper: Any, lower: Any) -> Any:
    return Signal("M", n, n, Tuple(upper, lower))


def s(time: Any) -> Any:
    return scalar("s", time)


def g(time: Any) -> Any:
    return scalar("g", time)


def minus(expr: Any) -> Any:
    return MatMul(-1, expr)


def at(expr: Any, time: Any) -> Any:
    return expr.xreplace({t: time})


FROM_K, AFTER_K, ONE = [(k, t)], [(k + 1, t)], [(1, last)]
SLOPE = MatMul(DiagMatrix(Map("phi", 1, a)), W)
SQUARED = MatMul(DiagMatrix(MatAdd(one, minus(HadamardProduct(after, after)))), W)
STEP = {matrix("J", j): at(SLOPE, j)}
EXACT = {matrix("J", j): StepDerivative(after, x, j)}
FIRST = MatrixSum(MatMul(prod("A", t, i + 1), B(i), prod("A", i - 1, k + 1)), i, k + 1, t)
INNER = MatrixSum(MatMul(prod("A", i2 - 1, i1 + 1), B(i1), prod("A", i1 - 1, k + 1)), i1, k + 1, i2 - 1)
SECOND = MatrixSum(MatMul(prod("A", t, i2 + 1), B(i2), INNER), i2, k + 2, t)
SPLIT = {B(j): MatMul(1 / EPS, MatAdd(matrix("J", j), minus(A(j))))}
BEHIND = MatrixSum(MatMul(prod("A", i - 1, i1 + 1), B(i1), prod("A", i1 - 1, k + 1)), i1, k + 1, i - 1)
LEFT_OUT = MatAdd(prod("J", t, k + 1), minus(prod("A", t, k + 1)))
BACK = MatMul(Transpose(M(t, k)), vector("delta", t))
RUN = HadamardRun(MatAdd(one, minus(vector("g", j))), j, k + 1, t)
NORM_A, NORM_B = Norm(A(j)), Norm(B(j))
GAMMA, RHO = (Symbol(name, positive=True) for name in ("gamma", "rho"))
SWITCH = Symbol("c", integer=True, positive=True)
FALLING = s(j - 1) / s(j)


def both(time: Any) -> Any:
    return s(time) + g(time)


TWICE_TURNED = Transpose(Transpose(matrix("J", j)))
INNER = Dot(vector("g", j), vector("h", j))


def whole(time: Any) -> Any:
    """A sum over the entries of a vector."""
    return Dot(one, vector("h", time))


def with_whole(time: Any) -> Any:
    """Such a sum and a number."""
    return whole(time) + g(time)


#: with_whole(t) with_whole(t - 1), but for the product of the two sums over entries.
MIXED = g(t) * whole(t - 1) + g(t - 1) * whole(t) + g(t) * g(t - 1)


def schedule(time: Any) -> Any:
    return (1 - GAMMA) ** (last - time)


def ramp(time: Any) -> Any:
    return RHO + (1 - RHO) * time / last


def cosine(time: Any) -> Any:
    return RHO + (1 - RHO) * (1 - sympy.cos(sympy.pi * time / last)) / 2


def jump(time: Any) -> Any:
    return Piecewise((RHO, time < SWITCH), (1, True))


#: (left, right, domain, definitions)
TRUE = {
    "J_t M_(t-1) = M_t": (MatMul(matrix("J", t), prod("J", t - 1, k + 1)), prod("J", t, k + 1), AFTER_K, {}),
    "M_(k+1) J_(k+1) = M_k": (MatMul(prod("J", t, k + 2), matrix("J", k + 1)), prod("J", t, k + 1), AFTER_K, {}),
    "M_(t,i) M_(i,k)": (MatMul(prod("J", t, i + 1), prod("J", i, k + 1)), prod("J", t, k + 1), [(k, i), (i, t)], {}),
    "a product of J''": (OrderedProduct(TWICE_TURNED, j, k + 1, t), prod("J", t, k + 1), FROM_K, {}),
    "a product of ones": (OrderedProduct(OneMatrix(n, n), j, t, t), OneMatrix(n, n), [], {}),
    "an empty product": (prod("J", k, k + 1), Identity(n), [], {}),
    "an inverted product": (prod("J", k, k + 4), Identity(n), [], {}),
    "the Jacobian written out": (OrderedProduct(at(SLOPE, j), j, k + 1, t), prod("J", t, k + 1), FROM_K, STEP),
    "1 - x^2 in a product": (OrderedProduct(at(SQUARED, j), j, k + 1, t), prod("J", t, k + 1), FROM_K, STEP),
    "the exact Jacobian": (OrderedProduct(at(SQUARED, i), i, k + 1, t), prod("J", t, k + 1), FROM_K, EXACT),
    "the name of the index": (OrderedProduct(matrix("J", i), i, k + 1, t), prod("J", t, k + 1), [], {}),
    "a first order": (
        FIRST,
        MatAdd(MatMul(A(t), at(FIRST, t - 1)), MatMul(B(t), prod("A", t - 1, k + 1))),
        AFTER_K,
        {},
    ),
    "and its start": (FIRST.xreplace({t: k}), ZeroMatrix(n, n), [], {}),
    "a second order": (SECOND, MatAdd(MatMul(A(t), at(SECOND, t - 1)), MatMul(B(t), at(FIRST, t - 1))), AFTER_K, {}),
    "what order 0 leaves": (
        LEFT_OUT,
        MatMul(EPS, MatrixSum(MatMul(prod("J", t, i + 1), B(i), prod("A", i - 1, k + 1)), i, k + 1, t)),
        FROM_K,
        SPLIT,
    ),
    "what order 1 leaves": (
        MatAdd(LEFT_OUT, MatMul(-EPS, FIRST)),
        MatMul(EPS**2, MatrixSum(MatMul(prod("J", t, i + 1), B(i), BEHIND), i, k + 1, t)),
        FROM_K,
        SPLIT,
    ),
    "lam_6": (
        MatAdd(MatrixSum(vector("l", k), k, 6, last + 1), MatrixSum(minus(vector("l", k)), k, 7, last + 1)),
        vector("l", 6),
        [(6, last)],
        {},
    ),
    "a triangle": (
        MatrixSum(MatrixSum(BACK, k, 1, t), t, 1, last),
        MatrixSum(MatrixSum(BACK, t, k, last), k, 1, last),
        ONE,
        {},
    ),
    "a product of two sums": (Sum(s(i), (i, 1, t)) * Sum(s(j), (j, 1, t)), Sum(s(k), (k, 1, t)) ** 2, [(1, t)], {}),
    "an index used twice": (Sum(s(k) * Sum(s(k), (k, 1, t)), (k, 1, t)), Sum(s(i), (i, 1, t)) ** 2, [(1, t)], {}),
    "a square as a triangle": (
        Sum(s(i), (i, 1, last)) ** 2,
        2 * Sum(s(i) * s(j), (i, 1, j - 1), (j, 1, last)) + Sum(s(i) ** 2, (i, 1, last)),
        ONE,
        {},
    ),
    "a telescoping sum": (Sum(s(i + 1) - s(i), (i, 1, last)), s(last + 1) - s(1), ONE, {}),
    "a telescoping product": (Product(FALLING, (j, k + 1, t)), s(k) / s(t), FROM_K, {}),
    "a ramp": (Product(ramp(j - 1) / ramp(j), (j, k + 1, t)), ramp(k) / ramp(t), FROM_K, {}),
    "a product of sums": (Product(both(j), (j, k + 1, t)), Product(both(j), (j, k + 1, t - 1)) * both(t), AFTER_K, {}),
    "a product of inner products": (
        Product(INNER, (j, k + 1, t)),
        Product(INNER, (j, k + 2, t)) * INNER.xreplace({j: k + 1}),
        AFTER_K,
        {},
    ),
    "a product of sums over entries": (
        Product(whole(j), (j, k, t)),
        Product(whole(j), (j, k, t - 1)) * whole(t),
        AFTER_K,
        {},
    ),
    "two sums over entries": (Product(with_whole(j), (j, t - 1, t)), MIXED + whole(t) * whole(t - 1), [], {}),
    "a cosine": (Product(cosine(j - 1) / cosine(j), (j, k + 1, t)), cosine(k) / cosine(t), FROM_K, {}),
    "an exponential": (Product(schedule(j - 1) / schedule(j), (j, k + 1, t)), schedule(k) / schedule(t), FROM_K, {}),
    "a gate that jumps": (1 - jump(j - 1) / jump(j), Piecewise((1 - RHO, Eq(j, SWITCH)), (0, True)), [], {}),
    "a long range": (
        MatAdd(MatrixSum(Identity(n), i, 0, 9999), minus(MatrixSum(Identity(n), j, 0, 9999))),
        ZeroMatrix(n, n),
        [],
        {},
    ),
    "a length": (MatrixSum(Identity(n), i, k + 1, t), MatMul(t - k, Identity(n)), FROM_K, {}),
    "Faulhaber": (Sum(i**2, (i, 1, t)), t * (t + 1) * (2 * t + 1) / 6, [(0, t)], {}),
    "a length that depends": (
        Sum(Sum(s(k), (k, 1, t)), (t, 1, last)),
        Sum((last - k + 1) * s(k), (k, 1, last)),
        ONE,
        {},
    ),
    "a power": ((1 - alpha) ** (t - k), (1 - alpha) * (1 - alpha) ** (t - 1 - k), [], {}),
    "a product of constants": (Product(1 - alpha, (j, k + 1, t)), (1 - alpha) ** (t - k), FROM_K, {}),
    "a factor in a product": (
        2 ** (t - k) * Product(g(j), (j, k + 1, t)),
        Product(2 * g(j), (j, k + 1, t)),
        FROM_K,
        {},
    ),
    "a product over steps": (
        Product(1 - g(j), (j, k + 1, t)),
        (1 - g(t)) * (1 - g(t - 1)) * Product(1 - g(j), (j, k + 1, t - 2)),
        [(k + 2, t)],
        {},
    ),
    "a diagonal product": (OrderedProduct(DiagMatrix(RUN.body), j, k + 1, t), DiagMatrix(RUN), FROM_K, {}),
    "a vector of products": (RUN, HadamardProduct(MatAdd(one, minus(vector("g", t))), at(RUN, t - 1)), AFTER_K, {}),
    "a root of a product": (
        HadamardRun(HadamardPower(MatrixSymbol("d", n, 1), 1 / (t - k)), j, k + 1, t),
        MatrixSymbol("d", n, 1),
        AFTER_K,
        {},
    ),
    "a product in norms": (
        Product(NORM_A + EPS * NORM_B, (j, k + 1, t)),
        (NORM_A + EPS * NORM_B).xreplace({j: t}) * Product(NORM_A + EPS * NORM_B, (j, k + 1, t - 1)),
        AFTER_K,
        {},
    ),
    "an inverted range": (Sum(s(i), (i, t + 3, t)), Integer(0), [], {}),
    "a square in a product": (
        4 ** (t - k) * Product(g(j), (j, k + 1, t)),
        Product(4 * g(j), (j, k + 1, t)),
        FROM_K,
        {},
    ),
    "a fraction in a product": (
        Product(g(j) / 12, (j, k + 1, t)),
        Product(g(j), (j, k + 1, t)) / 12 ** (t - k),
        FROM_K,
        {},
    ),
    "before a switch": (Piecewise((s(j), j < t), (0, True)), s(j), [(j + 1, t)], {}),
    "after a switch": (Piecewise((s(j), j > t), (0, True)), s(j), [(t + 1, j)], {}),
}
POLYNOMIAL = (t - k) * (t - k - 1) * (t - k - 2) * (t - k - 3) * (t - k - 4)
SUMS = Sum(s(i), (i, k + 1, t)) * Sum(g(i), (i, k + 1, t)) - Sum(s(i) * g(i), (i, k + 1, t)) * (t - k)
FALSE = {
    "a product of sums up to the wrong end": (
        Product(both(j), (j, k + 1, t)),
        Product(both(j), (j, k + 1, t - 1)) * both(t - 1),
        AFTER_K,
        {},
    ),
    "two sums over entries as one": (
        Product(with_whole(j), (j, t - 1, t)),
        MIXED + Dot(vector("h", t), vector("h", t - 1)),
        [],
        {},
    ),
    "a step at t = k": (MatMul(matrix("J", t), prod("J", t - 1, k + 1)), prod("J", t, k + 1), FROM_K, {}),
    "later factors on the right": (MatMul(prod("J", t - 1, k + 1), matrix("J", t)), prod("J", t, k + 1), AFTER_K, {}),
    "reversed order": (OrderedProduct(matrix("J", k + 1 + t - j), j, k + 1, t), prod("J", t, k + 1), FROM_K, {}),
    "joined beyond the range": (
        MatMul(prod("J", t, i + 1), prod("J", i, k + 1)),
        prod("J", t, k + 1),
        FROM_K,
        {},
    ),
    "joined inverted products": (MatMul(prod("J", k, k + 3), prod("J", k + 2, k + 1)), prod("J", k, k + 1), [], {}),
    "one prime": (MatMul(2**61, prod("J", t, k + 1)), prod("J", t, k + 1), FROM_K, {}),
    "one more identity": (MatAdd(prod("J", t, k + 1), MatMul(2**61 - 1, Identity(n))), prod("J", t, k + 1), FROM_K, {}),
    "limits": (
        MatAdd(MatrixSum(vector("l", k), k, 6, last + 1), MatrixSum(minus(vector("l", k)), k, 7, last + 1)),
        ZeroMatrix(n, 1),
        ONE,
        {},
    ),
    "lam_6 from T = 4 on": (
        MatAdd(MatrixSum(vector("l", k), k, 6, last + 1), MatrixSum(minus(vector("l", k)), k, 7, last + 1)),
        vector("l", 6),
        [(4, last)],
        {},
    ),
    "a sum cut at 4": (Sum(s(k), (k, 1, last)), Sum(s(k), (k, 1, 4)), ONE, {}),
    "one term of a triangle": (
        MatrixSum(MatrixSum(BACK, k, 1, t), t, 1, last),
        MatrixSum(MatrixSum(BACK, t, k + 1, last), k, 1, last),
        ONE,
        {},
    ),
    "a generic index": (POLYNOMIAL * SUMS, Integer(0), FROM_K, {}),
    "a second order, swapped": (
        SECOND,
        MatAdd(MatMul(B(t), at(SECOND, t - 1)), MatMul(A(t), at(FIRST, t - 1))),
        AFTER_K,
        {},
    ),
    "the wrong power of eps": (
        MatAdd(LEFT_OUT, MatMul(-EPS, FIRST)),
        MatMul(EPS**3, MatrixSum(MatMul(prod("J", t, i + 1), B(i), BEHIND), i, k + 1, t)),
        FROM_K,
        SPLIT,
    ),
    "a factor once": (2 * Product(g(j), (j, k + 1, t)), Product(2 * g(j), (j, k + 1, t)), FROM_K, {}),
    "two steps from k + 1": (
        Product(1 - g(j), (j, k + 1, t)),
        (1 - g(t)) * (1 - g(t - 1)) * Product(1 - g(j), (j, k + 1, t - 2)),
        [(k + 1, t)],
        {},
    ),
    "a negative sum": (Sum(s(i), (i, t + 3, t)), -s(t + 1) - s(t + 2), [], {}),
    "another length": (Sum(Sum(s(k), (k, 1, t)), (t, 1, last)), Sum((last - k) * s(k), (k, 1, last)), ONE, {}),
    "a factor that knows the outer index": (
        Sum(Product(g(j) + g(i), (j, 1, t)), (i, 1, t)),
        t * Product(2 * g(j), (j, 1, t)),
        [(1, t)],
        {},
    ),
    "a matrix that knows the outer index": (
        MatrixSum(OrderedProduct(MatAdd(A(j), A(i)), j, 1, t), i, 1, t),
        MatMul(t, OrderedProduct(MatAdd(A(j), A(t)), j, 1, t)),
        [(1, t)],
        {},
    ),
    "a square in a product, once": (
        2 ** (t - k) * Product(g(j), (j, k + 1, t)),
        Product(4 * g(j), (j, k + 1, t)),
        FROM_K,
        {},
    ),
    "a square of a product": (
        8 ** (t - k) * Product(g(j), (j, k + 1, t)) ** 2,
        Product(4 * g(j), (j, k + 1, t)) ** 2,
        FROM_K,
        {},
    ),
    "the norm of twice a matrix": (Norm(MatMul(2, A(t))), Norm(A(t)), [], {}),
    "the norm of a half": (Norm(MatMul(sympy.Rational(1, 2), A(t))), Norm(A(t)), [], {}),
    "norms of multiples": (Norm(MatMul(2, A(t))), Norm(MatMul(3, A(t))), [], {}),
    "the norm of a transpose": (Norm(Transpose(A(t))), Norm(A(t)), [], {}),
    "the norm of a diagonal": (Norm(DiagonalOf(A(t))), Norm(A(t)), [], {}),
    "the norm of sums of rows": (Norm(MatMul(A(t), one)), Norm(A(t)), [], {}),
    "the norm of a square": (Norm(MatMul(A(t), A(t))), Norm(A(t)), [], {}),
    "at a switch": (Piecewise((s(j), j < t), (0, True)), s(j), [(j, t)], {}),
    "a step before a switch": (Piecewise((s(j), j < t), (0, True)), Piecewise((s(j), j < t - 1), (0, True)), [], {}),
    "a step after a switch": (Piecewise((s(j), j > t), (0, True)), Piecewise((s(j), j > t + 1), (0, True)), [], {}),
    "a product within a product": (
        Product(1 + Product(g(i), (i, 1, j)), (j, 1, t)),
        Product(1 + Product(g(j), (i, 1, j)), (j, 1, t)),
        [(1, t)],
        {},
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_claims(name: Any) -> None:
    """Proved at every time of the domain."""
    left, right, given, definitions = TRUE[name]
    decision = decide(PLAIN, left, right, given=given, definitions=definitions)
    assert decision.equal, decision


@pytest.mark.parametrize("name", FALSE)
def test_false_claims(name: Any) -> None:
    """Not proved."""
    left, right, given, definitions = FALSE[name]
    assert not decide(PLAIN, left, right, given=given, definitions=definitions).equal


@pytest.mark.parametrize("name", TRUE)
def test_true_claims_with_a_planted_difference(name: Any) -> None:
    """What is proved is not proved once one per cent is added to a side that is not 0."""
    left, right, given, definitions = TRUE[name]
    if right == 0 or isinstance(right, ZeroMatrix):
        pytest.skip("nothing to scale")
    factor = sympy.Rational(101, 100)
    wrong = MatMul(factor, right) if hasattr(right, "shape") else factor * right
    assert decide(PLAIN, left, wrong, given=given, definitions=definitions).outcome is Outcome.DIFFERENT
