"""Sums and products over an index of time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sympy
from sympy.matrices.expressions import HadamardPower

from symgate.claims.reading.latex_running import DOWN
from symgate.claims.reading.limits import SUMS, UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.scope import ENDED
from symgate.claims.reading.shapes import Value
from symgate.claims.reading.surface import Node
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import HadamardRun, I, J, K, MatrixSum, OrderedProduct

if TYPE_CHECKING:
    from symgate.claims.reading.meaning import Meaning

LATER_LEFT = "a product of matrices over an index is read with LATER factors on the LEFT"
RUNS_DOWN = "runs from the later time down to the earlier one"


def in_python(meaning: Meaning, node: Node) -> Value:
    """In the spelling of Python, where the upper bound is left out: the sum of f(i) for i in a range."""
    body, name, first, last = node.args
    low, high = (moment(item, meaning.names.times) for item in (first, last))
    if node.value == "matprod-1":
        return _over_time(meaning, "ordered", body, name, high + 1, low, node.at)
    if node.value not in ("sum", "prod"):
        raise UnreadableError("write sum(... for ...), prod(... for ...), matprod(... range(t, k, -1))", node.at)
    return _over_time(meaning, node.value, body, name, low, high - 1, node.at)


def running(meaning: Meaning, node: Node) -> Value:
    """A sum or product with inclusive bounds."""
    body, name, low, high = node.args
    lower, upper = (moment(item, meaning.names.times) for item in (low, high))
    if ENDED in node.stem:
        meaning.note(f"the product over {name.value} is read as ending in front of what stands at another step")
    if DOWN in node.stem:
        meaning.note(f"{name.value} {RUNS_DOWN}")
    return _over_time(meaning, node.value, body, name, lower, upper, node.at)


def _over_time(
    meaning: Meaning, kind: str, body: Node, name: Node, lower: sympy.Expr, upper: sympy.Expr, at: int
) -> Value:
    if meaning.names.now:
        raise UnreadableError("a sum or product over time cannot be part of one step", at)
    if meaning.sums >= SUMS:
        raise UnreadableError(f"sums and products over time nest deeper than {SUMS}", at)
    names = meaning.names.with_time(name.value, lower, upper)
    index = names.times[name.value]
    inner = replace(meaning, names=names, sums=meaning.sums + 1, bound=index, closes=False, met=[])
    before = len(meaning.divisors)
    value = inner.of(body)
    every = [_at_every_step(meaning, divisor, index, lower, upper) for divisor in meaning.divisors[before:]]
    meaning.divisors[before:] = every

    def bound() -> tuple[sympy.Expr, sympy.Symbol]:
        body = value.make()
        return _renamed(body, kind) if index == T else (body, index)  # T is the letter of the step elsewhere

    if value.scalar:
        over = sympy.Sum if kind == "sum" else sympy.Product
        if kind == "sum" and value.number == 0:
            return replace(value, at=at)  # 0 of any shape

        def scalar() -> sympy.Expr:
            body, letter = bound()
            return over(body, (letter, lower, upper))

        return Value((), scalar, at)
    if kind == "prod" and not meaning.sizes.column(value):
        meaning.note(LATER_LEFT)
    node = {"sum": MatrixSum, "ordered": OrderedProduct, "hadamard": HadamardRun}.get(kind)
    node = node or (HadamardRun if meaning.sizes.column(value) else OrderedProduct)
    if node is OrderedProduct and not meaning.sizes.match(value.shape, value.shape[::-1]):
        words = f"a product of matrices over an index is of square ones; {meaning.sizes.words(value)} is found"
        raise UnreadableError(f"{words}; put what is multiplied over the index in parentheses", at)
    return Value(value.shape, lambda: node(*bound(), lower, upper), at)


def _at_every_step(
    meaning: Meaning, divisor: Value, index: sympy.Symbol, lower: sympy.Expr, upper: sympy.Expr
) -> Value:
    """What is divided by inside a sum or product, multiplied over it where it counts with the index."""
    if not divisor.scalar and not meaning.sizes.column(divisor):
        return divisor

    def made() -> sympy.Expr:
        base = divisor.make()
        if not _counts(base, index):
            return base
        base, letter = _renamed(base, "prod") if index == T else (base, index)
        if divisor.scalar:
            return sympy.Product(base, (letter, lower, upper))
        return HadamardRun(base, letter, lower, upper)

    return replace(divisor, make=made)


def _counts(expr: sympy.Expr, index: sympy.Symbol) -> bool:
    """Whether an index stands in an expression as a number, not only as a time, in an exponent or as an end."""
    if isinstance(expr, (Signal, ScalarSignal)):
        return False
    first_alone = isinstance(expr, (sympy.Pow, HadamardPower, sympy.Product, HadamardRun, OrderedProduct))
    args = expr.args[:1] if first_alone else expr.args
    return expr == index or any(_counts(arg, index) for arg in args if isinstance(arg, sympy.Basic))


def dots(_: Meaning, node: Node) -> Value:
    """Dots where none may stand."""
    raise UnreadableError("dots go between two factors with the same name, such as J_t ... J_{k+1}", node.at)


def _renamed(expr: sympy.Expr, kind: str) -> tuple[sympy.Expr, sympy.Symbol]:
    """The body of a sum or product over t with another letter, the first that it does not use, and that letter."""
    used = {node for node in sympy.preorder_traversal(expr) if isinstance(node, sympy.Symbol)}
    first = (K, J, I) if kind == "sum" else (J, I, K)
    letter = next(item for item in (*first, *sympy.symbols(f"i_1:{SUMS + 2}", integer=True)) if item not in used)
    return expr.xreplace({T: letter}), letter
