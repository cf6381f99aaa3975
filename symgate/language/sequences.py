"""Products and sums over time: ordered, with symbolic bounds.

A product of matrices over an index must keep its order (SymPy's ``Product`` expands ascending, and
``IndexedBase`` commutes), and a sum of matrices must keep its shape (SymPy's ``Sum`` has none).
Bounds are inclusive; a product whose upper bound is below its lower one is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    ZeroMatrix,
)

from symgate.language.nodes import Signal, T, Vec

#: The earlier time of M_{t,k}, the running indices, the last time step, and the size of the perturbation.
K, J, I = sympy.symbols("k j i", integer=True)
#: The order m of an expansion, and the step of a recursion that runs backward in time.
ORDER = sympy.Symbol("m", integer=True, nonnegative=True)
STEP = sympy.Symbol("s", integer=True)
#: How many steps lie between a step and the loss that it is seen from.
LAG = sympy.Symbol("l", integer=True, nonnegative=True)
LAST = sympy.Symbol("T", integer=True, positive=True)
#: The index of the equal factors of a power of a matrix.  Fewer than none of them would be an inverse: no value here.
POWER = sympy.Symbol("i_1", integer=True, positive=True)
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
        given = bounds or {}
        lower, upper = (int(moved(bound, given)) for bound in (self.lower, self.upper))
        return [moved(self.body, {**given, self.index: sympy.Integer(value)}) for value in range(lower, upper + 1)]


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


def moved(expr: Any, times: Mapping[Expr, Expr]) -> Any:
    """An expression with free times replaced; a bound index keeps its meaning, and captures nothing.

    A bound index that occurs in what is put in is renamed first.
    """
    return _moved(expr, times) if times and isinstance(expr, sympy.Basic) else expr


def _moved(expr: Any, times: Mapping[Expr, Expr]) -> Any:
    """What ``moved`` does, for a node and times that are there; most nodes are leaves."""
    args = getattr(expr, "args", ())
    if not args:
        return times.get(expr, expr)
    if isinstance(expr, _OverTime):
        inner, index, body = _bound(times, expr.index, expr.body)
        bounds = (moved(expr.lower, times), moved(expr.upper, times))
        return type(expr)(moved(body, inner), index, *bounds)
    if isinstance(expr, (sympy.Sum, sympy.Product)):
        *within, (index, lower, upper) = expr.limits  # the last limit is the outermost
        body = type(expr)(expr.function, *within) if within else expr.function
        inner, index, body = _bound(times, index, body)
        return type(expr)(moved(body, inner), (index, moved(lower, times), moved(upper, times)))
    if expr in times:
        return times[expr]
    if isinstance(expr, MatrixSymbol) and not isinstance(expr, Signal):
        return expr
    new = [_moved(arg, times) for arg in args]
    return expr if all(a is b for a, b in zip(new, args, strict=True)) else expr.func(*new)


def _bound(times: Mapping[Expr, Expr], index: Any, body: Any) -> tuple[dict[Expr, Expr], Any, Any]:
    """The replacements inside a binder, its index, and its body with the index renamed where it would capture."""
    inner = {old: new for old, new in times.items() if old != index}
    if not any(index in new.free_symbols for new in inner.values()):
        return inner, index, body
    used = {str(symbol) for new in inner.values() for symbol in new.free_symbols}
    used |= {str(node) for node in sympy.preorder_traversal(body) if isinstance(node, sympy.Symbol)}
    other = next(
        symbol
        for symbol in (sympy.Symbol(f"{index}_{number}", integer=True) for number in range(len(used) + 1))
        if str(symbol) not in used
    )
    return inner, other, moved(body, {index: other})


def at(expr: Expr, index: Expr) -> Expr:
    """An expression of the step at time t, moved to another time: a_t becomes a_index, x_{t-1} becomes x_{index-1}."""
    return expr.xreplace({T: index})


def of_state(name: str, state: str, size: Expr, index: Expr, *, several: bool, cols: Expr = sympy.S.One) -> Signal:
    """What belongs to one state, such as the adjoint lambda^h_k; with a single state it bears no mark.

    Of a matrix state it is a matrix of ``cols`` columns.
    """
    return Signal(f"{name}_{state}" if several else name, size, cols, index)


def stacked_columns(value: MatrixExpr) -> MatrixExpr:
    """The columns of a matrix one below the other; a vector as it is."""
    return value if value.shape[1] == 1 else Vec(value)


def depends_on_time(expr: Expr) -> bool:
    """Whether the expression holds a signal of the step, so that it differs from step to step."""
    return any(node == T for node in sympy.preorder_traversal(expr))
