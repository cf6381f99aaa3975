r"""LaTeX as tokens: macros expanded (a capped number of times), spacing, sizes of brackets and labels left out.

In: text that has passed ``limits.guard``.  Out: tokens with their positions in that text.  Nothing is executed: a
macro is a
body with holes, and expanding it copies tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from symgate.claims.reading.decimals import NUMBER, decimal
from symgate.claims.reading.limits import TOKENS, UnreadableError, near

#: How often macros may be expanded in one formula, and how deep one may stand in another.
EXPANSIONS, NESTED = 2000, 20

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


@dataclass(frozen=True)
class Macro:
    """``\\newcommand{\\name}[arity]{body}``."""

    name: str
    arity: int
    body: str


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
        raise UnreadableError(f"\\{run[1]} is no command; put a space behind \\{run[2]}", run.start(), run[0])
    found = _expanded(_split(text, 0, loose=loose), macros or {}, [0], 0, loose=loose)
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


def _split(text: str, offset: int, *, loose: bool, fixed: int | None = None) -> list[Token]:
    found: list[Token] = []
    for match in (_LOOSE if loose else _TOKEN).finditer(text):
        at = offset + match.start() if fixed is None else fixed
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


def _expanded(
    tokens: list[Token], macros: Mapping[str, Macro], spent: list[int], depth: int, *, loose: bool
) -> list[Token]:
    if not macros:
        return tokens
    found: list[Token] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        macro = macros.get(token.text) if token.kind == "cmd" else None
        if macro is None:
            found.append(token)
            continue
        spent[0] += 1
        if spent[0] > EXPANSIONS or depth >= NESTED:
            raise UnreadableError("macros expand too often or into one another", token.at, "\\" + token.text[:15])
        given = []
        for _ in range(macro.arity):
            argument, place = argument_at(tokens, place, token.at)
            given.append(argument)
        body = _filled(_split(macro.body, 0, loose=loose, fixed=token.at), given)
        found += _expanded(body, macros, spent, depth + 1, loose=loose)
        if len(found) > 4 * TOKENS:
            raise UnreadableError("macros expand into too much", token.at, "\\" + token.text[:15])
    return found


def _filled(body: list[Token], given: list[list[Token]]) -> list[Token]:
    """A macro's body with #1, #2, ... replaced."""
    found: list[Token] = []
    place = 0
    while place < len(body):
        token = body[place]
        place += 1
        if token.text == "#" and place < len(body) and body[place].text.isdigit():
            which = int(body[place].text)
            place += 1
            if not 1 <= which <= len(given):
                raise UnreadableError(f"a macro has no argument #{which}", token.at)
            found += given[which - 1]
        else:
            found.append(token)
    return found


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


def shown(text: str, token: Token) -> str:
    """A few characters of the text at a token."""
    return near(text, token.at)
