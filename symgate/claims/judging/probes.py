"""A claim over many steps in the place of the object that it is about, so that the object's judge can look at it.

In: a closed form, and the object.  Out: a derivation that states it, and its terms where the object is proved term by
term.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy
from sympy import Add, Expr, Mul
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr

from symgate.claims.reading.reader import stated
from symgate.language.sequences import EPS
from symgate.records import Derivation, Equation, Kind, Relation, add_up


def is_equality(item: Equation) -> bool:
    """Whether both sides of an equation are equal."""
    return item.relation is Relation.EQUAL


def probe_of(claim: Expr, truth: Derivation) -> Derivation:
    """The claim in the place of the object; where that is judged term by term, as a further equation with it."""
    name = f"{truth.name}_claim"
    whole = {Kind.TRANSPORT, Kind.ADJOINT, Kind.GRADIENT, Kind.INFLUENCE}
    named = by_order(claim, len(truth.named_terms)) if truth.kind is Kind.EXPANSION else ()
    if truth.kind in whole or named:
        terms = named or (("claim", claim),)
        return replace(truth, name=name, named_terms=terms, equations=truth.definitions)
    extra = Equation("claim", stated(truth), claim)
    return replace(truth, name=name, equations=(*truth.definitions, extra))


def by_order(claim: Expr, count: int) -> tuple[tuple[str, Expr], ...]:
    """The coefficients of 1, epsilon, epsilon^2, ... in a sum; () if a power is missing or there is one too many."""
    orders: dict[Any, list[Expr]] = {}
    for term in claim.args if isinstance(claim, MatAdd) else (claim,):
        factors = term.args if isinstance(term, MatMul) else (term,)
        scalar = Mul(*(factor for factor in factors if not isinstance(factor, MatrixExpr)))
        power = scalar.as_powers_dict().get(EPS, 0)
        matrices = [factor for factor in factors if isinstance(factor, MatrixExpr)]
        rest = scalar / EPS**power
        body = matrices[0] if len(matrices) == 1 else MatMul(*matrices)
        orders.setdefault(power, []).append(body if rest == 1 else MatMul(rest, *matrices))
    inside = (node for terms in orders.values() for term in terms for node in sympy.preorder_traversal(term))
    if set(orders) != set(range(count)) or EPS in inside:
        return ()
    return tuple((f"order_{m}", add_up(orders[m])) for m in range(count))


def in_terms(claim: Expr, truth: Derivation) -> tuple[tuple[str, Expr], ...]:
    """The claim in the terms that the induction goes through: an expansion by powers of epsilon; else ()."""
    if truth.kind is Kind.EXPANSION:
        return by_order(claim, len(truth.named_terms))
    if truth.kind in {Kind.ADJOINT, Kind.TRANSPORT} or len(truth.named_terms) == 1:
        return ((truth.named_terms[0][0], claim),)
    if truth.kind is Kind.GRADIENT:
        parts = claim.args if isinstance(claim, (MatAdd, Add)) else (claim,)
        return tuple((f"part_{q}", part) for q, part in enumerate(parts))
    return ()
