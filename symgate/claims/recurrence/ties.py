r"""Names that are of one kind whatever it is: f', l and m in ``f'_t = \exp(l_t - m_t)``, where shapes must be equal.

In: steps over plain names.  Out: groups of names; the search for kinds changes the kind of a group at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from symgate.claims.reading.latex_signs import LARGEST, is_function
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import MARKS, PLAIN
from symgate.claims.recurrence.steps import Steps


class Ties:
    """Groups of names of one kind."""

    def __init__(self, steps: Steps | None = None) -> None:
        """The groups of a recurrence; where none is given every name is a group of its own."""
        self._head: dict[str, str] = {}
        if steps is None:
            return
        functions = frozenset(steps.functions.values())
        for name, raw in [*steps.lets, *steps.states.items()]:
            for other in _alike(raw, functions):
                self._head[self.head(other)] = self.head(name)

    def head(self, name: str) -> str:
        """The name that stands for its group."""
        while name in self._head and self._head[name] != name:
            name = self._head[name]
        return name

    def group(self, name: str, names: tuple[str, ...]) -> list[str]:
        """Those of the names that are of one group with a name."""
        head = self.head(name)
        return [other for other in names if self.head(other) == head]


def _alike(raw: Raw, functions: frozenset[str]) -> Iterator[str]:
    """Names of the shape of the whole, as far as sums, numbers and functions of entries tell."""
    if raw.kind == "word":
        if raw.face == PLAIN and not any(script.joined in MARKS for script in raw.scripts):
            yield raw.value
    elif raw.kind in ("sum", "group", "list"):
        for part in raw.args:
            yield from _alike(part, functions)
    elif raw.kind == "chain":
        parts = [part for part in raw.args if part.kind != "number"]
        first = parts[0] if parts else raw
        called = first.kind == "word" and first.face != PLAIN
        if called and len(parts) == 2 and (first.value in functions or is_function(first.value)):
            if first.value not in LARGEST or parts[1].kind == "list":  # max(v) is a number
                yield from _alike(parts[1], functions)
        elif len(parts) == 1:
            yield from _alike(first, functions)
