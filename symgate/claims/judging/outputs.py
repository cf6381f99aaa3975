"""Gradients by an output, o_t = V h_t + c, that goes into the loss alone: dL_t/dh_t = V' dL_t/do_t.

In: the names of a claim, and a right side in the gradient by an output.  Out: the names with those of the output, and
the right side in the gradient by the state.  The output has a size of its own, so that V' fits where V does not.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr, MatrixSymbol
from sympy.matrices.expressions import BlockMatrix, MatAdd, MatMul, MatrixExpr, Transpose

from symgate.claims.judging.parts import own_part
from symgate.claims.reading.build import product, times_scalar, total
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import MatrixSum
from symgate.records import Cell, Output


def with_outputs(names: Names, cell: Cell) -> Names:
    """The names with those of what the cell computes beside its states."""
    signals, constants, kept = dict(names.signals), dict(names.constants), []
    for item in cell.outputs:
        own = item.names
        if item not in names.outputs and own & {*signals, *constants, *names.functions}:
            continue
        size = size_of(item)
        signals[item.name] = Signal(item.name, size, 1, T)
        constants[item.matrix] = slope(item, cell)
        if item.bias:
            constants[item.bias] = MatrixSymbol(item.bias, size, 1)
        kept.append(item)
    return replace(names, signals=signals, constants=constants, outputs=tuple(kept))


def slope(item: Output, cell: Cell) -> Expr:
    """do_t/dh_t."""
    return MatrixSymbol(item.matrix, size_of(item), cell.state(item.state).after.shape[0])


def gradient(item: Output, time: Expr) -> Signal:
    """dL_t/do_t, which is dL/do_t."""
    return Signal(f"grad_{item.name}", size_of(item), 1, time)


def taken_back(expr: Expr, outputs: tuple[Output, ...], cell: Cell) -> Expr:
    """A right side with V' dL_t/do_t as dL_t/dh_t.

    Raises:
        UnreadableError: an output is left, or its matrix, where nothing says what it stands for.
    """
    for item in outputs:
        expr = _back(expr, item, cell)
        if spoken_of(expr, (item,)):
            raise UnreadableError(
                f"{item.name} is an output, {item.name}_t = {item.matrix} {item.state}_t"
                f"{' + ' * bool(item.bias)}{item.bias}, of which a claim about the states may hold "
                rf"{item.matrix}^\top \frac{{\partial L}}{{\partial {item.name}_t}} alone; or keep it as a state: "
                f"read_cell(..., states=({item.name!r},))"
            )
    return expr


def without_matrix(expr: Expr, item: Output, cell: Cell, *, biased: bool) -> Expr:
    """What the matrix of an output stands in front of in every term, the bias aside.

    What is claimed of V h_t for every V is claimed of h_t.

    Raises:
        UnreadableError: a term has no V in front, or the bias is not there once.
    """
    terms = list(expr.args) if isinstance(expr, MatAdd) else [expr]
    if biased and item.bias:
        bias = MatrixSymbol(item.bias, size_of(item), 1)
        if terms.count(bias) != 1:
            raise UnreadableError(f"{item.name}_t has {item.bias} as a term, once")
        terms.remove(bias)
    found = [_behind(term, item, cell) for term in terms]
    if not found or None in found:
        raise UnreadableError(
            f"what is stated of the output {item.name}_t = {item.matrix} {item.state}_t is read with {item.matrix} in "
            "front of every term"
        )
    return total([part for part in found if part is not None]) if len(found) > 1 else found[0]


def _behind(term: Expr, item: Output, cell: Cell) -> Expr | None:
    """A term without the matrix in front of it; None where it has none."""
    if isinstance(term, MatrixSum):
        body = without_matrix(term.body, item, cell, biased=False)
        return MatrixSum(body, term.index, term.lower, term.upper)
    factors = list(term.args) if isinstance(term, MatMul) else [term]
    matrices = [factor for factor in factors if isinstance(factor, MatrixExpr)]
    scalar = sympy.Mul(*(factor for factor in factors if not isinstance(factor, MatrixExpr)))
    if len(matrices) < 2 or matrices[0] != slope(item, cell):
        return None
    rest = matrices[1]
    for factor in matrices[2:]:
        rest = product(rest, factor)
    return times_scalar(scalar, rest)


def spoken_of(expr: Expr, outputs: tuple[Output, ...]) -> set[str]:
    """The names in an expression that belong to outputs."""
    names = {name for item in outputs for name in (*item.names, f"grad_{item.name}")}
    return {str(node.name) for node in _symbols(expr)} & names


def _back(expr: Expr, item: Output, cell: Cell) -> Expr:
    """V' g_t, and the row g_t' V, in every product."""
    if not getattr(expr, "args", ()) or isinstance(expr, (MatrixSymbol, ScalarSignal)):
        return expr
    if isinstance(expr, Transpose) and isinstance(expr.arg, MatMul):
        return Transpose(_back(expr.arg, item, cell))
    if isinstance(expr, BlockMatrix):
        rows, cols = expr.blockshape
        return BlockMatrix([[_back(expr.blocks[i, j], item, cell) for j in range(cols)] for i in range(rows)])
    parts = [_back(arg, item, cell) if isinstance(arg, sympy.Basic) else arg for arg in expr.args]
    if not isinstance(expr, MatMul):
        return expr if parts == list(expr.args) else expr.func(*parts)
    factors: list[Expr] = [part for part in parts if isinstance(part, MatrixExpr)]
    scalar = sympy.Mul(*(part for part in parts if not isinstance(part, MatrixExpr)))
    V = slope(item, cell)
    place = 0
    while place + 1 < len(factors):
        first, second = factors[place : place + 2]
        column, row = first == Transpose(V) and _is_gradient(second, item), second == V and _is_row(first, item)
        if column or row:
            time = second.index if column else first.arg.index
            own = own_part(cell, item.state, time)
            factors[place : place + 2] = [own if column else Transpose(own)]
        place += 1
    total = factors[0]
    for factor in factors[1:]:
        total = product(total, factor)
    return times_scalar(scalar, total)


def _is_gradient(expr: Expr, item: Output) -> bool:
    return isinstance(expr, Signal) and str(expr.name) == f"grad_{item.name}"


def _is_row(expr: Expr, item: Output) -> bool:
    return isinstance(expr, Transpose) and _is_gradient(expr.arg, item)


def _symbols(expr: Expr) -> set[Expr]:
    return {node for node in sympy.preorder_traversal(expr) if isinstance(node, (MatrixSymbol, Signal))}


def size_of(item: Output) -> Expr:
    """The size of an output, which is one of its own."""
    return sympy.Symbol(f"size_{item.name}", integer=True, positive=True)
