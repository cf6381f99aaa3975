"""Products and sums over time: ordered, with symbolic bounds.

A product of matrices over an index must keep its order (SymPy's ``Product`` expands ascending, and
``IndexedBase`` commutes), and a sum of matrices must keep its shape (SymPy's ``Sum`` has none).
Bounds are inclusive; a product whose upper bound is below its lower one is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, Identity, MatAdd, MatMul, MatrixExpr, OneMatrix, ZeroMatrix

from symgate.language.nodes import Signal, T

#: The earlier time of M_{t,k}, the running indices, the last time step, and the size of the perturbation.
K, J, I = sympy.symbols("k j i", integer=True)
#: The order m of an expansion, and the step of a recursion that runs backward in time.
ORDER = sympy.Symbol("m", integer=True, nonnegative=True)
STEP = sympy.Symbol("s", integer=True)
#: How many steps lie between a step and the loss that it is seen from.
LAG = sympy.Symbol("l", integer=True, nonnegative=True)
LAST = sympy.Symbol("T", integer=True, positive=True)
#: The one global learning rate.
ETA = sympy.Symbol("eta", positive=True)
EPS = sympy.Symbol("epsilon", nonnegative=True)


class _OverTime(MatrixExpr):  # type: ignore[misc]
    """body for index = lower, ..., upper, joined in one way or another."""

    def __new__(cls, body: Expr, index: sympy.Symbol, lower: Any, upper: Any) -> _OverTime:
        bounds = (sympy.sympify(lower, strict=True), sympy.sympify(upper, strict=True))
        return sympy.Basic.__new__(cls, body, index, *bounds)

    @property
    def body(self) -> Expr:
        """What is joined, at time ``index``."""
        return self.args[0]

    @property
    def index(self) -> sympy.Symbol:
        """The running index; it is bound, and has no meaning outside."""
        return self.args[1]

    @property
    def lower(self) -> Expr:
        """The first value of the index."""
        return self.args[2]

    @property
    def upper(self) -> Expr:
        """The last value of the index."""
        return self.args[3]

    @property
    def shape(self) -> tuple[Expr, ...]:
        """The shape of the body."""
        return tuple(self.args[0].shape)

    def factors(self, bounds: dict[Expr, Any] | None = None) -> list[Expr]:
        """The bodies in ascending order of the index, for bounds that are numbers after substitution."""
        lower, upper = (int(bound.xreplace(bounds or {})) for bound in (self.lower, self.upper))
        inner = [(value, self.body.xreplace({self.index: sympy.Integer(value)})) for value in range(lower, upper + 1)]
        return [body.xreplace(bounds or {}) for _, body in inner]


class OrderedProduct(_OverTime):
    """The product of matrices with LATER factors on the LEFT: body(upper) ... body(lower); empty = I."""

    def written_out(self, bounds: dict[Expr, Any] | None = None) -> Expr:
        """The product as an ordinary MatMul, for numeric bounds."""
        parts = self.factors(bounds)[::-1]
        return joined(MatMul, parts, Identity(self.shape[0]))


class MatrixSum(_OverTime):
    """The sum of matrices or vectors over an index; empty = 0."""

    def written_out(self, bounds: dict[Expr, Any] | None = None) -> Expr:
        """The sum as an ordinary MatAdd, for numeric bounds."""
        return joined(MatAdd, self.factors(bounds), ZeroMatrix(*self.shape))


class HadamardRun(_OverTime):
    """The Hadamard product of vectors over an index; empty = the vector of ones."""

    def written_out(self, bounds: dict[Expr, Any] | None = None) -> Expr:
        """The product as an ordinary HadamardProduct, for numeric bounds."""
        return joined(HadamardProduct, self.factors(bounds), OneMatrix(*self.shape))


class Norm(Expr):  # type: ignore[misc]
    """A submultiplicative norm of a matrix: a non-negative scalar."""

    is_commutative = True
    is_nonnegative = True

    def __new__(cls, matrix: MatrixExpr) -> Norm:
        return sympy.Basic.__new__(cls, matrix)


class _Extreme(Expr):  # type: ignore[misc]
    """The largest or smallest entry of a vector: a scalar."""

    is_commutative = True

    def __new__(cls, vector: MatrixExpr) -> _Extreme:
        return sympy.Basic.__new__(cls, vector)


class Largest(_Extreme):
    """The largest entry of a vector."""


class Smallest(_Extreme):
    """The smallest entry of a vector."""


def joined(join: Callable[..., Expr], parts: list[Expr], empty: Expr) -> Expr:
    """join(*parts), with the right values for no part and for one."""
    return join(*parts) if len(parts) > 1 else (parts[0] if parts else empty)


def at(expr: Expr, index: Expr) -> Expr:
    """An expression of the step at time t, moved to another time: a_t becomes a_index, x_{t-1} becomes x_{index-1}."""
    return expr.xreplace({T: index})


def of_state(name: str, state: str, size: Expr, index: Expr, *, several: bool) -> Signal:
    """What belongs to one state, such as the adjoint lambda^h_k; with a single state it bears no mark."""
    return Signal(f"{name}_{state}" if several else name, size, 1, index)


def depends_on_time(expr: Expr) -> bool:
    """Whether the expression holds a signal of the step, so that it differs from step to step."""
    return any(node == T for node in sympy.preorder_traversal(expr))
