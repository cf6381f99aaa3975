"""What is known of the registered functions, as rewritings of their atoms.

Value rules and polynomial formulas come from the registry; the identities below are checked against its formulas by
``tests/proof/decision/test_knowledge.py``.  A function is known by what it is bound to, never by its letter.

    sigma(z) = (1 + tanh(z/2))/2    softplus(z) = z/2 + h(z), h even, h'(z) = tanh(z/2)/2    sin^2 = 1 - cos^2
    relu(z) = z (1 + s(z))/2, abs(z) = z s(z), s odd, s^2 = 1, s' = 0                         expm1 = exp - 1
    tanh(z) = 1 - 2/(1 + exp(2z)), beside exponentials only

Functions that are made of others are in ``composed.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities import Nonlinearity, Z, nonlinearity
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.composed import COMPOSED
from symgate.proof.decision.forms import FREE, HOLE, TIME, Atom, Form, Kind, Number
from symgate.proof.decision.functions import Function
from symgate.proof.decision.passes import Pass
from symgate.proof.decision.units import AT_A_TIME, may_be_zero
from symgate.records import Cell

HALF = Fraction(1, 2)
Y = sympy.Symbol("y")
EXP = Function("registry", "exp", exponential=True)
TANH = Function("registry", "tanh", parity=-1)
SIGN = Function("registry", "sign", parity=-1, square="")
SIN = Function("registry", "sin", parity=-1, square="cos")
COS = Function("registry", "cos", parity=1)
LOGCOSH = Function("registry", "log 2 cosh(z/2)", parity=1)
ERF = Function("registry", "erf", parity=-1)


class Facts(IntEnum):
    """How much is used."""

    VALUES = 1  # value rules, polynomial formulas, powers, signs
    IDENTITIES = 2  # also the identities between functions
    EXPONENTIALS = 3  # also tanh by exponentials; where there are exponentials


@dataclass
class Knowledge:
    """Rewrites functions of one cell by what is known of them.

    Attributes:
        algebra: where the forms are made.
        cell: whose functions they are.
        bound: whether the functions that the cell declares are known by their binding.
        facts: how much is used.
    """

    algebra: Algebra
    cell: Cell
    bound: bool
    facts: Facts

    def rewriting(self) -> Pass:
        """The rewriting of whole forms."""
        return Pass(self.algebra, lambda atom: atom.kind is Kind.FUN, self._exchange)

    def entry(self, function: Function) -> Nonlinearity | None:
        """The registered function that this one is."""
        if function.origin == "cell":
            name = dict(self.cell.functions).get(function.name)
            return nonlinearity(name) if self.bound and name else None
        plain = function.origin == "registry" and not function.parity and not function.exponential
        known = function.name if plain else ""
        return nonlinearity(known) if known else None

    def _exchange(self, atom: Atom) -> Form | None:
        function, order = atom.head
        if function == TANH and self.facts is Facts.EXPONENTIALS:
            return self._by_exponentials(atom.args[0])
        entry = self.entry(function)
        if entry is None or entry.opaque:
            return None
        z = atom.args[0]
        special = SPECIAL.get(entry.name)
        if special is not None:
            found = special(self, order, z)
            if found is not None:
                return found
        own = entry.polynomial(order)
        if own is not None:
            return self._polynomial(own, Z, z)
        value = self.value(Function("registry", entry.name), z)
        if entry.value_rule is not None:
            return self.by_value(entry, order, value)
        if self.facts >= Facts.IDENTITIES and entry.formula is not None and special is None:
            try:
                return self._formula(entry.derivative(order), z)
            except UnsupportedNodeError:
                pass
        return self.value(Function("registry", entry.name), z, order)

    def registered(self, name: str, z: Form, order: int = 0) -> Form:
        """f^(order)(z) of a registered function, rewritten."""
        atom = self._atom(name, z, order)
        found = self._exchange(atom)
        return self.algebra.of(atom) if found is None else found

    def _by_exponentials(self, z: Form) -> Form:
        """tanh(z) = 1 - 2/(1 + exp(2z))."""
        algebra = self.algebra
        below = algebra.add(algebra.one, self.value(EXP, algebra.scaled(z, 2)))
        return algebra.subtract(algebra.one, algebra.scaled(algebra.power(below, -1), 2))

    def value(self, function: Function, z: Form, order: int = 0) -> Form:
        """f^(order)(z) as an atom."""
        return self.algebra.of(self.algebra.atom(Kind.FUN, (function, order), args=(z,)))

    def sign(self, z: Form) -> Form:
        """The sign of z, by which a function with a kink at 0 is written.

        Raises:
            UnsupportedNodeError: z may be 0 at a time of a sum or product, whatever the entries are.
        """
        bound = any(
            letter.space == TIME and (letter.level < FREE or (letter.level, letter.number) == HOLE) for letter in z.free
        )
        if bound and may_be_zero(z, {}):
            raise UnsupportedNodeError(AT_A_TIME)
        return self.value(SIGN, z)

    def by_value(self, entry: Nonlinearity, order: int, value: Form) -> Form:
        """f^(order) as a polynomial in y = f(z): each derivative is d/dy times y' = p(y)."""
        return self._polynomial(_in_value(entry, order), Y, value)

    def _polynomial(self, expr: sympy.Expr, variable: sympy.Symbol, value: Form) -> Form:
        algebra, found = self.algebra, self.algebra.zero
        for coefficient in _coefficients(expr, variable):
            if not coefficient.is_Rational:
                raise UnsupportedNodeError(f"a coefficient that is not rational: {coefficient}")
            number = algebra.number(Fraction(int(coefficient.p), int(coefficient.q)))
            found = algebra.add(algebra.times(found, value), number)
        return found

    def _formula(self, expr: sympy.Expr, z: Form) -> Form:
        """A scalar SymPy formula in ``Z`` at z."""
        algebra = self.algebra
        if expr == Z:
            return z
        if expr.is_Rational:
            return algebra.number(Fraction(int(expr.p), int(expr.q)))
        parts = [self._formula(arg, z) for arg in expr.args if not (expr.is_Pow and arg is expr.exp)]
        if expr.is_Add:
            return algebra.add(*parts)
        if expr.is_Mul:
            return algebra.product(parts)
        if expr.is_Pow and expr.exp.is_Rational:
            return algebra.power(parts[0], Fraction(int(expr.exp.p), int(expr.exp.q)))
        known = {sympy.exp: "exp", sympy.tanh: "tanh", sympy.sin: "sin", sympy.cos: "cos", sympy.Abs: "abs"}
        if isinstance(expr, sympy.sign):
            return self.sign(parts[0])
        if type(expr) in known:
            return self.registered(known[type(expr)], parts[0])
        raise UnsupportedNodeError(f"no rule for {type(expr).__name__} in the formula of a function")

    def _atom(self, name: str, z: Form, order: int = 0) -> Atom:
        return self.algebra.atom(Kind.FUN, (Function("registry", name), order), args=(z,))


