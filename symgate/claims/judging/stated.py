"""What a claim is about: the object, the names of its right side, and how its left side dates and turns it.

In: a left side as understood, and the object that it states.  Out: a ``Statement``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Symbol

from symgate.claims.judging.parts import own_part, paths_through
from symgate.claims.judging.tied import counted_from_the_end, from_the_start, letters_as_ours, power_or_transpose
from symgate.claims.reading.frame import AS_IT_STANDS, Block, Few, Frame
from symgate.claims.reading.left import Left, Says
from symgate.claims.reading.moments import moment
from symgate.claims.reading.names import Names
from symgate.language import T
from symgate.language.sequences import LAST, K
from symgate.records import Derivation, Kind, Output, Relation

#: Why what is not shown is not refuted where a T may be two things.
T_ABOVE = "a T above may be the transpose, as which it is read, or the last step: write \\top for the transpose"
#: Objects of many steps whose left side is a derivative of the loss.
MANY = (Kind.GRADIENT, Kind.ADJOINT)


@dataclass(frozen=True)
class Statement:
    """What a claim is about.

    Attributes:
        name: the object, in the grammar of results, or "h_tilde/h" for a derivative of a named intermediate.
        truth: what it is derived to be.
        names: what the right side may name.
        frame: what the left side says about the right side.
        relation: the sign between them; EQUAL for a bare right side.
        notes: how the left side was read.
        free: whether the left side, where there is one, is a name that the claim introduces.
        said: the left side as understood, where it is not spelled as we print it.
        output: the output of which the left side is, or the derivative; what its matrix stands in front of is judged.
    """

    name: str
    truth: Derivation
    names: Names
    notes: tuple[str, ...] = ()
    frame: Frame = AS_IT_STANDS
    relation: Relation = Relation.EQUAL
    free: bool = False
    said: Left | None = None
    output: Output | None = None


def gap(said: Left, names: Names) -> Expr | None:
    """How many steps lie between a state and the loss of one step; None where a time is missing."""
    below = said.below
    if said.step is None or below is None or below.time is None:
        return None
    return moment(said.step, names.times) - moment(below.time, names.times)


def few_of(said: Left, names: Names) -> Few | None:
    """The derivative over a number of steps that a left side is; None where the number is open, or it is one step."""
    above, below = said.above, said.below
    if above is None or below is None or above.time is None or below.time is None:
        return None
    times = [moment(spot.time, names.times) for spot in (above, below) if spot.time is not None]
    gap, number = times[0] - times[1], times[0].is_Integer
    if (
        not gap.is_Integer
        or not (0 if number else 1) <= gap <= Few.MOST
        or (below.name not in names.states and said.moved)
    ):
        return None
    return Few(above.name, below.name, int(gap), times[0] if number else None)


def _at_number(said: Left, names: Names) -> Few | None:
    """A state at a step that is a number."""
    time = None if said.above is None or said.above.time is None else moment(said.above.time, names.times)
    if said.above is None or time is None or not time.is_Integer or not 1 <= time <= Few.MOST:
        return None
    return Few(said.above.name, said.above.name, 0, time)


def framed(known: Statement, said: Left, right: str) -> Statement:
    """With what the left side says about times, transposes, multiples, entries, and of which loss and state it is."""
    frame = Frame(turned=said.turned, multiple=said.multiple, entries=said.entries, same=_same(known.truth))
    if said.says is Says.NAMED and said.above is not None:
        frame = replace(frame, closed=known.truth.cell.state(said.above.name).after, few=_at_number(said, known.names))
    few = few_of(said, known.names) if known.truth.kind is Kind.TRANSPORT else None
    frame = replace(frame, few=few or frame.few)
    if few is None and known.truth.kind is Kind.TRANSPORT and said.above is not None and said.below is not None:
        pair = said.above.name, said.below.name
        frame = replace(frame, pair=pair) if len(known.truth.cell.states) > 1 else frame
    if said.step is not None and known.truth.kind in MANY:
        note = f"{said.shown} is of the loss of one step; added up over the steps it is compared with that of all"
        frame = replace(frame, first=K if known.truth.kind is Kind.ADJOINT else Integer(1))
        known = replace(known, notes=(*known.notes, note))
    frame = replace(frame, block=_block(known.truth, said))
    known = replace(known, notes=(*known.notes, *_one_step(known, said)))
    known = replace(known, frame=frame, said=said)
    if known.truth.kind is Kind.INFLUENCE and said.above is not None and said.above.time is not None:
        earlier = moment(said.above.time, known.names.times) - 1 - said.moved_of  # as the right side is dated
        known = replace(known, names=replace(known.names, earlier=earlier))
    frame = _with_ends(known, said, frame)
    known = replace(known, frame=replace(frame, unsure=_unsure(replace(known, frame=frame), said, right)))
    times = left_times(known, said)
    if not times:
        return times_from_right(known, right)
    return replace(known, frame=replace(known.frame, times=tuple(times.items())))


def _with_ends(known: Statement, said: Left, frame: Frame) -> Frame:
    """With the step at which the left side starts, where it is a number, and whether it is at the last step."""
    if said.below is None or said.below.time is None or frame.few is not None:
        return frame
    if known.truth.kind is Kind.ADJOINT and said.below.name in {
        str(x.symbol.name) for x in known.truth.cell.assignments
    }:
        return replace(frame, pulled_to=said.below.name)
    time, kind = moment(said.below.time, known.names.times), known.truth.kind
    if kind is Kind.TRANSPORT and said.below.name not in {state.name for state in known.truth.cell.states}:
        return replace(frame, driven_by=said.below.name)
    if kind in (Kind.TRANSPORT, Kind.ADJOINT) and time.is_Integer:
        return replace(frame, start=time)
    one = kind is Kind.ADJOINT and frame.first is None and said.says is Says.LOSS
    last = {LAST, Symbol("tau", integer=True)}
    return replace(frame, last=True) if one and time in last else frame


def _unsure(known: Statement, said: Left, right: str) -> str:
    """Why a right side may hold as the author means it where it is not shown; "" for no reason."""
    names, kind = known.names.times, known.truth.kind
    if not known.truth.one_step and from_the_start(right, known.truth.cell):
        return "a sum from 0 has a derivative of the state at the start, which depends on no parameter"
    times = [
        moment(spot.time, names) for spot in (said.above, said.below) if spot is not None and spot.time is not None
    ]
    if said.says is Says.FREE and said.time is not None:
        times = [moment(said.time, names)]
    if not any(map(counted_from_the_end, times)):
        return ""
    if kind is Kind.ADJOINT and not known.frame.last:
        return "it is stated a number of steps before the last one, and was read as of every step"
    if (kind is Kind.TRANSPORT or known.frame.closed is not None) and power_or_transpose(right):
        return T_ABOVE
    return ""


def _one_step(known: Statement, said: Left) -> tuple[str, ...]:
    """What is told of a derivative of one step that may be taken for one of all steps."""
    truth, cell = known.truth, known.truth.cell
    parameters = {str(item.name) for item in cell.parameters}
    below = said.below.name if said.below is not None else ""
    if truth.one_step and below in parameters and not said.direct:
        if said.says is Says.LOSS:
            return ("it is of one step: the part of that step alone, of which the gradient is the sum over the steps",)
        return ("it is of one step: the state before it is held fixed, as with a plus, \\partial^+",)
    if truth.kind is Kind.VJP and said.says is Says.LOSS and below in {state.name for state in cell.states}:
        return ("it is of one step: the loss of the step before is not part of it",)
    return ()


def _block(truth: Derivation, said: Left) -> Block | None:
    """Which of several states the gradient is by; None where it is by all of them."""
    order = [state.name for state in truth.cell.states]
    if truth.kind is not Kind.ADJOINT or len(order) == 1:
        return None
    if said.says is not Says.LOSS or said.below is None or said.below.name not in order:
        return None
    name = said.below.name
    return Block(order.index(name), paths_through(truth.cell, name, "lam", K), own_part(truth.cell, name, K))


def _same(truth: Derivation) -> tuple[tuple[Expr, Expr], ...]:
    """The state after the step by the intermediate that carries its value, where the derivative is by that one."""
    values = {item.symbol: item.expr for item in truth.cell.assignments}
    own = (truth.wrt, values.get(truth.wrt))
    return tuple((state.after, truth.wrt) for state in truth.cell.states if truth.one_step and state.update in own)


def left_times(known: Statement, said: Left, named: int = 0, own: int = 0) -> dict[Expr, Expr]:
    """The author's letters as ours, as far as the left side decides.

    ``named`` and ``own`` are added to the times of names of the recurrence, and of letters of ours.
    """
    kind = known.truth.kind
    spots = [spot for spot in (said.above, said.below) if spot is not None]
    shifts = [named if spot.name else own for spot in spots]
    dates = [spot.time for spot in spots]
    if said.says is Says.FREE:
        dates, shifts = [said.time], [own]
    times = [
        None if date is None else moment(date, known.names.times) + by for date, by in zip(dates, shifts, strict=True)
    ]
    first, last = (times[0], times[-1]) if times else (None, None)
    if known.frame.closed is not None:
        return {} if first is None or known.frame.few is not None else letters_as_ours([(first, T)])
    if known.frame.few is not None:
        return {} if known.frame.few.top is not None or first is None else letters_as_ours([(first, T)])
    if kind is Kind.TRANSPORT and first is not None and last is not None and len(times) == 2:
        return letters_as_ours([(first, T), *_by_state(known, last)])
    if known.frame.last and last is not None:
        return letters_as_ours([(last, LAST)])
    if kind in MANY:
        of_loss = [] if said.step is None else [(moment(said.step, known.names.times) + own, T)]
        return letters_as_ours(
            [*of_loss, *(_by_state(known, last) if kind is Kind.ADJOINT and last is not None else [])]
        )
    if kind is Kind.INFLUENCE and first is not None:
        return letters_as_ours([(first, T)])
    if kind is Kind.VJP and said.says is Says.LOSS and first is not None:
        before = said.below is not None and said.below.name in {state.name for state in known.truth.cell.states}
        return letters_as_ours([(first, T - 1 if before else T)], one_step=True)
    if first is not None and known.names.now:
        return letters_as_ours([(first, T)], one_step=True)
    return {}


def _by_state(known: Statement, time: Expr) -> list[tuple[Expr, Expr]]:
    """That a time is our k, where it is no number of its own."""
    return [] if known.frame.start is not None and time.is_Integer else [(time, K)]


def times_from_right(known: Statement, right: str) -> Statement:
    """Where the left side says nothing: the ends of sums and products as ours."""
    times: dict[Expr, Expr] = {}
    if (
        known.truth.kind is Kind.TRANSPORT
        and re.search(r"(?<![.^A-Za-z])(?<!\^\{)T(?![A-Za-z])", right)
        and not re.search(r"\^\s*\{?\s*t\b", right)
    ):
        times = {LAST: T}
    if known.truth.kind is Kind.GRADIENT and re.search(r"\^\s*\{?\s*\\tau", right):
        times = {Symbol("tau", integer=True): LAST}
    if not times:
        return known
    return replace(known, frame=replace(known.frame, times=(*known.frame.times, *times.items())))
