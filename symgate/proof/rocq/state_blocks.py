"""What results over many steps of several states hold of one step: blocks of J, ways back, what gradients sum, S_t."""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatAdd, MatMul, MatrixExpr, ZeroMatrix

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Signal, T
from symgate.language.sequences import LAG, K
from symgate.proof.plain import plain
from symgate.proof.rocq.printed import added, of_gradient, of_influence, of_lag, of_parted_lag, of_shape, unstacked
from symgate.records import ByParameter, Derivation, Kind, add_up


def about(derivation: Derivation, kind: Kind, of: Expr, wrt: Expr, expr: Expr) -> Derivation:
    """A formula of one step that a result over many steps contains."""
    cotangent = of_shape("lam", of.shape, T) if kind is Kind.VJP else None
    return replace(
        derivation, kind=kind, of=of, wrt=wrt, named_terms=(("step", expr),), equations=(), cotangent=cotangent
    )


def blocks(derivation: Derivation) -> dict[tuple[int, int], Derivation]:
    """The blocks of J_j, each as a Jacobian of one step."""
    equation = derivation.equation("J")
    states = derivation.cell.states
    if not isinstance(equation.right, BlockMatrix):
        raise UnsupportedNodeError(f"{derivation.name} defines no J in blocks.")
    found = {}
    for a, of in enumerate(states):
        for b, by in enumerate(states):
            expr = equation.right.blocks[a, b].xreplace({equation.left.index: T})
            found[a, b] = about(derivation, Kind.JACOBIAN, of.after, by.before, expr)
    return found


def _by_cotangent(derivation: Derivation, expr: Expr, index: Expr, wrt: Expr) -> list[Derivation]:
    """A formula in the cotangents of all states, cut into one for each: a vector-Jacobian product of each state."""
    states = derivation.cell.states
    lams = [of_shape(f"lam_{state.name}", state.after.shape, index) for state in states]
    parts: list[list[Expr]] = [[] for _ in states]
    summands = expr.args if isinstance(expr, (MatAdd, sympy.Add)) else (expr,)
    for summand in summands:
        if isinstance(summand, ZeroMatrix) or summand == 0:
            continue
        inside = [a for a, lam in enumerate(lams) if summand.has(lam)]
        if len(inside) != 1:
            raise UnsupportedNodeError(f"A summand of an adjoint holds one cotangent; found {plain(summand)}.")
        parts[inside[0]].append(summand)
    zero = ZeroMatrix(*wrt.shape) if isinstance(wrt, MatrixExpr) else sympy.S.Zero
    found = []
    for state, lam, own in zip(states, lams, parts, strict=True):
        alone = of_shape("lam", state.after.shape, index)
        body = add_up(own).xreplace({lam: alone}).xreplace({K: T + K - index}) if own else zero
        found.append(about(derivation, Kind.VJP, state.after, wrt, body))
    return found


def returns(derivation: Derivation) -> dict[tuple[int, int], Derivation]:
    """The adjoint less the slope of the loss, by (state whose cotangent comes in, state whose adjoint it is)."""
    states = derivation.cell.states
    terms = [term for _, term in derivation.named_terms]
    if not all(isinstance(term, BlockMatrix) for term in terms):
        raise UnsupportedNodeError(f"An adjoint of several states stands in blocks; found {plain(derivation.expr)}.")
    found = {}
    for b, by in enumerate(states):
        delta = of_shape(f"delta_{by.name}", by.after.shape, K)
        blocks = [unstacked(term.blocks[b, 0]) for term in terms]
        if blocks.count(delta) != 1:
            raise UnsupportedNodeError("An adjoint is delta_k and what comes back.")
        rest = [block for block in blocks if block != delta and not isinstance(block, ZeroMatrix)]
        expr = add_up(rest) if rest else ZeroMatrix(*by.before.shape)
        for a, item in enumerate(_by_cotangent(derivation, expr, K + 1, by.before)):
            found[a, b] = item
    return found


def recursions(derivation: Derivation) -> dict[tuple[int, int], Derivation]:
    """What the recursions beside lags of parted states say of one step: ways back, as ``returns`` has them.

    Raises:
        UnsupportedNodeError: a summand holds not one of the v_{t,l-1}.
    """
    states = derivation.cell.states
    seen = {
        of_shape(f"v_{state.name}", state.after.shape, sympy.Tuple(T, LAG - 1)): of_shape(
            f"lam_{state.name}", state.after.shape, T - LAG + 1
        )
        for state in states
    }
    found = {}
    for b, by in enumerate(states):
        right = derivation.equation(f"recursion_{by.name}").right.xreplace(seen).xreplace({T: T + LAG - 1})
        for a, item in enumerate(_by_cotangent(derivation, right, T, by.before)):
            found[a, b] = item
    return found


def sources(derivation: Derivation) -> list[Derivation]:
    """S_t of an influence, what a parameter does to each state directly.

    Raises:
        UnsupportedNodeError: the influence is no J_t P_{t-1} + S_t of stacked states.
    """
    assert isinstance(derivation.parameters, ByParameter)
    symbol, states = derivation.cell.symbols[derivation.parameters.parameter], derivation.cell.states
    whole, (rows, cols) = of_influence(derivation), derivation.shape
    carried = MatMul(Signal("J", rows, rows, T), Signal("P", rows, cols, T - 1))
    if [term for _, term in derivation.named_terms] != [carried, Signal("S", rows, cols, T)]:
        raise UnsupportedNodeError(f"Certificates state an influence as J P + S; found {plain(derivation.expr)}.")
    if not isinstance(whole, BlockMatrix) or whole.blocks.shape != (len(states), 1):
        raise UnsupportedNodeError(f"Certificates stack what a parameter does to each state; found {plain(whole)}.")
    kind = Kind.KRONECKER if isinstance(symbol, MatrixExpr) and symbol.shape[1] != 1 else Kind.JACOBIAN
    kinds = [Kind.INFLUENCE if state in derivation.cell.matrix_states else kind for state in states]
    return [about(derivation, kinds[a], state.after, symbol, whole.blocks[a, 0]) for a, state in enumerate(states)]


def bodies(derivation: Derivation) -> list[Derivation]:
    """What a gradient sums over k = 1, ..., T, by the cotangent in it; of lags, the gradient to which they sum."""
    assert isinstance(derivation.parameters, ByParameter)
    if derivation.kind is Kind.LAG:
        found = (of_parted_lag if derivation.cell.matrix_states else of_lag)(derivation)
    else:
        found = of_gradient(derivation)
    symbol = derivation.cell.symbols[derivation.parameters.parameter]
    zero = ZeroMatrix(*symbol.shape) if isinstance(symbol, MatrixExpr) else sympy.S.Zero
    kept = [body for body in found if added(body)]
    return _by_cotangent(derivation, add_up(kept) if kept else zero, K, symbol)
