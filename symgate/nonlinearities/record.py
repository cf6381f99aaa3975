"""The record of a nonlinearity: what the package needs to know of an elementwise function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from symgate.errors import OpaqueFunctionError

#: The variable in which formulas are stored.
Z = sympy.Symbol("z", real=True)


@dataclass(frozen=True)
class Nonlinearity:
    """An elementwise function f and what the package needs to know of it.

    Attributes:
        name: the name in the registry; also the root of the names of its kernels.
        latex: its TeX, such as ``\\tanh``.
        formula: f(z) as a SymPy expression in ``Z``; None for an opaque function.
        slope: f'(z) in ``Z``; differentiated from ``formula`` where not given.
        value_rule: f' as a polynomial in y = f(z), for functions that satisfy y' = p(y); else None.
        kernels: NumPy source of f and f', each a tuple of lines over ``z`` ending in a return;
            None where the code generator is to print the formula itself.
        complement: whether 1 - f(z) = f(-z), which keeps the digits of 1 - f near f = 1.
        assumption: what a derivation that uses f must say, such as "no argument of relu is 0".
        domain: "real", "positive", "nonnegative" or "nonzero".
        kinks: where f has no derivative; code uses there what ``slope`` gives.
        surrogate: whether ``slope`` is not the derivative of f but a slope chosen in its place.
    """

    name: str
    latex: str
    formula: sympy.Expr | None = None
    slope: sympy.Expr | None = None
    value_rule: Callable[[sympy.Expr], sympy.Expr] | None = None
    kernels: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    complement: bool = False
    assumption: str = ""
    domain: str = "real"
    kinks: tuple[sympy.Expr, ...] = ()
    surrogate: bool = False

    @property
    def opaque(self) -> bool:
        """Whether f stands for any differentiable function."""
        return self.formula is None

    @property
    def constant_in_pieces(self) -> bool:
        """Whether f' = 0 wherever it exists, as for a step; then no derivative has a term with f'."""
        return self.slope == 0 and not self.surrogate

    def derivative(self, order: int) -> sympy.Expr:
        """The derivative of f of the given order, away from kinks, as an expression in ``Z``.

        Raises:
            OpaqueFunctionError: f is opaque.
        """
        if self.formula is None:
            raise OpaqueFunctionError(
                f"{self.name} is opaque: it stands for any differentiable function and has no values. "
                f"Bind it first, such as sg.cell(..., {self.name}='tanh')."
            )
        if order == 0:
            return self.formula
        first = away_from_kinks(self.formula.diff(Z)) if self.slope is None else self.slope
        return first if order == 1 else away_from_kinks(first.diff(Z, order - 1))

    def polynomial(self, order: int) -> sympy.Expr | None:
        """What ``derivative`` gives, where f and its slope, which may be a surrogate, are polynomials; else None."""
        if self.formula is None or not all(self.derivative(own).is_polynomial(Z) for own in (0, 1)):
            return None
        return self.derivative(order)


def away_from_kinks(expr: sympy.Expr) -> sympy.Expr:
    """The expression without the impulses that stand for the derivatives of jumps."""
    return expr.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
