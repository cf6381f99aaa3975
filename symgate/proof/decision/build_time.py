"""Sums and products over time, from SymPy expressions to forms; ``build.py`` registers these for its nodes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me

from symgate.errors import UnsupportedNodeError
from symgate.language import sequences as seq
from symgate.language.nodes import Signal
from symgate.proof.decision import ranges
from symgate.proof.decision.axes import Blocks, Index, axes, keyed
from symgate.proof.decision.forms import TIME, Atom, Form, Kind, Letter, Number, Time, at_time, later
from symgate.proof.decision.functions import NORM, Function
from symgate.proof.decision.ordered import diagonal
from symgate.proof.decision.powers import UndefinedError
from symgate.proof.decision.units import NOTHING, is_loose

if TYPE_CHECKING:
    from symgate.proof.decision.build import Builder


def matrix_sum(builder: Builder, expr: seq.MatrixSum, row: Index, col: Index) -> Form:
    """A sum of matrices."""
    return over(builder, expr.body, [(expr.index, expr.lower, expr.upper)], row, col)


def scalar_sum(builder: Builder, expr: sympy.Sum, row: Index, col: Index) -> Form:
    """A sum of scalars."""
    return over(builder, expr.function, list(expr.limits), row, col)


def hadamard_run(builder: Builder, expr: seq.HadamardRun, row: Index, col: Index) -> Form:
    """An entrywise product of vectors."""
    return run(builder, expr.body, expr.index, expr.lower, expr.upper, row, col)


def scalar_run(builder: Builder, expr: sympy.Product, row: Index, col: Index) -> Form:
    """A product of scalars."""
    if len(expr.limits) != 1:
        raise UnsupportedNodeError(f"the decision has no rule for a product over several times: {expr}")
    symbol, lower, upper = expr.limits[0]
    return run(builder, expr.function, symbol, lower, upper, row, col)


def ordered(builder: Builder, expr: seq.OrderedProduct, row: Index, col: Index) -> Form:
    """The product where it has factors, I where it has none."""
    values = along(builder, expr, row, col)
    if values is not None:
        return values
    if any(len(axis) != 1 or isinstance(axis[0], Blocks) for axis in axes(expr.body)):
        raise UnsupportedNodeError(f"the decision has no rule for a product over time of blocks that mix: {expr}")
    head, shift = body(builder, expr)
    first, last = later(builder.time(expr.lower), shift), later(builder.time(expr.upper), shift)
    key, letters = keyed(row, col)
    word = builder.algebra.atom(Kind.ORDERED, (*head[:2], key), letters, (last, first))
    some, none = either(builder, first, last)
    there = builder.algebra.sum([(1, [(word, 1), (some, 1)], ())])
    return builder.algebra.add(there, builder.algebra.times(builder.algebra.of(none), builder.same(row, col)))


def along(builder: Builder, expr: seq.OrderedProduct, row: Index, col: Index) -> Form | None:
    """A product of diagonal matrices (block by block), as the diagonal of the products of their entries."""
    rows, cols = axes(expr.body)
    base: Form | None = None
    for p in builder.free(rows, 1):
        for q in builder.free(cols, 2):
            form: Form = builder.within(expr.index, expr.body, partial(_at, builder, expr.body, p, q))
            places, letters = keyed(p, q)
            if places[0] != places[1]:
                own = None if form.terms else builder.algebra.zero
            else:
                own = diagonal(builder.algebra, letters[: len(letters) // 2], letters[len(letters) // 2 :], form)
            if own is None:
                return None
            if places[0] == keyed(row, col)[0][0]:
                base = builder.algebra.moved_form(own, dict(zip(p, row, strict=True)))
    if base is None:
        return None
    values = quotient(builder, base, builder.time(expr.lower), builder.time(expr.upper))
    return builder.algebra.times(builder.same(row, col), values)


def body(builder: Builder, expr: seq.OrderedProduct) -> tuple[Any, int]:
    """The name of the matrix that a product multiplies, and how much later it stands than its index."""
    rows, cols = axes(expr.body)
    row, col = builder.hole(rows, 1), builder.hole(cols, 2)
    if isinstance(expr.body, Signal) and not isinstance(expr.body.index, sympy.Tuple):
        offset, pairs = builder.bound_as(expr.index, builder.mark, lambda _: builder.time(expr.body.index))
        if pairs == ((builder.mark, 1),):
            head = ("signal", str(expr.body.name), keyed(row, col)[0])
            builder.algebra.ordered.add(head)
            return head, offset
    form = builder.within(expr.index, expr.body, lambda _: builder.at(expr.body, row, col))
    if not set(form.free) <= {*row, *col, builder.mark, *builder.steady}:
        raise UnsupportedNodeError(f"the decision has no rule for a product whose factors know other times: {expr}")
    known = _signal(builder, form, (*row, *col))
    if known is not None:
        return known
    if form not in builder.bodies:
        builder.bodies[form] = ("body", str(len(builder.bodies)), keyed(row, col)[0])
        builder.body_axes[builder.bodies[form]] = (*row, *col)
        builder.algebra.ordered.add(builder.bodies[form])
    return builder.bodies[form], 0


def _signal(builder: Builder, form: Form, letters: Index) -> tuple[Any, int] | None:
    """The name and the offset of a form that is a bare matrix at the index of the product, as J'' is."""
    if len(form.terms) != 1 or form.terms[0][1] != 1 or form.terms[0][0].bound:
        return None
    factors = form.terms[0][0].factors
    if len(factors) != 1:
        return None
    atom, power = factors[0]
    if power != 1 or atom.kind not in (Kind.ENTRY, Kind.ORDERED) or atom.letters != letters:
        return None
    if not atom.times or atom.times != atom.times[:1] * (2 if atom.kind is Kind.ORDERED else 1):
        return None  # M_jj, in which M is another name than in M_j
    offset, pairs = atom.times[0]
    if pairs != ((builder.mark, 1),):
        return None
    builder.algebra.ordered.add(atom.head)
    return atom.head, offset


def _at(builder: Builder, body: Any, row: Index, col: Index, _: Letter) -> Form:
    return builder.at(body, row, col)


def _raised(builder: Builder, factor: Any, exponent: Expr, row: Index, col: Index, _: Letter) -> Form:
    return builder.raised(builder.at(factor, row, col), exponent)


def either(builder: Builder, first: Time, last: Time) -> tuple[Any, Any]:
    """The factors for first <= last and for last < first."""
    return ranges.at_most(builder.algebra, first, last), ranges.at_most(builder.algebra, later(last, 1), first)


def run(builder: Builder, body: Any, symbol: Expr, lower: Expr, upper: Expr, row: Index, col: Index) -> Form:
    """A commutative product over times: R(upper + 1)/R(lower), or 1 where it is empty."""
    first, last = builder.time(lower), builder.time(upper)
    found = []
    together: dict[Any, Expr] = {}
    for factor, exponent in factors_of(body):
        together[factor] = sympy.expand(together.get(factor, 0) + exponent)
    for factor, exponent in together.items():
        if not exponent.is_Integer and not exponent.has(symbol) and not factor.has(symbol):
            form = builder.raised(builder.at(factor, row, col), sympy.cancel(exponent * (upper - lower + 1)))
            some, none = either(builder, first, later(last, 1))
            form = builder.algebra.times(form, builder.algebra.of(some))
            found.append(builder.algebra.add(form, builder.algebra.of(none)))
            continue
        base: Form = builder.within(symbol, factor, partial(_at, builder, factor, row, col))
        whole = exponent if exponent.is_Integer else sympy.S.One
        if not exponent.is_Integer:
            base = builder.within(symbol, factor, partial(_raised, builder, factor, exponent, row, col))
        found.append(quotient(builder, base, first, last, int(whole)))
    return builder.algebra.product(found)


def quotient(builder: Builder, base: Form, first: Time, last: Time, power: int = 1) -> Form:
    """R(last + 1)/R(first) for a base at the time of the mark, or 1 where the product is empty."""
    if not base.terms:
        if power < 0:
            raise UndefinedError("a denominator is 0 for every value of the symbols")
        some, none = either(builder, first, last)
        return builder.algebra.of(none)
    if is_loose(base):
        raise UnsupportedNodeError(NOTHING)
    if builder.below or power < 0:
        mark = at_time(builder.mark)
        there = ranges.at_most(builder.algebra, first, mark), ranges.at_most(builder.algebra, mark, last)
        builder.require_nonzero(base, *there)
    ends = [(builder.algebra.atom(Kind.RUN, times=(later(last, 1),), args=(base,)), power)]
    ends.append((builder.algebra.atom(Kind.RUN, times=(first,), args=(base,)), -power))
    some, none = either(builder, first, later(last, 1))
    return builder.algebra.sum([(1, [*ends, (some, 1)], ()), (1, [(none, 1)], ())])


def same_time(builder: Builder, expr: sympy.KroneckerDelta, *_: Index) -> Form:
    """Kronecker's delta of two times."""
    left, right = (builder.time(arg) for arg in expr.args[:2])
    both: list[tuple[Atom, Number]] = [
        (ranges.at_most(builder.algebra, *pair), 1) for pair in ((left, right), (right, left))
    ]
    return builder.algebra.sum([(1, both, ())])


