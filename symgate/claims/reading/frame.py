"""How a right side stands to the object: what the left side of a claim says about it.

In: what ``judging`` makes of a left side.  Out: ``Frame``, the shape that a right side must have under it, and letters
of time that are kept apart from ours.  ``our_terms.py`` and ``completing.py`` see a right side in its frame.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import sympy
from sympy import Expr

from symgate.claims.reading.indexed import Entries
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.senses import OURS, Senses
from symgate.language import T
from symgate.language.sequences import LAST, K
from symgate.records import Cell, Derivation


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
            raise UnreadableError(f"a later state is differentiated by a vector; {frame.driven_by} is not one")
        shape = (truth.shape[0], own.shape[0])
    shape = shape if frame.rows_of is None else (frame.rows_of, *shape[1:])
    return shape[::-1] if frame.turned else shape


def names_of_step(cell: Cell) -> dict[str, Expr]:
    """The inputs and the named parts of a step."""
    named = {str(item.symbol.name): item.symbol for item in cell.assignments}
    return {str(item.name): item for item in cell.inputs} | named


#: Our letters of time as they are typed, and what one that the left side does not have stands for.
TYPED = ((T, "t"), (K, "k"), (LAST, "T"))
OTHER = {ours: sympy.Symbol(f"{letter}_other", integer=True) for ours, letter in TYPED}


def apart(frame: Frame, right: str) -> Frame:
    """The same with a letter of time on the right that the left side does not have kept apart from ours.

    Of dh_s/dh_k the letter s is our t; a free t on the right is then another time.
    """
    times = dict(frame.times)
    for ours, letter in TYPED:
        others = any(ours in to.free_symbols for key, to in times.items() if key != ours)
        taken = others or (ours == K and frame.start is not None)
        kept = ours in times and (times[ours] == ours or not (others and (times[ours] - ours).is_Integer))
        if taken and not kept and re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", right):
            times[ours] = OTHER[ours]
    return replace(frame, times=tuple(times.items()))
