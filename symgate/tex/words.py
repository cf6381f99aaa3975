"""The contract between the walker and a vocabulary: the walker knows structure, a vocabulary spells it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symgate.notation import Notation
from symgate.tex.spelling import Spelling
from symgate.tex.style import Style

# How tightly a piece holds together; an operand looser than its place needs parentheses.
# OPEN ends in a sum or a product over time, whose range has no mark at its right.
SUM, OPEN, BINARY, SCALED, PRODUCT, POWERED, ATOM = range(1, 8)


@dataclass(frozen=True)
class Span:
    """A running index with its bounds, printed.

    Attributes:
        index: the index.
        lower, upper: its first and its last value.
        before, after: one less than the lower and one more than the upper, for half-open ranges.
    """

    index: str
    lower: str
    upper: str
    before: str
    after: str


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

    @property
    def notation(self) -> Notation | None:
        """How the author writes; None where names are spelled as they are."""
        return self.style.notation

    @abstractmethod
    def name(self, spelling: Spelling, kind: str, index: str | None, order: str | None = None) -> Piece:
        """A symbol; ``kind`` is "scalar", "vector", "matrix"; ``index`` and ``order`` are printed, or None."""

    @abstractmethod
    def number(self, numerator: int, denominator: int) -> Piece:
        """A rational number that is not negative."""

    @abstractmethod
    def constant(self, which: str) -> Piece:
        """One of "identity", "ones", "zeros", "pi", "e"."""

    @abstractmethod
    def operator(self, which: str, inner: Piece) -> str:
        """One of "diag", "vec", "diagonal", "max", "min" applied to something."""

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
    def power(self, base: Piece, exponent: Piece, *, entrywise: bool) -> str:
        """A power, of a scalar or entry by entry."""

    @abstractmethod
    def fraction(self, numerator: Piece, denominator: Piece) -> Piece:
        """A quotient of scalars."""

    def fits_a_row(self, piece: Piece) -> bool:
        """Whether a piece that is not broken, such as a quotient, leaves room beside it in a row."""
        return True

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

    @abstractmethod
    def slash(self, numerator: Piece, denominator: Piece) -> str:
        """A quotient on one line, for exponents and arguments."""

    @abstractmethod
    def running(self, which: str, span: Span, body: Piece) -> str:
        """Over an index: "sum", "product", "hadamard", or "ordered", which has later factors on the left."""

    @abstractmethod
    def chain(self, first: Sequence[Piece], last: Piece) -> str:
        """A product of matrices whose middle is left to the reader: J_t J_{t-1} ... J_{k+1}."""

    @abstractmethod
    def fence(self, which: str, inner: Piece) -> str:
        """A "norm", or "abs" entry by entry."""

    @abstractmethod
    def cases(self, cases: Sequence[tuple[Piece, str | None]]) -> Piece:
        """Values with their conditions; None for otherwise."""

    @abstractmethod
    def blocks(self, rows: Sequence[Sequence[Piece]]) -> Piece:
        """A matrix or a column in blocks."""

    @abstractmethod
    def relation(self, sign: str) -> str:
        """The sign between two sides: "=", "<=", "<" or "~" (approximately)."""

    @abstractmethod
    def compare(self, left: Piece, sign: str, right: Piece) -> str:
        """A condition."""

    @abstractmethod
    def indices(self, parts: Sequence[str]) -> str:
        """Several time indices."""

    def note(self, node: Any) -> None:  # noqa: B027  (most vocabularies take no note)
        """Called with every node that is about to be spelled."""

    def along(self, derivative: Piece, change: Piece) -> str:
        """A derivative as what it makes of a change of its variable."""
        return f"{derivative.text}[{change.text}]"

    def at_point(self, base: Piece, point: Piece) -> str:
        """What depends on something, there: M(epsilon)."""
        return base.text + self.group(point)

    def index(self, terms: Sequence[Term]) -> str:
        """A time index such as t - 1."""
        return self.total(terms)

    #: Whether the vector of ones is written as the number 1 beside other vectors.
    ones_are_numbers = False
    #: Whether sums over time and the like are calls, which need no parentheses.
    running_calls = False
    #: Whether factors of a fraction's numerator and denominator need no parentheses.
    fractions_group = True
