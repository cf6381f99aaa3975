"""Effective learning rates: what the gates do to one fixed learning rate eta, lag by lag and unit by unit.

In the update -eta sum_t sum_k (d+x_k/dtheta)' M_{t,k}' delta_t, replacing M_{t,k} by its zeroth order in a split
moves the factor of the gates next to eta.  A scalar factor is a rate per lag; a diagonal one is a rate per
lag and unit, that is, a preconditioner.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    MatrixExpr,
    OneMatrix,
    ZeroMatrix,
)

from symgate.calculus import normal_form
from symgate.calculus.display import expression, factored, gather, joined, scaled
from symgate.cells import as_cell
from symgate.derive.diagonal_vectors import diagonal
from symgate.derive.expansion import nested
from symgate.derive.gradients import over_time
from symgate.derive.runs import DENSE, DIAGONAL, SCALAR, Kept, kept, sum_over
from symgate.derive.splits import over_steps
from symgate.derive.splits import split as split_jacobian
from symgate.derive.states import blocks, free_name, is_zero, stacked
from symgate.errors import DefinitionError, UnknownNameError
from symgate.language import Dot, Map, ScalarSignal, Signal, T
from symgate.language.sequences import ETA, LAST, I, K, at
from symgate.language.sequences import J as INDEX
from symgate.records import Cell, Derivation, Equation, Kind, Relation, Standing, definition

#: The lag t - k.
LAG = sympy.Symbol("l", integer=True, positive=True)


def effective_learning_rate(cell: Cell | str, split: str = "retention") -> Derivation:
    """The effective learning rate of lag t - k, in a split of the Jacobian.

    Args:
        cell: a cell; for several states the rates of all units are stacked, state by state.
        split: "retention" (the direct path is kept whole) or "drive".

    Returns:
        eta_{t,k} with the terms "order_0" (the factor of the gates) and "order_1" (its first-order correction):
        a scalar rate, or a vector with one rate per unit; in the unit of eta.  ``remark`` says which of it is exact
        and which is a proxy.  ``claims`` holds the ratio form of the correction and the envelope over lags.

    Raises:
        UnknownNameError: the split is neither "retention" nor "drive", or the cell has no such term.
        DefinitionError: the kept term is not a multiple of I, a diagonal or a single product diag(c) W; or there are
            several states, and the retention couples them or the split is "drive".

    Source: arXiv:2508.12121; the correction per unit arXiv:2512.05790.
    """
    cell = as_cell(cell)
    if split not in {"retention", "drive"}:
        raise UnknownNameError(f"Effective learning rates are for the splits 'retention' and 'drive'; found {split!r}.")
    parted = split_jacobian(cell, (split,))
    build = _retention if split == "retention" else _drive
    return build(cell, parted)


def rate_record(
    cell: Cell, parted: Derivation, name: str, further: tuple[Equation, ...], kind: Kind = Kind.RATE, **fields: object
) -> Derivation:
    """A result about the rate of a split: the steps of the split stand among its equations."""
    equations = (*over_steps(parted), *further)
    return replace(parted, name=f"{cell.name}_{name}", kind=kind, equations=equations, **fields)  # type: ignore[arg-type]


def rate_symbol(value: Expr, *index: Expr) -> Expr:
    """The symbol eta_{t,k}: a scalar, or a vector with one entry per unit."""
    at_lag = sympy.Tuple(*(index or (T, K)))
    return Signal("eta", value.shape[0], 1, at_lag) if isinstance(value, MatrixExpr) else ScalarSignal("eta", at_lag)


def obstacle(cell: Cell) -> str:
    """Why a step of the retention is not one number for each unit."""
    return "couples its states" if len(cell.states) > 1 else "is not diagonal"


def no_rate(cell: Cell) -> str:
    """What to use in place of one number for each unit, where a step mixes the units that it keeps."""
    what = "sg.kronecker(cell)" if cell.matrix_states and len(cell.states) == 1 else "sg.state_jacobian(cell)"
    return (
        f"For one step use {what}, for many steps sg.transport(cell); sg.split(cell, 'diagonal') keeps only the "
        "diagonal."
    )


def _retention(cell: Cell, parted: Derivation) -> Derivation:
    """eta prod_j A_j and, per unit, eta sum_i (prod_{j>i} A_j) (B_i)_qq (prod_{j<i} A_j)."""
    part, B = kept(parted.terms["A"]), parted.terms["B"]
    if part.kind == DENSE:
        raise DefinitionError(
            f"The retention of cell {cell.name!r} {obstacle(cell)}, so it gives no rate per unit. {no_rate(cell)}"
        )
    own = _beyond(part, B)
    zeroth: Expr = part.scalar_run(K + 1, T) if part.kind == SCALAR else part.vector_run(K + 1, T)
    whole: Expr = scaled(ETA * zeroth, OneMatrix(part.size, 1)) if part.kind == SCALAR else _eta_times(zeroth)
    leak, own = at(part.vector, I), at(own, I)
    pairs = zip(part.parts or (part,), blocks(own), strict=True)
    first = stacked([_first_order(one, entries[0]) for one, entries in pairs])
    exact = parted.exact_from == 0
    rate = rate_symbol(own)
    kind = "one number per (t, k), the same for every unit" if part.kind == SCALAR else "one number per (t, k) and unit"
    if part.parts:
        names = ", ".join(state.name for state in cell.states)
        zero = (
            "; the delta is the Kronecker delta: nothing is retained" if any(q.value == 0 for q in part.parts) else ""
        )
        kind += f", the states {names} stacked in this order{zero}"
    absolute = Map("abs", 0, rate_symbol(own, T, T - LAG))
    envelope = over_time(Dot(OneMatrix(part.size, 1), absolute), T, LAG, LAST) / (LAST - LAG + 1)
    return rate_record(
        cell,
        parted,
        "learning_rate_retention",
        of=rate,
        named_terms=(("order_0", whole),) if exact else (("order_0", whole), ("order_1", _eta_times(first))),
        relation=Relation.EQUAL if exact else Relation.APPROXIMATELY,
        further=(
            Equation("leak", Signal("leak", part.size, 1, I), leak, label="leak"),
            Equation(
                "own",
                Signal(free_name(cell, "r", "own"), part.size, 1, I),
                own,
                label="own sensitivity beyond the leak",
            ),
            Equation(
                "envelope",
                ScalarSignal(free_name(cell, "f", "envelope"), LAG),
                envelope,
                standing=Standing.DEFINITION,
                label="envelope of lag l",
            ),
        ),
        remark=f"Exact: order_0 is the diagonal of M_(t,k), which is diagonal since B = 0 ({kind})."
        if exact
        else (
            f"order_0 is the zeroth order of M_(t,k) in the retention split; as a matrix it is exact ({kind}). "
            "order_1 is the diagonal of the first order and is exact too; where no leak is 0, it is order_0 times the "
            "sum of r_j/leak_j. Their sum approximates the diagonal of M_(t,k) up to terms of second order; it is not "
            "the product of the diagonals of the J_j. The first order also has entries off the diagonal."
        ),
    )


def _beyond(part: Kept, B: MatrixExpr) -> MatrixExpr:
    """The diagonal of B, state by state."""
    if is_zero(B):
        sizes = [item.size for item in part.parts or (part,)]
        return stacked([ZeroMatrix(size, 1) for size in sizes])
    own = [row[q] for q, row in enumerate(blocks(B))]
    return stacked([ZeroMatrix(block.shape[0], 1) if is_zero(block) else diagonal(block) for block in own])


def _first_order(part: Kept, own: MatrixExpr) -> MatrixExpr:
    """sum_i (prod_{j>i} leak_j) (B_i)_qq (prod_{j<i} leak_j) of one state."""
    later, earlier = (I + 1, T), (K + 1, I - 1)
    if is_zero(own):
        return own
    if part.kind == SCALAR:
        return sum_over(scaled(part.scalar_run(*later) * part.scalar_run(*earlier), own), I, K + 1, T)
    return sum_over(joined([part.vector_run(*later), own, part.vector_run(*earlier)], part.size), I, K + 1, T)


def _eta_times(vector: MatrixExpr) -> MatrixExpr:
    """eta times a vector, state by state."""
    return stacked([part if is_zero(part) else scaled(ETA, part) for (part,) in blocks(vector)])


def _drive(cell: Cell, parted: Derivation) -> Derivation:
    """eta prod_j q_j, q the factor in front of the slope times W; the first order stays a matrix."""
    A = parted.terms["A"]
    if isinstance(A, BlockMatrix):
        raise DefinitionError(
            f"The drive of cell {cell.name!r} runs through several states, so it gives no rate; the split 'retention' "
            "does."
        )
    words = gather(normal_form(A))
    if len(words) != 1 or len(words[0].letters) != 1:
        raise DefinitionError(
            f"The drive of cell {cell.name!r} is not a single product diag(c) W, so it gives no rate."
        )
    size = parted.shape[0]
    scalar, factors = factored(words[0].coefficients[0], size)
    gates = [item for item in factors if not (isinstance(item, Map) and item.order == 1)]
    vector = joined(gates, size) if gates else None
    value = scalar if vector is None else scaled(scalar, vector)
    part = Kept(SCALAR if vector is None else DIAGONAL, value, size)
    run = part.scalar_run(K + 1, T) if vector is None else part.vector_run(K + 1, T)
    exact = (
        "Exact: the factor is a scalar, so it can be moved next to eta. The zeroth order is this rate times the "
        "ungated product."
        if vector is None
        else "Proxy: the diagonal factors do not commute with the weights between them, so the product of the gates "
        "is the rate per unit only where the gates are equal. The zeroth order itself is the ordered product in the "
        "further equations."
    )
    dense = Kept(DENSE, None, size)
    slopes = [item for item in factors if item not in gates]
    bare = replace(words[0], coefficients=({(): sympy.S.One}, *words[0].coefficients[1:]))
    rest = scaled(sympy.S.One, *([DiagMatrix(joined(slopes, size))] if slopes else []), expression([bare], size, size))
    ungated = Signal(free_name(cell, "U", "ungated"), size, size, INDEX)
    front = at(value, INDEX)
    step = scaled(front, ungated) if vector is None else scaled(sympy.S.One, DiagMatrix(front), ungated)
    return rate_record(
        cell,
        parted,
        "learning_rate_drive",
        of=rate_symbol(run),
        named_terms=(("order_0", scaled(ETA, run) if vector is not None else ETA * run),),
        relation=Relation.EQUAL if vector is None else Relation.APPROXIMATELY,
        further=(
            definition(ungated, at(rest, INDEX)),
            Equation("factored", Signal("A", size, size, INDEX), step, label="with the gates factored out"),
            Equation("order_0", _order(size, 0), nested(dense, size, 0), label="zeroth order of the transport"),
            Equation("order_1", _order(size, 1), nested(dense, size, 1), label="first order of the transport"),
        ),
        remark=exact,
    )


def _order(size: Expr, m: int) -> Signal:
    return Signal("M", size, size, sympy.Tuple(T, K, sympy.Integer(m)))
