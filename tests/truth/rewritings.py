"""True rewritings of an expression at one place, each a function (place, context) -> the new expression or None.

Every one holds for all sizes and times at which the place is reached; the oracle looks at what they make all the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy.matrices import expressions as me

from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct
from symgate.records import Cell
from tests.truth.trees import (
    RUNNING,
    Place,
    Range,
    column,
    entrywise,
    factors,
    indices,
    is_matrix,
    mentions,
    moved,
    negative,
    product,
    shape,
    total,
)

T = sympy.Symbol("t", integer=True)
END = sympy.Symbol("T", integer=True, positive=True)
_NAMES = [sympy.Symbol(name, integer=True) for name in ("i", "j", "k", "q", "r", "l", "t", "k_1", "i_1")]


@dataclass(frozen=True)
class Context:
    """What rewritings may use.

    Attributes:
        rng: where the choices come from.
        cell: the recurrence.
        definitions: what a symbol of one step stands for, by (name, index at which it is written).
        free: the time indices of the object, such as t and k; none where it is about one step.
        spare: expressions of the claim, to be added and subtracted.
    """

    rng: random.Random
    cell: Cell
    definitions: Mapping[str, tuple[Any, Any]]
    free: tuple[Any, ...]
    spare: list[Any] = field(default_factory=list)

    @property
    def many(self) -> bool:
        """Whether the claim is about many steps."""
        return bool(self.free)


Rule = Callable[[Place, Context], Any]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Register a rewriting."""
    RULES.append(function)
    return function


def _split(ctx: Context, items: list[Any]) -> tuple[list[Any], list[Any]]:
    cut = ctx.rng.randrange(1, len(items))
    return items[:cut], items[cut:]


# sums and products of matrices


@rule
def reorder(place: Place, ctx: Context) -> Any:
    """a + b = b + a; u (.) v = v (.) u; u'v = v'u."""
    expr = place.expr
    if isinstance(expr, (me.MatAdd, me.HadamardProduct, Dot)):
        return expr.func(*ctx.rng.sample(expr.args, len(expr.args)))
    return None


@rule
def nest(place: Place, ctx: Context) -> Any:
    """(a + b) + c = a + (b + c), of products too."""
    expr = place.expr
    if not isinstance(expr, (me.MatAdd, me.MatMul, me.HadamardProduct)) or len(expr.args) < 3:
        return None
    left, right = _split(ctx, list(expr.args))
    if ctx.rng.random() < 0.5 and len(right) > 1:
        return expr.func(*left, expr.func(*right))
    return expr.func(expr.func(*left), *right) if len(left) > 1 and any(map(is_matrix, left)) else None


@rule
def distribute(place: Place, ctx: Context) -> Any:
    """A (b + c) = A b + A c, for matrix, Hadamard, Kronecker and dot products."""
    expr = place.expr
    if not isinstance(expr, (me.MatMul, me.HadamardProduct, me.KroneckerProduct, Dot)):
        return None
    sums = [q for q, arg in enumerate(expr.args) if isinstance(arg, (me.MatAdd, sympy.Add))]
    if not sums:
        return None
    q = ctx.rng.choice(sums)
    terms = expr.args[q].args
    return total(*(expr.func(*expr.args[:q], term, *expr.args[q + 1 :]) for term in terms))


@rule
def distribute_linear(place: Place, _: Context) -> Any:
    """(a + b)' = a' + b'; diag(a + b) = diag(a) + diag(b); the sum over time of a sum; the diagonal of a sum."""
    expr = place.expr
    if isinstance(expr, (me.Transpose, me.DiagMatrix, MatrixSum, me.DiagonalOf)) and isinstance(
        expr.args[0], me.MatAdd
    ):
        return total(*(expr.func(term, *expr.args[1:]) for term in expr.args[0].args))
    if isinstance(expr, sympy.Sum) and isinstance(expr.args[0], sympy.Add):
        return sympy.Add(*(sympy.Sum(term, *expr.args[1:]) for term in expr.args[0].args))
    return None


