"""The evaluator of ``entries.py`` with products and sums over time, at times that are numbers."""

from __future__ import annotations

from typing import Any, ClassVar

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagonalOf, HadamardPower

from symgate.errors import UnsupportedNodeError
from symgate.language.sequences import POWER, HadamardRun, MatrixSum, OrderedProduct, moved
from symgate.proof.entries import Entries
from symgate.proof.tables import Table


class OutsideError(UnsupportedNodeError):
    """A formula reaches for a step that the trajectory does not have."""


class TimedEntries(Entries):
    """Evaluates the shape language and the nodes of ``language/sequences.py``; all bounds must be numbers."""

    in_order: ClassVar[bool] = False  # a name may stand where no step is, and then is not asked for

    def symbol(self, symbol: Expr) -> Any:
        """The value of a symbol.

        Raises:
            OutsideError: the symbol belongs to a step that the trajectory does not have.
        """
        if symbol not in self.values and symbol not in self.definitions and hasattr(symbol, "index"):
            raise OutsideError(f"it reaches for {symbol}, a step that is not there")
        return super().symbol(symbol)

    def of(self, expr: Any) -> Any:
        """The value of an expression: a Table for a matrix or vector, a scalar for a scalar.

        Raises:
            UnsupportedNodeError: a node that has no exact value, or a bound that is no number.
        """
        match expr:
            case OrderedProduct():
                return self.written_out(expr)
            case MatrixSum() | HadamardRun():
                return self.written_out(expr)
            case sympy.Product():
                return self.algebra.product([self.algebra.one, *map(self.of, self.scalars(expr))])
            case sympy.Sum():
                return self.algebra.total([self.algebra.zero, *map(self.of, self.scalars(expr))])
            case HadamardPower():
                return self.entrywise_power(self.table(expr.base), expr.exp)
            case DiagonalOf():
                inner = self.table(expr.arg)
                lines = [{0: line[i]} if i in line else {} for i, line in enumerate(inner.lines)]
                return Table(1, lines)
        return super().of(expr)

    def written_out(self, expr: OrderedProduct | MatrixSum | HadamardRun) -> Any:
        """The value of the ordinary product or sum; consecutive bounds only."""
        self._numbers(expr.lower, expr.upper)
        if expr.index == POWER and expr.upper < expr.lower - 1:
            raise OutsideError(f"it needs an inverse, {expr.body} to the power {expr.upper - expr.lower + 1}")
        return self.of(expr.written_out())

    def scalars(self, expr: Expr) -> list[Expr]:
        """The terms of a scalar sum or product over its outermost index; empty where the bounds cross."""
        *inner, (index, lower, upper) = expr.limits
        self._numbers(lower, upper)
        body = type(expr)(expr.function, *inner) if inner else expr.function
        return [moved(body, {index: sympy.Integer(step)}) for step in range(int(lower), int(upper) + 1)]

    def entrywise_power(self, inner: Table, exponent: Expr) -> Table:
        """Every entry to a whole power."""
        if not exponent.is_Integer:
            raise UnsupportedNodeError(f"proof evaluates whole powers only; found the exponent {exponent}.")
        zero, power = self.algebra.zero, self.algebra.power
        return Table(1, [{0: power(line.get(0, zero), int(exponent))} for line in inner.lines])

    @staticmethod
    def _numbers(*bounds: Expr) -> None:
        for bound in bounds:
            if not bound.is_Integer:
                raise UnsupportedNodeError(f"A bound over time must be a number here; found {bound}.")
