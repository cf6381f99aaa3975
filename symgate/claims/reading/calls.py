"""What a call means that is not a nonlinearity: diag, kron, outer, dot, norm, max and the like."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy.matrices.expressions import DiagMatrix, DiagonalOf

from symgate.claims.reading import operations as ops
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.shapes import Sizes, Value
from symgate.language import Map, ScalarMap, Vec
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


def _largest(sizes: Sizes, values: list[Value], at: int) -> Value:
    """max(v), the largest entry; max(a, b), the larger one entry by entry, b + relu(a - b), as the builder has it."""
    return _wrapped(Largest)(sizes, values, at) if len(values) == 1 else _folded(sizes, values, at)


def _smallest(sizes: Sizes, values: list[Value], at: int) -> Value:
    """min(v), the smallest entry; min(a, b), the smaller one entry by entry, -max(-a, -b)."""
    if len(values) == 1:
        return _wrapped(Smallest)(sizes, values, at)
    return ops.minus(_folded(sizes, [ops.minus(value) for value in values], at))


def _folded(sizes: Sizes, values: list[Value], at: int) -> Value:
    """The largest of several values of one shape, from right to left; numbers fit every shape."""
    found = values[-1]
    for value in reversed(values[:-1]):
        found = _maximum(sizes, value, found, at)
    return found


def _maximum(sizes: Sizes, left: Value, right: Value, at: int) -> Value:
    if left.number is not None and right.number is not None:
        larger = max(left.number, right.number)
        return Value((), lambda: larger, at, larger)
    if left.number is not None:
        left, right = right, left
    if sizes.row(left):
        return ops.transpose(_maximum(sizes, ops.transpose(left), ops.transpose(right), at))
    if right.number == 0:
        return _relu(left, at)
    return ops.add(sizes, [right, _relu(ops.add(sizes, [left, right], "+-"), at)], "++")


def _relu(value: Value, at: int) -> Value:
    make = ScalarMap if value.scalar else Map
    return Value(value.shape, lambda: make("relu", 0, value.make()), at, factors=value.factors)


#: Names of matrices and vectors whose size is found from what they meet.
RESERVED = {"eye": "eye", "I": "eye", "ones": "ones", "zeros": "zeros"}
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
    "max": (0, _largest),
    "min": (0, _smallest),
    "maximum": (0, _largest),
    "minimum": (0, _smallest),
}
