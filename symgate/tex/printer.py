"""One walker over the language of results; what it meets is spelled by a vocabulary.

Parentheses go where an operand holds together less tightly than its place asks (``symgate.tex.words``):
a sum as a factor, a product inside a Hadamard or Kronecker product, a scaled vector inside a product,
anything but an atom under a power or a transpose.  Signs are pulled out of products and merged into sums.
Factors of matrix products and terms of matrix sums keep their order; SymPy sorts scalars by itself, so
scalars are put in the order of declaration, numbers first.
"""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

import sympy
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.errors import UnsupportedNodeError
from symgate.notation import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.tex.operands import Operands, over
from symgate.tex.values import by_value
from symgate.tex.words import ATOM, BINARY, POWERED, PRODUCT, SCALED, Piece, Term


class Printer(Operands):
    """Walks an expression and spells it with one vocabulary."""

    def piece(self, expr: Any) -> Piece:
        """The whole expression, its sign included.

        Raises:
            UnsupportedNodeError: a node outside the language.
        """
        terms = self.terms(expr)
        return terms[0][1] if len(terms) == 1 and not terms[0][0] else self.total(terms)

    def terms(self, expr: Any) -> list[Term]:
        """The expression as signed terms, in order."""
        if isinstance(expr, MatAdd):
            others = [arg for arg in expr.args if not isinstance(arg, ZeroMatrix)] or list(expr.args[:1])
            numbers = self.words.ones_are_numbers and not all(_filled(arg) for arg in others)
            parts = [_filled(arg) if numbers and _filled(arg) else arg for arg in others]
            return [term for part in parts for term in (self.terms(part))]
        if isinstance(expr, sympy.Add):
            return self.declared([self.signed(arg) for arg in expr.args], expr.args)
        return [self.signed(expr)]

    @singledispatchmethod
    def signed(self, expr: Any) -> Term:
        """A sign and what it stands before; one rule for each type of node."""
        raise UnsupportedNodeError(
            f"There is no way to print {type(expr).__name__}; the language of results is described in symgate.notation."
        )

    @signed.register(sympy.Add)
    def _add(self, expr: sympy.Add) -> Term:
        return False, self.total(self.terms(expr))

    @signed.register(MatAdd)
    def _matadd(self, expr: MatAdd) -> Term:
        return False, self.piece(expr)

    @signed.register(sympy.Symbol)
    def _symbol(self, expr: sympy.Symbol) -> Term:
        return False, self.words.name(self.context.spelling(expr.name), "scalar", None)

    @signed.register(ScalarSignal)
    def _scalar_signal(self, expr: ScalarSignal) -> Term:
        return False, self.words.name(self.context.spelling(expr.name), "scalar", self._index(expr.index))

    @signed.register(MatrixSymbol)
    def _matrix_symbol(self, expr: MatrixSymbol) -> Term:
        kind = "vector" if 1 in expr.shape else "matrix"
        index = self._index(expr.index) if isinstance(expr, Signal) else None
        return False, self.words.name(self.context.spelling(str(expr.name)), kind, index)

    @signed.register(sympy.Number)
    def _number(self, expr: sympy.Number) -> Term:
        if not expr.is_finite:
            raise UnsupportedNodeError(f"{expr} is no number that a formula can hold.")
        value = sympy.Rational(str(expr)) if isinstance(expr, sympy.Float) else expr
        return bool(value < 0), self.words.number(abs(int(value.p)), int(value.q))

    @signed.register(sympy.NumberSymbol)
    def _constant(self, expr: sympy.NumberSymbol) -> Term:
        which = {sympy.pi: "pi", sympy.E: "e"}.get(expr)
        if which is None:
            raise UnsupportedNodeError(f"There is no way to print the constant {expr}.")
        return False, self.words.constant(which)

    @signed.register(Identity)
    def _identity(self, expr: Identity) -> Term:
        return False, self.words.constant("identity")

    @signed.register(ZeroMatrix)
    def _zeros(self, expr: ZeroMatrix) -> Term:
        return False, self.words.constant("zeros")

    @signed.register(OneMatrix)
    def _ones(self, expr: OneMatrix) -> Term:
        ones = self.words.constant("ones")
        if expr.shape[1] == 1:
            return False, ones
        row = Piece(self.words.transpose(ones), POWERED)
        return False, row if expr.shape[0] == 1 else Piece(self.words.product([], [ones, row]), PRODUCT)

    @signed.register(Map)
    @signed.register(ScalarMap)
    def _map(self, expr: Map | ScalarMap) -> Term:
        if self.words.style.derivatives == "value" and expr.order:
            spelled = by_value(expr, self.context.named)
            if spelled is not None:
                return self.signed(spelled)
        inner = self.piece(expr.argument)
        return False, over(self.words.apply(expr.function, expr.order, inner), ATOM, inner, nests=True)

    @signed.register(DiagMatrix)
    def _diag(self, expr: DiagMatrix) -> Term:
        inner = self.piece(expr.args[0])
        return False, over(self.words.operator("diag", inner), ATOM, inner, nests=True)

    @signed.register(Transpose)
    def _transpose(self, expr: Transpose) -> Term:
        base = self.at_least(self.piece(expr.args[0]), ATOM)
        return False, over(self.words.transpose(base), POWERED, base)

    @signed.register(Dot)
    def _dot(self, expr: Dot) -> Term:
        (minus, left), (flip, right) = (self.signed(arg) for arg in expr.args)
        base = self.at_least(left, ATOM)
        row = over(self.words.transpose(base), POWERED, base)
        factors = [row, self.at_least(right, PRODUCT)]
        return minus != flip, over(self.words.product([], factors), SCALED, *factors)

    @signed.register(HadamardProduct)
    def _hadamard(self, expr: HadamardProduct) -> Term:
        negative, factors = False, []
        powers: dict[Any, int] = {}
        for arg in expr.args:
            powers[arg] = powers.get(arg, 0) + 1
        for arg, exponent in powers.items():
            minus, piece = self.signed(arg)
            negative ^= minus and bool(exponent % 2)
            if exponent > 1:
                base = self.at_least(piece, ATOM)
                piece = over(self.words.power(base, exponent, entrywise=True), POWERED, base)
            factors.append(
                piece if piece.level == BINARY and not isinstance(arg, KroneckerProduct) else self.tight(piece)
            )
        return negative, factors[0] if len(factors) == 1 else over(self.words.hadamard(factors), BINARY, *factors)

    @signed.register(KroneckerProduct)
    def _kronecker(self, expr: KroneckerProduct) -> Term:
        signed = [self.signed(arg) for arg in expr.args]
        negative = sum(minus for minus, _ in signed) % 2 == 1
        if self.words.fractions_group:  # an infix sign; a call needs no parentheses
            return negative, self.words.kronecker([self.tight(piece) for _, piece in signed])
        return negative, self.words.kronecker([piece for _, piece in signed])

    @signed.register(MatMul)
    def _matmul(self, expr: MatMul) -> Term:
        matrices = [arg for arg in expr.args if isinstance(arg, MatrixExpr)]
        negative, scalars = self.scalars(sympy.Mul(*[arg for arg in expr.args if not isinstance(arg, MatrixExpr)]))
        factors = []
        for arg in matrices:
            minus, piece = self.signed(arg)
            negative ^= minus
            factors.append(self.at_least(piece, PRODUCT))
        if not scalars and len(factors) == 1:
            return negative, factors[0]
        return negative, over(self.words.product(scalars, factors), SCALED if scalars else PRODUCT, *scalars, *factors)

    @signed.register(sympy.Pow)
    @signed.register(sympy.Mul)
    def _mul(self, expr: sympy.Expr) -> Term:
        negative, factors = self.scalars(expr, last=SCALED)
        if len(factors) == 1:
            return negative, factors[0]
        level = SCALED if factors[-1].level == SCALED else PRODUCT
        return negative, over(self.words.product(factors, []), level, *factors)

    def _index(self, index: Any) -> str:
        """A time index such as t - 1, without spaces."""
        number, rest = sympy.sympify(index, strict=True).as_coeff_Add()
        terms = [self.signed(arg) for arg in sorted(sympy.Add.make_args(rest), key=str) if arg != 0]
        terms += [self.signed(number)] if number != 0 or not terms else []
        return self.words.index(terms)


def _filled(expr: Any) -> Any:
    """The number c of a vector c * ones, else None."""
    if isinstance(expr, OneMatrix) and expr.shape[1] == 1:
        return sympy.S.One
    if isinstance(expr, MatMul) and len(expr.args) == 2 and isinstance(expr.args[1], OneMatrix):
        return expr.args[0] if expr.args[0].is_Number and _filled(expr.args[1]) else None
    return None