@rule
def join_sums(place: Place, _: Context) -> Any:
    """Two sums over the same range are one."""
    if not isinstance(place.expr, me.MatAdd):
        return None
    sums = [arg for arg in place.expr.args if isinstance(arg, MatrixSum)]
    for first in sums:
        for other in sums:
            if first is not other and first.args[1:] == other.args[1:]:
                rest = [arg for arg in place.expr.args if arg is not first and arg is not other]
                return total(MatrixSum(total(first.body, other.body), *first.args[1:]), *rest)
    return None


@rule
def take_out(place: Place, _: Context) -> Any:
    """A b + A c = A (b + c), on either side."""
    if not isinstance(place.expr, me.MatAdd) or len(place.expr.args) < 2:
        return None
    for q, one in enumerate(place.expr.args):
        for r, two in enumerate(place.expr.args[:q]):
            a, b = factors(one), factors(two)
            rest = [arg for p, arg in enumerate(place.expr.args) if p not in (q, r)]
            if len(a) > 1 and len(b) > 1 and a[0] == b[0] and is_matrix(product(*a[1:])) and is_matrix(product(*b[1:])):
                return total(product(a[0], total(product(*a[1:]), product(*b[1:]))), *rest)
            if len(a) > 1 and len(b) > 1 and a[-1] == b[-1] and is_matrix(a[-2]) and is_matrix(b[-2]):
                return total(me.MatMul(total(product(*a[:-1]), product(*b[:-1])), a[-1]), *rest)
    return None


@rule
def turn(place: Place, ctx: Context) -> Any:
    """(A B)' = B' A', in either direction; X = (X')'."""
    expr = place.expr
    if isinstance(expr, me.Transpose) and isinstance(expr.arg, me.MatMul):
        scalars = [arg for arg in expr.arg.args if not is_matrix(arg)]
        return product(*scalars, *(me.Transpose(arg) for arg in expr.arg.args[::-1] if is_matrix(arg)))
    if isinstance(expr, me.Transpose) and isinstance(expr.arg, me.Transpose):
        return expr.arg.arg
    if isinstance(expr, me.Transpose) and isinstance(expr.arg, (MatrixSum, me.KroneckerProduct)):
        inner = expr.arg
        if isinstance(inner, MatrixSum):
            return MatrixSum(me.Transpose(inner.body), *inner.args[1:])
        return me.KroneckerProduct(*map(me.Transpose, inner.args))
    if isinstance(expr, me.MatMul) and not column(expr):
        scalars = [arg for arg in expr.args if not is_matrix(arg)]
        return product(*scalars, me.Transpose(product(*(me.Transpose(a) for a in expr.args[::-1] if is_matrix(a)))))
    if is_matrix(expr) and not column(expr) and ctx.rng.random() < 0.3:
        return me.Transpose(me.Transpose(expr))
    return None


# diagonals, columns, rows


@rule
def diagonals(place: Place, ctx: Context) -> Any:
    """diag(u (.) v) = diag(u) diag(v); diag(v) w = v (.) w; diagonals commute; diag(v)' = diag(v)."""
    expr, rng = place.expr, ctx.rng
    if isinstance(expr, me.DiagMatrix):
        inner = expr.args[0]
        if isinstance(inner, me.HadamardProduct):
            left, right = _split(ctx, rng.sample(inner.args, len(inner.args)))
            return me.MatMul(me.DiagMatrix(entrywise(*left)), me.DiagMatrix(entrywise(*right)))
        if isinstance(inner, me.MatMul) and not is_matrix(inner.args[0]):
            return product(inner.args[0], me.DiagMatrix(product(*inner.args[1:])))
        if isinstance(inner, MatrixSum):
            return MatrixSum(me.DiagMatrix(inner.body), *inner.args[1:])
        if isinstance(inner, HadamardRun):
            return OrderedProduct(me.DiagMatrix(inner.body), *inner.args[1:])
        return me.Transpose(expr) if rng.random() < 0.5 else me.MatMul(expr, me.Identity(expr.shape[0]))
    if isinstance(expr, me.MatMul):
        parts = list(expr.args)
        spots = [q for q in range(len(parts) - 1) if isinstance(parts[q], me.DiagMatrix)]
        for q in rng.sample(spots, len(spots)):
            v, after = parts[q].args[0], parts[q + 1]
            if isinstance(after, me.DiagMatrix):
                new = [after, parts[q]] if rng.random() < 0.5 else [me.DiagMatrix(entrywise(v, after.args[0]))]
                return product(*parts[:q], *new, *parts[q + 2 :])
            if column(after):
                return product(*parts[:q], entrywise(v, after), *parts[q + 2 :])
            if rng.random() < 0.4:
                ones = me.Transpose(me.OneMatrix(after.shape[1], 1))
                return product(*parts[:q], me.HadamardProduct(me.MatMul(v, ones), after), *parts[q + 2 :])
    return None


