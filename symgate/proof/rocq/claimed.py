"""A claimed formula of one step as Coq text: read, defined, and with what it must satisfy.

In: a derivative of one step.  Out: its definition, and the statement and tactics of the lemma that it is what it says.
"""

from __future__ import annotations

from dataclasses import replace

from sympy.matrices.expressions import ZeroMatrix

from symgate.errors import UnsupportedNodeError
from symgate.proof.rocq import claimed_matrices
from symgate.proof.rocq.cell import CellText, Symbol
from symgate.proof.rocq.terms import COTANGENT, Sort, Term, const, lined, spelled
from symgate.records import Derivation, Kind, add_up


def place_of(text: CellText, derivation: Derivation) -> tuple[Symbol, str, str]:
    """The symbol that moves, the name of what is differentiated, and its size."""
    item = next((item for item in text.fields if item.symbol == derivation.wrt), None)
    if item is None:
        raise UnsupportedNodeError(
            f"Certificates differentiate by a state before the step, an input or a parameter; {derivation.wrt} is a "
            f"name of the cell {text.cell.name}."
        )
    term = text.reader.symbols.get(derivation.of)
    if term is None or term.sort is not Sort.VECTOR:
        raise UnsupportedNodeError(f"Certificates differentiate a state or a named vector; {derivation.of} is neither.")
    return item, term.words[0], text.reader.size(derivation.of.shape[0])


def read(text: CellText, derivation: Derivation) -> Term:
    """The right side as a term; a named term of the derivation is a summand."""
    if claimed_matrices.is_about(text, derivation):
        return claimed_matrices.read(text, derivation)
    item, _, _ = place_of(text, derivation)
    kept = [term for _, term in derivation.named_terms if not isinstance(term, ZeroMatrix)]
    if derivation.kind is Kind.VJP:
        symbols = {**text.reader.symbols, derivation.cotangent: const(COTANGENT, Sort.VECTOR)}
        own = replace(text.reader, symbols=symbols)
        reader = {Sort.NUMBER: own.number, Sort.VECTOR: own.vector, Sort.MATRIX: own.matrix}[item.sort]
    else:
        reader = text.reader.vector if item.sort is Sort.NUMBER else text.reader.matrix
    return reader(add_up(kept or [derivation.named_terms[0][1]]))


def definition(text: CellText, derivation: Derivation, name: str) -> str:
    """The claimed formula, one summand a line."""
    if claimed_matrices.is_about(text, derivation):
        return claimed_matrices.definition(text, derivation, name)
    term = read(text, derivation)
    lam = f" ({COTANGENT} : vec)" if derivation.kind is Kind.VJP else ""
    return (
        f"Definition {name} ({text.point} : point){lam} : {term.sort.value} :=\n  {lined(spelled(term, text.point))}."
    )


def identity(text: CellText, derivation: Derivation, name: str) -> tuple[str, str]:
    """What the formula ``name`` must satisfy, with its bound variables in front, and the tactics that prove it.

    The velocity of the step, where one symbol alone moves, is the formula applied to the velocity of the symbol.
    """
    if claimed_matrices.is_about(text, derivation):
        return claimed_matrices.identity(text, derivation, name)
    item, after, n = place_of(text, derivation)
    p, V, i, lam = text.point, text.velocity, text.index, COTANGENT
    velocity = f"({text.tangent[after]} {p} (with_{item.name} still {V}))"
    allowed, sizes = text.if_allowed(p), " ".join(item.sizes)
    if derivation.kind is not Kind.VJP:
        if item.sort is Sort.NUMBER:
            body = f"forall {i}, ({i} < {n})%nat -> ({V} *: {name} {p})%V {i} = {velocity} {i}"
            return f"{p} {V} : {allowed}{body}", f"intros; unfold {name}; settled"
        vector = f"(vectorised {item.sizes[0]} {V})" if item.sort is Sort.MATRIX else V
        body = f"takes {n} {item.length} ({name} {p}) {vector} {velocity}"
        return f"{p} {V} : {allowed}{body}", f"intros; eapply takes_eq; [unfold {name}; taken | intros; settled]"
    if item.sort is Sort.NUMBER:
        body = f"pulls0 {n} {lam} ({name} {p} {lam} * {V}) {velocity}"
        script = f"intros; eapply pulls0_eq; [unfold {name}; apply pulls0_mul_l; pulled | intros; settled]"
    else:
        pulls = "pulls" if item.sort is Sort.VECTOR else "pulls2"
        body = f"{pulls} {n} {lam} {sizes} ({name} {p} {lam}) {V} {velocity}"
        script = f"intros; eapply {pulls}_eq; [unfold {name}; pulled | intros; settled]"
    return f"{p} {lam} {V} : {allowed}{body}", script
