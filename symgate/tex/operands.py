"""Operands and their parentheses, and products and quotients of scalars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sympy

from symgate.errors import UnsupportedNodeError
from symgate.notation import Dot
from symgate.tex.context import Context
from symgate.tex.words import ATOM, POWERED, PRODUCT, SCALED, SUM, Piece, Term, Words


class Operands(ABC):
    """What the walker needs for every node: pieces tight enough for their place, scalars in order."""

    def __init__(self, words: Words, context: Context) -> None:
        self.words = words
        self.context = context

    @abstractmethod
    def piece(self, expr: Any) -> Piece:
        """The whole expression, its sign included."""

    @abstractmethod
    def signed(self, expr: Any) -> Term:
        """A sign and what it stands before."""

    def tight(self, piece: Piece) -> Piece:
        """An operand of a Hadamard or Kronecker product: products in parentheses."""
        return self.at_least(piece, POWERED)

    def at_least(self, piece: Piece, level: int) -> Piece:
        """The piece, in parentheses where it is looser than ``level``."""
        if piece.level >= level:
            return piece
        return replace(over(self.words.group(piece), ATOM, piece, nests=True), stack=None)

    def scalars(self, expr: sympy.Expr, last: int = PRODUCT) -> tuple[bool, list[Piece]]:
        """The sign and the factors of a scalar, in order; one fraction where there is a division."""
        number, rest = expr.as_coeff_Mul()
        number = sympy.Rational(str(number)) if number.is_Float else number
        above = [arg for arg in sympy.Mul.make_args(rest) if arg != 1 and not _divides(arg)]
        below = [1 / arg for arg in sympy.Mul.make_args(rest) if _divides(arg)]
        negative, coefficient = self.signed(number)
        above_pieces = self._ordered(above)
        if not below:
            pieces = ([] if abs(number) == 1 else [coefficient]) + above_pieces
            return negative, [self.at_least(piece, PRODUCT if piece is not pieces[-1] else last) for piece in pieces]
        top, bottom = (abs(int(part)) for part in number.as_numer_denom())
        upper = ([self.words.number(top, 1)] if top != 1 or not above else []) + above_pieces
        lower = ([self.words.number(bottom, 1)] if bottom != 1 else []) + self._ordered(below)
        numerator, denominator = self._quotient_part(upper), self._quotient_part(lower)
        if not self.words.fractions_group:
            numerator, denominator = self.at_least(numerator, SCALED), self.at_least(denominator, POWERED)
        return negative, [self.at_least(self.words.fraction(numerator, denominator), last)]

    def _ordered(self, factors: list[sympy.Expr]) -> list[Piece]:
        """Scalar factors in order of declaration, dot products last, sums last among equals."""
        pieces = [(self._power(arg), arg) for arg in factors]
        pieces.sort(key=lambda pair: (pair[1].has(Dot), self.context.rank(pair[1])[:1], pair[1].is_Add, pair[0].text))
        return [piece for piece, _ in pieces]

    def _power(self, expr: sympy.Expr) -> Piece:
        """A scalar factor, powers of it included."""
        if not isinstance(expr, sympy.Pow):
            return self.piece(expr)
        base, exponent = expr.as_base_exp()
        if not (exponent.is_Integer and exponent > 1):
            raise UnsupportedNodeError(f"A power is a whole number; found {exponent} in {expr}.")
        inner = self.at_least(self.piece(base), ATOM)
        return over(self.words.power(inner, int(exponent), entrywise=False), POWERED, inner)

    def _quotient_part(self, pieces: list[Piece]) -> Piece:
        if len(pieces) == 1:
            return pieces[0]
        tight = [self.at_least(piece, PRODUCT) for piece in pieces]
        return over(self.words.product(tight, []), SCALED, *tight)

    def declared(self, terms: list[Term], exprs: Iterable[Any]) -> list[Term]:
        """Scalar terms in order of declaration, numbers first."""
        keyed = zip(terms, exprs, strict=True)
        return [term for term, _ in sorted(keyed, key=lambda pair: (self.context.rank(pair[1]), pair[0][1].text))]

    def total(self, terms: list[Term]) -> Piece:
        return over(self.words.total(terms), SUM, *(piece for _, piece in terms))


def over(text: str, level: int, *inner: Piece, nests: bool = False) -> Piece:
    """A piece made of others; ``nests`` where parentheses were put around them."""
    depth = max((piece.depth for piece in inner), default=0) + nests
    return Piece(text, level, depth, any(piece.tall for piece in inner))


def _divides(expr: sympy.Expr) -> bool:
    """Whether a factor belongs below the fraction bar."""
    return isinstance(expr, sympy.Pow) and bool(expr.exp.is_Integer) and bool(expr.exp < 0)