@rule
def entries(place: Place, ctx: Context) -> Any:
    """u (.) v = diag(u) v; v = v (.) 1; W (.) (u v') = diag(u) W diag(v)."""
    expr = place.expr
    if isinstance(expr, me.HadamardProduct):
        if column(expr):
            left, right = _split(ctx, ctx.rng.sample(expr.args, len(expr.args)))
            return me.MatMul(me.DiagMatrix(entrywise(*left)), entrywise(*right))
        for q, arg in enumerate(expr.args):
            parts = factors(arg)
            if len(expr.args) == 2 and len(parts) == 2 and column(parts[0]) and isinstance(parts[1], me.Transpose):  # noqa: SIM102
                if column(parts[1].arg):
                    return me.MatMul(me.DiagMatrix(parts[0]), expr.args[1 - q], me.DiagMatrix(parts[1].arg))
        return None
    if column(expr) and not isinstance(expr, me.OneMatrix):
        ones = me.OneMatrix(expr.shape[0], 1)
        return entrywise(expr, ones) if ctx.rng.random() < 0.5 else me.MatMul(me.DiagMatrix(expr), ones)
    return None


@rule
def rank_one(place: Place, _: Context) -> Any:
    """u v' W = u (W'v)'; u v' w = (v'w) u; u'v = 1'(u (.) v); u'(A v) = (A'u)'v."""
    expr = place.expr
    if isinstance(expr, me.MatMul):
        parts = list(expr.args)
        for q in range(1, len(parts) - 1):
            row, after = parts[q], parts[q + 1]
            if isinstance(row, me.Transpose) and column(row.arg) and column(parts[q - 1]):
                if column(after):
                    return product(Dot(row.arg, after), *parts[:q], *parts[q + 2 :])
                new = me.Transpose(product(me.Transpose(after), row.arg))
                return product(*parts[:q], new, *parts[q + 2 :])
    if isinstance(expr, Dot):
        left, right = expr.args
        if isinstance(right, me.MatMul) and is_matrix(right.args[0]) and not column(right.args[0]):
            return Dot(product(me.Transpose(right.args[0]), left), product(*right.args[1:]))
        return Dot(me.OneMatrix(left.shape[0], 1), entrywise(left, right))
    return None


@rule
def kronecker(place: Place, ctx: Context) -> Any:
    """row (x) A = A (row (x) I) = (row (x) I)(I (x) A); (a (x) b)' = a' (x) b'."""
    expr = place.expr
    if not isinstance(expr, me.KroneckerProduct) or len(expr.args) != 2:
        return None
    left, right = expr.args
    if left.shape[0] == 1 and is_matrix(right):
        wide = me.KroneckerProduct(left, me.Identity(right.shape[0]))
        if ctx.rng.random() < 0.5:
            return me.MatMul(right, wide)
        return me.MatMul(wide, me.KroneckerProduct(me.Identity(left.shape[1]), right))
    return me.Transpose(me.KroneckerProduct(me.Transpose(left), me.Transpose(right)))


# numbers


