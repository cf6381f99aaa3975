r"""LaTeX as tokens as it stands, and the arguments among them: commands, letters, words, numbers and signs.

In: text that has passed ``limits.guard``.  Out: tokens with their positions in that text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from symgate.claims.reading.decimals import NUMBER, decimal
from symgate.claims.reading.limits import UnreadableError

#: Words that are one word also without a backslash.
WORDS = frozenset(
    [
        "tanh",
        "sigmoid",
        "sigm",
        "logistic",
        "relu",
        "ReLU",
        "diag",
        "Diag",
        "exp",
        "log",
        "sin",
        "cos",
        "softplus",
        "vec",
        "ones",
        "eye",
        "max",
        "min",
        "erf",
        "expm1",
        "sqrt",
        "abs",
        "silu",
        "gelu",
        "elu",
    ]
)
#: Subscripts that are one word also without braces, as in h_prev.
SCRIPTS = frozenset({"prev", "old", "new", "rec", "in", "out", "bar", "hat", "tilde"})
_PATTERN = (
    r"\\(?P<cmd>[A-Za-z]+)\*?|\\(?P<sign>[,;:! ])|(?P<row>\\\\(?:\[[^\]]*\])?)|\\(?P<esc>[|{}_&%#$])"
    r"|(?P<comment>%[^\n]*)|(?P<space>[\s~$]+)|(?P<dots>\.\.\.)"
    rf"|(?P<number>{NUMBER})|(?P<letters>[A-Za-z]+)|(?P<other>.)"
)
_TOKEN = re.compile(_PATTERN, re.DOTALL)
_LOOSE = re.compile(_PATTERN.replace("(?P<letters>[A-Za-z]+)", "(?P<letters>[A-Za-z][A-Za-z0-9]*)"), re.DOTALL)


@dataclass(frozen=True)
class Token:
    """One token.

    Attributes:
        kind: "cmd" (a command, without its backslash), "letter", "word" (letters that belong together), "number" or
        "sign".
        text: its letters.
        at: where it stands in the text.
    """

    kind: str
    text: str
    at: int


def lexed(text: str, *, loose: bool, fixed: int | None = None) -> list[Token]:
    """The tokens of a text as it stands, each at its own position or all of them at a fixed one."""
    found: list[Token] = []
    for match in (_LOOSE if loose else _TOKEN).finditer(text):
        at = match.start() if fixed is None else fixed
        kind = match.lastgroup or "other"
        if kind in ("space", "comment", "sign"):
            continue
        if kind == "cmd":
            found.append(Token("cmd", match["cmd"], at))
        elif kind == "row":
            found.append(Token("sign", "\\\\", at))
        elif kind == "esc":
            found.append(Token("sign", "\\" + match["esc"], at))
        elif kind == "number":
            found.append(Token("number", decimal(match["number"], at), at))
        elif kind == "dots":
            found.append(Token("cmd", "dots", at))
        elif kind == "letters":
            below = bool(found) and found[-1].text == "_" and match["letters"] in SCRIPTS
            found += _letters(match["letters"], at, loose=loose or below, moves=fixed is None)
        else:
            found.append(Token("sign", match["other"], at))
    return found


def _letters(run: str, at: int, *, loose: bool, moves: bool) -> list[Token]:
    """A run of letters: one word, or letters."""
    if len(run) > 1 and (loose or run in WORDS):
        return [Token("word", run, at)]
    return [Token("letter", letter, at + place * moves) for place, letter in enumerate(run)]


def argument_at(tokens: list[Token], place: int, at: int) -> tuple[list[Token], int]:
    """The tokens of a braced argument, or the next token; and where what follows starts."""
    if place >= len(tokens):
        raise UnreadableError("a command lacks its argument", at)
    if tokens[place].text != "{":
        return [tokens[place]], place + 1
    end = closing(tokens, place)
    return tokens[place + 1 : end], end + 1


def closing(tokens: list[Token], place: int) -> int:
    """Where the brace that opens at ``place`` closes."""
    depth = 0
    for end in range(place, len(tokens)):
        if tokens[end].kind == "sign" and tokens[end].text in ("{", "}"):
            depth += 1 if tokens[end].text == "{" else -1
            if depth == 0:
                return end
    raise UnreadableError("this bracket is never closed", tokens[place].at, "{")
