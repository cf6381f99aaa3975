"""Sums and products over time, powers with symbolic exponents, norms, and conditions.

A product of matrices keeps its order on paper: ``J_t J_{t-1} ... J_{k+1}`` where its factor is a symbol with
an index, an arrow over the product sign elsewhere; an empty product is the identity.  The range of a sum
ends where its term of the whole sum ends; in any other place it stands in parentheses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy
from sympy.matrices.expressions import HadamardPower

from symgate.errors import UnsupportedNodeError
from symgate.language import Signal, T
from symgate.language.sequences import HadamardRun, I, J, K, MatrixSum, OrderedProduct
from symgate.tex.operands import Operands, over
from symgate.tex.words import ATOM, OPEN, POWERED, PRODUCT, SUM, Piece, Span, Term

_KINDS = {
    MatrixSum: "sum",
    sympy.Sum: "sum",
    HadamardRun: "hadamard",
    OrderedProduct: "ordered",
    sympy.Product: "product",
}
#: How deep a sum sign nests, as far as the size of parentheses around it goes.
_HEIGHT = 3
_MIRRORED = {">": "<", ">=": "<=", "==": "=", "<": "<", "<=": "<="}


class Running(Operands):
    """What the walker knows of time."""

    def over_time(self, expr: Any) -> Term:
        """A sum or a product over one index, or over several nested ones."""
        kind = _KINDS[type(expr)]
        if isinstance(expr, (sympy.Sum, sympy.Product)):
            body, limits = expr.function, expr.limits
        else:
            body, limits = expr.body, ((expr.index, expr.lower, expr.upper),)
        if kind == "ordered" and isinstance(body, Signal) and body.index == limits[0][0]:
            return False, self.chain(expr, most=2)
        negative = False
        if kind == "sum":
            negative, inner = self.signed(body)
            inner = inner if self.words.running_calls else self.at_least(inner, OPEN)
        else:
            inner = self.piece(body)
            inner = inner if self.words.running_calls else self.at_least(inner, PRODUCT)
        for limit in limits:
            level = ATOM if self.words.running_calls else OPEN
            text = self.words.running(kind, self._span(*limit), inner)
            inner = replace(over(text, level, inner), depth=max(inner.depth, _HEIGHT))
        return negative, inner

    def chain(self, expr: OrderedProduct, most: int) -> Piece:
        """J_t J_{t-1} ... J_{k+1}, with at most so many factors in front of the dots."""
        length = expr.upper - expr.lower + 1
        times = [expr.upper - step for step in range(most)]
        if length.is_Integer and length <= most:
            if length <= 0:
                return self.words.constant("identity")
            times = times[: int(length)]
        shown = [self.piece(expr.body.xreplace({expr.index: time})) for time in times]
        if length.is_Integer and length <= most:
            return shown[0] if len(shown) == 1 else over(self.words.product([], shown), PRODUCT, *shown)
        self.words.note(expr)
        last = self.piece(expr.body.xreplace({expr.index: expr.lower}))
        return over(self.words.chain(shown, last), PRODUCT, *shown, last)

    def rising(self, expr: OrderedProduct) -> Piece:
        """J_{k+1} J_{k+2} ... J_t: the product of matrices that are transposes, later factors on the right."""
        body = expr.body.arg
        length = expr.upper - expr.lower + 1
        times = [expr.lower, expr.lower + 1]
        if length.is_Integer and length <= len(times):
            times = times[: int(length)]
        shown = [self.piece(body.xreplace({expr.index: time})) for time in times]
        if length.is_Integer and length <= len(shown):
            return over(self.words.product([], shown), PRODUCT, *shown) if shown else self.words.constant("identity")
        self.words.note(expr)
        last = self.piece(body.xreplace({expr.index: expr.upper}))
        return over(self.words.chain(shown, last), PRODUCT, *shown, last)

    def _span(self, index: sympy.Symbol, lower: Any, upper: Any) -> Span:
        return Span(*(self.moment(item) for item in (index, lower, upper, lower - 1, upper + 1)))

    def moment(self, index: Any) -> str:
        """A time index such as t - 1, without spaces."""
        return self.words.index(self.times(sympy.sympify(index, strict=True)))

    def times(self, expr: sympy.Expr) -> list[Term]:
        """The terms of a time index: what is added before what is subtracted, numbers last."""
        number, rest = expr.as_coeff_Add()
        ordered = sorted(sympy.Add.make_args(rest), key=lambda arg: (arg.could_extract_minus_sign(), str(arg)))
        return [self.signed(arg) for arg in [*ordered, number] if arg != 0] or [self.signed(expr)]

    def stamp(self, index: Any, name: str = "") -> tuple[str, str | None]:
        """The index of a signal as the author counts, and the order that stands third in the index of M^(m)_{t,k}."""
        late = self.context.late(name) if name else 0
        if not isinstance(index, sympy.Tuple):
            return self.moment(index + late), None
        times, order = [item + late for item in index.args[:2]], index.args[2:]
        return self.words.indices([self.moment(item) for item in times]), self.moment(order[0]) if order else None

    def exponent(self, expr: sympy.Expr) -> Piece:
        """What stands in a superscript, on one line."""
        if is_moment(expr):
            return Piece(self.moment(expr), ATOM if len(sympy.Add.make_args(expr)) == 1 and expr.is_Atom else SUM)
        return self.inline(expr)

    def entry_power(self, expr: HadamardPower) -> Piece:
        """A power entry by entry."""
        base = self.at_least(self.piece(expr.base), ATOM)
        return over(self.words.power(base, self.exponent(expr.exp), entrywise=True), POWERED, base)

    def cases(self, expr: sympy.Piecewise) -> Piece:
        """Values and conditions."""
        return self.words.cases(
            [(self.piece(value), None if when == sympy.true else self._condition(when)) for value, when in expr.args]
        )

    def _condition(self, when: Any) -> str:
        """A comparison, the running index on its left."""
        if not isinstance(when, sympy.core.relational.Relational) or when.rel_op not in _MIRRORED:
            raise UnsupportedNodeError(f"symgate cannot print the condition {when}.")
        left, right = when.args
        if when.rel_op in (">", ">=") or (when.rel_op == "==" and right in (T, K, J, I)):
            left, right = right, left
        return self.words.compare(self.piece(left), _MIRRORED[when.rel_op], self.piece(right))


def is_dated(body: Any, run: OrderedProduct) -> bool:
    """Whether what is multiplied is a symbol at the running index."""
    return isinstance(body, Signal) and body.index == run.index


def is_moment(expr: Any) -> bool:
    """Whether a scalar is a time or a difference of times: a sum of whole symbols and numbers."""
    parts = sympy.Add.make_args(expr)
    return all(part.is_Integer or (part.is_Symbol and part.is_integer) or _negated(part) for part in parts)


def _negated(expr: Any) -> bool:
    number, rest = expr.as_coeff_Mul()
    return bool(number == -1 and rest.is_Symbol and rest.is_integer)
