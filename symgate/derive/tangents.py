"""A cell together with its tangent: (x, dx) -> (x_t, J_t dx_{t-1} + (d+x_t/dtheta) dtheta), itself a cell.

Every name y of the cell gets a tangent dy, by one rule per node; what comes out is derived, printed, proved and
computed like any cell.  Its derivatives are the second derivatives of the first: the gradient of dot(lambda, dx_t) by
x is the curvature lambda' d2f(dx, .), with its named terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, singledispatch

import sympy
from sympy import Expr
from sympy.core.symbol import Str
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.cells import as_cell
from symgate.derive.jacobians import vjp
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.language.matrices import is_vector, parted, scaled, transposed
from symgate.records import Assignment, Cell, Derivation, State, add_up

#: The tangent of every symbol that varies.
Tangents = Mapping[Expr, Expr]


@lru_cache(maxsize=64)
def tangent(cell: Cell) -> Cell:
    """The cell of (x, dx): beside x_t = f(x_{t-1}, u_t, theta), dx_t = J_t dx_{t-1} + (d+x_t/dtheta) dtheta.

    Args:
        cell: a recurrence with states, names and parameters y.

    Returns:
        A cell with states, names and parameters y and y_dot (with an underscore behind where that is taken), the states
        before their tangents; inputs do not vary.  Its adjoint carries Hessian-vector products.

    Raises:
        UnsupportedNodeError: an expression holds a node without a rule.

    Law: ``tests/derive/test_tangents.py`` (complex step of the step; jax.jvp).
    """
    taken = set(cell.symbols) | {str(item.symbol.name) for item in cell.assignments}
    dots: dict[Expr, Expr] = {state.before: _dotted(state.before, taken) for state in cell.states}
    after = {state.name: dots[state.before] for state in cell.states}
    dots |= {symbol: _dotted(symbol, taken) for symbol in cell.parameters}
    assignments: list[Assignment] = []
    for item in cell.assignments:
        assignments.append(item)
        moved = pushed(item.expr, dots)
        if not _nothing(moved):
            dots[item.symbol] = _dotted(item.symbol, taken)
            assignments.append(Assignment(dots[item.symbol], moved, item.role))
    moving = []
    for state in cell.states:
        before = after[state.name]
        moving.append(State(before, Signal(before.name, *before.shape), pushed(state.update, dots)))
    return replace(
        cell,
        name=f"{cell.name}_tangent",
        states=(*cell.states, *moving),
        parameters=(*cell.parameters, *(dots[symbol] for symbol in cell.parameters)),
        assignments=tuple(assignments),
    )


def curvature(cell: Cell | str, wrt: str | None = None, of: str | None = None) -> Derivation:
    """The curvature of one step, in named terms: the derivative by ``wrt`` of lambda' dx_t along a direction.

    Args:
        cell: the recurrence.
        wrt: the name of a state, input or parameter; default: the state.
        of: the state that is differentiated twice; default: the only one.

    Returns:
        The vector-Jacobian product of the tangent, d/dv dot(lambda, dx_t) with dx_t = J_t dx_{t-1} + (d+x_t/dtheta)
        dtheta: an expression of the shape of ``wrt`` in lambda and the direction (x_dot, W_r_dot, ...), to be proved,
        printed and exported like any vector-Jacobian product.  In the unit of lambda' x per ``wrt`` where the direction
        has the units of what it moves.  Products through time: ``symgate.numeric.hessian_product``.

    Raises:
        UnknownNameError: the cell has no such state, input or parameter.

    Source: Pearlmutter 1994, for one step.  Law: ``tests/derive/test_tangents.py``.
    """
    cell = as_cell(cell)
    double = tangent(cell)
    place = cell.states.index(cell.state(of))
    moved = double.states[len(cell.states) + place]
    return vjp(double, cell.states[place].name if wrt is None else wrt, moved.name, written_out=True)


@singledispatch
def pushed(node: Expr, dots: Tangents) -> Expr:  # noqa: ARG001
    """The tangent of an expression, the directional derivative along the tangents of its symbols.

    Raises:
        UnsupportedNodeError: no rule for a node of the expression.
    """
    raise UnsupportedNodeError(f"No tangent rule for {type(node).__name__}: {node}.")


@pushed.register(MatrixSymbol)
@pushed.register(ScalarSignal)
@pushed.register(sympy.Symbol)
def _symbol(node: Expr, dots: Tangents) -> Expr:
    """A symbol has the tangent it was given; others do not vary."""
    return dots.get(node, _zero(node))


@pushed.register(sympy.Number)
@pushed.register(OneMatrix)
@pushed.register(ZeroMatrix)
@pushed.register(Identity)
def _constant(node: Expr, dots: Tangents) -> Expr:  # noqa: ARG001
    """d(constant) = 0."""
    return _zero(node)


@pushed.register(sympy.Add)
@pushed.register(MatAdd)
def _sum(node: Expr, dots: Tangents) -> Expr:
    """d(u + v) = du + dv."""
    return _added(node, [pushed(part, dots) for part in node.args])


@pushed.register(HadamardProduct)
@pushed.register(sympy.Mul)
@pushed.register(MatMul)
def _product(node: Expr, dots: Tangents) -> Expr:
    """d(u v) = du v + u dv, for the elementwise product, the product of scalars and that of matrices; in order."""
    parts = []
    for place, factor in enumerate(node.args):
        moved = pushed(factor, dots)
        if not _nothing(moved):
            parts += _times(node, node.args[:place], moved, node.args[place + 1 :])
    return _added(node, parts)


def _times(node: Expr, before: tuple[Expr, ...], moved: Expr, after: tuple[Expr, ...]) -> list[Expr]:
    """The products with one factor replaced; a sum of matrices between others is multiplied out."""
    if not (isinstance(node, MatMul) and isinstance(moved, MatrixExpr) and moved.shape[1] != 1):
        return [node.func(*before, moved, *after)]
    found = []
    for word in moved.args if isinstance(moved, MatAdd) and moved.shape[0] != 1 else (moved,):
        every = [*before, *(word.args if isinstance(word, MatMul) else (word,)), *after]
        scalars = [part for part in every if not isinstance(part, MatrixExpr)]
        found.append(MatMul(*scalars, *(part for part in every if isinstance(part, MatrixExpr))))
    return found


@pushed.register(sympy.Pow)
def _power(node: sympy.Pow, dots: Tangents) -> Expr:
    """d(s^k) = k s^(k-1) ds."""
    return node.exp * node.base ** (node.exp - 1) * pushed(node.base, dots)


@pushed.register(HadamardPower)
def _entry_power(node: HadamardPower, dots: Tangents) -> Expr:
    """d(v^k) = k v^(k-1) (.) dv, entry by entry."""
    moved, k = pushed(node.base, dots), node.exp
    if _nothing(moved):
        return moved
    lower = node.base if k == 2 else HadamardPower(node.base, k - 1)
    return HadamardProduct(MatMul(k, lower), moved)


@pushed.register(Map)
def _map(node: Map, dots: Tangents) -> Expr:
    """d f.(v) = f'.(v) (.) dv."""
    moved = pushed(node.argument, dots)
    return moved if _nothing(moved) else HadamardProduct(Map(Str(node.function), node.order + 1, node.argument), moved)


