r"""Which letters of a sum count entries: those of ``\sum_k W_{ik} h_k``, not those of ``\sum_k h_{k,i}``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from itertools import zip_longest

from symgate.claims.reading.indexed import letters_of, split
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import is_time, items_of, time_of_group, unwrapped

_SUM = re.compile(r"\\sum(?:\\limits)?\s*(?:[_^]\s*(?:\{[^{}]*\}|\w)\s*)*")
#: Signs of sums over some entries.
_SOME = frozenset({"\\neq", "\\ne", "\\in"})
#: By the lower bound, which upper ones make a sum run over all entries.
_WHOLE = {"": "", "=1": r"[A-Za-z]\w*", "=0": r"[A-Za-z]\w*-1"}
#: Letters that are times wherever a sum runs over them.
_TIMES = frozenset({"t", "T", "tau"})


def letters_of_sum(sign: Raw, body: Raw, names: Names, known: Collection[str]) -> tuple[str, ...]:
    """The letters of entries that a sum runs over; () for a sum or product over time.

    Raises:
        UnreadableError: some of its letters count entries and others steps, or it leaves entries out.
    """
    below = next((script for script in sign.scripts if script.place == "_"), None)
    above = "".join(script.joined for script in sign.scripts if script.place == "^")
    if below is None:
        return ()
    if any(word in _SOME for word, _ in below.tokens):
        raise UnreadableError("a sum over entries runs over all of them", below.at)
    match = re.fullmatch(r"([A-Za-z](?:,[A-Za-z])*)(=.*)?", below.joined)
    letters = tuple(match[1].split(",")) if match else ()
    if match is None or set(letters) & _TIMES or sign.value != "sum":
        return ()
    over = [
        names.now or _is_size(above, names) or _counts(letter, body, names, {*known, *letters}) for letter in letters
    ]
    if not all(over):
        if any(over):
            raise UnreadableError("a sum runs over entries or over steps, not over both", below.at)
        return ()
    whole = _WHOLE.get(match[2] or "")
    if len(set(letters)) < len(letters) or whole is None or not re.fullmatch(whole, above):
        raise UnreadableError("a sum over entries runs over all of them, such as \\sum_k or \\sum_{k=1}^n", below.at)
    return letters


def without_sums_over_entries(text: str, names: Names, known: Collection[str]) -> str:
    """A formula without the signs of sums over entries, for what asks whether there are sums over steps."""
    try:
        raw = read_latex(text)
    except UnreadableError:
        return text
    signs = [part for part in raw.walk() if part.kind == "bigop"]
    for sign in sorted(signs, key=lambda item: -item.at):
        found = _SUM.match(text, sign.at)
        if found is not None and letters_of_sum(sign, raw, replace(names, now=False), known):
            text = text[: sign.at] + " " * (found.end() - sign.at) + text[found.end() :]
    return text


def _is_size(name: str, names: Names) -> bool:
    return name not in names.times and getattr(names.constants.get(name), "is_integer", False) is True


def _counts(letter: str, raw: Raw, names: Names, known: Collection[str], follows: Raw | None = None) -> bool:
    """Whether a letter counts entries somewhere: of a parameter, beside another letter, or beside a time."""
    if raw.kind == "word":
        below, above = items_of(raw)
        hits = [item for item in (*below, *above) if letter in letters_of(item, known)]
        if not hits:
            return False
        bare, own = split(raw, {letter}, names)
        rest = [item for item in (*below, *above) if item not in hits]
        times = [item for item in rest if is_time(unwrapped(item), names) and not letters_of(item, known)]
        constant = any(True for name, _ in names.candidates(raw.value) if name in names.constants)
        bracketed = follows is not None and bool(own) and time_of_group(bare, follows, names) is not None
        return bool(times) or constant or bracketed or any(len(letters_of(item, known)) == 2 for item in hits)
    if raw.kind == "group" and any(letter in letters_of(item, known) for item in items_of(raw)[0]):
        return True
    pairs = zip_longest(raw.args, raw.args[1:])
    return any(_counts(letter, part, names, known, after) for part, after in pairs)
