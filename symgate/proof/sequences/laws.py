"""What names mean over time: places, laws, the letters of an expression, and where formulas may change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.core.relational import Relational

from symgate.errors import UnsupportedNodeError
from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct

OVER = (OrderedProduct, MatrixSum, HadamardRun)

#: A name, its shape, and its times: what carries a value along a trajectory.
Place = tuple[str, tuple[Any, ...], tuple[int, ...]]


class OutsideError(UnsupportedNodeError):
    """A formula reaches for a step at which a quantity has no meaning."""


@dataclass(frozen=True)
class Law:
    """What a name means at every time: the letters of its index, and an expression in them."""

    letters: tuple[sympy.Symbol, ...]
    expr: Expr
    first: int
    last: int
    descending: bool = False  # of two times the first is the later one
    also: tuple[tuple[sympy.Symbol, int], ...] = ()  # further letters that are numbers in it

    def covers(self, moment: tuple[int, ...]) -> bool:
        """Whether the name has a meaning at these times."""
        inside = len(moment) == len(self.letters) and self.first <= min(moment) <= max(moment) <= self.last
        return inside and (not self.descending or moment[0] >= moment[1])


def law(left: Expr, right: Expr, first: int, last: int) -> tuple[tuple[str, tuple[Any, ...]], Law] | None:
    """left := right at the times from ``first`` to ``last``; None where the left side names nothing at every time."""
    index = getattr(left, "index", None)
    letters = tuple(index.args) if isinstance(index, sympy.Tuple) else (index,)
    if not letters or not all(isinstance(letter, sympy.Symbol) for letter in letters):
        return None
    return (str(left.name), tuple(getattr(left, "shape", ()))), Law(letters, right, first, last)


@dataclass(frozen=True, eq=False)
class Node:
    """An expression with what is asked of it at every time; equal expressions are one node.

    Attributes:
        letters: as in ``letters_of``.
        name: of a name with an index, with its shape; None of any other expression.
        moment: of a name with an index its times, each as (letter, offset); one that is not t + c as itself.
        leaf: whether it has no parts.
    """

    letters: tuple[sympy.Symbol, ...]
    name: tuple[str, tuple[Any, ...]] | None = None
    moment: tuple[tuple[sympy.Symbol, int] | Expr, ...] = ()
    leaf: bool = False


#: The node of an expression by its id, and the expression, which is kept.
Met = dict[int, tuple[Node, Any]]


@lru_cache(maxsize=16384)
def node_of(expr: Any) -> Node:
    """The node of an expression."""
    if not isinstance(expr, (Signal, ScalarSignal)):
        leaf = not getattr(expr, "args", ()) or isinstance(expr, sympy.MatrixSymbol)
        return Node(letters_of(expr), leaf=leaf)
    times = expr.index.args if isinstance(expr.index, sympy.Tuple) else (expr.index,)
    name = (str(expr.name), tuple(getattr(expr, "shape", ())))
    return Node(letters_of(expr), name, tuple(map(_after, times)))


def _after(time: Expr) -> tuple[sympy.Symbol, int] | Expr:
    offset, letter = time.as_coeff_Add()
    return (letter, int(offset)) if offset.is_Integer and isinstance(letter, sympy.Symbol) else time


@lru_cache(maxsize=16384)
def letters_of(expr: Any) -> tuple[sympy.Symbol, ...]:
    """The symbols that an expression depends on, those of indices included and bound ones left out, by name."""
    if isinstance(expr, sympy.Symbol):
        return (expr,)
    if isinstance(expr, (Signal, ScalarSignal)):
        return letters_of(expr.index)
    if isinstance(expr, OVER):
        own = set(letters_of(expr.body)) - {expr.index}
        own |= {*letters_of(expr.lower), *letters_of(expr.upper)}
    elif isinstance(expr, (sympy.Sum, sympy.Product)):
        own = set(letters_of(expr.function))
        for index, lower, upper in expr.limits:
            own = (own - {index}) | {*letters_of(lower), *letters_of(upper)}
    else:
        own = {letter for arg in getattr(expr, "args", ()) for letter in letters_of(arg)}
    return tuple(sorted(own, key=lambda letter: (letter.name, str(letter.assumptions0))))


def constants(exprs: Iterator[Expr], sizes: frozenset[Expr]) -> list[int]:
    """The whole numbers at which a formula over time may change, sorted: those added to or compared with times.

    They stand in bounds, in Min and Max, in conditions, in indices and in coefficients such as (t - k - 4).
    """
    found: set[int] = set()
    seen: set[Any] = set()

    def visit(node: Any, *, timed: bool) -> None:
        if (node, timed) in seen or not isinstance(node, sympy.Basic):
            return
        seen.add((node, timed))
        if isinstance(node, sympy.Rational):
            if timed:
                found.add(abs(int(node)) + (node.q != 1))
            return
        if isinstance(node, (Signal, ScalarSignal)):
            visit(node.index, timed=True)
            return
        over = isinstance(node, (*OVER, sympy.Tuple, KroneckerDelta, Relational, sympy.Min, sympy.Max))
        beside = isinstance(node, sympy.Add) and any(
            letter.is_integer and letter not in sizes for letter in letters_of(node)
        )
        if beside:  # 3 t - 12 changes at 4
            number, rest = node.as_coeff_Add()
            least = min(abs(arg.as_coeff_Mul()[0]) for arg in sympy.Add.make_args(rest))
            found.add(int(sympy.ceiling(abs(number) / least)))
        for arg in node.args:
            if not (beside and arg.is_Number):
                visit(arg, timed=over)

    for expr in exprs:
        visit(expr, timed=False)
    return sorted(found)


def place(symbol: Expr) -> Place:
    """Where a name with a time that is a number has its value."""
    index = symbol.index.args if isinstance(symbol.index, sympy.Tuple) else (symbol.index,)
    return (str(symbol.name), tuple(getattr(symbol, "shape", ())), tuple(int(part) for part in index))


def named(symbol: Signal | ScalarSignal, *times: int) -> Place:
    """The place of a name at other times."""
    return (str(symbol.name), tuple(getattr(symbol, "shape", ())), times)