@rule
def one_times(place: Place, ctx: Context) -> Any:
    """X = p (X/p) = I X = X + y - y."""
    expr, rng = place.expr, ctx.rng
    if not is_matrix(expr):
        return None
    kind = rng.random()
    if kind < 0.3:
        p = rng.choice([sympy.Integer(3), sympy.Rational(7, 5), ctx.cell.states[0].before.shape[0]])
        return me.MatMul(p, me.MatMul(1 / p, expr))
    if kind < 0.45 and not column(expr):
        return me.MatMul(me.Identity(expr.shape[0]), expr)
    same = [part for part in ctx.spare if shape(part) == shape(expr)]
    if not same:
        return None
    other = rng.choice(same)
    return total(expr, other, negative(other)) if kind < 0.8 else total(other, expr, negative(other))


@rule
def size_as_sum(place: Place, ctx: Context) -> Any:
    """X = (1'1/n) X; n as 1'1."""
    expr = place.expr
    if not is_matrix(expr) or ctx.rng.random() < 0.6:
        return None
    n = ctx.cell.states[0].before.shape[0]
    ones = me.OneMatrix(n, 1)
    return product(Dot(ones, ones) / n, expr)


# functions and names


def _bound(ctx: Context, name: str) -> str:
    return dict(ctx.cell.functions).get(name, name) or name


def _less(vector: Any, what: Any) -> Any:
    """1 - what, for a vector or a number."""
    return total(me.OneMatrix(*vector.shape), negative(what)) if is_matrix(vector) else 1 - what


def _times(left: Any, right: Any) -> Any:
    return entrywise(left, right) if is_matrix(left) else left * right


@rule
def value_rule(place: Place, ctx: Context) -> Any:
    """tanh' = 1 - tanh^2, sigma' = sigma (1 - sigma), softplus' = sigma, exp' = exp, sin' = cos."""
    expr = place.expr
    if not isinstance(expr, (Map, ScalarMap)) or expr.order != 1:
        return None
    name = _bound(ctx, expr.function)
    used = expr.function if ctx.rng.random() < 0.5 else name
    value = expr.func(used, 0, expr.argument)
    if name == "tanh":
        return _less(value, _times(value, value))
    if name == "sigma":
        return _times(value, _less(value, value))
    if name == "exp":
        return value
    if name in {"softplus", "sin"}:
        return expr.func({"softplus": "sigma", "sin": "cos"}[name], 0, expr.argument)
    return None


@rule
def known_relation(place: Place, ctx: Context) -> Any:
    """sigma(z) = 1 - sigma(-z); tanh(-z) = -tanh(z); tanh(z) = 2 sigma(2z) - 1; the function that a name is bound to."""  # noqa: E501
    expr = place.expr
    if not isinstance(expr, (Map, ScalarMap)):
        return None
    name, z = _bound(ctx, expr.function), expr.argument
    minus = negative(z) if is_matrix(z) else -z
    if name != expr.function and ctx.rng.random() < 0.4:
        return expr.func(name, expr.order, z)
    if expr.order:
        even = name in {"sigma", "tanh", "erf", "sin"} and expr.order == 1
        return expr.func(expr.function, 1, minus) if even else None
    if name == "sigma":
        return _less(z, expr.func(expr.function, 0, minus))
    if name in {"tanh", "sin", "erf"}:
        if name == "tanh" and ctx.rng.random() < 0.3:
            twice = expr.func("sigma", 0, product(2, z) if is_matrix(z) else 2 * z)
            return total(product(2, twice), negative(me.OneMatrix(*z.shape))) if is_matrix(z) else 2 * twice - 1
        value = expr.func(expr.function, 0, minus)
        return negative(value) if is_matrix(value) else -value
    return None


@rule
def inline(place: Place, ctx: Context) -> Any:
    """A name of the cell, or a letter of the result, as what it stands for."""
    expr = place.expr
    if not isinstance(expr, (Signal, ScalarSignal)) or expr.name not in ctx.definitions:
        return None
    written, meaning = ctx.definitions[expr.name]
    index = expr.index
    if isinstance(index, sympy.Tuple):
        return None
    if any(state.name == expr.name for state in ctx.cell.states) and not _after_one(index, place, ctx):
        return None
    return moved(meaning, written, index)


