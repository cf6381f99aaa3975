"""What a call means that is not a nonlinearity: diag, kron, outer, dot, norm and the like."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy.matrices.expressions import DiagMatrix, DiagonalOf

from symgate.claims.reading import operations as ops
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.shapes import Sizes, Value
from symgate.language import Vec
from symgate.language.sequences import Largest, Norm, Smallest


def _diag(sizes: Sizes, values: list[Value], at: int) -> Value:
    (vector,) = values
    if not sizes.column(vector):
        raise UnreadableError(f"diag(v) needs a vector; found {sizes.words(vector)}", at)
    return Value((vector.shape[0], vector.shape[0]), lambda: DiagMatrix(vector.make()), at, factors=vector.factors)


def _diagonal(sizes: Sizes, values: list[Value], at: int) -> Value:
    (matrix,) = values
    if matrix.scalar or not sizes.same(*matrix.shape):
        raise UnreadableError(f"diagonal(A) needs a square matrix; found {sizes.words(matrix)}", at)
    return Value((matrix.shape[0], sympy.S.One), lambda: DiagonalOf(matrix.make()), at)


def _vec(sizes: Sizes, values: list[Value], at: int) -> Value:
    (matrix,) = values
    if matrix.scalar:
        raise UnreadableError("vec(M) needs a matrix; found a scalar", at)
    length = sympy.Mul(*(sizes.of(size) for size in matrix.shape))
    return Value((length, sympy.S.One), lambda: Vec(matrix.make()), at, factors=matrix.factors)


def _outer(sizes: Sizes, values: list[Value], at: int) -> Value:
    first, second = (ops.transpose(value) if sizes.row(value) else value for value in values)
    return ops.matmul(sizes, first, ops.transpose(second), at)


def _dot(sizes: Sizes, values: list[Value], at: int) -> Value:
    return ops.matmul(sizes, ops.transpose(values[0]), values[1], at)


def _wrapped(node: Callable[[sympy.Expr], sympy.Expr]) -> Callable[[Sizes, list[Value], int], Value]:
    def build(_: Sizes, values: list[Value], at: int) -> Value:
        if values[0].scalar:
            raise UnreadableError("this needs a vector or a matrix", at)
        return Value((), lambda: node(values[0].make()), at)

    return build


#: How many arguments each takes (0: any number), and what it makes of them.
CALLS: dict[str, tuple[int, Callable[[Sizes, list[Value], int], Value]]] = {
    "diag": (1, _diag),
    "diagonal": (1, _diagonal),
    "vec": (1, _vec),
    "outer": (2, _outer),
    "matmul": (2, lambda sizes, values, at: ops.matmul(sizes, values[0], values[1], at)),
    "dot": (2, _dot),
    "kron": (0, ops.kronecker),
    "had": (2, lambda sizes, values, at: ops.star(sizes, values[0], values[1], at)),
    "transpose": (1, lambda _, values, __: ops.transpose(values[0])),
    "norm": (1, _wrapped(Norm)),
    "max": (1, _wrapped(Largest)),
    "min": (1, _wrapped(Smallest)),
}
