"""Sums, products, quotients, transposes and powers: what shapes decide, and what a convention says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from sympy.matrices.expressions import HadamardPower

from symgate.claims.reading import operations as ops
from symgate.claims.reading.build import matrix_power
from symgate.claims.reading.dots import without_dots
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import may_be_negative, moment
from symgate.claims.reading.shapes import Value
from symgate.claims.reading.surface import Node

if TYPE_CHECKING:
    from symgate.claims.reading.meaning import Meaning

_DIAGONAL = frozenset({"diag", "eye", "I"})
#: What may be a state of one number, or the gradient by one.
_NAMED = frozenset({"name", "derivative"})


def added(meaning: Meaning, node: Node) -> Value:
    """A signed sum."""
    parts = [_summand(meaning, part) if meaning.closes else meaning.of(part) for part in node.args]
    if meaning.convention.diagonal and any(meaning.is_matrix(part) for part in parts):
        parts = [meaning.diagonal(part) if meaning.sizes.column(part) else part for part in parts]
    return ops.add(meaning.sizes, parts, node.value)


def _summand(meaning: Meaning, node: Node) -> Value:
    """A summand, the sizes of ones that it leaves open closed where all of its vectors are of one size."""
    before, met = len(meaning.sizes.opened), len(meaning.met)
    value = meaning.of(node)
    there = {meaning.sizes.of(size) for size in meaning.met[met:]}
    open_ = {size for item in meaning.sizes.opened[before:] if (size := meaning.sizes.of(item)) in meaning.sizes.opened}
    if open_ and value.scalar and len(there - open_) == 1:
        meaning.sizes.known |= dict.fromkeys(open_, next(iter(there - open_)))
    return value


def _as_diagonals(meaning: Meaning, values: list[Value]) -> list[Value]:
    """Factors in which vectors beside matrices are their diagonal matrices, where the convention says so."""
    if not meaning.convention.diagonal or not any(meaning.is_matrix(value) for value in values):
        return values
    found = list(values)
    for place, value in enumerate(values):
        ahead = any(meaning.is_matrix(item) for item in values[place + 1 :])
        if meaning.sizes.column(value) and (ahead or meaning.convention.diagonal > 1):
            found[place] = meaning.diagonal(value)
    return found


def minus(meaning: Meaning, node: Node) -> Value:
    """A negative."""
    return ops.minus(meaning.of(node.args[0]))


def star(meaning: Meaning, node: Node) -> Value:
    """``*`` or ``\\odot``."""
    values = [meaning.of(part) for part in node.args]
    if len(set(map(meaning.is_matrix, values))) == 2 and meaning.convention.diagonal:
        return ops.times(meaning.sizes, _as_diagonals(meaning, values), node.at)
    left, right = values
    apart = node.args[1]
    if (
        meaning.convention.products
        and apart.kind == "times"
        and meaning.sizes.column(left)
        and meaning.is_matrix(right)
    ):
        first, *rest = [meaning.of(part) for part in apart.args]
        if meaning.sizes.column(first):  # a * b c': the entries of a scale the rows of the outer product
            return ops.times(meaning.sizes, [ops.star(meaning.sizes, left, first, node.at), *rest], node.at)
    if node.kind == "star" and _asks_for_matmul(meaning, left, right):
        return ops.matmul(meaning.sizes, left, right, node.at)
    both = not (left.scalar or right.scalar or meaning.sizes.column(left) or meaning.sizes.row(left))
    if both and node.kind == "star":
        meaning.note("* between two matrices is read entry by entry; a matrix product is written @")
    return ops.star(meaning.sizes, left, right, node.at)


def _asks_for_matmul(meaning: Meaning, left: Value, right: Value) -> bool:
    """Whether ``*`` can only be a matrix product: a column times a row, a matrix times a column."""
    if left.scalar or right.scalar or not meaning.convention.products:
        return False
    return (meaning.sizes.column(left) and meaning.sizes.row(right)) or (
        meaning.is_matrix(left) and meaning.sizes.column(right)
    )


def matmul(meaning: Meaning, node: Node) -> Value:
    """``@``, from left to right."""
    parts = without_dots(node.args, meaning.names.times, meaning.names.order)
    first, *rest = values = [meaning.of(part) for part in parts]
    _refuse_summed_numbers(meaning, parts, values)
    for right in rest:
        first = ops.matmul(meaning.sizes, first, right, right.at)
    return first


def times(meaning: Meaning, node: Node) -> Value:
    """Juxtaposition."""
    values = [meaning.of(part) for part in node.args]
    _refuse_summed_numbers(meaning, node.args, values)
    values = _as_diagonals(meaning, values)
    if meaning.convention.rows and any(map(meaning.is_matrix, values)):
        values = [ops.transpose(value) if meaning.is_matrix(value) else value for value in reversed(values)]
    if meaning.convention.entrywise:
        values = _entrywise(meaning, values)
    return ops.times(meaning.sizes, values, node.at)


def _entrywise(meaning: Meaning, values: list[Value]) -> list[Value]:
    """Factors in which vectors side by side are their products entry by entry."""
    found: list[Value] = []
    for value in values:
        if found and meaning.sizes.column(value) and meaning.sizes.column(found[-1]):
            found[-1] = ops.star(meaning.sizes, found[-1], value, value.at)
            meaning.note("two vectors side by side are multiplied entry by entry")
        else:
            found.append(value)
    return found


def kron(meaning: Meaning, node: Node) -> Value:
    """``\\otimes``."""
    return ops.kronecker(meaning.sizes, [meaning.of(part) for part in node.args], node.at)


def over(meaning: Meaning, node: Node) -> Value:
    """A quotient by a scalar; of vectors, or of a scalar by a vector, entry by entry."""
    left, right = meaning.of(node.args[0]), meaning.of(node.args[1])
    meaning.divides(right)
    if not right.scalar and meaning.sizes.column(right) and (left.scalar or meaning.sizes.column(left)):
        return ops.star(meaning.sizes, left, ops.power(meaning.sizes, right, -1, node.at), node.at)
    return ops.over(left, right, node.at)


def transpose(meaning: Meaning, node: Node) -> Value:
    """A transpose."""
    (inner,) = node.args
    value = meaning.of(inner)
    if meaning.convention.numbers and value.scalar and inner.kind in _NAMED:
        raise UnreadableError("a number is not transposed", node.at)
    return ops.transpose(value)


def _refuse_summed_numbers(meaning: Meaning, parts: Sequence[Node], values: Sequence[Value]) -> None:
    """Refuse 1' m of a number m: there m is the vector that ours is."""
    if not meaning.convention.numbers:
        return
    for (part, after), value in zip(pairwise(parts), values[1:], strict=True):
        row = part.kind == "transpose" and part.args[0].kind == "name" and part.args[0].value in ("ones", "1")
        if row and after.kind in _NAMED and value.scalar:
            raise UnreadableError("a number is not summed over", part.at)