def _after_one(index: Any, place: Place, ctx: Context) -> bool:
    """Whether a time is surely at least 1."""
    if not ctx.many:
        return bool(index == T)
    ranges = {r.index: r for r in place.ranges}
    if index in ranges:
        lower = ranges[index].lower
        return bool(lower == 1 or (lower - sympy.Symbol("k", integer=True)).is_positive)
    return bool(index == sympy.Symbol("k", integer=True) + 1 and index not in ranges)


@rule
def outline(place: Place, ctx: Context) -> Any:
    """What a name stands for, as the name."""
    for name, (written, meaning) in ctx.definitions.items():
        symbol = next((s for s in ctx.cell.definitions if str(s.name) == name), None)
        if symbol is None or type(meaning) is not type(place.expr):
            continue
        for index in {s.index for s in place.expr.atoms(Signal, ScalarSignal) if not isinstance(s.index, sympy.Tuple)}:
            if moved(meaning, written, index) == place.expr:
                return moved(symbol, T, index)
    return None


@rule
def after_the_step(place: Place, _: Context) -> Any:
    """x_{t-1} inside a later step as x_t of the step before: the same symbol; here (1 - g) x as x - g x."""
    expr = place.expr
    if isinstance(expr, me.HadamardProduct) and isinstance(expr.args[0], me.MatAdd) and column(expr):
        rest = entrywise(*expr.args[1:])
        return total(*(entrywise(part, rest) for part in expr.args[0].args))
    return None


# time


def _fresh(expr: Any, ctx: Context) -> Any:
    free = [name for name in _NAMES if name not in indices(expr)]
    return ctx.rng.choice(free) if free else None


def as_range(expr: Any) -> Range | None:
    if isinstance(expr, RUNNING):
        return Range(expr.index, expr.lower, expr.upper)
    if isinstance(expr, (sympy.Sum, sympy.Product)) and len(expr.args) == 2:
        return Range(*expr.args[1])
    return None


def over(expr: Any, body: Any, index: Any, lower: Any, upper: Any) -> Any:
    if isinstance(expr, RUNNING):
        return expr.func(body, index, lower, upper)
    return expr.func(body, (index, lower, upper))


def joined(expr: Any, early: Any, late: Any) -> Any:
    """Two stretches of a running node as one expression; later ones on the left of a product."""
    if isinstance(expr, OrderedProduct):
        return product(late, early)
    if isinstance(expr, HadamardRun):
        return entrywise(early, late)
    if isinstance(expr, MatrixSum):
        return total(early, late)
    return early + late if isinstance(expr, sympy.Sum) else early * late


@rule
def rename(place: Place, ctx: Context) -> Any:
    """Another name for a running index."""
    span = as_range(place.expr)
    if span is None:
        return None
    name = _fresh(place.expr, ctx)
    if name is None:
        return None
    return over(place.expr, moved(place.expr.args[0], span.index, name), name, span.lower, span.upper)


@rule
def shift(place: Place, ctx: Context) -> Any:
    """sum over i = a..b of f(i) = sum over i = a+c..b+c of f(i-c)."""
    span = as_range(place.expr)
    if span is None:
        return None
    c = ctx.rng.choice([1, -1, 2, -2])
    body = moved(place.expr.args[0], span.index, span.index - c)
    return over(place.expr, body, span.index, span.lower + c, span.upper + c)


def _least(expr: Any, ranges: tuple[Range, ...]) -> Any:
    """A lower bound of an integer expression, as far as the ranges above say: the outer indices at their ends."""
    for span in ranges[::-1]:
        slope = expr.coeff(span.index) if hasattr(expr, "coeff") else 0
        if slope == 1:
            expr = expr.xreplace({span.index: span.lower})
        elif slope == -1:
            expr = expr.xreplace({span.index: span.upper})
    k = sympy.Symbol("k", integer=True)
    if expr.coeff(T) == 1 and expr.coeff(k) == -1:
        expr = expr - T + k  # t >= k
    if expr.coeff(END) == 1:
        expr = expr - END + (T if expr.coeff(T) == -1 else 1)  # T >= t and T >= 1
    return expr


def _at_least(expr: Any, number: int, ranges: tuple[Range, ...]) -> bool:
    low = _least(sympy.expand(expr), ranges)
    return bool(low.is_Integer and low >= number)


