r"""Claims about a parameter in general, \partial L / \partial \theta: each parameter of the cell is put in its place.

In: a claim with a \theta that the recurrence does not have, and how a claim is judged.  Out: the verdict for all of
them: proved only where every one is, refuted where one is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from symgate.claims.judging.record import UNREADABLE, Finding
from symgate.claims.reading.limits import UnreadableError
from symgate.notation import Notation
from symgate.proof import PROVED, REFUTED, UNDECIDED
from symgate.records import Cell

_LETTER = r"\\?(?P<letter>theta|Theta|vartheta)(?![A-Za-z_^])"
_BY = re.compile(rf"(?:\\partial|\\nabla\s*_|(?<![A-Za-z\\])d)\s*(?:\\(?:math|bold|bm|vec)[a-z]*)?[\s{{(]*{_LETTER}")
_WORST = (PROVED, UNDECIDED, UNREADABLE, REFUTED)


def general_parameter(claim: str, cell: Cell, notation: Notation) -> str:
    r"""The letter that stands for any parameter, such as \theta; "" where there is none, or the recurrence has it."""
    match = _BY.search(claim)
    if match is None:
        return ""
    letter = match["letter"]
    own = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments), *dict(cell.functions)}
    own |= {shown for _, shown in cell.written}
    taken = any(letter in name.split("_") or f"\\{letter}" in name for name in own)
    return "" if taken or any(letter in look for look, _ in notation.names) else f"\\{letter}"


def judge_every(cell: Cell, letter: str, notation: Notation, judge: Callable[[Notation], Finding]) -> Finding:
    """The worst verdict of those with each parameter in the place of the letter.

    Raises:
        UnreadableError: it is read for no parameter, or the cell has none.
    """
    found: dict[str, Finding] = {}
    failed = UnreadableError(f"{letter} stands for any parameter, but the recurrence has no parameters")
    for name in (str(item.name) for item in cell.parameters):
        try:
            found[name] = judge(replace(notation, names=(*notation.names, (letter, name))))
        except UnreadableError as error:
            failed = error
            found[name] = Finding(cell.name, "", "", UNREADABLE, f"{error}")
        if found[name].verdict == REFUTED:
            break
    if not any(item.verdict != UNREADABLE for item in found.values()):
        raise failed
    name, worst = max(found.items(), key=lambda item: _WORST.index(item[1].verdict))
    every, notes = ", ".join(found), dict.fromkeys(note for item in found.values() for note in item.notes)
    note = f"{letter} is read as each parameter of the recurrence, one after another: {every}"
    if worst.verdict == PROVED:
        return replace(worst, notes=(*notes, note), statement=f"For every parameter: {worst.statement}")
    verdict = UNDECIDED if worst.verdict == UNREADABLE else worst.verdict
    return replace(worst, verdict=verdict, notes=(*notes, note), statement=f"With {name}: {worst.statement}")
