"""The walker: expressions of the shape language to code, word by word, whatever the target.

A word is a product of scalars, columns, rows, diagonals and matrices.  It is folded so that nothing
larger than needed is ever formed: columns absorb what stands on their left, rows what stands on
their right, a diagonal scales rows or columns, and column times row is an outer product.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
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

from symgate.codegen.writer.backend import Code, Spelling, Summand
from symgate.codegen.writer.entrywise import entrywise
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.products import chain, kronecker, scale
from symgate.codegen.writer.program import Program, fresh
from symgate.codegen.writer.sharing import gathered, is_scaled_ones, last_product, repeated
from symgate.codegen.writer.vectors import Vectors, is_zero
from symgate.codegen.writer.words import split
from symgate.language import Dot, Map
from symgate.language.matrices import is_row
from symgate.language.matrices import transposed as turned


class Writer(Vectors):
    """Writes the body of one generated function; ``lines`` collects the statements."""

    _ends: list[str] | None = None

    def __init__(self, backend: Spelling, program: Program, kernels: Kernels) -> None:
        super().__init__(backend, program, kernels)
        columns = [gathered(expr) for result in program.results for _, expr in result.summed if result.kind == "vector"]
        others = [expr for result in program.results for _, expr in result.summed if result.kind != "vector"]
        definitions = [definition for _, definition, _ in program.intermediates]
        self._products = repeated([*definitions, *columns, *others])

    def forget(self) -> None:
        """Products that were given names in lines that may not run."""
        for product in self._products:
            self._hoisted.pop(product, None)

    def places(self, ends: Callable[[Program, Writer], list[str]]) -> list[str]:
        """The ends of the states, written once."""
        if self._ends is None:
            self._ends = ends(self.program, self)
        return self._ends

    def define(self, symbol: Expr, expr: Expr) -> None:
        """Write a named intermediate."""
        if isinstance(symbol, MatrixExpr) and symbol.shape[1] != 1:
            self._define_matrix(symbol, expr)
            return
        value = self.array(expr)
        if value.text != self.names[symbol]:
            self.lines.append(f"{self.names[symbol]} = {value:bare}")

    def _define_matrix(self, symbol: Expr, expr: Expr) -> None:
        """Write a named part that is a matrix; a single product is an array as it is."""
        found = [self._signed(word) for word in self._words(expr) if not is_zero(word)]
        name = self.names[symbol]
        if len(found) == 1 and found[0][0] == "+" and found[0][1].kind == "matrix":
            self.lines.append(f"{name} = {found[0][1]:bare}")
            return
        self._local(symbol.shape, [("", *pair) for pair in found], name)

    def fill(self, target: str, kind: str, terms: list[tuple[str, Expr]]) -> None:
        """Write the sum of named terms into ``target``, an array of the given kind with every batch axis."""
        summands = []
        for name, expr in terms:
            for word in self._words(expr) if kind == "matrix" else (expr,):
                if not is_zero(word):
                    sign, code = self._signed(word) if kind == "matrix" else ("+", self.array(gathered(word)))
                    summands.append((name, sign, self.backend.settled(code, self.program.dtype)))
        self.lines += self.backend.fill(target, kind, summands)

    def _words(self, expr: Expr) -> list[Expr]:
        """The summands of a matrix; of cells with matrix states, products with sums in them are multiplied out."""
        if self.program.cell.matrix_states:
            return spread(expr)
        return list(expr.args) if isinstance(expr, MatAdd) else [expr]

    def array(self, expr: Expr) -> Code:
        """A vector or a scalar."""
        return self.vector(expr) if isinstance(expr, MatrixExpr) else self.scalar(expr)

    def full(self, code: Code, shape: tuple[Expr, ...]) -> Code:
        """A value as a full matrix, a new local one, where its structure cannot be used further."""
        return self._local(shape, [("", "+", code)]) if code.kind not in {"matrix", "vector", "row", "scalar"} else code

    def _local(self, shape: tuple[Expr, ...], summands: list[Summand], name: str = "") -> Code:
        """A sum as a new local matrix."""
        name = name or fresh("K", self.taken)
        sizes = [self.size(size) for size in shape]
        self.lines.append(f"{name} = {self.backend.empty(self.program.batch, self.program.dtype, sizes)}")
        settled = [(term, sign, self.backend.settled(code, self.program.dtype)) for term, sign, code in summands]
        lines = self.backend.fill(name, "matrix", settled)
        self.lines += self.backend.of_size(lines, self.program.dtype, sizes)
        return Code(name, kind="matrix")

    def word(self, expr: Expr) -> Code:
        """A product, as code of whatever kind it turns out to be."""
        scalars, factors = split(expr)
        coefficient = self.scalar(sympy.Mul(*scalars)) if scalars else None
        if len(factors) == 1 and isinstance(factors[0], KroneckerProduct):
            return kronecker(self, [self.word(part) for part in factors[0].args], factors[0].args, coefficient)
        product = last_product(factors)
        if product is None or self._products[product] < 2:
            return chain(self, coefficient, [self.factor(part) for part in factors])
        if product not in self._hoisted:
            self._hoisted[product] = self.let("product", chain(self, None, [self.factor(part) for part in product]))
        return chain(self, coefficient, [*(self.factor(part) for part in factors[:-2]), self._hoisted[product]])

    def scalar(self, expr: Expr) -> Code:
        """A scalar; a product with the vector of ones is a sum, or a size."""
        if isinstance(expr, Dot) and any(isinstance(part, OneMatrix) for part in expr.args):
            ones, other = sorted(expr.args, key=lambda part: not isinstance(part, OneMatrix))
            if isinstance(other, OneMatrix):
                count = Code(self.size(ones.shape[0]))  # where functions take arrays alone it has to be one
                return self.backend.join("count", "scalar", count) if "count" in self.backend.spellings else count
            if "sum" in self.backend.spellings:
                return self.backend.join("sum", "scalar", self.vector(other))
        return super().scalar(expr)

    def scaled_ones(self, expr: Expr) -> Code | None:
        """A scalar times ones, beside other vectors, as that scalar alone."""
        if not is_scaled_ones(expr):
            return None
        return self.backend.join("scalar to vector", "vector", self.scalar(sympy.Mul(*split(expr)[0])))

    def _signed(self, expr: Expr) -> tuple[str, Code]:
        """The sign and the value of a word in a sum of matrices."""
        sign, number, rest = self.coefficient(expr)
        return sign, scale(self, self.number(number), self.word(rest))

    def factor(self, expr: Expr) -> Code:
        """One factor of a word; anything 1 x 1 is a scalar, one column a vector, one row a row."""
        rows, cols = expr.shape
        if rows == 1 and cols == 1:
            if isinstance(expr, Identity):
                return Code("1", number=True)
            inner = expr.args[0] if isinstance(expr, (DiagMatrix, Transpose)) else expr
            return self.backend.join("entry", "scalar", self.vector(inner))
        if isinstance(expr, Identity):
            return Code("1", kind="identity", number=True)
        if isinstance(expr, DiagMatrix):
            return self.vector(expr.args[0]).of_kind("diagonal")
        if isinstance(expr, Transpose):
            return self._transposed(expr)
        if cols == 1:
            return self.vector(expr)
        if isinstance(expr, MatrixSymbol):
            matrix = Code(self.names.get(expr, str(expr.name)), kind="matrix")
            return self.backend.join("only row", "row", matrix) if rows == 1 else matrix
        if isinstance(expr, KroneckerProduct):
            return self.full(self.word(expr), expr.shape)
        if rows == 1 and isinstance(expr, MatAdd):
            return self.vector(transposed(expr)).of_kind("row")
        if isinstance(expr, MatAdd):
            return self._local(expr.shape, [("", *self._signed(word)) for word in expr.args if not is_zero(word)])
        if isinstance(expr, (OneMatrix, ZeroMatrix)):
            ones = self.ones("row", expr.shape[1:]) if rows == 1 else self.ones("matrix", expr.shape)
            return ones if isinstance(expr, OneMatrix) else self.product([Code("0", number=True), ones], ones.kind)
        return self.matrix(expr)

    def matrix(self, expr: Expr) -> Code:
        """A matrix made entry by entry; what is more than a symbol is computed once."""
        if isinstance(expr, (MatrixSymbol, Transpose, OneMatrix)):
            return entrywise(self, expr)
        if expr not in self._hoisted:
            value = entrywise(self, expr)
            plain = isinstance(expr, HadamardProduct) and any(is_row(part.args[-1]) for part in expr.args if part.args)
            self._hoisted[expr] = value if plain else self.let("weights", value)
        return self._hoisted[expr]

    def _transposed(self, expr: Transpose) -> Code:
        """A transposed factor."""
        inner = expr.args[0]
        if inner.shape[1] == 1:
            return self.vector(inner).of_kind("row")
        if not isinstance(inner, MatrixSymbol):
            return self.full(self.word(transposed(inner)), expr.shape)
        matrix = Code(self.names.get(inner, str(inner.name)), kind="matrix")
        if inner.shape[0] == 1:
            return self.backend.join("only row", "vector", matrix)
        return self.backend.join("transpose", "matrix", matrix)


def spread(expr: Expr) -> list[Expr]:
    """The words of a sum; C (I - b k k') as C - b C k k', so that no product of two matrices is formed."""
    if isinstance(expr, MatAdd):
        return [word for part in expr.args for word in spread(part)]
    for place, factor in enumerate(expr.args if isinstance(expr, MatMul) else ()):
        if isinstance(factor, MatAdd) and 1 not in factor.shape:
            before, after = expr.args[:place], expr.args[place + 1 :]
            return [word for part in factor.args for word in spread(_flat(*before, part, *after))]
    return [expr]


def _flat(*factors: Expr) -> Expr:
    """A product without products in it, and without I."""
    flat = [part for factor in factors for part in (factor.args if isinstance(factor, MatMul) else (factor,))]
    matrices = [part for part in flat if isinstance(part, MatrixExpr)]
    kept = [part for part in matrices if not isinstance(part, Identity)] or matrices[:1]
    scalar = sympy.Mul(*[part for part in flat if not isinstance(part, MatrixExpr)])
    return MatMul(*([] if scalar == 1 else [scalar]), *kept)


def transposed(expr: Expr) -> Expr:
    """The transpose, pushed to the symbols."""
    if isinstance(expr, Transpose):
        return expr.args[0]
    if isinstance(expr, (Identity, DiagMatrix)):
        return expr
    if isinstance(expr, (OneMatrix, ZeroMatrix)):
        return expr.func(*expr.shape[::-1])
    if isinstance(expr, MatMul):
        scalars = [part for part in expr.args if not isinstance(part, MatrixExpr)]
        return MatMul(*scalars, *[transposed(part) for part in reversed(expr.args) if isinstance(part, MatrixExpr)])
    if isinstance(expr, (MatAdd, KroneckerProduct, HadamardProduct)):
        return expr.func(*[transposed(part) for part in expr.args])
    if isinstance(expr, (Map, HadamardPower)) and expr.shape[1] != 1:
        return turned(expr)
    return Transpose(expr)
