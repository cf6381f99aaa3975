"""Dual numbers over any algebra: values that carry a sparse derivative.

In: another algebra.  Out: pairs (value, {variable: derivative} or None) with the same operations.  The product rule and
the chain rule of numbers are all the calculus in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import sympy

from symgate.proof.algebras import Algebra


@final
class Dual(Algebra):
    """Numbers with a derivative over another algebra: pairs (value, {variable: derivative} or None).

    The product rule and the chain rule of numbers are all the calculus in here.
    """

    def __init__(self, base: Algebra) -> None:
        self.base = base
        self.zero, self.one = (base.zero, None), (base.one, None)

    def number(self, value: sympy.Rational) -> Any:
        return (self.base.number(value), None)

    def total(self, items: Sequence[Any]) -> Any:
        gathered: dict[Any, list[Any]] = {}
        for _, tangent in items:
            for key, value in (tangent or {}).items():
                gathered.setdefault(key, []).append(value)
        tangent = {key: parts[0] if len(parts) == 1 else self.base.total(parts) for key, parts in gathered.items()}
        return (self.base.total([value for value, _ in items]), tangent or None)

    def product(self, items: Sequence[Any]) -> Any:
        value, tangent = items[0]
        for other, slope in items[1:]:
            if tangent and slope:
                tangent = self._gathered([(other, tangent), (value, slope)])
            elif tangent or slope:
                tangent = self._scaled(other, tangent) if tangent else self._scaled(value, slope)
            value = self.base.product([value, other])
        return (value, tangent)

    def dot(self, pairs: Sequence[tuple[Any, Any]]) -> Any:
        parts = [(v, du) for (_, du), (v, _) in pairs if du] + [(u, dv) for (u, _), (_, dv) in pairs if dv]
        value = self.base.dot([(u, v) for (u, _), (v, _) in pairs])
        return (value, self._gathered(parts) if parts else None)

    def _gathered(self, parts: Sequence[tuple[Any, dict[Any, Any]]]) -> dict[Any, Any]:
        """The sum of multiples of derivatives."""
        found: dict[Any, list[tuple[Any, Any]]] = {}
        for factor, tangent in parts:
            for key, value in tangent.items():
                found.setdefault(key, []).append((factor, value))
        return {key: self.base.dot(pairs) for key, pairs in found.items()}

    def power(self, value: Any, exponent: int, label: int = -1) -> Any:
        inner, tangent = value
        if exponent == 0:
            return self.one
        result = self.base.power(inner, exponent, label)
        if not tangent:
            return (result, None)
        slope = self.base.product(
            [self.base.number(sympy.Integer(exponent)), self.base.power(inner, exponent - 1, label)]
        )
        return (result, self._scaled(slope, tangent))

    def apply(self, function: str, order: int, value: Any, label: int) -> Any:
        inner, tangent = value
        result = self.base.apply(function, order, inner, label)
        return (result, self._scaled(self.base.apply(function, order + 1, inner, label), tangent) if tangent else None)

    def pi(self) -> Any:
        return (self.base.pi(), None)

    def _scaled(self, factor: Any, tangent: dict[Any, Any] | None) -> dict[Any, Any] | None:
        product = self.base.product
        return {key: product((factor, value)) for key, value in tangent.items()} if tangent else None
