"""What results over many steps of one matrix state hold of one step: ways back of the adjoint, what gradients sum, S_t.

In: a derivation whose adjoint is a matrix.  Out: formulas of one step, and the factors of its closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, MatMul, MatrixExpr, Transpose

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Signal, T, Vec
from symgate.language.sequences import LAG, LAST, HadamardRun, J, K, MatrixSum, OrderedProduct, depends_on_time
from symgate.proof.plain import plain
from symgate.proof.rocq import printed
from symgate.proof.rocq.steps import about
from symgate.records import ByParameter, Derivation, Equation, Kind, Relation, add_up


class Run(Enum):
    """How the factors of the steps from k + 1 to t are printed."""

    NONE = "none"
    POWER = "power"
    NUMBERS = "numbers"
    DIAGONAL = "diagonal"
    ORDERED = "ordered"


@dataclass(frozen=True)
class Factor:
    """The factors of the steps between k and t at one place of a closed form.

    Attributes:
        run: how they are printed.
        of_step: the factor of step j; None where nothing is printed.
    """

    run: Run = Run.NONE
    of_step: Expr | None = None


@dataclass(frozen=True)
class Carried:
    """What the loss of time t alone says of C_k: (c_{k+1} ... c_t) (L_t ... L_{k+1})' delta_t (Q_t ... Q_{k+1}).

    Attributes:
        body: as it is printed.
        number, left, right: its factors.
    """

    body: Expr
    number: Factor
    left: Factor
    right: Factor


def signal(derivation: Derivation, name: str, index: Expr) -> Signal:
    """A matrix of the shape of the state."""
    return printed.of_shape(name, derivation.cell.states[0].after.shape, index)


def pulled(derivation: Derivation, wrt: Expr, expr: Expr) -> Derivation:
    """A formula in lambda of the step as a vector-Jacobian product of it."""
    return replace(about(derivation, Kind.VJP, wrt, expr), cotangent=signal(derivation, "lam", T))


def way_back(derivation: Derivation) -> Derivation:
    """The adjoint less the slope of the loss: a vector-Jacobian product of the step after time k."""
    delta = signal(derivation, "delta", K)
    terms = [term for _, term in derivation.named_terms if term != delta]
    if len(terms) != len(derivation.named_terms) - 1 or not terms:
        raise UnsupportedNodeError(f"An adjoint is delta_k and what comes back; found {plain(derivation.expr)}.")
    return carried_back(derivation, terms)


def carried_back(derivation: Derivation, terms: Sequence[Expr]) -> Derivation:
    """Terms of an adjoint at k as a vector-Jacobian product of the step after k."""
    return pulled(derivation, derivation.cell.states[0].before, add_up(list(terms)).xreplace({K: T - 1}))


def of_recursion(derivation: Derivation) -> Derivation:
    """The same of the recursion that is printed beside a gradient, lambda_k = delta_k + ..., or beside lags.

    Raises:
        UnsupportedNodeError: it is another recursion.
    """
    before = derivation.cell.states[0].before
    item = derivation.equation("recursion")
    if derivation.kind is Kind.LAG:
        seen = {signal(derivation, "v", sympy.Tuple(T, LAG - 1)): signal(derivation, "lam", T - LAG + 1)}
        return pulled(derivation, before, item.right.xreplace(seen).xreplace({T: T + LAG - 1}))
    terms, delta = list(printed.added(item.right)), signal(derivation, "delta", K)
    said = (item.left, item.relation, terms.count(delta), len(terms) > 1)
    if said != (signal(derivation, "lam", K), Relation.EQUAL, 1, True):
        raise UnsupportedNodeError(f"An adjoint is delta_k and what comes back; found {plain(item.right)}.")
    terms.remove(delta)
    return carried_back(derivation, terms)


def on_columns(claim: Equation) -> bool:
    """Whether a claim is the closed form of an adjoint on the stacked columns, which is printed and not stated."""
    return claim.key == "closed_form" and isinstance(claim.left, Vec)


def closes(derivation: Derivation) -> bool:
    """Whether a result has the closed form of the adjoint, in matrices."""
    return any(item.key == "closed_form" and not on_columns(item) for item in derivation.claims)


def closed_form(derivation: Derivation) -> Carried:
    """The closed form of the adjoint.

    Raises:
        UnsupportedNodeError: it is no sum over later losses, each with factors on its sides.
    """
    item = derivation.equation("closed_form")
    lam = signal(derivation, "lam", K)
    if (item.left, item.relation) != (lam, Relation.EQUAL) or not isinstance(item.right, MatrixSum):
        raise UnsupportedNodeError(
            f"Certificates state the closed form of an adjoint that is a matrix as a sum of matrices; "
            f"found {plain(item.left)} {item.relation.value} {plain(item.right)}."
        )
    body, delta = printed.summed(item.right, T, K, LAST), signal(derivation, "delta", T)
    factors = body.args if isinstance(body, MatMul) else (body,)
    numbers = sympy.Mul(*(factor for factor in factors if not isinstance(factor, MatrixExpr)))
    matrices = [factor for factor in factors if isinstance(factor, MatrixExpr)]
    if matrices.count(delta) != 1:
        raise UnsupportedNodeError(f"A closed form carries delta_t back; found {plain(body)}.")
    place = matrices.index(delta)
    return Carried(body, _number(numbers), _side(matrices[:place], left=True), _side(matrices[place + 1 :], left=False))


def _number(numbers: Expr) -> Factor:
    if numbers == 1:
        return Factor()
    if isinstance(numbers, sympy.Product) and numbers.limits == (sympy.Tuple(J, K + 1, T),):
        return Factor(Run.NUMBERS, numbers.function)
    if isinstance(numbers, sympy.Pow) and numbers.exp == T - K and not depends_on_time(numbers.base):
        return Factor(Run.POWER, numbers.base)
    raise UnsupportedNodeError(
        f"Certificates carry back by one product of numbers from k + 1 to t; found {plain(numbers)}."
    )


def _side(matrices: Sequence[Expr], *, left: bool) -> Factor:
    if not matrices:
        return Factor()
    limits = (J, K + 1, T)
    if len(matrices) == 1:
        (only,) = matrices
        run = only.args[0] if isinstance(only, DiagMatrix) else only
        if isinstance(run, HadamardRun) and run is not only and (run.index, run.lower, run.upper) == limits:
            return Factor(Run.DIAGONAL, DiagMatrix(run.body))
        run = only.arg if left and isinstance(only, Transpose) else None if left else only
        if isinstance(run, OrderedProduct) and (run.index, run.lower, run.upper) == limits:
            return Factor(Run.ORDERED, run.body)
    raise UnsupportedNodeError(
        f"Certificates carry back by one product of matrices on each side, from k + 1 to t; found "
        f"{', '.join(map(plain, matrices))}."
    )


def of_closed_form(derivation: Derivation) -> Derivation:
    """What the closed form says of one step, c L' lambda Q, as a vector-Jacobian product of it."""
    found = closed_form(derivation)
    number, left, right = (item.of_step for item in (found.number, found.left, found.right))
    factors = [signal(derivation, "lam", J)]
    factors = [*([Transpose(left)] if left is not None else []), *factors, *([right] if right is not None else [])]
    factors = [*([number] if number is not None else []), *factors]
    expr = MatMul(*factors) if len(factors) > 1 else factors[0]
    return pulled(derivation, derivation.cell.states[0].before, expr.xreplace({J: T}))


