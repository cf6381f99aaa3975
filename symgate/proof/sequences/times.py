"""Expressions of times and sizes as numbers: indices, bounds, exponents, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy import Expr
from sympy.core.relational import Relational

from symgate.errors import UnsupportedNodeError
from symgate.proof.sequences.laws import OutsideError

Times = Mapping[sympy.Symbol, int]
Sizes = Mapping[Expr, int]
#: Larger exponents than this are not taken in a time or a bound.
_HIGHEST = 64


def whole_number(expr: Any, times: Times, sizes: Sizes) -> int:
    """A time, a bound or an exponent as a whole number.

    Raises:
        UnsupportedNodeError: it is not one.
    """
    if isinstance(expr, sympy.Integer):
        return int(expr.p)
    if expr in times:
        return times[expr]
    if isinstance(expr, sympy.Add) and all(arg in times or isinstance(arg, sympy.Integer) for arg in expr.args):
        return sum(times[arg] if arg in times else int(arg) for arg in expr.args)
    value = number(expr, times, sizes)
    if value.denominator != 1:
        raise UnsupportedNodeError(f"A time or bound must be a whole number here; found {expr} = {value}.")
    return int(value)


def number(expr: Any, times: Times, sizes: Sizes) -> Fraction:
    """A rational expression of time letters and sizes.

    Raises:
        UnsupportedNodeError: it holds anything else.
        OutsideError: it divides by 0 at these times.
    """
    match expr:
        case sympy.Rational():
            return Fraction(int(expr.p), int(expr.q))
        case sympy.Symbol() if expr in times:
            return Fraction(times[expr])
        case sympy.Symbol() if expr in sizes:
            return Fraction(sizes[expr])
        case sympy.Pow() if expr.exp.is_Integer and abs(int(expr.exp)) <= _HIGHEST:
            base = number(expr.base, times, sizes)
            if base == 0 and expr.exp.is_negative:
                raise OutsideError(f"{expr} divides by 0 there")
            return base ** int(expr.exp)
        case sympy.Add() | sympy.Mul() | sympy.Min() | sympy.Max() | sympy.floor() | sympy.ceiling():
            return _joined(expr, [number(arg, times, sizes) for arg in expr.args])
    raise UnsupportedNodeError(f"A time or bound must be a number here; found {expr}.")


def _joined(expr: Any, parts: list[Fraction]) -> Fraction:
    """The sum, product, smallest, largest or rounding of numbers."""
    match expr:
        case sympy.Add():
            return sum(parts, Fraction(0))
        case sympy.Min():
            return min(parts)
        case sympy.Max():
            return max(parts)
        case sympy.floor():
            return Fraction(parts[0].__floor__())
        case sympy.ceiling():
            return Fraction(parts[0].__ceil__())
    found = Fraction(1)
    for part in parts:
        found *= part
    return found


def holds(condition: Any, times: Times, sizes: Sizes) -> bool:
    """Whether a condition between times holds.

    Raises:
        UnsupportedNodeError: it is one between anything else.
    """
    if isinstance(condition, Relational):
        left, right = (rational(number(side, times, sizes)) for side in condition.args)
        return bool(condition.func(left, right))
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    raise UnsupportedNodeError(f"A condition must be one between times; found {condition}.")


def rational(value: Fraction) -> sympy.Rational:
    """A fraction as a number of SymPy."""
    return sympy.Rational(value.numerator, value.denominator)
