"""Powers of one matrix, W W^(t-1-k) as W^(t-k): products carried into sums, and factors joined where they are powers.

Two powers are joined only where both lengths are 0 or more at every time of the domain, since a product over an empty
range is I and no inverse.
"""

from __future__ import annotations

from itertools import product
from math import prod

import sympy
from sympy import Expr, Symbol
from sympy.matrices.expressions import DiagMatrix, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Transpose

from symgate.claims.reading.build import matrix_power, times_scalar, total
from symgate.claims.reading.reflected import by_length
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import MatrixSum, OrderedProduct

#: A product is carried into sums of no more terms than this.
_MOST = 64
#: The first and last value of each index.
Ranges = dict[Symbol, tuple[Expr, Expr]]


def joined_powers(expr: Expr, start: int, within: Ranges | None = None) -> Expr:
    """An expression at t >= start with powers joined; ``within`` are the ranges of the indices around it."""
    ranges = within or {}
    if isinstance(expr, MatAdd):
        return total([joined_powers(arg, start, ranges) for arg in expr.args])
    if isinstance(expr, MatrixSum):
        inner = {**ranges, expr.index: (expr.lower, expr.upper)}
        body = joined_powers(expr.body, start, inner)
        return MatrixSum(body, *expr.args[1:])
    if not isinstance(expr, MatMul):
        return by_length(expr)
    factors = [joined_powers(arg, start, ranges) for arg in expr.args if isinstance(arg, MatrixExpr)]
    scalar = sympy.Mul(*(arg for arg in expr.args if not isinstance(arg, MatrixExpr)))
    place = next((at for at, item in enumerate(factors) if isinstance(item, MatrixSum)), None)
    if place is not None and not any(
        item.has(factors[place].index) for item in (*factors[:place], *factors[place + 1 :])
    ):
        run = factors[place]
        body = MatMul(*factors[:place], run.body, *factors[place + 1 :])
        return times_scalar(scalar, joined_powers(MatrixSum(body, *run.args[1:]), start, ranges))
    sums = [item.args if isinstance(item, MatAdd) else (item,) for item in factors]
    if 1 < prod(map(len, sums)) <= _MOST:
        return total([times_scalar(scalar, joined_powers(MatMul(*term), start, ranges)) for term in product(*sums)])
    flat = [part for item in factors for part in (item.args if isinstance(item, MatMul) else (item,))]
    scalar *= sympy.Mul(*(part for part in flat if not isinstance(part, MatrixExpr)))
    kept = _joined([part for part in flat if isinstance(part, MatrixExpr)], start, ranges)
    return times_scalar(scalar, MatMul(*kept)) if kept else times_scalar(scalar, sympy.Identity(expr.shape[0]))


def _joined(factors: list[Expr], start: int, ranges: Ranges) -> list[Expr]:
    """Factors in which neighbours that are powers of one matrix are one."""
    found: list[Expr] = []
    for factor in factors:
        one, other = (_power(found[-1]) if found else None), _power(factor)
        if one is None or other is None or one[0] != other[0]:
            found.append(factor)
            continue
        (base, first), (_, second) = one, other
        length = sympy.expand(first + second)
        safe = all(_least(item, start, ranges) for item in (first, second))
        if not safe or length.is_Integer:
            found.append(factor)
            continue
        found[-1] = matrix_power(base, length)
    return found


def _power(factor: Expr) -> tuple[Expr, Expr] | None:
    """(matrix, exponent) of a power of a matrix that is the same at all times; None for anything else."""
    turned = isinstance(factor, Transpose)
    inner = factor.arg if turned else factor
    if isinstance(inner, OrderedProduct):
        if inner.body.has(inner.index) or inner.body.has(T):
            return None
        body = Transpose(inner.body) if turned else inner.body
        return body, sympy.expand(inner.upper - inner.lower + 1)
    constant = not any(isinstance(node, (Signal, ScalarSignal)) for node in sympy.preorder_traversal(inner))
    plain = isinstance(inner, (MatrixSymbol, DiagMatrix)) and constant and inner.shape[0] == inner.shape[1]
    return (factor, sympy.S.One) if plain else None


def _least(length: Expr, start: int, ranges: Ranges) -> bool:
    """Whether a length is 0 or more for all indices in their ranges and every t >= start."""
    for index, (lower, upper) in reversed(ranges.items()):
        slope = sympy.expand(length).coeff(index)
        length = sympy.expand(length.xreplace({index: lower if slope >= 0 else upper})) if slope.is_number else length
    slope, least = length.coeff(T), length.xreplace({T: sympy.Integer(start)})
    return bool(least.is_Integer and slope.is_number and slope >= 0 and least >= 0)
