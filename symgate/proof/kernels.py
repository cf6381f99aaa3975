"""Nonlinearities as NumPy functions that also take complex numbers, for the complex step.

They are typed here and not taken from the registry's source, which the generated code uses.  A function
without an analytic kernel (a kink, a surrogate slope, or SymPy nodes unknown here) takes f and f' on the real part:
f(x + i h) = f(x) + i h f'(x) to first order, all that the complex step uses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from symgate.nonlinearities import Nonlinearity, Z
from symgate.proof.functions import Functions

Kernel = Callable[[Any], Any]
#: How large the imaginary part of a value may be, relative to it, that a complex step of 1e-30 gives.
_TINY = 1e-12


def _sigma(z: Any) -> Any:
    return (1 + np.tanh(z / 2)) / 2


def _softplus(z: Any) -> Any:
    shift = np.maximum(np.real(z), 0)
    return shift + np.log(np.exp(-shift) + np.exp(z - shift))


def _erf(z: Any) -> Any:
    real = np.real(z)
    return np.vectorize(math.erf, otypes=[float])(real) + 2j / math.sqrt(math.pi) * np.exp(-(real**2)) * np.imag(z)


ANALYTIC: dict[str, Kernel] = {
    "sigma": _sigma,
    "tanh": np.tanh,
    "relu": lambda z: np.where(np.real(z) > 0, z, 0),
    "softplus": _softplus,
    "identity": lambda z: z,
    "sin": np.sin,
    "cos": np.cos,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "erf": _erf,
}

#: SymPy functions with the NumPy function that also takes complex arguments.
SPELLINGS: dict[Any, Kernel] = {
    sympy.exp: np.exp,
    sympy.log: np.log,
    sympy.sin: np.sin,
    sympy.cos: np.cos,
    sympy.tan: np.tan,
    sympy.sinh: np.sinh,
    sympy.cosh: np.cosh,
    sympy.tanh: np.tanh,
    sympy.atan: np.arctan,
    sympy.asinh: np.arcsinh,
}


def kernel(functions: Functions, name: str) -> Kernel:
    """f of that name, for real arrays and complex ones beside them; nan where it has no real value."""
    entry = functions.entry(name)
    own = ANALYTIC.get(entry.name) or _from_formula(entry)
    return lambda z: _real_beside_reals(own(z))


def _real_beside_reals(value: Any) -> Any:
    """Values at a complex step, which is tiny; of log(-1) the imaginary part is not."""
    return np.where(np.abs(np.imag(value)) > _TINY * (1 + np.abs(value)), value * np.nan, value)


def slope_kernel(functions: Functions, name: str, order: int) -> Kernel:
    """f^(order) for real arrays, from the formula of the registry."""
    entry = functions.entry(name)
    if order == 0:
        return lambda z: np.real(kernel(functions, name)(z))
    formula = entry.derivative(order)
    if _known(formula):
        return lambda z: np.broadcast_to(np.real(evaluated(formula, z)), np.shape(z))  # a constant has every entry
    return lambda z: _by_entry(formula, z)


def evaluated(formula: sympy.Expr, z: Any) -> Any:
    """A formula of known SymPy nodes at an array."""
    if formula == Z:
        return z
    if formula.is_number:
        return float(formula)
    parts = [evaluated(arg, z) for arg in formula.args]
    if isinstance(formula, sympy.Add):
        return sum(parts[1:], parts[0])
    if isinstance(formula, sympy.Mul):
        return math.prod(parts[1:], start=parts[0])
    if isinstance(formula, sympy.Pow):
        return parts[0] ** (int(formula.exp) if formula.exp.is_Integer else parts[1])
    return SPELLINGS[formula.func](parts[0])


def _known(formula: sympy.Expr) -> bool:
    """Whether every node of the formula has a spelling."""
    if formula == Z or formula.is_number:
        return True
    usual = isinstance(formula, (sympy.Add, sympy.Mul, sympy.Pow)) or formula.func in SPELLINGS
    return usual and all(_known(arg) for arg in formula.args)


def _from_formula(entry: Nonlinearity) -> Kernel:
    """A registered function: its formula where that is analytic, else value and slope on the real part."""
    formula = entry.derivative(0)
    if _known(formula) and not entry.surrogate:
        return lambda z: evaluated(formula, z) + 0 * z  # a constant has every entry
    slope = entry.derivative(1)
    return lambda z: _by_entry(formula, np.real(z)) + 1j * np.imag(z) * _by_entry(slope, np.real(z))


def _by_entry(formula: sympy.Expr, z: Any) -> Any:
    """Any formula, one real entry at a time; a complex step asks for the same entries again and again."""
    return np.vectorize(lambda value: _at(formula, float(value)), otypes=[float])(z)


@lru_cache(maxsize=8192)
def _at(formula: sympy.Expr, value: float) -> float:
    return float(formula.evalf(17, subs={Z: sympy.Float(value, 17)}))
