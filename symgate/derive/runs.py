"""Products of the kept part A over a stretch of time, collapsed where A allows it.

A multiple of I gives a power or a product of scalars, a diagonal a power or a Hadamard product of
vectors; only a dense A leaves an ordered product of matrices.  Of several states that A does not couple, each diagonal
block is one of these; a block of zeros gives delta_{t,k} I (Kronecker's), which is I over no step and 0 otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, KroneckerDelta
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    HadamardPower,
    Identity,
    KroneckerProduct,
    MatMul,
    MatrixExpr,
    OneMatrix,
    ZeroMatrix,
)

from symgate.calculus import normal_form
from symgate.calculus.display import factored, joined, scaled
from symgate.calculus.normal import Tail
from symgate.calculus.polynomial import split as parted
from symgate.derive.splits import diagonal_entries
from symgate.derive.states import blocks, grid, is_zero, stacked
from symgate.language import Signal
from symgate.language.matrices import parted as split_scalar
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct, at, depends_on_time
from symgate.language.sequences import J as INDEX
from symgate.records import Derivation

SCALAR, DIAGONAL, DENSE = "a multiple of the identity", "diagonal", "dense"


@dataclass(frozen=True)
class Kept:
    """The kept part A_j of a split, ready to be multiplied over time.

    Attributes:
        kind: "a multiple of the identity", "diagonal" or "dense".
        value: the scalar or the vector on the diagonal, at time t; None where A is dense.
        size: n.
        parts: for several states whose off-diagonal blocks are zero, each diagonal block; else ().
    """

    kind: str
    value: Expr | None
    size: Expr
    parts: tuple[Kept, ...] = ()

    @property
    def vector(self) -> MatrixExpr:
        """The diagonal at time t, as a vector also where all entries are one number."""
        if self.kind == SCALAR:
            return filled(self.value, self.size)
        return self.value

    def run(self, lower: Expr, upper: Expr) -> tuple[Expr, list[MatrixExpr]]:
        """The product of A_upper ... A_lower as (scalar, matrix factors)."""
        if self.kind == DENSE:
            return sympy.S.One, [OrderedProduct(Signal("A", self.size, self.size, INDEX), INDEX, lower, upper)]
        if self.parts:
            square = [
                [
                    part.block_run(lower, upper) if part is own else ZeroMatrix(own.size, part.size)
                    for part in self.parts
                ]
                for own in self.parts
            ]
            return sympy.S.One, [grid(square)]
        if self.kind == DIAGONAL:
            return sympy.S.One, [DiagMatrix(self.vector_run(lower, upper))]
        return self.scalar_run(lower, upper), []

    def block_run(self, lower: Expr, upper: Expr) -> MatrixExpr:
        """The product of A_upper ... A_lower as one matrix."""
        scalar, factors = self.run(lower, upper)
        return scaled(scalar, *(factors or [Identity(self.size)]))

    def scalar_run(self, lower: Expr, upper: Expr) -> Expr:
        """The scalar in front of I: a power where it is constant, else a product over time; delta_{t,k} for zero."""
        if self.value == 0:
            return KroneckerDelta(upper, lower - 1)
        if not depends_on_time(self.value):
            return self.value ** (upper - lower + 1)
        return sympy.Product(at(self.value, INDEX), (INDEX, lower, upper))

    def vector_run(self, lower: Expr, upper: Expr) -> MatrixExpr:
        """The diagonal: a Hadamard power where it is constant, else a Hadamard product over time."""
        if self.parts:
            return stacked([part.vector_run(lower, upper) for part in self.parts])
        if self.kind == SCALAR:
            return filled(self.scalar_run(lower, upper), self.size)
        if not depends_on_time(self.value):
            return HadamardPower(self.value, upper - lower + 1)
        return HadamardRun(at(self.value, INDEX), INDEX, lower, upper)


def filled(number: Expr, size: Expr) -> MatrixExpr:
    """The vector whose entries are all one number."""
    return ZeroMatrix(size, 1) if number == 0 else scaled(number, OneMatrix(size, 1))


def kept(A: MatrixExpr) -> Kept:
    """What kind of matrix A is, read off its normal form; for several states, off its blocks."""
    size = A.shape[0]
    if isinstance(A, BlockMatrix):
        return _kept_blocks(blocks(A), size)
    if is_zero(A):
        return Kept(SCALAR, sympy.S.Zero, size)
    if A.has(KroneckerProduct):
        return _kept_on_columns(A, size)
    words = normal_form(A)
    if set(words) != {Tail()}:
        return Kept(DENSE, None, size)
    lead = words[Tail()]
    scalar, factors = factored(lead, size)
    if any(parted(monomial)[1] for monomial in lead):
        vector = joined(factors, size)
        return Kept(DIAGONAL, vector if scalar == 1 else scalar * vector, size)
    return Kept(SCALAR, scalar, size)


def kept_by(parted: Derivation) -> Kept:
    """What a split keeps; the diagonal of a diagonal split with one state has a name of its own."""
    entries, A = diagonal_entries(parted), parted.terms["A"]
    return kept(A) if entries is None else Kept(DIAGONAL, entries, A.shape[0])


def _kept_on_columns(A: MatrixExpr, size: Expr) -> Kept:
    """s diag(g) (x) diag(f), of a matrix state on the columns below one another: the diagonal is s g (x) f."""
    scalar, matrices = split_scalar(A)
    (product, *others) = matrices
    if others or not isinstance(product, KroneckerProduct):
        return Kept(DENSE, None, size)
    if not all(isinstance(part, (Identity, DiagMatrix)) for part in product.args):
        return Kept(DENSE, None, size)
    vectors = [part.args[0] if isinstance(part, DiagMatrix) else OneMatrix(part.shape[0], 1) for part in product.args]
    return Kept(DIAGONAL, scaled(scalar, KroneckerProduct(*vectors)), size)


def _kept_blocks(square: list[list[MatrixExpr]], size: Expr) -> Kept:
    """Block diagonal with diagonal blocks, or dense: a block off the diagonal couples the states."""
    off = [part for i, row in enumerate(square) for j, part in enumerate(row) if i != j]
    parts = tuple(kept(row[i]) for i, row in enumerate(square))
    if not all(map(is_zero, off)) or any(part.kind == DENSE for part in parts):
        return Kept(DENSE, None, size)
    return Kept(DIAGONAL, stacked([part.vector for part in parts]), size, parts)


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
