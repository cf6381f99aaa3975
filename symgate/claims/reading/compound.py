r"""Names of several letters: ``\\Delta t`` and ``d t`` are dt; letters side by side are a name where only that is known."""

from __future__ import annotations

from collections.abc import Collection

from symgate.claims.reading.raw import Raw

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
