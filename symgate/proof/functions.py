"""What a route may take for granted about the nonlinearities: nothing, their value rules, or their binding.

A formula that holds with *opaque* functions holds for every differentiable function.  Only where that
fails are more facts allowed, one level at a time, and the certificate says which level was needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy

from symgate.nonlinearities import Nonlinearity, Z, nonlinearity
from symgate.records import Cell

#: From the strongest statement to the weakest: every function opaque; registered functions obey their
#: value rules (sigma' = sigma (1 - sigma)); the opaque functions of the cell are bound as well.
OPAQUE, RULES, BOUND = ("opaque", "rules", "bound")

Coefficients = tuple[sympy.Rational, ...]


@dataclass(frozen=True)
class Functions:
    """The functions of a cell at one level of knowledge.

    Attributes:
        declared: (name, bound nonlinearity or None) for the opaque functions of the cell.
        level: what may be used of them.
    """

    declared: tuple[tuple[str, str | None], ...]
    level: str = OPAQUE

    def entry(self, name: str) -> Nonlinearity:
        """The nonlinearity that gives numbers; a function of the cell without a binding borrows tanh."""
        bound = dict(self.declared)
        return nonlinearity(bound[name] or "tanh") if name in bound else nonlinearity(name)

    def identity(self, name: str) -> str:
        """Which function a name stands for at this level: two names bound to one function are one at BOUND.

        A function that the cell declares is never the registered one of the same name.
        """
        bound = dict(self.declared)
        if name not in bound:
            return name
        target = bound[name]
        return target if self.level == BOUND and target is not None else f"own {name}"

    def known(self, name: str) -> Nonlinearity | None:
        """The nonlinearity whose identities may be used at this level, if any."""
        declared = dict(self.declared)
        if self.level == OPAQUE or (name in declared and (self.level != BOUND or declared[name] is None)):
            return None
        entry = self.entry(name)
        return None if entry.opaque else entry

    def in_value(self, name: str, order: int) -> Coefficients | None:
        """f^(order) as a polynomial in the value y = f(z), lowest power first, where a value rule gives one."""
        entry = self.known(name)
        if entry is None or entry.value_rule is None:
            return None
        return value_polynomial(entry, order)

    def in_argument(self, name: str, order: int) -> Coefficients | None:
        """f^(order) as a polynomial in z, lowest power first, where f is one (the identity)."""
        entry = self.known(name)
        own = None if entry is None else entry.polynomial(order)
        return None if own is None else coefficients(own, Z)

    def at(self, level: str) -> Functions:
        """The same functions at another level."""
        return Functions(self.declared, level)


def functions(cell: Cell, level: str = OPAQUE) -> Functions:
    """The functions of a cell."""
    return Functions(cell.functions, level)


@lru_cache(maxsize=256)
def value_polynomial(entry: Nonlinearity, order: int) -> Coefficients:
    """f^(order) in y = f(z): y for order 0; each derivative is d/dy times y' = p(y)."""
    y = sympy.Symbol("y")
    if entry.value_rule is None:
        raise ValueError(f"{entry.name} has no value rule.")
    slope = entry.value_rule(y)
    expr: sympy.Expr = y
    for _ in range(order):
        expr = sympy.expand(expr.diff(y) * slope)
    return coefficients(expr, y)


def coefficients(expr: sympy.Expr, variable: sympy.Symbol) -> Coefficients:
    """The coefficients of a polynomial, lowest power first."""
    return tuple(reversed(sympy.Poly(expr, variable).all_coeffs()))


def levels(cell: Cell, names: Sequence[str]) -> tuple[str, ...]:
    """The levels that differ for the named functions, strongest first."""
    found = [OPAQUE]
    for level in (RULES, BOUND):
        before = [Functions(cell.functions, found[-1]).known(name) for name in names]
        if [Functions(cell.functions, level).known(name) for name in names] != before:
            found.append(level)
    return tuple(found)
