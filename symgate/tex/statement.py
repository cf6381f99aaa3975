"""What a cell or a derivation states: one line for each equation, a left side and signed terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sympy import Basic, Expr, Integer, Tuple
from sympy.matrices.expressions import (
    MatAdd,
    MatMul,
    MatrixExpr,
    ZeroMatrix,
)

from symgate.errors import DefinitionError
from symgate.language import Quantity, Signal
from symgate.language.sequences import EPS
from symgate.notation import Vectors
from symgate.records import Cell, Derivation, Kind, Relation
from symgate.tex.authored import is_laid_over, turned, written
from symgate.tex.blocks import by_block, in_blocks, is_blocks, is_zero, names_of, wide, with_names
from symgate.tex.context import Context, context_of
from symgate.tex.introducing import introduced_by, introduces, named_blocks
from symgate.tex.left_sides import left_piece, left_side
from symgate.tex.printer import Printer
from symgate.tex.shorter import shorter
from symgate.tex.words import Piece, Term, Words


@dataclass(frozen=True)
class Line:
    """An equation: its left side (None for a bare expression) and the terms of its right side."""

    left: Piece | None
    terms: tuple[Term, ...]
    relation: Relation = Relation.EQUAL


def printer_for(obj: Any, words: Words, context: Context | None = None) -> Printer:
    """A printer that knows the names in use around ``obj``."""
    return Printer(words, context or context_of(obj, words.notation))


def lines(obj: Any, words: Words, *, lhs: bool = True) -> list[Line]:
    """The equations that ``obj`` states.

    Args:
        obj: a Cell (its assignments, then its updates), a Derivation, an expression, or several derivations
            (a list, or the record of all gradients of a cell).
        words: the vocabulary.
        lhs: whether left sides are wanted.

    Raises:
        TypeError: anything else.
        UnsupportedNodeError: an expression outside the language.
    """
    obj = obj.expr if isinstance(obj, Quantity) else obj
    _printable(obj, words)
    if isinstance(obj, Cell):
        printer = printer_for(obj, words)
        return [define(symbol, expr, printer, lhs=lhs) for symbol, expr in obj.definitions.items()]
    if isinstance(obj, Derivation):
        obj = shorter(obj)
        printer = printer_for(obj, words)
        obj = replace(obj, named_terms=tuple((name, in_blocks(term)) for name, term in obj.named_terms))
        named = [term for _, term in obj.named_terms]
        apart = (obj.kind is Kind.ADJOINT and is_blocks(named)) or wide(named, printer.context, words.style)
        apart = apart or bool(named_blocks(obj))
        if not lhs or not isinstance(obj.of, Signal) or not apart:
            return [_derivation(obj, printer, lhs=lhs)]
        if obj.kind is Kind.SPLIT:
            return _of_split(obj, printer)
        if not all(is_blocks([term]) or is_zero(term) for term in named):
            return _of_orders(obj, printer)
        blocks = by_block(obj.of, named, obj.cell)
        whole = obj.kind is Kind.STATE_JACOBIAN
        found = [(name, parts) for name, parts in blocks if not whole or not all(map(is_zero, parts))]
        rows = [Line(printer.piece(name), _terms(obj, parts, printer), obj.relation) for name, parts in found]
        return [define(obj.of, names_of(blocks, obj.cell), printer), *rows] if whole else rows
    if isinstance(obj, Basic) and isinstance(obj, Expr):
        return [Line(None, tuple(printer_for(obj, words).terms(obj)))]
    return [line for item in each(obj) for line in lines(item, words, lhs=lhs)]


def _printable(obj: Any, words: Words) -> None:
    """Refuse row vectors where there are none.

    Raises:
        DefinitionError: a state is a matrix, or nothing says which symbols are vectors of the recurrence.
    """
    if words.notation is None or words.notation.vectors is not Vectors.ROW:
        return
    cell = obj if isinstance(obj, Cell) else getattr(obj, "cell", None)
    if isinstance(cell, Cell) and cell.matrix_states:
        raise DefinitionError(f"Cell {cell.name!r} has a matrix state; leave vectors = 'row' out of the notation.")


def each(obj: Any) -> list[Any]:
    """The cells, derivations and expressions in ``obj``: itself, or those of a list or of a record of gradients.

    Raises:
        TypeError: it is, or holds, something that is not printed.
    """
    obj = obj.expr if isinstance(obj, Quantity) else obj
    if isinstance(obj, (Cell, Derivation)) or (isinstance(obj, Basic) and isinstance(obj, Expr)):
        return [obj]
    if isinstance(obj, Iterable) and not isinstance(obj, (str, bytes, Basic)):
        return [part for item in obj for part in each(item)]
    raise TypeError(
        f"Only a cell, a derivation, a SymPy expression, or several of them are printed; found {type(obj).__name__}."
    )


def define(symbol: Any, expr: Any, printer: Printer, *, lhs: bool = True) -> Line:
    """symbol = expr, both as the author lays them out."""
    right = written(expr, printer, turned=printer.context.is_flipped(symbol))
    return Line(printer.piece(symbol) if lhs else None, tuple(printer.terms(right)))


def _derivation(derivation: Derivation, printer: Printer, *, lhs: bool) -> Line:
    terms = _terms(derivation, [expr for _, expr in derivation.named_terms], printer)
    return Line(left_side(derivation, printer) if lhs else None, terms, derivation.relation)


def _terms(derivation: Derivation, exprs: list[Expr], printer: Printer) -> tuple[Term, ...]:
    """The sum of the named terms, or of a block of each."""
    over = is_laid_over(derivation, printer.context)
    if printer.context.lays_out_otherwise:
        exprs = [written(expr, printer, turned=over) for expr in exprs]
    elif over:
        exprs = [turned(expr) for expr in exprs]
    if derivation.kind is Kind.EXPANSION:
        parts = [expr.args if isinstance(expr, MatAdd) else (expr,) for expr in exprs]
        exprs = [_times_small(expr, order) for order, several in enumerate(parts) for expr in several]
    kept = [expr for expr in exprs if not is_zero(expr)] or exprs[:1]
    return tuple(term for expr in kept for term in printer.terms(expr))


def _of_split(derivation: Derivation, printer: Printer) -> list[Line]:
    """J = A + B, and the blocks of A and B."""
    rows, cols = derivation.shape
    symbols = [Signal(name, rows, cols, derivation.of.index) for name in derivation.terms]
    lines = [Line(printer.piece(derivation.of), tuple((False, printer.piece(symbol)) for symbol in symbols))]
    for symbol, term in zip(symbols, derivation.terms.values(), strict=True):
        lines += _defined(symbol, term, printer, derivation.cell)
    return lines


def _of_orders(derivation: Derivation, printer: Printer) -> list[Line]:
    """An expansion of which some orders are not matrices in blocks: those in blocks are named, and defined below."""
    rows, cols = derivation.shape
    orders = range(len(derivation.named_terms))
    name, index = str(derivation.of.name), derivation.of.index
    if isinstance(index, Tuple):
        symbols = [Signal(name, rows, cols, Tuple(*index, Integer(m))) for m in orders]
    else:
        symbols = [Signal(f"{name}_{m}", rows, cols, index) for m in orders]
    pairs = list(zip(symbols, derivation.terms.values(), strict=True))
    shown = [symbol if is_blocks([term]) and not is_zero(term) else term for symbol, term in pairs]
    whole = Line(left_side(derivation, printer), _terms(derivation, shown, printer), derivation.relation)
    below = [(symbol, term) for symbol, term in pairs if symbol in shown]
    return [whole, *(line for pair in below for line in _defined(*pair, printer, derivation.cell))]


def _defined(symbol: Signal, expr: Expr, printer: Printer, cell: Cell) -> list[Line]:
    """symbol = expr, where a matrix in blocks is wide with a name for each of them."""
    if not wide([expr], printer.context, printer.words.style):
        return [define(symbol, expr, printer)]
    whole, blocks = with_names(symbol, expr, cell)
    return [define(symbol, whole, printer), *(define(name, block, printer) for name, block in blocks)]


def _times_small(expr: Expr, order: int) -> Expr:
    """epsilon^order times a coefficient of the expansion."""
    if order == 0 or isinstance(expr, ZeroMatrix):
        return expr
    if isinstance(expr, MatMul) and not isinstance(expr.args[0], MatrixExpr):
        return MatMul(EPS**order * expr.args[0], *expr.args[1:])
    return MatMul(EPS**order, *(expr.args if isinstance(expr, MatMul) else [expr]))


def where_lines(derivation: Derivation, words: Words) -> list[Line]:
    """What the names stand for that are printed with the result, such as A_j."""
    printer = printer_for(derivation, words)
    return [
        line for item in introduced_by(derivation) for line in _defined(item.left, item.right, printer, derivation.cell)
    ]


def further_lines(derivation: Derivation, words: Words) -> list[tuple[str, Line]]:
    """The further equations of a derivation, each with its label."""
    printer = printer_for(derivation, words)
    found = []
    for item in derivation.equations:
        label, left, right = item.label, item.left, item.right
        if introduces(item):
            continue
        if isinstance(left, Signal) and wide([right], printer.context, words.style):
            parts = by_block(left, [right], derivation.cell)
            found += [(label, define(name, part, printer)) for name, (part,) in parts]
            continue
        over = printer.context.is_flipped(left)
        shown = left_side(derivation, printer) if left == derivation.of else left_piece(left, printer)
        over = over or (left == derivation.of and is_laid_over(derivation, printer.context))
        found.append((label, Line(shown, tuple(printer.terms(written(right, printer, turned=over))), item.relation)))
    return found
