r"""Derivatives over a number of steps: \partial h_3 / \partial h_0, \partial h_t / \partial h_{t-2}, and h_3 = ...

The step does not depend on its number, so what is claimed at 3 is claimed 3 steps after any state: times that are
numbers are told from the one on the left.  In: a right side over many steps, and of what by what it is.  Out: the
verdict on it beside the product of the Jacobians, written out; it is refuted where they differ along a trajectory.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, ZeroMatrix

from symgate.claims.judging.certified import equal_to, proved, refuted, second_opinion
from symgate.claims.judging.record import Finding
from symgate.claims.judging.written import states_written_out
from symgate.claims.reading.build import product, total
from symgate.claims.reading.frame import Few
from symgate.claims.reading.limits import SenselessError
from symgate.claims.reading.reader import Reading
from symgate.derive import jacobian
from symgate.errors import SymgateError
from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import J, MatrixSum, OrderedProduct, moved
from symgate.proof import REFUTED, UNDECIDED
from symgate.proof.decision import Budget, decide
from symgate.proof.plain import plain
from symgate.records import Cell, Derivation, Equation

_KEY = "few_steps"


def judge_few(base: Finding, reading: Reading, truth: Derivation, few: Few, budget: Budget) -> Finding:
    """The verdict on d of_t / d by_{t-gap}.

    Raises:
        SenselessError: the right side has a time that the left side does not have.
    """
    cell, claim = truth.cell, told_from_left(reading.expr, few)
    own = derivative(cell, few)
    shown = replace(base, object=few.shown, reading=reading.text, reading_latex=reading.latex, notes=reading.notes)
    shown = replace(shown, truth=plain(own), truth_latex="")
    if tuple(getattr(claim, "shape", ())) != tuple(own.shape):
        words = f"Its shape is {getattr(claim, 'shape', ())}; that of the derivative is {own.shape}."
        return replace(shown, verdict=REFUTED, statement=words)
    later = {T: J + max(_back(cell, own), _back(cell, claim), 1) - 1}
    stated = Equation(_KEY, moved(own, later), moved(claim, later))
    host = replace(truth, name=f"{truth.name}_{_KEY}", equations=(*truth.definitions, stated))
    opinion, case = second_opinion(host)
    if case is not None and case.key == _KEY:
        return refuted(shown, host, _KEY, opinion, case)
    decision = None
    for left in dict.fromkeys((claim, states_written_out(claim, truth, *(T - by for by in range(few.gap + 1))))):
        try:
            decision = decide(cell, left, own, given=((sympy.Integer(few.gap), T),), budget=budget)
        except SymgateError:
            continue
        if decision.equal:
            break
    if decision is None or not decision.equal:
        told = f"It is neither proved nor refuted; {opinion.route}: {opinion.detail}."
        return replace(shown, verdict=UNDECIDED, statement=told)
    why = f"the product of the Jacobians of {few.gap} steps, written out"
    evidence, line = equal_to(replace(reading, expr=claim), why, decision)
    notes = (*shown.notes, *([_AS_ANY] if few.top is not None else []))
    base = replace(shown, notes=notes)
    return proved(base, reading, host, decision.level, (line,), (evidence, opinion))


_AS_ANY = "what is stated at steps that are numbers is judged so many steps after any state, which says the same"


def told_from_left(expr: Expr, few: Few) -> Expr:
    """A right side with sums and products written out, and times that are numbers told from the one on the left.

    Raises:
        SenselessError: it has a time that the left side does not have.
    """
    expr = _written_out(expr, few)
    times = {time for node in expr.atoms(Signal, ScalarSignal) for time in _times(node.index)}
    letters = {letter for time in times for letter in time.free_symbols}
    allowed = set() if few.top is not None else {T}
    if letters - allowed:
        other = ", ".join(sorted(map(str, letters - allowed)))
        raise SenselessError(f"the right side is stated at a time {other} that the left side does not have")
    if few.top is None:
        return expr
    put = {time: T + (time - few.top) for time in times if time.is_Integer}
    nodes = {node: node.func(*node.args[:-1], _put(node.index, put)) for node in expr.atoms(Signal, ScalarSignal)}
    return expr.xreplace(nodes)


def told_so(reading: Reading, few: Few) -> Reading:
    """The closed form of a state at a step that is a number, as of any state so many steps later.

    Raises:
        SenselessError: it has a time that the left side does not have.
    """
    return replace(reading, expr=told_from_left(reading.expr, few), notes=(*reading.notes, _AS_ANY))


def _put(index: Expr, put: dict[Expr, Expr]) -> Expr:
    return sympy.Tuple(*(put.get(item, item) for item in index)) if isinstance(index, sympy.Tuple) else put[index]


def _times(index: Expr) -> tuple[Expr, ...]:
    return tuple(index[:2]) if isinstance(index, sympy.Tuple) else (index,)


def _written_out(expr: Expr, few: Few) -> Expr:
    """With sums and products over a few steps written out."""
    if not isinstance(expr, sympy.Basic) or not expr.args or isinstance(expr, (sympy.MatrixSymbol, ScalarSignal)):
        return expr
    if isinstance(expr, OrderedProduct | MatrixSum):
        count = expr.upper - expr.lower
        if count.is_Integer and -1 <= count < 2 * few.MOST:
            bodies = [moved(expr.body, {expr.index: expr.lower + by}) for by in range(int(count) + 1)]
            parts = [_written_out(body, few) for body in bodies]
            return _joined(expr, parts)
        raise SenselessError("its sum or product is not one over a number of steps, as its left side is")
    parts = [_written_out(arg, few) for arg in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)


def _joined(expr: Expr, parts: list[Expr]) -> Expr:
    """A product, its later factors on the left, or a sum."""
    if isinstance(expr, MatrixSum):
        return total(parts) if parts else ZeroMatrix(*expr.shape)
    found: Expr = Identity(expr.shape[0])
    for part in parts:
        found = part if isinstance(found, Identity) else product(part, found)
    return found


def derivative(cell: Cell, few: Few) -> Expr:
    """The derivative by what is so many steps earlier: the sum over the paths through the states in between."""
    order = [state.name for state in cell.states]
    if few.by in order:
        size = cell.state(few.by).after.shape[0]
        back: dict[str, Expr] = {few.by: Identity(size)}
    else:
        back = {name: _at(cell, few.by, name, few.gap) for name in order}
    for lag in range(few.gap - 1, -1, -1):
        back = {of: _sum([_times_back(_at(cell, by, of, lag), back[by]) for by in back]) for of in order}
    return back[few.of]


def _at(cell: Cell, by: str, of: str, lag: int) -> Expr:
    return moved(jacobian(cell, by, of, written_out=True).expr, {T: T - lag})


def _times_back(left: Expr, right: Expr) -> Expr:
    if isinstance(left, ZeroMatrix) or isinstance(right, ZeroMatrix):
        return ZeroMatrix(left.shape[0], right.shape[1])
    return left if isinstance(right, Identity) else product(left, right)


def _sum(parts: list[Expr]) -> Expr:
    kept = [part for part in parts if not isinstance(part, ZeroMatrix)]
    return total(kept) if len(kept) > 1 else (kept or parts)[0]


def _back(cell: Cell, expr: Expr) -> int:
    """How many steps before t the earliest name is; one more for what is no state, which has a value from 1 on."""
    states = {state.name for state in cell.states}
    gaps = [(T - node.index, str(node.name) not in states) for node in expr.atoms(Signal, ScalarSignal)]
    return max([0, *(int(gap) + other for gap, other in gaps if gap.is_Integer)])