def norm(builder: Builder, expr: seq.Norm, *_: Index) -> Form:
    """An opaque scalar of the entries of a matrix, and of its shape: of ones it is another one at every size."""
    rows, cols = axes(expr.args[0])
    row, col = builder.hole(rows, 70), builder.hole(cols, 71)
    inner = builder.at(expr.args[0], row, col)
    if len(inner.terms) == 1 and inner.terms[0][1] == 1 and len(inner.terms[0][0].factors) == 1:
        ((atom, power),) = inner.terms[0][0].factors
        if power == 1 and atom.kind in (Kind.ENTRY, Kind.ORDERED) and atom.letters == (*row, *col):
            return builder.algebra.of(builder.algebra.atom(Kind.ENTRY, (NORM, (atom.kind, atom.head)), (), atom.times))
    own = Function(NORM, f"norm of {rows} x {cols}")
    return builder.algebra.of(builder.algebra.atom(Kind.FUN, (own, 0), args=(inner,)))


def extreme(builder: Builder, expr: Any, *_: Index) -> Form:
    """The largest or smallest entry: an opaque scalar of a vector."""
    inner = builder.at(expr.args[0], builder.hole(axes(expr.args[0])[0], 70), ())
    return builder.algebra.of(builder.algebra.atom(Kind.FUN, (Function(NORM, type(expr).__name__), 0), args=(inner,)))


