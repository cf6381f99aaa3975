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
    if isinstance(value, (float, sympy.Float)) and isfinite(float(value)):
        return sympy.Rational(repr(float(value)))
    return None


def _is_single(value: object) -> bool:
    """Whether this is a number of NumPy with fewer digits than a float; it is meant by its shortest decimal."""
    if not isinstance(value, Real) or isinstance(value, (int, float, Fraction, sympy.Basic)):
        return False
    return isfinite(float(value)) and re.fullmatch(r"-?\d+(\.\d*)?(e[-+]?\d+)?", str(value)) is not None
