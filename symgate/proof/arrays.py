"""The shape language in NumPy arrays, for floating point comparisons: a second evaluator, beside ``entries.py``.

Columns are (n, 1), rows (1, n), scalars plain numbers.  Complex values pass through, for the complex step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Dot, Map, ScalarMap, ScalarSignal, Vec
from symgate.proof.dependence import behind
from symgate.proof.nodes import ByType
from symgate.proof.tables import concrete


@dataclass
class Arrays:
    """Evaluates expressions in floating point.

    Attributes:
        sizes: each symbolic dimension with its number.
        values: the symbols that carry values, vectors as columns.
        definitions: named intermediates and updated states.
        apply: (function, order, array) -> array.
    """

    sizes: Mapping[Expr, int]
    values: Mapping[Expr, Any]
    definitions: Mapping[Expr, Expr]
    apply: Callable[[str, int, Any], Any]
    known: dict[Expr, Any] = field(default_factory=dict)

    def size(self, dimension: Expr) -> int:
        """A dimension as a number."""
        return concrete(dimension, self.sizes)

    @ByType
    def of(self, expr: Any) -> Any:
        """The value of an expression.

        Raises:
            UnsupportedNodeError: a node outside the shape language.
        """
        raise UnsupportedNodeError(f"proof has no arrays for {type(expr).__name__} in {expr}.")

    @of.register
    def _number(self, expr: sympy.Number) -> float:
        return float(expr)

    @of.register(sympy.Symbol)
    @of.register(ScalarSignal)
    @of.register(MatrixSymbol)
    def _symbol(self, expr: Any) -> Any:
        if expr in self.values:
            return self.values[expr]
        if expr in self.sizes:
            return float(self.sizes[expr])
        if expr not in self.known:
            if expr not in self.definitions:
                raise UnsupportedNodeError(f"{expr} has no value and no definition in this cell.")
            behind(expr, self.definitions, (self.values, self.known), self.of)
            self.known[expr] = self.of(self.definitions[expr])
        return self.known[expr]

    @of.register(Map)
    @of.register(ScalarMap)
    def _map(self, expr: Any) -> Any:
        return self.apply(expr.function, expr.order, self.of(expr.argument))

    @of.register
    def _dot(self, expr: Dot) -> Any:
        return (self.of(expr.args[0]) * self.of(expr.args[1])).sum()

    @of.register(sympy.Add)
    @of.register(MatAdd)
    def _sum(self, expr: Any) -> Any:
        return reduce(np.add, [self.of(arg) for arg in expr.args])

    @of.register(sympy.Mul)
    @of.register(HadamardProduct)
    def _entry_by_entry(self, expr: Any) -> Any:
        return reduce(np.multiply, [self.of(arg) for arg in expr.args])

    @of.register
    def _power(self, expr: sympy.Pow) -> Any:
        return self.of(expr.base) ** int(expr.exp)

    @of.register
    def _entry_power(self, expr: HadamardPower) -> Any:
        return self.of(expr.base) ** int(expr.exp)

    @of.register
    def _diagonal_of(self, expr: DiagonalOf) -> Any:
        return np.diag(self.of(expr.args[0]))[:, None]

    @of.register
    def _vec(self, expr: Vec) -> Any:
        return self.of(expr.args[0]).reshape(-1, 1, order="F")

    @of.register
    def _identity(self, expr: Identity) -> Any:
        return np.eye(self.size(expr.shape[0]))

    @of.register
    def _ones(self, expr: OneMatrix) -> Any:
        return np.ones([self.size(s) for s in expr.shape])

    @of.register
    def _zeros(self, expr: ZeroMatrix) -> Any:
        return np.zeros([self.size(s) for s in expr.shape])

    @of.register
    def _diagonal(self, expr: DiagMatrix) -> Any:
        return np.diag(self.of(expr.args[0])[:, 0])

    @of.register
    def _transpose(self, expr: Transpose) -> Any:
        return self.of(expr.args[0]).T

    @of.register
    def _kronecker(self, expr: KroneckerProduct) -> Any:
        return reduce(np.kron, [self.of(arg) for arg in expr.args])

    @of.register
    def _product(self, expr: MatMul) -> Any:
        """Scalars scale; matrices multiply, from the right where the product ends in a column."""
        parts = [self.of(arg) for arg in expr.args]
        matrices = [part for part in parts if np.ndim(part) == 2]
        scalar = reduce(np.multiply, [part for part in parts if np.ndim(part) != 2], 1.0)
        if matrices[-1].shape[1] == 1:
            return scalar * reduce(lambda right, left: left @ right, reversed(matrices))
        return scalar * reduce(np.matmul, matrices)
