r"""Which scripts of a letter belong to its name, which is its time, and which are a transpose or a power.

In: a raw word and the names in use.  Out: the plain name, its time index, what is left above it.
``W^{(rec)}``, ``W_{rec}``, ``\tilde{h}_t``, ``h^{(t-1)}``, ``h^{\langle t\rangle}`` and ``h^{(t-1)\top}`` are told
apart here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import sympy

from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError, guard
from symgate.claims.reading.moments import from_tokens, is_moment, moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Piece, Raw, Script
from symgate.claims.reading.surface import Node

#: Subscripts of the state before the step.
PREVIOUS = frozenset({"prev", "old", "previous"})
#: Superscripts that transpose.
MARKS = frozenset({"top", "T", "transp", "intercal", "mathsf", "prime", "tr", "mathsfT"})
#: Superscripts that make a power one entry by entry.
ENTRYWISE = (["\\odot"], ["\\circ"], ["\\had"])
#: The face of words that are plain names already.
PLAIN = "plain"
_TURNS = ({"\\top"}, {"\\intercal"}, {"\\transp"}, {"T"})


def items_of(raw: Raw) -> tuple[list[Script], list[Script]]:
    """The scripts below (accents first) and above, split at commas; a transpose behind a time is one of its own."""
    below = [script for script in raw.scripts if script.place == "~"]
    above: list[Script] = []
    for script in raw.scripts:
        if script.place in ("_", "^"):
            parts = _split(script)
            (below if script.place == "_" else above).extend(parts)
    return below, above


def aliases(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What an author writes, such as (``\\tilde{C}``, "g"), as (plain name, letter, scripts)."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for look, name in pairs:
        raw = read_latex(guard(look))
        if raw.kind != "word":
            raise UnreadableError(f"the notation has {look[:40]!r}, which is not a letter with accents and scripts")
        below, above = items_of(raw)
        found.append((name, raw.value, tuple(item.joined for item in (*below, *above, *primes_of(raw)))))
    return tuple(found)


def primes_of(raw: Raw) -> list[Script]:
    """Its primes, one script for all of them."""
    return [script for script in raw.scripts if script.place == "'"]


def _split(script: Script) -> list[Script]:
    """At commas outside parentheses; and before a transpose at the end."""
    found: list[list[Piece]] = [[]]
    depth = 0
    for token in script.bare:
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == "," and depth == 0:
            found.append([])
        else:
            found[-1].append(token)
    parts = [tuple(item) for item in found if item]
    if script.place == "^" and parts and len(parts[-1]) > 1 and any({parts[-1][-1][0]} == turn for turn in _TURNS):
        head = parts[-1][:-1]
        head = head[:-1] if head and head[-1][0] == "^" else head
        if head and (parts[-1][-1][0] != "T" or head[-1][0] in (")", "\\rangle")):
            parts[-1:] = [head, parts[-1][-1:]]
    return [Script(script.place, part, script.at) for part in parts]


def unwrapped(script: Script) -> Script:
    r"""A time without its parentheses or angles: (t-1), \langle t\rangle."""
    tokens = script.bare
    pairs = (("(", ")"), ("\\langle", "\\rangle"), ("<", ">"), ("[", "]"))
    if len(tokens) > 2 and (tokens[0][0], tokens[-1][0]) in pairs:
        return replace(script, tokens=tokens[1:-1])
    return replace(script, tokens=tokens)


def match_scripts(raw: Raw, names: Names) -> tuple[str, list[Script], list[Script]] | None:
    """The name, its time indices, and powers and transposes; None where no name of the cell carries such scripts."""
    below, above = items_of(raw)
    if raw.face == PLAIN or ("_" in raw.value and raw.value in names.known()):
        return raw.value, below, above
    above = [*primes_of(raw), *above]
    tried = (_match(*item, below, above, names) for item in names.candidates(raw.value))
    found = next((match for match in tried if match), None)
    return found or _accented(raw, below, above, names)


def _accented(
    raw: Raw, below: list[Script], above: list[Script], names: Names
) -> tuple[str, list[Script], list[Script]] | None:
    """A letter under another accent than in the recurrence, where only one accented letter can be meant."""
    accents = [script for script in raw.scripts if script.place == "~"]
    if not accents:
        return None
    rest = below[len(accents) :]
    others = []
    for mark in ("tilde", "hat", "bar"):
        swapped = [Script("~", ((mark, raw.at),), raw.at), *rest]
        tried = (_match(*item, swapped, above, names) for item in names.candidates(raw.value))
        others += [match for match in tried if match]
    return others[0] if len({match[0] for match in others}) == 1 else None


def _match(
    name: str, parts: tuple[str, ...], subs: list[Script], sups: list[Script], names: Names
) -> tuple[str, list[Script], list[Script]] | None:
    """The name with the scripts that are not part of it: time indices below, powers and transposes above."""
    below, above = list(subs), list(sups)
    for part in parts:
        for items, forms in (
            (below, {part}),
            (above, {part, "prime"} if part == "'" else set()),
            (above, {f"({part})"} if part.isdigit() and len(parts) == 1 else {part, f"({part})"}),
        ):
            hit = next((item for item in items if item.joined in forms), None)
            if hit is not None:
                items.remove(hit)
                break
        else:
            return None
    if any(item.place == "~" for item in below):
        return None
    if not below and above and name in names.signals:
        time = unwrapped(above[0])
        bracketed = len(time.tokens) < len(above[0].bare)
        power = name in names.constants and not bracketed  # J^{t-k} of a matrix J, which is a letter of ours too
        if (not power and is_time(time, names, numbers=False)) or (
            bracketed and is_time(time, names, numbers=name not in _numbered(names))
        ):
            return (name, [time], above[1:]) if all(_is_mark(item, names) for item in above[1:]) else None
    below = [_before(item) if name in names.states else unwrapped(item) for item in below]
    several = name in names.signals and isinstance(names.signals[name].index, sympy.Tuple)
    if several and len(above) == 1 and re.fullmatch(r"\([0-9]\)", above[0].joined):
        below, above = [*below, unwrapped(above[0])], []  # M^{(0)}_{t,k}: the order of an expansion
    listed = sum(not item.joined.lstrip("-").isdigit() and item.joined not in MARKS for item in above)
    if listed > 1:
        return None  # J^{h,l}: a list of names is not a power
    known = all(is_time(item, names) or (len(item.bare) > 1 and is_moment(item.bare)) for item in below)
    return (name, below, above) if known and all(_is_mark(item, names) for item in above) else None


def _before(script: Script) -> Script:
    """A time; t-1 for prev, as in h_{prev}."""
    if script.joined not in PREVIOUS:
        return unwrapped(script)
    return replace(script, tokens=(("t", script.at), ("-", script.at), ("1", script.at)))


def _numbered(names: Names) -> set[str]:
    """Names of which a numbered one exists, such as x_1: there (1) is not a time."""
    return {name.rsplit("_", 1)[0] for name in names.known() if name.rsplit("_", 1)[-1].isdigit()}


def is_time(script: Script, names: Names, *, numbers: bool = True) -> bool:
    """Whether a script is a time: a sum of numbers and time letters."""
    if not is_moment(script.bare):
        return False
    if not numbers and script.joined.lstrip("-").isdigit():
        return False
    try:
        moment(from_tokens(script.bare, script.at), names.times)
    except UnreadableError:
        return False
    return True


def _is_mark(script: Script, names: Names) -> bool:
    """Whether a superscript is a transpose or a power: a number, or a sum of times that is not a name."""
    text = script.joined
    if text in MARKS or text.lstrip("-").isdigit() or [word for word, _ in script.bare[:1]] in ENTRYWISE:
        return True
    return is_time(unwrapped(script), names)


def time_of_group(raw: Raw, group: Raw, names: Names) -> tuple[Node, ...] | None:
    """The time in ``h(t-1)`` or ``h[t]``, where h is a signal and what stands in brackets is a time; else None."""
    if group.kind != "group" or group.value not in ("(", "["):
        return None
    found = match_scripts(raw, names)
    if found is None or found[0] not in names.signals or found[1]:
        return None
    tokens = pieces_of(group.args[0])
    if not tokens or not is_time(Script("^", tokens, group.at), names, numbers=False):
        return None
    return (from_tokens(tokens, group.at),)


def pieces_of(raw: Raw) -> tuple[Piece, ...]:
    """A sum of bare letters and numbers as pieces; () where there is more."""
    if raw.kind in ("word", "number") and not raw.scripts:
        return ((raw.value, raw.at),)
    if raw.kind == "chain" and all(part.kind == "word" and not part.scripts for part in raw.args):
        return tuple((part.value, part.at) for part in raw.args)
    if raw.kind != "sum":
        return ()
    found: list[Piece] = []
    for sign, part in zip(raw.value, raw.args, strict=True):
        inner = (("Delta", part.at), ("t", part.at)) if part.value == "dt" else pieces_of(part)
        if not inner:
            return ()
        found += [(sign, part.at)] * (sign == "-" or bool(found)) + list(inner)
    return tuple(found)
