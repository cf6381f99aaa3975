"""Raw factors: a formula in LaTeX before its letters have a meaning.

In: the tree that ``latex_parser.py`` builds.  Out: what ``latex_fold.py`` and the readers of left sides go through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from symgate.claims.reading.limits import DEEPEST, NODES, UnreadableError

#: A sign or letter of a script, and where it stands.
Piece = tuple[str, int]


@dataclass(frozen=True)
class Script:
    """A superscript, a subscript, an accent or primes: the pieces as written, braces included.

    Attributes:
        place: "_", "^", "'" or "~" (an accent, whose piece is its name).
        tokens: the pieces.
        at: where it starts.
    """

    place: str
    tokens: tuple[Piece, ...]
    at: int

    @property
    def joined(self) -> str:
        """The pieces as one word, without braces and backslashes."""
        return "".join(word.lstrip("\\") for word, _ in self.tokens if word not in ("{", "}"))

    @property
    def bare(self) -> tuple[Piece, ...]:
        """The pieces without braces."""
        return tuple(token for token in self.tokens if token[0] not in ("{", "}"))


@dataclass(frozen=True)
class Raw:
    """A factor before names have a meaning.

    Attributes:
        kind: "sum", "term", "chain", "group", "list" (``[a, b]`` or a column in brackets), "norm", "frac", "number",
            "word", "bigop" or "elided" (an argument left out, as in ``f'(\\cdot)``).
        at: where it starts.
        value: the letters of a word without its face; the signs of a sum or term; the bracket of a group or list.
        args: its parts.
        scripts: what stands above and below it.
        face: the face of a word, such as "mathbf"; "" for none.
    """

    kind: str
    at: int
    value: str = ""
    args: tuple[Raw, ...] = ()
    scripts: tuple[Script, ...] = ()
    face: str = ""
    depth: int = field(init=False, compare=False)
    count: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max((part.depth for part in self.args), default=0))
        object.__setattr__(self, "count", 1 + sum(part.count for part in self.args))
        if self.depth > 3 * DEEPEST or self.count > NODES:
            raise UnreadableError("the formula nests too deep or has too many parts", self.at)

    def scripted(self, *scripts: Script) -> Raw:
        """The same factor with further scripts."""
        return replace(self, scripts=(*self.scripts, *scripts)) if scripts else self

    def without(self, scripts: Sequence[Script]) -> Raw:
        """The same factor without some of its scripts."""
        return replace(self, scripts=tuple(item for item in self.scripts if item not in scripts))

    def walk(self) -> Iterator[Raw]:
        """The factor and all its parts, however deep."""
        yield self
        for part in self.args:
            yield from part.walk()

    @property
    def shown(self) -> str:
        """A word with its scripts as one word, for messages."""
        return "_".join([self.value, *(item.joined for item in self.scripts)])

    @property
    def bare(self) -> Raw:
        """The same factor without scripts."""
        return replace(self, scripts=()) if self.scripts else self
