"""``check``: a formula that somebody else wrote, proved, refuted with a witness, or left open."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.cells import cell as built_in
from symgate.claims.judging import balls, sequences
from symgate.claims.judging.bindings import bound_alike
from symgate.claims.judging.certified import provided
from symgate.claims.judging.diagnosis import diagnose
from symgate.claims.judging.difference import difference
from symgate.claims.judging.record import UNREADABLE, Finding
from symgate.claims.judging.texts import check_text
from symgate.claims.judging.whole import has_several_gates, whole_slips
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.one_number import sizes_of_numbers
from symgate.claims.reading.reader import Reading, from_expression
from symgate.claims.recurrence.reader import Recurrence
from symgate.derive import kronecker, result
from symgate.errors import DefinitionError, ShapeError, UnsupportedNodeError
from symgate.language import Quantity
from symgate.notation import PLAIN, Notation
from symgate.proof import PROVED, REFUTED, UNDECIDED, Certificate, verify
from symgate.proof.decision import Budget
from symgate.proof.sequences import KINDS as SEQUENCES
from symgate.records import Cell, Derivation, Kind
from symgate.tex import latex, text

#: The difference of a claim that would multiply out to more terms than this is not written down.
_TERMS = 4000
#: What the comparison of a claim may cost where nothing else is said: some seconds.
_OPERATIONS = 600_000
#: What is told of a claim about a cell whose equations date names otherwise than the package.
_DATES = (
    "names have the time indices of this package, where the state before and the input at t give the state at t; for "
    "those of the equations that the cell was read from, give symgate.claims.read_recurrence(...) in its place"
)
_EXACT = ("decision", "modular")


def check(
    cell: Cell | Recurrence | str,
    claim: object,
    object: str | None = None,  # noqa: A002  the word that readers of claims use
    *,
    form: str | None = None,
    notation: Notation | None = None,
    definitions: Sequence[tuple[str, str]] = (),
    at: Mapping[str, Any] | None = None,
    points: int = 5,
    budget: Budget | int | None = None,
    seed: int = 0,
) -> Finding:
    """Judge a claim about an object of a cell.

    Args:
        cell: a cell, the name of a built-in one, or a recurrence with its author's notation.
        claim: text or LaTeX; a SymPy expression; a function ``f(x=..., u=..., W_r=...)``; or a stack of Jacobians
            along a trajectory, an array (T, n, n), with the values of every symbol in ``at``.
        object: the name of the object, such as "jacobian", "u", "W_r", "vjp:W_r", "transport", "gradient:W_r" or
            "expansion:retention:1" (see :func:`symgate.result`); None takes it from the left side of the claim.
        notation: the author's conventions (see :class:`symgate.notation.Notation`); those that a recurrence showed come
            with it.
        definitions: (name, right side) of names that earlier equations introduce.
        form: "text" or "latex"; default: recognised from the claim.
        at: for a stack, every state (before the step) and input as (T, n), and every parameter.
        points: the number of points at which a function is compared.
        budget: the number of operations that the exact comparison may take; if it needs more, the verdict is
            "undecided" and says so.
        seed: the seed of all random points.

    Returns:
        A finding with the verdict "proved" (for all sizes and values), "refuted" (with a witness), "undecided", or
        "unreadable".  A function or a stack is never proved: it is refuted, or agrees at the tried points.

    Raises:
        UnknownNameError: there is no such cell or object.

    Source: ``docs/verdicts.md``.  Law: ``tests/claims/test_judge.py``.
    """
    start = time.perf_counter()
    dates = (_DATES,) if isinstance(cell, Cell) and cell.redated and notation is None else ()
    if isinstance(cell, Recurrence):
        author = cell
        cell, notation = author.cell, notation or author.notation
    cell = built_in(cell) if isinstance(cell, str) else cell
    if isinstance(claim, str):
        found = _of_text(cell, claim, object, form, notation or PLAIN, tuple(definitions), _allowed(budget), seed)
        return replace(found, notes=(*found.notes, *dates), seconds=time.perf_counter() - start)
    if object is None:
        raise DefinitionError(
            f"Which object of cell {cell.name!r} is the claim about? Name it, such as object='jacobian' or 'vjp:W_r'."
        )
    truth = result(cell, object)
    base = Finding(cell.name, object, "", UNDECIDED, "")
    base = replace(base, truth=text(truth, lhs=False), truth_latex=latex(truth, lhs=False))
    try:
        if isinstance(claim, (Expr, Quantity)):
            reading = from_expression(claim, truth)
            found = provided(_judge(base, reading, truth, _allowed(budget), seed), reading, truth.cell)
        elif hasattr(claim, "__array_interface__") or at is not None:
            from symgate.claims.judging import numbers  # NumPy is needed for numbers only

            found = numbers.judge_stack(base, claim, truth, at or {})
        elif callable(claim):
            from symgate.claims.judging import numbers

            found = numbers.judge_function(base, claim, truth, points, seed)
        else:
            words = f"a claim is text, a SymPy expression, a function or an array; found {type(claim).__name__}"
            found = replace(base, verdict=UNREADABLE, statement=f"The claim is not read: {words}")
    except UnreadableError as error:
        found = replace(base, verdict=UNREADABLE, statement=str(error))
    return replace(found, seconds=time.perf_counter() - start)


def _allowed(budget: Budget | int | None) -> Budget:
    return Budget.of(_OPERATIONS if budget is None else budget)


def _of_text(
    cell: Cell,
    claim: str,
    asked: str | None,
    form: str | None,
    notation: Notation,
    definitions: tuple[tuple[str, str], ...],
    budget: Budget,
    seed: int,
) -> Finding:
    """The verdict on text."""
    if asked is not None:
        result(cell, asked)  # an object that there is not is an error, not a finding

    def judged(base: Finding, reading: Reading, truth: Derivation) -> Finding:
        return provided(_judge(base, reading, truth, budget, seed), reading, truth.cell)

    try:
        return check_text(cell, claim, asked, form, judged, notation, definitions, budget, seed)
    except UnreadableError as error:
        shown = claim if len(claim) <= 200 else claim[:200] + "..."
        truth = result(cell, asked) if asked is not None else None
        base = Finding(cell.name, asked or "", shown, UNREADABLE, str(error))
        if truth is None:
            return base
        return replace(base, truth=text(truth, lhs=False), truth_latex=latex(truth, lhs=False))


def _judge(base: Finding, reading: Reading, truth: Derivation, budget: Budget, seed: int) -> Finding:
    """The verdict on an expression."""
    told = replace(base, reading=reading.text, reading_latex=reading.latex, notes=reading.notes)
    if truth.kind in SEQUENCES:
        return sequences.judge(told, reading.expr, truth, budget, seed, reading.first)
    truth, expr, note = bound_alike(truth, reading.expr)
    told = replace(told, notes=(*told.notes, *([note] if note else [])))
    shape = tuple(getattr(expr, "shape", ()))
    if shape != truth.shape and sizes_of_numbers(truth.cell).intersection((*shape, *truth.shape)):
        words = (
            f"It is {_sized(shape)}; the object is {_sized(truth.shape)}, of a state of one number as a vector of ones."
        )
        return replace(told, verdict=UNDECIDED, statement=words)
    if shape != truth.shape:
        words = f"It is {_sized(shape)}; the object is {_sized(truth.shape)} in numerator layout."
        return replace(told, verdict=REFUTED, statement=words, diagnosis=diagnose(expr, truth))
    whole_of = _summed(truth) if truth.kind is Kind.SPLIT else truth
    claim = replace(whole_of, name=f"{truth.name}_claim", named_terms=(("claim", expr),))
    certificate = _certificate(claim, budget, seed)
    found = replace(told, verdict=certificate.verdict, statement=certificate.statement, certificate=certificate)
    if certificate.verdict == PROVED:
        return found
    if certificate.witness is not None and not truth.in_blocks:
        found = replace(found, rigorous=balls.enclosed(claim, certificate.witness))
    whole = whole_slips(expr, truth)
    near = diagnose(expr, truth, 1) if whole else diagnose(expr, truth)
    like = (*near, *whole)  # where one slip in one term says all, that is what was slipped
    if near and near[0] and near[0][0].kind in ("gate_term_missing", "term_missing") and has_several_gates(truth.cell):
        like = (*whole, *near)  # of several gates it says more which path is missing
    return replace(_subtracted(found, expr, truth), diagnosis=like)


def _summed(truth: Derivation) -> Derivation:
    """What a split adds up to, J = A + B, whatever its parts; of a matrix state on its stacked columns."""
    return kronecker(truth.cell) if truth.cell.matrix_states else result(truth.cell, "jacobian")


def _certificate(claim: Derivation, budget: Budget, seed: int) -> Certificate:
    """The verdict of the exact routes; of the modular one alone where multiplying out would not end."""
    try:
        return verify(claim, routes=_EXACT, budget=budget, seed=seed)
    except (UnsupportedNodeError, ShapeError, ZeroDivisionError) as error:
        return Certificate(claim.name, UNDECIDED, f"The comparison did not succeed: {error}", ())


def _subtracted(found: Finding, claim: Expr, truth: Derivation) -> Finding:
    gap = difference(claim, truth) if multiplied_out(claim) <= _TERMS else None
    if gap is None or gap == 0 or isinstance(gap, ZeroMatrix):
        return found
    shown = replace(truth, named_terms=(("difference", gap),))
    return replace(found, difference=text(shown, lhs=False), difference_latex=latex(shown, lhs=False))


def multiplied_out(expr: Any) -> int:
    """A bound on the number of terms after multiplying out."""
    if isinstance(expr, (sympy.Add, sympy.MatAdd)):
        return min(sum(multiplied_out(arg) for arg in expr.args), 10 * _TERMS)
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        return int(min(multiplied_out(expr.base) ** min(abs(int(expr.exp)), 64), 10 * _TERMS))
    if not isinstance(expr, (sympy.Basic, MatrixExpr)) or not expr.args or isinstance(expr, sympy.MatrixSymbol):
        return 1
    size = 1
    for arg in expr.args:
        size = min(size * multiplied_out(arg), 10 * _TERMS)
    return size


def _sized(shape: tuple[Expr, ...]) -> str:
    return f"{shape[0]} x {shape[1]}" if shape else "a scalar"


#: What a claim may be besides text.
Claim = str | Expr | Quantity | Callable[..., Any]
