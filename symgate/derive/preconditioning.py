"""The update as a preconditioner: what the gates of all steps between make of the learning rate, unit by unit.

In: a cell.  Out: the zeroth order of the transposed transport in the retention split, with its condition number.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    Identity,
    MatrixExpr,
)

from symgate.calculus.display import scaled
from symgate.cells import as_cell
from symgate.derive.learning_rate import no_rate, obstacle, rate_record
from symgate.derive.runs import DENSE, SCALAR, kept
from symgate.derive.splits import split as split_jacobian
from symgate.errors import DefinitionError
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import K, Largest, Smallest
from symgate.records import Cell, Derivation, Equation, Kind


def preconditioner(cell: Cell | str) -> Derivation:
    """The update as a preconditioner: -eta sum_t sum_k (d+x_k/dtheta)' P_{t,k} delta_t, P the zeroth order of M'.

    Returns:
        P_{t,k}, (n, n), of the retention split: a multiple of I (isotropic) or a diagonal (anisotropic).
        ``claims`` holds its condition number, except where one of several states retains nothing.

    Raises:
        UnknownNameError: the cell has no retention.
    """
    cell = as_cell(cell)
    parted = split_jacobian(cell, ("retention",))
    part = kept(parted.terms["A"])
    if part.kind == DENSE:
        raise DefinitionError(
            f"The retention of cell {cell.name!r} {obstacle(cell)}; its preconditioner has no closed form. "
            f"{no_rate(cell)}"
        )
    vanishing = any(item.value == 0 for item in part.parts)
    P = Signal("P", part.size, part.size, sympy.Tuple(T, K))
    kappa = ScalarSignal("kappa", sympy.Tuple(T, K))
    if part.kind == SCALAR:
        matrix: MatrixExpr = scaled(part.scalar_run(K + 1, T), Identity(part.size))
        condition: Expr = sympy.S.One
    else:
        run = part.vector_run(K + 1, T)
        matrix, condition = DiagMatrix(run), Largest(run) / Smallest(run)
    return rate_record(
        cell,
        parted,
        "preconditioner",
        of=P,
        named_terms=(("order_0", matrix),),
        kind=Kind.PRECONDITIONER,
        further=() if vanishing else (Equation("condition", kappa, condition, label="condition number"),),
        remark=(
            "Exact as the zeroth order of the transposed transport in the retention split. Its singular values are its "
            "diagonal entries, so its condition number (where every entry is positive) and its anisotropy index are "
            f"ratios of them. It is {part.kind}, hence "
            f"{'isotropic' if part.kind == SCALAR else 'anisotropic wherever its entries differ'}."
        ),
    )
