r"""The tokens of a formula: macros expanded; spacing, sizes of brackets, labels and marks of alignment left out.

In: text that has passed ``limits.guard``.  Out: tokens with their positions in that text, for the parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from symgate.claims.reading.latex_lexer import Token, argument_at, lexed
from symgate.claims.reading.latex_macros import Macro, expanded
from symgate.claims.reading.limits import TOKENS, UnreadableError

_SKIPPED = re.compile(
    r"left|right|[bB]igg?[lrm]?|displaystyle|textstyle|scriptstyle|nonumber|notag|limits|nolimits|allowbreak|quad|qquad|"
    r"middle|mathstrut|strut|hfill|noindent|smallskip|medskip|bigskip|centering|par|bf|rm|it|sf|protect|hskip|enspace|"
    r"thinspace|negthinspace|null|relax|mathrel|mathbin|mathop|mathord|ensuremath"
)
_RUN_ON = re.compile(r"\\((q?quad)[A-Za-z]+)")
_DROPPED = frozenset(
    ["label", "tag", "hspace", "vspace", "phantom", "hphantom", "vphantom", "color", "footnote", "cite", "ref", "eqref"]
)
#: The absolute value is a function like any other.
_FENCES = {"lvert": (("word", "abs"), ("sign", "(")), "rvert": (("sign", ")"),)}
_BARS = {"|": (_FENCES["lvert"], _FENCES["rvert"]), "\\|": ((("cmd", "lVert"),), (("cmd", "rVert"),))}
_SPELT = {"vert": "|", "mid": "|", "Vert": "\\|"}
_UNWRAPPED = {"underbrace": "_", "overbrace": "^", "boxed": "", "underline": "", "mathstrut": "", "num": ""}


def tokens_of(text: str, macros: Mapping[str, Macro] | None = None, *, loose: bool = False) -> list[Token]:
    """The tokens of a formula.

    Args:
        text: the formula.
        macros: definitions, by name.
        loose: whether letters that stand together are one word, as in ``W_hh`` and ``d_bar``, where TeX would take the
        first.

    Raises:
        UnreadableError: macros that expand too often, or into too much; \\quad that runs into the letters behind it,
        which would be a name of its own.
    """
    run = next((hit for hit in _RUN_ON.finditer(text) if hit[1] not in (macros or {})), None)
    if run is not None:
        raise UnreadableError(f"\\{run[1]} is not a command; put a space after \\{run[2]}", run.start(), run[0])
    found = expanded(lexed(text, loose=loose), macros or {}, loose=loose)
    if len(found) > 4 * TOKENS:
        raise UnreadableError(f"after its macros are expanded it has more than {4 * TOKENS} words and signs", 0)
    return _unaligned(_fenced(_tidied(found)))


def _fenced(tokens: list[Token]) -> list[Token]:
    """Bare bars as what they stand for: |v| is abs(v), ||v|| and \\|v\\| are norms.

    A bar closes the one before it in the same brackets, unless a sign or nothing stands in front of it.

    Raises:
        UnreadableError: a bar is never closed.
    """
    found: list[Token] = []
    opened: list[list[Token]] = [[]]  # in each bracket that is open, the bars that are
    place = 0
    while place < len(tokens):
        token, before = tokens[place], found[-1] if found else None
        place += 1
        if token.kind == "sign" and token.text in ("(", "[", "{", "\\{"):
            opened.append([])
        elif token.kind == "sign" and token.text in (")", "]", "}", "\\}") and len(opened) > 1:
            _closed(opened.pop())
        if token.kind != "sign" or token.text not in ("|", "\\|"):
            found.append(token)
            continue
        double = token.text == "|" and place < len(tokens) and tokens[place].text == "|"
        place += double
        bar = "\\|" if double else token.text
        asks = before is None or (before.kind == "sign" and before.text in tuple("+-*/=,([{"))
        closes = bool(opened[-1]) and opened[-1][-1].text == bar and not asks
        if closes:
            opened[-1].pop()
        else:
            opened[-1].append(Token("sign", bar, token.at))
        found += [Token(kind, text, token.at) for kind, text in _BARS[bar][closes]]
    for bars in opened:
        _closed(bars)
    return found


def _closed(bars: list[Token]) -> None:
    if bars:
        raise UnreadableError(
            "this bar is never closed; |v| is the absolute value of each entry, and values at a point are not read",
            bars[-1].at,
            bars[-1].text,
        )


def _unaligned(tokens: list[Token]) -> list[Token]:
    """Without the marks of alignment, which mean something in a matrix only."""
    found: list[Token] = []
    matrices = 0
    for place, token in enumerate(tokens):
        if token.kind == "cmd" and token.text in ("begin", "end"):
            name = "".join(item.text for item in tokens[place + 2 : place + 14])
            inside = "matrix" in name.split("}")[0] or name.startswith("array")
            matrices += inside * (1 if token.text == "begin" else -1)
        if token.text != "&" or token.kind != "sign" or matrices > 0:
            found.append(token)
    return found


def _tidied(tokens: list[Token]) -> list[Token]:
    """Without spacing, sizes of brackets, labels and frames."""
    found: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token.kind != "cmd":
            found.append(token)
        elif token.text in ("left", "right", "middle") and place < len(tokens) and tokens[place].text == ".":
            place += 1
        elif token.text in ("left", "right") and place < len(tokens) and tokens[place].text == "|":
            found += [Token(kind, text, token.at) for kind, text in _FENCES[f"{token.text[0]}vert"]]
            place += 1
        elif (token.text in _DROPPED and place < len(tokens)) or (token.text == "textcolor" and place < len(tokens)):
            _, place = argument_at(tokens, place, token.at)
        elif token.text in _UNWRAPPED:
            inner, place = argument_at(tokens, place, token.at)
            found += [Token("sign", "{", token.at), *_tidied(inner), Token("sign", "}", token.at)]
            if place < len(tokens) and tokens[place].text == _UNWRAPPED[token.text]:
                _, place = argument_at(tokens, place + 1, token.at)
        elif token.text in ("stackrel", "overset", "underset"):
            _, place = argument_at(tokens, place, token.at)
            inner, place = argument_at(tokens, place, token.at)
            found += _tidied(inner)
        elif token.text in _SPELT:
            found.append(Token("sign", _SPELT[token.text], token.at))
        elif token.text in _FENCES:
            found += [Token(kind, text, token.at) for kind, text in _FENCES[token.text]]
        elif not _SKIPPED.fullmatch(token.text):
            found.append(token)
    return found