@lru_cache(maxsize=256)
def _in_value(entry: Nonlinearity, order: int) -> sympy.Expr:
    """f^(order) as a polynomial in y = f(z)."""
    assert entry.value_rule is not None
    expr: sympy.Expr = Y
    for _ in range(order):
        expr = sympy.expand(expr.diff(Y) * entry.value_rule(Y))
    return expr


@lru_cache(maxsize=256)
def _coefficients(expr: sympy.Expr, variable: sympy.Symbol) -> tuple[sympy.Expr, ...]:
    """The coefficients of a polynomial, highest power first."""
    return tuple(sympy.Poly(expr, variable).all_coeffs())


def _sqrt(k: Knowledge, order: int, z: Form) -> Form:
    """z^(1/2) and its derivatives."""
    factor: Number = 1
    power = HALF
    for _ in range(order):
        factor, power = factor * power, power - 1
    return k.algebra.scaled(k.algebra.power(z, power), factor)


def _exp(k: Knowledge, order: int, z: Form) -> Form:
    """exp' = exp."""
    del order
    return k.value(EXP, z)


def _expm1(k: Knowledge, order: int, z: Form) -> Form:
    """exp - 1."""
    found = k.value(EXP, z)
    return found if order else k.algebra.subtract(found, k.algebra.one)


def _relu(k: Knowledge, order: int, z: Form) -> Form:
    """z (1 + s)/2."""
    step = k.algebra.scaled(k.algebra.add(k.algebra.one, k.sign(z)), HALF)
    return k.algebra.times(z, step) if not order else step if order == 1 else k.algebra.zero


def _abs(k: Knowledge, order: int, z: Form) -> Form:
    """z s."""
    return k.algebra.times(z, k.sign(z)) if not order else k.sign(z) if order == 1 else k.algebra.zero


def _trigonometric(start: int) -> object:
    def rule(k: Knowledge, order: int, z: Form) -> Form:
        turn = (start + order) % 4
        return k.algebra.scaled(k.value((SIN, COS)[turn % 2], z), -1 if turn > 1 else 1)

    return rule


def _tanh(k: Knowledge, order: int, z: Form) -> Form:
    """An odd function with its value rule."""
    return k.by_value(nonlinearity("tanh"), order, k.value(TANH, z))


def _sigma(k: Knowledge, order: int, z: Form) -> Form | None:
    """(1 + tanh(z/2))/2 where identities are used."""
    if k.facts < Facts.IDENTITIES:
        return None
    half = k.value(TANH, k.algebra.scaled(z, HALF))
    value = k.algebra.scaled(k.algebra.add(k.algebra.one, half), HALF)
    return k.by_value(nonlinearity("sigma"), order, value)


def _softplus(k: Knowledge, order: int, z: Form) -> Form | None:
    """softplus' = sigma; where identities are used z/2 plus an even function."""
    if order:
        return k.registered("sigma", z, order - 1)
    if k.facts < Facts.IDENTITIES:
        return None
    return k.algebra.add(k.algebra.scaled(z, HALF), k.value(LOGCOSH, z))


def _erf(k: Knowledge, order: int, z: Form) -> Form:
    """An odd function."""
    return k.value(ERF, z, order)


SPECIAL: dict[str, Any] = {
    "sqrt": _sqrt,
    "exp": _exp,
    "expm1": _expm1,
    "relu": _relu,
    "abs": _abs,
    "sin": _trigonometric(0),
    "cos": _trigonometric(1),
    "tanh": _tanh,
    "sigma": _sigma,
    "softplus": _softplus,
    "erf": _erf,
    **COMPOSED,
}
