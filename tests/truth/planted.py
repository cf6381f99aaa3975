"""Results changed in one place, so that something that they state is false or nothing stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy

from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import ETA
from symgate.records import Derivation, Equation, Kind, Order, Parting, Relation, Standing
from tests.truth.trees import is_matrix, product

Planted = tuple[str, Derivation]


def twice(expr: Any) -> Any:
    """Twice an expression."""
    return product(2, expr) if is_matrix(expr) else 2 * expr


def _with(derivation: Derivation, place: int, **changes: Any) -> Derivation:
    """The result with one of its equations changed."""
    equations = list(derivation.equations)
    equations[place] = replace(equations[place], **changes)
    return replace(derivation, equations=tuple(equations))


def main_statement(derivation: Derivation) -> Iterator[Planted]:
    """Slips in the statement itself."""
    terms = derivation.named_terms
    for q, (name, term) in enumerate(terms):
        if term == 0 or isinstance(term, sympy.ZeroMatrix):
            continue
        yield f"{name} doubled", replace(derivation, named_terms=(*terms[:q], (name, twice(term)), *terms[q + 1 :]))
        if len(terms) > 1:
            yield f"{name} dropped", replace(derivation, named_terms=(*terms[:q], *terms[q + 1 :]))
    if not derivation.one_step:
        yield "left side doubled", replace(derivation, of=twice(derivation.of))
    if derivation.relation is not Relation.EQUAL:
        yield "an equality", replace(derivation, relation=Relation.EQUAL)
    if derivation.relation is Relation.AT_MOST:
        zero = tuple((name, term * 0) for name, term in terms)
        yield "a bound of 0", replace(derivation, named_terms=zero)
    if derivation.relation is Relation.APPROXIMATELY:
        yield "a bound", replace(derivation, relation=Relation.AT_MOST)


def parameters(derivation: Derivation) -> Iterator[Planted]:
    """What a result says that it is."""
    own = derivation.parameters
    if isinstance(own, Order) and derivation.exact_from is None:
        yield "a higher order", replace(derivation, parameters=replace(own, order=own.order + 1))
    if isinstance(own, (Order, Parting)) and derivation.exact_from is None:
        other = ("drive",) if own.keep == ("retention",) else ("retention",)
        yield "another split", replace(derivation, parameters=replace(own, keep=other))
    if derivation.kind in {Kind.EXPANSION, Kind.SPLIT} and derivation.exact_from is None:
        yield "said to be exact", replace(derivation, exact_from=0)
    if derivation.kind is Kind.SPLIT and len(derivation.named_terms) == 2:
        (a, A), (b, B) = derivation.named_terms
        yield "parts exchanged", replace(derivation, named_terms=((a, B), (b, A)))
    if derivation.cotangent is not None and derivation.kind is Kind.VJP:
        other = Signal("mu", derivation.cotangent.shape[0])
        yield "another cotangent", replace(derivation, cotangent=other)


def equations(derivation: Derivation) -> Iterator[Planted]:
    """Slips in the equations that stand with a result."""
    for q, item in enumerate(derivation.equations):
        right = item.right
        if right != 0 and not isinstance(right, (sympy.ZeroMatrix, sympy.Piecewise)):
            yield f"{item.key} doubled", _with(derivation, q, right=twice(right))
        if item.standing is Standing.CLAIM:
            yield f"{item.key}: left side doubled", _with(derivation, q, left=twice(item.left))
            wrong = twice(right)
            for standing in (Standing.DEFINITION, Standing.EXAMPLE):
                yield f"{item.key} doubled, as {standing.value}", _with(derivation, q, right=wrong, standing=standing)
            if item.relation is not Relation.EQUAL:
                yield f"{item.key} as an equality", _with(derivation, q, relation=Relation.EQUAL)
        if not is_matrix(item.left):
            yield f"{item.key} is 7", _with(derivation, q, right=sympy.Integer(7), standing=Standing.CLAIM)
        if item.standing is Standing.DEFINITION:
            yield f"{item.key} by itself", _with(derivation, q, right=twice(item.left))


def additions(derivation: Derivation) -> Iterator[Planted]:
    """Further equations under names of their own."""
    cell = derivation.cell
    t = sympy.Symbol("t", integer=True)
    state = cell.states[0]
    false = {
        "a rate": (ScalarSignal("rate", t), 2 * ETA),
        "a state": (state.after, twice(state.update)),
        "a known name": (derivation.of, twice(derivation.of))
        if not derivation.one_step
        else (state.after, state.before),
        "one is two": (sympy.Integer(1), sympy.Integer(2)),
    }
    for words, (left, right) in false.items():
        for standing in (Standing.CLAIM, Standing.DEFINITION):
            if words == "a rate" and standing is Standing.DEFINITION:
                continue  # a name of its own may be introduced
            extra = Equation("extra", left, right, standing=standing)
            yield f"{words}, as {standing.value}", replace(derivation, equations=(*derivation.equations, extra))


def planted(derivation: Derivation) -> Iterator[Planted]:
    """Every change."""
    for plants in (main_statement, parameters, equations, additions):
        yield from plants(derivation)
