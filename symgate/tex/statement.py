"""What a cell or a derivation states: one line for each equation, a left side and signed terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Basic, Expr
from sympy.matrices.expressions import MatrixSymbol, ZeroMatrix

from symgate.notation import Quantity
from symgate.records import Cell, Derivation
from symgate.tex.context import Context, context_of
from symgate.tex.printer import Printer
from symgate.tex.words import ATOM, PRODUCT, Piece, Term, Words


@dataclass(frozen=True)
class Line:
    """An equation: its left side (None for a bare expression) and the terms of its right side."""

    left: Piece | None
    terms: tuple[Term, ...]


def printer_for(obj: Any, words: Words, context: Context | None = None) -> Printer:
    """A printer that knows the names in use around ``obj``."""
    return Printer(words, context or context_of(obj))


def lines(obj: Any, words: Words, *, lhs: bool = True) -> list[Line]:
    """The equations that ``obj`` states.

    Args:
        obj: a Cell (its assignments, then its updates), a Derivation, or an expression.
        words: the vocabulary.
        lhs: whether left sides are wanted.

    Raises:
        TypeError: anything else.
        UnsupportedNodeError: an expression outside the language.
    """
    obj = obj.expr if isinstance(obj, Quantity) else obj
    if isinstance(obj, Cell):
        printer = printer_for(obj, words)
        return [define(symbol, expr, printer, lhs=lhs) for symbol, expr in obj.definitions.items()]
    if isinstance(obj, Derivation):
        return [_derivation(obj, printer_for(obj, words), lhs=lhs)]
    if isinstance(obj, Basic) and isinstance(obj, Expr):
        return [Line(None, tuple(printer_for(obj, words).terms(obj)))]
    raise TypeError(f"Only a cell, a derivation or a SymPy expression is printed; found {type(obj).__name__}.")


def define(symbol: Any, expr: Any, printer: Printer, *, lhs: bool = True) -> Line:
    """symbol = expr."""
    return Line(printer.piece(symbol) if lhs else None, tuple(printer.terms(expr)))


def _derivation(derivation: Derivation, printer: Printer, *, lhs: bool) -> Line:
    exprs = [expr for _, expr in derivation.named_terms]
    kept = [expr for expr in exprs if not (isinstance(expr, ZeroMatrix) or expr == 0)] or exprs[:1]
    terms = [term for expr in kept for term in printer.terms(expr)]
    return Line(left_side(derivation, printer) if lhs else None, tuple(terms))


def left_side(derivation: Derivation, printer: Printer) -> Piece:
    """The derivative that a derivation states; with a plus where the state before the step is held fixed."""
    words, of, wrt = printer.words, derivation.of, derivation.wrt
    below = printer.piece(wrt)
    if derivation.form == "kronecker":
        below = Piece(words.operator("vec", below), ATOM)
    immediate = wrt in derivation.cell.parameters
    jacobian = words.derivative(printer.piece(of), below, immediate=immediate)
    if derivation.form != "vjp":
        return jacobian
    assert isinstance(derivation.cotangent, MatrixSymbol), "a vjp has a cotangent"
    grouped = Piece(words.group(jacobian), ATOM)
    return Piece(
        words.product([], [Piece(words.transpose(grouped), ATOM), printer.piece(derivation.cotangent)]), PRODUCT
    )
