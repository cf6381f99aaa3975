"""What is printed with a result over many steps, compared with what the theorems say of it.

The theorems of the library have a fixed form.  A claim that is printed beside a result must be that form, and a sum is
compared summand by summand; anything else is refused, so that nothing counts as certified that the kernel did not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    Transpose,
    ZeroMatrix,
)

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import ScalarSignal, Signal, T, Vec
from symgate.language.sequences import LAG, LAST, J, K, MatrixSum, stacked_columns
from symgate.proof.plain import plain
from symgate.records import Cell, Derivation, Relation, State

ONE, ZERO = sympy.S.One, sympy.S.Zero


def total(cell: Cell) -> Expr:
    """The size of all states, one below the other."""
    return sum(map(entries, cell.states), ZERO)


def entries(state: State) -> Expr:
    """How many entries a state has: a matrix is its columns, one below the other."""
    return sympy.Mul(*state.after.shape)


def of_shape(name: str, shape: tuple[Expr, Expr], index: Expr) -> Signal:
    """A matrix of that shape at a time; a column where it has one."""
    rows, cols = shape
    return Signal(name, rows, cols, index)


def unstacked(expr: Expr) -> Expr:
    """The matrix of which an expression is the columns, one below the other; anything else as it is."""
    return expr.args[0] if isinstance(expr, Vec) else expr


def carried(cell: Cell) -> dict[Expr, Expr]:
    """The adjoint of each state at k, and M_{t,k}' delta_t, which is what the loss of time t alone says of it.

    None where one of several states is a matrix: its adjoint is one, and stands in no product with M.
    """
    n = total(cell)
    back = (Transpose(Signal("M", n, n, sympy.Tuple(T, K))), Signal("delta", n, 1, T))
    if len(cell.states) == 1:
        return {Signal("lam", n, 1, K): MatMul(*back)}
    if cell.matrix_states:
        return {}
    sizes = [state.after.shape[0] for state in cell.states]
    found = {}
    for a, state in enumerate(cell.states):
        row = [Identity(size) if a == b else ZeroMatrix(sizes[a], size) for b, size in enumerate(sizes)]
        found[Signal(f"lam_{state.name}", sizes[a], 1, K)] = MatMul(BlockMatrix([row]), *back)
    return found


def added(expr: Expr) -> tuple[Expr, ...]:
    """The summands of an expression; none of zero."""
    if isinstance(expr, ZeroMatrix) or expr == 0:
        return ()
    return expr.args if isinstance(expr, (MatAdd, sympy.Add)) else (expr,)


def summed(term: Expr, *limits: Expr) -> Expr:
    """What a term sums over that range.

    Raises:
        UnsupportedNodeError: the term is not such a sum.
    """
    if isinstance(term, MatrixSum) and (term.index, term.lower, term.upper) == limits:
        return term.body
    if isinstance(term, sympy.Sum) and term.limits == (sympy.Tuple(*limits),):
        return term.function
    if isinstance(term, ZeroMatrix) or term == 0:
        return term
    raise UnsupportedNodeError(
        f"A gradient is a sum over {limits[0]} = {limits[1]}, ..., {limits[2]}; found {plain(term)}."
    )


def _summed_twice(term: Expr) -> Expr:
    """What a term sums over k = 1, ..., t and t = 1, ..., T."""
    if isinstance(term, sympy.Sum) and term.limits == (sympy.Tuple(K, ONE, T), sympy.Tuple(T, ONE, LAST)):
        return term.function
    return summed(summed(term, T, ONE, LAST), K, ONE, T)


def words(bodies: Iterable[Expr]) -> Counter[Expr]:
    """The summands of all bodies, with products of products written as one."""
    return Counter(_flat(word) for body in bodies for word in added(body))


def _flat(expr: Expr) -> Expr:
    def flat(node: MatMul) -> Expr:
        factors = [arg for item in node.args for arg in (item.args if isinstance(item, MatMul) else (item,))]
        scalars = [item for item in factors if not isinstance(item, MatrixExpr)]
        return MatMul(*([sympy.Mul(*scalars)] if scalars else []), *(item for item in factors if item not in scalars))

    return expr.replace(lambda node: isinstance(node, MatMul), flat)


def compare(derivation: Derivation, expected: Mapping[str, tuple[Expr, Expr]]) -> None:
    """Return where every claim, and what it says of stacked states, is the expected one.

    Raises:
        UnsupportedNodeError: a claim is another one.
    """
    for item in derivation.claims:
        if (item.left, item.right) != expected.get(item.key) or item.relation is not Relation.EQUAL:
            raise UnsupportedNodeError(
                f"Certificates do not state {item.left} {item.relation.value} {item.right}, "
                f"the claim {item.key} of {derivation.name}."
            )
    cell = derivation.cell
    for item in derivation.definitions if len(cell.states) > 1 else ():
        name = str(item.left.name)
        if name in {"delta", "lam"}:
            parts = [stacked_columns(of_shape(f"{name}_{state.name}", state.after.shape, K)) for state in cell.states]
            if (item.left, item.right) != (Signal(name, total(cell), 1, K), BlockMatrix([[part] for part in parts])):
                raise UnsupportedNodeError(
                    f"Certificates stack the states of {cell.name} in order; found {plain(item.right)}."
                )


def _transport(n: Expr, later: Expr, earlier: Expr) -> Signal:
    return Signal("M", n, n, sympy.Tuple(later, earlier))


def of_transport(derivation: Derivation) -> None:
    """Return where the recursions of the transport are those of a product.

    Raises:
        UnsupportedNodeError: they are others.
    """
    n = total(derivation.cell)
    M = _transport(n, T, K)
    compare(
        derivation,
        {
            "in_t": (M, MatMul(Signal("J", n, n, T), _transport(n, T - 1, K))),
            "in_k": (M, MatMul(_transport(n, T, K + 1), Signal("J", n, n, K + 1))),
            "empty": (_transport(n, T, T), Identity(n)),
        },
    )


def of_adjoint(derivation: Derivation) -> None:
    """Return where the adjoint starts at the last loss, and its closed form is the sum over the later losses.

    Raises:
        UnsupportedNodeError: they are others.
    """
    n = total(derivation.cell)
    closed = MatrixSum(MatMul(Transpose(_transport(n, T, K)), Signal("delta", n, 1, T)), T, K, LAST)
    start = (Signal("lam", n, 1, LAST), Signal("delta", n, 1, LAST))
    compare(derivation, {"start": start, "closed_form": (Signal("lam", n, 1, K), closed)})


def of_gradient(derivation: Derivation) -> list[Expr]:
    """What a gradient sums over k = 1, ..., T.

    Raises:
        UnsupportedNodeError: the gradient, or the double sum beside it, has another form.
    """
    bodies = [summed(term, K, ONE, LAST) for _, term in derivation.named_terms]
    back = carried(derivation.cell)
    compare(
        derivation, {item.key: (derivation.of, item.right) for item in derivation.claims if item.key == "double_sum"}
    )
    for item in derivation.claims:
        printed = [_summed_twice(term) for term in added(item.right)]
        if not back or words(printed) != words(body.xreplace(back) for body in bodies):
            raise UnsupportedNodeError(
                f"Certificates state a double sum with M_(t,k)' delta_t for lambda_k; found {plain(item.right)}."
            )
    return bodies


def of_lag(derivation: Derivation) -> list[Expr]:
    """What the gradient sums over k, as the claim that all lags sum to it has it.

    Raises:
        UnsupportedNodeError: what comes from lag l is not the same with M_{t,t-l}' delta_t for the adjoint, or a claim
            is another one.
    """
    n, every = total(derivation.cell), _every_lag(derivation)
    all_ = derivation.equation("all")
    bodies = [summed(term, K, ONE, LAST) for term in added(all_.right)]
    v, w = (Signal("v", n, 1, sympy.Tuple(T, lag)) for lag in (LAG, LAG - 1))
    M, factor = _transport(n, T, T - LAG), Signal("J", n, n, T - LAG + 1)
    if derivation.equation("J").left != Signal("J", n, n, J):
        raise UnsupportedNodeError(f"{derivation.name} defines {derivation.equation('J').left}.")
    expected = {
        "all": (every, all_.right),
        "carried": (v, MatMul(Transpose(M), Signal("delta", n, 1, T))),
        "recursion": (v, MatMul(Transpose(factor), w)),
    }
    compare(derivation, expected)
    back = carried(derivation.cell)
    printed = [summed(term, T, LAG + 1, LAST) for _, term in derivation.named_terms]
    if words(printed) != words(body.xreplace(back).xreplace({K: T - LAG}) for body in bodies):
        raise UnsupportedNodeError(f"Certificates state lags with M_(t,t-l)' delta_t; found {plain(derivation.expr)}.")
    return bodies


def _every_lag(derivation: Derivation) -> Expr:
    """The sum of Gamma_l over all lags."""
    wrt = derivation.wrt
    if isinstance(wrt, MatrixExpr):
        return MatrixSum(Signal("Gamma", wrt.shape[0], wrt.shape[1], LAG), LAG, ZERO, LAST - 1)
    return sympy.Sum(ScalarSignal("Gamma", LAG), (LAG, ZERO, LAST - 1))


def of_influence(derivation: Derivation) -> Expr:
    """S_t of an influence whose equations are those of the theorems; what carries it is compared by the caller.

    Raises:
        UnsupportedNodeError: a definition, or a claim beside the recursion, has another form.
    """
    n, (rows, cols) = total(derivation.cell), derivation.shape
    P, S = (Signal(name, rows, cols, T) for name in "PS")
    defined = (derivation.equation("J").left, derivation.equation("S").left)
    if defined != (Signal("J", n, n, J), Signal("S", rows, cols, J)):
        raise UnsupportedNodeError(f"{derivation.name} defines {defined[0]} and {defined[1]}.")
    shape = derivation.cell.states[0].after.shape if len(derivation.cell.states) == 1 else (n, ONE)
    delta, lam = (stacked_columns(of_shape(name, shape, time)) for name, time in (("delta", T), ("lam", K)))
    gradient, later = Signal("G", cols, 1, LAST), S.xreplace({T: K})
    expected = {
        "start": (P.xreplace({T: ZERO}), ZeroMatrix(rows, cols)),
        "closed_form": (P, MatrixSum(MatMul(_transport(n, T, K), later), K, 1, T)),
        "forward": (gradient, MatrixSum(MatMul(Transpose(P), delta), T, 1, LAST)),
        "backward": (gradient, MatrixSum(MatMul(Transpose(later), lam), K, 1, LAST)),
    }
    compare(derivation, expected)
    return derivation.equation("S").right.xreplace({J: T})


def of_matrix_gradient(derivation: Derivation, carried_from: Expr | None) -> list[Expr]:
    """What the gradient of a loss of a matrix state sums over k = 1, ..., T; the adjoint is a matrix.

    Args:
        derivation: the gradient.
        carried_from: what the loss of time t alone says of C_k, as the closed form beside it has it.

    Raises:
        UnsupportedNodeError: the gradient, or the double sum beside it, has another form.
    """
    bodies = [summed(term, K, ONE, LAST) for _, term in derivation.named_terms]
    doubled = [item for item in derivation.claims if item.key == "double_sum"]
    for item in doubled:
        if carried_from is None or item.left != derivation.of or item.relation is not Relation.EQUAL:
            raise UnsupportedNodeError(
                f"Certificates state a double sum beside the closed form of the adjoint; found {plain(item.left)} "
                f"{item.relation.value} {item.right}."
            )
        lam = of_shape("lam", derivation.cell.states[0].after.shape, K)
        printed = [_summed_twice(term) for term in added(item.right)]
        if words(map(_turned, printed)) != words(_turned(body.xreplace({lam: carried_from})) for body in bodies):
            raise UnsupportedNodeError(
                f"Certificates state a double sum with {carried_from} for lambda_k; found {plain(item.right)}."
            )
    return bodies


def of_parted_lag(derivation: Derivation) -> list[Expr]:
    """What the gradient sums over k, as the claim that all lags sum to it has it, beside a recursion for each state.

    A state may be a matrix.  The recursions are compared by the caller.

    Raises:
        UnsupportedNodeError: what comes from lag l is not the same with v_{t,l} for the adjoint, or a claim is another
            one.
    """
    states, all_ = derivation.cell.states, derivation.equation("all")
    bodies = [summed(term, K, ONE, LAST) for term in added(all_.right)]
    expected, seen = {"all": (_every_lag(derivation), all_.right)}, {}
    for state in states:
        mark = f"_{state.name}" if len(states) > 1 else ""
        v, delta, lam = (
            of_shape(f"{name}{mark}", state.after.shape, time)
            for name, time in (("v", sympy.Tuple(T, LAG)), ("delta", T), ("lam", K))
        )
        seen[lam] = v
        expected[f"start{mark}"] = (v.xreplace({LAG: ZERO}), delta)
        expected[f"recursion{mark}"] = (v, derivation.equation(f"recursion{mark}").right)
    compare(derivation, expected)
    printed = [summed(term, T, LAG + 1, LAST) for _, term in derivation.named_terms]
    if words(printed) != words(body.xreplace(seen).xreplace({K: T - LAG}) for body in bodies):
        raise UnsupportedNodeError(
            f"Certificates state lags with v_(t,l) for lambda_(t-l); found {plain(derivation.expr)}."
        )
    return bodies


def _turned(expr: Expr) -> Expr:
    """An expression in which no product is transposed: its factors are, in the opposite order."""

    def turn(node: Transpose) -> Expr:
        numbers = [item for item in node.arg.args if not isinstance(item, MatrixExpr)]
        factors = [item for item in node.arg.args if isinstance(item, MatrixExpr)]
        return MatMul(*numbers, *(item if isinstance(item, DiagMatrix) else Transpose(item) for item in factors[::-1]))

    return expr.replace(lambda node: isinstance(node, Transpose) and isinstance(node.arg, MatMul), turn)


def same_jacobian(derivation: Derivation, known: Expr) -> None:
    """Return where a result defines the J_j that is proved to be the derivative of the step.

    Raises:
        UnsupportedNodeError: it defines another one.
    """
    if derivation.equation("J").right != known:
        raise UnsupportedNodeError(f"{derivation.name} defines J otherwise than the adjoint beside it.")
