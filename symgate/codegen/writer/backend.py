"""The contract of an export target: a table of spellings, and what to write around them.

The walker in ``fold.py`` knows the mathematics of words; a target knows how its language spells
the joins (row scaling, outer product, ...).  Both deal in ``Code``: text with its precedence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from symgate.codegen.training.plan import Training
    from symgate.codegen.writer.program import Program

#: How tightly the outermost operator of a text binds.
SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4

#: A summand of a result: the name of its term, its sign, its value.
Summand = tuple[str, str, "Code"]


@dataclass(frozen=True)
class Code:
    """A piece of source text.

    Attributes:
        text: the source.
        level: the precedence of its outermost operator.
        kind: "scalar", "vector", "row" (a transposed vector), "diagonal" (the diagonal of a diagonal
            matrix), "identity" (the scalar multiplying an identity), "matrix"; "row (x) diagonal" and
            "diagonal (x) row" for the sparse Kronecker products, held as their nonzero entries.
        number: whether the text is a literal number.
        operands: the two factors, where the outermost operator is an elementwise product.
    """

    text: str
    level: int = ATOM
    kind: str = "scalar"
    number: bool = False
    operands: tuple[str, str] | None = field(default=None, compare=False)

    def __format__(self, spec: str) -> str:
        """The text for a template: ``{0}`` as an atom, ``{0:left}`` left of a product, ``{0:bare}`` between commas."""
        least = {"": ATOM, "left": PRODUCT, "right": POWER, "bare": 0}[spec]
        return self.text if self.level >= least else f"({self.text})"

    def of_kind(self, kind: str) -> Code:
        """The same text, read as another kind."""
        return replace(self, kind=kind)


class Target(ABC):
    """One target of export.  Children are final, emit text only, and import no array library."""

    name: ClassVar[str]

    @abstractmethod
    def module(self, program: Program) -> str:
        """The whole generated module."""

    @abstractmethod
    def suite(self, programs: Iterable[tuple[str, Program]], top: list[str], training: Training | None = None) -> str:
        """A module of several objects of one cell under the names given, that checks itself; ``top`` describes it.

        With ``training`` it has the whole step backward too, and training through time, where the target has these.
        """


class Spelling(ABC):
    """How a language spells operations on whole arrays."""

    #: join -> (template over the operands, precedence of the outcome).
    spellings: ClassVar[dict[str, tuple[str, int]]]

    def join(self, key: str, kind: str, *operands: Code) -> Code:
        """The operands joined as the table says."""
        template, level = self.spellings[key]
        factors = None
        if template.count(" * ") == 1 and level == PRODUCT:
            left, right = (part.replace("{0:left}", "{0:bare}") for part in template.split(" * "))
            factors = (left.format(*operands), right.replace("{1:right}", "{1:bare}").format(*operands))
        return Code(template.format(*operands), level, kind, operands=factors)

    @abstractmethod
    def number(self, value: float) -> str:
        """A literal for a number that is not whole or is too large for one."""

    @abstractmethod
    def ones(self, kind: str, dtype: str, *sizes: str) -> Code:
        """An array of ones of the given sizes."""

    @abstractmethod
    def fill(self, target: str, kind: str, summands: list[Summand]) -> list[str]:
        """The lines that write a signed sum into ``target``, an array of the given kind with every batch axis."""

    def of_size(self, lines: list[str], dtype: str, sizes: list[str]) -> list[str]:
        """The lines that fill a local matrix of the given sizes."""
        return lines

    def settled(self, code: Code, dtype: str) -> Code:
        """A summand of a matrix, before it is filled in; ``dtype`` names what knows the kind of numbers."""
        return code

    @abstractmethod
    def empty(self, batch: str, dtype: str, sizes: list[str]) -> str:
        """An expression for a new array with all batch axes and the given sizes."""


class Backend(Target, Spelling):
    """A target that is written with operations on whole arrays."""
