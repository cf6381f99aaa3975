"""Judges of what happens in one step: derivatives by one symbol, the Jacobian of the whole state, splits of it."""

from __future__ import annotations

from functools import partial

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    ZeroMatrix,
)

from symgate.language import T
from symgate.language.sequences import moved
from symgate.proof.decision import Budget, Decision, Layout, decide_step
from symgate.proof.held import Holding, keeps_diagonal, kept_terms, terms_fit
from symgate.proof.kinds import layers
from symgate.proof.kinds.goals import MAIN, Goal, Goals, Unjudged, fact, left_is, matrix, relation_is
from symgate.records import Cell, Derivation, Kind, Partial, Relation, add_up

_LAYOUTS = {
    Kind.KRONECKER: Layout.KRONECKER,
    Kind.VJP: Layout.VJP,
    Kind.JVP: Layout.ACTION,
    Kind.DIAGONAL: Layout.DIAGONAL,
}


def derivative(derivation: Derivation) -> Goals:
    """The right side is the derivative of the recurrence by the symbol, in its layout."""
    yield relation_is(derivation, Relation.EQUAL)
    yield _asked(derivation)
    layout = _LAYOUTS.get(derivation.kind, Layout.JACOBIAN)
    if layout in {Layout.VJP, Layout.ACTION}:
        held = derivation.cotangent is not None and not derivation.cotangent.has(*_varying(derivation.cell))
        what = "cotangent" if layout is Layout.VJP else "change"
        yield fact(MAIN, f"the {what} is a symbol of its own", held and _fits(derivation))

    if layers.has_parts(derivation):
        yield from layers.derivative(derivation, layout)
        return

    def run(budget: Budget) -> Decision:
        return decide_step(
            derivation.cell,
            derivation.of,
            derivation.wrt,
            derivation.expr,
            layout,
            cotangent=derivation.cotangent,
            budget=budget,
        )

    yield Goal(MAIN, "the right side is the derivative of the recurrence", run)


def _fits(derivation: Derivation) -> bool:
    """Whether the cotangent has the shape of what is differentiated, a change that of the variable."""
    beside = derivation.of if derivation.kind is Kind.VJP else derivation.wrt
    return getattr(derivation.cotangent, "shape", ()) == getattr(beside, "shape", ())


def _varying(cell: Cell) -> list[Expr]:
    """Every symbol of the cell."""
    return [*cell.symbols.values(), *cell.definitions]


def _asked(derivation: Derivation) -> Goal:
    """What is differentiated, and by what, is what the parameters of the result say."""
    own = derivation.parameters
    names = (str(derivation.of.name), str(derivation.wrt.name))
    holds = isinstance(own, Partial) and (own.of, own.wrt) == names
    return fact(MAIN, f"it is the derivative of {names[0]} by {names[1]}", holds)


def state_jacobian(derivation: Derivation) -> Goals:
    """Every block is the derivative of one state by one."""
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, matrix(derivation, "J", T))
    if not layers.has_parts(derivation):
        yield from factor(derivation, MAIN, derivation.expr)
        return
    yield from layers.state_jacobian(derivation, every_block(derivation))


def every_block(derivation: Derivation) -> dict[tuple[int, int], Expr]:
    """The blocks of the right side: the sums of those of its terms, zeros left out."""
    cell = derivation.cell
    count = range(len(cell.states))
    found = {}
    for i in count:
        for j in count:
            several = [block_of(cell, term, i, j) for _, term in derivation.named_terms]
            kept = [part for part in several if not isinstance(part, ZeroMatrix)]
            found[i, j] = add_up(kept or several[:1])
    return found


def split(derivation: Derivation) -> Goals:
    """A + B is the Jacobian of the whole state, and A the part of it that the parameters of the split name."""
    yield relation_is(derivation, Relation.EQUAL)
    if derivation.in_blocks:
        yield left_is(derivation, matrix(derivation, "J", T))
    yield fact(MAIN, "it has the two parts A and B", len(derivation.named_terms) == 2)
    yield from factor(derivation, MAIN, derivation.expr)
    if len(derivation.named_terms) == 2:
        yield from kept(derivation, MAIN, derivation.named_terms[0][1])


