r"""A recurrence as it stands in a paper, cut into equations: left side and right side as raw factors.

Equations end at line breaks, ``\\``, commas, semicolons and words such as "where"; a piece without an equals sign goes
on the
one before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from symgate.claims.reading.latex_parser import parsed_tokens, sides_of
from symgate.claims.reading.latex_tokens import Macro, Token, closing, tokens_of
from symgate.claims.reading.limits import UnreadableError, guard, nesting
from symgate.claims.reading.raw import Raw

#: How many equations a recurrence may have.
MOST = 64
#: Environments that only arrange equations.
DISPLAYS = frozenset(
    [
        "equation",
        "align",
        "aligned",
        "alignat",
        "alignedat",
        "gather",
        "gathered",
        "split",
        "multline",
        "eqnarray",
        "cases",
        "subequations",
        "displaymath",
        "math",
        "flalign",
        "dcases",
        "empheq",
    ]
)
_PROSE = re.compile(r"\\(?:text|mbox|textrm|textit|intertext)\s*\{([^{}]*)\}")
_WORDS = re.compile(
    r"(?<![\\A-Za-z_{])(?:where|with|and|for all|for|if|let|then|given by|by)(?![A-Za-z_}])", re.IGNORECASE
)


@dataclass(frozen=True)
class Equation:
    """One equation of a recurrence.

    Attributes:
        left, right: its sides; of a chain a = b = c the first and the last.
        at: where it starts in the text.
        given: its letters as written.
    """

    left: Raw
    right: Raw
    at: int
    given: str


def equations_of(text: str, macros: Mapping[str, Macro] | None = None) -> tuple[Equation, ...]:
    """The equations of a recurrence.

    Raises:
        UnreadableError: something is not an equation of the notation; the position and the reason are given.
    """
    text = guard(text)
    nesting(text)
    loose = "\\" not in text
    found: list[Equation] = []
    for piece in pieces(text, macros):
        sides = sides_of(piece)
        if len(sides) == 1:
            raise UnreadableError("an equation has an equals sign", piece[0].at, piece[0].text)
        if any(relation != "=" for relation, _ in sides[1:]):
            raise UnreadableError("a recurrence is made of equations; found another relation", piece[0].at)
        left, right = (parsed_tokens(side, loose=loose, at=piece[0].at) for side in (sides[0][1], sides[-1][1]))
        end = piece[-1].at + len(piece[-1].text)
        found.append(Equation(left, right, piece[0].at, text[piece[0].at : end]))
        if len(found) > MOST:
            raise UnreadableError(f"a recurrence has at most {MOST} equations", piece[0].at)
    if not found:
        raise UnreadableError("it has no equation", 0)
    return tuple(found)


def pieces(text: str, macros: Mapping[str, Macro] | None = None) -> list[list[Token]]:
    """The tokens of every equation."""
    found: list[list[Token]] = []
    for start, line in _lines(without_prose(text)):
        tokens = undisplayed(tokens_of(line, macros, loose="\\" not in text))
        for piece in _cut([Token(token.kind, token.text, token.at + start) for token in tokens]):
            if found and len(sides_of(piece)) == 1:
                found[-1] += piece
            else:
                found.append(piece)
    return found


def without_prose(text: str) -> str:
    """Words such as "where" as commas, at the same positions."""

    def blank(match: re.Match[str]) -> str:
        words = match[1].strip(" ,.;:")
        return (
            match[0]
            if re.fullmatch(r"[A-Za-z]+", words) and not _WORDS.fullmatch(words)
            else "," + " " * (len(match[0]) - 1)
        )

    text = _PROSE.sub(blank, text)
    return _WORDS.sub(lambda match: "," + " " * (len(match[0]) - 1), text)


def _lines(text: str) -> list[tuple[int, str]]:
    """Lines that hold an equation of their own, each with what goes on below it; several where braces stay open."""
    found: list[tuple[int, str]] = []
    start, at, depth = 0, 0, 0
    for line in text.split("\n"):
        if (found and depth == 0 and "=" in line and not re.match(r"\s*&?\s*=", line)) or not found:
            found.append((at, line))
        else:
            start = found[-1][0]
            found[-1] = (start, text[start : at + len(line)])
        depth += sum(line.count(sign) for sign in "([{") - sum(line.count(sign) for sign in ")]}")
        at += len(line) + 1
    return found


def undisplayed(tokens: list[Token]) -> list[Token]:
    """Without environments that only arrange."""
    found: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token.kind == "cmd" and token.text in ("begin", "end") and place < len(tokens) and tokens[place].text == "{":
            end = closing(tokens, place)
            name = "".join(item.text for item in tokens[place + 1 : end]).rstrip("*")
            if name in DISPLAYS or name == "array":
                place = end + 1
                if name == "array" and token.text == "begin" and place < len(tokens) and tokens[place].text == "{":
                    place = closing(tokens, place) + 1
                if (
                    name.startswith("aligned")
                    and name.endswith("at")
                    and place < len(tokens)
                    and tokens[place].text == "{"
                ):
                    place = closing(tokens, place) + 1
                found.append(Token("sign", "\\\\", token.at))
                continue
        if token.kind == "cmd" and token.text in ("[", "]"):
            continue
        found.append(token)
    return found


def _cut(tokens: list[Token]) -> list[list[Token]]:
    """At ``\\\\``, semicolons, and commas outside brackets."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in ("(", "[", "{", "\\{")) - (token.text in (")", "]", "}", "\\}"))
        if token.kind == "sign" and token.text in ("\\\\", ";", ",", ":") and depth == 0 and not _colon(token, tokens):
            found.append([])
        else:
            found[-1].append(token)
    return [piece for piece in found if any(token.text not in (".", ",") for token in piece)]


def _colon(token: Token, tokens: list[Token]) -> bool:
    """Whether it is the colon of ``:=``."""
    if token.text != ":":
        return False
    place = tokens.index(token)
    return place + 1 < len(tokens) and tokens[place + 1].text == "="
