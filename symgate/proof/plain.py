"""Expressions as text for statements, by their structure alone.

SymPy's own ``str`` multiplies out and evaluates on the way, which costs much for a large claim, and raises on some.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul
from sympy.printing.str import StrPrinter

_JOINED = (sympy.Add, sympy.Mul, sympy.Pow, MatAdd, MatMul, HadamardProduct)


class _Plain(StrPrinter):  # type: ignore[misc]
    """Brackets around everything that is joined of parts; nothing is asked of the parts."""

    def parenthesize(self, item: Any, level: int, strict: bool = False) -> str:  # noqa: FBT001, FBT002
        """The item, in brackets where it is a sum, a product or a power."""
        text = str(self._print(item))
        return f"({text})" if isinstance(item, _JOINED) else text

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        """The terms in the order that SymPy gives to numbers, of matrices in theirs."""
        terms = expr.args if isinstance(expr, MatAdd) else self._as_ordered_terms(expr, order=order)
        first, *rest = (str(self._print(term)) for term in terms)
        return first + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in rest)

    def _print_MatMul(self, expr: Any) -> str:
        """The factors in their order; SymPy negates a product to see its sign, and so evaluates all that is in it."""
        first, *rest = expr.args
        factors = [self.parenthesize(arg, 0) for arg in (rest if first == -1 else expr.args)]
        return ("-" if first == -1 else "") + "*".join(factors)


def plain(expr: Any) -> str:
    """An expression as text."""
    return str(_Plain().doprint(expr))
