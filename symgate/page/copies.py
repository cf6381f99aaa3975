"""What is copied from the page: a result as LaTeX, plain text, MathML, or a module of any export target."""

from __future__ import annotations

from collections.abc import Callable

from symgate.codegen import TARGETS, TRAINED
from symgate.derive import result
from symgate.errors import unknown
from symgate.exporting import exported
from symgate.page.recurrences import Read
from symgate.page.sections import without
from symgate.proof.rocq import ROUTE
from symgate.records import Cell, Derivation
from symgate.tex import Style, latex, mathml, text

WRITERS: dict[str, Callable[..., str]] = {"latex": latex, "plain": text, "mathml": mathml}
#: What each form is called on the page; an export target without a name here is called by its own.
LABELS = {
    "latex": "LaTeX",
    "plain": "Plain text",
    "mathml": "MathML",
    "numpy": "NumPy",
    "array_api": "Array API (torch, jax, ...)",
    "numba": "Numba",
    "torch": "torch, to train with",
    "jax": "jax, to train with",
    ROUTE: "Rocq (Coq)",
}


def forms(*, whole: bool = False) -> dict[str, str]:
    """Every form in which a result, or the whole recurrence, is copied, with what it is called."""
    return {form: LABELS.get(form, form) for form in (*WRITERS, *TARGETS, *(TRAINED if whole else ()), ROUTE)}


def copied(read: Read, name: str, form: str, off: frozenset[str]) -> str:
    """A result in one of the forms.

    Args:
        read: the recurrence.
        name: of the result; "" for the recurrence itself, as code for all there is of it.
        form: which.
        off: terms that are switched off: formulas are copied as they are shown, code is always of the whole.

    Raises:
        SymgateError: no such result or form, or the result has no code.
    """
    known = forms(whole=not name)
    if form not in known:
        raise unknown("form", form, known)
    subject: Derivation | Cell = result(read.cell, name) if name else read.cell
    if form not in WRITERS:
        return exported(subject, form)
    part = without(subject, off) if isinstance(subject, Derivation) else subject
    return WRITERS[form](part, Style(notation=read.notation), lhs=part is subject)
