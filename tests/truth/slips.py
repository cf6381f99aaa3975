"""Random slips in an expression at one place: what people get wrong, and what an adversary would add.

Whether a slip makes a claim false is for the oracle to say: many do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.matrices import expressions as me

from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.language.sequences import MatrixSum, OrderedProduct
from tests.truth.rewritings import END, Context, T, as_range, joined, over
from tests.truth.trees import Place, column, entrywise, is_matrix, moved, negative, product, shape, total

K = sympy.Symbol("k", integer=True)
PRIME = 2**61 - 1


@dataclass(frozen=True)
class Slip:
    """A way to be wrong.

    Attributes:
        name: a plain name, for counting.
        make: (place, context) -> the wrong expression, or None where it does not apply.
        sizes: values of n at which what hides at small sizes can be seen.
    """

    name: str
    make: Callable[[Place, Context], Any]
    sizes: tuple[int, ...] = ()


SLIPS: list[Slip] = []


def slip(sizes: tuple[int, ...] = ()) -> Callable[[Callable[[Place, Context], Any]], Callable[[Place, Context], Any]]:
    """Register a slip under the name of its function."""

    def register(function: Callable[[Place, Context], Any]) -> Callable[[Place, Context], Any]:
        SLIPS.append(Slip(function.__name__, function, sizes))
        return function

    return register


# what people get wrong


@slip()
def sign(place: Place, _: Context) -> Any:
    """A minus too many."""
    return negative(place.expr) if is_matrix(place.expr) or not place.expr.is_number else None


@slip()
def coefficient(place: Place, ctx: Context) -> Any:
    """A factor of 1.01, 2 or 1/2."""
    factor = ctx.rng.choice([sympy.Rational(101, 100), sympy.Rational(99, 100), sympy.Integer(2), sympy.Rational(1, 2)])
    return product(factor, place.expr) if is_matrix(place.expr) else factor * place.expr


@slip()
def dropped(place: Place, ctx: Context) -> Any:
    """A term or a factor left out."""
    expr = place.expr
    if isinstance(expr, (me.MatAdd, me.HadamardProduct)) and len(expr.args) > 1:
        q = ctx.rng.randrange(len(expr.args))
        rest = [*expr.args[:q], *expr.args[q + 1 :]]
        return total(*rest) if isinstance(expr, me.MatAdd) else entrywise(*rest)
    if isinstance(expr, (sympy.Add, sympy.Mul)) and len(expr.args) > 1:
        q = ctx.rng.randrange(len(expr.args))
        return expr.func(*expr.args[:q], *expr.args[q + 1 :])
    if isinstance(expr, me.MatMul):
        fit = [q for q, arg in enumerate(expr.args) if not is_matrix(arg) or arg.shape[0] == arg.shape[1]]
        if fit and len(expr.args) > 1:
            q = ctx.rng.choice(fit)
            return product(*expr.args[:q], *expr.args[q + 1 :])
    return None


@slip()
def transposed(place: Place, _: Context) -> Any:
    """A square matrix turned over, or not."""
    expr = place.expr
    if isinstance(expr, me.Transpose):
        return expr.arg if shape(expr) == shape(expr.arg) else None
    square = is_matrix(expr) and expr.shape[0] == expr.shape[1] and expr.shape[0] != 1
    return me.Transpose(expr) if square else None


@slip()
def other_time(place: Place, ctx: Context) -> Any:
    """x_t for x_{t-1} and the like."""
    expr = place.expr
    if not isinstance(expr, (Signal, ScalarSignal)):
        return None
    c = ctx.rng.choice([1, -1])
    if isinstance(expr.index, sympy.Tuple):
        q = ctx.rng.randrange(2)
        parts = list(expr.index.args)
        parts[q] += c
        return expr.func(*expr.args[:-1], sympy.Tuple(*parts))
    if not ctx.many:
        names = {state.name for state in ctx.cell.states}
        return expr.func(*expr.args[:-1], 2 * T - 1 - expr.index) if expr.name in names else None
    return expr.func(*expr.args[:-1], expr.index + c)


@slip()
def all_times(place: Place, ctx: Context) -> Any:
    """One step late in everything below a running index."""
    span = as_range(place.expr)
    if span is None:
        return None
    c = ctx.rng.choice([1, -1])
    return over(place.expr, moved(place.expr.args[0], span.index, span.index + c), span.index, span.lower, span.upper)


@slip()
def bound(place: Place, ctx: Context) -> Any:
    """A bound off by one, or another end."""
    span = as_range(place.expr)
    if span is None:
        return None
    lower, upper, rng = span.lower, span.upper, ctx.rng
    kind = rng.random()
    if kind < 0.4:
        lower = lower + rng.choice([1, -1])
    elif kind < 0.8:
        upper = upper + rng.choice([1, -1])
    else:
        lower, upper = (lower + 1, upper + 1) if rng.random() < 0.5 else (lower - 1, upper - 1)
    return over(place.expr, place.expr.args[0], span.index, lower, upper)


@slip()
def cut_off(place: Place, ctx: Context) -> Any:
    """A stretch that ends after a few steps, or begins late."""
    span = as_range(place.expr)
    if span is None or span.upper not in (END, T):
        return None
    few = ctx.rng.choice([2, 3, 4, 5])
    body = place.expr.args[0]
    late = over(place.expr, body, span.index, span.lower + few, span.upper)
    early = over(place.expr, body, span.index, span.lower, span.lower + few - 1)
    return ctx.rng.choice([early, joined(place.expr, early, late), late])


@slip()
def peeled(place: Place, ctx: Context) -> Any:
    """The last or the first written apart, also where there may be none."""
    span = as_range(place.expr)
    if span is None:
        return None
    body = place.expr.args[0]
    if ctx.rng.random() < 0.5:
        late = moved(body, span.index, span.upper)
        return joined(place.expr, over(place.expr, body, span.index, span.lower, span.upper - 1), late)
    early = moved(body, span.index, span.lower)
    return joined(place.expr, early, over(place.expr, body, span.index, span.lower + 1, span.upper))


@slip()
def gap_or_overlap(place: Place, ctx: Context) -> Any:
    """A stretch in two that leaves one step out, or counts it twice."""
    span = as_range(place.expr)
    if span is None:
        return None
    outer = [p for p in (*ctx.free, *(r.index for r in place.ranges)) if p != span.index]
    p = ctx.rng.choice(outer)
    body, off = place.expr.args[0], ctx.rng.choice([0, 2])
    early = over(place.expr, body, span.index, span.lower, p)
    return joined(place.expr, early, over(place.expr, body, span.index, p + off, span.upper))


@slip()
def wrong_order(place: Place, ctx: Context) -> Any:
    """Factors in the wrong order, of a product over time too."""
    expr = place.expr
    if isinstance(expr, OrderedProduct):
        return me.Transpose(OrderedProduct(me.Transpose(expr.body), *expr.args[1:]))
    if isinstance(expr, me.MatMul):
        fit = [
            q
            for q in range(len(expr.args) - 1)
            if is_matrix(expr.args[q]) and shape(expr.args[q]) == shape(expr.args[q + 1])
        ]
        if fit:
            q = ctx.rng.choice(fit)
            return expr.func(*expr.args[:q], expr.args[q + 1], expr.args[q], *expr.args[q + 2 :])
    return None


@slip()
def wrong_name(place: Place, ctx: Context) -> Any:
    """Another gate, state or weight of the same shape."""
    expr = place.expr
    if not isinstance(expr, (me.MatrixSymbol, ScalarSignal)):
        return None
    cell = ctx.cell
    timed = isinstance(expr, (Signal, ScalarSignal))
    if timed and not isinstance(expr.index, sympy.Tuple):
        others = [s for s in [*cell.definitions, *cell.inputs] if shape(s) == shape(expr) and s.name != expr.name]
        others = [s.func(*s.args[:-1], expr.index) for s in others]
        if not ctx.many:
            states = {state.name for state in cell.states}
            others = [s for s in others if s.name not in states and expr.index == T]
    else:
        others = [p for p in cell.parameters if shape(p) == shape(expr) and p.name != expr.name and is_matrix(p)]
    return ctx.rng.choice(others) if others else None


@slip()
def wrong_function(place: Place, ctx: Context) -> Any:
    """f for f', f' for f, or another function."""
    expr = place.expr
    if not isinstance(expr, (Map, ScalarMap)):
        return None
    if ctx.rng.random() < 0.6:
        return expr.func(expr.args[0], 1 - expr.order if expr.order < 2 else 1, expr.argument)
    return expr.func(ctx.rng.choice(["sigma", "tanh", "sin", "softplus"]), expr.order, expr.argument)


@slip()
def entry_for_product(place: Place, _: Context) -> Any:
    """u v' for diag(u (.) v), W (.) V for W V, a diagonal for the whole, and back."""
    expr = place.expr
    if isinstance(expr, me.DiagMatrix):
        return product(expr.args[0], me.Transpose(me.OneMatrix(expr.shape[0], 1)))
    if isinstance(expr, me.MatMul) and len(expr.args) == 2 and is_matrix(expr.args[0]):  # noqa: SIM102
        if shape(expr.args[0]) == shape(expr.args[1]):
            return me.HadamardProduct(*expr.args)
    square = is_matrix(expr) and expr.shape[0] == expr.shape[1] and expr.shape[0] != 1
    return me.DiagMatrix(me.DiagonalOf(expr)) if square else None


