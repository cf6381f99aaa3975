"""The remainder of an expansion: an inequality for every order, in any submultiplicative norm.

With E_p = M(eps) - sum_{m <= p} eps^m M^(m), the recursions of M and of M^(m) give

    E_p(t) = (A_t + eps B_t) E_p(t-1) + eps^(p+1) B_t M^(p)(t-1),    E_p(k) = 0,

and the bound r_p obeys the same recursion with norms, so |E_p| <= r_p by induction; solved, r_p is the part
beyond order p of prod_j (|A_j| + eps |B_j|).  It holds at eps = 1: it is not an asymptotic statement.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr

from symgate.catalogue import HIGHEST
from symgate.derive.splits import kept_names, over_steps
from symgate.derive.transports import transport_symbol
from symgate.errors import DefinitionError
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import EPS, I, K, Norm
from symgate.language.sequences import J as INDEX
from symgate.records import Derivation, Equation, Kind, Order, Relation, add_up


def remainder(split: Derivation, order: int = 1) -> Derivation:
    """An explicit bound on the remainder of an expansion to a given order.

    Args:
        split: from :func:`symgate.split`.
        order: the order p of the expansion, 0 to 12.

    Returns:
        |M(eps) - sum_{m <= p} eps^m M^(m)| <= prod_j (|A_j| + eps |B_j|) - sum_{m <= p} eps^m e_m, e_m the part of
        order m of that product; a scalar in the unit of the norm.  ``claims`` holds the recursion that proves it.
        As a function with outward rounding it is ``symgate.numeric.remainder_bound``.

    Raises:
        DefinitionError: ``split`` is not a split, or ``order`` is out of range.
    """
    if split.kind is not Kind.SPLIT:
        raise DefinitionError(f"remainder takes a split J = A + B from sg.split; {split.name} is not one.")
    if type(order) is not int or not 0 <= order <= HIGHEST:
        raise DefinitionError(f"The order of an expansion is a whole number from 0 to {HIGHEST}; found {order!r}.")
    size = split.shape[0]
    a, b = (Norm(Signal(name, size, size, INDEX)) for name in "AB")
    whole = sympy.Product(a + EPS * b, (INDEX, K + 1, T))
    below = sympy.Add(*(EPS**m * elementary(size, m) for m in range(order + 1)))
    r, e = ScalarSignal("r", sympy.Tuple(T, K)), ScalarSignal("r", sympy.Tuple(T - 1, K))
    step = _at(a, T) + EPS * _at(b, T)
    last = EPS ** (order + 1) * _at(b, T) * elementary(size, order, T - 1)
    return replace(
        split,
        name=split.name.replace("_split_", "_remainder_") + f"_order_{order}",
        kind=Kind.REMAINDER,
        parameters=Order(kept_names(split), order),
        of=Norm(add_up([transport_symbol(size), *(_minus(size, m) for m in range(order + 1))])),
        named_terms=(("product", whole), ("below", -below)),
        relation=Relation.AT_MOST,
        equations=(
            *over_steps(split),
            Equation("recursion", r, step * e + last, label="recursion"),
            Equation("start", ScalarSignal("r", sympy.Tuple(K, K)), sympy.S.Zero, label="start"),
        ),
        remark=(
            "An inequality for every eps >= 0, not an asymptotic statement, in every submultiplicative norm "
            "(spectral, Frobenius, 1, infinity); |A_j| and |B_j| may be replaced by larger numbers."
        ),
    )


def _minus(size: Expr, m: int) -> MatrixExpr:
    return MatMul(-(EPS**m), Signal("M", size, size, sympy.Tuple(T, K, sympy.Integer(m))))


def _at(norm: Norm, index: Expr) -> Expr:
    return norm.xreplace({INDEX: index})


def elementary(size: Expr, m: int, upper: Expr = T) -> Expr:
    """e_m = [eps^m] prod_j (|A_j| + eps |B_j|), j = k+1..upper, as nested ordered sums."""
    steps = [I] if m == 1 else [sympy.Symbol(f"i_{q}", integer=True) for q in range(1, m + 1)]
    return _elementary(size, steps, upper)


def _elementary(size: Expr, steps: list[sympy.Symbol], upper: Expr) -> Expr:
    a, b = (Norm(Signal(name, size, size, INDEX)) for name in "AB")
    if not steps:
        return sympy.Product(a, (INDEX, K + 1, upper))
    *earlier, last = steps
    outer = sympy.Product(a, (INDEX, last + 1, upper)) * b.xreplace({INDEX: last})
    return sympy.Sum(outer * _elementary(size, earlier, last - 1), (last, K + len(steps), upper))
