"""What an expansion leaves out, exactly: a sum over the step at which B is taken for the last time that is not kept.

    M(eps) - sum_{m <= p} eps^m M^(m) = eps^{p+1} sum_{i = k+1..t} M_{t,i}(eps) B_i M^(p)_{i-1,k}

The full product stands on the left, the order p on the right, so that nothing cancels: computed step by step,
E_t = (A_t + eps B_t) E_{t-1} + eps^{p+1} B_t M^(p)_{t-1}, it has its own digits.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, ZeroMatrix

from symgate.catalogue import HIGHEST
from symgate.derive.splits import kept_names, over_steps
from symgate.derive.transports import transport_symbol
from symgate.errors import DefinitionError
from symgate.language import Signal, T
from symgate.language.sequences import EPS, I, K, MatrixSum
from symgate.records import Derivation, Equation, Kind, Order, add_up


def rest(split: Derivation, order: int = 1) -> Derivation:
    """The remainder of an expansion to a given order, as an identity.

    Args:
        split: from :func:`symgate.split`, J_j = A_j + eps B_j.
        order: the order p of the expansion, 0 to 12.

    Returns:
        E_{t,k} = eps^{p+1} sum_i M_{t,i}(eps) B_i M^(p)_{i-1,k}, (n, n), which is M(eps) - sum_{m <= p} eps^m M^(m),
        state per state without a unit, with the recursion that computes it among its claims.  At eps = 1 it is the
        error of the expansion of the cell itself.  In numbers, with a bound of all rounding,
        ``symgate.numeric.remainder_bound(..., method="computed")``.

    Raises:
        DefinitionError: ``split`` is not a split, or ``order`` is out of range.

    Source: telescoping, as for Duhamel's formula; the orders as in arXiv:2508.12121.  Law:
    ``tests/proof/test_forward.py``.
    """
    if split.kind is not Kind.SPLIT:
        raise DefinitionError(f"rest takes a split J = A + B from sg.split; {split.name} is not one.")
    if type(order) is not int or not 0 <= order <= HIGHEST:
        raise DefinitionError(f"The order of an expansion is a whole number from 0 to {HIGHEST}; found {order!r}.")
    size = split.shape[0]
    A, B = Signal("A", size, size, T), Signal("B", size, size, T)
    power, last = EPS ** (order + 1), order_symbol(size, order, T - 1)
    body = MatMul(transport_symbol(size, T, I), Signal("B", size, size, I), order_symbol(size, order, I - 1))
    left = [transport_symbol(size), *(MatMul(-(EPS**m), order_symbol(size, m)) for m in range(order + 1))]
    step = [MatMul(add_up([A, MatMul(EPS, B)]), transport_symbol(size, T - 1, K, "E")), MatMul(power, B, last)]
    return replace(
        split,
        name=split.name.replace("_split_", "_rest_") + f"_order_{order}",
        kind=Kind.REST,
        parameters=Order(kept_names(split), order),
        of=transport_symbol(size, T, K, "E"),
        named_terms=(("rest", MatMul(power, MatrixSum(body, I, K + 1, T))),),
        equations=(
            *over_steps(split),
            Equation("left_out", transport_symbol(size, T, K, "E"), add_up(left), label="what is left out"),
            Equation("recursion", transport_symbol(size, T, K, "E"), add_up(step), label="recursion"),
            Equation("start", transport_symbol(size, K, K, "E"), ZeroMatrix(size, size), label="start"),
        ),
        remark="Identity, for every eps. The product on the left of B is the full one, M(eps).",
    )


def order_symbol(size: Expr, m: int, later: Expr = T) -> Signal:
    """The symbol M^(m)_{later,k}."""
    return Signal("M", size, size, sympy.Tuple(later, K, sympy.Integer(m)))