@pushed.register(ScalarMap)
def _scalar_map(node: ScalarMap, dots: Tangents) -> Expr:
    """d f(s) = f'(s) ds."""
    return ScalarMap(Str(node.function), node.order + 1, node.argument) * pushed(node.argument, dots)


@pushed.register(Dot)
def _dot(node: Dot, dots: Tangents) -> Expr:
    """d(u'v) = du'v + u'dv."""
    left, right = node.args
    pairs = [(pushed(left, dots), right), (left, pushed(right, dots))]
    return sympy.Add(*(Dot(u, v) for u, v in pairs if not (_nothing(u) or _nothing(v))))


@pushed.register(Transpose)
def _transpose(node: Transpose, dots: Tangents) -> Expr:
    """d(A') = (dA)'."""
    moved = pushed(node.arg, dots)
    if _nothing(moved):
        return _zero(node)
    if not is_vector(node.arg):
        return transposed(moved)
    scalar, matrices = parted(moved)  # a number in front of a vector comes in front of the row
    return scaled(scalar, Transpose(matrices[0])) if len(matrices) == 1 else Transpose(moved)


@pushed.register(DiagMatrix)
def _diagonal(node: DiagMatrix, dots: Tangents) -> Expr:
    """d diag(v) = diag(dv)."""
    moved = pushed(node.args[0], dots)
    return _zero(node) if _nothing(moved) else DiagMatrix(moved)


def _dotted(symbol: Expr, taken: set[str]) -> Expr:
    """The tangent of a symbol: one of the same kind, shape and time."""
    name = f"{symbol.name}_dot"
    while name in taken:
        name += "_"
    taken.add(name)
    if isinstance(symbol, Signal):
        return Signal(name, symbol.shape[0], symbol.shape[1], symbol.index)
    if isinstance(symbol, ScalarSignal):
        return ScalarSignal(name, symbol.index)
    return MatrixSymbol(name, *symbol.shape) if isinstance(symbol, MatrixExpr) else sympy.Symbol(name, real=True)


def _zero(node: Expr) -> Expr:
    return ZeroMatrix(*node.shape) if isinstance(node, MatrixExpr) else sympy.S.Zero


def _nothing(expr: Expr) -> bool:
    return expr == 0 or isinstance(expr, ZeroMatrix)


def _added(node: Expr, parts: list[Expr]) -> Expr:
    """The sum of what is not zero."""
    kept = [part for part in parts if not _nothing(part)]
    return add_up(kept) if kept else _zero(node)
