"""How a claim was read: one typed expression, printed back in symgate's spelling before it is judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Expr
from sympy.matrices.expressions import MatAdd

from symgate.claims.reading import arrays
from symgate.claims.reading.build import times_scalar, total
from symgate.claims.reading.completing import at_every_k, completed, first_time
from symgate.claims.reading.compound import compound
from symgate.claims.reading.convention import LITERAL, Convention
from symgate.claims.reading.derivatives import with_gradients
from symgate.claims.reading.entries import from_entries
from symgate.claims.reading.frame import AS_IT_STANDS, Frame, apart, shape_of
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError, guard, split_chain, split_sides
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names, names_of
from symgate.claims.reading.one_number import spread
from symgate.claims.reading.operations import transpose, zeros
from symgate.claims.reading.our_terms import in_our_terms
from symgate.claims.reading.reflected import by_length, by_time
from symgate.claims.reading.rows import block_named
from symgate.claims.reading.shapes import Value
from symgate.claims.reading.surface import expanded
from symgate.claims.reading.text_grammar import read_text
from symgate.errors import SymgateError
from symgate.language import Quantity, ScalarSignal, Signal, T
from symgate.language.giving_way import spelled_otherwise
from symgate.language.sequences import EPS, LAST, K, of_state
from symgate.proof.plain import plain
from symgate.records import Derivation, Kind
from symgate.tex import latex, text

TEXT, LATEX = FORMS = ("text", "latex")
_OPERATORS = re.compile(r"[*@]|\.T|_prev")
_TEX = re.compile(r"\\[A-Za-z]|[_^]\{|\$")
#: What a left side may differ in: faces, sizes of brackets, braces, spacing.
_FACES = (
    r"\\(?:begin|end)\{[a-z]+\*?\}|\\(?:vecop|operatorname\{vec\}|mathbf|boldsymbol|bm|mathsf|mathrm|operatorname|vect|mat|vec|left|right|[bB]igg?[lrm]?)(?![A-Za-z])"
    r"|\\q?quad(?![A-Za-z])|\\[,;:! ]|[\s&{}]"
)
_STRANGE = re.compile(r"[`\"#;%?!]")
_ENDS = re.compile(r"[\s.,;]+\Z")


@dataclass(frozen=True)
class Reading:
    """A claim as it was understood.

    Attributes:
        expr: the right side that is judged.
        given: the claim as it was given, "" for a SymPy expression.
        form: "text", "latex" or "sympy".
        text, latex: the right side in symgate's spelling.
        notes: how what is ambiguous was read.
        first: the first time at which it is stated.
        divisors: what it divides by, also where that cancels.
        here: of what is stated at a k that is a number, what is judged there; None for every k.
    """

    expr: Expr
    given: str
    form: str
    text: str
    latex: str
    notes: tuple[str, ...] = ()
    first: int = 0
    divisors: tuple[Expr, ...] = ()
    here: Expr | None = None


@dataclass(frozen=True)
class How:
    """One way to read what is ambiguous.

    Attributes:
        convention: see there.
        guesses: (name as written, what it stands for) for names that nothing introduces.
    """

    convention: Convention = LITERAL
    guesses: tuple[tuple[str, Expr], ...] = ()


HOW = How()


def read(
    claim: str,
    truth: Derivation,
    form: str | None = None,
    *,
    names: Names | None = None,
    frame: Frame = AS_IT_STANDS,
    how: How = HOW,
    macros: Mapping[str, Macro] | None = None,
) -> Reading:
    """Read a claim about an object, in text or in LaTeX.

    Args:
        claim: the formula, with or without its left side; the right side is what is judged.
        truth: the object that it is about; its names, and its shape for eye and ones, are known.
        form: "text", "latex", or None to tell by the look of it.
        names: what may be named; by default the names of the cell and of the object.
        frame: what the left side says: times, a transpose, a multiple, entries.
        how: conventions, and what names stand for that nothing introduces.
        macros: definitions of a preamble.

    Raises:
        UnreadableError: it is not of the grammar, or its shapes do not fit; the position and the reason are given.

    Law: ``tests/claims/test_reading.py``.
    """
    guard(claim)
    if form is None and not looks_like_tex(claim):
        try:
            return read(claim, truth, TEXT, names=names, frame=frame, how=how)
        except UnreadableError:
            if _OPERATORS.search(claim):
                raise
            form = LATEX  # such as (1-g_t) I + g_t W_r
    form = form or LATEX
    if form not in FORMS:
        raise UnreadableError(f"a claim is in text or latex, not in {form!r}")
    left, right, start = split_sides(without_end(claim, form))
    odd = _STRANGE.search(left)
    if odd:
        raise UnreadableError("this cannot be part of a left side", odd.start(), odd[0])
    right = " " * start + right
    names = replace(names or names_of(truth), guesses=dict(how.guesses))
    if names.numbers and not how.convention.numbers:
        told_as = replace(how, convention=replace(how.convention, numbers=True))
        try:
            return read(claim, truth, form, names=names, frame=frame, how=told_as, macros=macros)
        except UnreadableError:
            pass  # it is of the vectors that ours are
    meaning = Meaning(names, convention=how.convention)
    wanted = shape_of(truth, frame)
    if frame.entries is not None:
        wanted = frame.entries.shape_in(wanted)
    value = _value(right, form, names, meaning, frame, macros)
    if value.number == 0 and truth.shape:
        value = zeros(meaning.sizes, wanted, value.at)
    if how.convention.numbers:
        value = spread(value, wanted, truth, _own_part(truth, frame))
        if not meaning.sizes.match(value.shape, wanted):
            raise UnreadableError("it is not stated of numbers", value.at)
    if how.convention.diagonal and not meaning.sizes.match(value.shape, wanted) and meaning.sizes.column(value):
        value = meaning.diagonal(value)
    if how.convention.gradients and meaning.sizes.row(value) and not names.rows:
        value = transpose(value)
    meaning.sizes.match(value.shape, wanted)
    frame = apart(frame, right)
    expr = by_length(in_our_terms(by_time(value.make(), meaning.notes), truth, frame, meaning.notes))
    if not frame.through:
        _known(expr, truth, names)
    seen = told(expr, truth, claim, form, meaning.notes)
    divisors = tuple(dict.fromkeys(value.make() for value in meaning.divisors))
    here = None if frame.start is None else completed(expr, truth, frame)
    expr = at_every_k(expr, truth, frame)
    return replace(seen, expr=expr, first=first_time(frame), divisors=divisors, here=here)


def _own_part(truth: Derivation, frame: Frame) -> Expr | None:
    """Of a gradient by one of several states, or by the only one, the part that its own step's loss has."""
    if truth.kind is not Kind.ADJOINT:
        return None
    if frame.block is not None:
        return frame.block.own.xreplace({K: LAST}) if frame.last else frame.block.own
    state = truth.cell.states[0]
    return of_state("delta", state.name, state.after.shape[0], LAST if frame.last else K, several=False)