def kept(derivation: Derivation, key: str, expr: Expr) -> Goals:
    """A matrix at time t is the part of the Jacobian of the whole state that the split keeps, block by block.

    It is the derivative of the step with everything else held fixed (``proof/held.py``).
    """
    cell, keep = derivation.cell, kept_terms(derivation)
    yield fact(key, "the split keeps terms that such a result is about", terms_fit(derivation))
    if keeps_diagonal(cell, keep):
        yield from _diagonals(derivation, key, expr)
        return
    for i, of in enumerate(cell.states if keep is not None else ()):
        holding = Holding(cell, frozenset(keep or ()))
        update = holding.update(of.update)
        for j, by in enumerate(cell.states):
            run = partial(_part, cell, update, by.before, block_of(cell, expr, i, j), holding.copies)
            what = " and ".join(keep or ())
            yield Goal(key, f"A is the {what} of {of.after} by {by.before}, all else held fixed", run)


def _diagonals(derivation: Derivation, key: str, expr: Expr) -> Goals:
    """Every square block of a matrix is diagonal, its entries those of the Jacobian; every other one is 0."""
    cell = derivation.cell
    for i, of in enumerate(cell.states):
        for j, by in enumerate(cell.states):
            block = block_of(cell, expr, i, j)
            where = f"the block of {of.after} by {by.before}"
            if sympy.Mul(*of.after.shape) != sympy.Mul(*by.before.shape):
                yield fact(key, f"{where} is 0", isinstance(block, ZeroMatrix))
                continue
            vector = _on_diagonal(block)
            yield fact(key, f"{where} is diagonal", vector is not None)
            if vector is not None:
                run = partial(_entries, cell, of.after, by.before, vector)
                yield Goal(key, f"A is the diagonal of the derivative of {of.after} by {by.before}", run)


def _on_diagonal(block: Expr) -> Expr | None:
    """v of diag(v); None where a block is written in another way."""
    if isinstance(block, DiagMatrix):
        return block.args[0]
    if isinstance(block, (Identity, ZeroMatrix)):
        return (OneMatrix if isinstance(block, Identity) else ZeroMatrix)(block.shape[0], 1)
    if isinstance(block, KroneckerProduct):  # of a matrix state, on its stacked columns
        parts = [_on_diagonal(part) for part in block.args]
        return None if None in parts else KroneckerProduct(*parts)
    matrices = [part for part in block.args if isinstance(part, MatrixExpr)] if isinstance(block, MatMul) else []
    vector = _on_diagonal(matrices[0]) if len(matrices) == 1 else None
    return None if vector is None else MatMul(*(part for part in block.args if part is not matrices[0]), vector)


def _entries(cell: Cell, of: Expr, by: Expr, vector: Expr, budget: Budget) -> Decision:
    return decide_step(cell, of, by, vector, Layout.DIAGONAL, budget=budget)


def _part(cell: Cell, update: Expr, by: Expr, block: Expr, held: dict[Expr, Expr], budget: Budget) -> Decision:
    return decide_step(cell, update, by, block, held=held, budget=budget)


def factor(derivation: Derivation, key: str, expr: Expr) -> Goals:
    """An expression at time t is the Jacobian of the whole state, block by block."""
    cell = derivation.cell
    for i, of in enumerate(cell.states):
        for j, by in enumerate(cell.states):
            block = block_of(cell, expr, i, j)

            def run(budget: Budget, of: Expr = of.after, by: Expr = by.before, block: Expr = block) -> Decision:
                return decide_step(cell, of, by, block, budget=budget)

            yield Goal(key, f"the derivative of {of.after} by {by.before}", run)


def block_of(cell: Cell, expr: Expr, i: int, j: int) -> Expr:
    """The block of a matrix over all states; sums and multiples go block by block.

    Raises:
        Unjudged: the matrix is not written in blocks.
    """
    if len(cell.states) == 1:
        return expr
    shape = [sympy.Mul(*cell.states[q].after.shape) for q in (i, j)]
    if isinstance(expr, BlockMatrix) and expr.blockshape == (len(cell.states), len(cell.states)):
        return expr.blocks[i, j]
    if isinstance(expr, ZeroMatrix):
        return ZeroMatrix(*shape)
    if isinstance(expr, MatAdd):
        return MatAdd(*(block_of(cell, arg, i, j) for arg in expr.args))
    matrices = [arg for arg in expr.args if isinstance(arg, MatrixExpr)] if isinstance(expr, MatMul) else []
    if len(matrices) == 1:
        scalars = [arg for arg in expr.args if not isinstance(arg, MatrixExpr)]
        return MatMul(sympy.Mul(*scalars), block_of(cell, matrices[0], i, j))
    raise Unjudged(f"a matrix over several states is compared block by block; found {type(expr).__name__}")


def jacobian_of_name(derivation: Derivation, name: str, expr: Expr, index: Expr) -> Goals:
    """What J_j stands for is the Jacobian at step j."""
    yield from factor(derivation, name, moved(expr, {index: T}))
