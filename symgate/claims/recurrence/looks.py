r"""A word of a recurrence as a name with a time.

In: a letter with its scripts, and what follows it.  Out: ``Look``.  ``\mathbf{W}_{rec}`` and ``W^{(rec)}`` are one
name, W_rec; of ``h_{t-1}``, ``h^{(t-1)}``, ``h(t-1)`` and ``h_prev`` the name is h.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from symgate.claims.reading.latex_signs import LARGEST
from symgate.claims.reading.moments import from_tokens, is_moment
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import MARKS, PREVIOUS, items_of, pieces_of, unwrapped
from symgate.names import PATTERN, is_taken

BOLD = frozenset({"mathbf", "boldsymbol", "bm", "pmb", "textbf", "vect", "mat", "vec"})
_SPELLED = {"varphi": "phi", "varepsilon": "epsilon", "varrho": "rho", "vartheta": "theta", "ell": "l"}
_KEPT = {
    "1",
    "0",
    "I",
    "eye",
    "Id",
    "ones",
    "cdots",
    "dots",
    "ldots",
    "sum",
    "prod",
    "partial",
    "diag",
    "Diag",
    "dg",
    *LARGEST,
}
#: Faces of words whose entries were indexed by one letter and by two.
VECTOR_FACE, MATRIX_FACE = "vector", "matrix"
_POWER = re.compile(r"(?:odot|circ|had)?-?[0-9]+")


@dataclass(frozen=True)
class Look:
    """A word as it stands.

    Attributes:
        name: its plain name.
        offset: its time relative to the letter of time; None where it carries none.
        marks: what is left above it: powers and transposes.
        applied: whether a bracket follows.
        bold: whether its face is bold; None where no face is given.
        at: where it stands.
        stem: its letters.
        bracketed: whether its time stands in the bracket that follows.
        kind: "vector" or "matrix" where its entries were indexed; "" where nothing says.
    """

    name: str
    offset: int | None
    marks: tuple[Script, ...]
    applied: bool
    bold: bool | None
    at: int
    stem: str
    bracketed: bool = False
    kind: str = ""


def words_with_next(raw: Raw) -> Iterator[tuple[Raw, Raw | None]]:
    """Every word with what follows it in its product."""
    if raw.kind == "word":
        yield raw, None
    for place, part in enumerate(raw.args):
        if part.kind == "word":
            follows = raw.args[place + 1] if raw.kind == "chain" and place + 1 < len(raw.args) else None
            yield part, follows
        else:
            yield from words_with_next(part)


def look_of(raw: Raw, follows: Raw | None, letter: str | None) -> Look | None:
    """A word as a name with a time; None for signs and constants such as 1 and I."""
    if raw.value in _KEPT and not any(script.place in ("_", "~") for script in raw.scripts):
        return None
    below, above = items_of(raw)
    offset: int | None = None
    parts: list[str] = []
    marks: list[Script] = []
    for script in [*below, *above]:
        time = None if letter is None or offset is not None else offset_of(script, letter)
        if time is not None:
            offset = time
        elif script.joined in PREVIOUS and offset is None:
            offset = -1
        elif script in above and (script.joined in MARKS or _POWER.fullmatch(script.joined) or not _plain(script)):
            marks.append(script)
        else:
            parts.append(_part(script))
    marks += [script for script in raw.scripts if script.place == "'"]
    bracketed = False
    grouped = follows is not None and follows.kind in ("group", "list") and follows.value in ("(", "[", "\\{")
    if letter is not None and offset is None and grouped and follows is not None and follows.kind == "group":
        inner = pieces_of(follows.args[0])
        offset = offset_of(Script("^", inner, raw.at), letter) if inner else None
        bracketed = offset is not None
    first = next((script for script in below if script.joined.isdigit()), None)
    if letter is not None and offset is not None and first is not None and parts[:1] == [first.joined]:
        name = plain_name(raw.value + first.joined, parts[1:])  # p_{0,t} is p0, where p^{(0)}_t is p_0
    else:
        name = plain_name(raw.value, parts)
    kind = raw.face if raw.face in (VECTOR_FACE, MATRIX_FACE) else ""
    bold = raw.face in BOLD if raw.face and not kind else None
    return Look(name, offset, tuple(marks), grouped and not bracketed, bold, raw.at, raw.value, bracketed, kind)


def _plain(script: Script) -> bool:
    return re.fullmatch(r"\(?[A-Za-z0-9]+\)?", script.joined) is not None


def _part(script: Script) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", script.joined)


def offset_of(script: Script, letter: str) -> int | None:
    """The offset of a time such as t-1 or (t+\\Delta t); None where it is not a time."""
    tokens = [(word.lstrip("\\"), at) for word, at in unwrapped(script).bare]
    for step in ("Delta", "delta", "d"):
        spelled = [word for word, _ in tokens]
        if len(tokens) == 4 and spelled[0] == spelled[3] == letter and spelled[2] == step:
            return 1 if spelled[1] == "+" else -1
    if not tokens or tokens[0][0] != letter or not is_moment(tokens):
        return None
    node = from_tokens(tokens, script.at)
    if node.kind == "name":
        return 0
    if node.kind != "sum" or len(node.args) != 2 or len(node.value) != 2:
        return None
    first, *rest = node.args
    if first.kind != "name" or len(rest) != 1 or rest[0].kind != "number" or len(rest[0].value) > 2:
        return None
    return int(rest[0].value) * (1 if node.value[1] == "+" else -1)


def plain_name(stem: str, parts: list[str]) -> str:
    """The plain name of a letter with its scripts, one that a symbol may have."""
    stem = _SPELLED.get(stem, stem)
    name = "_".join(part for part in [re.sub(r"[^A-Za-z0-9_]", "", stem), *parts] if part)
    if is_taken(name):
        name += "_0"
    return name if PATTERN.match(name) else ""
