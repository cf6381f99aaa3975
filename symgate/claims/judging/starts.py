r"""Where a trajectory starts, for an author who writes x_{t+1} = F(x_t, u_t): at x_0 with u_0, or at x_1 with u_1.

Over one step nothing depends on it.  Over many steps a claim is read both ways: its letters of time, its sums over all
steps, and the letters of ours that belong to a state, such as \lambda_t.  What holds in one way only is told with it.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr

from symgate.claims.judging.stated import Statement, left_times
from symgate.language import T
from symgate.language.sequences import K
from symgate.notation import Notation
from symgate.records import Kind

#: What is told where only the second way is proved.
SECOND = "read as of a trajectory that starts at time 1, with the state before the first step at that time"


def starts(known: Statement, notation: Notation) -> tuple[Statement, ...]:
    """The statement as of a trajectory that starts at time 0, then at time 1; itself where nothing depends on it."""
    cell, shifts, new = known.truth.cell, dict(notation.shifts), notation.new
    later = new and all(shifts.get(state.name) == -new for state in cell.states)
    if known.truth.one_step or known.names.now or not later:
        return (known,)
    inputs = {str(item.name): shifts.get(str(item.name), 0) + new for item in cell.inputs}
    at_zero = _shifted(known, inputs, named=new, own=0)
    at_zero = replace(at_zero, names=replace(at_zero.names, late=new))
    ours = dict.fromkeys(set(known.names.signals) - known.names.own, -new)
    at_one = _shifted(known, {**ours, **shifts}, named=0, own=-new)
    there = at_one.frame.start is None or at_one.frame.start >= 0  # of such a trajectory there is no h_0
    return (at_zero, at_one) if there else (at_zero,)


def _shifted(known: Statement, shifts: dict[str, int], *, named: int, own: int) -> Statement:
    """With names moved in time, and the letters of the left side with them."""
    times: dict[Expr, Expr] = dict(known.frame.times)
    if known.said is not None:
        times |= left_times(known, known.said, named, own)
    elif own and known.truth.kind is not Kind.GRADIENT:
        times = {letter: ours - own if ours in (T, K) else ours for letter, ours in times.items()}
        times = {T: T - own, K: K - own} | times
    start, below = known.frame.start, known.said.below if known.said is not None else None
    if start is not None:
        start += named if below is not None and below.name else own
    few = known.frame.few
    if few is not None and few.top is not None:
        few = replace(few, top=few.top + named)
    frame = replace(
        known.frame,
        start=start,
        few=few,
        shifts=tuple((name, by) for name, by in shifts.items() if by),
        times=tuple(times.items()),
    )
    return replace(known, frame=frame)
