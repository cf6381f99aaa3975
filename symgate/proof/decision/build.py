"""From SymPy expressions to forms: the entry of a matrix at two indices, or the value of a scalar.

One function per type of node; a new node is one more function under ``@entry.register`` (entries) and, where it has
a shape of its own, under ``@axes.register``.  An index of an axis is a tuple of letters: none for an axis of length 1,
one for an axis of a plain size, several (major first) for a product of sizes, and (place, letter) where blocks stand one
below the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import singledispatchmethod
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me

from symgate.errors import UnsupportedNodeError
from symgate.language import sequences as seq
from symgate.language.nodes import Dot, Map, ScalarMap, ScalarSignal, Signal, Vec
from symgate.proof.decision import ranges
from symgate.proof.decision.canon import Algebra, Function, UndefinedError
from symgate.proof.decision.forms import CONSTANT, FREE, HOLE, TIME, Form, Kind, Letter, Time, at_time, combined, later
from symgate.proof.decision.products import diagonal

Index = tuple[Letter, ...]
Axis = tuple[Any, ...]


@dataclass(frozen=True)
class Blocks:
    """The space of an axis made of blocks: their axes, one below the other."""

    parts: tuple[Axis, ...]


@dataclass
class Builder:
    """Builds forms in one algebra.

    Attributes:
        algebra: where the forms are made.
        functions: the names of the functions that the cell declares.
        sizes: the symbols that are sizes.
        times: symbols of times that are bound, with their letters.
        extra: entries of nodes that another part of the package knows, by type.
    """

    algebra: Algebra
    functions: frozenset[str] = frozenset()
    sizes: frozenset[Expr] = frozenset()
    times: dict[Expr, Letter] = field(default_factory=dict)
    extra: dict[type, Callable[[Builder, Any, Index, Index], Form]] = field(default_factory=dict)
    known: dict[Any, Form] = field(default_factory=dict)
    bodies: dict[Form, Any] = field(default_factory=dict)
    body_axes: dict[Any, Index] = field(default_factory=dict)

    # ---- letters

    def free(self, axis: Axis, number: int) -> list[Index]:
        """The free indices that cover an axis, one for each combination of blocks; ``number`` tells them from others."""
        found = []
        for index in self.everywhere(axis):
            plain_ = [letter for letter in index if letter.level != CONSTANT]
            own = {letter: self.algebra.letter(letter.space, FREE, 100 * number + q) for q, letter in enumerate(plain_)}
            found.append(tuple(own.get(letter, letter) for letter in index))
        return found

    def hole(self, axis: Axis, number: int) -> Index:
        """The free index of an axis without blocks."""
        (index,) = self.free(axis, number)
        return index

    def everywhere(self, axis: Axis) -> list[Index]:
        """The indices that cover an axis: one, or one for each combination of blocks."""
        found: list[Index] = [()]
        for space in axis:
            if isinstance(space, Blocks):
                tails = [
                    (self.algebra.constant(space, q), *inner)
                    for q, part in enumerate(space.parts)
                    for inner in self.everywhere(part)
                ]
            else:
                tails = [(self.algebra.fresh(space),)]
            found = [(*head, *tail) for head in found for tail in tails]
        return found

    def time(self, expr: Expr) -> Time:
        """A linear form in times.

        Raises:
            UnsupportedNodeError: it is not linear with whole factors.
        """
        parts: list[tuple[Time, int]] = []
        for arg in sympy.Add.make_args(sympy.expand(expr)):
            factor, rest = arg.as_coeff_Mul()
            if not factor.is_Integer:
                raise UnsupportedNodeError(f"{expr} is no time: a time is a sum of time letters and whole numbers.")
            if rest == 1:
                parts.append(((int(factor), ()), 1))
            elif isinstance(rest, sympy.Symbol):
                parts.append((at_time(self.clock(rest)), int(factor)))
            else:
                raise UnsupportedNodeError(f"{expr} is no time: a time is a sum of time letters and whole numbers.")
        return combined(parts)

    def clock(self, symbol: Expr) -> Letter:
        """The letter of a time symbol."""
        if symbol not in self.times:
            self.times[symbol] = self.algebra.letter(TIME, FREE, len(self.times))
        return self.times[symbol]

    def times_of(self, index: Expr) -> tuple[Time, ...]:
        """The times that a signal carries."""
        parts = index.args if isinstance(index, sympy.Tuple) else (index,)
        return tuple(self.time(part) for part in parts)

    # ---- axes

    @singledispatchmethod
    def axes(self, expr: Any) -> tuple[Axis, Axis]:
        """The structure of rows and columns, as finely as the expression itself says."""
        rows, cols = expr.shape
        return plain(rows), plain(cols)

    @axes.register(me.MatAdd)
    @axes.register(me.HadamardProduct)
    def _same_axes(self, expr: Any) -> tuple[Axis, Axis]:
        rows, cols = zip(*(self.axes(arg) for arg in expr.args), strict=True)
        return finest(rows), finest(cols)

    @axes.register
    def _product_axes(self, expr: me.MatMul) -> tuple[Axis, Axis]:
        matrices = [arg for arg in expr.args if isinstance(arg, me.MatrixExpr)]
        return self.axes(matrices[0])[0], self.axes(matrices[-1])[1]

    @axes.register
    def _turned_axes(self, expr: me.Transpose) -> tuple[Axis, Axis]:
        return self.axes(expr.arg)[::-1]

    @axes.register
    def _kron_axes(self, expr: me.KroneckerProduct) -> tuple[Axis, Axis]:
        rows, cols = zip(*(self.axes(arg) for arg in expr.args), strict=True)
        return sum(rows, ()), sum(cols, ())

    @axes.register
    def _block_axes(self, expr: me.BlockMatrix) -> tuple[Axis, Axis]:
        high, wide = expr.blockshape
        rows = [finest([self.axes(expr.blocks[p, q])[0] for q in range(wide)]) for p in range(high)]
        cols = [finest([self.axes(expr.blocks[p, q])[1] for p in range(high)]) for q in range(wide)]
        return stacked(rows), stacked(cols)

    @axes.register
    def _diag_axes(self, expr: me.DiagMatrix) -> tuple[Axis, Axis]:
        rows = self.axes(expr.args[0])[0]
        return rows, rows

    @axes.register
    def _diagonal_axes(self, expr: me.DiagonalOf) -> tuple[Axis, Axis]:
        return finest(self.axes(expr.arg)), ()

    @axes.register
    def _vec_axes(self, expr: Vec) -> tuple[Axis, Axis]:
        rows, cols = self.axes(expr.args[0])
        return cols + rows, ()

    @axes.register
    def _map_axes(self, expr: Map) -> tuple[Axis, Axis]:
        return self.axes(expr.argument)

    @axes.register
    def _power_axes(self, expr: me.HadamardPower) -> tuple[Axis, Axis]:
        return self.axes(expr.base)

    @axes.register(seq.OrderedProduct)
    @axes.register(seq.MatrixSum)
    @axes.register(seq.HadamardRun)
    def _over_axes(self, expr: Any) -> tuple[Axis, Axis]:
        return self.axes(expr.body)

    # ---- values

    def scalar(self, expr: Any) -> Form:
        """The value of a scalar expression, or of a matrix with one entry."""
        return self.at(sympy.sympify(expr, strict=True), (), ())

    def at(self, expr: Any, row: Index, col: Index) -> Form:
        """The entry at (row, col); kept, since cells repeat themselves."""
        key = (expr, row, col, tuple(self.times.items()))
        if key not in self.known:
            self.known[key] = self.entry(expr, row, col)
        return self.known[key]

    @singledispatchmethod
    def entry(self, expr: Any, row: Index, col: Index) -> Form:
        """The entry of a node.

        Raises:
            UnsupportedNodeError: a node outside the language.
        """
        for kind, build in self.extra.items():
            if isinstance(expr, kind):
                return build(self, expr, row, col)
        raise UnsupportedNodeError(f"the decision has no rule for {type(expr).__name__} in {expr}")

    @entry.register
    def _rational(self, expr: sympy.Rational, row: Index, col: Index) -> Form:
        return self.algebra.number(Fraction(int(expr.p), int(expr.q)))

    @entry.register
    def _float(self, expr: sympy.Float, row: Index, col: Index) -> Form:
        return self._rational(sympy.Rational(str(expr)), row, col)

    @entry.register
    def _constant(self, expr: sympy.NumberSymbol, row: Index, col: Index) -> Form:
        return self.algebra.of(self.algebra.atom(Kind.ENTRY, ("constant", str(expr))))

    @entry.register
    def _cosine(self, expr: sympy.cos, row: Index, col: Index) -> Form:
        inner = self.at(expr.args[0], (), ())
        return self.algebra.of(self.algebra.atom(Kind.FUN, (Function("registry", "cos"), 0), args=(inner,)))

    @entry.register
    def _cases(self, expr: sympy.Piecewise, row: Index, col: Index) -> Form:
        """The first case whose condition on times holds."""
        algebra, found, rest = self.algebra, self.algebra.zero, self.algebra.one
        for value, condition in expr.args:
            here = self.holds(condition)
            found = algebra.add(found, algebra.product([rest, here, self.at(value, row, col)]))
            rest = algebra.times(rest, algebra.subtract(algebra.one, here))
        return found

    def holds(self, condition: Any) -> Form:
        """1 where a relation between times holds, else 0."""
        if condition == sympy.true:
            return self.algebra.one
        if not isinstance(condition, sympy.core.relational.Relational):
            raise UnsupportedNodeError(f"the decision has no rule for the condition {condition}")
        left, right = self.time(condition.lhs), self.time(condition.rhs)
        pairs = {
            sympy.Le: [(left, right)],
            sympy.Ge: [(right, left)],
            sympy.Lt: [(later(left, 1), right)],
            sympy.Gt: [(later(right, 1), left)],
            sympy.Eq: [(left, right), (right, left)],
        }.get(type(condition))
        if pairs is None:
            raise UnsupportedNodeError(f"the decision has no rule for the condition {condition}")
        return self.algebra.sum([(1, [(ranges.at_most(self.algebra, *pair), 1) for pair in pairs], ())])

    @entry.register
    def _symbol(self, expr: sympy.Symbol, row: Index, col: Index) -> Form:
        """A size, a time as a number, or a scalar parameter."""
        if expr in self.sizes:
            return self.algebra.size(expr)
        if expr.is_integer:
            return self.algebra.of(self.algebra.atom(Kind.CLOCK, times=(at_time(self.clock(expr)),)))
        return self.algebra.of(self.algebra.atom(Kind.ENTRY, ("scalar", expr)))

    @entry.register
    def _scalar_signal(self, expr: ScalarSignal, row: Index, col: Index) -> Form:
        times = self.times_of(expr.index)
        return self.algebra.of(self.algebra.atom(Kind.ENTRY, ("scalar signal", expr.name), times=times))

    @entry.register
    def _signal(self, expr: Signal, row: Index, col: Index) -> Form:
        times = self.times_of(expr.index)
        key, letters = keyed(row, col)
        return self.algebra.of(self.algebra.atom(Kind.ENTRY, ("signal", str(expr.name), key), letters, times))

    @entry.register
    def _matrix(self, expr: me.MatrixSymbol, row: Index, col: Index) -> Form:
        key, letters = keyed(row, col)
        return self.algebra.of(self.algebra.atom(Kind.ENTRY, ("matrix", str(expr.name), key), letters))

    @entry.register(sympy.Add)
    @entry.register(me.MatAdd)
    def _sum(self, expr: Any, row: Index, col: Index) -> Form:
        return self.algebra.add(*(self.at(arg, row, col) for arg in expr.args))

    @entry.register(sympy.Mul)
    @entry.register(me.HadamardProduct)
    def _product(self, expr: Any, row: Index, col: Index) -> Form:
        return self.algebra.product([self.at(arg, row, col) for arg in expr.args])

    @entry.register
    def _power(self, expr: sympy.Pow, row: Index, col: Index) -> Form:
        if isinstance(expr.base, sympy.Piecewise):
            return self.at(sympy.Piecewise(*((value**expr.exp, case) for value, case in expr.base.args)), row, col)
        return self.raised(self.at(expr.base, (), ()), expr.exp)

    @entry.register
    def _hadamard_power(self, expr: me.HadamardPower, row: Index, col: Index) -> Form:
        return self.raised(self.at(expr.base, row, col), expr.exp)

    def raised(self, base: Form, exponent: Expr) -> Form:
        """A scalar form to a rational power, or to one that is linear in times: b^(t-k) = R(t)/R(k)."""
        if not exponent.is_Rational:
            return self.algebra.of(self.algebra.atom(Kind.RUN, times=(self.time(exponent),), args=(base,)))
        return self.algebra.power(base, Fraction(int(exponent.p), int(exponent.q)))

    @entry.register(Map)
    @entry.register(ScalarMap)
    def _function(self, expr: Any, row: Index, col: Index) -> Form:
        origin = "cell" if expr.function in self.functions else "registry"
        inner = self.at(expr.argument, row, col)
        return self.algebra.of(
            self.algebra.atom(Kind.FUN, (Function(origin, expr.function), expr.order), args=(inner,))
        )

    @entry.register
    def _identity(self, expr: me.Identity, row: Index, col: Index) -> Form:
        return self.same(row, col)

    @entry.register
    def _ones(self, expr: me.OneMatrix, row: Index, col: Index) -> Form:
        return self.algebra.one

    @entry.register
    def _zeros(self, expr: me.ZeroMatrix, row: Index, col: Index) -> Form:
        return self.algebra.zero

    @entry.register
    def _diagonal(self, expr: me.DiagMatrix, row: Index, col: Index) -> Form:
        return self.algebra.times(self.same(row, col), self.at(expr.args[0], row, ()))

    @entry.register
    def _diagonal_of(self, expr: me.DiagonalOf, row: Index, col: Index) -> Form:
        return self.at(expr.arg, row, row)

    @entry.register
    def _vec(self, expr: Vec, row: Index, col: Index) -> Form:
        """Columns below one another: the index of a column comes first, as in a Kronecker product."""
        wide = len(self.axes(expr.args[0])[1])
        return self.at(expr.args[0], row[wide:], row[:wide])

    @entry.register
    def _transpose(self, expr: me.Transpose, row: Index, col: Index) -> Form:
        return self.at(expr.arg, col, row)

    @entry.register
    def _dot(self, expr: Dot, row: Index, col: Index) -> Form:
        left, right = expr.args
        return self.summed(
            finest([self.axes(left)[0], self.axes(right)[0]]),
            lambda at: self.algebra.times(self.at(left, at, ()), self.at(right, at, ())),
        )

    @entry.register
    def _trace(self, expr: sympy.Trace, row: Index, col: Index) -> Form:
        return self.summed(finest(self.axes(expr.arg)), lambda at: self.at(expr.arg, at, at))

    @entry.register
    def _matrix_product(self, expr: me.MatMul, row: Index, col: Index) -> Form:
        """The factors from the left, summed over the index between each and the next."""
        scalars = [self.at(arg, (), ()) for arg in expr.args if not isinstance(arg, me.MatrixExpr)]
        matrices = [arg for arg in expr.args if isinstance(arg, me.MatrixExpr)]
        form = self._chain(matrices, row, col)
        return self.algebra.product([*scalars, form])

    def _chain(self, matrices: list[Any], row: Index, col: Index) -> Form:
        """The product of matrices, from the side where a vector ends it."""
        if len(matrices) == 1:
            return self.at(matrices[0], row, col)
        *front, last = matrices
        first, *back = matrices
        if row or not col:
            axis = finest([self.axes(first)[1], self.axes(back[0])[0]])
            return self.summed(axis, lambda at: self._pair(first, back, row, at, col))
        axis = finest([self.axes(front[-1])[1], self.axes(last)[0]])
        return self.summed(axis, lambda at: self.algebra.times(self._chain(front, row, at), self.at(last, at, col)))

    def _pair(self, first: Any, back: list[Any], row: Index, at: Index, col: Index) -> Form:
        left = self.at(first, row, at)
        return self.algebra.times(left, self._chain(back, at, col)) if left.terms else left

    @entry.register
    def _kronecker(self, expr: me.KroneckerProduct, row: Index, col: Index) -> Form:
        parts = []
        for arg in expr.args:
            rows, cols = self.axes(arg)
            own, row = take(row, rows, expr)
            other, col = take(col, cols, expr)
            parts.append(self.at(arg, own, other))
        return self.algebra.product(parts)

    @entry.register
    def _blocks(self, expr: me.BlockMatrix, row: Index, col: Index) -> Form:
        """The block that the places name, at what is left of the indices."""
        high, wide = expr.blockshape
        p, row = place(row, high, expr)
        q, col = place(col, wide, expr)
        return self.at(expr.blocks[p, q], row, col)

    def same(self, row: Index, col: Index) -> Form:
        """1 where two indices agree, else 0."""
        for one, other in zip(row, col, strict=False):
            if one.level == other.level == CONSTANT and one is not other:
                return self.algebra.zero
        if [letter.space for letter in row] != [letter.space for letter in col]:
            raise UnsupportedNodeError("sizes are multiplied in different orders")
        return self.algebra.sum(
            [(1, [(self.algebra.atom(Kind.DELTA, letters=pair), 1) for pair in zip(row, col, strict=True)], ())]
        )

    def summed(self, axis: Axis, body: Callable[[Index], Form]) -> Form:
        """The sum of a body over an axis."""
        forms = []
        for index in self.everywhere(axis):
            form = body(index)
            for letter in index:
                if letter.level < FREE:
                    form = self.algebra.total(letter, form)
            forms.append(form)
        return self.algebra.add(*forms) if len(forms) != 1 else forms[0]

    # ---- over time

    @entry.register
    def _matrix_sum(self, expr: seq.MatrixSum, row: Index, col: Index) -> Form:
        return self.over(expr.body, [(expr.index, expr.lower, expr.upper)], row, col)

    @entry.register
    def _scalar_sum(self, expr: sympy.Sum, row: Index, col: Index) -> Form:
        return self.over(expr.function, list(expr.limits), row, col)

    @entry.register
    def _hadamard_run(self, expr: seq.HadamardRun, row: Index, col: Index) -> Form:
        return self.run(expr.body, expr.index, expr.lower, expr.upper, row, col)

    @entry.register
    def _scalar_run(self, expr: sympy.Product, row: Index, col: Index) -> Form:
        if len(expr.limits) != 1:
            raise UnsupportedNodeError(f"the decision has no rule for a product over several times: {expr}")
        return self.run(expr.function, *expr.limits[0], row, col)

    @entry.register
    def _ordered(self, expr: seq.OrderedProduct, row: Index, col: Index) -> Form:
        """The product where it has factors, I where it has none."""
        along = self.along(expr, row, col)
        if along is not None:
            return along
        if any(len(axis) != 1 or isinstance(axis[0], Blocks) for axis in self.axes(expr.body)):
            raise UnsupportedNodeError(f"the decision has no rule for a product over time of blocks that mix: {expr}")
        head, shift = self.body(expr)
        first, last = later(self.time(expr.lower), shift), later(self.time(expr.upper), shift)
        key, letters = keyed(row, col)
        word = self.algebra.atom(Kind.ORDERED, (*head[:2], key), letters, (last, first))
        some, none = self.either(first, last)
        there = self.algebra.sum([(1, [(word, 1), (some, 1)], ())])
        return self.algebra.add(there, self.algebra.times(self.algebra.of(none), self.same(row, col)))

    def along(self, expr: seq.OrderedProduct, row: Index, col: Index) -> Form | None:
        """A product of diagonal matrices (block by block), as the diagonal of the products of their entries."""
        rows, cols = self.axes(expr.body)
        base: Form | None = None
        for p in self.free(rows, 1):
            for q in self.free(cols, 2):
                form = self.within(expr.index, lambda _, p=p, q=q: self.at(expr.body, p, q))
                places, letters = keyed(p, q)
                if places[0] != places[1]:
                    own = None if form.terms else self.algebra.zero
                else:
                    own = diagonal(self.algebra, letters[: len(letters) // 2], letters[len(letters) // 2 :], form)
                if own is None:
                    return None
                if places[0] == keyed(row, col)[0][0]:
                    base = self.algebra.moved_form(own, dict(zip(p, row, strict=True)))
        if base is None:
            return None
        values = self.quotient(base, self.time(expr.lower), self.time(expr.upper))
        return self.algebra.times(self.same(row, col), values)

    def body(self, expr: seq.OrderedProduct) -> tuple[Any, int]:
        """The name of the matrix that a product multiplies, and how much later it stands than its index."""
        rows, cols = self.axes(expr.body)
        row, col = self.hole(rows, 1), self.hole(cols, 2)
        if isinstance(expr.body, Signal) and not isinstance(expr.body.index, sympy.Tuple):
            offset, pairs = self.within(expr.index, lambda _: self.time(expr.body.index))
            if pairs == ((self.mark, 1),):
                head = ("signal", str(expr.body.name), keyed(row, col)[0])
                self.algebra.ordered.add(head)
                return head, offset
        form = self.within(expr.index, lambda _: self.at(expr.body, row, col))
        if not set(form.free) <= {*row, *col, self.mark}:
            raise UnsupportedNodeError(f"the decision has no rule for a product whose factors know other times: {expr}")
        if form not in self.bodies:
            self.bodies[form] = ("body", str(len(self.bodies)), keyed(row, col)[0])
            self.body_axes[self.bodies[form]] = (*row, *col)
            self.algebra.ordered.add(self.bodies[form])
        return self.bodies[form], 0

    def within(self, symbol: Expr, build: Callable[[Letter], Any]) -> Any:
        """What is built while a time symbol stands for the mark that a product multiplies over."""
        if self.mark in self.times.values():
            raise UnsupportedNodeError("the decision has no rule for a product over time within another one")
        return self.bound_as(symbol, self.mark, build)

    def bound_as(self, symbol: Expr, letter: Letter, build: Callable[[Letter], Any]) -> Any:
        """What is built while a time symbol stands for a letter."""
        kept = self.times.get(symbol)
        self.times[symbol] = letter
        try:
            return build(letter)
        finally:
            if kept is None:
                del self.times[symbol]
            else:
                self.times[symbol] = kept

    @property
    def mark(self) -> Letter:
        """The time letter that a product multiplies over."""
        return self.algebra.letter(TIME, *HOLE)

    def either(self, first: Time, last: Time) -> tuple[Any, Any]:
        """The factors for first <= last and for last < first."""
        return ranges.at_most(self.algebra, first, last), ranges.at_most(self.algebra, later(last, 1), first)

    def run(self, body: Any, symbol: Expr, lower: Expr, upper: Expr, row: Index, col: Index) -> Form:
        """A commutative product over times: R(upper + 1)/R(lower), or 1 where it is empty."""
        first, last = self.time(lower), self.time(upper)
        found = []
        together: dict[Any, Expr] = {}
        for factor, exponent in factors_of(body):
            together[factor] = sympy.expand(together.get(factor, 0) + exponent)
        for factor, exponent in together.items():
            if not exponent.is_Integer and not exponent.has(symbol) and not factor.has(symbol):
                form = self.raised(self.at(factor, row, col), sympy.cancel(exponent * (upper - lower + 1)))
                some, none = self.either(first, later(last, 1))
                form = self.algebra.times(form, self.algebra.of(some))
                found.append(self.algebra.add(form, self.algebra.of(none)))
                continue
            base = self.within(symbol, lambda _, f=factor: self.at(f, row, col))
            whole = exponent if exponent.is_Integer else sympy.S.One
            if not exponent.is_Integer:
                base = self.within(symbol, lambda _, f=factor, e=exponent: self.raised(self.at(f, row, col), e))
            found.append(self.quotient(base, first, last, int(whole)))
        return self.algebra.product(found)

    def quotient(self, base: Form, first: Time, last: Time, power: int = 1) -> Form:
        """R(last + 1)/R(first) for a base at the time of the mark, or 1 where the product is empty."""
        if not base.terms:
            if power < 0:
                raise UndefinedError("a denominator is 0 for every value of the symbols")
            some, none = self.either(first, last)
            return self.algebra.of(none)
        ends = [(self.algebra.atom(Kind.RUN, times=(later(last, 1),), args=(base,)), power)]
        ends.append((self.algebra.atom(Kind.RUN, times=(first,), args=(base,)), -power))
        some, none = self.either(first, later(last, 1))
        return self.algebra.sum([(1, [*ends, (some, 1)], ()), (1, [(none, 1)], ())])

    @entry.register
    def _same_time(self, expr: sympy.KroneckerDelta, row: Index, col: Index) -> Form:
        left, right = (self.time(arg) for arg in expr.args[:2])
        both = [(ranges.at_most(self.algebra, *pair), 1) for pair in ((left, right), (right, left))]
        return self.algebra.sum([(1, both, ())])

    @entry.register
    def _norm(self, expr: seq.Norm, row: Index, col: Index) -> Form:
        """An opaque scalar of the entries of a matrix."""
        rows, cols = self.axes(expr.args[0])
        inner = self.at(expr.args[0], self.hole(rows, 70), self.hole(cols, 71))
        if len(inner.terms) == 1 and inner.terms[0][1] == 1 and len(inner.terms[0][0].factors) == 1:
            ((atom, power),) = inner.terms[0][0].factors
            if power == 1 and atom.kind in (Kind.ENTRY, Kind.ORDERED):
                return self.algebra.of(self.algebra.atom(Kind.ENTRY, ("norm", (atom.kind, atom.head)), (), atom.times))
        return self.algebra.of(self.algebra.atom(Kind.FUN, (Function("norm", "norm"), 0), args=(inner,)))

    @entry.register(seq.Largest)
    @entry.register(seq.Smallest)
    def _extreme(self, expr: Any, row: Index, col: Index) -> Form:
        inner = self.at(expr.args[0], self.hole(self.axes(expr.args[0])[0], 70), ())
        return self.algebra.of(self.algebra.atom(Kind.FUN, (Function("norm", type(expr).__name__), 0), args=(inner,)))

    def over(self, body: Any, limits: list[Any], row: Index, col: Index) -> Form:
        """The sum of a body over times, the first of the limits innermost."""
        if not limits:
            return self.at(body, row, col)
        *inner, (symbol, lower, upper) = limits
        first, last = self.time(lower), self.time(upper)
        letter = self.algebra.fresh(TIME)
        form = self.bound_as(symbol, letter, lambda _: self.over(body, inner, row, col))
        here = at_time(letter)
        ranged = ranges.at_most(self.algebra, first, here), ranges.at_most(self.algebra, here, last)
        return self.algebra.total(letter, form, ranged)


def factors_of(body: Expr) -> list[tuple[Any, Expr]]:
    """The factors of an entrywise product, each with its exponent."""
    if isinstance(body, (sympy.Mul, me.HadamardProduct)):
        return [pair for arg in body.args for pair in factors_of(arg)]
    if isinstance(body, (sympy.Pow, me.HadamardPower)):
        return [(body.base, body.exp)]
    return [(body, sympy.S.One)]


def keyed(row: Index, col: Index) -> tuple[Any, Index]:
    """How an index is made up (a number for a block, None for a letter), and its letters."""
    key = tuple(tuple(part.number if part.level == CONSTANT else None for part in index) for index in (row, col))
    return key, tuple(part for part in (*row, *col) if part.level != CONSTANT)


def plain(size: Expr) -> Axis:
    """The axis of a size that says nothing more of itself."""
    return () if size == 1 else (size,)


def finest(axes: Any) -> Axis:
    """The axis that says most.

    Raises:
        UnsupportedNodeError: two axes are structured in different ways.
    """
    best = max(axes, key=lambda axis: (len(axis), sum(isinstance(space, Blocks) for space in axis)))
    for axis in axes:
        if len(axis) == len(best) and axis != best and not _opaque(axis, best):
            raise UnsupportedNodeError("sizes are multiplied or stacked in different ways")
    return best  # type: ignore[no-any-return]


def _opaque(axis: Axis, best: Axis) -> bool:
    """Whether an axis differs only where it says nothing of how a sum of sizes is made up."""
    return all(a == b or (isinstance(b, Blocks) and not isinstance(a, Blocks)) for a, b in zip(axis, best, strict=True))


def stacked(parts: list[Axis]) -> Axis:
    """The axis of blocks one below the other; of one block its own."""
    return parts[0] if len(parts) == 1 else (Blocks(tuple(parts)),)


def take(index: Index, axis: Axis, expr: Expr) -> tuple[Index, Index]:
    """What of an index belongs to the first factor of a Kronecker product, and the rest."""
    own = index[: len(axis)]
    if len(own) != len(axis) or any(letter.space != space for letter, space in zip(own, axis, strict=True)):
        raise UnsupportedNodeError(f"the sizes of {expr} are multiplied in another order where it is used")
    return own, index[len(axis) :]


def place(index: Index, count: int, expr: Expr) -> tuple[int, Index]:
    """The block that an index names, and the index within it."""
    if count == 1:
        return 0, index
    if not index or not isinstance(index[0].space, Blocks) or len(index[0].space.parts) != count:
        raise UnsupportedNodeError(f"the blocks of {expr} stand where others are expected")
    return index[0].number, index[1:]
