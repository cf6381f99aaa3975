"""Transport through time: M_{t,k} = J_t J_{t-1} ... J_{k+1}, the sensitivity of x_t to x_k."""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatMul

from symgate.cells import as_cell
from symgate.derive.letters import over_many_steps
from symgate.derive.states import stacked_jacobian, summed
from symgate.language import Signal, T
from symgate.language.sequences import J as INDEX
from symgate.language.sequences import K, OrderedProduct, at
from symgate.records import Cell, Derivation, Equation, Kind, definition


def transport_symbol(size: Expr, later: Expr = T, earlier: Expr = K, name: str = "M") -> Signal:
    """The symbol M_{later,earlier}."""
    return Signal(name, size, size, sympy.Tuple(later, earlier))


def transport(cell: Cell | str) -> Derivation:
    """The transport M_{t,k} = dx_t/dx_k as an ordered product with symbolic bounds, later factors left.

    Returns:
        M_{t,k}, (n, n), for 0 <= k <= t; empty (k = t) it is the identity.  ``definitions`` defines the factor J_j,
        ``claims`` holds the recursions in t and in k.  For several states it is (N, N), in blocks like the Jacobian;
        for a matrix state (n, k) it is (n k, n k), on the column-major vec.

    Source: arXiv:2508.12121.  Law: ``tests/proof/sequences/test_judge.py`` (d x_T / d x_0 of the whole recurrence).
    """
    cell = as_cell(cell)
    J = stacked_jacobian(over_many_steps(cell, matrix=True, several=True))
    size = J.shape[0]
    factor = Signal("J", size, size, INDEX)
    M = transport_symbol(size)
    return Derivation(
        name=f"{cell.name}_transport",
        kind=Kind.TRANSPORT,
        of=M,
        wrt=J.wrt,
        named_terms=(("product", OrderedProduct(factor, INDEX, K + 1, T)),),
        cell=cell,
        assumptions=J.assumptions,
        source=cell.source,
        equations=(
            definition(factor, at(summed(list(J.terms.values())), INDEX)),
            Equation("in_t", M, MatMul(factor.xreplace({INDEX: T}), transport_symbol(size, T - 1, K)), label="in t"),
            Equation(
                "in_k", M, MatMul(transport_symbol(size, T, K + 1), factor.xreplace({INDEX: K + 1})), label="in k"
            ),
            Equation("empty", transport_symbol(size, T, T), Identity(size), label="empty"),
        ),
        remark="Identity: the chain rule.",
    )
