"""The contract between the walker and a vocabulary: the walker knows structure, a vocabulary spells it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from symgate.tex.spelling import Spelling
from symgate.tex.style import Style

# How tightly a piece holds together; an operand looser than its place needs parentheses.
SUM, BINARY, SCALED, PRODUCT, POWERED, ATOM = range(1, 7)


@dataclass(frozen=True)
class Piece:
    """A printed subexpression.

    Attributes:
        text: what is written.
        level: how tightly it holds together, from SUM to ATOM.
        depth: how deep parentheses nest in it.
        tall: whether it holds a fraction.
        long: whether it is a name of several letters, which needs space beside it.
        stack: base and subscript, where a superscript can be set above the subscript.
    """

    text: str
    level: int
    depth: int = 0
    tall: bool = False
    long: bool = False
    stack: tuple[str, str] | None = None


#: A term of a sum: whether it is subtracted, and what.
Term = tuple[bool, Piece]


class Words(ABC):
    """Spells structure in one markup.  Operands arrive with the parentheses they need."""

    def __init__(self, style: Style) -> None:
        self.style = style

    @abstractmethod
    def name(self, spelling: Spelling, kind: str, index: str | None) -> Piece:
        """A symbol; ``kind`` is "scalar", "vector", "matrix"; ``index`` the printed time index or None."""

    @abstractmethod
    def number(self, numerator: int, denominator: int) -> Piece:
        """A rational number that is not negative."""

    @abstractmethod
    def constant(self, which: str) -> Piece:
        """One of "identity", "ones", "zeros", "pi", "e"."""

    @abstractmethod
    def operator(self, which: str, inner: Piece) -> str:
        """One of "diag", "vec" applied to something."""

    @abstractmethod
    def apply(self, function: str, order: int, inner: Piece) -> str:
        """The derivative of that order of a function, at ``inner``."""

    @abstractmethod
    def group(self, inner: Piece) -> str:
        """Parentheses around ``inner``."""

    @abstractmethod
    def transpose(self, base: Piece) -> str:
        """The transpose."""

    @abstractmethod
    def power(self, base: Piece, exponent: int, *, entrywise: bool) -> str:
        """A power, of a scalar or entry by entry."""

    @abstractmethod
    def fraction(self, numerator: Piece, denominator: Piece) -> Piece:
        """A quotient of scalars."""

    @abstractmethod
    def total(self, terms: Sequence[Term]) -> str:
        """A sum of signed terms; also a single negative one."""

    @abstractmethod
    def product(self, scalars: Sequence[Piece], factors: Sequence[Piece]) -> str:
        """Scalars, then matrices in their order."""

    @abstractmethod
    def hadamard(self, factors: Sequence[Piece]) -> str:
        """The product entry by entry."""

    @abstractmethod
    def kronecker(self, factors: Sequence[Piece]) -> Piece:
        """The Kronecker product."""

    @abstractmethod
    def derivative(self, of: Piece, wrt: Piece, *, immediate: bool) -> Piece:
        """The Jacobian of ``of`` with respect to ``wrt``; immediate: the previous state is held fixed."""

    def index(self, terms: Sequence[Term]) -> str:
        """A time index such as t - 1."""
        return self.total(terms)

    #: Whether the vector of ones is written as the number 1 beside other vectors.
    ones_are_numbers = False
    #: Whether factors of a fraction's numerator and denominator need no parentheses.
    fractions_group = True
