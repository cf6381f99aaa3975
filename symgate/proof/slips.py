"""The slips that are easy to make in such formulas, as transformations of a derivation.

They test the checker (each must be refuted) and diagnose claims (which slip gives what was claimed?).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
)

from symgate.errors import ShapeError
from symgate.language.nodes import Map, ScalarMap, Signal
from symgate.proof import layout
from symgate.proof.algebras import Modular
from symgate.proof.entries import Entries
from symgate.proof.functions import BOUND, functions
from symgate.proof.modular import draw
from symgate.records import Derivation

Rewrite = tuple[str, Expr]


@dataclass(frozen=True)
class Slip:
    """A derivation with one planted slip: its kind, where it was planted, and the wrong formula."""

    kind: str
    place: str
    derivation: Derivation


def slips(derivation: Derivation) -> Iterator[Slip]:
    """Every known slip at every place where it makes a difference, in the result and in its named parts.

    Yields only formulas of the right shape that really differ, judged at random values at n = 3 (a product of
    diagonals, say, may be swapped).
    """
    right = _values(derivation)
    for kind, rewrites in SLIPS.items():
        for name, term in derivation.named_terms:
            for place, wrong in rewrites(term, name, derivation):
                planted = replace(derivation, named_terms=_with(derivation, name, wrong))
                try:
                    differs = _values(planted) != right
                except ShapeError:
                    continue
                if differs:
                    yield Slip(kind, place, planted)
        for item in derivation.definitions:
            for place, wrong in rewrites(item.right, item.key, derivation):
                parts = (replace(one, right=wrong) if one == item else one for one in derivation.equations)
                planted = replace(derivation, equations=tuple(parts))
                if wrong.shape == item.right.shape and _values(planted) != right:
                    yield Slip(kind, place, planted)


@lru_cache(maxsize=1024)
def written(part: Expr) -> str:
    """A part of a formula as text: the slips in a formula name the same few parts again and again."""
    return str(part)


def state_after(term: Expr, name: str, derivation: Derivation) -> Iterator[Rewrite]:
    """x_t for x_{t-1}."""
    for state in derivation.cell.states:
        if term.has(state.before):
            yield f"{state.after} for {state.before} in {name}", _replaced(term, state.before, state.after)


def transposed_weight(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """W' for W, or W for W'."""
    for weight in _inside(term, lambda node: isinstance(node, MatrixSymbol) and not isinstance(node, Signal)):
        if weight.shape[0] == weight.shape[1]:
            yield f"{weight} in {name}", _transposed(term, weight)


def dropped_gate(term: Expr, name: str, derivation: Derivation) -> Iterator[Rewrite]:
    """The gate term left out."""
    if name == "gate":
        yield name, sympy.ZeroMatrix(*term.shape) if isinstance(term, MatrixExpr) else sympy.S.Zero
    del derivation


def sigma_for_slope(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """f for f'."""
    for node in _inside(term, lambda item: isinstance(item, (Map, ScalarMap)) and item.order > 0):
        wrong = node.func(node.function, node.order - 1, node.argument)
        yield f"{written(node)} in {name}", _replaced(term, node, wrong)


