"""Random expressions and random rewritings, against matrices written out entry by entry."""

from typing import Any

import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.language.nodes import Dot, Map, ScalarMap
from symgate.proof.decision import Outcome, decide
from tests.drawn import examples
from tests.proof.decision.brute import equal
from tests.proof.decision.symbols import PLAIN, m, n

P, R, V = MatrixSymbol("P", n, n), MatrixSymbol("R", n, n), MatrixSymbol("V", n, m)
p, q, w = MatrixSymbol("p", n, 1), MatrixSymbol("q", n, 1), MatrixSymbol("w", m, 1)
c = sympy.Symbol("c", real=True)
SIZES = [{n: 1, m: 1}, {n: 2, m: 1}, {n: 2, m: 3}, {n: 3, m: 2}]


def vectors(depth: Any) -> Any:
    """Expressions that are vectors of size n."""
    leaf = st.sampled_from([p, q, MatMul(V, w), OneMatrix(n, 1)])
    if not depth:
        return leaf
    less, square, number = vectors(depth - 1), matrices(depth - 1), scalars(depth - 1)
    return st.one_of(
        leaf,
        st.builds(MatAdd, less, less),
        st.builds(HadamardProduct, less, less),
        st.builds(MatMul, square, less),
        st.builds(MatMul, number, less),
        st.builds(lambda arg: Map("phi", 0, arg), less),
    )


def matrices(depth: Any) -> Any:
    """Expressions that are square matrices."""
    leaf = st.sampled_from([P, R, Transpose(P), Identity(n)])
    if not depth:
        return leaf
    less, line = matrices(depth - 1), vectors(depth - 1)
    return st.one_of(
        leaf,
        st.builds(MatAdd, less, less),
        st.builds(DiagMatrix, line),
        st.builds(lambda a, b: MatMul(a, Transpose(b)), line, line),
    )


def scalars(depth: Any) -> Any:
    """Expressions that are scalars."""
    leaf = st.sampled_from([c, sympy.Rational(1, 2), sympy.Integer(2), n])
    if not depth:
        return leaf
    line = vectors(depth - 1)
    return st.one_of(
        leaf,
        st.builds(Dot, line, line),
        st.builds(lambda arg: ScalarMap("phi", 1, arg), scalars(depth - 1)),
        st.builds(lambda a, b: a + b, scalars(depth - 1), scalars(depth - 1)),
    )


def rewritten(expr: Any, draw: Any) -> Any:
    """A true rewriting, at the places that ``draw`` chooses."""
    if not isinstance(expr, sympy.Basic) or isinstance(expr, MatrixSymbol) or not expr.args:
        return expr
    if isinstance(expr, (Map, ScalarMap)):
        return expr.func(expr.function, expr.order, rewritten(expr.argument, draw))
    if isinstance(expr, (OneMatrix, Identity)):
        return expr
    args = [rewritten(arg, draw) for arg in expr.args]
    if isinstance(expr, Dot):
        return Dot(*reversed(args)) if draw(st.booleans()) else Dot(*args)
    if isinstance(expr, (MatAdd, HadamardProduct)) and draw(st.booleans()):
        args.reverse()
    if isinstance(expr, HadamardProduct) and draw(st.booleans()):
        return MatMul(DiagMatrix(args[0]), args[1]) if len(args) == 2 else HadamardProduct(*args)
    if isinstance(expr, MatMul) and len(args) == 2 and isinstance(args[1], MatAdd) and draw(st.booleans()):
        return MatAdd(*(MatMul(args[0], part) for part in args[1].args))
    if isinstance(expr, MatMul) and isinstance(args[0], DiagMatrix) and len(args) == 2 and args[1].shape[1] == 1:
        return HadamardProduct(args[0].args[0], args[1]) if draw(st.booleans()) else MatMul(*args)
    if isinstance(expr, Transpose) and isinstance(args[0], Transpose):
        return args[0].args[0]
    return expr.func(*args)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_true_rewritings_are_equal_and_brute_force_agrees(data: Any) -> None:
    """Complete on rewritings, and what is equal is equal written out."""
    expr = data.draw(st.one_of(vectors(3), scalars(3), matrices(2)))
    other = rewritten(expr, data.draw)
    assert decide(PLAIN, expr, other).equal
    assert equal(expr, other, SIZES[2])


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_equal_if_and_only_if_brute_force_says_so(data: Any) -> None:
    """Two small expressions of one kind: sound, and complete at sizes up to 3."""
    kind = data.draw(st.sampled_from([vectors, scalars]))
    one, other = data.draw(kind(2)), data.draw(kind(2))
    if data.draw(st.booleans()):
        other = rewritten(one, data.draw)
    decision = decide(PLAIN, one, other)
    brute = all(equal(one, other, sizes) for sizes in SIZES)
    assert decision.outcome in (Outcome.EQUAL, Outcome.DIFFERENT)
    assert decision.equal is brute, (one, other, decision)