@rule
def peel(place: Place, ctx: Context) -> Any:
    """The first or last of a stretch that is surely not empty, written apart."""
    span = as_range(place.expr)
    if span is None or not _at_least(span.upper - span.lower, 0, place.ranges):
        return None
    body = place.expr.args[0]
    if ctx.rng.random() < 0.5:
        late = moved(body, span.index, span.upper)
        return joined(place.expr, over(place.expr, body, span.index, span.lower, span.upper - 1), late)
    early = moved(body, span.index, span.lower)
    return joined(place.expr, early, over(place.expr, body, span.index, span.lower + 1, span.upper))


@rule
def cut(place: Place, ctx: Context) -> Any:
    """A stretch in two at a time that surely lies in it."""
    span = as_range(place.expr)
    if span is None:
        return None
    outer = [r.index for r in place.ranges] + [sympy.Symbol("k", integer=True), T]
    points = [p + c for p in outer for c in (-1, 0, 1)]
    ctx.rng.shuffle(points)
    for p in points:
        if p.has(span.index):
            continue
        if _at_least(p - span.lower + 1, 0, place.ranges) and _at_least(span.upper - p, 0, place.ranges):
            early = over(place.expr, place.expr.args[0], span.index, span.lower, p)
            late = over(place.expr, place.expr.args[0], span.index, p + 1, span.upper)
            return joined(place.expr, early, late)
    return None


@rule
def swap(place: Place, _: Context) -> Any:
    """The order of two sums over a triangle or a rectangle."""
    outer = place.expr
    if not isinstance(outer, MatrixSum) or not isinstance(outer.body, MatrixSum):
        return None
    inner, i, j = outer.body, outer.index, outer.body.index
    if i == j:
        return None
    low, high = mentions(inner.lower, i), mentions(inner.upper, i)
    if not low and not high:
        if mentions(outer.lower, j) or mentions(outer.upper, j):
            return None
        return MatrixSum(MatrixSum(inner.body, i, outer.lower, outer.upper), j, inner.lower, inner.upper)
    if high and not low and sympy.expand(inner.upper - i).is_Integer:  # j = a .. i + c, i = b .. d
        c, a = inner.upper - i, inner.lower
        if sympy.expand(a - c - outer.lower).is_Integer and sympy.expand(a - c - outer.lower) >= 0:
            return MatrixSum(MatrixSum(inner.body, i, j - c, outer.upper), j, a, outer.upper + c)
    if low and not high and sympy.expand(inner.lower - i).is_Integer:  # j = i + c .. a, i = b .. d
        c, a = inner.lower - i, inner.upper
        if sympy.expand(outer.upper + c - a).is_Integer and sympy.expand(outer.upper + c - a) >= 0:
            return MatrixSum(MatrixSum(inner.body, i, outer.lower, j - c), j, outer.lower + c, a)
    return None


@rule
def out_of_sum(place: Place, _: Context) -> Any:
    """sum c X_i D = c (sum X_i) D, and diag, Hadamard and scalar factors alike."""
    expr = place.expr
    if isinstance(expr, sympy.Sum) and len(expr.args) == 2 and isinstance(expr.args[0], sympy.Mul):
        free = [arg for arg in expr.args[0].args if not mentions(arg, expr.args[1][0])]
        if free:
            return sympy.Mul(*free) * sympy.Sum(expr.args[0] / sympy.Mul(*free), expr.args[1])
    if not isinstance(expr, MatrixSum):
        return None
    body, limits = expr.body, expr.args[1:]
    if isinstance(body, me.HadamardProduct):
        free = [arg for arg in body.args if not mentions(arg, expr.index)]
        rest = [arg for arg in body.args if mentions(arg, expr.index)]
        return entrywise(*free, MatrixSum(entrywise(*rest), *limits)) if free and rest else None
    if not isinstance(body, me.MatMul):
        return None
    parts = list(body.args)
    scalar = parts.pop(0) if not is_matrix(parts[0]) else sympy.S.One
    front = sympy.Mul(*(f for f in sympy.Mul.make_args(scalar) if not mentions(f, expr.index)))
    back = scalar / front
    left: list[Any] = []
    right: list[Any] = []
    while len(parts) > 1 and not mentions(parts[0], expr.index):
        left.append(parts.pop(0))
    while len(parts) > 1 and not mentions(parts[-1], expr.index):
        right.insert(0, parts.pop())
    if front == 1 and not left and not right:
        return None
    return product(front, *left, MatrixSum(product(back, *parts), *limits), *right)


