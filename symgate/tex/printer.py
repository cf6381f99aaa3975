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
    BlockMatrix,
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
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
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal, T, Vec
from symgate.language.numbers import decimal
from symgate.language.sequences import EPS, HadamardRun, Largest, MatrixSum, Norm, OrderedProduct, Smallest
from symgate.notation import Vectors
from symgate.tex.operands import filled, over
from symgate.tex.running import Running, is_dated, is_moment
from symgate.tex.values import by_value
from symgate.tex.words import ATOM, BINARY, OPEN, POWERED, PRODUCT, SCALED, Piece, Term


class Printer(Running):
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
            numbers = self.words.ones_are_numbers and not all(filled(arg) for arg in others)
            parts = [filled(arg) if numbers and filled(arg) else arg for arg in others]
            return [term for part in parts for term in (self.terms(part))]
        if isinstance(expr, sympy.Add) and is_moment(expr):
            return self.times(expr)
        if isinstance(expr, sympy.Add):
            return self.declared([self.signed(arg) for arg in expr.args], expr.args)
        return [self.signed(expr)]

    def signed(self, expr: Any) -> Term:
        """A sign and what it stands before."""
        if not isinstance(expr, (Map, ScalarMap)):  # of those it is told where they are spelled
            self.words.note(expr)
        return self._signed(expr)

    @singledispatchmethod
    def _signed(self, expr: Any) -> Term:
        """One rule for each type of node."""
        raise UnsupportedNodeError(
            f"symgate cannot print {type(expr).__name__}; the language of results is described in symgate.language."
        )

    @_signed.register(sympy.Add)
    def _add(self, expr: sympy.Add) -> Term:
        return False, self.total(self.terms(expr))

    @_signed.register(MatAdd)
    def _matadd(self, expr: MatAdd) -> Term:
        return False, self.piece(expr)

    @_signed.register(sympy.Symbol)
    def _symbol(self, expr: sympy.Symbol) -> Term:
        return False, self.words.name(self.context.spelling_of(expr), "scalar", None)

    @_signed.register(ScalarSignal)
    def _scalar_signal(self, expr: ScalarSignal) -> Term:
        return False, self.words.name(self.context.spelling_of(expr), "scalar", *self.stamp(expr.index, expr.name))

    @_signed.register(MatrixSymbol)
    def _matrix_symbol(self, expr: MatrixSymbol) -> Term:
        kind = "vector" if 1 in expr.shape else "matrix"
        stamp = self.stamp(expr.index, str(expr.name)) if isinstance(expr, Signal) else (None, None)
        piece = self.words.name(self.context.spelling_of(expr), kind, *stamp)
        if isinstance(expr, Signal) and self.context.perturbed(expr):
            piece = Piece(self.words.at_point(piece, self.piece(EPS)), ATOM)
        return False, piece

    @_signed.register(sympy.Number)
    def _number(self, expr: sympy.Number) -> Term:
        if not expr.is_finite:
            raise UnsupportedNodeError(f"{expr} is not a number that a formula can hold.")
        value = decimal(expr) if isinstance(expr, sympy.Float) else expr
        return bool(value < 0), self.words.number(abs(int(value.p)), int(value.q))

    @_signed.register(sympy.NumberSymbol)
    def _constant(self, expr: sympy.NumberSymbol) -> Term:
        which = {sympy.pi: "pi", sympy.E: "e"}.get(expr)
        if which is None:
            raise UnsupportedNodeError(f"symgate cannot print the constant {expr}.")
        return False, self.words.constant(which)

    @_signed.register(Identity)
    def _identity(self, expr: Identity) -> Term:
        return False, self.words.constant("identity")

    @_signed.register(ZeroMatrix)
    def _zeros(self, expr: ZeroMatrix) -> Term:
        return False, self.words.constant("zeros")

    @_signed.register(OneMatrix)
    def _ones(self, expr: OneMatrix) -> Term:
        ones = self.words.constant("ones")
        rows = self.context.notation.vectors is Vectors.ROW
        if expr.shape[0 if rows else 1] == 1:
            return False, ones
        row = Piece(self.words.transpose(ones), POWERED)
        if rows:
            return False, row if expr.shape[1] == 1 else Piece(self.words.product([], [row, ones]), PRODUCT)
        return False, row if expr.shape[0] == 1 else Piece(self.words.product([], [ones, row]), PRODUCT)

    @_signed.register(Map)
    @_signed.register(ScalarMap)
    def _map(self, expr: Map | ScalarMap) -> Term:
        if self.words.style.derivatives == "value" and expr.order:
            spelled = by_value(expr, self.context.named)
            if spelled is not None:
                return self.signed(spelled)
        self.words.note(expr)
        inner = self.piece(expr.argument)
        if expr.function == "abs" and not expr.order:
            return False, over(self.words.fence("abs", inner), ATOM, inner)
        return False, over(self.words.apply(expr.function, expr.order, inner), ATOM, inner, nests=True)

    @_signed.register(sympy.exp)
    @_signed.register(sympy.log)
    @_signed.register(sympy.cos)
    def _function(self, expr: Any) -> Term:
        inner = self.inline(expr.args[0])
        return False, over(self.words.apply(type(expr).__name__, 0, inner), ATOM, inner, nests=True)

    @_signed.register(sympy.gamma)
    @_signed.register(sympy.expint)
    def _special(self, expr: Any) -> Term:
        """Gamma, and the exponential integral of order 1 as E."""
        if isinstance(expr, sympy.expint) and expr.args[0] != 1:
            raise UnsupportedNodeError(
                f"symgate cannot print {expr}: the only exponential integral it prints is that of order 1."
            )
        inner = self.inline(expr.args[-1])
        name = "Gamma" if isinstance(expr, sympy.gamma) else "E"
        return False, over(self.words.apply(name, 0, inner), ATOM, inner, nests=True)

    @_signed.register(DiagMatrix)
    @_signed.register(DiagonalOf)
    @_signed.register(Vec)
    @_signed.register(Largest)
    @_signed.register(Smallest)
    def _operator(self, expr: Any) -> Term:
        inner = self.piece(expr.args[0])
        return False, over(self.words.operator(_OPERATORS[type(expr)], inner), ATOM, inner, nests=True)

    @_signed.register(Norm)
    def _norm(self, expr: Norm) -> Term:
        inner = self.piece(expr.args[0])
        return False, over(self.words.fence("norm", inner), ATOM, inner)

    @_signed.register(OrderedProduct)
    @_signed.register(MatrixSum)
    @_signed.register(HadamardRun)
    @_signed.register(sympy.Sum)
    @_signed.register(sympy.Product)
    def _over_time(self, expr: Any) -> Term:
        return self.over_time(expr)

    @_signed.register(HadamardPower)
    def _entry_power(self, expr: HadamardPower) -> Term:
        return False, self.entry_power(expr)

    @_signed.register(sympy.Piecewise)
    def _piecewise(self, expr: sympy.Piecewise) -> Term:
        return False, self.cases(expr)

    @_signed.register(BlockMatrix)
    def _blocks(self, expr: BlockMatrix) -> Term:
        high, wide = expr.blockshape
        return False, self.words.blocks([[self.piece(expr.blocks[i, j]) for j in range(wide)] for i in range(high)])

    @_signed.register(sympy.KroneckerDelta)
    def _delta(self, expr: sympy.KroneckerDelta) -> Term:
        first, second = sorted(expr.args, key=lambda time: (T not in time.free_symbols, str(time)))
        return False, self.words.name(self.context.spelling("delta"), "scalar", *self.stamp(sympy.Tuple(first, second)))

    @_signed.register(Transpose)
    def _transpose(self, expr: Transpose) -> Term:
        inner = expr.args[0]
        if isinstance(inner, OrderedProduct) and isinstance(inner.body, Transpose) and is_dated(inner.body.arg, inner):
            return False, self.rising(inner)
        if isinstance(inner, DiagonalOf) and self.context.notation.vectors is Vectors.ROW:
            matrix = inner.args[0]
            return self.signed(DiagonalOf(matrix.arg if isinstance(matrix, Transpose) else matrix))
        base = self.at_least(self.piece(expr.args[0]), ATOM)
        return False, over(self.words.transpose(base), POWERED, base)

    @_signed.register(Dot)
    def _dot(self, expr: Dot) -> Term:
        first, second = expr.args
        if isinstance(first, Transpose) and isinstance(second, Transpose):  # of rows: u v'
            (minus, left), (flip, right) = self.signed(first.arg), self.signed(second.arg)
            base = self.at_least(right, ATOM)
            factors = [self.at_least(left, PRODUCT), over(self.words.transpose(base), POWERED, base)]
            return minus != flip, over(self.words.product([], factors), SCALED, *factors)
        (minus, left), (flip, right) = (self.signed(arg) for arg in expr.args)
        base = self.at_least(left, ATOM)
        row = over(self.words.transpose(base), POWERED, base)
        factors = [row, self.at_least(right, PRODUCT)]
        return minus != flip, over(self.words.product([], factors), SCALED, *factors)

    @_signed.register(HadamardProduct)
    def _hadamard(self, expr: HadamardProduct) -> Term:
        negative = False
        factors: list[Piece] = []
        powers: dict[Any, int] = {}
        for arg in expr.args:
            powers[arg] = powers.get(arg, 0) + 1
        for arg, exponent in powers.items():
            minus, piece = self.signed(arg)
            negative ^= minus and bool(exponent % 2)
            if exponent > 1:
                base = self.at_least(piece, ATOM)
                number = self.words.number(exponent, 1)
                piece = over(self.words.power(base, number, entrywise=True), POWERED, base)
            ends = piece.level == OPEN and len(factors) == len(powers) - 1
            loose = piece.level == BINARY and not isinstance(arg, KroneckerProduct)
            factors.append(piece if loose or ends else self.tight(piece))
        if len(factors) == 1:
            return negative, factors[0]
        level = OPEN if factors[-1].level == OPEN else BINARY
        return negative, over(self.words.hadamard(factors), level, *factors)

    @_signed.register(KroneckerProduct)
    def _kronecker(self, expr: KroneckerProduct) -> Term:
        signed = [self.signed(arg) for arg in expr.args]
        negative = sum(minus for minus, _ in signed) % 2 == 1
        if self.words.fractions_group:  # an infix sign; a call needs no parentheses
            return negative, self.words.kronecker([self.tight(piece) for _, piece in signed])
        return negative, self.words.kronecker([piece for _, piece in signed])

    @_signed.register(MatMul)
    def _matmul(self, expr: MatMul) -> Term:
        matrices = [arg for arg in expr.args if isinstance(arg, MatrixExpr)]
        negative, scalars = self.scalars(sympy.Mul(*[arg for arg in expr.args if not isinstance(arg, MatrixExpr)]))
        factors = []
        for arg in matrices:
            if isinstance(arg, OrderedProduct) and isinstance(arg.body, Signal) and len(matrices) > 1:
                factors.append(self.chain(arg, most=1))
                continue
            minus, piece = self.signed(arg)
            negative ^= minus
            factors.append(piece)
        factors = self.in_order(factors, last=OPEN if factors[-1].level == OPEN else PRODUCT)
        if not scalars and len(factors) == 1:
            return negative, factors[0]
        level = OPEN if factors[-1].level == OPEN else SCALED if scalars else PRODUCT
        return negative, over(self.words.product(scalars, factors), level, *scalars, *factors)

    @_signed.register(sympy.Pow)
    @_signed.register(sympy.Mul)
    def _mul(self, expr: sympy.Expr) -> Term:
        negative, factors = self.scalars(expr, last=OPEN)
        if len(factors) == 1:
            return negative, factors[0]
        level = factors[-1].level if factors[-1].level in (OPEN, SCALED) else PRODUCT
        return negative, over(self.words.product(factors, []), level, *factors)


#: Operators that are written as a word in front of their argument.
_OPERATORS = {DiagMatrix: "diag", DiagonalOf: "diagonal", Vec: "vec", Largest: "max", Smallest: "min"}
