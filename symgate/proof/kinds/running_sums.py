"""What judges of results that run forward in time ask of sums over the steps: where they start, and what a step makes.

In: a derivation with its closed forms.  Out: goals.  A closed form is right where it starts right and takes its step.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.language import Signal, T
from symgate.language.sequences import K, MatrixSum, moved
from symgate.proof.decision import Budget, Decision, Layout, decide_step
from symgate.proof.kinds.goals import (
    MAIN,
    Goal,
    Goals,
    Unjudged,
    fact,
    introduced,
    left_is,
    relation_is,
    same,
    total_size,
)
from symgate.proof.kinds.one_step import jacobian_of_name
from symgate.records import Derivation, Equation, Relation

ZERO = {T: sympy.S.Zero}
#: A step has been taken; the parameter acted before it, or up to it.
STEPPED = ((sympy.S.One, T),)
WITHIN, UP_TO = ((sympy.S.One, K), (K + 1, T)), ((sympy.S.One, K), (K, T))


def named(derivation: Derivation, name: str, index: Expr = T) -> Signal:
    """P_t, S_t, E_t: a column for every entry of the parameter."""
    shape = getattr(derivation.wrt, "shape", (sympy.S.One, sympy.S.One))
    return Signal(name, total_size(derivation.cell), shape[0] * shape[1], index)


def pieces(derivation: Derivation) -> Goals:
    """J is the Jacobian of the step, S its immediate derivative by the parameter, state by state."""
    J, S = introduced(derivation, "J"), introduced(derivation, "S")
    if J is not None:
        yield from jacobian_of_name(derivation, J.key, J.right, J.left.index)
    if S is None:
        yield fact(MAIN, "S is defined", holds=False)
        return
    cell, wrt = derivation.cell, derivation.wrt
    expr = moved(S.right, {S.left.index: T})
    rows = [expr] if len(cell.states) == 1 else _rows(expr, len(cell.states))
    layout = Layout.KRONECKER if isinstance(wrt, MatrixExpr) and wrt.shape[1] != 1 else Layout.JACOBIAN
    for state, row in zip(cell.states, rows, strict=True):

        def run(budget: Budget, of: Expr = state.after, row: Expr = row) -> Decision:
            return decide_step(cell, of, wrt, row, layout, budget=budget)

        yield Goal(S.key, f"the immediate derivative of {state.after} by {wrt}", run)


def _rows(expr: Expr, count: int) -> list[Expr]:
    """The blocks of a column of blocks.

    Raises:
        Unjudged: it is not written so.
    """
    if not isinstance(expr, sympy.BlockMatrix) or expr.blockshape != (count, 1):
        raise Unjudged(f"an immediate derivative of several states is compared block by block; found {expr}")
    return [expr.blocks[q, 0] for q in range(count)]


def is_about(derivation: Derivation, item: Equation, left: Expr) -> Goals:
    """It is an equation for what it is about."""
    yield relation_is(derivation, Relation.EQUAL, key=item.key)
    yield left_is(derivation, left, key=item.key)


def summed(derivation: Derivation, key: str, closed: Expr, parts: tuple[Expr, Expr], words: str) -> Goals:
    """A sum over k = 1 .. t of f(t, k): f(t, t) is what comes in, and f(t, k) what its step makes of f(t - 1, k)."""
    body = body_of(closed)
    first, taken = (written_out(derivation, part, body) for part in parts)
    yield fact(key, f"{words} is a sum over k = 1 .. t", range_of(closed) == (K, sympy.S.One, T))
    yield same(derivation, key, f"{words}: what comes in at t", (moved(body, {K: T}), first), None, STEPPED)
    yield same(derivation, key, f"{words} from t - 1 to t", (body, taken), None, WITHIN)


def body_of(term: Expr) -> Expr:
    """What is summed."""
    return term.body if isinstance(term, MatrixSum) else term


def range_of(term: Expr) -> tuple[Expr, ...]:
    """The running index of a sum and its bounds."""
    return (term.index, term.lower, term.upper) if isinstance(term, MatrixSum) else ()


def written_out(derivation: Derivation, expr: Expr, beside: Expr | None = None) -> Expr:
    """A, B, J and S written out: a product over time meets its own body, and an entry of a parameter its two letters.

    A name that stands in what it is compared with stays a name.
    """
    kept = {str(node.name) for node in beside.atoms(Signal)} if beside is not None else set()
    meant = {str(item.left.name): item for item in derivation.definitions if isinstance(item.left, Signal)}
    meant = {name: item for name, item in meant.items() if name not in kept}
    found = {}
    for node in [*expr.atoms(Signal), *([expr] if isinstance(expr, Signal) else [])]:
        item = meant.get(str(node.name)) if str(node.name) in {"A", "B", "J", "S"} else None
        if item is not None:
            found[node] = moved(item.right, {item.left.index: node.index})
    return expr.xreplace(found)


def steps_on(
    derivation: Derivation, key: str, closed: Expr, taken: Expr, names: dict[Expr, Expr], words: str = "it"
) -> Goals:
    """A closed form is 0 at t = 0, and what its step makes of it before."""
    nothing = ZeroMatrix(*closed.shape)
    yield same(derivation, key, f"{words} is 0 before the first step", (moved(closed, ZERO), nothing), names)
    yield same(derivation, key, f"{words} from t - 1 to t", (closed, taken), names, STEPPED)
