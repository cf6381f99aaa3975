r"""A formula with the macros of its paper written out; copied text, capped, nothing executed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from symgate.claims.reading.latex_macros import EXPANSIONS
from symgate.claims.reading.limits import LONGEST
from symgate.notation import MacroDefinition

_HOLES = re.compile(r"(#[1-9])")
_COMMAND = re.compile(r"\\([A-Za-z]+)")


def written_out(tex: str, macros: Mapping[str, MacroDefinition]) -> str:
    """The formula with its macros written out; as it is where that takes too often or becomes too long."""
    found, place = tex, 0
    for _ in range(EXPANSIONS):
        match = _COMMAND.search(found, place)
        if match is None or len(found) > 4 * LONGEST:
            return found if len(found) <= 4 * LONGEST else tex
        macro = macros.get(match[1])
        if macro is None:
            place = match.end()
            continue
        end = match.end()
        given = []
        for _argument in range(macro.arity):
            argument, end = _argument_at(found, end)
            given.append(argument)
        body = "".join(_filled(piece, given) for piece in _HOLES.split(macro.body))
        body = body + " " if body[-1:].isalpha() and found[end : end + 1].isalpha() else body
        found, place = found[: match.start()] + body + found[end:], match.start()
    return tex


def _filled(piece: str, given: list[str]) -> str:
    """A piece of a body, or the argument that its hole stands for."""
    if not _HOLES.fullmatch(piece):
        return piece
    which = int(piece[1])
    return given[which - 1] if which <= len(given) else ""


def _argument_at(text: str, place: int) -> tuple[str, int]:
    """A braced argument, a command or a letter; and where what follows starts."""
    while place < len(text) and text[place].isspace():
        place += 1
    if place >= len(text):
        return "", place
    if text[place] == "\\":
        match = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL).match(text, place)
        return (match[0], match.end()) if match else ("", place)
    if text[place] != "{":
        return text[place], place + 1
    depth = 0
    for end in range(place, len(text)):
        if text[end] in "{}" and text[end - 1] != "\\":
            depth += 1 if text[end] == "{" else -1
            if depth == 0:
                return text[place + 1 : end], end + 1
    return text[place + 1 :], len(text)
