"""How a right side stands to the object: what its left side says about it, and the right side seen that way.

In: the typed right side of a claim.  Out: what it says of the object itself, with our letters of time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    ZeroMatrix,
)

from symgate.claims.reading.agreeing import with_other_entries
from symgate.claims.reading.build import negated, product, times_scalar, total, turned
from symgate.claims.reading.changes import on_vec, with_change
from symgate.claims.reading.indexed import Entries
from symgate.claims.reading.limits import SenselessError, UnreadableError
from symgate.claims.reading.senses import OURS, Sense, Senses
from symgate.claims.reading.stacking import unstacked
from symgate.language import ScalarSignal, Signal, T, Vec
from symgate.language.flipped import as_columns
from symgate.language.sequences import LAST, K, MatrixSum, OrderedProduct, moved, of_state
from symgate.records import Cell, Derivation, Kind


@dataclass(frozen=True)
class Block:
    """The gradient by one of several states, which is a block of the column of all.

    Attributes:
        place: which of the states.
        through: what it has besides our part where the paths through the other states of its step count.
        own: the part of that step's own loss; it is added where the loss is of the other states alone.
    """

    place: int
    through: Expr
    own: Expr


@dataclass(frozen=True)
class Few:
    """A derivative over a number of steps.

    Attributes:
        of, by: the names.
        gap: how many steps lie between.
        top: the time of the later one where that is a number; None for t.
    """

    MOST: ClassVar[int] = 8
    of: str
    by: str
    gap: int
    top: Expr | None = None

    @property
    def shown(self) -> str:
        """The derivative in our times."""
        return f"d{self.of}[t]/d{self.by}[t{f' - {self.gap}' if self.gap else ''}]"


@dataclass(frozen=True)
class Frame:
    """How a right side stands to the object: what its left side says about it.

    Attributes:
        times: the author's time letters as ours.
        turned: whether the left side is the transpose of the object.
        multiple: the number in front of the left side.
        entries: the letters under which entries are stated; None where the whole is.
        shifts: names that the author dates otherwise, and by how much ours are later.
        rows: whether the author's vectors are rows, and her matrices the transposes of ours.
        same: symbols with another name in the object, such as a state after the step that is held fixed there.
        pulled: whether a vector is the gradient by a pre-activation, to be multiplied by the row that follows it.
        block: the state by which it is the gradient, where the object has those by several; None for all of it.
        first: the first step whose loss counts, where the claim is about the loss of one step t; None for all steps.
        start: the step k of a transport or of a gradient by a state, where that is a number; None for every k.
        last: whether a gradient by the state is stated at the last step.
        pulled_to: the name of one step by which a gradient is stated, in place of the state; "" for none.
        driven_by: the name of step k by which a later state is differentiated, in place of a state; "" for none.
        closed: the state of which the right side is a closed form; None for a derivative.
        pair: of which of several states, and by which, the derivative over many steps is; None for all of them.
        through: whether the other states of the step before are taken for what they are made of.
        at_end: whether the loss is that of the last step alone.
        senses: what derivatives mean besides our sense of them.
        on_vec: whether a derivative of a matrix is stated as its matrix on vec.
        few: the derivative over a number of steps that it is; None for none.
        rows_of: how many rows a right side has, where that is not of the object; None where it is.
        unsure: why what is not shown is not refuted either, in words; "" where it is.
    """

    times: tuple[tuple[Expr, Expr], ...] = ()
    turned: bool = False
    multiple: Expr = sympy.S.One
    entries: Entries | None = None
    pulled: bool = False
    shifts: tuple[tuple[str, int], ...] = ()
    rows: bool = False
    same: tuple[tuple[Expr, Expr], ...] = ()
    block: Block | None = None
    first: Expr | None = None
    start: Expr | None = None
    last: bool = False
    pulled_to: str = ""
    driven_by: str = ""
    closed: Expr | None = None
    pair: tuple[str, str] | None = None
    through: bool = False
    at_end: bool = False
    senses: Senses = OURS
    on_vec: bool = False
    few: Few | None = None
    rows_of: Expr | None = None
    unsure: str = ""


AS_IT_STANDS = Frame()


def shape_of(truth: Derivation, frame: Frame) -> tuple[Expr, ...]:
    """The shape that a right side must have."""
    shape = truth.shape
    if frame.block is not None:
        shape = tuple(truth.cell.states[frame.block.place].after.shape)
    elif frame.few is not None:
        own = names_of_step(truth.cell)
        sizes = {state.name: state.after for state in truth.cell.states} | own
        shape = tuple(sizes[name].shape[0] for name in (frame.few.of, frame.few.by))
    elif frame.pair is not None:
        shape = tuple(truth.cell.state(name).after.shape[0] for name in frame.pair)
    elif frame.closed is not None:
        shape = tuple(getattr(frame.closed, "shape", ()))
    elif frame.pulled_to:
        shape = tuple(names_of_step(truth.cell)[frame.pulled_to].shape)
    elif frame.driven_by:
        own = names_of_step(truth.cell)[frame.driven_by]
        if tuple(getattr(own, "shape", ()))[1:] != (1,):
            raise UnreadableError(f"a later state is differentiated by a vector; {frame.driven_by} is none")
        shape = (truth.shape[0], own.shape[0])
    shape = shape if frame.rows_of is None else (frame.rows_of, *shape[1:])
    return shape[::-1] if frame.turned else shape


def names_of_step(cell: Cell) -> dict[str, Expr]:
    """The inputs and the named parts of a step."""
    named = {str(item.symbol.name): item.symbol for item in cell.assignments}
    return {str(item.name): item for item in cell.inputs} | named


#: Our letters of time as they are typed, and what one that the left side does not have stands for.
_TYPED = ((T, "t"), (K, "k"), (LAST, "T"))
OTHER = {ours: sympy.Symbol(f"{letter}_other", integer=True) for ours, letter in _TYPED}


def apart(frame: Frame, right: str) -> Frame:
    """The same with a letter of time on the right that the left side does not have kept apart from ours.

    Of dh_s/dh_k the letter s is our t; a free t on the right is then another time.
    """
    times = dict(frame.times)
    for ours, letter in _TYPED:
        others = any(ours in to.free_symbols for key, to in times.items() if key != ours)
        taken = others or (ours == K and frame.start is not None)
        kept = ours in times and (times[ours] == ours or not (others and (times[ours] - ours).is_Integer))
        if taken and not kept and re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", right):
            times[ours] = OTHER[ours]
    return replace(frame, times=tuple(times.items()))


def framed(expr: Expr, truth: Derivation, frame: Frame, notes: list[str]) -> Expr:
    """The right side with our times, of the object itself.

    Raises:
        SenselessError: it is stated at a time that the left side does not have.
    """
    expr = moved(expr, dict(frame.times)) if frame.times else expr
    for ours, letter in _TYPED:
        if expr.has(OTHER[ours]):
            raise SenselessError(f"the right side is stated at a time {letter} that the left side does not have")
    expr = shifted(expr, dict(frame.shifts)) if frame.shifts else expr
    expr = expr.xreplace(dict(frame.same)) if frame.same else expr
    if frame.rows:
        over = truth.kind is Kind.KRONECKER and not truth.cell.in_rows
        expr = in_our_order(as_columns(expr)) if over else as_columns(expr)
    if frame.turned:
        expr = turned(expr)
    if frame.multiple != 1:
        expr = times_scalar(1 / frame.multiple, expr)
    expr = _in_shape(_with_row(expr, truth, frame, notes), truth, notes)
    return on_vec(expr, truth, notes) if frame.on_vec else with_change(expr, truth, notes)


def compared(expr: Expr, truth: Derivation, frame: Frame) -> Expr:
    """What a right side says of the whole object: of the gradients by all states, of the loss of all steps, at every k.

    What is stated of one of several states by another at a k that is a number is judged there.

    Raises:
        UnreadableError: a claim about the loss of one step speaks of later steps.
    """
    expr = of_all(expr, truth, frame)
    if frame.start is not None and frame.pair is None:  # at every other k it is taken for what it is
        here = sympy.KroneckerDelta(K, frame.start)
        expr = total(
            [truth.expr, times_scalar(here, expr), negated(times_scalar(here, moved(truth.expr, {K: frame.start})))]
        )
    return expr


def of_all(expr: Expr, truth: Derivation, frame: Frame) -> Expr:
    """The same, at the k at which it is stated.

    Raises:
        UnreadableError: a claim about the loss of one step speaks of later steps.
    """
    if frame.entries is not None and frame.entries.agree:
        expr = with_other_entries(expr, truth, frame.entries)
    if Sense.FROM_ONE in frame.senses:
        expr = total([expr, _own_at_start(truth, frame.block)])
    if frame.block is not None and not frame.last:
        expr = _whole(expr, truth, frame, frame.block)
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


def _with_row(expr: Expr, truth: Derivation, frame: Frame, notes: list[str]) -> Expr:
    """The gradient by a pre-activation times the row that follows it."""
    shape = tuple(getattr(expr, "shape", ()))
    if frame.pulled and len(shape) == 2 and shape[1] == 1 and len(truth.shape) == 2 and truth.shape[1] != 1:
        row = common_row(truth)
        if row is not None:
            notes.append(f"the gradient by a pre-activation is multiplied by the row that follows it, {row}")
            return product(expr, row)
    return expr


def _in_shape(expr: Expr, truth: Derivation, notes: list[str]) -> Expr:
    """A gradient by a matrix, also where it is stated as the column of its entries; a number as 1 x 1 where ours is."""
    if truth.shape == (1, 1) and not isinstance(expr, MatrixExpr):
        return times_scalar(expr, sympy.Identity(1))
    if truth.kind not in (Kind.GRADIENT, Kind.VJP) or len(truth.shape) != 2 or truth.shape[1] == 1:
        return expr
    count = truth.shape[0] * truth.shape[1]
    if tuple(getattr(expr, "shape", ())) not in ((count, 1), (1, count)):
        return expr
    found = unstacked(turned(expr) if expr.shape[0] == 1 else expr)
    if found is None:
        return expr
    notes.append("the gradient by a matrix is stated as its columns, stacked")
    return found


def _whole(expr: Expr, truth: Derivation, frame: Frame, block: Block) -> Expr:
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


def in_our_order(expr: Expr) -> Expr:
    """Kronecker products on the entries of a transposed parameter as those on ours."""
    if isinstance(expr, (MatAdd, MatMul)):
        return expr.func(*map(in_our_order, expr.args))
    return KroneckerProduct(*expr.args[::-1]) if isinstance(expr, KroneckerProduct) else expr


def shifted(expr: Expr, shifts: Mapping[str, int]) -> Expr:
    """Signals moved in time, each by as much as its name says."""
    signals = [node for node in sympy.preorder_traversal(expr) if isinstance(node, (Signal, ScalarSignal))]
    moves = {node: shifts[str(node.name)] for node in signals if shifts.get(str(node.name))}
    return expr.xreplace({node: node.func(*node.args[:-1], _later(node.index, by)) for node, by in moves.items()})


def _later(index: Expr, by: int) -> Expr:
    """A time, or both of two, later by so much; an order that follows them stays."""
    if not isinstance(index, sympy.Tuple):
        return index + by
    return sympy.Tuple(*(time + by for time in index[:2]), *index[2:])


def common_row(truth: Derivation) -> Expr | None:
    """The row behind the outer products of a gradient by a matrix, where all terms have the same one."""
    rows = {term.args[-1] for _, term in truth.named_terms if isinstance(term, MatMul)}
    row = next(iter(rows)) if len(rows) == 1 else None
    return row if row is not None and row.shape[0] == 1 else None
