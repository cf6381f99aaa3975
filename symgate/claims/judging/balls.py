"""A witness once more in ball arithmetic: both numbers as intervals that surely hold the true values.

python-flint is optional; without it the witness stands on numbers of 50 and 80 digits that agree.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, final

import sympy

from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities import Z
from symgate.proof import Witness, layout
from symgate.proof.entries import Entries
from symgate.proof.functions import BOUND, Functions, functions
from symgate.proof.numbers import Field
from symgate.proof.tables import Table
from symgate.records import Derivation

_BITS, _SHOWN = 200, 20


def available() -> bool:
    """Whether python-flint is installed."""
    return importlib.util.find_spec("flint") is not None


@final
class Ball(Field):
    """Balls of python-flint: a midpoint and a radius, rounded outward at every step."""

    ordered = False

    def __init__(self, functions: Functions, flint: Any) -> None:
        self.functions = functions
        self.flint = flint
        self.zero, self.one = flint.arb(0), flint.arb(1)

    def number(self, value: sympy.Rational) -> Any:
        return self.flint.arb(self.flint.fmpq(int(value.p), int(value.q)))

    def apply(self, function: str, order: int, value: Any, label: int) -> Any:
        return self._at(self.functions.entry(function).derivative(order), value)

    def _at(self, formula: sympy.Expr, value: Any) -> Any:
        """A formula in Z at a ball."""
        if formula == Z:
            return value
        if formula.is_Rational:
            return self.number(formula)
        if formula == sympy.pi:
            return self.flint.arb.pi()
        parts = [self._at(arg, value) for arg in formula.args] if formula.args else []
        if isinstance(formula, sympy.Add):
            return self.total(parts)
        if isinstance(formula, sympy.Mul):
            return self.product(parts)
        if isinstance(formula, sympy.Pow) and formula.exp.is_Rational:
            return parts[0] ** (int(formula.exp) if formula.exp.is_Integer else parts[1])
        name = _NAMES.get(formula.func.__name__)
        if name is None:
            raise UnsupportedNodeError(f"{formula.func.__name__} has no ball arithmetic here.")
        return getattr(parts[0], name)()


_NAMES = {"exp": "exp", "log": "log", "tanh": "tanh", "cosh": "cosh", "sinh": "sinh"}
_NAMES |= {"sin": "sin", "cos": "cos", "erf": "erf"}


def enclosed(claim: Derivation, witness: Witness) -> str:
    """Both numbers of a witness as balls, in words; "" where they overlap or cannot be had."""
    if not available() or witness.exact:
        return "Both numbers are exact rationals." if witness.exact else ""
    flint = importlib.import_module("flint")
    before, flint.ctx.prec = flint.ctx.prec, _BITS
    try:
        algebra = Ball(functions(claim.cell, BOUND), flint)
        sizes = {dim: witness.sizes[str(dim)] for dim in claim.cell.dimensions}
        values = {symbol: _value(algebra, witness.values[symbol.name]) for symbol in layout.leaves(claim)}
        claimed = layout.claimed(claim, Entries(algebra, sizes, values, claim.cell.definitions))
        true = layout.differentiated(claim, algebra, sizes, values)
        rows = layout.variable_shape(claim, sizes)[0]
        key = layout.key_of(claim, witness.entry[0] - 1, witness.entry[1] - 1, rows)
        ours, theirs = true.get(key, algebra.zero), claimed.get(key, algebra.zero)
        if ours.overlaps(theirs):
            return ""
        shown = f"the true value in {ours.str(_SHOWN)}, the claim in {theirs.str(_SHOWN)}"
    except (UnsupportedNodeError, ZeroDivisionError):
        return ""
    else:
        return f"Rigorous enclosures in ball arithmetic: {shown}."
    finally:
        flint.ctx.prec = before


def _value(algebra: Ball, value: Any) -> Any:
    if isinstance(value, str):
        return algebra.number(sympy.Rational(*map(int, value.split("/"))))
    lines = [dict(enumerate(_value(algebra, item) for item in row)) for row in value]
    return Table(len(value[0]), lines)
