"""The one-step derivative that a derivation over many steps is built from, to be proved on its own."""

from __future__ import annotations

from dataclasses import replace

from symgate.notation import T
from symgate.notation.sequences import K, MatrixSum
from symgate.records import Derivation


def one_step(derivation: Derivation) -> Derivation:
    """The state Jacobian J_t, or A_t + B_t, or the vector-Jacobian product summed in a gradient, at time t."""
    cell = derivation.cell
    state = cell.state()
    bare = replace(derivation, of=state.after, where=(), also=(), claim="", relation="=")
    if derivation.form == "gradient" and derivation.cotangent is not None:
        bodies = [
            (name, term.body if isinstance(term, MatrixSum) else term.function) for name, term in derivation.named_terms
        ]
        terms = tuple((name, body.xreplace({K: T})) for name, body in bodies)
        name = f"{cell.name}_vjp_{derivation.wrt.name}"
        return replace(bare, name=name, form="vjp", named_terms=terms, cotangent=derivation.cotangent.xreplace({K: T}))
    terms = tuple((str(symbol.name), expr.xreplace({symbol.index: T})) for symbol, expr in derivation.where)
    name = f"{cell.name}_jacobian_{state.name}"
    return replace(bare, name=name, form="jacobian", wrt=state.before, named_terms=terms, cotangent=None)