def _value(
    right: str, form: str, names: Names, meaning: Meaning, frame: Frame, macros: Mapping[str, Macro] | None
) -> Value:
    """The typed right side."""
    if form == TEXT:
        right, notes = arrays.plain(right, rows=names.rows)
        meaning.notes += notes
        return meaning.of(expanded(with_gradients(read_text(right), names), names.defined, names.rules))
    raw = compound(read_latex(right, macros), names.known())
    if frame.entries is not None:
        if frame.entries.agree:
            meaning.notes.append("it is of the entries whose letters agree")
        return from_entries(raw, names, meaning, frame.entries)
    return meaning.of(expanded(fold(raw, names), names.defined, names.rules))


def looks_like_tex(claim: str) -> bool:
    """Whether a claim has a command, a script in braces or a dollar."""
    return _TEX.search(claim) is not None


def without_end(claim: str, form: str) -> str:
    """A claim without dollars (in LaTeX) and without the stop at its end, letters in their places."""
    body = claim.replace("$", " ") if form == LATEX else claim
    ending = _ENDS.search(body)
    return body[: ending.start()] + " " * len(ending[0]) if ending else body


def from_expression(expr: object, truth: Derivation) -> Reading:
    """A SymPy expression, or a quantity of a cell builder, as a reading.

    Raises:
        UnreadableError: it is none, or holds what the notation does not have.
    """
    expr = expr.expr if isinstance(expr, Quantity) else expr
    if not isinstance(expr, Expr):
        raise UnreadableError(f"a claim is text, a SymPy expression or a function; found {type(expr).__name__}")
    _known(expr, truth, names_of(truth))
    return told(expr, truth, "", "sympy", [])


def told(expr: Expr, truth: Derivation, given: str, form: str, notes: list[str]) -> Reading:
    """The reading of an expression, in symgate's spelling."""
    kind = Kind.TRANSPORT if truth.kind is Kind.EXPANSION else truth.kind  # the powers of epsilon are in the claim
    shown = replace(truth, kind=kind, named_terms=(("claim", expr),))
    try:
        return Reading(expr, given, form, text(shown, lhs=False), latex(shown, lhs=False), tuple(notes))
    except SymgateError as error:
        raise UnreadableError(f"it contains something that symgate cannot print ({error})") from None


def _known(expr: Expr, truth: Derivation, names: Names) -> None:
    """Refuse signals at times that one step does not have, such as u_{t-1}."""
    if not names.now:
        return
    cell = truth.cell
    there = {*cell.definitions, *cell.symbols.values(), truth.cotangent}
    for symbol in sorted(expr.atoms(Signal, ScalarSignal), key=str):
        own = names.several and str(symbol.name).startswith("lam_") and symbol.index == T
        if symbol not in there and not own:
            raise UnreadableError(
                f"{symbol.name} at time {symbol.index} does not occur in one step of cell {cell.name}, where "
                "every signal is at t but the states before the step"
            )


def stated(truth: Derivation) -> Expr:
    """The right side of an object as it is printed: the orders of an expansion with their powers of epsilon."""
    if truth.kind is not Kind.EXPANSION:
        return truth.expr
    orders = [
        times_scalar(EPS**order, part)
        for order, (_, term) in enumerate(truth.named_terms)
        for part in (term.args if isinstance(term, MatAdd) else (term,))
    ]
    return total(orders) if len(orders) > 1 else orders[0]


def same_left(left: str, truth: Derivation) -> bool:
    """Whether a left side is spelled as one of the ways in which the package prints it."""

    def squeezed(side: str) -> str:
        side = re.sub(r"\\top(?![A-Za-z])|\\transp(?![A-Za-z])", "T", side)
        return re.sub(_FACES, "", side)

    printed = [split_chain(item)[0][1] for item in (text(truth), latex(truth))]
    if not truth.one_step and len(order := [state.name for state in truth.cell.states]) > 1:  # a row for each block
        printed = [found[1] if (found := block_named(item.replace("&", ""), order)) else item for item in printed]
    own = {squeezed(item) for item in printed} | (
        {squeezed(plain(truth.of, spelled_otherwise(truth.cell)))} if not truth.one_step else set()
    )
    return squeezed(left) in own
