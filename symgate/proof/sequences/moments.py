"""The evaluator of ``entries.py`` along a trajectory: times are numbers, looked up and never written into a formula.

An index is bound where its sum or product stands and nowhere else, so that no letter is captured.  A running sum or
product keeps its last values: the product from k + 1 to t is one factor more than the one to t - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.matrices import expressions as me

from symgate.errors import UnsupportedNodeError
from symgate.language.sequences import POWER, HadamardRun, Largest, MatrixSum, Norm, OrderedProduct, Smallest
from symgate.proof.entries import Entries
from symgate.proof.sequences.laws import OVER, Law, Met, Node, OutsideError, Place, letters_of, node_of
from symgate.proof.sequences.times import holds, number, rational, whole_number
from symgate.proof.tables import Table

#: Products and sums over more steps than this do not keep what they were on the way.
_KEPT = 64


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
        used: the symbols and places that were looked up.
        beyond: what a name is at a time at which it has no meaning, by convention; None where there is no convention.
        memory: what was computed, by node and the times of its letters; of a running sum what it is on the way.
        met: the nodes of expressions by their id.
    """

    timed: dict[Place, Any] = field(default_factory=dict)
    laws: Mapping[tuple[str, tuple[Any, ...]], Law] = field(default_factory=dict)
    times: dict[sympy.Symbol, int] = field(default_factory=dict)
    roots: Mapping[Expr, tuple[Any, int]] = field(default_factory=dict)
    norms: Callable[[Moments, Expr], Any] | None = None
    used: set[Any] = field(default_factory=set)
    beyond: Callable[[Place], Any] | None = None
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)
    met: Met = field(default_factory=dict, repr=False)

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
        if isinstance(expr, sympy.Symbol):
            return self.letter(expr)
        node = self.node(expr)
        if node.name is not None:
            return self.placed(node)
        if node.leaf:
            self.used.add(expr)
            return super().of(expr) if expr is not sympy.pi else self.algebra.pi()
        key = (node, *[self.times.get(letter) for letter in node.letters]) if node.letters else node
        found = self.memory.get(key)
        if found is None:
            found = self.memory[key] = self.fresh(expr)
        return found

    def remembered(self) -> dict[Any, Any]:
        """What was computed so far, for an evaluator of which all that it was made of holds too."""
        return {key: list(value) if isinstance(value, list) else value for key, value in self.memory.items()}

    def node(self, expr: Any) -> Node:
        """The node of an expression; equal expressions are compared once."""
        met = self.met.get(id(expr))
        if met is None:
            met = self.met[id(expr)] = (node_of(expr), expr)
        return met[0]

    def letter(self, symbol: sympy.Symbol) -> Any:
        """A time letter as a number, any other symbol by its value."""
        if symbol in self.times:
            return self.algebra.number(sympy.Integer(self.times[symbol]))
        self.used.add(symbol)
        return super().symbol(symbol)

    def signal(self, symbol: Expr) -> Any:
        """The value of a name at a time."""
        return self.placed(self.node(symbol))

    def placed(self, node: Node) -> Any:
        """The value of a name at a time, by its node."""
        assert node.name is not None
        place = (*node.name, tuple([self.time(part) for part in node.moment]))
        found = self.timed.get(place)
        if found is None:
            found = self.timed[place] = self._meant(place)
        else:
            self.used.add(place)
        return found

    def time(self, part: Any) -> int:
        """A time of a node as a whole number."""
        if part.__class__ is tuple:
            letter, offset = part
            known = self.times.get(letter)
            if known is not None:
                return known + offset
            part = letter + offset
        return self.whole_number(part)

    def _meant(self, place: Place) -> Any:
        name, shape, moment = place
        own = self.laws.get((name, shape))
        if own is None or not own.covers(moment):
            held = None if self.beyond is None else self.beyond(place)
            if held is not None:
                return held
            shown = ", ".join(map(str, moment))
            raise OutsideError(f"it reaches for {name}[{shown}], which has no meaning there")
        return self.at(own.expr, {**dict(own.also), **dict(zip(own.letters, moment, strict=True))})

    def whole_number(self, expr: Any) -> int:
        """A time, a bound or an exponent as a whole number."""
        return whole_number(expr, self.times, self.sizes)

    def number(self, expr: Any) -> Fraction:
        """A rational expression of time letters and sizes."""
        return number(expr, self.times, self.sizes)

    def fresh(self, expr: Any) -> Any:
        """The value of a node with arguments: over time by the table below, otherwise as in ``Entries``."""
        own = _NODES.get(type(expr))
        return own(self, expr) if own is not None else _SHAPES(type(expr))(self, expr)

    def at_ordered(self, expr: Any) -> Any:
        """A product of matrices, later factors on the left."""
        size = expr.shape[0]
        return self.running(expr, lambda: self.of(sympy.Identity(size)), lambda a, b: self.multiplied(b, a, expr))

    def at_summed(self, expr: Any) -> Any:
        """A sum of matrices."""
        return self.running(expr, lambda: self.of(sympy.ZeroMatrix(*expr.shape)), self.added)

    def at_run(self, expr: Any) -> Any:
        """A Hadamard product of vectors."""
        return self.running(expr, lambda: self.of(sympy.OneMatrix(*expr.shape)), self.entrywise)

    def at_scalar_product(self, expr: Any) -> Any:
        """A product of scalars."""
        return self.running(expr, lambda: self.algebra.one, lambda a, b: self.algebra.product([a, b]))

    def at_scalar_sum(self, expr: Any) -> Any:
        """A sum of scalars."""
        return self.running(expr, lambda: self.algebra.zero, lambda a, b: self.algebra.total([a, b]))

    def at_diagonal_entries(self, expr: Any) -> Table:
        """The diagonal of a matrix."""
        inner = self.table(expr.arg)
        return Table(1, [{0: line[i]} if i in line else {} for i, line in enumerate(inner.lines)])

    def at_delta(self, expr: Any) -> Any:
        """Kronecker's delta of two times."""
        left, right = map(self.number, expr.args)
        return self.algebra.one if left == right else self.algebra.zero

    def at_cases(self, expr: Any) -> Any:
        """The first case whose condition holds."""
        return self.of(next(value for value, condition in expr.args if holds(condition, self.times, self.sizes)))

    def at_time(self, expr: Any) -> Any:
        """A whole number made of times."""
        return self.algebra.number(rational(self.number(expr)))

    def at_function(self, expr: Any) -> Any:
        """A function that is written as SymPy's own."""
        return self.algebra.apply(type(expr).__name__, 0, self.of(expr.args[0]), -1)

    def at_norm(self, expr: Any) -> Any:
        """A norm, where norms have values."""
        if self.norms is None:
            raise UnsupportedNodeError(f"{expr} has no value that is a rational function of its entries.")
        return self.norms(self, expr)

    def at_extreme(self, expr: Any) -> Any:
        """The largest or smallest entry of a vector."""
        items = [line.get(0, self.algebra.zero) for line in self.table(expr.args[0]).lines]
        return self.algebra.extreme(items, largest=isinstance(expr, Largest))

    def running(self, expr: Any, empty: Callable[[], Any], join: Callable[[Any, Any], Any]) -> Any:
        """A sum or product over an index, term by term; what it is on the way is kept for other upper bounds."""
        if isinstance(expr, OVER):
            body, index, lower, upper = expr.body, expr.index, expr.lower, expr.upper
        else:
            *inner, (index, lower, upper) = expr.limits
            body = type(expr)(expr.function, *inner) if inner else expr.function
        first, last = self.whole_number(lower), self.whole_number(upper)
        if index == POWER and last < first - 1:
            raise OutsideError(f"it needs an inverse, {body} to the power {last - first + 1}")
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
            found = inner if found is None else self.multiplied(found, inner, expr)
        return self.of(sympy.Identity(expr.shape[0])) if found is None else found


_SHAPES = vars(Entries)["of"].method
_NODES: dict[type, Callable[[Moments, Any], Any]] = {
    OrderedProduct: Moments.at_ordered,
    MatrixSum: Moments.at_summed,
    HadamardRun: Moments.at_run,
    sympy.Product: Moments.at_scalar_product,
    sympy.Sum: Moments.at_scalar_sum,
    sympy.Pow: Moments.powered,
    me.HadamardPower: Moments.powered,
    me.MatPow: Moments.matrix_power,
    me.DiagonalOf: Moments.at_diagonal_entries,
    KroneckerDelta: Moments.at_delta,
    sympy.Piecewise: Moments.at_cases,
    **dict.fromkeys((sympy.Min, sympy.Max, sympy.floor, sympy.ceiling), Moments.at_time),
    **dict.fromkeys((sympy.cos, sympy.sin, sympy.exp), Moments.at_function),
    Norm: Moments.at_norm,
    Largest: Moments.at_extreme,
    Smallest: Moments.at_extreme,
}
