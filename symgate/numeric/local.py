"""The immediate derivative d+x_t/dtheta as rows and outer products: dx_t = sum of A dtheta b.

The full array has n times the number of parameters entries; A, (n, p), mostly a diagonal, and b hold the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, Identity, KroneckerProduct, MatMul, OneMatrix, Transpose, ZeroMatrix

from symgate.codegen.writer.words import hadamard, split
from symgate.derive import jacobian
from symgate.numeric.arrays import Array
from symgate.numeric.load import GeneratedFunction, lambdify, words
from symgate.numeric.shapes import core_rank
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell, Derivation, Kind


@dataclass(frozen=True)
class LocalWord:
    """One summand of the immediate derivative of one state: dx = A dtheta b, or A dtheta' b.

    Attributes:
        state: which state.
        matrix: A, or its diagonal where it is one.
        diagonal: whether A is diagonal, so that row i of the parameter acts on unit i alone.
        row: b; None where the parameter is a vector or a scalar.
        turned: whether the parameter acts transposed.
    """

    state: str
    matrix: GeneratedFunction
    diagonal: bool
    row: GeneratedFunction | None
    turned: bool


@lru_cache(maxsize=256)
def local_words(cell: Cell, name: str) -> tuple[LocalWord, ...]:
    """The summands of d+x_t/dtheta over all states; those with the same b are one."""
    found = []
    for state in cell.states:
        J = jacobian(cell, name, state.name)
        groups: dict[tuple[Expr | None, bool, bool], list[Expr]] = {}
        for expr in J.terms.values():
            for word in words(expr):
                if not isinstance(word, ZeroMatrix):
                    matrix, row, turned = _factored(word)
                    diagonal = _diagonal(matrix)
                    groups.setdefault((row, turned, diagonal is not None), []).append(
                        matrix if diagonal is None else diagonal
                    )
        for (row, turned, diagonal), parts in groups.items():
            found.append(
                LocalWord(
                    state.name,
                    _function(J, parts, vector=diagonal),
                    diagonal,
                    None if row is None else _function(J, [row], vector=True),
                    turned,
                )
            )
    return tuple(found)


def reaches_one_unit(cell: Cell, name: str) -> bool:
    """Whether every entry of the parameter acts on one unit directly: row i on unit i, in every state."""
    widths = {state.before.shape[0] for state in cell.states}
    return len(widths) == 1 and all(word.diagonal and not word.turned for word in local_words(cell, name))


def evaluated(trajectory: Trajectory, name: str) -> Iterator[tuple[LocalWord, Array, Array | None]]:
    """Every summand with A (..., T, n, p), or its diagonal (..., T, n), and b (..., T, q)."""
    for word in local_words(trajectory.cell, name):
        matrix = _over_time(trajectory, word.matrix, 1 if word.diagonal else 2)
        shape = core_shape(trajectory, name)
        if word.row is None and len(shape) == 2:  # no outer product: columns as vec orders them, column by column
            columns = matrix.reshape(*matrix.shape[:-1], *shape[::-1])
            matrix = np.swapaxes(columns, -1, -2).reshape(matrix.shape)
        row = None if word.row is None else _over_time(trajectory, word.row, 1)
        yield word, matrix, row


def core_shape(trajectory: Trajectory, name: str) -> tuple[int, ...]:
    """The shape of a parameter, batch axes aside."""
    value, rank = trajectory.params[name], core_rank(trajectory.cell.symbols[name])
    return value.shape[value.ndim - rank :]


def _over_time(trajectory: Trajectory, function: GeneratedFunction, rank: int) -> Array:
    """The values at all steps, with every batch axis."""
    value = np.asarray(function(**trajectory.arguments))
    core = value.shape[value.ndim - rank :]
    return np.broadcast_to(value, (*trajectory.x.shape[:-2], trajectory.steps, *core))


def _factored(word: Expr) -> tuple[Expr, Expr | None, bool]:
    """(A, b, whether the parameter is transposed) of a word, its scalars with A."""
    scalars, factors = split(word)
    if len(factors) != 1 or not isinstance(factors[0], KroneckerProduct):
        return word, None, False
    left, right = factors[0].args
    row, matrix = (left, right) if left.shape[0] == 1 else (right, left)
    vector = row.arg if isinstance(row, Transpose) else Transpose(row)
    return MatMul(*scalars, matrix) if scalars else matrix, vector, row is right


def _diagonal(matrix: Expr) -> Expr | None:
    """v where the matrix is a multiple of diag(v); else None."""
    scalars, factors = split(matrix)
    if matrix.shape[0] != matrix.shape[1] or not all(isinstance(factor, (DiagMatrix, Identity)) for factor in factors):
        return None
    entries = [factor.args[0] for factor in factors if isinstance(factor, DiagMatrix)]
    vector = hadamard(*entries) if entries else OneMatrix(matrix.shape[0], 1)
    return MatMul(sympy.Mul(*scalars), vector) if scalars else vector


def _function(J: Derivation, parts: list[Expr], *, vector: bool) -> GeneratedFunction:
    """The function that computes a sum of matrices, or of vectors."""
    terms = tuple((f"part_{place}", part) for place, part in enumerate(parts))
    return lambdify(replace(J, name=f"{J.name}_local", kind=Kind.JVP if vector else Kind.JACOBIAN, named_terms=terms))
