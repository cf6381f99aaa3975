r"""Factors of entries: a name or bracket without its letters, with as many of them as it needs.

In: raw factors of a formula about entries.  Out: ``Factor``, a tree over vectors and matrices with its letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from symgate.claims.reading.indexed import letters_of, split
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.limits import OpenNameError, UnreadableError
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names
from symgate.claims.reading.network import Factor
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import is_time, items_of, pieces_of
from symgate.claims.reading.shapes import Sizes
from symgate.claims.reading.surface import Node, expanded

_RANKS = ("a number", "a vector", "a matrix")


@dataclass(frozen=True)
class Factors:
    """Reads single factors.

    Attributes:
        names: what may be named.
        known: by letter, the index that it is; one under a sum is another index than one of that letter outside.
    """

    names: Names
    known: dict[str, str]

    def is_time_of_unknown(self, word: Raw, group: Raw) -> bool:
        """Whether a time follows a name that nothing introduces, as in a_i(t)."""
        tokens = pieces_of(group.args[0])
        known = any(True for _ in self.names.candidates(word.value))
        return bool(tokens) and not known and is_time(Script("^", tokens, group.at), self.names, numbers=False)

    def outside(self, raw: Raw) -> tuple[str, ...]:
        """The letters of an entry behind a bracket."""
        below, _ = items_of(raw)
        return tuple(letter for item in below for letter in letters_of(item, self.known))

    def whole(self, raw: Raw, function: Raw | None = None) -> Factor:
        """An entry of what stands in brackets as vectors and matrices, perhaps of a function of it."""
        letters = self.outside(raw)
        bare = replace(raw, scripts=tuple(item for item in raw.scripts if item.place != "_"))
        piece = bare if function is None else Raw("chain", raw.at, args=(function, bare))
        return self.checked(fold(piece, self.names), letters, raw.at)

    def stripped(self, raw: Raw) -> tuple[Raw, tuple[str, ...]]:
        """A part of a derivative without the indices of entries, and these."""
        if raw.kind == "word":
            return split(raw, self.known, self.names)
        own: tuple[str, ...] = self.outside(raw) if raw.kind in ("group", "list") else ()
        args: list[Raw] = []
        for part in raw.args:
            bare, letters = self.stripped(part)
            args.append(bare)
            own = (*letters, *own)
        scripts = tuple(item for item in raw.scripts if not (self.outside(raw) and item.place == "_"))
        return replace(raw, args=tuple(args), scripts=scripts), own

    def indices(self, letters: Sequence[str]) -> tuple[str, ...]:
        """What letters as written stand for here."""
        return tuple(self.known.get(letter, letter) for letter in letters)

    def checked(self, node: Node, letters: Sequence[str], at: int) -> Factor:
        """A factor that has as many letters as it needs."""
        node, sizes = (by_entries(node) if len(letters) == 2 else node), Sizes()
        try:
            value = Meaning(self.names, sizes).of(expanded(node, self.names.defined, self.names.rules))
        except OpenNameError:
            return Factor(node, self.indices(letters))
        rank = 0 if value.scalar else 1 if sizes.column(value) else 2
        if rank != len(letters):
            raise UnreadableError(f"{_RANKS[rank]} has {rank} letters for its entries here; found {len(letters)}", at)
        return Factor(node, self.indices(letters))


def by_entries(node: Node) -> Node:
    """A power of an entry."""
    return replace(node, kind="entrypower") if node.kind == "power" else node
