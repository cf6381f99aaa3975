"""From SymPy expressions to forms: the entry of a matrix at two indices, or the value of a scalar.

One function per type of node; a new node is one more function under ``@entry.register`` (entries) and, where it has
a shape of its own, under ``@axes.register`` in ``axes.py``.  Matrices made of others are in ``build_matrices.py``, sums
and products over time in ``build_time.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me

from symgate.errors import UnsupportedNodeError
from symgate.language import sequences as seq
from symgate.language.nodes import Dot, Map, ScalarMap, ScalarSignal, Signal, Vec
from symgate.language.numbers import decimal
from symgate.proof.decision import build_matrices, build_time, ranges
from symgate.proof.decision.axes import Axis, Blocks, Index, keyed
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import (
    CONSTANT,
    FREE,
    HOLE,
    TIME,
    Atom,
    Form,
    Kind,
    Letter,
    Time,
    at_time,
    combined,
    later,
)
from symgate.proof.decision.functions import Function
from symgate.proof.decision.runs import NESTED, varies_within
from symgate.proof.decision.units import AT_A_TIME, NOTHING, is_loose, may_be_zero
from symgate.proof.nodes import ByType

#: Node types that multiply over time.
_PRODUCTS = (seq.HadamardRun, seq.OrderedProduct, sympy.Product)


def multiplies(expr: Any) -> bool:
    """Whether a product over time stands in an expression."""
    return bool(getattr(expr, "has", None)) and bool(expr.has(*_PRODUCTS))


@dataclass
class Builder:
    """Builds forms in one algebra.

    Attributes:
        algebra: where the forms are made.
        functions: the names of the functions that the cell declares.
        sizes: the symbols that are sizes.
        times: symbols of times that have been met, with their letters; of a bound one while its sum is built.
        clocks: the letters of free times, each told from all others whatever is bound where it is first met.
        apart: whether what is built stands for itself: no definition, whose free times stand for others.
        ranged: the ranges of the times around what is built.
        below: whether what is built is divided by.
        extra: entries of nodes that another part of the package knows, by type.
    """

    algebra: Algebra
    functions: frozenset[str] = frozenset()
    sizes: frozenset[Expr] = frozenset()
    times: dict[Expr, Letter] = field(default_factory=dict)
    clocks: dict[Expr, Letter] = field(default_factory=dict)
    extra: dict[type, Callable[[Builder, Any, Index, Index], Form]] = field(default_factory=dict)
    known: dict[Any, Form] = field(default_factory=dict)
    bodies: dict[Form, Any] = field(default_factory=dict)
    body_axes: dict[Any, Index] = field(default_factory=dict)
    apart: bool = False
    ranged: list[Atom] = field(default_factory=list)
    below: bool = False

    def again(self, algebra: Algebra) -> Builder:
        """The same in an algebra that goes on from where this one is; ``extra`` is left out."""
        return Builder(
            algebra,
            self.functions,
            self.sizes,
            times=dict(self.times),
            clocks=dict(self.clocks),
            known=dict(self.known),
            bodies=dict(self.bodies),
            body_axes=dict(self.body_axes),
        )

    # ---- letters

    def free(self, axis: Axis, number: int) -> list[Index]:
        """The free indices that cover an axis, one per combination of blocks; ``number`` tells them from others."""
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
                raise UnsupportedNodeError(f"{expr} is not a time: a time is a sum of time letters and whole numbers.")
            if rest == 1:
                parts.append(((int(factor), ()), 1))
            elif isinstance(rest, sympy.Symbol):
                parts.append((at_time(self.clock(rest)), int(factor)))
            else:
                raise UnsupportedNodeError(f"{expr} is not a time: a time is a sum of time letters and whole numbers.")
        return combined(parts)

    def clock(self, symbol: Expr) -> Letter:
        """The letter of a time symbol: that of the sum around it, or one of its own that no other symbol ever has."""
        if symbol in self.sizes:
            raise UnsupportedNodeError(f"{symbol} is a size, and a time")
        if symbol not in self.times:
            if symbol not in self.clocks:
                self.clocks[symbol] = self.algebra.letter(TIME, FREE, len(self.clocks))
            self.times[symbol] = self.clocks[symbol]
        return self.times[symbol]

    def times_of(self, index: Expr) -> tuple[Time, ...]:
        """The times that a signal carries."""
        parts = index.args if isinstance(index, sympy.Tuple) else (index,)
        return tuple(self.time(part) for part in parts)

    # ---- values

    def scalar(self, expr: Any) -> Form:
        """The value of a scalar expression, or of a matrix with one entry."""
        return self.at(sympy.sympify(expr, strict=True), (), ())

    def at(self, expr: Any, row: Index, col: Index) -> Form:
        """The entry at (row, col); kept, since cells repeat themselves."""
        key = (expr, row, col, tuple(self.times.items()), self.below)
        if key not in self.known:
            self.known[key] = self.entry(expr, row, col)
        return self.known[key]

    @ByType
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
        return self._rational(decimal(expr), row, col)

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
        return self.raised(self._base(expr, (), ()), expr.exp)

    @entry.register
    def _hadamard_power(self, expr: me.HadamardPower, row: Index, col: Index) -> Form:
        return self.raised(self._base(expr, row, col), expr.exp)

    def _base(self, expr: Any, row: Index, col: Index) -> Form:
        """What is raised to a power, which divides by it unless the power is a number >= 0."""
        before, self.below = self.below, self.below or not expr.exp.is_nonnegative
        try:
            return self.at(expr.base, row, col)
        finally:
            self.below = before

    def raised(self, base: Form, exponent: Expr) -> Form:
        """A scalar form to a rational power, or to one that is linear in times: b^(t-k) = R(t)/R(k)."""
        own = [letter for letter in base.free if letter.space == TIME and letter not in self.clocks.values()]
        if own and (exponent.is_negative or not exponent.is_Rational):
            self.require_nonzero(base)
        if not exponent.is_Rational:
            if is_loose(base):
                raise UnsupportedNodeError(NOTHING)
            if self.mark in own:  # which R(x) would multiply over
                raise UnsupportedNodeError(NESTED)
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

    def within(self, symbol: Expr, body: Any, build: Callable[[Letter], Form]) -> Form:
        """The form of what is multiplied over time, while its time symbol stands for the mark that products have.

        Of products within one another the innermost has the mark while it is built; the index of one around it has a
        letter of its own, which becomes the mark afterwards.  What is then left of the inner ones is judged in
        ``runs.py``: those that are empty or cancel are gone.
        """
        if self.mark in self.times.values():
            raise UnsupportedNodeError(NESTED)
        if not multiplies(body):
            return self.bound_as(symbol, self.mark, build)
        own = [letter for letter in self.times.values() if letter.level == FREE and letter.number > HOLE[1]]
        letter = self.algebra.letter(TIME, FREE, HOLE[1] + 1 + len(own))
        form: Form = self.bound_as(symbol, letter, build)
        if varies_within(form, letter):
            raise UnsupportedNodeError(NESTED)
        return self.algebra.moved_form(form, {letter: self.mark})

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

    def require_nonzero(self, base: Form, *ranged: Atom) -> None:
        """Refuse what is 0 at a time within the ranges around it, whatever the entries are, or may be.

        Raises:
            UnsupportedNodeError: it may be.
        """
        if may_be_zero(base, ranges.bounds_of([*self.ranged, *ranged])):
            raise UnsupportedNodeError(AT_A_TIME)

    @property
    def steady(self) -> set[Letter]:
        """The free times, which what a product multiplies may know."""
        return set(self.clocks.values()) if self.apart else set()

    @property
    def mark(self) -> Letter:
        """The time letter that a product multiplies over."""
        return self.algebra.letter(TIME, *HOLE)

    entry.register(me.DiagMatrix, build_matrices.diagonal)
    entry.register(me.DiagonalOf, build_matrices.diagonal_of)
    entry.register(Vec, build_matrices.vec)
    entry.register(me.Transpose, build_matrices.transpose)
    entry.register(Dot, build_matrices.dot)
    entry.register(sympy.Trace, build_matrices.trace)
    entry.register(me.MatMul, build_matrices.matrix_product)
    entry.register(me.KroneckerProduct, build_matrices.kronecker)
    entry.register(me.BlockMatrix, build_matrices.blocks)
    entry.register(seq.MatrixSum, build_time.matrix_sum)
    entry.register(sympy.Sum, build_time.scalar_sum)
    entry.register(seq.HadamardRun, build_time.hadamard_run)
    entry.register(sympy.Product, build_time.scalar_run)
    entry.register(seq.OrderedProduct, build_time.ordered)
    entry.register(sympy.KroneckerDelta, build_time.same_time)
    entry.register(seq.Norm, build_time.norm)
    entry.register(seq.Largest, build_time.extreme)
    entry.register(seq.Smallest, build_time.extreme)
