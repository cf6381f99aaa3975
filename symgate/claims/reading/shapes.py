"""Typed values: what a piece of a claim is (scalar, vector, row, matrix of which sizes) and how it is built.

Sizes that the text leaves open (those of eye, ones and 0) are unknowns; every operation unifies the sizes of its
operands, and an expression is only built once all of them are settled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import sympy
from sympy import Expr

from symgate.claims.reading.limits import UnreadableError

Shape = tuple[Expr, ...]

#: The name of unknown sizes of symbols, which are never 1; those of eye and ones may be.
DIMENSION = "dimension"


@dataclass(frozen=True)
class Value:
    """A typed piece of a claim.

    Attributes:
        shape: () for a scalar, else (rows, columns); unknown sizes are ``sympy.Dummy``.
        make: builds the SymPy expression, once all sizes are known.
        at: where it starts in the text.
        number: its value, where it is a plain number.
        factors: how many factors its powers spell out, a bound on its size when multiplied out.
    """

    shape: Shape
    make: Callable[[], Expr]
    at: int
    number: sympy.Rational | None = None
    factors: int = 1

    @property
    def scalar(self) -> bool:
        """Whether it is a scalar."""
        return not self.shape


@dataclass
class Sizes:
    """The unknown sizes of one claim, and what they turned out to be."""

    known: dict[Expr, Expr] = field(default_factory=dict)
    opened: list[Expr] = field(default_factory=list)

    def unknown(self) -> Expr:
        """A size that the text leaves open."""
        self.opened.append(sympy.Dummy("size", integer=True, positive=True))
        return self.opened[-1]

    def of(self, size: Expr) -> Expr:
        """A size, as far as it is known."""
        while any(part in self.known for part in size.free_symbols):
            size = size.xreplace(self.known)
        return size

    def same(self, left: Expr, right: Expr) -> bool:
        """Whether two sizes are equal, or can be made so."""
        left, right = self.of(left), self.of(right)
        if left == right:
            return True
        ratio = sympy.fraction(left / right)  # n e = m e is n = m
        if set(ratio) != {left, right}:
            return self.same(*ratio)
        pairs = [(left, right), (right, left)]
        if getattr(left, "name", "") == DIMENSION and isinstance(right, sympy.Dummy):
            pairs.reverse()  # a size left open becomes that of a symbol, not the other way round
        for one, other in pairs:
            unknown = one.atoms(sympy.Dummy)
            if other.atoms(sympy.Dummy) & unknown:
                continue
            base, power = other.as_base_exp()
            if len(unknown) > 1 and one == sympy.Mul(*unknown) and power == len(unknown) and base.is_Symbol:
                self.known |= dict.fromkeys(unknown, base)  # vec of a square matrix: both factors are its size
                return True
            if len(unknown) != 1:
                continue
            (size,) = unknown
            if one == size**2 and power == 2 and base.is_Symbol:  # vec of the identity
                self.known[size] = base
                return True
            if one.is_Add and size in one.args:  # one block of several
                self.known[size] = other - (one - size)
                return True
            quotient = other * size / one  # one is the size itself, or a multiple of it in a Kronecker product
            if quotient == 1 and size.name == DIMENSION:
                continue  # what has a size is not a scalar in disguise
            if not quotient.atoms(sympy.Dummy) & unknown and sympy.denom(quotient) == 1:
                self.known[size] = quotient
                return True
        return False

    def match(self, left: Shape, right: Shape) -> bool:
        """Whether two shapes are equal, or can be made so; nothing is settled where they cannot."""
        before = dict(self.known)
        if len(left) == len(right) and all(self.same(a, b) for a, b in zip(left, right, strict=True)):
            return True
        self.known = before
        return False

    def settled(self, size: Expr, at: int) -> Expr:
        """A size that must be known by now.

        Raises:
            UnreadableError: nothing in the formula says how large this is.
        """
        found = self.of(size)
        if any(size.name != DIMENSION for size in found.atoms(sympy.Dummy)):
            raise UnreadableError("nothing determines the size of eye, ones or 0 here", at)
        return found

    def column(self, value: Value) -> bool:
        """Whether it is a column vector."""
        return bool(value.shape) and self.of(value.shape[1]) == 1

    def row(self, value: Value) -> bool:
        """Whether it is a row, a transposed vector."""
        return bool(value.shape) and self.of(value.shape[0]) == 1 and self.of(value.shape[1]) != 1

    def words(self, value: Value) -> str:
        """In words: what it is and of which size."""
        if value.scalar:
            return "a scalar"
        rows, cols = ("?" if self.of(size).atoms(sympy.Dummy) else str(self.of(size)) for size in value.shape)
        if self.column(value):
            return f"a vector of size {rows}"
        return f"a row of size {cols}" if self.row(value) else f"a {rows} x {cols} matrix"
