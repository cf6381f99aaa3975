"""Numbers of Python, NumPy and SymPy as exact fractions: a float by its shortest decimal.

In: anything.  Out: a rational number, or None where it is not a number.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import isfinite
from numbers import Integral, Real

import sympy


def rational(value: object) -> sympy.Rational | None:
    """A number as an exact fraction; a float by its shortest decimal."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    if isinstance(value, Integral) and not isinstance(value, sympy.Basic):
        return sympy.Rational(int(value))
    if isinstance(value, sympy.Rational):
        return sympy.Rational(value)
    if _is_single(value):
        return sympy.Rational(str(value))
    if isinstance(value, sympy.Float):
        return decimal(value) if value.is_finite else None
    if isinstance(value, float) and isfinite(value):
        return sympy.Rational(repr(float(value)))
    return None


def decimal(value: sympy.Float) -> sympy.Rational:
    """A float of SymPy as the decimal that is printed; with all its binary digits where that is another number."""
    shown = str(value)
    return sympy.Rational(shown) if sympy.Float(shown) == value else sympy.Rational(value)


def _is_single(value: object) -> bool:
    """Whether this is a number of NumPy with fewer digits than a float; it is meant by its shortest decimal."""
    if not isinstance(value, Real) or isinstance(value, (int, float, Fraction, sympy.Basic)):
        return False
    return isfinite(float(value)) and re.fullmatch(r"-?\d+(\.\d*)?(e[-+]?\d+)?", str(value)) is not None
