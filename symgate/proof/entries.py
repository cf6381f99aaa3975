"""The shape language spelled out: expressions evaluated at concrete sizes, every matrix a table of scalars.

In: sizes, values and definitions of symbols.  Out: the value of an expression.  One evaluator serves every exact route.
What a scalar *is* comes from an algebra (``algebras.py``): a number modulo a prime, a rational, a long decimal, or a
dual number over any of these.  Nothing here knows a rule of differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import sympy
from sympy import Expr
from sympy.matrices import expressions as me

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.language.nodes import Dot, Map, ScalarMap, ScalarSignal, Vec
from symgate.language.numbers import decimal
from symgate.proof.algebras import Algebra
from symgate.proof.dependence import behind
from symgate.proof.nodes import ByType
from symgate.proof.tables import Line, Table, concrete, label
from symgate.proof.work import Work


@dataclass
class Entries:
    """Evaluates expressions at concrete sizes over one algebra.

    Attributes:
        algebra: what scalars are.
        sizes: each symbolic dimension with its number.
        values: the symbols that carry values, as tables (a scalar as a bare scalar).
        definitions: named intermediates and updated states; x at index t means the updated state.
        work: counts every entry before it is computed, and refuses what its budget does not cover.
    """

    #: Whether what a name depends on is computed first, so that a long chain of names is no deep recursion.
    in_order: ClassVar[bool] = True

    algebra: Algebra
    sizes: Mapping[Expr, int]
    values: Mapping[Expr, Any]
    definitions: Mapping[Expr, Expr]
    known: dict[Expr, Any] = field(default_factory=dict)
    work: Work = field(default_factory=Work)
    counted: dict[Expr, int] = field(default_factory=dict, repr=False)

    def size(self, dimension: Expr) -> int:
        """A dimension as a number."""
        if dimension not in self.counted:
            self.counted[dimension] = concrete(dimension, self.sizes)
        return self.counted[dimension]

    def symbol(self, symbol: Expr) -> Any:
        """The value of a symbol; that of a defined name follows from its definition.

        Raises:
            UnsupportedNodeError: the cell gives the symbol neither a value nor a definition.
        """
        if symbol in self.values:
            return self.values[symbol]
        if symbol in self.sizes:
            return self.algebra.number(sympy.Integer(self.sizes[symbol]))
        if symbol not in self.known:
            if symbol not in self.definitions:
                raise UnsupportedNodeError(f"{symbol} has no value and no definition in this cell.")
            if self.in_order:
                behind(symbol, self.definitions, (self.values, self.known), self.symbol)
            value = self.of(self.definitions[symbol])
            if isinstance(value, Table) and value.cols > 1:
                self.known[symbol] = value
            elif isinstance(value, Table):
                name, zero = self.algebra.name, self.algebra.zero
                lines = [{0: name(symbol.name, line.get(0, zero), i)} for i, line in enumerate(value.lines)]
                self.known[symbol] = Table(1, lines)
            else:
                self.known[symbol] = self.algebra.name(symbol.name, value, -1)
        return self.known[symbol]

    def table(self, expr: Expr) -> Table:
        """The value of a matrix expression."""
        value = self.of(expr)
        if not isinstance(value, Table):
            raise ShapeError(f"A matrix or vector is needed here; {expr} is a scalar.")
        return value

    @ByType
    def of(self, expr: Any) -> Any:
        """The value of an expression: a Table for a matrix or vector, a scalar for a scalar.

        Raises:
            UnsupportedNodeError: a node outside the shape language.
        """
        raise UnsupportedNodeError(f"proof cannot evaluate {type(expr).__name__} in {expr}.")

    @of.register
    def _number(self, expr: sympy.Rational) -> Any:
        return self.algebra.number(expr)

    @of.register
    def _float(self, expr: sympy.Float) -> Any:
        return self.algebra.number(decimal(expr))

    @of.register(sympy.Symbol)
    @of.register(ScalarSignal)
    @of.register(me.MatrixSymbol)
    def _symbol(self, expr: Any) -> Any:
        return self.symbol(expr)

    @of.register
    def _scalar_map(self, expr: ScalarMap) -> Any:
        return self.algebra.apply(expr.function, expr.order, self.of(expr.argument), -1)

    @of.register
    def _dot(self, expr: Dot) -> Any:
        left, right = self.table(expr.args[0]), self.table(expr.args[1])
        self._same(left, right, expr)
        self.work.spend(left.rows)
        pairs = zip(left.lines, right.lines, strict=True)
        return self.algebra.dot([(u[0], v[0]) for u, v in pairs if 0 in u and 0 in v])

    @of.register
    def _trace(self, expr: sympy.Trace) -> Any:
        inner = self.table(expr.arg)
        return self.algebra.total([line[i] for i, line in enumerate(inner.lines) if i in line])

    @of.register
    def _sum(self, expr: sympy.Add) -> Any:
        return self.algebra.total([self.of(arg) for arg in expr.args])

    @of.register
    def _product(self, expr: sympy.Mul) -> Any:
        return self.algebra.product([self.of(arg) for arg in expr.args])

    @of.register
    def _power(self, expr: sympy.Pow) -> Any:
        base, exponent = expr.args
        if not exponent.is_Integer:
            raise UnsupportedNodeError(f"proof evaluates whole powers only; found {expr}.")
        return self.algebra.power(self.of(base), int(exponent))

    @of.register
    def _identity(self, expr: me.Identity) -> Table:
        size = self.size(expr.shape[0])
        self.work.spend(size)
        return Table(size, [{i: self.algebra.one} for i in range(size)])

    @of.register
    def _ones(self, expr: me.OneMatrix) -> Table:
        rows, cols = map(self.size, expr.shape)
        self.work.spend(rows * cols)
        return Table(cols, [dict.fromkeys(range(cols), self.algebra.one) for _ in range(rows)])

    @of.register
    def _zeros(self, expr: me.ZeroMatrix) -> Table:
        rows, cols = map(self.size, expr.shape)
        self.work.spend(rows)
        return Table(cols, [{} for _ in range(rows)])

    @of.register
    def _map(self, expr: Map) -> Table:
        apply, zero, inner = self.algebra.apply, self.algebra.zero, self.table(expr.argument)
        self.work.spend(4 * len(inner.lines) * inner.cols)
        lines = [
            {j: apply(expr.function, expr.order, row.get(j, zero), label(i, inner.cols)) for j in range(inner.cols)}
            for i, row in enumerate(inner.lines)
        ]
        return Table(inner.cols, lines)

    @of.register
    def _entry_power(self, expr: me.HadamardPower) -> Table:
        if not expr.exp.is_Integer:
            raise UnsupportedNodeError(f"proof evaluates whole powers only; found {expr}.")
        inner, zero = self.table(expr.base), self.algebra.zero
        power, exponent = self.algebra.power, int(expr.exp)
        lines = [
            {j: power(row.get(j, zero), exponent, label(i, inner.cols)) for j in range(inner.cols)}
            for i, row in enumerate(inner.lines)
        ]
        return Table(inner.cols, lines)

    @of.register
    def _diagonal_of(self, expr: me.DiagonalOf) -> Table:
        inner = self.table(expr.args[0])
        return Table(1, [{0: line[i]} if i in line else {} for i, line in enumerate(inner.lines)])

    @of.register
    def _vec(self, expr: Vec) -> Table:
        inner = self.table(expr.args[0])
        return Table(1, [{0: line[j]} if j in line else {} for j in range(inner.cols) for line in inner.lines])

    @of.register
    def _diagonal(self, expr: me.DiagMatrix) -> Table:
        inner = self.table(expr.args[0])
        return Table(inner.rows, [{i: line[0]} if 0 in line else {} for i, line in enumerate(inner.lines)])

    @of.register
    def _transpose(self, expr: me.Transpose) -> Table:
        inner = self.table(expr.args[0])
        lines: list[Line] = [{} for _ in range(inner.cols)]
        for i, line in enumerate(inner.lines):
            for j, value in line.items():
                lines[j][i] = value
        return Table(inner.rows, lines)

    @of.register
    def _blocks(self, expr: me.BlockMatrix) -> Table:
        high, wide = expr.blockshape
        lines: list[Line] = []
        for i in range(high):
            row = [self.table(expr.blocks[i, j]) for j in range(wide)]
            places = [sum(part.cols for part in row[:j]) for j in range(wide)]
            for parts in zip(*(part.lines for part in row), strict=True):
                moved = zip(places, parts, strict=True)
                lines.append({place + j: value for place, part in moved for j, value in part.items()})
        return Table(sum(part.cols for part in row), lines)

    @of.register
    def _hadamard(self, expr: me.HadamardProduct) -> Table:
        first, *others = [self.table(arg) for arg in expr.args]
        for other in others:
            self._same(first, other, expr)
            self.work.spend(self._filled(first))
            lines = [
                {j: self.algebra.product([u[j], v[j]]) for j in u if j in v}
                for u, v in zip(first.lines, other.lines, strict=True)
            ]
            first = Table(first.cols, lines)
        return first

    @of.register
    def _mat_add(self, expr: me.MatAdd) -> Table:
        tables = [self.table(arg) for arg in expr.args]
        for other in tables[1:]:
            self._same(tables[0], other, expr)
        self.work.spend(sum(map(self._filled, tables)))
        lines: list[Line] = []
        for row in zip(*(table.lines for table in tables), strict=True):
            gathered: dict[int, list[Any]] = {}
            for line in row:
                for j, value in line.items():
                    gathered.setdefault(j, []).append(value)
            lines.append({j: self.algebra.total(parts) for j, parts in gathered.items()})
        return Table(tables[0].cols, lines)

    @of.register
    def _mat_mul(self, expr: me.MatMul) -> Table:
        """The product; from the right where it ends in a vector, so that no matrix meets a matrix."""
        scalars = [self.of(arg) for arg in expr.args if not isinstance(arg, me.MatrixExpr)]
        tables = [self.table(arg) for arg in expr.args if isinstance(arg, me.MatrixExpr)]
        while len(tables) > 1:
            at = len(tables) - 2 if tables[-1].cols == 1 else 0
            tables[at : at + 2] = [self.multiplied(tables[at], tables[at + 1], expr)]
        if not scalars:
            return tables[0]
        factor = self.algebra.product(scalars)
        self.work.spend(self._filled(tables[0]))
        lines = [{j: self.algebra.product([factor, v]) for j, v in line.items()} for line in tables[0].lines]
        return Table(tables[0].cols, lines)

    @of.register
    def _kronecker(self, expr: me.KroneckerProduct) -> Table:
        first, *others = [self.table(arg) for arg in expr.args]
        for other in others:
            self.work.spend(self._filled(first) * self._filled(other) + first.rows * other.rows)
            lines = [
                {j * other.cols + k: self.algebra.product([u, v]) for j, u in left.items() for k, v in right.items()}
                for left in first.lines
                for right in other.lines
            ]
            first = Table(first.cols * other.cols, lines)
        return first

    def multiplied(self, left: Table, right: Table, expr: Expr) -> Table:
        """The matrix product, zeros skipped."""
        if left.cols != right.rows:
            raise ShapeError(f"In {expr} a {left.rows} x {left.cols} matrix meets a {right.rows} x {right.cols} one.")
        heights = [len(line) for line in right.lines]
        self.work.spend(sum(heights[k] for line in left.lines for k in line) + left.rows)
        lines: list[Line] = []
        for line in left.lines:
            gathered: dict[int, list[tuple[Any, Any]]] = {}
            for k, u in line.items():
                for j, v in right.lines[k].items():
                    gathered.setdefault(j, []).append((u, v))
            lines.append({j: self.algebra.dot(pairs) for j, pairs in gathered.items()})
        return Table(right.cols, lines)

    @staticmethod
    def _filled(table: Table) -> int:
        """The number of entries that are there."""
        return sum(map(len, table.lines))

    @staticmethod
    def _same(left: Table, right: Table, expr: Expr) -> None:
        if (left.rows, left.cols) != (right.rows, right.cols):
            raise ShapeError(f"In {expr} a {left.rows} x {left.cols} array meets a {right.rows} x {right.cols} one.")
