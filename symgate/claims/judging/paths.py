r"""Derivatives of one of several states by another over many steps: \partial c_t / \partial c_k of an LSTM.

By itself it is a block of the product of all Jacobians, in which a change of c_k acts through every state.  Authors
often mean the direct path, with the other states held fixed at every step: the product of the diagonal blocks, such as
\prod diag(f_i).  In: a right side, of which state by which.  Out: the verdict on the block; it is proved where nothing
leads back to the state but itself, and where the right side is the direct path alone a proposal says so.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, MatMul, Transpose, ZeroMatrix

from symgate.claims.judging.certified import equal_to, proved, refuted, second_opinion
from symgate.claims.judging.parts import carrier_of
from symgate.claims.judging.proposals import Proposal
from symgate.claims.judging.record import Finding
from symgate.claims.judging.written import states_written_out
from symgate.claims.reading.build import negated, product, times_scalar, total
from symgate.claims.reading.reader import Reading
from symgate.derive import jacobian
from symgate.derive.states import selector
from symgate.errors import SymgateError
from symgate.language import T
from symgate.language.sequences import J, K, OrderedProduct, moved
from symgate.notation import Notation
from symgate.proof import PROVED, REFUTED, UNDECIDED, verify
from symgate.proof.decision import Budget, Decision, decide
from symgate.records import Cell, Derivation, Equation
from symgate.tex import text

_KEY = "block"


def judge_block(
    base: Finding, reading: Reading, truth: Derivation, of: str, by: str, budget: Budget, start: Expr | None = None
) -> Finding:
    """The verdict on d of_t / d by_k of a cell with several states; ``start`` is k where that is a number."""
    cell, claim = truth.cell, reading.expr
    block = MatMul(selector(cell, of), truth.of, Transpose(selector(cell, by)))
    shown = replace(base, object=f"transport, d{of}/d{by}", reading=reading.text, reading_latex=reading.latex)
    shown = replace(shown, truth=f"the block d{of}[t]/d{by}[k] of {base.truth}", truth_latex="", notes=reading.notes)
    first = K if start is None else start
    offers = tuple(_offers(truth, claim, of, by, budget, first))
    shape = tuple(getattr(claim, "shape", ()))
    if shape != block.shape:
        words = f"Its shape is {shape}; that of the derivative is {block.shape}."
        return replace(shown, verdict=REFUTED, statement=words, proposals=offers)
    host = replace(
        truth,
        name=f"{truth.name}_{_KEY}",
        equations=(*truth.definitions, Equation(_KEY, block, _at(first, claim, truth, of, by))),
    )
    opinion, case = second_opinion(host)
    if case is not None and case.key == _KEY:
        return replace(refuted(shown, host, _KEY, opinion, case), proposals=offers)
    exact = of == by and _returns_alone(cell, of)
    direct = _same(cell, claim, _direct(cell, of, by), budget, truth, first) if exact else None
    own = verify(truth) if direct is not None else None
    if direct is None or own is None or own.verdict != PROVED:
        told = f"It is neither proved nor refuted; {opinion.route}: {opinion.detail}."
        return replace(shown, verdict=UNDECIDED, statement=told, proposals=offers)
    why = f"the product of d{of}/d{of}, since no other state leads from {of} back to it"
    evidence, line = equal_to(reading, why, direct)
    return proved(shown, reading, host, direct.level, (line,), (evidence, opinion), (own,))


def _at(first: Expr, claim: Expr, truth: Derivation, of: str, by: str) -> Expr:
    """The claim; of a k that is a number the block itself wherever k is another one."""
    if first == K:
        return claim
    block = MatMul(selector(truth.cell, of), truth.expr, Transpose(selector(truth.cell, by)))
    here = sympy.KroneckerDelta(K, first)
    return total([block, times_scalar(here, claim), negated(times_scalar(here, moved(block, {K: first})))])


def _offers(truth: Derivation, claim: Expr, of: str, by: str, budget: Budget, first: Expr) -> list[Proposal]:
    """What is proposed where the right side is the direct path."""
    cell = truth.cell
    others = " and ".join(state.name for state in cell.states if state.name != by)
    words = f"true for the direct path through {by}, {others} being held fixed at every step before t"
    direct = _direct(cell, of, by)
    if direct is None:
        return []
    if tuple(getattr(claim, "shape", ())) == (direct.shape[0], 1):
        words = f"{words}, if {text(claim)} stands for its diagonal matrix"
        found = _same(cell, DiagMatrix(claim), direct, budget, truth, first)
        return [Proposal(words, Notation(diagonal=True))] if found is not None else []
    return [Proposal(words)] if _same(cell, claim, direct, budget, truth, first) is not None else []


def _direct(cell: Cell, of: str, by: str) -> Expr | None:
    """The product of d by / d by over the steps; of another state, with what by_t gives for it in front."""
    own = jacobian(cell, by, by, written_out=True).expr
    run = OrderedProduct(own.xreplace({T: J}), J, K + 1, T)
    if of == by:
        return run
    try:
        return product(jacobian(cell, carrier_of(cell, by), of, written_out=True).expr, run)
    except SymgateError:
        return None


def _returns_alone(cell: Cell, name: str) -> bool:
    """Whether no path over other states leads from a state back to it."""
    order = [state.name for state in cell.states]
    feeds = {
        (by, of)
        for by in order
        for of in order
        if not isinstance(jacobian(cell, by, of, written_out=True).expr, ZeroMatrix)
    }
    reached = {of for by, of in feeds if by == name and of != name}
    while more := {of for by, of in feeds if by in reached and of not in reached}:
        reached |= more
    return name not in reached


def _same(
    cell: Cell, claim: Expr, other: Expr | None, budget: Budget, truth: Derivation, first: Expr
) -> Decision | None:
    """The decision that both are equal for k <= t, with k as given; None where it is not made."""
    if other is None or tuple(getattr(claim, "shape", ())) != tuple(other.shape):
        return None
    other = moved(other, {K: first})
    known = {item.left: item.right for item in truth.definitions}
    for expr in dict.fromkeys((claim, states_written_out(claim, truth))):
        try:
            found = decide(cell, expr, other, definitions=known, given=((first, T),), budget=budget)
        except (SymgateError, sympy.ShapeError):
            continue
        if found.equal:
            return found
    return None
