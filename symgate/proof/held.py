"""What the named terms of a Jacobian are: the derivative of the step while everything else is held fixed.

A path runs back from the state after the step to the state before it, and belongs to the first name that it meets: to
the role of that name.  A path that meets no name is of the retention where it stays with its unit (entry by entry), and
of the drive where it runs through a matrix, or through a number that all units share.  What a state that is a matrix
keeps may run through anything but a matrix of the cell, as in C (I - k k').  A name of the role "update" is part of the
update itself; behind it a path of the retention may also run through numbers that all units share, as a normalisation
does, but not through a matrix of the cell.

So the part of J that a split keeps is the derivative of another step: the update in which every occurrence of what is
not kept is replaced by a copy of the same value that does not vary.  Both exact routes differentiate that step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol

from symgate.catalogue import DIAGONAL
from symgate.language import UPDATE, ScalarSignal, Signal
from symgate.language.nodes import Map, ScalarMap
from symgate.proof.algebras import Algebra
from symgate.proof.dual import Dual
from symgate.proof.entries import Entries
from symgate.proof.nodes import nodes
from symgate.proof.tables import Table, concrete
from symgate.proof.work import Work
from symgate.records import Cell, Derivation, Kind, Order, Parting, Truncated

RETENTION, DRIVE = "retention", "drive"
#: What the name of a copy begins with: a name of a cell has no blank.
HELD = "held "
_ENTRYWISE = (
    *(me.MatAdd, me.HadamardProduct, me.HadamardPower, me.DiagMatrix),
    *(sympy.Add, sympy.Mul, sympy.Pow, Map, ScalarMap),
)
#: Kinds that are about the retention split alone.
_RETAINING = frozenset({Kind.PRECONDITIONER, Kind.SCHEDULE, Kind.MOMENTUM, Kind.ADAM})


class Way(IntEnum):
    """What a path has run through so far."""

    ENTRYWISE = 0
    SHARED = 1  # a number that all units share
    MATRIX = 2


def kept_terms(derivation: Derivation) -> tuple[str, ...] | None:
    """The names of the terms that form A, as the parameters of the result say; None where it is about no split."""
    own = derivation.parameters
    return own.keep if isinstance(own, (Parting, Order, Truncated)) else None


def terms_fit(derivation: Derivation) -> bool:
    """Whether the split of a result keeps terms that a cell may have, and those that the kind of result is about."""
    keep = kept_terms(derivation)
    roles = {item.role for item in derivation.cell.assignments if item.role != UPDATE}
    known = keep is not None and (set(keep) <= {RETENTION, DRIVE, *roles} or keeps_diagonal(derivation.cell, keep))
    return known and (derivation.kind not in _RETAINING or keep == (RETENTION,))


def keeps_diagonal(cell: Cell, keep: tuple[str, ...] | None) -> bool:
    """Whether a split keeps the diagonal of every block, and no terms; a role of that name is a term."""
    return keep == (DIAGONAL,) and all(item.role != DIAGONAL for item in cell.assignments)


@dataclass
class Holding:
    """Updates of a cell in which everything is held but the paths of some terms.

    Attributes:
        cell: the recurrence.
        keep: the names of the terms whose paths vary.
        copies: what each held name stands for, as far as it was met.
    """

    cell: Cell
    keep: frozenset[str]
    copies: dict[Expr, Expr] = field(default_factory=dict)

    def update(self, expr: Expr) -> Expr:
        """An update with held copies in the place of what is not kept."""
        return self._walk(expr, Way.ENTRYWISE, Way.SHARED if expr.shape[1] != 1 else Way.ENTRYWISE)

    def _walk(self, expr: Any, way: Way, most: Way | None) -> Any:
        """``most``: what a path of the retention may run through; None behind a name reached through a matrix."""
        if expr in self._roles:
            role = self._roles[expr]
            if role != UPDATE:
                return expr if role in self.keep else self._held(expr)
            return self._walk(self.cell.definitions[expr], Way.ENTRYWISE, None if way is Way.MATRIX else most)
        if expr in self._befores:
            near = most is not None and way <= most
            return expr if (RETENTION if near else DRIVE) in self.keep else self._held(expr)
        if not getattr(expr, "args", ()) or not expr.has(*self._befores, *self._roles):
            return expr
        args = enumerate(expr.args)
        return expr.func(*(self._walk(arg, max(way, _passed(expr, place)), most) for place, arg in args))

    def _held(self, symbol: Any) -> Any:
        """The copy of a name, or of a state before the step."""
        name = f"{HELD}{symbol.name}"
        if isinstance(symbol, ScalarSignal):
            copy: Any = ScalarSignal(name, symbol.index)
        else:
            rows, cols = symbol.shape
            copy = Signal(name, rows, cols, symbol.index)
        self.copies[copy] = symbol
        return copy

    @property
    def _roles(self) -> dict[Expr, str]:
        return {item.symbol: item.role for item in self.cell.assignments}

    @property
    def _befores(self) -> tuple[Expr, ...]:
        return tuple(state.before for state in self.cell.states)


def _passed(node: Any, place: int) -> Way:
    """What a path runs through on its way from a node to its argument at that place."""
    others = [arg for q, arg in enumerate(node.args) if q != place and isinstance(arg, MatrixExpr)]
    if isinstance(node, me.MatMul):  # which SymPy takes for a Mul as well
        if not isinstance(node.args[place], MatrixExpr):
            return Way.ENTRYWISE
        others = [arg for arg in others if not isinstance(arg, (me.DiagMatrix, me.Identity))]
        return max(map(_weight, others), default=Way.ENTRYWISE)
    if isinstance(node, _ENTRYWISE):
        return Way.ENTRYWISE
    return max(map(_weight, others), default=Way.SHARED)


def _weight(factor: MatrixExpr) -> Way:
    """Whether a factor holds a matrix of the cell, or vectors and ones alone."""
    matrices = (
        node
        for node in nodes(factor)
        if isinstance(node, MatrixSymbol) and not isinstance(node, Signal) and 1 not in node.shape
    )
    return Way.MATRIX if any(True for _ in matrices) else Way.SHARED


def kept_part(
    cell: Cell,
    keep: tuple[str, ...],
    algebra: Algebra,
    sizes: Mapping[Expr, int],
    values: Mapping[Expr, Any],
    work: Work,
) -> Table:
    """The part of the Jacobian of all states that a split keeps, at values of one step, by dual numbers.

    Args:
        cell: the recurrence.
        keep: the names of its terms.
        algebra: what scalars are.
        sizes: the size of each dimension.
        values: of every symbol of the step.
        work: counts operations.
    """
    diagonal = keeps_diagonal(cell, keep)
    every = {RETENTION, DRIVE, *(item.role for item in cell.assignments)}
    holding = Holding(cell, frozenset(every if diagonal else keep))
    updates = [holding.update(state.update) for state in cell.states]
    plain, dual = Entries(algebra, sizes, values, cell.definitions, work=work), Dual(algebra)
    lifted = {symbol: _constant(value) for symbol, value in values.items()}
    lifted |= {copy: _constant(plain.of(symbol)) for copy, symbol in holding.copies.items()}
    width = 0
    for state in cell.states:
        before = values[state.before]
        high, wide = before.rows, before.cols
        moved = [
            {j: (line.get(j, algebra.zero), {(width + i + j * high, 0): algebra.one}) for j in range(wide)}
            for i, line in enumerate(before.lines)
        ]
        lifted[state.before] = Table(wide, moved)
        width += high * wide
    entries = Entries(dual, sizes, lifted, cell.definitions, work=work)
    tables = [entries.table(update) for update in updates]
    rows = [line.get(j, dual.zero)[1] or {} for t in tables for j in range(t.cols) for line in t.lines]
    found = [{p: slope for (p, _), slope in row.items()} for row in rows]
    if diagonal:
        places = _on_the_diagonal(cell, sizes)
        found = [{p: slope for p, slope in row.items() if (q, p) in places} for q, row in enumerate(found)]
    return Table(width, found)


def _on_the_diagonal(cell: Cell, sizes: Mapping[Expr, int]) -> set[tuple[int, int]]:
    """The places on the diagonals of the square blocks of a matrix over all states."""
    widths = [concrete(sympy.Mul(*state.before.shape), sizes) for state in cell.states]
    starts = [sum(widths[:q]) for q in range(len(widths))]
    square = [
        (starts[p], starts[q], widths[p])
        for p, of in enumerate(cell.states)
        for q, by in enumerate(cell.states)
        if of.before.shape == by.before.shape
    ]
    return {(row + i, col + i) for row, col, width in square for i in range(width)}


def _constant(value: Any) -> Any:
    """A value that does not vary, as a dual number."""
    if not isinstance(value, Table):
        return (value, None)
    return Table(value.cols, [{j: (item, None) for j, item in line.items()} for line in value.lines])
