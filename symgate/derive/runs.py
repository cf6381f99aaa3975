"""Products of the kept part A over a stretch of time, collapsed where A allows it.

A multiple of I gives a power or a product of scalars, a diagonal a power or a Hadamard product of
vectors; only a dense A leaves an ordered product of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, HadamardPower, MatMul, MatrixExpr

from symgate.calculus import normal_form
from symgate.calculus.display import factored, joined, scaled
from symgate.calculus.normal import Tail
from symgate.calculus.polynomial import split as parted
from symgate.notation import Signal
from symgate.notation.sequences import HadamardRun, MatrixSum, OrderedProduct, at, depends_on_time
from symgate.notation.sequences import J as INDEX

SCALAR, DIAGONAL, DENSE = "a multiple of the identity", "diagonal", "dense"


@dataclass(frozen=True)
class Kept:
    """The kept part A_j of a split, ready to be multiplied over time.

    Attributes:
        kind: "a multiple of the identity", "diagonal" or "dense".
        value: the scalar or the vector on the diagonal, at time t; None where A is dense.
        size: n.
    """

    kind: str
    value: Expr | None
    size: Expr

    def run(self, lower: Expr, upper: Expr) -> tuple[Expr, list[MatrixExpr]]:
        """The product of A_upper ... A_lower as (scalar, matrix factors)."""
        if self.kind == DENSE:
            return sympy.S.One, [OrderedProduct(Signal("A", self.size, self.size, INDEX), INDEX, lower, upper)]
        if self.kind == DIAGONAL:
            return sympy.S.One, [DiagMatrix(self.vector_run(lower, upper))]
        return self.scalar_run(lower, upper), []

    def scalar_run(self, lower: Expr, upper: Expr) -> Expr:
        """The scalar in front of I: a power where it is constant, else a product over time."""
        if not depends_on_time(self.value):
            return self.value ** (upper - lower + 1)
        return sympy.Product(at(self.value, INDEX), (INDEX, lower, upper))

    def vector_run(self, lower: Expr, upper: Expr) -> MatrixExpr:
        """The diagonal: a Hadamard power where it is constant, else a Hadamard product over time."""
        if not depends_on_time(self.value):
            return HadamardPower(self.value, upper - lower + 1)
        return HadamardRun(at(self.value, INDEX), INDEX, lower, upper)


def kept(A: MatrixExpr) -> Kept:
    """What kind of matrix A is, read off its normal form."""
    words, size = normal_form(A), A.shape[0]
    if set(words) != {Tail()}:
        return Kept(DENSE, None, size)
    lead = words[Tail()]
    scalar, factors = factored(lead, size)
    if any(parted(monomial)[1] for monomial in lead):
        vector = joined(factors, size)
        return Kept(DIAGONAL, vector if scalar == 1 else scalar * vector, size)
    return Kept(SCALAR, scalar, size)


def sum_over(body: MatrixExpr, index: sympy.Symbol, lower: Expr, upper: Expr) -> MatrixExpr:
    """The sum over ``index``, with the scalars that do not depend on it in front."""
    scalar = body.args[0] if isinstance(body, MatMul) and not isinstance(body.args[0], MatrixExpr) else sympy.S.One
    scalar = sympy.powsimp(scalar, combine="exp")
    parts = sympy.Mul.make_args(scalar)
    outer = sympy.Mul(*(part for part in parts if not mentions(part, index)))
    inner = sympy.Mul(*(part for part in parts if mentions(part, index)))
    rest = [item for item in (body.args if isinstance(body, MatMul) else [body]) if isinstance(item, MatrixExpr)]
    return scaled(outer, MatrixSum(scaled(inner, *rest), index, lower, upper))


def mentions(expr: Expr, index: sympy.Symbol) -> bool:
    """Whether an index stands anywhere in an expression, also in the index of a signal."""
    return any(node == index for node in sympy.preorder_traversal(expr))
