"""Which of two times is the later one, as far as the bounds of the sums around say.

What comes in is a time and the lower and upper bounds of every index around it; what goes out is whether a time can
never be earlier than another: with ``sum_{i=k+1}^{t}`` around, ``i - 1`` is never earlier than ``k``.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Add, Expr, Symbol

from symgate.language import T
from symgate.language.sequences import LAST, K

#: So many bounds are put together at most.
_DEEPEST = 6


@dataclass(frozen=True)
class Order:
    """What is known of times: expressions that are never negative.  ``0 <= k <= t <= T`` always holds."""

    facts: tuple[Expr, ...] = (T - K, LAST - T, K, T, LAST)

    def within(self, index: Symbol, lower: Expr | None, upper: Expr | None) -> Order:
        """The same with ``lower <= index <= upper``; what was known of another index of that name is forgotten."""
        ends = [index - lower] if lower is not None else []
        ends += [upper - index] if upper is not None else []
        kept = [fact for fact in self.facts if index not in fact.free_symbols]
        return Order((*kept, *(fact for fact in ends if index in fact.free_symbols)))

    def at_least(self, left: Expr, right: Expr) -> bool:
        """Whether ``left >= right`` follows: the difference is a sum of facts and of a number that is not negative."""
        return self._follows(left - right, _DEEPEST)

    def _follows(self, difference: Expr, deepest: int) -> bool:
        symbols = sorted(difference.free_symbols, key=str)
        if not symbols:
            return bool(difference >= 0)
        if not deepest:
            return False
        chosen = symbols[0]
        sign = difference.coeff(chosen)
        useful = (fact for fact in self.facts if fact.coeff(chosen) * sign > 0)
        return any(self._follows(Add(difference, -fact), deepest - 1) for fact in useful)
