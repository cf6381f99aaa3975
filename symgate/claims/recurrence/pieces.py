r"""A recurrence as it stands in a paper, cut into pieces of tokens, one for each equation.

In: text.  Out: the tokens of every equation.  They end at line breaks, ``\\``, commas, semicolons and words such as
"where"; a line goes on below where a sign such as + stands at the break.  Remarks such as "t = 1, ..., T" and
"W \in R^{n x n}" are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from symgate.claims.reading.latex_lexer import Token, closing
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.latex_sides import sides_of
from symgate.claims.reading.latex_signs import RELATIONS
from symgate.claims.reading.latex_tokens import tokens_of
from symgate.claims.reading.limits import UnreadableError, near

#: What stands for prose between equations.
PROSE = "\N{PILCROW SIGN}"
#: Signs of remarks such as W \\in \\mathbb{R}^{n \\times m}.
_MEMBERS = frozenset({"in", "forall", "sim", "mathbb", "colon", "to"})
_JOINING = frozenset({"cdot", "times", "odot", "circ", "bullet", "otimes", "ast", "star", "cdotp", "had", "kron"})
_OPENS, _CLOSES = (re.compile(rf"\\{end}\s*\{{\s*(?:\w*matrix|array)\s*\}}") for end in ("begin", "end"))
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


def pieces_of(text: str, macros: Mapping[str, Macro] | None = None, *, loose: bool = False) -> list[list[Token]]:
    """The tokens of every equation.

    Raises:
        UnreadableError: a piece has no equals sign and does not go on where the one before it ends.
    """
    found: list[list[Token]] = []
    listed: list[Token] = []  # names before "\\in", such as W, U \in ...
    for sign, piece in _cut_lines(without_prose(text, PROSE), macros, loose=loose):
        sides = sides_of(piece)
        range_ = len(sides) > 1 and sides[1][0] in ("<", "<=", ">", ">=") and not any(t.text in "_^" for t in piece)
        remark = range_ or any(token.text in _MEMBERS for token in piece)
        if remark or (len(sides) == 1 and sign == PROSE):
            listed = []
        elif len(sides) > 1 and not listed:
            found.append(piece)
        elif found and not listed and sign in ("\\\\", "\n") and (_joins(found[-1][-1]) or _follows(piece[0])):
            found[-1] += piece
        elif found and not listed and _numbered(found[-1]):
            continue  # t = 1, 2, ..., T
        elif len(sides) == 1 and (len(piece) == 1 or piece[1].text in ("_", "^")):
            listed = listed or piece
        else:
            raise _stray(listed or piece, text)
    if listed:
        raise _stray(listed, text)
    return found


def _stray(piece: list[Token], text: str) -> UnreadableError:
    """What to do about a piece that is no equation."""
    return UnreadableError(
        "this has no equals sign, so it is not an equation; where it goes on with the line above, put a sign such as + "
        "or \\cdot at the break, and leave out what is not an equation",
        piece[0].at,
        near(text, piece[0].at),
    )


def _joins(token: Token) -> bool:
    """Whether a sign asks for something behind it."""
    if token.kind == "cmd":
        return token.text in _JOINING or RELATIONS.get(token.text) == "="
    return token.kind == "sign" and token.text in ("+", "-", "*", "/", "@", "=", "(", "[", "{", "&")


def _follows(token: Token) -> bool:
    """Whether a sign asks for something in front of it."""
    return _joins(token) or (token.kind == "sign" and token.text in (")", "]", "}", ".", "'", "^", "_"))


def _numbered(piece: list[Token]) -> bool:
    """Whether it says which numbers a letter runs through, such as t = 1."""
    words = [token for token in piece if token.kind != "sign" or token.text not in (".", ",")]
    shown = [token for token in words if token.text not in ("dots", "ldots", "cdots")]
    return len(shown) in (2, 3) and words[1].text == "=" and all(token.kind == "number" for token in shown[2:])


def _cut_lines(text: str, macros: Mapping[str, Macro] | None, *, loose: bool) -> Iterator[tuple[str, list[Token]]]:
    """Pieces with what stands before each: a break of a line or row, a comma, prose."""
    for start, line in _lines(text):
        tokens = undisplayed(tokens_of(line, macros, loose=loose))
        moved = [Token(token.kind, token.text, token.at + start) for token in tokens]
        sign = "\n"
        for mark, piece in _cut(moved):
            sign = mark or sign
            bare = _unbraced(piece)
            if any(token.text not in (".", ",") for token in bare):
                yield sign, bare
                sign = ""


def _unbraced(piece: list[Token]) -> list[Token]:
    """Without empty braces in front, which only make room."""
    while len(piece) > 1 and (piece[0].text, piece[1].text) == ("{", "}"):
        piece = piece[2:]
    return piece


def without_prose(text: str, mark: str = ",") -> str:
    """Words such as "where" as a mark, at the same positions."""

    def blank(match: re.Match[str]) -> str:
        words = match[1].strip(" ,.;:")
        return (
            match[0]
            if re.fullmatch(r"[A-Za-z]+", words) and not _WORDS.fullmatch(words)
            else mark + " " * (len(match[0]) - 1)
        )

    text = _PROSE.sub(blank, text)
    return _WORDS.sub(lambda match: mark + " " * (len(match[0]) - 1), text)


def _lines(text: str) -> list[tuple[int, str]]:
    """Lines; several together where brackets or matrices stay open."""
    found: list[tuple[int, str]] = []
    start, at, depth = 0, 0, 0
    for line in text.split("\n"):
        if depth <= 0 or not found:
            found.append((at, line))
        else:
            start = found[-1][0]
            found[-1] = (start, text[start : at + len(line)])
        shown = re.sub(r"\\\\|\\[\[\]()]|%.*", "", line)
        depth += sum(shown.count(sign) for sign in "([{") - sum(shown.count(sign) for sign in ")]}")
        depth += len(_OPENS.findall(shown)) - len(_CLOSES.findall(shown))
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


def _cut(tokens: list[Token]) -> list[tuple[str, list[Token]]]:
    """At ``\\\\``, semicolons, prose, and commas outside brackets: each piece with the sign before it."""
    found: list[tuple[str, list[Token]]] = [("", [])]
    depth = 0
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in ("(", "[", "{", "\\{")) - (token.text in (")", "]", "}", "\\}"))
        elif token.kind == "cmd" and token.text in ("begin", "end"):
            depth += 1 if token.text == "begin" else -1
        ends = token.kind == "sign" and token.text in ("\\\\", ";", ",", ":", PROSE) and depth == 0
        if ends and not _colon(token, tokens):
            found.append((token.text, []))
        else:
            found[-1][1].append(token)
    return found


def _colon(token: Token, tokens: list[Token]) -> bool:
    """Whether it is the colon of ``:=``."""
    if token.text != ":":
        return False
    place = tokens.index(token)
    return place + 1 < len(tokens) and tokens[place + 1].text == "="
