"""Several states as one: z = (h, c), stacked in the order of declaration, with matrices over z in blocks.

A cell with one state is the special case of one block, and nothing here is seen of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, Identity, MatrixExpr, ZeroMatrix

from symgate.cells import as_cell
from symgate.derive.jacobians import assumptions, jacobian, kronecker
from symgate.language import Signal, T
from symgate.records import Cell, Derivation, Kind, add_up, vectors_only


def total_size(cell: Cell) -> Expr:
    """N, the number of entries of all states."""
    return sympy.Add(*(sympy.Mul(*state.after.shape) for state in cell.states))


def stacked(parts: Sequence[MatrixExpr]) -> MatrixExpr:
    """Vectors one below the other; a single one as it is."""
    return parts[0] if len(parts) == 1 else BlockMatrix([[part] for part in parts])


def grid(rows: Sequence[Sequence[MatrixExpr]]) -> MatrixExpr:
    """Blocks as one matrix; a single one as it is."""
    return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else BlockMatrix([list(row) for row in rows])


def blocks(matrix: MatrixExpr) -> list[list[MatrixExpr]]:
    """The blocks of a matrix, row by row; a matrix without blocks is one."""
    if not isinstance(matrix, BlockMatrix):
        return [[matrix]]
    rows, cols = matrix.blockshape
    return [[matrix.blocks[i, j] for j in range(cols)] for i in range(rows)]


def is_zero(matrix: MatrixExpr) -> bool:
    """Whether a matrix is written as zero: what nothing was derived for."""
    return all(isinstance(part, ZeroMatrix) for row in blocks(matrix) for part in row)


def summed(matrices: Sequence[MatrixExpr]) -> MatrixExpr:
    """The sum, block by block; zeros are left out."""
    if not any(isinstance(matrix, BlockMatrix) for matrix in matrices):
        return add_up(list(matrices))
    rows = zip(*(blocks(matrix) for matrix in matrices), strict=True)
    return grid([[_added(parts) for parts in zip(*row, strict=True)] for row in rows])


def _added(parts: Sequence[MatrixExpr]) -> MatrixExpr:
    return add_up([part for part in parts if not isinstance(part, ZeroMatrix)] or [parts[0]])


def free_name(cell: Cell, *names: str) -> str:
    """The first of the names that nothing in the cell bears; else the last one with a number behind it."""
    taken = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}
    numbered = (f"{names[-1]}{number}" for number in range(1, len(taken) + 2))
    return next(name for name in (*names, *numbered) if name not in taken)


def selector(cell: Cell, name: str) -> MatrixExpr:
    """The matrix (n, N) that takes one state out of the whole: [I 0] for the first."""
    size = next(state.after.shape[0] for state in cell.states if state.name == name)
    return BlockMatrix(
        [[Identity(size) if state.name == name else ZeroMatrix(size, state.after.shape[0]) for state in cell.states]]
    )


def stacked_jacobian(cell: Cell) -> Derivation:
    """The same as one matrix: of a matrix state on its column-major vec."""
    return kronecker(cell) if cell.matrix_states and len(cell.states) == 1 else state_jacobian(cell)


def term_names(cell: Cell) -> tuple[str, ...]:
    """The names of the terms of the state Jacobian, over all blocks, in order of declaration."""
    found = dict.fromkeys(name for row in block_terms(cell) for block in row for name in block.terms if name != "none")
    order = ["retention", "drive", *dict.fromkeys(item.role for item in cell.assignments)]
    return tuple(sorted(found, key=order.index))


def block_terms(cell: Cell) -> list[list[Derivation]]:
    """The Jacobian of every state (rows) by every state before the step (columns)."""
    return [[jacobian(cell, wrt=by.name, of=of.name) for by in cell.states] for of in cell.states]


def state_jacobian(cell: Cell | str) -> Derivation:
    """The Jacobian of the whole state, J_t = dz_t/dz_{t-1}.

    Returns:
        Of one state ``jacobian(cell)``.  Of several a state Jacobian: J_t, (N, N), N the sum of the
        sizes, rows after the step and columns before it in the order of declaration; each named term is the block
        matrix of the terms of that name.
    """
    cell = as_cell(cell)
    if len(cell.states) == 1:
        return jacobian(cell)
    vectors_only(cell, "The Jacobian of all states in blocks")
    parts, size = block_terms(cell), total_size(cell)
    named = []
    for name in term_names(cell):
        rows = [[block.terms.get(name, ZeroMatrix(*block.shape)) for block in row] for row in parts]
        named.append((name, grid(rows)))
    names = ", ".join(state.name for state in cell.states)
    return Derivation(
        name=f"{cell.name}_jacobian",
        kind=Kind.STATE_JACOBIAN,
        of=Signal("J", size, size, T),
        wrt=stacked([state.before for state in cell.states]),
        named_terms=tuple(named),
        cell=cell,
        assumptions=assumptions(cell),
        source=cell.source,
        remark=f"Identity: J is the derivative of the states ({names}) after the step, in rows, by those before it, in "
        "columns, in this order.",
    )
