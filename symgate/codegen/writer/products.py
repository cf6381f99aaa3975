"""Products of factors by kind: how a word is associated, and sparse Kronecker products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Expr
from sympy.matrices.expressions import KroneckerProduct

from symgate.codegen.writer.backend import Code
from symgate.errors import UnsupportedNodeError

if TYPE_CHECKING:
    from symgate.codegen.writer.fold import Writer
    from symgate.codegen.writer.scalars import Scalars

SPARSE = {"row (x) diagonal", "diagonal (x) row"}


def scale(writer: Scalars, scalar: Code, code: Code) -> Code:
    """scalar * code, broadcast over the axes of the code."""
    if scalar.text == "1":
        return code
    if code.kind == "identity":
        return writer.product([scalar, code], "identity")
    if scalar.text == "-1":
        return writer.backend.join("negative", code.kind, code)
    if scalar.number or code.kind == "scalar":
        return writer.product([scalar, code], code.kind)
    key = "scalar times matrix" if code.kind == "matrix" or code.kind in SPARSE else "scalar times vector"
    return writer.backend.join(key, code.kind, scalar, code)


def chain(writer: Writer, coefficient: Code | None, factors: list[Code]) -> Code:
    """The product of scalars and factors, in order.

    A column absorbs the matrices on its left and a row those on its right, so that a word with a
    column or a row never multiplies two matrices; what remains is one matrix, or column times row.
    """
    scalars = [code for code in factors if code.kind == "scalar"]
    rest = [code for code in factors if code.kind != "scalar"]
    if coefficient is not None:
        scalars.insert(0, coefficient)
    identities = [code for code in rest if code.kind == "identity"]
    rest = [code for code in rest if code.kind != "identity"] or identities[:1]
    groups = _groups(rest)
    if len(groups) == 1 and groups[0][0].kind != "row" and groups[0][-1].kind != "vector":
        return _absorb(writer, _scaled_first(writer, _times_all(writer, scalars), groups[0]))
    values = [_absorb(writer, group) for group in groups]
    factor = _times_all(writer, scalars + [value for value in values if value.kind == "scalar"])
    values = [value for value in values if value.kind != "scalar"]
    if not values:
        return factor
    values[0] = scale(writer, factor, values[0])
    if len(values) == 1:
        return values[0]
    if [value.kind for value in values] == ["vector", "row"]:
        return writer.backend.join("outer", "matrix", *values)
    raise UnsupportedNodeError(f"The shapes of a product do not fit: {' times '.join(value.kind for value in values)}.")


def _times_all(writer: Writer, scalars: list[Code]) -> Code:
    """The product of scalars, numbers first."""
    ordered = sorted(scalars, key=lambda code: not code.number)
    return writer.product(ordered, "scalar") if len(ordered) > 1 else (ordered or [Code("1", number=True)])[0]


def _scaled_first(writer: Writer, factor: Code, group: list[Code]) -> list[Code]:
    """The group with its first diagonal scaled, or else its first matrix: n products rather than n^2."""
    at = next((place for place, code in enumerate(group) if code.kind == "diagonal"), 0)
    return [scale(writer, factor, code) if place == at else code for place, code in enumerate(group)]


def _groups(codes: list[Code]) -> list[list[Code]]:
    """Cut a word after every column and before every row."""
    groups: list[list[Code]] = []
    for code in codes:
        if not groups or code.kind == "row" or groups[-1][-1].kind == "vector":
            groups.append([])
        groups[-1].append(code)
    return groups


def _absorb(writer: Writer, group: list[Code]) -> Code:
    """One group, from the side that keeps the work small."""
    backend = writer.backend
    if group[0].kind == "row":
        value = group[0]
        for code in group[1:]:
            if code.kind == "diagonal":
                value = writer.product([value, code], "row")
            elif code.kind == "vector":
                value = backend.join("dot", "scalar", value, code)
            else:
                value = backend.join("row times matrix", "row", value, code)
        return value
    if group[-1].kind == "vector":
        value = group[-1]
        for code in reversed(group[:-1]):
            if code.kind == "diagonal":
                value = writer.product([code, value], "vector")
            else:
                value = backend.join("matrix times vector", "vector", code, value)
        return value
    value = group[0]
    for code in group[1:]:
        value = _times(writer, value, code)
    return value


def _times(writer: Writer, left: Code, right: Code) -> Code:
    """Two square or rectangular factors."""
    kinds = (left.kind, right.kind)
    if kinds == ("diagonal", "diagonal"):
        return writer.product([left, right], "diagonal")
    if kinds == ("diagonal", "matrix"):
        return writer.backend.join("scale rows", "matrix", left, right)
    if kinds == ("matrix", "diagonal"):
        return writer.backend.join("scale columns", "matrix", left, right)
    return writer.backend.join("matrix times matrix", "matrix", left, right)


def kronecker(writer: Writer, codes: list[Code], exprs: tuple[Expr, ...], scalar: Code | None = None) -> Code:
    """scalar A (x) B (x) ..., a diagonal kept sparse where the other factor is a row."""
    if scalar is not None:
        codes = _scaled_first(writer, scalar, codes)
    value, expr = codes[0], exprs[0]
    for code, part in zip(codes[1:], exprs[1:], strict=True):
        value = _kronecker(writer, value, code, (expr, part))
        expr = KroneckerProduct(expr, part)
    return value


def _kronecker(writer: Writer, left: Code, right: Code, exprs: tuple[Expr, Expr]) -> Code:
    """left (x) right."""
    join = writer.backend.join
    kinds = (left.kind, right.kind)
    if left.kind == "scalar":
        return scale(writer, left, right)
    if right.kind == "scalar":
        return scale(writer, right, left)
    if kinds == ("row", "vector"):
        return join("outer", "matrix", right, left)
    if kinds == ("vector", "row"):
        return join("outer", "matrix", left, right)
    if kinds in {("row", "row"), ("vector", "vector"), ("diagonal", "diagonal")}:
        return join("flat outer", left.kind, left, right)
    if kinds == ("row", "diagonal"):
        return join("outer", "row (x) diagonal", right, left)
    if kinds == ("diagonal", "row"):
        return join("outer", "diagonal (x) row", left, right)
    if kinds == ("row", "identity"):
        row = writer.backend.join("row as matrix", "row (x) diagonal", left)
        return row if right.text == "1" else join("scalar times matrix", row.kind, right, row)
    if kinds == ("identity", "row"):
        row = writer.backend.join("row as matrix", "diagonal (x) row", right)
        return row if left.text == "1" else join("scalar times matrix", row.kind, left, row)
    full = [_full(writer, code, expr) for code, expr in zip((left, right), exprs, strict=True)]
    return join("kronecker", "matrix", *full)


def _full(writer: Writer, code: Code, expr: Expr) -> Code:
    """A factor of a dense Kronecker product, with both of its axes."""
    if code.kind == "row":
        return writer.backend.join("row as matrix", "matrix", code)
    if code.kind == "vector":
        return writer.backend.join("column as matrix", "matrix", code)
    return writer.full(code, expr.shape)