@slip()
def swapped_part(place: Place, ctx: Context) -> Any:
    """Another part of the claim of the same shape."""
    same = [part for part in ctx.spare if shape(part) == shape(place.expr) and part != place.expr]
    return ctx.rng.choice(same) if same and place.path else None


@slip()
def sum_of_products(place: Place, _: Context) -> Any:
    """The product of two sums for the sum of the products."""
    expr = place.expr
    if isinstance(expr, MatrixSum) and isinstance(expr.body, me.HadamardProduct):
        return entrywise(*(MatrixSum(part, *expr.args[1:]) for part in expr.body.args))
    if isinstance(expr, sympy.Product) and isinstance(expr.args[0], sympy.Add):
        return sympy.Add(*(sympy.Product(part, *expr.args[1:]) for part in expr.args[0].args))
    return None


# what an adversary would add

#: The slips before this place are those of people.
FIRST_ADVERSARIAL = len(SLIPS)


def _same(place: Place, ctx: Context) -> Any:
    """Something of the same shape that is not zero."""
    same = [part for part in ctx.spare if shape(part) == shape(place.expr)]
    return ctx.rng.choice(same) if same else place.expr


def _plus(place: Place, ctx: Context, factor: Any) -> Any:
    other = _same(place, ctx)
    if not is_matrix(place.expr):
        return place.expr + factor * other
    return total(place.expr, product(factor, other))


