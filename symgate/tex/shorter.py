r"""Results in fewer signs: sums with a Kronecker delta carried out, and sums that are zero dropped.

    sum_{i=k+1}^{t} delta_{t,i} v_i  =  (1 - delta_{t,k}) v_t                    for t >= k
    sum_{i=k+1}^{t} delta_{i-1,k} delta_{t,i} v_i  =  delta_{t,k+1} v_t
    1'(v - (1'v) / (1'1) 1)  =  0                                                layer normalisation

What comes in is a derivation, what goes out is one with the same meaning.  Zero sums are dropped wherever a result is
printed; the other belongs to displays.
Law: ``tests/tex/test_shorter.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.matrices.expressions import (
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
)

from symgate.language import Dot, Signal, T
from symgate.language.sequences import HadamardRun, K, MatrixSum
from symgate.records import Cell, Derivation
from symgate.tex.rewriting import Rewriting, scalar_of, times


@lru_cache(maxsize=512)
def shorter(derivation: Derivation) -> Derivation:
    """The derivation with the sums dropped that are zero."""
    zero = centred(derivation.cell)
    return _rewritten(derivation, lambda expr: _without_zero(expr, zero)) if zero else derivation


@lru_cache(maxsize=512)
def carried_out(derivation: Derivation) -> Derivation:
    """The derivation with the sums over i = k+1, ..., t carried out in which a delta fixes i.

    A term whose factor is 0 is 0, whatever stands beside it: at t = k there is no step t between the two.
    """
    return _rewritten(derivation, _carried_out)


def _rewritten(derivation: Derivation, rule: Callable[[Any], Any]) -> Derivation:
    rewrite = Rewriting(rule).walk
    terms = tuple((name, rewrite(expr)) for name, expr in derivation.named_terms)
    same = all(new == old for (_, new), (_, old) in zip(terms, derivation.named_terms, strict=True))
    return derivation if same else replace(derivation, named_terms=terms)


def centred(cell: Cell) -> frozenset[str]:
    """The named vectors whose entries add up to zero, because they are v - (1'v)/(1'1) 1."""
    return frozenset(str(item.symbol.name) for item in cell.assignments if _is_centred(item.expr))


def _is_centred(expr: Expr) -> bool:
    if not isinstance(expr, MatAdd) or len(expr.args) != 2:
        return False
    for whole, mean in (expr.args, expr.args[::-1]):
        if isinstance(mean, MatMul) and isinstance(mean.args[-1], OneMatrix) and mean.shape[1] == 1:
            *scalars, ones = mean.args
            if any(isinstance(part, MatrixExpr) for part in scalars):
                continue
            factor = sympy.Mul(*scalars)
            size = ones.shape[0]
            sums = {Dot(ones, whole), Dot(whole, ones)}
            counts = {size, Dot(ones, ones)}
            if any(factor == -total / count for total in sums for count in counts):
                return True
    return False


def _without_zero(expr: Any, zero: frozenset[str]) -> Any:
    """1'v = 0 for a centred vector v, at any time."""
    if isinstance(expr, Dot):
        left, right = expr.args
        for one, other in ((left, right), (right, left)):
            if isinstance(one, OneMatrix) and isinstance(other, Signal) and str(other.name) in zero:
                return sympy.S.Zero
    return expr


def _carried_out(expr: Any) -> Any:
    """A sum over i = k+1, ..., t in which a delta fixes i."""
    if not isinstance(expr, MatrixSum) or (expr.lower, expr.upper) != (K + 1, T):
        return expr
    scalar, body = scalar_of(expr.body)
    for delta in sympy.Mul.make_args(scalar):
        if not isinstance(delta, KroneckerDelta) or expr.index not in delta.free_symbols:
            continue
        value = _solved(delta, expr.index)
        if value is None:
            continue
        rest = sympy.Mul(*[part for part in sympy.Mul.make_args(scalar) if part != delta])
        rest, body = rest.xreplace({expr.index: value}), _moved(body, expr.index, value)
        if value not in (K + 1, T):
            return expr
        adjacent = any(
            isinstance(part, KroneckerDelta) and sympy.expand(part.args[0] - part.args[1]) in (T - K - 1, K + 1 - T)
            for part in sympy.Mul.make_args(rest)
        )
        return times(rest if adjacent else rest * (1 - KroneckerDelta(T, K)), body)
    return expr


def _solved(delta: KroneckerDelta, index: sympy.Symbol) -> Expr | None:
    """The value of the index at which a delta is 1."""
    difference = sympy.expand(delta.args[0] - delta.args[1])
    slope = difference.coeff(index, 1)
    rest = difference - slope * index
    return sympy.expand(-rest / slope) if slope in (1, -1) and index not in rest.free_symbols else None


def _moved(expr: Any, index: Expr, value: Expr) -> Any:
    """The expression with one time in the place of another; empty products become 1."""
    return Rewriting(_without_empty).walk(expr.xreplace({index: value}))


def _without_empty(expr: Any) -> Any:
    if isinstance(expr, HadamardRun) and expr.lower - expr.upper == 1:
        return OneMatrix(*expr.shape)
    return expr
