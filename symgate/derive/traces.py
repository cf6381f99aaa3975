"""The eligibility trace: one number for every entry of a parameter, in place of a column of the influence.

    e_t = diag(a_t) e_{t-1} + c_t b_t'

In: a cell with one vector as its state, a parameter, what a split retains.  Out: the equations of the trace, where
there is one: A is diagonal, and row i of the parameter acts on unit i alone.
"""

from __future__ import annotations

import sympy
from sympy.matrices.expressions import (
    DiagMatrix,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
)

from symgate.calculus import normal_form
from symgate.calculus.display import scaled
from symgate.calculus.normal import Tail
from symgate.derive.jacobians import jacobian
from symgate.derive.runs import DENSE, Kept, kept
from symgate.language import Signal, T
from symgate.language.sequences import LAST, K, MatrixSum, at
from symgate.records import (
    Cell,
    Equation,
    Relation,
    add_up,
)

#: The names of the gradient so far, and of the trace.
GRADIENT, TRACE = "G", "e"


def trace(cell: Cell, parameter: str, part: Kept, order: int) -> tuple[Equation, ...]:
    """The trace e_t with one number per entry, of one state; nothing where there is none."""
    symbol = cell.symbols[parameter]
    alone = len(cell.states) == 1 and not cell.matrix_states
    if order or part.kind == DENSE or not alone or not isinstance(symbol, MatrixExpr):
        return ()
    outer = outer_product(jacobian(cell, parameter).expr)
    if outer is None or symbol.shape[0] != part.size:
        return ()
    rows, cols = symbol.shape
    e, total = (Signal(name, rows, cols, index) for name, index in ((TRACE, T), (GRADIENT, LAST)))
    leak, delta = DiagMatrix(part.vector), DiagMatrix(Signal("delta", part.size, 1, T))
    step = add_up([MatMul(leak, e.xreplace({T: T - 1})), outer])
    run = DiagMatrix(part.vector_run(K + 1, T))
    body = add_up([MatMul(run, item) for item in (at(outer, K).args if isinstance(outer, MatAdd) else (at(outer, K),))])
    return (
        Equation("trace", e, step, label="trace, one number per entry"),
        Equation("trace_closed_form", e, MatrixSum(body, K, 1, T), label="its closed form"),
        Equation(
            "trace_gradient",
            total,
            MatrixSum(MatMul(delta, e), T, 1, LAST),
            Relation.EQUAL,
            label="sum over t of P_{0,t}' delta_t, in the shape of the parameter",
        ),
    )


def outer_product(local: MatrixExpr) -> MatrixExpr | None:
    """c b', or c for a vector, where d+x/dtheta is a sum of b' (x) diag(c); None where it is not."""
    found = []
    for word in local.args if isinstance(local, MatAdd) else (local,):
        factors = word.args if isinstance(word, MatMul) else (word,)
        scalars = [item for item in factors if not isinstance(item, MatrixExpr)]
        matrices = [item for item in factors if isinstance(item, MatrixExpr)]
        if len(matrices) == 1 and isinstance(matrices[0], KroneckerProduct):
            row, inner = matrices[0].args
            if row.shape[0] != 1:
                return None
        else:
            row, inner = None, MatMul(*matrices) if len(matrices) > 1 else matrices[0]
        column = _diagonal(inner)
        if column is None:
            return None
        found.append(scaled(sympy.Mul(*scalars), column) if row is None else scaled(sympy.Mul(*scalars), column, row))
    return add_up(found)


def _diagonal(matrix: MatrixExpr) -> MatrixExpr | None:
    """v of diag(v); None where the matrix is another."""
    if matrix.shape[0] != matrix.shape[1]:
        return None
    if not isinstance(matrix, DiagMatrix) and set(normal_form(matrix)) != {Tail()}:
        return None
    return kept(matrix).vector