def over(builder: Builder, body: Any, limits: list[Any], row: Index, col: Index) -> Form:
    """The sum of a body over times, the first of the limits innermost."""
    if not limits:
        return builder.at(body, row, col)
    *inner, (symbol, lower, upper) = limits
    first, last = builder.time(lower), builder.time(upper)
    letter = builder.algebra.fresh(TIME)
    here = at_time(letter)
    ranged = ranges.at_most(builder.algebra, first, here), ranges.at_most(builder.algebra, here, last)
    around = len(builder.ranged)
    builder.ranged += ranged
    try:
        form = builder.bound_as(symbol, letter, lambda _: over(builder, body, inner, row, col))
    finally:
        del builder.ranged[around:]
    return builder.algebra.total(letter, form, ranged)


def factors_of(body: Expr) -> list[tuple[Any, Expr]]:
    """The factors of an entrywise product, each with its exponent."""
    if isinstance(body, me.MatMul):  # a product of matrices is one factor, the numbers in front of it are others
        scalars = [arg for arg in body.args if not isinstance(arg, me.MatrixExpr)]
        matrices = [arg for arg in body.args if isinstance(arg, me.MatrixExpr)]
        found = [pair for arg in scalars for pair in factors_of(arg)]
        return [*found, *(factors_of(matrices[0]) if len(matrices) == 1 else [(me.MatMul(*matrices), sympy.S.One)])]
    if isinstance(body, (sympy.Mul, me.HadamardProduct)):
        return [pair for arg in body.args for pair in factors_of(arg)]
    if isinstance(body, (sympy.Pow, me.HadamardPower)):
        return [(body.base, body.exp)]
    return [(body, sympy.S.One)]
