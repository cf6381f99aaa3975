"""Operands and their parentheses, and products and quotients of scalars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sympy
from sympy.matrices.expressions import MatMul, OneMatrix

from symgate.errors import UnsupportedNodeError
from symgate.language import Dot
from symgate.language.numbers import decimal
from symgate.language.sequences import EPS, ETA
from symgate.tex.context import Context
from symgate.tex.words import ATOM, OPEN, POWERED, PRODUCT, SCALED, SUM, Piece, Term, Words


class Operands(ABC):
    """What the walker needs for every node: pieces tight enough for their place, scalars in order."""

    def __init__(self, words: Words, context: Context) -> None:
        self.words = words
        self.context = context
        self._one_line = False

    @abstractmethod
    def piece(self, expr: Any) -> Piece:
        """The whole expression, its sign included."""

    @abstractmethod
    def signed(self, expr: Any) -> Term:
        """A sign and what it stands before."""

    @abstractmethod
    def exponent(self, expr: sympy.Expr) -> Piece:
        """What stands in a superscript."""

    @property
    def _tall(self) -> bool:
        """Whether a quotient is a fraction with a bar, beside which long factors stand."""
        return self.words.fractions_group and not self._one_line

    def inline(self, expr: Any) -> Piece:
        """The whole expression with slashes for fraction bars."""
        before, self._one_line = self._one_line, True
        try:
            return self.piece(expr)
        finally:
            self._one_line = before

    def tight(self, piece: Piece) -> Piece:
        """An operand of a Hadamard or Kronecker product: products in parentheses."""
        return self.at_least(piece, POWERED)

    def at_least(self, piece: Piece, level: int) -> Piece:
        """The piece, in parentheses where it is looser than ``level``."""
        if piece.level >= level:
            return piece
        return replace(over(self.words.group(piece), ATOM, piece, nests=True), stack=None)

    def in_order(self, pieces: list[Piece], *, last: int = PRODUCT) -> list[Piece]:
        """Factors side by side; the last one may be as loose as ``last``, or a sum over time."""
        *front, end = pieces
        return [*(self.at_least(piece, PRODUCT) for piece in front), self.at_least(end, last)]

    def scalars(self, expr: sympy.Expr, last: int = PRODUCT) -> tuple[bool, list[Piece]]:
        """The sign and the factors of a scalar, in order; one fraction where there is a division."""
        number, rest = expr.as_coeff_Mul()
        number = decimal(number) if number.is_Float else number
        above = [arg for arg in sympy.Mul.make_args(rest) if arg != 1 and not _divides(arg)]
        below = [1 / arg for arg in sympy.Mul.make_args(rest) if _divides(arg)]
        negative, coefficient = self.signed(number)
        if not below:
            pieces = ([] if abs(number) == 1 else [coefficient]) + self._ordered(above)
            return negative, self._closed(pieces, last)
        beside = [arg for arg in above if _is_run(arg) or (arg.has(Dot) and self._tall)]
        above = [arg for arg in above if arg not in beside]
        quotient = self._quotient(number, above, below)
        if self._tall and not self.words.fits_a_row(quotient):
            beside = [arg for arg in (*above, *beside) if arg not in (ETA, EPS)]
            quotient = self._quotient(number, [arg for arg in above if arg not in beside], below)
        return negative, self._closed([quotient, *self._ordered(beside)], last)

    def _quotient(self, number: sympy.Rational, above: list[sympy.Expr], below: list[sympy.Expr]) -> Piece:
        """A number times factors over factors."""
        top, bottom = (abs(int(part)) for part in number.as_numer_denom())
        upper = ([self.words.number(top, 1)] if top != 1 or not above else []) + self._ordered(above)
        lower = ([self.words.number(bottom, 1)] if bottom != 1 else []) + self._ordered(below)
        numerator, denominator = self._quotient_part(upper), self._quotient_part(lower)
        if self._one_line or not self.words.fractions_group:
            numerator, denominator = self.at_least(numerator, SCALED), self.at_least(denominator, POWERED)
        if self._one_line:
            return over(self.words.slash(numerator, denominator), SCALED, numerator, denominator)
        return self.words.fraction(numerator, denominator)

    def _closed(self, pieces: list[Piece], last: int) -> list[Piece]:
        """Factors side by side, a sum over time open only where the product ends the scalar."""
        if not pieces:
            return []
        open_end = last == OPEN and pieces[-1].level == OPEN
        return self.in_order(pieces, last=OPEN if open_end else max(last, SCALED))

    def _ordered(self, factors: list[sympy.Expr]) -> list[Piece]:
        """Learning rate and epsilon, factors in order of declaration, dot products, products and sums over time."""
        pieces = [(self._power(arg), arg) for arg in factors]
        pieces.sort(key=lambda pair: (*self._place(pair[1]), pair[0].text))
        return [piece for piece, _ in pieces]

    def _place(self, factor: sympy.Expr) -> tuple[Any, ...]:
        base = factor.as_base_exp()[0]
        run = _is_run(factor) + isinstance(factor, sympy.Sum)
        leads = base not in (ETA, EPS)
        rank = () if run else self.context.rank(factor)[:1]
        return run, leads, factor.has(Dot), rank, base.is_Add, str(factor.limits) if run else ""

    def _power(self, expr: sympy.Expr) -> Piece:
        """A scalar factor, powers of it included."""
        if not isinstance(expr, sympy.Pow):
            return self.piece(expr)
        base, exponent = expr.as_base_exp()
        base, exponent = (expr.base, expr.exp) if exponent.is_number else (base, exponent)
        if exponent.is_number and not (exponent.is_Integer and exponent > 1):
            raise UnsupportedNodeError(f"A power is a whole number or a time; found {exponent} in {expr}.")
        inner = self.at_least(self.piece(base), ATOM)
        script = self.words.number(int(exponent), 1) if exponent.is_number else self.exponent(exponent)
        return over(self.words.power(inner, script, entrywise=False), POWERED, inner)

    def _quotient_part(self, pieces: list[Piece]) -> Piece:
        if len(pieces) == 1:
            return pieces[0]
        tight = self.in_order(pieces)
        return over(self.words.product(tight, []), SCALED, *tight)

    def declared(self, terms: list[Term], exprs: Iterable[Any]) -> list[Term]:
        """Scalar terms by powers of epsilon, then in order of declaration, numbers first."""
        keyed = zip(terms, exprs, strict=True)
        ranked = sorted(keyed, key=lambda pair: (small(pair[1]), self.context.rank(pair[1]), pair[0][1].text))
        return [term for term, _ in ranked]

    def total(self, terms: list[Term]) -> Piece:
        return over(self.words.total(terms), SUM, *(piece for _, piece in terms))


def over(text: str, level: int, *inner: Piece, nests: bool = False) -> Piece:
    """A piece made of others; ``nests`` where parentheses were put around them."""
    depth = max((piece.depth for piece in inner), default=0) + nests
    return Piece(text, level, depth, any(piece.tall for piece in inner))


def small(expr: Any) -> int:
    """The power of epsilon in a term, by which sums are ordered."""
    powers = (factor.as_base_exp() for factor in sympy.Mul.make_args(expr))
    return sum(int(exponent) for base, exponent in powers if base == EPS and exponent.is_Integer)


def _is_run(expr: sympy.Expr) -> bool:
    """Whether a factor is a sum or a product over time."""
    return isinstance(expr, (sympy.Sum, sympy.Product))


def _divides(expr: sympy.Expr) -> bool:
    """Whether a factor belongs below the fraction bar."""
    return isinstance(expr, sympy.Pow) and bool(expr.exp.is_Integer) and bool(expr.exp < 0)


def filled(expr: Any) -> Any:
    """The number c of a vector c * ones, else None."""
    if isinstance(expr, OneMatrix) and expr.shape[1] == 1:
        return sympy.S.One
    if isinstance(expr, MatMul) and len(expr.args) == 2 and isinstance(expr.args[1], OneMatrix):
        return expr.args[0] if expr.args[0].is_Number and filled(expr.args[1]) else None
    return None
