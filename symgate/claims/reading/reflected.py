r"""Sums and products that count lags or run backward, by the time of what they hold.

``\sum_{j=0}^{t-1} W^j x_{t-j}`` is the sum over s of ``W^{t-s} x_s``, and ``\sum_{i=t}^{T} V^{T-i} g_{T+t-i}`` that of
``V^{s-t} g_s``.  In: an expression at times of the author.  Out: the same one, its indices being times of names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Expr, Symbol
from sympy.matrices.expressions import MatrixSymbol

from symgate.claims.reading.build import matrix_power
from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct, moved

_NOTE = "the factors of a product whose index runs backward in time stand in the order of time, LATER ones on the LEFT"


def by_time(expr: Any, notes: list[str]) -> Any:
    """An expression whose sums and products run over the times of the names in them."""
    if isinstance(expr, (Symbol, MatrixSymbol, ScalarSignal)) or not isinstance(expr, sympy.Basic) or not expr.args:
        return expr
    if isinstance(expr, (MatrixSum, OrderedProduct, HadamardRun)):
        return _over(type(expr), by_time(expr.body, notes), expr.index, expr.lower, expr.upper, notes)
    if isinstance(expr, (sympy.Sum, sympy.Product)) and len(expr.limits) == 1 and len(expr.limits[0]) == 3:
        index, lower, upper = expr.limits[0]
        return _over(type(expr), by_time(expr.function, notes), index, lower, upper, notes)
    parts = [by_time(arg, notes) for arg in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)


def _over(kind: Any, body: Any, index: Symbol, lower: Expr, upper: Expr, notes: list[str]) -> Any:
    """One sum or product with its index moved or turned round; where nothing says how, as it is."""
    found = _time_of(body, index)
    if found is not None:
        sign, rest = found
        body = by_length(moved(body, {index: sign * (index - rest)}))
        lower, upper = (sympy.expand(sign * end + rest) for end in (lower, upper))
        if sign < 0:
            lower, upper = upper, lower
            if kind is OrderedProduct and _NOTE not in notes:
                notes.append(_NOTE)
    elif kind is OrderedProduct and not body.has(index):
        return by_length(OrderedProduct(body, index, lower, upper))
    return kind(body, index, lower, upper) if hasattr(body, "shape") else kind(body, (index, lower, upper))


def _time_of(body: Any, index: Symbol) -> tuple[int, Expr] | None:
    """(sign, rest) of the time sign * index + rest of the first name that is not at the index itself; None for none.

    Names that run both ways leave the index as it is.
    """
    times = [time for time in _times(body) if time.has(index)]
    signs = {sympy.expand(time).coeff(index) for time in times}
    if len(signs) != 1 or signs - {1, -1}:
        return None
    sign = int(signs.pop())
    rests = [sympy.expand(time - sign * index) for time in times]
    rest = next((item for item in rests if item.free_symbols), rests[0])
    whole = sympy.Add(*(term for term in sympy.Add.make_args(rest) if not term.is_Integer))
    return (sign, whole) if sign < 0 or whole != 0 else None


def _times(body: Any) -> Iterator[Expr]:
    """The times of names, in order of appearance."""
    for node in sympy.preorder_traversal(body):
        if isinstance(node, (Signal, ScalarSignal)):
            index = node.index
            yield from index[:2] if isinstance(index, sympy.Tuple) else (index,)


def by_length(expr: Any) -> Any:
    """Products of one matrix over a range that says no more than their length, each over the range of that power."""
    if isinstance(expr, (Symbol, MatrixSymbol, ScalarSignal)) or not isinstance(expr, sympy.Basic) or not expr.args:
        return expr
    if isinstance(expr, OrderedProduct) and not expr.body.has(expr.index):
        power = matrix_power(expr.body, sympy.expand(expr.upper - expr.lower + 1))
        return OrderedProduct(expr.body, expr.index, power.lower, power.upper)  # the index tells powers from products
    parts = [by_length(arg) for arg in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)
