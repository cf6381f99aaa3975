"""Gradients carried forward in time: the influence of a parameter, and its truncations.

    P_t = dx_t/dtheta = J_t P_{t-1} + S_t,      S_t = d+x_t/dtheta,      dL/dtheta = sum_t P_t' delta_t

is real-time recurrent learning.  P_t has a column for every entry of the parameter (column by column of a matrix).
With a split J_j = A_j + B_j it is a sum over orders, as the transport is:

    P_{0,t} = A_t P_{0,t-1} + S_t,      P_{m,t} = A_t P_{m,t-1} + B_t P_{m-1,t-1}.

Order 0 of the retention split is the eligibility trace of e-prop and RFLO.  Where A is diagonal and row i of the
parameter acts on unit i alone, it has one number e_t for every entry of the parameter, e_t = diag(a_t) e_{t-1} + c_t
b_t'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    Identity,
    MatMul,
    MatrixExpr,
    Transpose,
    ZeroMatrix,
)

from symgate.calculus.display import scaled
from symgate.catalogue import DIAGONAL, HIGHEST
from symgate.cells import as_cell
from symgate.derive.expansion import nested
from symgate.derive.gradients import by_state
from symgate.derive.gradients import whole as every
from symgate.derive.jacobians import jacobian, kronecker
from symgate.derive.letters import over_many_steps
from symgate.derive.runs import DENSE, Kept, kept_by
from symgate.derive.splits import kept_names, over_steps, split
from symgate.derive.states import blocks, grid, is_zero, stacked_jacobian
from symgate.derive.traces import GRADIENT, outer_product, trace
from symgate.derive.transports import transport_symbol
from symgate.errors import DefinitionError
from symgate.language import Signal, T
from symgate.language.sequences import LAST, K, MatrixSum, at, stacked_columns
from symgate.language.sequences import J as INDEX
from symgate.records import (
    ByParameter,
    Cell,
    Derivation,
    Equation,
    Kind,
    Relation,
    Truncated,
    add_up,
    definition,
)

#: The names of the influence, of its local term, and of what is left out.
INFLUENCE, LOCAL, DROPPED = "P", "S", "E"


def influence(cell: Cell | str, parameter: str) -> Derivation:
    """The influence of a parameter on the state, P_t = dx_t/dtheta, as a recursion forward in time.

    Args:
        cell: the recurrence.
        parameter: the name of a parameter.

    Returns:
        P_t = J_t P_{t-1} + d+x_t/dtheta, (N, number of entries of the parameter), in the unit of the state per
        parameter, with the named terms of the Jacobian and the term "local", the immediate derivative; for a matrix
        parameter it is b' (x) A, on the stacked columns.  Claims: P_t = sum_k M_{t,k} S_k, and sum_t P_t' delta_t =
        sum_k S_k' lambda_k, the gradient of backpropagation through time.

    Raises:
        UnknownNameError: the cell has no such parameter.

    Source: Williams & Zipser 1989.  Law: ``tests/proof/test_forward.py``.  In numbers: ``symgate.numeric.influence``.
    """
    cell = as_cell(cell)
    over_many_steps(cell, matrix=True, several=True)
    J, local = stacked_jacobian(cell), _local(cell, parameter)
    rows, cols = local.shape
    P, S = (Signal(name, rows, cols, T) for name in (INFLUENCE, LOCAL))
    before = P.xreplace({T: T - 1})
    if len(cell.states) == 1:
        named = [(term, MatMul(value, before)) for term, value in J.named_terms]
        named.append(("local", local))
    else:
        named = [("carried", MatMul(Signal("J", rows, rows, T), before)), ("local", S)]
    delta, lam = (stacked_columns(every(cell, name, T if name == "delta" else K)) for name in ("delta", "lam"))
    total = Signal(GRADIENT, cols, 1, LAST)
    closed = MatrixSum(MatMul(transport_symbol(rows), S.xreplace({T: K})), K, 1, T)
    return Derivation(
        name=f"{cell.name}_influence_{parameter}",
        kind=Kind.INFLUENCE,
        of=P,
        wrt=cell.symbols[parameter],
        named_terms=tuple(named),
        cell=cell,
        parameters=ByParameter(parameter),
        assumptions=J.assumptions,
        source=cell.source,
        equations=(
            *by_state(cell),
            definition(Signal("J", rows, rows, INDEX), at(J.expr if len(J.named_terms) == 1 else _sum(J), INDEX)),
            definition(Signal(LOCAL, rows, cols, INDEX), at(local, INDEX)),
            Equation("start", P.xreplace({T: sympy.Integer(0)}), ZeroMatrix(rows, cols), label="start"),
            Equation("closed_form", P, closed, label="closed form"),
            Equation(
                "forward", total, MatrixSum(MatMul(Transpose(P), delta), T, 1, LAST), label="gradient, carried forward"
            ),
            Equation(
                "backward",
                total,
                MatrixSum(MatMul(Transpose(S.xreplace({T: K})), lam), K, 1, LAST),
                label="the same by backpropagation through time",
            ),
        ),
        remark="Identity: the chain rule, forward in time. G is the gradient of the loss with respect to the entries "
        "of the parameter, column by column.",
    )


def truncate(whole: Derivation, keep: str | Sequence[str] = "retention", order: int = 0) -> Derivation:
    """The influence to a given order in B, for a split J = A + B: P_{m,t} = A_t P_{m,t-1} + B_t P_{m-1,t-1}.

    Args:
        whole: from :func:`symgate.influence`.
        keep: the terms that form A, or the name of a split: "retention" with order 0 is the eligibility trace of
            e-prop and RFLO (without the random feedback of RFLO); "diagonal" with order 0 is SnAp-1 if every
            entry of the parameter acts directly on one unit only; otherwise the remark says so.
        order: the highest order p, 0 to 12.

    Returns:
        P_t ~ sum_{m <= p} P_{m,t} with P_{m,t} = sum_k M^(m)_{t,k} S_k, each a closed form.  Claims: the recursions of
        the orders; what is dropped, E_t = J_t E_{t-1} + B_t P_{p,t-1}, which is exactly the difference; and, where A is
        diagonal and each row of the parameter acts on one unit, the trace e_t with dL/dtheta ~ sum_t diag(delta_t)
        e_t.  Each (N, number of entries of the parameter), in the unit of the state per parameter.

    Raises:
        DefinitionError: ``whole`` is not an influence, or ``order`` is out of range.
        UnknownNameError: ``keep`` names a term that the Jacobian does not have.

    Source: Bellec et al. 2020 (e-prop); Murray 2019 (RFLO); Menick et al. 2021 (SnAp).
    Law: ``tests/proof/test_forward.py``.
    """
    if whole.kind is not Kind.INFLUENCE or not isinstance(whole.parameters, ByParameter):
        raise DefinitionError(f"truncate takes an influence from sg.influence; {whole.name} is not one.")
    if type(order) is not int or not 0 <= order <= HIGHEST:
        raise DefinitionError(f"The order of a truncation is a whole number from 0 to {HIGHEST}; found {order!r}.")
    cell, name = whole.cell, whole.parameters.parameter
    parted = split(cell, keep)
    part, local = kept_by(parted), _local(cell, name)
    rows, cols = local.shape
    named = part.kind == DENSE and bool(cell.matrix_states)
    orders = [_of_order(part, rows, local, m, named=named) for m in range(order + 1)]
    exact = parted.exact_from is not None and order >= parted.exact_from
    traced = trace(cell, name, part, order)
    last = Signal(f"{INFLUENCE}_{order}", rows, cols, T - 1)
    dropped = Signal(DROPPED, rows, cols, T)
    A, B = (Signal(letter, rows, rows, T) for letter in "AB")
    left = [MatMul(add_up([A, B]), dropped.xreplace({T: T - 1})), MatMul(B, last)]
    further = [_recursion(rows, cols, m) for m in range(order + 1)]
    further.append(Equation("dropped", dropped, add_up(left), label="what is dropped"))
    return replace(
        whole,
        name=f"{cell.name}_truncation_{name}_{parted.name.rpartition('_split_')[2]}_order_{order}",
        kind=Kind.TRUNCATION,
        parameters=Truncated(name, kept_names(parted), order),
        named_terms=tuple((f"order_{m}", value) for m, value in enumerate(orders)),
        relation=Relation.EQUAL if exact else Relation.APPROXIMATELY,
        equations=(
            *by_state(cell),
            *over_steps(parted),
            definition(Signal(LOCAL, rows, cols, INDEX), at(local, INDEX)),
            *further,
            *traced,
        ),
        remark=" ".join([_remark(order, traced=bool(traced), exact=exact), *_snap(cell, name, parted, order)]),
        exact_from=parted.exact_from,
    )


def _remark(order: int, *, traced: bool, exact: bool) -> str:
    """What is exact, in words."""
    parts = [
        "Exact: no higher order is left."
        if exact
        else f"Each order is an identity; their sum up to order {order} leaves out E, which is exactly the difference."
    ]
    if order == 0 and not traced:
        parts.append(
            "There is no trace with one number per entry: A is not diagonal, there are several states or a matrix "
            "state, or an entry of the parameter acts on several units."
        )
    return " ".join(parts)


def _snap(cell: Cell, parameter: str, parted: Derivation, order: int) -> list[str]:
    """Whether order 0 of the diagonal split is SnAp-1 (Menick et al. 2021): what an entry acts on directly."""
    if order or kept_names(parted) != (DIAGONAL,):
        return []
    symbol, widths = cell.symbols[parameter], {sympy.Mul(*state.after.shape) for state in cell.states}
    rows = symbol.shape[0] if isinstance(symbol, MatrixExpr) else None
    parts = _by_state(cell, parameter)
    if widths == {rows} and all(is_zero(part) or outer_product(part) is not None for part in parts):
        block = "" if len(parts) == 1 else ", and A carries its influence between the states of that unit"
        return [f"This is SnAp-1: every entry of the parameter acts directly on one unit{block}."]
    return ["This is not SnAp-1: an entry of the parameter acts directly on several units."]


def _sum(J: Derivation) -> MatrixExpr:
    """The Jacobian as one matrix, in blocks where there are several states."""
    if not any(isinstance(term, BlockMatrix) for term in J.terms.values()):
        return J.expr
    square = [blocks(term) for term in J.terms.values()]
    count = range(len(square[0]))
    return grid([[_added([part[i][j] for part in square]) for j in count] for i in count])


def _added(parts: list[MatrixExpr]) -> MatrixExpr:
    return add_up([part for part in parts if not is_zero(part)] or parts[:1])


def _local(cell: Cell, parameter: str) -> MatrixExpr:
    """d+x_t/dtheta of all states, one below the other, of a matrix its columns."""
    parts = _by_state(cell, parameter)
    return parts[0] if len(parts) == 1 else BlockMatrix([[part] for part in parts])


def _by_state(cell: Cell, parameter: str) -> list[MatrixExpr]:
    """d+x_t/dtheta of each state."""
    matrices = {state.name for state in cell.matrix_states}
    return [
        kronecker(cell, parameter, state.name).expr
        if state.name in matrices
        else jacobian(cell, parameter, state.name, written_out=True).expr
        for state in cell.states
    ]


def _of_order(part: Kept, rows: Expr, local: MatrixExpr, m: int, *, named: bool) -> MatrixExpr:
    """sum_k M^(m)_{t,k} S_k; where S is ``named`` it keeps its name."""
    product = nested(part, rows, m)
    source = at(local, K)
    if named or (isinstance(local, BlockMatrix) and (part.kind == DENSE or m)):
        source = Signal(LOCAL, local.shape[0], local.shape[1], K)
    if isinstance(local, BlockMatrix) and isinstance(product, BlockMatrix):
        square, column = blocks(product), blocks(source)
        body = BlockMatrix([[_applied(square[q][q], column[q][0])] for q in range(len(square))])
    else:
        body = _applied(product, source)
    return MatrixSum(body, K, 1, T)


def _applied(product: MatrixExpr, source: MatrixExpr) -> MatrixExpr:
    """product source, without an identity in between."""
    if isinstance(product, Identity):
        return source
    if is_zero(product) or is_zero(source):
        return ZeroMatrix(product.shape[0], source.shape[1])
    factors = product.args if isinstance(product, MatMul) else (product,)
    scalars = [item for item in factors if not isinstance(item, MatrixExpr)]
    matrices = [item for item in factors if isinstance(item, MatrixExpr) and not isinstance(item, Identity)]
    return scaled(sympy.Mul(*scalars), *matrices, source)


def _recursion(rows: Expr, cols: Expr, m: int) -> Equation:
    """P_{m,t} = A_t P_{m,t-1} + B_t P_{m-1,t-1}, or + S_t for m = 0."""
    A, B = (Signal(letter, rows, rows, T) for letter in "AB")
    own, lower = (Signal(f"{INFLUENCE}_{q}", rows, cols, T - 1) for q in (m, m - 1))
    more = MatMul(B, lower) if m else Signal(LOCAL, rows, cols, T)
    right = add_up([MatMul(A, own), more])
    return Equation(f"recursion_{m}", Signal(f"{INFLUENCE}_{m}", rows, cols, T), right, label=f"recursion of order {m}")
