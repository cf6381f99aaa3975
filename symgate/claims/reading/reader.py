"""How a claim was read: one typed expression, told back in the spelling of the package before it is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sympy import Expr
from sympy.matrices.expressions import MatAdd

from symgate.claims.reading.build import times_scalar, total
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.latex_grammar import read_latex
from symgate.claims.reading.limits import UnreadableError, guard, split_sides
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names, names_of
from symgate.claims.reading.operations import zeros
from symgate.claims.reading.text_grammar import read_text
from symgate.errors import SymgateError
from symgate.language import Quantity, ScalarSignal, Signal
from symgate.language.sequences import EPS
from symgate.records import Derivation, Kind
from symgate.tex import latex, text
from symgate.tex.spelling import GREEK

TEXT, LATEX = FORMS = ("text", "latex")
#: The commands of left sides.
_LEFT = re.compile(
    r"frac|dfrac|tfrac|partial|nabla|mathrm|mathbf|mathsf|mathcal|mathit|mathbb|boldsymbol|"
    r"bm|operatorname|text|vec|vect|mat|vecop|diag|top|transp|intercal|left|"
    r"right|big|Big|bigl|bigr|Bigl|Bigr|lVert|rVert|d|quad|qquad|"
    r"ell"
)
_OPERATORS = re.compile(r"[*@]|\.T|_prev")
_TEX = re.compile(r"\\[A-Za-z]|[_^]\{|\$")
#: What a left side may differ in: faces, sizes of brackets, braces, spacing.
_FACES = (
    r"\\(?:vecop|operatorname\{vec\}|mathbf|boldsymbol|bm|mathsf|mathrm|operatorname|vect|mat|vec|left|right|[bB]igg?[lrm]?)(?![A-Za-z])"
    r"|\\[,;:! ]|[\s&{}]"
)
_ENDS = re.compile(r"[\s.,;]+\Z")


@dataclass(frozen=True)
class Reading:
    """A claim as it was understood.

    Attributes:
        expr: the right side that is judged.
        given: the claim as it was given, "" for a SymPy expression.
        form: "text", "latex" or "sympy".
        text, latex: the right side in the spelling of the package.
        notes: how what is ambiguous was read.
    """

    expr: Expr
    given: str
    form: str
    text: str
    latex: str
    notes: tuple[str, ...] = ()


def read(claim: str, truth: Derivation, form: str | None = None) -> Reading:
    """Read a claim about an object, in text or in LaTeX.

    Args:
        claim: the formula, with or without its left side; the right side is what is judged.
        truth: the object that it is about; its names, and its shape for eye and ones, are known.
        form: "text", "latex", or None to tell by the look of it.

    Raises:
        UnreadableError: it is not of the grammar, or its shapes do not fit; the position and the reason are given.

    Law: ``tests/claims/test_reading.py``.
    """
    guard(claim)
    if form is None and not _TEX.search(claim):
        try:
            return read(claim, truth, TEXT)
        except UnreadableError:
            if _OPERATORS.search(claim):
                raise
            form = LATEX  # such as (1-g_t) I + g_t W_r
    form = form or LATEX
    if form not in FORMS:
        raise UnreadableError(f"a claim is in text or latex, not in {form!r}")
    body = claim.replace("$", " ") if form == LATEX else claim
    ending = _ENDS.search(body)
    body = body[: ending.start()] + " " * len(ending[0]) if ending else body
    left, right, start = split_sides(body)
    right = " " * start + right
    _harmless(left)
    names = names_of(truth)
    meaning = Meaning(names)
    node = fold(read_latex(right), names) if form == LATEX else read_text(right)
    value = meaning.of(node)
    if value.number == 0 and truth.shape:
        value = zeros(meaning.sizes, truth.shape, value.at)
    meaning.sizes.match(value.shape, truth.shape)
    expr = value.make()
    _known(expr, truth, names)
    notes = list(meaning.notes)
    if left and not _same_left(left, truth):
        notes.append(f"the left side {left[:60]!r} is not judged; the right side is compared with {truth.name}")
    return _told(expr, truth, claim, form, notes)


def from_expression(expr: object, truth: Derivation) -> Reading:
    """A SymPy expression, or a quantity of a cell builder, as a reading.

    Raises:
        UnreadableError: it is none, or holds what the notation does not have.
    """
    expr = expr.expr if isinstance(expr, Quantity) else expr
    if not isinstance(expr, Expr):
        raise UnreadableError(f"a claim is text, a SymPy expression or a function; found {type(expr).__name__}")
    _known(expr, truth, names_of(truth))
    return _told(expr, truth, "", "sympy", [])


def _told(expr: Expr, truth: Derivation, given: str, form: str, notes: list[str]) -> Reading:
    kind = Kind.TRANSPORT if truth.kind is Kind.EXPANSION else truth.kind  # the powers of epsilon are in the claim
    shown = replace(truth, kind=kind, named_terms=(("claim", expr),))
    try:
        return Reading(expr, given, form, text(shown, lhs=False), latex(shown, lhs=False), tuple(notes))
    except SymgateError as error:
        raise UnreadableError(f"it holds what cannot be told back ({error})") from None


def _known(expr: Expr, truth: Derivation, names: Names) -> None:
    """Refuse signals at times that one step does not have, such as u_{t-1}."""
    if not names.now:
        return
    cell = truth.cell
    there = {*cell.definitions, *cell.symbols.values(), truth.cotangent}
    for symbol in sorted(expr.atoms(Signal, ScalarSignal), key=str):
        if symbol not in there:
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


def _harmless(left: str) -> None:
    """Refuse a left side with letters or commands that no derivative is written with; it is shown, never judged."""
    odd = re.search(r"[^A-Za-z0-9\s\\{}()\[\]_^+\-*/@'.,|&~]", left)
    if odd:
        raise UnreadableError("this is no part of a left side", odd.start(), odd[0])
    for found in re.finditer(r"\\([A-Za-z]+)", left):
        if not _LEFT.fullmatch(found[1]) and found[1] not in GREEK:
            raise UnreadableError("this is no part of a left side", found.start(), found[0][:16])


def _same_left(left: str, truth: Derivation) -> bool:
    """Whether a left side is spelled as one of the ways in which the package prints it."""

    def squeezed(side: str) -> str:
        side = re.sub(r"\\top(?![A-Za-z])|\\transp(?![A-Za-z])", "T", side)
        return re.sub(_FACES, "", side)

    printed = [text(truth), latex(truth)]
    return squeezed(left) in {squeezed(split_sides(item)[0]) for item in printed}
