r"""Indices of entries on a name: ``h_{t,i}``, ``h_i^{(t)}``, ``h_t^i``, ``W_{ij}``, ``U_{z,ij}``.

In: a word with its scripts and the names in use.  Out: the word without the letters of entries, and the letters.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sympy

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import is_time, items_of, match_scripts, unwrapped

#: Letters that count entries where nothing else says so, on a left side.
INDICES = frozenset("ijklmnopqrs")


@dataclass(frozen=True)
class Entries:
    """The letters under which entries are stated.

    Attributes:
        rows: the letter of the row; () where what is stated has one row.
        columns: the letter of the column, or both letters of the matrix by which a vector is differentiated.
        of_whole: whether they stand outside a derivative, as in (dh_t/dh_{t-1})_{ij}, where its layout counts.
        of_loss: whether they are those of the gradient of the loss.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    of_whole: bool = False
    of_loss: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        """Each letter once."""
        return tuple(dict.fromkeys((*self.rows, *self.columns)))

    def shape_in(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The shape of what is stated of something of that shape.

        Raises:
            UnreadableError: a vector without a letter, or a number with one.
        """
        if tuple(map(bool, (self.rows, self.columns))) != tuple(size != 1 for size in shape):
            raise UnreadableError(
                "its left side has letters of entries for one of its parts and not for the other; write all of them, "
                "as in \\partial h_{t,i} / \\partial h_{t-1,j}"
            )
        if not self.agree:
            return shape
        return (shape[0], shape[1] / shape[0] if len(self.columns) > 1 else sympy.S.One)

    @property
    def agree(self) -> bool:
        """Whether a letter stands twice, so that only some entries are stated."""
        return len(self.letters) < len(self.rows) + len(self.columns)


def letters_of(item: Script, letters: Collection[str]) -> tuple[str, ...]:
    """The letters that a script consists of, such as ij; () where it is something else."""
    text = item.joined.strip("()") if item.place == "^" else item.joined
    return tuple(text) if 0 < len(text) <= 2 and all(letter in letters for letter in text) else ()


def rank_of(name: str, names: Names) -> int:
    """How many letters an entry of a name has: 0 of a number, 1 of a vector, 2 of a matrix."""
    shape = tuple(getattr(names.signals.get(name, names.constants.get(name)), "shape", ()))
    return 0 if not shape else 1 if shape[1] == 1 else 2


def split(word: Raw, letters: Collection[str], names: Names) -> tuple[Raw, tuple[str, ...]]:
    """A word without the indices among some letters, and these in order; a letter that makes a name stays with it."""
    below, above = items_of(replace(word, scripts=tuple(item for item in word.scripts if item.place in ("_", "^"))))
    rest = tuple(item for item in word.scripts if item.place not in ("_", "^"))
    every = [Script("_", item.tokens, item.at) for item in below] + [Script("^", i.tokens, i.at) for i in above]
    indices = [item for item in every if letters_of(item, letters)]
    if not indices:
        return word, ()

    def without(kept: Script | None) -> tuple[Raw, tuple[str, ...]]:
        gone = [item for item in indices if item is not kept]
        bare = replace(word, scripts=(*rest, *(item for item in every if item not in gone)))
        return bare, tuple(letter for item in gone for letter in letters_of(item, letters))

    for kept in (*indices, None):
        bare, own = without(kept)
        found = match_scripts(bare, names)
        fits = found is not None and rank_of(found[0], names) == len(own)
        if found is not None and fits and (kept is None or kept.joined.strip("()") in found[0].split("_")[1:]):
            return bare, own
    return without(None)


def entry_of(word: Raw, names: Names, *, timed: bool = False) -> tuple[Raw, str]:
    """A name on a left side without the indices of its entry, and these; ``timed`` where its time stands behind it."""
    found = match_scripts(word, names)
    if found is not None and found[0] in names.constants and not found[1] and not found[2]:
        return word, ""
    bare, letters = split(word, INDICES, names)
    constant = match_scripts(bare, names) if letters else None
    if constant is not None and constant[0] in names.constants and not constant[1]:
        return (bare, "".join(letters)) if rank_of(constant[0], names) == len(letters) else (word, "")
    below, above = items_of(replace(word, scripts=tuple(item for item in word.scripts if item.place in ("_", "^"))))
    times = [item for item in (*below, *above) if is_time(unwrapped(item), names, numbers=False)]
    if found is not None and len(times) < 2 - timed:
        return word, ""
    for item in (*reversed(below), *reversed(above)):
        own = letters_of(item, INDICES)
        if own and (timed or len(own) == 2 or any(time is not item for time in times) or not times):
            kept = [Script("_", other.tokens, other.at) for other in below if other is not item]
            kept += [Script("^", other.tokens, other.at) for other in above if other is not item]
            rest = tuple(script for script in word.scripts if script.place not in ("_", "^"))
            return replace(word, scripts=(*rest, *kept)), "".join(own)
    return word, ""
