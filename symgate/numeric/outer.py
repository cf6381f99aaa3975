"""Gradients in outer-product form, summed as one matrix product.

The vector-Jacobian product by a matrix parameter is a sum of words (column) (row)', as in
(g (.) phi'(a) (.) lambda) x'; by a vector parameter it is a column.  Summed over batch and time it is C'R, with
the columns of all sequences and steps stacked in C and the rows in R: no outer product of a single step
is ever formed, and a column that several parameters share is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, Transpose

from symgate.notation import is_vector
from symgate.numeric.arrays import Array
from symgate.numeric.load import GeneratedFunction, lambdify
from symgate.numeric.trajectories import Trajectory
from symgate.records import Derivation, add_up


@lru_cache(maxsize=256)
def outer_words(derivation: Derivation) -> tuple[tuple[Expr, Expr | None], ...] | None:
    """The (column, row) whose outer products sum to a "vjp", row None by a vector; None where it is no such sum."""
    if not isinstance(derivation.wrt, MatrixExpr):
        return None
    if is_vector(derivation.wrt):
        return ((derivation.expr, None),)
    columns: dict[Expr, list[Expr]] = {}
    for term in derivation.terms.values():
        for word in term.args if isinstance(term, MatAdd) else (term,):
            row = word.args[-1] if isinstance(word, MatMul) else None
            if not isinstance(row, Transpose) or row.shape[0] != 1:
                return None
            column = MatMul(*word.args[:-1]) if len(word.args) > 2 else word.args[0]
            if getattr(column, "shape", (0, 0))[1] != 1:
                return None
            columns.setdefault(row.arg, []).append(column)
    return tuple((add_up(parts), row) for row, parts in columns.items())


@dataclass
class OuterSums:
    """Sums over all sequences and steps of a trajectory, with its adjoint states lambda_0 .. lambda_T.

    Attributes:
        trajectory: a trajectory.
        lam: the adjoint states, (..., T + 1, n).
        known: the vectors computed so far, (sequences and steps, size).
    """

    trajectory: Trajectory
    lam: Array
    known: dict[Expr, Array] = field(default_factory=dict)

    def __call__(self, derivation: Derivation, shape: tuple[int, ...]) -> Array | None:
        """The gradient of the given shape; None where the derivation is no sum of outer products."""
        words = outer_words(derivation)
        if words is None:
            return None
        total = np.zeros(shape, dtype=self.lam.dtype)
        for column, row in words:
            left = self._vectors(derivation, column, shape[0])
            total += left.sum(axis=0) if row is None else left.T @ self._vectors(derivation, row, shape[1])
        return total

    def _vectors(self, derivation: Derivation, expr: Expr, size: int) -> Array:
        """The values of a vector, one per row."""
        if expr not in self.known:
            value = _vector_function(derivation, expr)(lam=self.lam[..., 1:, :], **self.trajectory.arguments)
            rows = (*self.lam.shape[:-2], self.trajectory.steps)
            self.known[expr] = np.broadcast_to(value, (*rows, size)).reshape(int(np.prod(rows)), size)
        return self.known[expr]


@lru_cache(maxsize=512)
def _vector_function(derivation: Derivation, expr: Expr) -> GeneratedFunction:
    """A generated function for a vector over the symbols of a derivation."""
    cell = derivation.cell
    name = f"{cell.name}_vector"
    return lambdify(
        replace(derivation, name=name, form="vjp", wrt=cell.states[0].before, named_terms=(("only", expr),))
    )
