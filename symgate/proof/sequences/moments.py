"""The evaluator of ``entries.py`` along a trajectory: times are numbers, looked up and never written into a formula.

An index is bound where its sum or product stands and nowhere else, so that no letter is captured.  A running sum or
product keeps its last values: the product from k + 1 to t is one factor more than the one to t - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.core.relational import Relational
from sympy.matrices import expressions as me

from symgate.errors import UnsupportedNodeError
from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, Largest, MatrixSum, Norm, OrderedProduct, Smallest
from symgate.proof.entries import Entries, Table

#: A name, its shape, and its times: what carries a value along a trajectory.
Place = tuple[str, tuple[Any, ...], tuple[int, ...]]
#: Products and sums over more steps than this do not keep what they were on the way.
_KEPT = 64
_OVER = (OrderedProduct, MatrixSum, HadamardRun)


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


@lru_cache(maxsize=16384)
def letters_of(expr: Any) -> tuple[sympy.Symbol, ...]:
    """The symbols that an expression depends on, those of indices included and bound ones left out, by name."""
    if isinstance(expr, sympy.Symbol):
        return (expr,)
    if isinstance(expr, (Signal, ScalarSignal)):
        return letters_of(expr.index)
    if isinstance(expr, _OVER):
        own = set(letters_of(expr.body)) - {expr.index}
        own |= {*letters_of(expr.lower), *letters_of(expr.upper)}
    elif isinstance(expr, (sympy.Sum, sympy.Product)):
        own = set(letters_of(expr.function))
        for index, lower, upper in expr.limits:
            own = (own - {index}) | {*letters_of(lower), *letters_of(upper)}
    else:
        own = {letter for arg in getattr(expr, "args", ()) for letter in letters_of(arg)}
    return tuple(sorted(own, key=lambda letter: (letter.name, str(letter.assumptions0))))


@dataclass
class Moments(Entries):
    """Evaluates the shape language and what runs over time.

    Attributes:
        values: of symbols without an index, as in ``Entries``; of names with an index in ``timed``.
        timed: values by name, shape and times.
        laws: what other names mean, by name and shape.
        times: the numbers that time letters stand for.
        roots: (value, power) by symbol: the symbol is that power of the value, entry by entry.
        norms: the norm at a node, given this evaluator; None where norms have no value.
    """

    timed: dict[Place, Any] = field(default_factory=dict)
    laws: Mapping[tuple[str, tuple[Any, ...]], Law] = field(default_factory=dict)
    times: dict[sympy.Symbol, int] = field(default_factory=dict)
    roots: Mapping[Expr, tuple[Any, int]] = field(default_factory=dict)
    norms: Callable[[Moments, Expr], Any] | None = None
    used: set[Any] = field(default_factory=set)
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)

    def at(self, expr: Expr, times: Mapping[sympy.Symbol, int]) -> Any:
        """The value of an expression at numbers for its time letters."""
        before, self.times = self.times, dict(times)
        try:
            return self.of(expr)
        finally:
            self.times = before

    def of(self, expr: Any) -> Any:
        """The value of an expression.

        Raises:
            UnsupportedNodeError: a node that has no exact value here, or a bound that is not a whole number.
            OutsideError: a quantity at a step at which it has no meaning.
            TooMuchError: the budget does not cover it.
        """
        if isinstance(expr, (Signal, ScalarSignal)):
            return self.signal(expr)
        if isinstance(expr, sympy.Symbol):
            return self.letter(expr)
        if not getattr(expr, "args", ()) or isinstance(expr, sympy.MatrixSymbol):
            self.used.add(expr)
            return super().of(expr) if expr != sympy.pi else self.algebra.pi()
        key = (expr, *(self.times.get(letter) for letter in letters_of(expr)))
        if key not in self.memory:
            self.memory[key] = self.fresh(expr)
        return self.memory[key]

    def letter(self, symbol: sympy.Symbol) -> Any:
        """A time letter as a number, any other symbol by its value."""
        if symbol in self.times:
            return self.algebra.number(sympy.Integer(self.times[symbol]))
        self.used.add(symbol)
        return super().symbol(symbol)

    def signal(self, symbol: Expr) -> Any:
        """The value of a name at a time."""
        name, shape = str(symbol.name), tuple(getattr(symbol, "shape", ()))
        index = symbol.index.args if isinstance(symbol.index, sympy.Tuple) else (symbol.index,)
        moment = tuple(self.whole_number(part) for part in index)
        place = (name, shape, moment)
        if place not in self.timed:
            self.timed[place] = self._meant(symbol, place)
        else:
            self.used.add(place)
        return self.timed[place]

    def _meant(self, symbol: Expr, place: Place) -> Any:
        name, shape, moment = place
        own = self.laws.get((name, shape))
        if own is None or not own.covers(moment):
            shown = ", ".join(map(str, moment))
            raise OutsideError(f"it reaches for {name}[{shown}], which has no meaning there")
        del symbol
        return self.at(own.expr, {**dict(own.also), **dict(zip(own.letters, moment, strict=True))})

    def whole_number(self, expr: Any) -> int:
        """A time, a bound or an exponent as a whole number.

        Raises:
            UnsupportedNodeError: it is not one.
        """
        value = self.number(expr)
        if value.denominator != 1:
            raise UnsupportedNodeError(f"A time or bound must be a whole number here; found {expr} = {value}.")
        return int(value)

    def number(self, expr: Any) -> Fraction:
        """A rational expression of time letters and sizes.

        Raises:
            UnsupportedNodeError: it holds anything else.
        """
        match expr:
            case sympy.Rational():
                return Fraction(int(expr.p), int(expr.q))
            case sympy.Symbol() if expr in self.times:
                return Fraction(self.times[expr])
            case sympy.Symbol() if expr in self.sizes:
                return Fraction(self.sizes[expr])
            case sympy.Add():
                return sum((self.number(arg) for arg in expr.args), Fraction(0))
            case sympy.Mul():
                found = Fraction(1)
                for arg in expr.args:
                    found *= self.number(arg)
                return found
            case sympy.Pow() if expr.exp.is_Integer and abs(int(expr.exp)) <= _KEPT:
                base = self.number(expr.base)
                if base == 0 and expr.exp.is_negative:
                    raise OutsideError(f"{expr} divides by 0 there")
                return base ** int(expr.exp)
            case sympy.Min() | sympy.Max():
                pick = min if isinstance(expr, sympy.Min) else max
                return pick(self.number(arg) for arg in expr.args)
            case sympy.floor() | sympy.ceiling():
                inner = self.number(expr.args[0])
                return Fraction(inner.__floor__() if isinstance(expr, sympy.floor) else inner.__ceil__())
        raise UnsupportedNodeError(f"A time or bound must be a number here; found {expr}.")

    def fresh(self, expr: Any) -> Any:
        """The value of a node with arguments."""
        match expr:
            case OrderedProduct():
                size = expr.shape[0]
                return self.running(expr, lambda: self.of(sympy.Identity(size)), lambda a, b: self._times(b, a, expr))
            case MatrixSum():
                return self.running(expr, lambda: self.of(sympy.ZeroMatrix(*expr.shape)), self.added)
            case HadamardRun():
                return self.running(expr, lambda: self.of(sympy.OneMatrix(*expr.shape)), self.entrywise)
            case sympy.Product():
                return self.running(expr, lambda: self.algebra.one, lambda a, b: self.algebra.product([a, b]))
            case sympy.Sum():
                return self.running(expr, lambda: self.algebra.zero, lambda a, b: self.algebra.total([a, b]))
            case sympy.Pow() | me.HadamardPower():
                return self.powered(expr)
            case me.MatPow():
                return self.matrix_power(expr)
            case me.DiagonalOf():
                inner = self.table(expr.arg)
                return Table(1, [{0: line[i]} if i in line else {} for i, line in enumerate(inner.lines)])
            case KroneckerDelta():
                left, right = map(self.number, expr.args)
                return self.algebra.one if left == right else self.algebra.zero
            case sympy.Piecewise():
                return self.of(next(value for value, condition in expr.args if self.holds(condition)))
            case sympy.Min() | sympy.Max() | sympy.floor() | sympy.ceiling():
                value = self.number(expr)
                return self.algebra.number(sympy.Rational(value.numerator, value.denominator))
            case sympy.cos() | sympy.sin() | sympy.exp():
                return self.algebra.apply(type(expr).__name__, 0, self.of(expr.args[0]), -1)
            case Norm():
                if self.norms is None:
                    raise UnsupportedNodeError(f"{expr} has no value that is a rational function of its entries.")
                return self.norms(self, expr)
            case Largest() | Smallest():
                if not self.algebra.ordered:
                    raise UnsupportedNodeError("The largest and the smallest of several numbers need real numbers.")
                items = [line.get(0, self.algebra.zero) for line in self.table(expr.args[0]).lines]
                return max(items) if isinstance(expr, Largest) else min(items)
        return super().of(expr)

    def running(self, expr: Any, empty: Callable[[], Any], join: Callable[[Any, Any], Any]) -> Any:
        """A sum or product over an index, term by term; what it is on the way is kept for other upper bounds."""
        if isinstance(expr, _OVER):
            body, index, lower, upper = expr.body, expr.index, expr.lower, expr.upper
        else:
            *inner, (index, lower, upper) = expr.limits
            body = type(expr)(expr.function, *inner) if inner else expr.function
        first, last = self.whole_number(lower), self.whole_number(upper)
        if last < first:
            return empty()
        known = tuple(self.times.get(letter) for letter in letters_of(body) if letter != index)
        kept: list[Any] = self.memory.setdefault((type(expr), body, index, first, known), [])
        value = kept[min(len(kept), last - first + 1) - 1] if kept else None
        spent, before, asked = self.work.spent, self.times, 0
        try:
            for step in range(first + min(len(kept), last - first + 1), last + 1):
                self.times = {**before, index: step}
                item = self.of(body)
                self.work.spend(1)
                value = item if value is None else join(value, item)
                asked += 1
                if asked == 1:
                    self.work.expect((self.work.spent - spent) * (last - step))
                if len(kept) < _KEPT:
                    kept.append(value)
        finally:
            self.times = before
        return value

    def added(self, left: Table, right: Table) -> Table:
        """The sum of two tables."""
        self._same(left, right, "a sum over time")
        self.work.spend(self._filled(right))
        total, lines = self.algebra.total, []
        for u, v in zip(left.lines, right.lines, strict=True):
            line = dict(u)
            for j, item in v.items():
                line[j] = total([line[j], item]) if j in line else item
            lines.append(line)
        return Table(left.cols, lines)

    def entrywise(self, left: Table, right: Table) -> Table:
        """The Hadamard product of two tables."""
        self._same(left, right, "a product over time")
        self.work.spend(self._filled(left))
        product = self.algebra.product
        pairs = zip(left.lines, right.lines, strict=True)
        return Table(left.cols, [{j: product([u[j], v[j]]) for j in u if j in v} for u, v in pairs])

    def powered(self, expr: Any) -> Any:
        """A scalar or every entry to a power that is a number at this time."""
        base, exponent = expr.args
        degree = self.number(exponent)
        if degree.denominator != 1:
            if base not in self.roots:
                raise UnsupportedNodeError(f"proof evaluates whole powers only; found {expr}.")
            inner, power = self.roots[base]
            degree *= power
        else:
            inner = self.of(base)
        if degree.denominator != 1:
            raise UnsupportedNodeError(f"proof evaluates whole powers only; found {expr}.")
        power_of, zero, whole = self.algebra.power, self.algebra.zero, int(degree)
        if not isinstance(inner, Table):
            return power_of(inner, whole)
        lines = [{j: power_of(line.get(j, zero), whole) for j in range(inner.cols)} for line in inner.lines]
        return Table(inner.cols, lines)

    def matrix_power(self, expr: Any) -> Table:
        """A square matrix to a whole power that is not negative."""
        inner, degree = self.table(expr.args[0]), self.whole_number(expr.args[1])
        if degree < 0:
            raise UnsupportedNodeError(f"proof has no inverse of a matrix; found {expr}.")
        found = None
        for _ in range(degree):
            found = inner if found is None else self._times(found, inner, expr)
        return self.of(sympy.Identity(expr.shape[0])) if found is None else found

    def holds(self, condition: Any) -> bool:
        """Whether a condition between times holds."""
        if isinstance(condition, Relational):
            left, right = map(self.number, condition.args)
            return bool(condition.func(sympy.Rational(left.numerator, left.denominator), _rational(right)))
        if condition in (sympy.true, sympy.false):
            return bool(condition)
        raise UnsupportedNodeError(f"A condition must be one between times; found {condition}.")


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def constants(exprs: Iterator[Expr], sizes: frozenset[Expr]) -> list[int]:
    """The whole numbers at which a formula over time may change, sorted: those that are added to or compared with times.

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
        over = isinstance(node, (*_OVER, sympy.Tuple, KroneckerDelta, Relational, sympy.Min, sympy.Max))
        beside = isinstance(node, sympy.Add) and any(
            letter.is_integer and letter not in sizes for letter in letters_of(node)
        )
        for arg in node.args:
            visit(arg, timed=over or beside)

    for expr in exprs:
        visit(expr, timed=False)
    return sorted(found)
