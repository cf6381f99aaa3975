"""The text of a claim before it is read: names of several letters, and names of a notation that must exist."""

from __future__ import annotations

import re

from symgate.claims.judging.context import names_for
from symgate.claims.judging.objects import some
from symgate.claims.reading.compound import worded
from symgate.claims.reading.derivatives import spelled_gradient
from symgate.claims.reading.limits import UnreadableError
from symgate.lettering import GREEK
from symgate.names import is_taken
from symgate.nonlinearities import registered_nonlinearities
from symgate.records import Cell


def all_known(cell: Cell, names: tuple[tuple[str, str], ...]) -> None:
    """Refuse a notation whose names the recurrence does not have.

    Raises:
        UnreadableError: one of them.
    """
    known = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}
    known |= {f"{state.name}_prev" for state in cell.states}
    for look, name in names:
        if name not in known:
            raise UnreadableError(f"the notation says that {look} is {name}, which the recurrence does not have")


_ADDED = re.compile(r"(?m)(?:^|(?<=;))([ \t]*)([A-Za-z]\w*)([ \t]*)\+=")
_SUMMED = "+= adds up over the steps: what a step adds is compared with the part of that step"


def without_added(claim: str, cell: Cell) -> tuple[str, tuple[str, ...]]:
    """Lines of code such as dW += ..., each as what the step adds, and what is told of it.

    Raises:
        UnreadableError: += adds to what is not the gradient by a parameter, or twice to one.
    """
    found = list(_ADDED.finditer(claim))
    if not found:
        return claim, ()
    names, parameters = names_for(some(cell)), {str(item.name) for item in cell.parameters}
    for hit in found:
        lines = re.findall(rf"(?m)(?:^|;)[ \t]*{hit[2]}[ \t]*\+?=(?!=)", claim)
        if spelled_gradient(hit[2], names) not in parameters or len(lines) > 1:
            raise UnreadableError(f"+= adds to what {hit[2]} was before; write one line with the whole of {hit[2]}")
    return _ADDED.sub(r"\1\2\3 =", claim), (_SUMMED,)


def with_words(claim: str, cell: Cell, form: str | None) -> str:
    """A claim with the recurrence's names of several letters as words, where nothing else of the recurrence fits."""
    if form == "text":
        return claim
    names = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}
    stems = {name.removesuffix("_0") if is_taken(name.removesuffix("_0")) else name for name in names}
    words = {stem for stem in stems if stem.isalpha() and len(stem) > 1 and stem not in registered_nonlinearities()}
    return worded(claim, (word for word in words - {"dt", *GREEK} if not set(word) <= names))
