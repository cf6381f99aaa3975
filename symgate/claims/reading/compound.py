r"""Names of several letters: ``\\Delta t`` and ``d t`` are dt; a bare I among vectors is a current; a time t'."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from symgate.claims.reading.raw import Raw, Script

_PRIME = r"(?:'|\^\{\\prime\}|\^\\prime(?![A-Za-z]))"
_IN_SCRIPT = re.compile(rf"[_^]\{{[^{{}}]*?(?<![A-Za-z\\])([tkjis]|\\tau){_PRIME}")
#: Letters that stand for times with a prime, in the order in which they are taken.
_SPARE = ("s", "r", "l", "i", "j")
_STEPS = {("Delta", "t"), ("delta", "t"), ("d", "t")}


def compound(raw: Raw, known: Collection[str] = ("dt",)) -> Raw:
    """The same factors with ``\\Delta t`` as the one name dt, where there is such a name."""
    if "dt" not in known:
        return raw
    parts = [compound(part, known) for part in raw.args]
    if raw.kind == "chain":
        joined: list[Raw] = []
        for part in parts:
            before = joined[-1] if joined else None
            words = before is not None and before.kind == part.kind == "word" and not before.scripts
            if before is not None and words and (before.value, part.value) in _STEPS:
                joined[-1] = Raw("word", before.at, "dt", scripts=part.scripts)
            else:
                joined.append(part)
        if len(joined) == 1:
            return joined[0].scripted(*raw.scripts)
        parts = joined
    return Raw(raw.kind, raw.at, raw.value, tuple(parts), raw.scripts, raw.face)


def worded(text: str, words: Iterable[str]) -> str:
    r"""LaTeX with bare words such as out in out_t as \\mathrm{out}, where TeX would take a product of letters."""
    several = sorted({word for word in words if len(word) > 1 and word.isalpha()}, key=lambda word: (-len(word), word))
    if not several or "\\" not in text:
        return text
    bare = rf"(?<!\\mathrm\{{)(?<!\\text\{{)(?<![\\A-Za-z])({'|'.join(several)})(?![A-Za-z])"
    return re.sub(bare, r"\\mathrm{\1}", text)


def without_primed_times(text: str, taken: Collection[str]) -> tuple[str, tuple[str, ...]]:
    r"""LaTeX with times such as t' in h_{t'} as letters of their own, and what is told of each.

    A letter is one that neither the text nor the names ``taken`` have.
    """
    notes: list[str] = []
    for letter in dict.fromkeys(match[1] for match in _IN_SCRIPT.finditer(text)):
        own = re.compile(rf"(?<![A-Za-z\\]){re.escape(letter)}{_PRIME}")
        spare = (item for item in _SPARE if item not in taken and not re.search(rf"(?<![A-Za-z\\]){item}\b", text))
        found = next(spare, None)
        if found is None:
            return text, tuple(notes)
        text = own.sub(found, text)
        notes.append(f"{letter}' is read as the time {found}")
    return text, tuple(notes)


def currents(raw: Raw) -> Raw:
    """A bare I among the terms of a right side is a current, not the identity, which is a matrix."""
    if raw.kind != "sum":
        return raw
    own = Script("_", (("ext", raw.at),), raw.at)
    return replace(raw, args=tuple(part.scripted(own) if _is_i(part) else part for part in raw.args))


def _is_i(raw: Raw) -> bool:
    return raw.kind == "word" and raw.value == "I" and not raw.scripts and not raw.face
