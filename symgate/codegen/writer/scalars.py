"""Scalar expressions, sums and elementwise products as code."""

from __future__ import annotations

from abc import ABC, abstractmethod

import sympy
from sympy import Expr

from symgate.codegen.writer.backend import ATOM, POWER, PRODUCT, SUM, Code, Spelling
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, ScalarMap, ScalarSignal

#: Whole numbers up to here are exact in float64.
EXACT = 2**53


class Scalars(ABC):
    """Writes scalars; the vectors inside them are written by the class that inherits."""

    def __init__(self, backend: Spelling) -> None:
        self.backend = backend

    @abstractmethod
    def vector(self, expr: Expr) -> Code:
        """An expression with one column."""

    @abstractmethod
    def map(self, node: Expr) -> Code:
        """A nonlinearity applied."""

    @abstractmethod
    def atom(self, symbol: Expr) -> Code:
        """A scalar symbol."""

    @abstractmethod
    def rank(self, expr: Expr) -> int:
        """Where in the declaration order an expression belongs."""

    def scalar(self, expr: Expr) -> Code:
        """A commutative scalar; terms and factors are ordered by declaration, numbers first."""
        if expr.is_number and not expr.atoms(ScalarMap):
            return self.number(expr)
        if isinstance(expr, (sympy.Symbol, ScalarSignal)):
            return self.atom(expr)
        if isinstance(expr, ScalarMap):
            return self.map(expr)
        if isinstance(expr, Dot):
            return self.backend.join("dot", "scalar", *(self.vector(part) for part in expr.args))
        if isinstance(expr, sympy.Add):
            return self.sum([self._signed_scalar(part) for part in self._ordered(expr.args)], "scalar")
        if isinstance(expr, sympy.Mul):
            return self._quotient(expr)
        if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
            return self._power(expr)
        raise UnsupportedNodeError(f"symgate cannot write code for the scalar {type(expr).__name__}: {expr}.")

    def number(self, expr: Expr) -> Code:
        """A number; fractions stay fractions where that is exact."""
        if expr.is_Rational and abs(expr.p) <= EXACT and expr.q <= EXACT:
            text, level = (str(expr.p), ATOM) if expr.q == 1 else (f"{expr.p} / {expr.q}", PRODUCT)
        else:
            text, level = self.backend.number(float(expr)), ATOM
        return Code(text, SUM if text.startswith("-") else level, number=True)

    def sum(self, items: list[tuple[str, Code]], kind: str) -> Code:
        """A signed sum."""
        text = ""
        for sign, code in items:
            if text:
                text += f" {sign} {code:left}" if sign == "-" or code.text.startswith("-") else f" + {code.text}"
            else:
                text = code.text if sign == "+" else f"-{code:left}"
        return Code(text, items[0][1].level if len(items) == 1 and items[0][0] == "+" else SUM, kind)

    def product(self, parts: list[Code], kind: str) -> Code:
        """An elementwise product; repeated factors become powers."""
        powers: dict[str, tuple[Code, int]] = {}
        for part in parts:
            powers[part.text] = (part, powers.get(part.text, (part, 0))[1] + 1)
        items = [part if power == 1 else Code(f"{part}**{power}", POWER, kind) for part, power in powers.values()]
        items = [item for item in items if item.text != "1"] or items[:1]
        outcome = items[0]
        for item in items[1:]:
            outcome = self.backend.join("product", kind, outcome, item)
        return outcome.of_kind(kind)

    def _ordered(self, parts: tuple[Expr, ...]) -> list[Expr]:
        """Numbers first, then by declaration, then by spelling: the same order under every hash seed."""

        def place(part: Expr) -> tuple[bool, bool, int, str]:
            return (not part.is_number, bool(part.as_coeff_Mul()[0].is_negative), self.rank(part), str(part))

        return sorted(parts, key=place)

    def _signed_scalar(self, expr: Expr) -> tuple[str, Code]:
        number, rest = expr.as_coeff_Mul()
        if number.is_negative:
            return "-", self.scalar(-expr if rest == 1 else sympy.Mul(-number, rest))
        return "+", self.scalar(expr)

    def _quotient(self, expr: sympy.Mul) -> Code:
        """A product of scalars; negative powers go below the line."""
        number, _ = expr.as_coeff_Mul()
        above: list[Code] = []
        below: list[Code] = []
        for part in self._ordered(expr.args):
            if isinstance(part, sympy.Pow) and part.exp.is_negative:
                below.append(self.scalar(sympy.Pow(part.base, -part.exp)))
            elif part is not number or abs(number) != 1:
                above.append(self.number(abs(number)) if part is number else self.scalar(part))
        code = self.product(above, "scalar") if above else Code("1", number=True)
        if below:
            code = self.backend.join("quotient", "scalar", code, self.product(below, "scalar"))
        return Code(f"-{code:left}", SUM) if number.is_negative else code

    def _power(self, expr: sympy.Pow) -> Code:
        """An integer power."""
        power = abs(int(expr.exp))
        base = self.scalar(expr.base)
        raised = base if power == 1 else Code(f"{base}**{power}", POWER)
        if expr.exp.is_positive:
            return raised
        return self.backend.join("quotient", "scalar", Code("1", number=True), raised)