def body(derivation: Derivation) -> Derivation:
    """What a gradient sums over k = 1, ..., T; of lags, the gradient to which they sum.

    Raises:
        UnsupportedNodeError: the result, or a claim beside it, has another form.
    """
    assert isinstance(derivation.parameters, ByParameter)
    if derivation.kind is Kind.LAG:
        bodies = printed.of_parted_lag(derivation)
    else:
        keys = {item.key for item in derivation.claims}
        carried = closed_form(derivation).body if closes(derivation) else None
        bodies = printed.of_matrix_gradient(derivation, carried)
        if not keys <= {"recursion", "closed_form", "double_sum"}:
            raise UnsupportedNodeError(f"Certificates do not state the claims of {derivation.name}: {sorted(keys)}.")
    symbol = derivation.cell.symbols[derivation.parameters.parameter]
    return pulled(derivation, symbol, add_up(bodies).xreplace({K: T}))


def formulas(derivation: Derivation) -> list[Derivation]:
    """The formulas of one step that a result contains.

    Raises:
        UnsupportedNodeError: the result, or a claim beside it, has another form.
    """
    keys = {item.key for item in derivation.claims}
    if derivation.kind in (Kind.ADJOINT, Kind.MOMENTUM):
        found = [way_back(derivation)]
    else:
        found = [body(derivation)] + ([of_recursion(derivation)] if "recursion" in keys else [])
    return found + ([of_closed_form(derivation)] if closes(derivation) else [])
