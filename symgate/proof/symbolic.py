"""SymPy expressions as scalars, with opaque nonlinearities that SymPy itself differentiates.

f(z_i) becomes an applied function of (z_i, i): its ``fdiff`` is f' of the same arguments, so
``sympy.diff`` applies the chain rule on its own.  The row i is part of the atom, hence values in
different rows are different atoms even where their arguments happen to agree (``docs/proof.md``
says why the proof for all sizes needs that).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, final

import sympy
from sympy import Expr, Function

from symgate.errors import UnsupportedNodeError
from symgate.proof.algebras import Algebra
from symgate.proof.functions import Coefficients, Functions

#: Beyond this many terms an expansion is given up: undecided rather than endless.
LARGEST = 50_000


@lru_cache(maxsize=512)
def opaque(name: str, order: int) -> type[Function]:
    """f^(order) as a SymPy function of (argument, row) about which only its derivative is known."""

    def fdiff(self: Function, argindex: int = 1) -> Expr:
        return opaque(name, order + 1)(*self.args) if argindex == 1 else sympy.S.Zero

    return _function(f"{name}_{order}", fdiff)


@lru_cache(maxsize=512)
def ruled(name: str, rule: Coefficients) -> type[Function]:
    """f as a SymPy function of (argument, row) whose derivative is a polynomial in its own value."""

    def fdiff(self: Function, argindex: int = 1) -> Expr:
        return sympy.Add(*(c * self**k for k, c in enumerate(rule))) if argindex == 1 else sympy.S.Zero

    return _function(f"{name}_0", fdiff)


@lru_cache(maxsize=512)
def named(name: str) -> type[Function]:
    """A named intermediate as a function of (its value, row): the name is kept, the derivative goes through."""

    def fdiff(_: Function, argindex: int = 1) -> Expr:
        return sympy.S.One if argindex == 1 else sympy.S.Zero

    return _function(f"named_{name}", fdiff)


def _function(name: str, fdiff: Any) -> type[Function]:
    return type(name, (Function,), {"fdiff": fdiff, "nargs": 2})


@final
class Symbolic(Algebra):
    """SymPy scalars; ``keep_names`` leaves named intermediates as atoms instead of multiplying them out.

    ``pattern`` says which of the functions evaluated so far had equal arguments: equal numbers, equal arguments.
    """

    zero = sympy.S.Zero
    one = sympy.S.One

    def __init__(self, functions: Functions, *, keep_names: bool) -> None:
        self.functions = functions
        self.keep_names = keep_names
        self.pattern: list[int] = []
        self._families: dict[tuple[str, Expr, int], int] = {}

    def number(self, value: sympy.Rational) -> Expr:
        return value

    def total(self, items: Sequence[Expr]) -> Expr:
        return sympy.Add(*items)

    def product(self, items: Sequence[Expr]) -> Expr:
        return sympy.Mul(*items)

    def power(self, value: Expr, exponent: int, label: int = -1) -> Expr:
        """A power; a sum below the line is kept as an atom."""
        if exponent < 0 and not value.is_number:
            base = expanded(value)
            self._note("/", base, label)
            if isinstance(value, (sympy.Add, sympy.Mul)):
                value = named("/")(base, sympy.Integer(label))
        return value**exponent

    def apply(self, function: str, order: int, value: Expr, label: int) -> Expr:
        argument = expanded(value)
        self._note(function, argument, label)
        polynomial = self.functions.in_argument(function, order)
        if polynomial is not None:
            return self.horner(polynomial, argument)
        rule = self.functions.in_value(function, 1)
        if rule is None:
            return opaque(function, order)(argument, sympy.Integer(label))
        inner = ruled(function, rule)(argument, sympy.Integer(label))
        return self.horner(self.functions.in_value(function, order) or (), inner)

    def _note(self, function: str, argument: Expr, label: int) -> None:
        """Record, in order of evaluation, which values have equal arguments (in the first row of a vector)."""
        if label <= 0:
            self.pattern.append(self._families.setdefault((function, argument, label), len(self._families)))

    def name(self, symbol: str, value: Expr, label: int) -> Expr:
        return named(symbol)(value, sympy.Integer(label)) if self.keep_names else value


def expanded(expr: Expr) -> Expr:
    """The exact expansion of a polynomial in its atoms; applied functions are atoms and stay untouched.

    Raises:
        UnsupportedNodeError: the expansion would have more than ``LARGEST`` terms.
    """
    if not isinstance(expr, (sympy.Add, sympy.Mul, sympy.Pow)):
        return expr
    flat, atoms = _flat(expr)
    return sympy.expand(flat).xreplace({dummy: atom for atom, dummy in atoms.items()})


def vanishes(expr: Expr) -> bool:
    """Whether a polynomial in its atoms is identically zero.

    Raises:
        UnsupportedNodeError: as ``expanded``.
    """
    return sympy.expand(_flat(expr)[0]) == 0


def _flat(expr: Expr) -> tuple[Expr, dict[Expr, sympy.Dummy]]:
    """The expression with a plain symbol for every outermost applied function."""
    atoms: dict[Expr, sympy.Dummy] = {}
    _collect(expr, atoms)
    flat = expr.xreplace(atoms) if atoms else expr
    if _spread(flat) > LARGEST:
        raise UnsupportedNodeError(f"An entry has more than {LARGEST} terms when multiplied out.")
    return flat, atoms


def _collect(expr: Expr, atoms: dict[Expr, sympy.Dummy]) -> None:
    """The outermost applied functions, in the order of appearance."""
    if isinstance(expr, Function):
        if expr not in atoms:
            atoms[expr] = sympy.Dummy()
    else:
        for arg in expr.args:
            _collect(arg, atoms)


def _spread(expr: Expr) -> int:
    """A bound on the number of terms after expansion."""
    if isinstance(expr, sympy.Add):
        return sum(_spread(arg) for arg in expr.args)
    if isinstance(expr, sympy.Mul):
        return math.prod(_spread(arg) for arg in expr.args)
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer and expr.exp > 0:
        return math.comb(_spread(expr.base) + int(expr.exp) - 1, int(expr.exp))
    return 1
