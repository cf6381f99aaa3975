"""What is stated of a part, as a claim about the whole object.

In: a right side in our terms, of some entries, of the gradient by one of several states, of the loss of one step, or at
one k.  Out: what it says of all entries, of the gradients by all states, of the loss of all steps, at every k; what it
does not speak of is taken from ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatrixExpr,
    OneMatrix,
    ZeroMatrix,
)

from symgate.claims.reading.build import hadamard, negated, times_scalar, total
from symgate.claims.reading.frame import Block, Frame
from symgate.claims.reading.indexed import Entries
from symgate.claims.reading.limits import SenselessError, UnreadableError
from symgate.claims.reading.senses import Sense
from symgate.language import Signal, T, Vec
from symgate.language.sequences import LAST, K, MatrixSum, OrderedProduct, moved, of_state
from symgate.records import Derivation


def at_every_k(expr: Expr, truth: Derivation, frame: Frame) -> Expr:
    """What a right side says of the whole object: of the gradients by all states, of the loss of all steps, at every k.

    What is stated of one of several states by another at a k that is a number is judged there.

    Raises:
        UnreadableError: a claim about the loss of one step speaks of later steps.
    """
    expr = completed(expr, truth, frame)
    if frame.start is not None and frame.pair is None:  # at every other k it is taken for what it is
        here = sympy.KroneckerDelta(K, frame.start)
        expr = total(
            [truth.expr, times_scalar(here, expr), negated(times_scalar(here, moved(truth.expr, {K: frame.start})))]
        )
    return expr


def completed(expr: Expr, truth: Derivation, frame: Frame) -> Expr:
    """What a right side says of the gradients by all states, and of the loss of all steps, at the k of the claim.

    Raises:
        UnreadableError: a claim about the loss of one step speaks of later steps.
    """
    if frame.entries is not None and frame.entries.agree:
        expr = with_other_entries(expr, truth, frame.entries)
    if Sense.FROM_ONE in frame.senses:
        expr = total([expr, _own_at_start(truth, frame.block)])
    if frame.block is not None and not frame.last:
        expr = _with_other_blocks(expr, truth, frame, frame.block)
    if frame.at_end:
        expr = _of_last_step(expr)
    first = frame.first if frame.first is None or frame.start is None else frame.start
    return expr if first is None else _over_steps(expr, first)


def _own_at_start(truth: Derivation, block: Block | None) -> Expr:
    """The part of our gradient by the state at the start that the loss of a step 0 has."""
    if block is not None:
        return block.own.xreplace({K: sympy.S.Zero})
    (state,) = truth.cell.states
    rows, cols = state.after.shape
    return of_state("delta", state.name, rows, sympy.S.Zero, several=False, cols=cols)


def first_time(frame: Frame) -> int:
    """The first time at which a claim over many steps is stated: paths through a step need a step."""
    block = frame.block
    through = Sense.THROUGH in frame.senses and block is not None and not isinstance(block.through, ZeroMatrix)
    return 1 if through else 0


def _with_other_blocks(expr: Expr, truth: Derivation, frame: Frame, block: Block) -> Expr:
    """A claim about the gradient by one state as one about those by all: the other blocks are as they are."""
    state = truth.cell.states[block.place]
    if tuple(getattr(expr, "shape", ())) != tuple(state.after.shape):
        return expr
    outputs, through = Sense.OUTPUTS in frame.senses, Sense.THROUGH in frame.senses
    if outputs and any(node.name == block.own.name for node in expr.atoms(Signal)):
        raise UnreadableError(f"the loss of a step is not of the other states alone where {block.own} is part of it")
    if through:  # s_k of an LSTM is c_k from the first step on, where alone there is a path through that step
        carriers = {item.symbol: item.expr for item in truth.cell.assignments}
        same = {by: of.after for of in truth.cell.states for by, value in carriers.items() if value == of.update}
        expr, block = (expr, block) if not same else _alike(expr, block, same)
    beyond = through and not isinstance(block.through, ZeroMatrix)
    parts = [expr, *([block.own] if outputs else []), *([negated(block.through)] if beyond else [])]
    rows = [_row(truth, place) for place in range(len(truth.cell.states))]
    whole = parts[0] if len(parts) == 1 else total(parts)
    rows[block.place] = Vec(whole) if state in truth.cell.matrix_states else whole
    return BlockMatrix([[row] for row in rows])


def _alike(expr: Expr, block: Block, same: Mapping[Expr, Expr]) -> tuple[Expr, Block]:
    """At step k, states in the place of the intermediates that have their values."""
    at_k = {by.xreplace({T: K}): state.xreplace({T: K}) for by, state in same.items()}
    return expr.xreplace(at_k), replace(block, through=block.through.xreplace(at_k))


def _row(truth: Derivation, place: int) -> Expr:
    """A block of a column that is a sum of columns of blocks."""
    parts = [term.blocks[place, 0] for _, term in truth.named_terms]
    kept = [part for part in parts if not isinstance(part, ZeroMatrix)]
    return total(kept) if len(kept) > 1 else (kept or parts)[0]


def _of_last_step(expr: Expr) -> Expr:
    """With t for the last step, whose gradient of the loss is that of its own loss."""
    own = {
        node: node.func(f"delta{str(node.name).removeprefix('lam')}", *node.args[1:])
        for node in expr.atoms(Signal)
        if str(node.name).split("_")[0] == "lam" and node.index == LAST
    }
    return expr.xreplace(own).xreplace({LAST: T})


def _over_steps(expr: Expr, first: Expr) -> Expr:
    """What is stated of the loss of each step t, added up over the steps.

    Both say the same where step t alone is in it: the sum up to T less that up to T - 1 is what is stated of step T.

    Raises:
        SenselessError: it speaks of the last step, of the gradient of the whole loss, or binds the letter t.
    """
    whole = sorted({str(node.name) for node in expr.atoms(Signal) if str(node.name).split("_")[0] == "lam"})
    if whole or expr.has(LAST):
        found = "the gradient of the loss of all steps" if whole else "the last step T"
        raise SenselessError(
            f"the loss of one step does not depend on {found}; its gradient by that step's state is written "
            r"\frac{\partial L_t}{\partial x_t} or \delta_t"
        )
    bound = {node.args[1] for node in sympy.preorder_traversal(expr) if isinstance(node, (MatrixSum, OrderedProduct))}
    bound |= {limit[0] for node in expr.atoms(sympy.Sum, sympy.Product) for limit in node.limits}
    if T in bound:
        raise SenselessError(
            "t is the step whose loss it is, and an index of a sum or product; give one another letter"
        )
    return MatrixSum(expr, T, first, LAST) if isinstance(expr, MatrixExpr) else sympy.Sum(expr, (T, first, LAST))


def with_other_entries(expr: Expr, truth: Derivation, entries: Entries) -> Expr:
    """A claim about the entries whose letters agree as one about all: the others are as they are.

    Raises:
        UnreadableError: the letters that agree are not those of a row and a column.
    """
    rows = truth.shape[0]
    if len(entries.rows) == len(entries.columns) == 1 and truth.shape == (rows, rows) and expr.shape == (rows, 1):
        mask, own = Identity(rows), DiagMatrix(expr)
    elif entries.columns[:1] == entries.rows and truth.shape == (rows, rows * expr.shape[1]):
        mask = KroneckerProduct(OneMatrix(1, expr.shape[1]), Identity(rows))
        own = hadamard(KroneckerProduct(expr, OneMatrix(1, rows)), mask)
    else:
        raise UnreadableError("letters that agree are read of a row and a column, as in h_{t,i} and W_{ij}")
    return total([truth.expr, negated(hadamard(truth.expr, mask)), own])
