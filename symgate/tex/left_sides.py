"""The left side of an equation: the derivative that a derivation states, or a symbol."""

from __future__ import annotations

from typing import Any

from sympy import Expr
from sympy.matrices.expressions import (
    MatrixExpr,
    MatrixSymbol,
)

from symgate.notation import Layout, Vectors
from symgate.records import Derivation, Kind
from symgate.tex.authored import written
from symgate.tex.printer import Printer
from symgate.tex.words import ATOM, PRODUCT, Piece


def left_piece(left: Any, printer: Printer) -> Piece:
    """A left side: a symbol, or an expression over the symbols as the author lays them out."""
    return printer.piece(left if isinstance(left, MatrixSymbol) else written(left, printer))


def left_side(derivation: Derivation, printer: Printer) -> Piece:
    """The derivative that a derivation states; with a plus where the state before the step is held fixed."""
    words, of, wrt = printer.words, derivation.of, derivation.wrt
    if not derivation.one_step and derivation.kind is not Kind.GRADIENT:
        return left_piece(of, printer)
    if derivation.kind is Kind.GRADIENT:
        return words.derivative(printer.piece(of), printer.piece(wrt), immediate=False)
    above, below = printer.piece(of), printer.piece(wrt)
    if derivation.kind is Kind.KRONECKER and _is_matrix(wrt):
        below = Piece(words.operator("vec", below), ATOM)
    if derivation.kind is Kind.KRONECKER and _is_matrix(of):
        above = Piece(words.operator("vec", above), ATOM)
    immediate = wrt in derivation.cell.parameters
    jacobian = words.derivative(above, below, immediate=immediate)
    if derivation.kind is Kind.DIAGONAL:
        return Piece(words.operator("diagonal", jacobian), ATOM)
    if derivation.kind is Kind.JVP:
        assert derivation.cotangent is not None, "a change of the variable"
        return Piece(words.along(jacobian, printer.piece(derivation.cotangent)), ATOM)
    if derivation.kind is not Kind.VJP:
        return jacobian
    assert derivation.cotangent is not None, "a vjp has a cotangent"
    grouped = Piece(words.group(jacobian), ATOM)
    denominator = words.notation is not None and words.notation.layout is Layout.DENOMINATOR
    if words.notation is not None and words.notation.vectors is Vectors.ROW:
        return Piece(words.product([], [printer.piece(derivation.cotangent), jacobian]), PRODUCT)
    front = jacobian if denominator else Piece(words.transpose(grouped), ATOM)
    if _is_matrix(of):
        return Piece(words.along(front, printer.piece(derivation.cotangent)), ATOM)
    return Piece(words.product([], [front, printer.piece(derivation.cotangent)]), PRODUCT)


def _is_matrix(symbol: Expr) -> bool:
    """Whether a symbol has more than one column."""
    return isinstance(symbol, MatrixExpr) and symbol.shape[1] != 1
