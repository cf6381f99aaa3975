"""What a cell or a derivation states: one line for each equation, a left side and signed terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sympy import Basic, Expr, Integer, Symbol, Tuple
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    ZeroMatrix,
)

from symgate.errors import DefinitionError
from symgate.language import Quantity, ScalarSignal, Signal
from symgate.language.flipped import Turn, flipped, turned_over
from symgate.language.matrices import transposed
from symgate.language.sequences import EPS
from symgate.notation import Layout, Vectors
from symgate.records import Cell, Derivation, Equation, Kind, Relation, Standing
from symgate.tex.blocks import by_block, in_blocks, is_blocks, is_zero, names_of, wide, with_names
from symgate.tex.blocks import named as block_names
from symgate.tex.context import Context, context_of, walk
from symgate.tex.printer import Printer
from symgate.tex.shorter import shorter
from symgate.tex.words import ATOM, PRODUCT, Piece, Term, Words


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


def written(expr: Any, printer: Printer, *, turned: bool = False) -> Any:
    """An expression over the symbols as the author lays them out; ``turned`` for its transpose."""
    context = printer.context
    if not context.lays_out_otherwise:
        return turned_over(expr) if turned else expr
    rows = context.notation.vectors is Vectors.ROW
    shown = flipped(expr, context.is_flipped, Turn.COLUMNS if rows else Turn.NONE)
    return turned_over(shown) if turned else shown


def _derivation(derivation: Derivation, printer: Printer, *, lhs: bool) -> Line:
    terms = _terms(derivation, [expr for _, expr in derivation.named_terms], printer)
    return Line(left_side(derivation, printer) if lhs else None, terms, derivation.relation)


def turned(expr: Expr) -> Expr:
    """The transpose, carried down to the symbols."""
    if isinstance(expr, BlockMatrix):
        rows, cols = expr.blockshape
        return BlockMatrix([[turned(expr.blocks[i, j]) for i in range(rows)] for j in range(cols)])
    if isinstance(expr, KroneckerProduct):
        return KroneckerProduct(*map(turned, expr.args))
    if isinstance(expr, (MatAdd, MatMul)):
        parts = [turned(arg) if isinstance(arg, MatrixExpr) else arg for arg in expr.args]
        return expr.func(*parts) if isinstance(expr, MatAdd) else MatMul(*_scalars_first(parts))
    if isinstance(expr, (Identity, DiagMatrix)):
        return expr
    return ZeroMatrix(*expr.shape[::-1]) if isinstance(expr, ZeroMatrix) else transposed(expr)


def _scalars_first(parts: list[Expr]) -> list[Expr]:
    scalars = [part for part in parts if not isinstance(part, MatrixExpr)]
    return [*scalars, *[part for part in reversed(parts) if isinstance(part, MatrixExpr)]]


def is_laid_over(derivation: Derivation, context: Context) -> bool:
    """Whether the author has the right side transposed: by her layout, or because the left side is a symbol that is."""
    if derivation.kind in {Kind.VJP, Kind.GRADIENT}:
        return context.is_flipped(derivation.wrt)
    if derivation.one_step:
        return context.notation.layout is Layout.DENOMINATOR and derivation.kind is not Kind.JVP
    return context.is_flipped(derivation.of)


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


def introduces(item: Equation) -> bool:
    """Whether an equation defines a symbol of the formula and needs no label."""
    return item.standing is Standing.DEFINITION and not item.label


def introduced_by(derivation: Derivation) -> list[Equation]:
    """The definitions of symbols that the formula, its further equations or these definitions hold."""
    own = [item for item in derivation.equations if introduces(item)]
    shown = named_blocks(derivation)
    sides = [term for _, term in derivation.named_terms] + [derivation.of]
    sides += [side for item in derivation.equations if item not in own for side in (item.left, item.right)]
    found: list[Equation] = []
    seen = {look for side in sides for look in _looks(side)}
    while more := [item for item in own if item not in found and _look(item.left) in seen]:
        found += more
        seen |= {look for item in more for look in _looks(item.right)}
    return [item for item in own if item in found and item.left not in shown]


def named_blocks(derivation: Derivation) -> set[Expr]:
    """The names of blocks of a Jacobian of all states that other blocks are made of: each is printed as a block."""
    if derivation.kind is not Kind.STATE_JACOBIAN:
        return set()
    count = len(derivation.cell.states)
    names = {name for row in block_names(derivation.of, derivation.cell, (count, count)) for name in row}
    return names & {item.left for item in derivation.definitions}


def _look(symbol: Any) -> tuple[str, int]:
    """A symbol by its name and its number of times."""
    index = getattr(symbol, "index", None)
    return str(getattr(symbol, "name", "")), len(index) if isinstance(index, Tuple) else int(index is not None)


def _looks(expr: Any) -> set[tuple[str, int]]:
    return {_look(node) for node in walk(expr) if isinstance(node, (Signal, ScalarSignal, Symbol, MatrixSymbol))}


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
        shown = left_side(derivation, printer) if left == derivation.of else _left_piece(left, printer)
        over = over or (left == derivation.of and is_laid_over(derivation, printer.context))
        found.append((label, Line(shown, tuple(printer.terms(written(right, printer, turned=over))), item.relation)))
    return found


def _left_piece(left: Any, printer: Printer) -> Piece:
    """A left side: a symbol, or an expression over the symbols as the author lays them out."""
    return printer.piece(left if isinstance(left, MatrixSymbol) else written(left, printer))


def left_side(derivation: Derivation, printer: Printer) -> Piece:
    """The derivative that a derivation states; with a plus where the state before the step is held fixed."""
    words, of, wrt = printer.words, derivation.of, derivation.wrt
    if not derivation.one_step and derivation.kind is not Kind.GRADIENT:
        return _left_piece(of, printer)
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
