r"""Closed forms of a state: h_t = W^t h_0 + \sum_{k=1}^t W^{t-k} U x_k, proved by induction through the recurrence.

In: the right side F(t) of a claim whose left side is a state.  Out: the verdict.  It is proved where F(0) = h_0, or
F(1) is the first step, and where F(t) is the step from F(t-1), in canonical form; intermediates keep their names, so
gates may depend on the state.  It is refuted where it differs along a trajectory, at a step from 1 on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.claims.judging.certified import proved, refuted, second_opinion
from symgate.claims.judging.powers import joined_powers
from symgate.claims.judging.proposals import Proposal
from symgate.claims.judging.record import Finding
from symgate.claims.judging.written import outside_functions
from symgate.claims.reading.reader import Reading
from symgate.derive import result
from symgate.errors import SymgateError
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import LAST, J, K, moved
from symgate.proof import REFUTED, UNDECIDED, Evidence
from symgate.proof.certificate import Line, Settled
from symgate.proof.decision import Budget, Level, decide
from symgate.proof.plain import plain
from symgate.records import Cell, Derivation, Equation, State

_KEY = "closed_form"
#: How many steps back a right side is followed that holds earlier states, as in h_t = tanh(W tanh(W h_{t-2} + ...)).
_FURTHEST = 8
#: Where a state may be 0 for a claim to hold, and in words.
_FROM_ZERO = ((0, "0 = 0"), (-1, "{-1} = 0, so that the step at 0 is one of the recurrence"))
Proof = tuple[str, str, Level]


def object_of(cell: Cell) -> Derivation:
    """What a claim about a state is read beside: its names are those of many steps."""
    return result(cell, "transport")


def judge_closed(base: Finding, reading: Reading, cell: Cell, state: State, budget: Budget, seed: int = 0) -> Finding:
    """The verdict on F as the state at every step t >= 1."""
    claim, name = reading.expr, state.name
    shown = replace(base, reading=reading.text, reading_latex=reading.latex, notes=reading.notes)
    shown = replace(shown, truth=plain(state.update), truth_latex="")
    if tuple(getattr(claim, "shape", ())) != tuple(getattr(state.after, "shape", ())):
        words = f"Its shape is {getattr(claim, 'shape', ())}; that of {name} is {getattr(state.after, 'shape', ())}."
        return replace(shown, verdict=REFUTED, statement=words)
    if (back := _back(cell, claim)) > _FURTHEST:
        words = f"It goes {back} steps back; a recurrence is written out for at most {_FURTHEST}."
        return replace(shown, verdict=UNDECIDED, statement=words)
    host = _host(cell, state, claim)
    opinion, case = second_opinion(host, seed)
    if case is not None and moved(claim, dict.fromkeys((K, LAST), sympy.Dummy())) != claim:
        words = "It is neither proved nor refuted: it has a time that its left side does not have, without its range."
        return replace(shown, verdict=UNDECIDED, statement=words)
    if case is not None and case.key == _KEY:
        offered = (words for first, words in _FROM_ZERO if _by_induction(cell, state, claim, budget, zero=first))
        offer = tuple(Proposal(f"true where {name}_{words}") for words in islice(offered, 1))
        return replace(refuted(shown, host, _KEY, opinion, case), proposals=offer)
    proof = _by_induction(cell, state, claim, budget) or _by_steps(cell, state, claim, budget)
    if proof is None:
        told = f"It is neither proved nor refuted: no induction over t succeeds; {opinion.route}: {opinion.detail}."
        return replace(shown, verdict=UNDECIDED, statement=told)
    start, step, level = proof
    lines = (Line("start", start, Settled.PROVED, ("in canonical form",)), Line("step", step, Settled.PROVED, ()))
    words = f"{start}, and {step}"
    evidence = (Evidence("decision", passed=True, detail=words, checks=2), opinion)
    return proved(replace(shown, notes=(*shown.notes, words)), reading, host, level, lines, evidence)


def _host(cell: Cell, state: State, claim: Expr) -> Derivation:
    """The product of Jacobians with the claim as one more equation, at every step at which that has a value."""
    steps, later = object_of(cell), {T: J + max(_back(cell, claim), 1) - 1}
    stated = Equation(_KEY, state.after.xreplace(later), moved(claim, later))
    return replace(steps, name=f"{cell.name}_{state.name}_closed", equations=(*steps.definitions, stated))


def _back(cell: Cell, claim: Expr) -> int:
    """How many steps before t the earliest state is that a right side holds, and one more for other names; 0 for none.

    A state has a value from 0 on, everything else from 1 on.
    """
    states = {state.name for state in cell.states}
    signals = [node for node in claim.atoms(Signal, ScalarSignal) if not isinstance(node.index, sympy.Tuple)]
    gaps = [(T - node.index, str(node.name) not in states) for node in signals]
    return max([0, *(int(gap) + other for gap, other in gaps if gap.is_Integer)])


def _by_induction(cell: Cell, state: State, claim: Expr, budget: Budget, *, zero: int | None = None) -> Proof | None:
    """How both parts of an induction over t were decided; ``zero`` is a time at which the state is 0."""
    found = (
        (start, value, _equal(cell, moved(claim, {T: start}), value, budget))
        for start, value in _starts(state, zero=zero)
    )
    start, value, level = next((item for item in found if item[2] is not None), (None, None, None))
    if start is None or level is None:
        return None
    before = {state.before: moved(claim, {T: T - 1})}
    steps = (outside_functions(state.update, before), state.update.xreplace(before))
    given, left = ((start + 1, T),), joined_powers(claim, int(start) + 1)
    ends = (_equal(cell, left, joined_powers(step, int(start) + 1), budget, given) for step in dict.fromkeys(steps))
    further = next((item for item in ends if item is not None), None)
    if further is None:
        return None
    weaker = max(level, further, key=list(Level).index)
    return f"it is {plain(value)} at t = {start}", "it is the step from t - 1 to t at every later t", weaker


def _starts(state: State, *, zero: int | None) -> Iterator[tuple[Expr, Expr]]:
    """Times at which an induction may start, with the state there."""
    first = state.after.xreplace({T: sympy.S.Zero})
    if zero is not None:
        nothing = ZeroMatrix(*first.shape) if isinstance(first, MatrixExpr) else sympy.S.Zero
        after = state.update.xreplace({state.before: nothing}).xreplace({T: sympy.S.Zero})
        yield sympy.S.Zero, nothing if zero == 0 else after
        return
    yield sympy.S.Zero, first
    yield sympy.S.One, state.after.xreplace({T: sympy.S.One})
    yield sympy.S.One, state.update.xreplace({T: sympy.S.One})


def _by_steps(cell: Cell, state: State, claim: Expr, budget: Budget) -> Proof | None:
    """Where the right side holds states of this step or earlier ones: the recurrence, written out for so many steps."""
    claim = claim.xreplace({item.after: item.update for item in cell.states if item.name != state.name})
    back = _furthest(cell, claim)
    if back is None:
        return None
    expr: Expr = state.after
    for by in range(back):
        at = {T: T - by}
        expr = expr.xreplace({item.after.xreplace(at): item.update.xreplace(at) for item in cell.states})
        level = _equal(cell, claim, expr, budget, ((sympy.Integer(back), T),))
        if level is not None:
            return f"it is stated from t = {back} on", f"it is the recurrence written out for {by + 1} steps", level
        for item in reversed(cell.assignments):  # what an intermediate is made of may be a state before
            expr = expr.xreplace({item.symbol.xreplace(at): item.expr.xreplace(at)})
    return None


def _furthest(cell: Cell, claim: Expr) -> int | None:
    """How many steps back the earliest state in a right side is; None where a time is no number of steps before t."""
    states = {state.name for state in cell.states}
    gaps = {T - node.index for node in claim.atoms(Signal, ScalarSignal) if str(node.name) in states}
    if not all(gap.is_Integer and 0 < gap <= _FURTHEST for gap in gaps):
        return None
    return max([1, *(int(gap) for gap in gaps)])


def _equal(
    cell: Cell, left: Expr, right: Expr, budget: Budget, given: tuple[tuple[Expr, Expr], ...] = ()
) -> Level | None:
    """At which level both are equal in canonical form; None where they are not, or are not compared."""
    try:
        decision = decide(cell, left, right, given=given, budget=budget)
    except SymgateError:
        return None
    return decision.level if decision.equal else None