def _size(ctx: Context) -> tuple[Any, ...]:
    n = ctx.cell.states[0].before.shape[0]
    ones = me.OneMatrix(n, 1)
    hidden = Dot(me.DiagMatrix(ones).args[0], Map("identity", 0, ones))
    return ctx.rng.choice([n, Dot(ones, ones), hidden])


@slip(sizes=(4, 5))
def hidden_size(place: Place, ctx: Context) -> Any:
    """(n - 1)(n - 2)(n - 3) times something."""
    n = _size(ctx)
    return _plus(place, ctx, (n - 1) * (n - 2) * (n - 3))


@slip(sizes=(5, 7))
def two_sizes(place: Place, ctx: Context) -> Any:
    """(n - m) or (n m - 6) times something."""
    n, m = ctx.cell.states[0].before.shape[0], ctx.cell.inputs[0].shape[0]
    return _plus(place, ctx, ctx.rng.choice([n - m, n * m - 6, (n - 3) * (m - 3)]))


@slip()
def hidden_time(place: Place, ctx: Context) -> Any:
    """(t - k)(t - k - 1)(t - k - 2)... times something."""
    if not ctx.many or place.path:
        return None
    free = {END} if not place.expr.has(T) and not place.expr.has(K) else {T - K}
    length = next(iter(free))
    factor = sympy.Mul(*(length - q for q in range(ctx.rng.choice([2, 3, 4, 5]))))
    return _plus(place, ctx, factor)


@slip()
def prime(place: Place, ctx: Context) -> Any:
    """A multiple of 2^61 - 1 times something."""
    return _plus(place, ctx, sympy.Integer(PRIME) * ctx.rng.choice([1, 2, 3]))


@slip()
def covariance(place: Place, _: Context) -> Any:
    """(sum a)(sum b) - (sum a b)(sum 1) times something: 0 where all terms are equal."""
    span = as_range(place.expr)
    if span is None or not isinstance(place.expr, MatrixSum) or not column(place.expr):
        return None
    body, limits = place.expr.body, place.expr.args[1:]
    one = me.OneMatrix(*body.shape)
    first = entrywise(MatrixSum(body, *limits), MatrixSum(body, *limits))
    second = entrywise(MatrixSum(entrywise(body, body), *limits), MatrixSum(one, *limits))
    return total(place.expr, first, negative(second))