def power(meaning: Meaning, node: Node) -> Value:
    """A power; a symbolic whole exponent of a scalar or, entry by entry, of a vector.

    Of a matrix only what says that it is meant entry by entry: ``**`` in plain text, or ``^{\\odot k}``.
    """
    base = meaning.of(node.args[0])
    if meaning.names.rows and meaning.sizes.row(base):
        return ops.transpose(_power(meaning, node, ops.transpose(base)))
    return _power(meaning, node, base)


def _power(meaning: Meaning, node: Node, base: Value) -> Value:
    entries = node.kind == "entrypower" and node.args[0].value not in _DIAGONAL  # whose power is of matrices
    if entries and meaning.is_matrix(base):
        meaning.note("a power of a matrix is read entry by entry")
    if node.value:
        if int(node.value) < 0:
            meaning.divides(base)
        return ops.power(meaning.sizes, base, int(node.value), node.at, matrices=entries)
    exponent = moment(node.args[1], meaning.names.times)
    if exponent.is_Integer:
        return ops.power(meaning.sizes, base, int(exponent), node.at, matrices=entries)
    if (base.scalar or meaning.sizes.column(base)) and may_be_negative(exponent):
        meaning.divides(base)
    if base.scalar:
        return Value((), lambda: base.make() ** exponent, node.at)
    if meaning.is_matrix(base) and meaning.sizes.match(base.shape, base.shape[::-1]):
        return Value(base.shape, lambda: matrix_power(base.make(), exponent), node.at)
    if not meaning.sizes.column(base):
        raise UnreadableError("a symbolic exponent is of a square matrix, a scalar, or a vector by entries", node.at)
    return Value(base.shape, lambda: HadamardPower(base.make(), exponent), node.at)