def swapped_factors(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """Two neighbouring factors of a product in reversed order."""
    for node in _inside(term, lambda item: isinstance(item, (MatMul, KroneckerProduct))):
        start = 0 if isinstance(node.args[0], MatrixExpr) else 1
        for k in range(start, len(node.args) - 1):
            for wrong in _swapped(node, k):
                words = f"{written(node.args[k])} and {written(node.args[k + 1])} in {name}"
                yield words, _replaced(term, node, wrong)


def wrong_sign(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """A term with the other sign."""
    yield name, scaled(sympy.S.NegativeOne, term)


def one_percent(term: Expr, name: str, _: Derivation) -> Iterator[Rewrite]:
    """A term off by 1 per cent."""
    yield name, scaled(sympy.Rational(101, 100), term)


SLIPS: dict[str, Callable[[Expr, str, Derivation], Iterator[Rewrite]]] = {
    "state_after": state_after,
    "transposed_weight": transposed_weight,
    "dropped_gate": dropped_gate,
    "sigma_for_slope": sigma_for_slope,
    "swapped_factors": swapped_factors,
    "wrong_sign": wrong_sign,
    "one_percent": one_percent,
}


def scaled(factor: Expr, term: Expr) -> Expr:
    """A number times a term, with one leading coefficient in every word."""
    if not isinstance(term, MatrixExpr):
        return factor * term
    if isinstance(term, MatAdd):
        return MatAdd(*(scaled(factor, arg) for arg in term.args))
    if not isinstance(term, MatMul):
        return MatMul(factor, term)
    if isinstance(term.args[0], MatrixExpr):
        return MatMul(factor, *term.args)
    return MatMul(factor * term.args[0], *term.args[1:])


def _swapped(node: Expr, k: int) -> Iterator[Expr]:
    """The product with factors k and k + 1 in the other order, where shapes allow."""
    left, right = node.args[k], node.args[k + 1]
    before, after = node.args[:k], node.args[k + 2 :]
    if isinstance(node, KroneckerProduct):
        yield KroneckerProduct(*before, right, left, *after)
    elif left.shape[1] == 1 and right.shape[0] == 1:
        if left.shape[0] == right.shape[1]:  # the outer product u v' as v u'
            yield MatMul(*before, _turned(right), _turned(left), *after)
    elif left.shape == right.shape[::-1] and left.shape[0] == left.shape[1]:
        yield MatMul(*before, right, left, *after)
    elif isinstance(right, HadamardProduct) and left.shape[0] == left.shape[1]:  # W (u (.) v) as u (.) W v
        yield MatMul(*before, HadamardProduct(*right.args[:-1], MatMul(left, right.args[-1])), *after)


def _turned(factor: Expr) -> Expr:
    return factor.args[0] if isinstance(factor, Transpose) else Transpose(factor)


def _inside(expr: Any, wanted: Callable[[Any], bool]) -> list[Any]:
    """The nodes of a kind, each once, in the order of appearance."""
    found: dict[Any, None] = {}
    stack = [expr]
    while stack:
        node = stack.pop()
        if wanted(node):
            found[node] = None
        if isinstance(node, sympy.Basic) and not isinstance(node, MatrixSymbol):
            stack.extend(reversed(node.args))
    return list(found)


def _replaced(expr: Any, old: Any, new: Any) -> Any:
    """The expression with one node exchanged everywhere."""
    return expr.xreplace({old: new})


def _transposed(expr: Any, weight: Any) -> Any:
    """The expression with a weight transposed wherever it stands."""
    if expr == weight:
        return Transpose(weight)
    if isinstance(expr, Transpose) and expr.args[0] == weight:
        return weight
    if not isinstance(expr, sympy.Basic) or not expr.args or isinstance(expr, MatrixSymbol):
        return expr
    return expr.func(*(_transposed(arg, weight) for arg in expr.args))


def _with(derivation: Derivation, name: str, wrong: Expr) -> tuple[tuple[str, Expr], ...]:
    """The named terms with one exchanged; a term that became zero is left out, unless it is the only one."""
    gone = isinstance(wrong, sympy.ZeroMatrix) or wrong == 0
    if gone and len(derivation.named_terms) > 1:
        return tuple(pair for pair in derivation.named_terms if pair[0] != name)
    return tuple((other, wrong if other == name else term) for other, term in derivation.named_terms)


def _values(derivation: Derivation) -> dict[layout.Key, int]:
    """The right side at a random point modulo the prime, zeros left out."""
    sizes = {dim: 3 - (k % 2) + k // 2 for k, dim in enumerate(derivation.cell.dimensions)}
    algebra = Modular(functions(derivation.cell, BOUND), "slips")
    entries = Entries(algebra, sizes, draw(derivation, sizes, "slips"), layout.meanings(derivation))
    return {key: value for key, value in layout.claimed(derivation, entries).items() if value}