@rule
def into_sum(place: Place, ctx: Context) -> Any:
    """c (sum X_i) D = sum c X_i D."""
    expr = place.expr
    if not isinstance(expr, (me.MatMul, me.HadamardProduct)):
        return None
    spots = [q for q, arg in enumerate(expr.args) if isinstance(arg, MatrixSum)]
    for q in ctx.rng.sample(spots, len(spots)):
        inner = expr.args[q]
        others = [arg for p, arg in enumerate(expr.args) if p != q]
        if any(mentions(arg, inner.index) for arg in others):
            continue
        body = expr.func(*expr.args[:q], inner.body, *expr.args[q + 1 :])
        return MatrixSum(product(body) if isinstance(expr, me.MatMul) else body, *inner.args[1:])
    return None


@rule
def power_as_product(place: Place, _: Context) -> Any:
    """c^(t-k) = prod over j = k+1..t of c, and back."""
    expr = place.expr
    if isinstance(expr, sympy.Pow) and expr.exp.has(T) and not expr.base.has(T):
        k = sympy.Symbol("k", integer=True)
        length = expr.exp
        if sympy.expand(length - (T - k)) == 0:
            return sympy.Product(expr.base, (sympy.Symbol("j", integer=True), k + 1, T))
    if isinstance(expr, sympy.Product) and not mentions(expr.args[0], expr.args[1][0]) and len(expr.args) == 2:
        _, lower, upper = expr.args[1]
        if _at_least(upper - lower + 1, 0, place.ranges):
            return expr.args[0] ** (upper - lower + 1)
    return None


@rule
def letters(place: Place, ctx: Context) -> Any:
    """M_{t,k} as a product of J; lam_k as a sum over M_{t,k}' delta_t; a product of J as M."""
    expr = place.expr
    if isinstance(expr, Signal) and isinstance(expr.index, sympy.Tuple) and expr.name == "M" and len(expr.index) == 2:
        later, earlier = expr.index
        j = _fresh(sympy.Add(later, earlier), ctx)
        return OrderedProduct(Signal("J", *expr.shape, j), j, earlier + 1, later)
    if isinstance(expr, OrderedProduct) and isinstance(expr.body, Signal) and expr.body.name == "J":
        shifted = expr.body.index - expr.index
        if shifted.is_Integer and "M" in ctx.definitions:
            return Signal("M", *expr.shape, sympy.Tuple(expr.upper + shifted, expr.lower + shifted - 1))
    if isinstance(expr, Signal) and expr.name == "lam" and ctx.many and "M" in ctx.definitions:
        s = _fresh(expr.index, ctx)
        if s is None or len(ctx.cell.states) > 1:
            return None
        n = expr.shape[0]
        M = Signal("M", n, n, sympy.Tuple(s, expr.index))
        if _at_least(END - expr.index, 0, place.ranges):
            return MatrixSum(me.MatMul(me.Transpose(M), Signal("delta", n, 1, s)), s, expr.index, END)
    return None


@rule
def empty_sum(place: Place, ctx: Context) -> Any:
    """X plus a sum over nothing, or times a product over nothing."""
    expr = place.expr
    if not ctx.many or not is_matrix(expr) or ctx.rng.random() < 0.7 or not ctx.spare:
        return None
    i = _fresh(expr, ctx)
    point = ctx.rng.choice(ctx.free)
    same = [part for part in ctx.spare if shape(part) == shape(expr)]
    free = [r.index for r in place.ranges]
    if i is None or not same or any(point == name for name in free):
        return None
    return total(expr, MatrixSum(ctx.rng.choice(same), i, point + 1, point))
