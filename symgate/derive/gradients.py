"""Backpropagation through time: the adjoint recursion and the gradient of every parameter.

For a loss L = sum_t l_t(x_t) with delta_t = dl_t/dx_t (a column),

    lambda_k = delta_k + J_{k+1}' lambda_{k+1},  lambda_T = delta_T,
    dL/dtheta = sum_k (d+x_k/dtheta)' lambda_k = sum_t sum_{k<=t} (d+x_k/dtheta)' M_{t,k}' delta_t.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr, Transpose

from symgate.derive.jacobians import jacobian, vjp
from symgate.derive.transports import transport_symbol
from symgate.errors import unknown
from symgate.notation import Signal, T
from symgate.notation.sequences import LAST, K, MatrixSum, at
from symgate.notation.sequences import J as INDEX
from symgate.records import Cell, Derivation

#: The loss.
LOSS = sympy.Symbol("L", real=True)


@dataclass(frozen=True)
class Gradient:
    """The gradient of a loss by every parameter of a cell.

    Attributes:
        cell: the recurrence.
        adjoint: the recursion for lambda_k = dL/dx_k, backward in time.
        parameters: for each parameter the gradient in outer-product form; ``also`` holds the double sum.
    """

    cell: Cell
    adjoint: Derivation
    parameters: tuple[Derivation, ...]

    def __getitem__(self, name: str) -> Derivation:
        """The gradient by the parameter of that name.

        Raises:
            UnknownNameError: the cell has no such parameter.
        """
        by_name = {str(item.wrt.name): item for item in self.parameters}
        if name not in by_name:
            raise unknown(f"parameter of cell {self.cell.name!r}", name, by_name)
        return by_name[name]

    def __iter__(self) -> Iterator[Derivation]:
        """The adjoint recursion, then every gradient."""
        return iter((self.adjoint, *self.parameters))


def gradient(cell: Cell) -> Gradient:
    """Backpropagation through time for a cell with one state, as closed forms.

    Returns:
        The adjoint recursion (n entries, loss per state) and the gradient of every parameter (loss per
        parameter, of its shape), with symbolic T.

    Source: arXiv:2508.12121, section 2; the chain rule.  Law: ``tests/proof/test_sequences.py``.
    """
    return Gradient(cell, adjoint(cell), tuple(parameter_gradient(cell, str(item.name)) for item in cell.parameters))


def adjoint(cell: Cell) -> Derivation:
    """The recursion lambda_k = delta_k + J_{k+1}' lambda_{k+1}, with J' lambda in its named terms."""
    back = vjp(cell)
    size = cell.state().after.shape[0]
    delta, lam = Signal("delta", size, 1, K), Signal("lam", size, 1, K)
    last = {K: LAST}
    return Derivation(
        name=f"{cell.name}_adjoint",
        form="adjoint",
        of=lam,
        wrt=cell.state().before,
        named_terms=(("loss", delta), *((name, at(term, K + 1)) for name, term in back.named_terms)),
        cell=cell,
        assumptions=back.assumptions,
        source=cell.source,
        where=((Signal("J", size, size, INDEX), at(jacobian(cell).expr, INDEX)),),
        also=(
            ("start", lam.xreplace(last), delta.xreplace(last)),
            ("closed form", lam, MatrixSum(_transported(size), T, K, LAST)),
        ),
        claim="Identity: the chain rule, read backward in time.",
    )


def _transported(size: Expr) -> MatrixExpr:
    """M_{t,k}' delta_t."""
    return MatMul(Transpose(transport_symbol(size)), Signal("delta", size, 1, T))


def parameter_gradient(cell: Cell, name: str) -> Derivation:
    """dL/dtheta as sum_k (d+x_k/dtheta)' lambda_k, and as the double sum over M_{t,k}."""
    back = vjp(cell, name)
    size = cell.state().after.shape[0]
    lam = Signal("lam", size, 1, K)
    named = tuple((term, over_time(at(value, K), K, 1, LAST)) for term, value in back.named_terms)
    inner = at(back.expr, K).xreplace({lam: _transported(size)})
    double = over_time(over_time(inner, K, 1, T), T, 1, LAST)
    return Derivation(
        name=f"{cell.name}_gradient_{name}",
        form="gradient",
        of=LOSS,
        wrt=back.wrt,
        named_terms=named,
        cell=cell,
        cotangent=lam,
        assumptions=back.assumptions,
        source=cell.source,
        also=(("double sum", LOSS, double),),
        claim="Identity: both forms, by the closed form of the adjoint.",
    )


def over_time(body: Expr, index: sympy.Symbol, lower: Expr | int, upper: Expr) -> Expr:
    """The sum over an index, of scalars or of matrices."""
    if isinstance(body, MatrixExpr):
        return MatrixSum(body, index, lower, upper)
    return sympy.Sum(body, (index, lower, upper))
