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
from symgate.derive.layers import Grid, handed_on, is_deep, reached
from symgate.derive.terms import DRIVE, RETENTION
from symgate.language import LAYER, Signal, T, is_vector
from symgate.language.sequences import stacked_columns
from symgate.records import Cell, Derivation, Equation, Kind, State, add_up


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
    """The same as one matrix, written out: of a matrix state on its column-major vec."""
    matrix = cell.matrix_states and len(cell.states) == 1
    return kronecker(cell) if matrix else state_jacobian(cell, written_out=True)


def term_names(cell: Cell) -> tuple[str, ...]:
    """The names of the terms of the state Jacobian, over all blocks, in order of declaration."""
    pairs = [(by.name, of.name) for of in cell.states for by in cell.states]
    found = dict.fromkeys(
        name for pair in pairs for name in jacobian(cell, *pair, written_out=True).terms if name != "none"
    )
    order = [RETENTION, DRIVE, *dict.fromkeys(item.role for item in cell.assignments)]
    return tuple(sorted(found, key=order.index))


def block_terms(cell: Cell) -> list[list[Derivation]]:
    """The Jacobian of every state (rows) by every state before the step (columns), of a matrix on its columns."""
    return [[_block_terms(cell, by, of) for by in cell.states] for of in cell.states]


def _block_terms(cell: Cell, by: State, of: State) -> Derivation:
    """Written out, as a matrix."""
    if is_vector(by.before) and is_vector(of.after):
        return jacobian(cell, wrt=by.name, of=of.name, written_out=True)
    return kronecker(cell, wrt=by.name, of=of.name)


def state_jacobian(cell: Cell | str, *, written_out: bool = False) -> Derivation:
    """The Jacobian of the whole state, J_t = dz_t/dz_{t-1}.

    Args:
        cell: the recurrence.
        written_out: whether the blocks of a stack of three or more layers are multiplied out, so that the terms of the
            uppermost layer have their names; the number of words is then multiplied at every layer.

    Returns:
        For one state, ``jacobian(cell)``.  For several states J_t, (N, N), where N is the sum of the sizes; rows are
        the states after the step and columns those before it, in the order of declaration.  Each named term is the
        block matrix of the terms of that name.  For a stack of three or more layers, the block of layers l > k is the
        term "layer", D_l J_{l-1,k}; ``definitions`` has each D_l = dx_l/du_l and the blocks that others are made of.
        A matrix state is stacked as its column-major vec.
    """
    cell = as_cell(cell)
    if len(cell.states) == 1:
        return jacobian(cell)
    named, parts = _factored(cell) if is_deep(cell) and not written_out else ((), ())
    if not named:
        named, parts = _written_out(cell), ()
    size = total_size(cell)
    names = ", ".join(state.name for state in cell.states)
    return Derivation(
        name=f"{cell.name}_jacobian",
        kind=Kind.STATE_JACOBIAN,
        of=Signal("J", size, size, T),
        wrt=stacked([stacked_columns(state.before) for state in cell.states]),
        named_terms=named,
        cell=cell,
        assumptions=assumptions(cell),
        source=cell.source,
        equations=parts,
        remark=f"Identity: J is the derivative of the states ({names}) after the step (rows) with respect to those "
        "before it (columns), in this order.",
    )


def _written_out(cell: Cell) -> tuple[tuple[str, Expr], ...]:
    """The terms, every block multiplied out."""
    parts = block_terms(cell)
    found = []
    for name in term_names(cell):
        rows = [[block.terms.get(name, ZeroMatrix(*block.shape)) for block in row] for row in parts]
        found.append((name, grid(rows)))
    return tuple(found)


def _factored(cell: Cell) -> tuple[tuple[tuple[str, Expr], ...], tuple[Equation, ...]]:
    """The terms and the definitions of a stack: within a layer words, across layers D J; nothing where that fails."""
    layers = Grid(cell)
    if not layers.cuts():
        return (), ()
    within: dict[tuple[str, str], dict[str, Expr]] = {}
    cut = [item.symbol for item in handed_on(cell)]
    for of in cell.states:
        here = reached(cell, of.update, cut)
        for by in (state for state in cell.states if state.before in here):
            terms = jacobian(cell, wrt=by.name, of=of.name, written_out=True).terms
            if set(terms) != {"none"}:
                within[of.name, by.name] = terms
    across = layers.derived(within)
    every = {pair: {LAYER: expr} for pair, expr in across.items()} | within
    order = [RETENTION, DRIVE, *dict.fromkeys(item.role for item in cell.assignments)]
    found = sorted({name for terms in every.values() for name in terms}, key=order.index)
    named = []
    for name in found:
        rows = [
            [every.get((of.name, by.name), {}).get(name, _none(of, by)) for by in cell.states] for of in cell.states
        ]
        named.append((name, grid(rows)))
    whole = {pair: add_up(list(terms.values())) for pair, terms in every.items()}
    return tuple(named), tuple(layers.definitions(whole))


def _none(of: State, by: State) -> MatrixExpr:
    return ZeroMatrix(of.after.shape[0], by.before.shape[0])
