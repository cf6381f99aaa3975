"""The factors of an equation over plain names at t + offset, and the same at other times.

In: factors with an author's letters of time.  Out: factors in which ``h_{t-1}`` is h at -1, whatever the author wrote.
"""

from __future__ import annotations

from collections.abc import Mapping

from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import PLAIN
from symgate.claims.recurrence.looks import look_of, words_with_next


def over_plain_names(raw: Raw, letter: str | None, functions: Mapping[str, str]) -> Raw:
    """The same factors with plain names, and times as t + offset.

    Args:
        raw: the factors as written.
        letter: the author's letter of time; None where there is none.
        functions: the functions by name, each with its plain name.
    """
    if raw.kind == "word":
        return _plain_word(raw, None, letter, functions)
    parts: list[Raw] = []
    skip = False
    for place, part in enumerate(raw.args):
        if skip:
            skip = False
            continue
        follows = raw.args[place + 1] if raw.kind == "chain" and place + 1 < len(raw.args) else None
        if part.kind != "word":
            parts.append(over_plain_names(part, letter, functions))
            continue
        look = look_of(part, follows, letter)
        word = _plain_word(part, follows, letter, functions)
        if look is not None and look.bracketed and follows is not None:
            word, skip = word.scripted(*follows.scripts), True
        parts.append(word)
    if raw.kind == "chain" and len(parts) == 1:
        return parts[0]
    return Raw(raw.kind, raw.at, raw.value, tuple(parts), raw.scripts, raw.face)


def _plain_word(raw: Raw, follows: Raw | None, letter: str | None, functions: Mapping[str, str]) -> Raw:
    look = look_of(raw, follows, letter)
    if look is None:
        return raw
    if look.name in functions:
        scripts = tuple(script for script in raw.scripts if script.place in ("'", "^"))
        return Raw("word", raw.at, functions[look.name], scripts=scripts)
    return dated(look.name, look.offset, look.marks, raw.at)


def dated(name: str, offset: int | None, marks: tuple[Script, ...], at: int) -> Raw:
    """A plain name at t + offset."""
    scripts: list[Script] = []
    if offset is not None:
        tokens = [("t", at)] + ([("+" if offset > 0 else "-", at), (str(abs(offset)), at)] if offset else [])
        scripts.append(Script("_", tuple(tokens), at))
    return Raw("word", at, name, scripts=(*scripts, *marks), face=PLAIN)


def times_in(raw: Raw) -> dict[str, set[int | None]]:
    """The offsets at which every plain name stands."""
    found: dict[str, set[int | None]] = {}
    for word, _ in words_with_next(raw):
        if word.face == PLAIN:
            look = look_of(word, None, "t")
            found.setdefault(word.value, set()).add(look.offset if look else None)
    return found


def moved(raw: Raw, shift: dict[str, int], rename: dict[tuple[str, int], str] | None = None) -> Raw:
    """Times moved by so much for each name; names at a time renamed."""
    if raw.kind == "word" and raw.face == PLAIN:
        first = raw.scripts[0] if raw.scripts and raw.scripts[0].place == "_" else None
        if first is None:
            return raw
        offset = _offset(first) + shift.get(raw.value, 0)
        name = (rename or {}).get((raw.value, offset), raw.value)
        return dated(name, offset, raw.scripts[1:], raw.at)
    args = tuple(moved(part, shift, rename) for part in raw.args)
    return Raw(raw.kind, raw.at, raw.value, args, raw.scripts, raw.face)


def _offset(script: Script) -> int:
    """The number in t + offset."""
    words_ = [word for word, _ in script.tokens]
    return 0 if len(words_) == 1 else int(words_[2]) * (1 if words_[1] == "+" else -1)
