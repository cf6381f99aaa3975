"""Where each derivative stands in each form, so that every route compares the same things.

A comparison is a sparse dict {(i, p, q): scalar}: the derivative of entry i of x_t (0 for a
vector-Jacobian product) by entry (p, q) of the variable; of the action on a change {(i, j, 0): entry (i, j)}.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, Trace
from sympy.matrices.expressions import MatMul, MatrixExpr, Transpose

from symgate.errors import ShapeError
from symgate.language.nodes import Dot, Map, ScalarMap
from symgate.proof.algebras import Algebra
from symgate.proof.dual import Dual
from symgate.proof.entries import Entries
from symgate.proof.nodes import nodes
from symgate.proof.tables import Table, concrete
from symgate.proof.work import Work
from symgate.records import Derivation, Kind

Key = tuple[int, int, int]
#: The kinds that are one derivative of one step; a split is a Jacobian in two terms.
KINDS = frozenset({Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP, Kind.JVP, Kind.DIAGONAL, Kind.SPLIT})


def variable_shape(derivation: Derivation, sizes: Mapping[Expr, int]) -> tuple[int, int]:
    """The shape of the variable in numbers, (1, 1) for a scalar."""
    shape = getattr(derivation.wrt, "shape", ())
    return tuple(concrete(size, sizes) for size in shape) or (1, 1)  # type: ignore[return-value]


def expected_shape(derivation: Derivation, sizes: Mapping[Expr, int]) -> tuple[int, int]:
    """The shape that the right side must have."""
    rows, cols = variable_shape(derivation, sizes)
    if derivation.kind is Kind.VJP:
        return rows, cols
    if derivation.kind is Kind.JVP:
        return of_shape(derivation, sizes)
    return height(derivation, sizes), 1 if derivation.kind is Kind.DIAGONAL else rows * cols


def of_shape(derivation: Derivation, sizes: Mapping[Expr, int]) -> tuple[int, int]:
    """The shape of what is differentiated in numbers, (1, 1) for a scalar."""
    shape = getattr(derivation.of, "shape", ())
    return tuple(concrete(size, sizes) for size in shape) or (1, 1)  # type: ignore[return-value]


def height(derivation: Derivation, sizes: Mapping[Expr, int]) -> int:
    """How many entries what is differentiated has; 1 for a scalar."""
    rows, cols = of_shape(derivation, sizes)
    return rows * cols


def check_shape(derivation: Derivation) -> None:
    """Refuse a right side that has not the shape of such a derivative.

    Raises:
        ShapeError: the shapes differ.
    """
    rows, cols = tuple(getattr(derivation.wrt, "shape", ())) or (sympy.S.One, sympy.S.One)
    height, width = tuple(getattr(derivation.of, "shape", ())) or (sympy.S.One, sympy.S.One)
    wanted = (rows, cols) if derivation.kind is Kind.VJP else (height * width, rows * cols)
    if derivation.kind is Kind.JVP:
        wanted = (height, width)
    if derivation.kind is Kind.DIAGONAL:
        wanted = (rows, sympy.S.One)
    found = derivation.shape or (sympy.S.One, sympy.S.One)
    if any(sympy.expand(a - b) != 0 for a, b in zip(wanted, found, strict=True)):
        raise ShapeError(
            f"{derivation.name} must be {wanted[0]} x {wanted[1]}; its right side is {found[0]} x {found[1]}."
        )


def position(derivation: Derivation, key: Key, sizes: Mapping[Expr, int]) -> tuple[int, int]:
    """Where a derivative stands in the right side, counted from 0."""
    i, p, q = key
    if derivation.kind is Kind.DIAGONAL:
        return i, 0
    if derivation.kind is Kind.JVP:
        return i, p
    return (p, q) if derivation.kind is Kind.VJP else (i, p + q * variable_shape(derivation, sizes)[0])


def key_of(derivation: Derivation, row: int, col: int, rows: int) -> Key:
    """The derivative that stands at (row, col) of the right side; ``rows`` is the height of the variable."""
    if derivation.kind is Kind.DIAGONAL:
        return row, row, 0
    if derivation.kind is Kind.JVP:
        return row, col, 0
    return (0, row, col) if derivation.kind is Kind.VJP else (row, col % rows, col // rows)


def claimed(derivation: Derivation, entries: Entries) -> dict[Key, Any]:
    """The right side as it stands, entry by entry.

    Raises:
        ShapeError: it has not the shape of such a derivative.
    """
    value = entries.of(derivation.expr)
    if not isinstance(value, Table):
        value = Table(1, [{0: value}])
    wanted = expected_shape(derivation, entries.sizes)
    if (value.rows, value.cols) != wanted:
        raise ShapeError(
            f"{derivation.name} must be {wanted[0]} x {wanted[1]} at the sizes {shown_sizes(entries.sizes)}; "
            f"its right side is {value.rows} x {value.cols}."
        )
    rows = variable_shape(derivation, entries.sizes)[0]
    return {key_of(derivation, i, j, rows): item for i, line in enumerate(value.lines) for j, item in line.items()}


def target(derivation: Derivation, entries: Entries) -> list[Any]:
    """What is differentiated, as scalars: the entries of x_t, columns one below the other, or dot(lambda, x_t)."""
    if not isinstance(derivation.of, MatrixExpr):
        return [entries.of(derivation.of if derivation.kind is not Kind.VJP else derivation.cotangent * derivation.of)]
    if derivation.kind is Kind.VJP:
        if derivation.of.shape[1] != 1:
            return [entries.of(Trace(MatMul(Transpose(derivation.cotangent), derivation.of)))]
        return [entries.of(Dot(derivation.cotangent, derivation.of))]
    return _columns(entries.table(derivation.of), entries.algebra.zero)


def _columns(table: Table, zero: Any) -> list[Any]:
    """The entries of a table, column by column."""
    return [line.get(j, zero) for j in range(table.cols) for line in table.lines]


def seeded(values: Mapping[Expr, Any], wrt: Expr, algebra: Dual) -> dict[Expr, Any]:
    """Values as dual numbers, the entries of ``wrt`` being the variables."""
    one = algebra.base.one

    def lifted(symbol: Expr, value: Any) -> Any:
        own = symbol == wrt
        if not isinstance(value, Table):
            return (value, {(0, 0): one} if own else None)
        lines = [
            {j: (item, {(i, j): one} if own else None) for j, item in line.items()}
            for i, line in enumerate(value.lines)
        ]
        return Table(value.cols, lines)

    return {symbol: lifted(symbol, value) for symbol, value in values.items()}


def differentiated(
    derivation: Derivation, algebra: Algebra, sizes: Mapping[Expr, int], values: Mapping[Expr, Any]
) -> dict[Key, Any]:
    """The derivative of the recurrence itself, by dual numbers over ``algebra``."""
    if derivation.kind is Kind.JVP:
        moved = truth(derivation, algebra, sizes, values, Work())
        return {(i, j, 0): value for i, line in enumerate(moved.lines) for j, value in line.items()}
    dual = Dual(algebra)
    entries = Entries(dual, sizes, seeded(values, derivation.wrt, dual), derivation.cell.definitions)
    return {
        (i, p, q): slope
        for i, (_, tangent) in enumerate(target(derivation, entries))
        for (p, q), slope in (tangent or {}).items()
        if derivation.kind is not Kind.DIAGONAL or p == i
    }


def truth(
    derivation: Derivation, algebra: Algebra, sizes: Mapping[Expr, int], values: Mapping[Expr, Any], work: Work
) -> Table:
    """The derivative of the recurrence in the layout of the right side; of all states at once where it is in blocks."""
    dual, own = Dual(algebra), derivation.wrt
    definitions = derivation.cell.definitions
    if derivation.in_blocks:
        lifted, first = seeded(values, own, dual), 0
        for state in derivation.cell.states:
            before = values[state.before]
            high, wide = before.rows, before.cols
            moved = [
                {j: (item, {(first + i + j * high, 0): algebra.one}) for j, item in line.items()}
                for i, line in enumerate(before.lines)
            ]
            lifted[state.before] = Table(wide, moved)
            first += high * wide
        entries = Entries(dual, sizes, lifted, definitions, work=work)
        every = [item for state in derivation.cell.states for item in _columns(entries.table(state.after), dual.zero)]
        slopes = [item[1] or {} for item in every]
        return Table(first, [{p: slope for (p, _), slope in line.items()} for line in slopes])
    if own not in values:  # a named intermediate, held as a variable
        values = {**values, own: Entries(algebra, sizes, values, definitions, work=work).of(own)}
    entries = Entries(dual, sizes, seeded(values, own, dual), definitions, work=work)
    height, width = variable_shape(derivation, sizes)
    slopes = [tangent or {} for _, tangent in target(derivation, entries)]
    if derivation.kind is Kind.VJP:
        return Table(width, [{q: slopes[0][p, q] for q in range(width) if (p, q) in slopes[0]} for p in range(height)])
    if derivation.kind is Kind.DIAGONAL:
        return Table(1, [{0: slope[i, 0]} if (i, 0) in slope else {} for i, slope in enumerate(slopes)])
    if derivation.kind is Kind.JVP:
        along = values[derivation.cotangent]
        changes = along.lines if isinstance(along, Table) else [{0: along}]
        pairs = [[(slope, changes[p].get(q, algebra.zero)) for (p, q), slope in line.items()] for line in slopes]
        high, wide = of_shape(derivation, sizes)
        moved = [algebra.dot(pair) for pair in pairs]
        return Table(wide, [{j: moved[i + j * high] for j in range(wide)} for i in range(high)])
    return Table(height * width, [{p + q * height: slope for (p, q), slope in line.items()} for line in slopes])


def meanings(derivation: Derivation) -> dict[Expr, Expr]:
    """What every name in the right side stands for: names of the cell, states after the step, and named parts."""
    return derivation.cell.definitions | {item.left: item.right for item in derivation.definitions}


def leaves(derivation: Derivation) -> list[Expr]:
    """The symbols that carry values, in declaration order, the cotangent last.

    A named intermediate that is differentiated by carries a value of its own: its definition is not used.  All states
    at once are no further symbol.
    """
    found = list(derivation.cell.symbols.values())
    found += [] if derivation.in_blocks or derivation.wrt in found else [derivation.wrt]
    return found if derivation.cotangent is None else [*found, derivation.cotangent]


def filled(symbols: list[Expr], sizes: Mapping[Expr, int], draw: Any) -> dict[Expr, Any]:
    """A value for every symbol: ``draw(symbol, i, j)`` for each entry."""
    values: dict[Expr, Any] = {}
    for symbol in symbols:
        if isinstance(symbol, MatrixExpr):
            rows, cols = (concrete(size, sizes) for size in symbol.shape)
            values[symbol] = Table(cols, [{j: draw(symbol, i, j) for j in range(cols)} for i in range(rows)])
        else:
            values[symbol] = draw(symbol, 0, 0)
    return values


@lru_cache(maxsize=4096)
def called(symbol: Expr) -> str:
    """A symbol in words; printed once, though every entry of it is drawn by this name."""
    return str(symbol)


def shown_sizes(sizes: Mapping[Expr, int]) -> str:
    """Sizes in words: "n = 2, m = 1"."""
    return ", ".join(f"{name} = {value}" for name, value in sizes.items()) or "no symbolic size"


@lru_cache(maxsize=64)
def function_names(derivation: Derivation) -> tuple[str, ...]:
    """The functions that the recurrence or the right side uses, sorted."""
    exprs = [*derivation.cell.definitions.values(), derivation.expr]
    exprs += [side for item in derivation.equations for side in (item.left, item.right)]
    return tuple(sorted({node.function for node in nodes(*exprs) if isinstance(node, (Map, ScalarMap))}))
