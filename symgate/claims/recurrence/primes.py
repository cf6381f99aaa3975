r"""Primes that are part of a name: ``f'_t = \exp(\log f_t + m_{t-1} - m_t)`` defines f', which is called f_prime.

In: equations as raw factors.  Out: the same with plain names, and how each is printed.  A prime is part of a name where
a left side has it; elsewhere it stays the mark of a derivative or a transpose.
"""

from __future__ import annotations

from dataclasses import replace

from symgate.claims.reading.raw import Raw, Script
from symgate.claims.recurrence.equations import Equation
from symgate.claims.recurrence.looks import look_of

#: What a prime is called in a plain name.
PRIME = "prime"


def primed(
    equations: tuple[Equation, ...], letter: str | None
) -> tuple[tuple[Equation, ...], tuple[tuple[str, str], ...]]:
    """The equations with plain names for those with primes, and (plain name, as it is printed) of each."""
    heads = {key: head for item in equations if (key := _key(head := _head(item.left), letter))}
    if not heads:
        return equations, ()
    found = tuple(
        replace(item, left=_renamed(item.left, letter, heads), right=_renamed(item.right, letter, heads))
        for item in equations
    )
    shown = []
    for head in heads.values():
        look = look_of(_plain(head), None, letter)
        assert look is not None
        letters = [script for script in head.scripts if not _is_prime(script)]
        bare = look_of(replace(head, scripts=tuple(letters)), None, letter)
        if bare is not None and bare.name == head.value:  # other scripts are printed as those of any plain name
            shown.append((look.name, _spelled(head.value) + "'" * _count(head)))
    return found, tuple(shown)


def _head(left: Raw) -> Raw:
    return left.args[0] if left.kind == "chain" and len(left.args) == 2 else left


def _key(raw: Raw, letter: str | None) -> tuple[str, int] | None:
    """A name with primes: its plain name without them, and their number; None of any other."""
    if raw.kind != "word" or not _count(raw):
        return None
    look = look_of(replace(raw, scripts=tuple(item for item in raw.scripts if not _is_prime(item))), None, letter)
    return (look.name, _count(raw)) if look is not None else None


def _is_prime(script: Script) -> bool:
    return script.place == "'" or (script.place == "^" and script.joined == PRIME)


def _count(raw: Raw) -> int:
    return sum(len(item.joined) if item.place == "'" else 1 for item in raw.scripts if _is_prime(item))


def _renamed(raw: Raw, letter: str | None, heads: dict[tuple[str, int], Raw]) -> Raw:
    if raw.kind == "word":
        return _plain(raw) if _key(raw, letter) in heads else raw
    return replace(raw, args=tuple(_renamed(part, letter, heads) for part in raw.args))


def _plain(raw: Raw) -> Raw:
    """f'_t as f_prime at t; f'' as f_prime2."""
    count = _count(raw)
    mark = Script("_", ((PRIME + (str(count) if count > 1 else ""), raw.at),), raw.at)
    return replace(raw, scripts=(mark, *(item for item in raw.scripts if not _is_prime(item))))


def _spelled(stem: str) -> str:
    return stem if len(stem) == 1 else f"\\{stem}"
