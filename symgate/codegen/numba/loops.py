"""Expressions as loops over entries, for one point: what a compiled target writes in place of array operations.

A vector is written entry by entry; vectors of equal length share one loop as long as none of them reads all of
another one from the same loop.  A product W v is a function call per entry, so v is kept as an array.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.codegen.numba.blocks import I, Loop
from symgate.codegen.numpy.target import NumpyBackend
from symgate.codegen.writer.backend import Code
from symgate.codegen.writer.fold import transposed
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.program import Program, fresh
from symgate.codegen.writer.vectors import Vectors, is_zero, positive, positive_power
from symgate.codegen.writer.words import hadamard, split
from symgate.errors import UnsupportedNodeError
from symgate.language import Dot, Map, Signal, Vec, is_vector
from symgate.language.matrices import is_row, parted


class Loops(Vectors):
    """Writes the body of a loop over points; ``before`` collects the arrays that all points share."""

    def __init__(self, program: Program, kernels: Kernels, dtype: str) -> None:
        super().__init__(NumpyBackend(), program, kernels)
        self.before: list[str] = []
        self._dtype = dtype
        self._loop: tuple[str, Loop] | None = None
        self._kept: dict[Expr, Expr] = {}

    def define(self, symbol: Expr, expr: Expr) -> None:
        """Write a named intermediate."""
        name = self.names[symbol]
        if not isinstance(expr, MatrixExpr):
            value = self.scalar(expr)
            if value.text != name:
                self.line(f"{name} = {value:bare}")
            return
        value = self.entry(expr, I)
        if value.text != f"{name}[{I}]":
            self.new(name, expr.shape[:1])
            self.statement(expr.shape[0], f"{name}[{I}] = {value:bare}")

    def line(self, text: str) -> None:
        """A line outside any loop over entries."""
        self._loop = None
        self.lines.append(text)

    def new(self, name: str, shape: tuple[Expr, ...]) -> None:
        """An array for all points."""
        sizes = ", ".join(self.size(size) for size in shape)
        self.before.append(f"{name} = np.empty(({sizes}{',' * (len(shape) == 1)}), {self._dtype})")

    def statement(self, length: Expr, text: str) -> None:
        """A statement for every entry, in the loop under way where that may hold it."""
        size, loop = self.size(length), Loop.of(text)
        if self._loop is None or self._loop[0] != size or not self._loop[1].takes(loop):
            self.lines.append(f"for {I} in range({size}):")
            self._loop = size, loop
        else:
            self._loop[1].join(loop)
        self.lines.append(f"    {text}")

    def array(self, expr: Expr) -> str:
        """The name of an array that holds a vector."""
        if isinstance(expr, MatrixSymbol) and is_vector(expr):
            return self.names.get(expr, str(expr.name))
        if expr not in self._kept and isinstance(expr, Vec):
            self._kept[expr] = self._stacked(expr)
        elif expr not in self._kept:
            name = fresh("v", self.taken)
            text = f"{name}[{I}] = {self.entry(expr, I):bare}"
            self.new(name, expr.shape[:1])
            self.statement(expr.shape[0], text)
            self._kept[expr] = Signal(name, expr.shape[0])
        return str(self._kept[expr].name)

    def _stacked(self, expr: Vec) -> Signal:
        """The columns of a matrix made entry by entry, one below the other, as an array of its own."""
        matrix, name = expr.args[0], fresh("v", self.taken)
        rows, columns = (self.size(size) for size in matrix.shape)
        value = self.cell(matrix, I, "j_")
        self.new(name, expr.shape[:1])
        self.line(f"for {I} in range({rows}):")
        self.lines += [f"    for j_ in range({columns}):", f"        {name}[j_ * {rows} + {I}] = {value:bare}"]
        return Signal(name, expr.shape[0])

    def entry(self, expr: Expr, at: str) -> Code:
        """The entry of a vector at an index, as a number."""
        if isinstance(expr, (MatrixSymbol, Vec)):
            return Code(f"{self.array(expr)}[{at}]")
        if isinstance(expr, Map):
            return self._mapped(expr, at)
        if isinstance(expr, HadamardProduct):
            return self._divided(expr, lambda part: self.entry(part, at))
        if isinstance(expr, HadamardPower):
            return self.raised(self.entry(expr.base, at), int(expr.exp))
        if isinstance(expr, DiagonalOf):
            return self.cell(expr.args[0], at, at)
        if isinstance(expr, MatAdd):
            terms = [self.coefficient(part) for part in expr.args if not is_zero(part)]
            items = [(sign, self._times(self.number(number), self.entry(part, at))) for sign, number, part in terms]
            return self.sum(items, "scalar") if items else Code("0.0", number=True)
        if isinstance(expr, (OneMatrix, ZeroMatrix)):
            return Code("1.0" if isinstance(expr, OneMatrix) else "0.0", number=True)
        if isinstance(expr, Transpose) and isinstance(expr.args[0], MatrixSymbol) and not is_vector(expr.args[0]):
            return Code(f"{expr.args[0].name}[0, {at}]")
        if isinstance(expr, Transpose) and is_vector(expr.args[0]):
            return self.entry(expr.args[0], at)
        if isinstance(expr, MatMul):
            scalar, column = self.column(expr)
            return self._times(scalar, self._ending(column, at))
        raise UnsupportedNodeError(f"symgate cannot write a loop for the node {type(expr).__name__}: {expr}.")

    def _divided(self, expr: HadamardProduct, value: Callable[[Expr], Code]) -> Code:
        """A product of entries; negative powers go below the line."""
        below = [part for part in expr.args if isinstance(part, HadamardPower) and part.exp.is_negative]
        above = [value(part) for part in expr.args if part not in below]
        code = self.product(above, "scalar") if above else Code("1.0", number=True)
        if not below:
            return code
        divisor = [positive_power(value(part.base), -int(part.exp), "scalar") for part in below]
        return self.backend.join("quotient", "scalar", code, self.product(divisor, "scalar"))

    def cell(self, expr: Expr, row: str, column: str) -> Code:
        """The entry of a matrix made entry by entry, as a number; what holds sums over vectors is kept before."""
        if isinstance(expr, MatrixSymbol):
            return Code(f"{expr.name}[{row}, {column}]")
        if isinstance(expr, Transpose) and isinstance(expr.arg, MatrixSymbol):
            return Code(f"{expr.arg.name}[{column}, {row}]")
        if isinstance(expr, (OneMatrix, ZeroMatrix)):
            return Code("1.0" if isinstance(expr, OneMatrix) else "0.0", number=True)
        if isinstance(expr, HadamardProduct):
            return self._divided(expr, lambda part: self.cell(part, row, column))
        if isinstance(expr, HadamardPower):
            return self.raised(self.cell(expr.base, row, column), int(expr.exp))
        if isinstance(expr, Map):
            inner = self.cell(expr.argument, row, column)
            return Code(f"{self._kernels.name(expr.function, expr.order)}({inner:bare})")
        if isinstance(expr, MatAdd):
            terms = [self.coefficient(part) for part in expr.args if not is_zero(part)]
            items = [(sign, self._times(self.number(n), self.cell(part, row, column))) for sign, n, part in terms]
            return self.sum(items, "scalar")
        if isinstance(expr, MatMul):
            scalar, matrices = parted(expr)
            parts = [self.scalar(scalar)] if scalar != 1 else []
            if is_row(matrices[-1]) and len(matrices) == 2:
                parts += [Code(f"{self.array(matrices[0])}[{row}]"), Code(f"{self.array(matrices[1].arg)}[{column}]")]
                return self.product(parts, "scalar")
            core = next(place for place, part in enumerate(matrices) if not isinstance(part, DiagMatrix))
            for place, part in enumerate(matrices):
                at = row if place < core else column
                diagonal = isinstance(part, DiagMatrix)
                parts.append(Code(f"{self.array(part.args[0])}[{at}]") if diagonal else self.cell(part, row, column))
            return self.product(parts, "scalar")
        raise UnsupportedNodeError(f"symgate cannot write a loop for the matrix {type(expr).__name__}: {expr}.")

    def matrix(self, expr: Expr) -> Code:
        """The name of an array that holds a matrix made entry by entry."""
        if isinstance(expr, MatrixSymbol):
            return Code(str(expr.name), kind="matrix")
        if expr not in self._kept:
            name, (rows, columns) = fresh("weights", self.taken), (self.size(size) for size in expr.shape)
            value = self.cell(expr, I, "j_")
            self.new(name, expr.shape)
            self.line(f"for {I} in range({rows}):")
            self.lines += [f"    for j_ in range({columns}):", f"        {name}[{I}, j_] = {value:bare}"]
            self._kept[expr] = MatrixSymbol(name, *expr.shape)
        return Code(str(self._kept[expr].name), kind="matrix")

    def column(self, expr: Expr) -> tuple[Code, tuple[Expr | None, Expr]]:
        """A word with one column as (scalar, (matrix or None, vector)); only the leftmost matrix is kept apart."""
        scalars, factors = split(expr)
        number = sympy.Mul(*scalars)
        value: tuple[Expr | None, Expr] = (None, OneMatrix(sympy.S.One, sympy.S.One))
        for factor in reversed(factors):
            matrix, vector = value
            if isinstance(vector, OneMatrix) and vector.shape == (1, 1) and factor.shape[1] == 1:
                value = (None, factor)
                continue
            if isinstance(factor, Identity):
                continue
            whole = vector if matrix is None else self._product(matrix, vector)
            if isinstance(factor, DiagMatrix):
                value = (None, hadamard(factor.args[0], whole))
            elif factor.shape[0] == 1 and factor.shape[1] != 1:
                number = number * Dot(transposed(factor), whole)
                value = (None, OneMatrix(sympy.S.One, sympy.S.One))
            elif isinstance(factor, MatAdd):
                value = (None, MatAdd(*[MatMul(part, whole) for part in factor.args]))
            else:
                value = (factor, whole)
        return self.scalar(number) if number != 1 else Code("1", number=True), value

    def scalar(self, expr: Expr) -> Code:
        """A scalar; a dot product is summed before the loop that uses it."""
        if not isinstance(expr, Dot):
            return super().scalar(expr)
        if expr not in self._hoisted:
            left, right = (self.entry(part, I) for part in expr.args)
            name, size = fresh("dot", self.taken), self.size(expr.args[0].shape[0])
            self.line(f"{name} = 0.0")
            self.lines += [f"for {I} in range({size}):", f"    {name} += {left:left} * {right:right}"]
            self._hoisted[expr] = Code(name)
        return self._hoisted[expr]

    def word(self, expr: Expr) -> Code:
        """A product with one row and one column."""
        scalar, column = self.column(expr)
        return self._times(scalar, self._ending(column, "0"))

    def vector(self, expr: Expr) -> Code:
        """The only entry of a vector."""
        return self.entry(expr, "0")

    def map(self, node: Expr) -> Code:
        """A nonlinearity of a scalar."""
        return self._mapped(node, "")

    def _times(self, scalar: Code, value: Code) -> Code:
        if scalar.text == "-1":
            return Code(f"-{value:left}", 1)
        return self.product([scalar, value], "scalar")

    def _ending(self, column: tuple[Expr | None, Expr], at: str) -> Code:
        """The entry of a matrix times a vector, or of a vector."""
        matrix, vector = column
        if matrix is None:
            return self.entry(vector, at)
        if isinstance(matrix, Transpose):
            return self.entry(self._product(matrix, vector), at)
        if isinstance(matrix, (OneMatrix, ZeroMatrix)):
            total = self.scalar(Dot(OneMatrix(matrix.shape[1], 1), vector))
            return self._times(total, Code("1.0" if isinstance(matrix, OneMatrix) else "0.0", number=True))
        return Code(f"_row_times({self.matrix(matrix)}, {at}, {self.array(vector)})")

    def _product(self, matrix: Expr, vector: Expr) -> Expr:
        """A matrix times a vector as an array of its own."""
        key = MatMul(matrix, vector)
        if key not in self._kept:
            if isinstance(matrix, Transpose) and isinstance(matrix.args[0], MatrixSymbol):
                name, source = fresh("v", self.taken), self.array(vector)
                self.new(name, key.shape[:1])
                self.line(f"_transposed_times({matrix.args[0].name}, {source}, {name})")
                self._kept[key] = Signal(name, key.shape[0])
            else:
                self.array(key)
        return self._kept[key]

    def _mapped(self, node: Expr, at: str) -> Code:
        """A nonlinearity at an entry, or of a scalar; computed once if it occurs again, has a name or a family."""
        members = [member for member in self._family(node) if self._uses[member]]
        named = node in self.program.labels or self._uses[node] > 1
        if node not in self._hoisted and (len(members) > 1 or named):
            kept = self._family(node) if len(members) > 1 else [node]
            places = [self._place(member) if self._uses[member] else "_" for member in kept]
            function = (
                self._kernels.family(node.function)
                if len(members) > 1
                else self._kernels.name(node.function, node.order)
            )
            argument = self._entry_of_argument(kept[0], I if at else "")
            self._hoisted |= {m: Code(place) for m, place in zip(kept, places, strict=True) if place != "_"}
            targets = ", ".join(f"{place}[{I}]" if at and place != "_" else place for place in places)
            if at:
                for place in places:
                    if place != "_":
                        self.new(place, node.shape[:1])
                self.statement(node.shape[0], f"{targets} = {function}({argument:bare})")
            else:
                self.line(f"{targets} = {function}({argument:bare})")
        if node in self._hoisted:
            return Code(f"{self._hoisted[node]}[{at}]" if at else self._hoisted[node].text)
        argument = self._entry_of_argument(node, at)
        return Code(f"{self._kernels.name(node.function, node.order)}({argument:bare})")

    def _kernel_of(self, members: list[Expr]) -> str:
        """The kernel that gives all members of a family."""
        return self._kernels.family(members[0].function)

    def _entry_of_argument(self, node: Expr, at: str) -> Code:
        """What a kernel is applied to; a compound argument of several kernels is kept."""
        base = positive(node.argument)
        if at and self._arguments[base] > 1 and not isinstance(base, MatrixSymbol):
            value = Code(f"{self.array(base)}[{at}]")
        else:
            value = self.entry(base, at) if at else self.scalar(base)
        return value if base is node.argument else Code(f"-{value:left}", 1)
