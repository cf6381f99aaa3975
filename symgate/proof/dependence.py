"""Which names lead to which: the symbols in expressions, through the definitions of a recurrence.

In: a symbol, and definitions.  Out: the names that depend on it, or those it depends on, computed from the farthest on,
so that a long chain of names is no deep recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me

from symgate.language.nodes import ScalarSignal


@lru_cache(maxsize=8192)
def names_in(expr: Expr) -> frozenset[Expr]:
    """The symbols in an expression, sizes included."""
    if isinstance(expr, (me.MatrixSymbol, ScalarSignal, sympy.Symbol)):
        return frozenset([expr])
    return frozenset(symbol for arg in expr.args if isinstance(arg, sympy.Basic) for symbol in names_in(arg))


@lru_cache(maxsize=8192)
def _by_name(expr: Expr) -> tuple[Expr, ...]:
    """The symbols in an expression, by name."""
    return tuple(sorted(names_in(expr), key=str))


def depending(symbol: Expr, definitions: Mapping[Expr, Expr]) -> set[Expr]:
    """A symbol and the names whose definitions lead to it."""
    found, before = {symbol}, 0
    while len(found) > before:
        before = len(found)
        found |= {name for name, expr in definitions.items() if not found.isdisjoint(names_in(expr))}
    return found


def behind(
    symbol: Expr,
    definitions: Mapping[Expr, Expr],
    done: tuple[Mapping[Expr, Any], Mapping[Expr, Any]],
    compute: Callable[[Expr], Any],
) -> None:
    """Compute the names that the definition of one depends on, from the farthest on, those in ``done`` left out.

    What is computed is to be in ``done`` then.
    """
    given, known = done
    todo, opened = [symbol], set[Expr]()
    while todo:
        top = todo[-1]
        missing = [
            name
            for name in _by_name(definitions[top])
            if name in definitions and name not in known and name not in given and name not in opened
        ]
        opened.add(top)
        if missing:
            todo += missing
            continue
        todo.pop()
        if top != symbol and top not in known and top not in given:
            compute(top)
