"""Matrices as loops over entries: one pass over the rows writes a whole sum of words."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.codegen.numba.blocks import I
from symgate.codegen.numba.loops import Loops
from symgate.codegen.writer.backend import Code
from symgate.codegen.writer.fold import transposed
from symgate.codegen.writer.program import fresh
from symgate.codegen.writer.vectors import is_zero
from symgate.codegen.writer.words import split
from symgate.language import Vec

#: Indices of the columns, and of the sum of a product of two matrices.
J, K = "j_", "k_"


@dataclass(frozen=True)
class Part:
    """A word of a matrix, by its entries.

    It is left(i) right(i, j); without ``right``, left(i) on the diagonal; with ``inner``, the number of the k, the sum
    over k of left(i, k) right(k, j).
    """

    sign: str
    left: Code
    right: Code | None
    inner: str = ""


class MatrixLoops(Loops):
    """Writes results of any kind."""

    def fill(self, target: str, kind: str, terms: list[Expr]) -> None:
        """Write the sum of terms into the array ``target``; a scalar is its only entry."""
        words = [word for term in terms for word in _summands(term) if not is_zero(word)]
        if kind == "matrix":
            self.write(target, words)
        elif kind == "scalar":
            items = [("+", self.scalar(term)) for term in terms if not is_zero(term)]
            self.line(f"{target}[0] = {self.sum(items, 'scalar').text if items else '0.0'}")
        else:
            total = MatAdd(*words) if len(words) > 1 else (words or [ZeroMatrix(*terms[0].shape)])[0]
            value = self.entry(total, I)
            self.statement(terms[0].shape[0], f"{target}[{I}] = {value:bare}")

    def write(self, target: str, words: list[Expr]) -> None:
        """Write a sum of words into a matrix, row by row: what fills rows first, then products and diagonals."""
        parts = [part for word in words if not _is_kronecker(word) for part in self._parts(word)]
        krons = [self._kronecker(target, word) for word in words if _is_kronecker(word)]
        columns = f"{target}.shape[1]"
        lines: list[str] = []
        items: list[tuple[str, Code]] = []
        for part in parts:
            if part.right is None or part.inner:
                continue
            coefficient = part.left
            if not part.left.number:
                coefficient = Code(f"c{len(items)}_")
                lines.append(f"{coefficient} = {part.left:bare}")
            items.append((part.sign, self.product([coefficient, part.right], "scalar")))
        total = self.sum(items, "scalar").text if items else "0.0"
        lines += [f"for {J} in range({columns}):", f"    {target}[{I}, {J}] = {total}"]
        for part in parts:
            if part.right is None:
                lines.append(f"{target}[{I}, {I}] {part.sign}= {part.left:bare}")
            elif part.inner:
                lines += [
                    f"for {K} in range({part.inner}):",
                    f"    c_ = {part.left:bare}",
                    f"    for {J} in range({columns}):",
                ]
                lines.append(f"        {target}[{I}, {J}] {part.sign}= c_ * {part.right:right}")
        rows = self.size(words[0].shape[0]) if words else f"{target}.shape[0]"
        self.line(f"for {I} in range({rows}):")
        self.lines += [*(f"    {line}" for line in lines), *(line for kron in krons for line in kron)]

    def _parts(self, word: Expr) -> list[Part]:
        """The parts of a word that is no Kronecker product."""
        sign, number, rest = self.coefficient(word)
        scalars, factors = split(rest)
        for place, factor in enumerate(factors):
            if isinstance(factor, MatAdd) and 1 not in factor.shape:
                mark = -number if sign == "-" else number
                front = [*scalars] if mark == 1 else [mark, *scalars]
                every = [MatMul(*front, *factors[:place], part, *factors[place + 1 :]) for part in factor.args]
                return [part for item in every for part in self._parts(item)]
        factors = [factor for factor in factors if not isinstance(factor, Identity)]
        scalar = self.product([self.number(number), *(self.scalar(item) for item in scalars)], "scalar")
        if any(1 in factor.shape for factor in factors):
            left, right = self._outer(factors)
            return [Part(sign, self.product([scalar, left], "scalar"), right)]
        full = [place for place, factor in enumerate(factors) if not isinstance(factor, DiagMatrix)]
        while len(full) > 2:
            factors = [self._local(factors[: full[2]]), *factors[full[2] :]]
            full = [place for place, factor in enumerate(factors) if not isinstance(factor, DiagMatrix)]
        if not full:
            return [Part(sign, self.product([scalar, *self._diagonals(factors, I)], "scalar"), None)]
        if len(full) == 2:
            left = self.product([scalar, self._entry(factors[: full[1]], I, K)], "scalar")
            return [Part(sign, left, self._entry(factors[full[1] :], K, J), self.size(factors[full[1]].shape[0]))]
        left = self.product([scalar, *self._diagonals(factors[: full[0]], I)], "scalar")
        return [Part(sign, left, self._entry(factors[full[0] :], I, J))]

    def _outer(self, factors: list[Expr]) -> tuple[Code, Code]:
        """Column times row: an entry of each; what stands between them is a scalar."""
        one = Code("1", number=True)
        left = right = one
        cut = next((place + 1 for place, factor in enumerate(factors) if factor.shape[1] == 1), 0)
        if cut:
            left = self.entry(MatMul(*factors[:cut]) if cut > 1 else factors[0], I)
        rows = [place for place, factor in enumerate(factors) if factor.shape[0] == 1 and place >= cut]
        last = rows[-1] if rows else len(factors)
        if cut < last:
            left = self.product([left, self.entry(MatMul(*factors[cut:last]), "0")], "scalar")
        if rows:
            row = factors[last:]
            right = Code(f"{self.array(transposed(MatMul(*row) if len(row) > 1 else row[0]))}[{J}]")
        return left, right

    def _diagonals(self, factors: list[Expr], at: str) -> list[Code]:
        """The entries of diagonal factors; inside a loop over columns they are arrays."""
        if at == I:
            return [self.entry(factor.args[0], at) for factor in factors] or [Code("1", number=True)]
        return [Code(f"{self.array(factor.args[0])}[{at}]") for factor in factors]

    def _entry(self, factors: list[Expr], row: str, column: str) -> Code:
        """The entry of a product of diagonals and one matrix."""
        place = next(place for place, factor in enumerate(factors) if not isinstance(factor, DiagMatrix))
        before, after = self._diagonals(factors[:place], row), self._diagonals(factors[place + 1 :], column)
        return self.product([*before, self._letter(factors[place], row, column), *after], "scalar")

    def _letter(self, factor: Expr, row: str, column: str) -> Code:
        """The entry of a matrix."""
        if isinstance(factor, Transpose):
            return self._letter(factor.args[0], column, row)
        if isinstance(factor, MatrixSymbol):
            return Code(f"{factor.name}[{row}, {column}]")
        if isinstance(factor, (OneMatrix, ZeroMatrix)):
            return Code("1.0" if isinstance(factor, OneMatrix) else "0.0", number=True)
        if isinstance(factor, KroneckerProduct):
            return self._letter(self._local([factor]), row, column)
        return Code(f"{self.matrix(factor)}[{row}, {column}]")

    def _local(self, factors: list[Expr]) -> Expr:
        """A product as a matrix of its own."""
        name, shape = fresh("M", self.taken), (factors[0].shape[0], factors[-1].shape[1])
        self.new(name, shape)
        self.write(name, [MatMul(*factors)])
        return MatrixSymbol(name, *shape)

    def _kronecker(self, target: str, word: Expr) -> list[str]:
        """The loops that add scalar A (x) B (x) ... to a matrix."""
        sign, number, rest = self.coefficient(word)
        scalars, (product, *masks) = split(rest)
        pairs = [split(factor) for factor in product.args]
        values = [self.scalar(item) for item in (*scalars, *(own for found, _ in pairs for own in found))]
        values.insert(0, self.number(number))
        every = [parts[0] if len(parts) == 1 else MatMul(*parts) for _, parts in pairs]
        rows, columns, row, column = [], [], "0", "0"
        for place, factor in enumerate(every):
            height, width = (self.size(size) for size in factor.shape)
            at, to = f"r{place}_" if factor.shape[0] != 1 else "0", f"s{place}_" if factor.shape[1] != 1 else "0"
            if isinstance(factor, (DiagMatrix, Identity)):
                to = at
                values += [] if isinstance(factor, Identity) else self._diagonals([factor], at)
            elif factor.shape[1] == 1:
                values.append(Code(f"{self.array(factor)}[{at}]"))
            elif factor.shape[0] == 1:
                values.append(Code(f"{self.array(transposed(factor))}[{to}]"))
            else:
                known = factor if isinstance(factor, (MatrixSymbol, Transpose)) else self._local(split(factor)[1])
                values.append(self._letter(known, at, to))
            rows += [f"for {at} in range({height}):"] if at != "0" else []
            columns += [f"for {to} in range({width}):"] if to not in {"0", at} else []
            row = at if row == "0" else f"({row}) * {height} + {at}"
            column = to if column == "0" else f"({column}) * {width} + {to}"
        for mask in masks:  # column q p + r of b' (x) A, and of A (x) b', is entry (r, q) of the matrix
            first, last = self._steps(every)
            values.append(self._letter(mask.args[0].args[0], last, first))
        lines = [f"{'    ' * depth}{line}" for depth, line in enumerate([*rows, *columns])]
        value = self.product(values, "scalar")
        return [*lines, f"{'    ' * len(lines)}{target}[{row}, {column}] {sign}= {value:bare}"]

    @staticmethod
    def _steps(factors: list[Expr]) -> tuple[str, str]:
        """The indices of the columns of the two factors of a Kronecker product."""
        found = []
        for place, factor in enumerate(factors):
            diagonal = isinstance(factor, (DiagMatrix, Identity))
            found.append("0" if factor.shape[1] == 1 else f"r{place}_" if diagonal else f"s{place}_")
        return found[0], found[-1]


def _summands(expr: Expr) -> tuple[Expr, ...]:
    return tuple(expr.args) if isinstance(expr, MatAdd) else (expr,)


def _is_kronecker(word: Expr) -> bool:
    _, factors = split(word)
    return bool(factors) and isinstance(factors[0], KroneckerProduct) and all(map(_is_mask, factors[1:]))


def _is_mask(factor: Expr) -> bool:
    """Whether a factor is diag(vec M)."""
    return isinstance(factor, DiagMatrix) and isinstance(factor.args[0], Vec)
