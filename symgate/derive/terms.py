"""The paths of one step, from what is differentiated by to what is differentiated, sorted into named terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, OneMatrix

from symgate.calculus import NOTHING, Variable, Words, add, differential
from symgate.calculus.acting import probe, through_weights
from symgate.calculus.normal import Tail
from symgate.derive.layers import moving
from symgate.errors import unknown
from symgate.language import UPDATE
from symgate.language.matrices import multiplied
from symgate.records import Assignment, Cell

RETENTION, DIRECT, DRIVE = "retention", "direct", "drive"

#: The words of each named term.
Terms = tuple[tuple[str, Words], ...]


@dataclass(frozen=True)
class Path:
    """What is differentiated, by what.

    Attributes:
        cell: the recurrence.
        of: the state after the step, or a named intermediate.
        wrt: a state before the step, an input, a parameter, or a named intermediate.
        expr: the definition of ``of``; the symbol itself where ``of`` is what is differentiated by.
        role: the term of what ``expr`` reaches through a matrix, without another name.
        between: the assignments on the way from ``wrt`` to ``expr``; of an intermediate its own is none of them.
    """

    cell: Cell
    of: Expr
    wrt: Expr
    expr: Expr
    role: str
    between: tuple[Assignment, ...]

    @property
    def rows(self) -> Expr:
        """The number of rows of the Jacobian."""
        return self.of.shape[0] if isinstance(self.of, MatrixExpr) else sympy.S.One

    @property
    def of_matrix(self) -> bool:
        """Whether a matrix is differentiated: then ``expr`` is what it does to the probe."""
        return isinstance(self.of, MatrixExpr) and self.of.shape[1] != 1

    def is_near(self, tail: Tail) -> bool:
        """Whether a word acts entry by entry; of a matrix state, without passing through a weight."""
        return not through_weights(tail) if self.of_matrix else _is_column(tail)

    @property
    def near(self) -> str:
        """The name of the term that acts entry by entry."""
        return RETENTION if any(self.wrt == state.before for state in self.cell.states) else DIRECT

    @property
    def remark(self) -> str:
        """What is held fixed, where an intermediate is an independent variable."""
        if self.wrt not in self.cell.definitions:
            return ""
        return (
            f"Derivative with respect to {self.wrt.name} as an independent variable: everything in its definition is "
            f"held fixed, and what is defined from {self.wrt.name} changes with it."
        )


def path(cell: Cell, wrt: str | None, of: str | None) -> Path:
    """The path between two names of a cell.

    Raises:
        UnknownNameError: ``of`` is neither a state nor an intermediate, or ``wrt`` is not a name of the cell.
    """
    named = {str(item.symbol.name): item for item in cell.assignments}
    if of in named:
        symbol, expr = named[of].symbol, named[of].expr
        role = DRIVE if named[of].role == UPDATE else named[of].role
    else:
        state = cell.state(of)
        symbol, expr, role = state.after, state.update, DRIVE
        expr = multiplied(expr, probe(expr.shape[1])) if expr.shape[1] != 1 else expr
    by = wrt
    if by is None:
        by = of if of in cell.symbols else cell.state().name
    if by not in cell.symbols and by not in named:
        what = f"state, input, parameter or intermediate of cell {cell.name!r}"
        raise unknown(what, by, {**cell.symbols, **named})
    if by not in named:
        return Path(cell, symbol, cell.symbols[by], expr, role, moving(cell, expr, cell.symbols[by]))
    own = named[by].symbol
    expr = own if own == symbol else expr
    return Path(cell, symbol, own, expr, role, moving(cell, expr, own))


@lru_cache(maxsize=512)
def terms_along(way: Path) -> Terms:
    """The words of each named term, in the order retention (or direct), drive, roles as declared; none is empty.

    A path belongs to the first name that it meets on its way back from ``of``.  A name of the role "update" is part of
    the update itself: paths through it are sorted by what they meet next.
    """
    known: dict[Expr, Words] = {}
    inside: dict[Expr, Mapping[str, Words]] = {}
    roles = dict.fromkeys(item.role for item in way.cell.assignments if item.role != UPDATE)
    for item in way.between:
        if item.role == UPDATE:
            inside[item.symbol] = _sorted(item.expr, way, DRIVE, known, inside, roles)
            known[item.symbol] = add(inside[item.symbol].values())
        else:
            known[item.symbol] = differential(item.expr, Variable(way.wrt, known))
    found = _sorted(way.expr, way, way.role, known, inside, roles)
    return tuple(found.items()) or (("none", NOTHING),)


def _sorted(
    expr: Expr,
    way: Path,
    role: str,
    known: Mapping[Expr, Words],
    inside: Mapping[Expr, Mapping[str, Words]],
    roles: Mapping[str, None],
) -> Mapping[str, Words]:
    """The differential of an expression by term."""
    near, far = _parted(differential(expr, Variable(way.wrt)), way.is_near)
    parts: dict[str, list[Words]] = {way.near: [near], DRIVE: []}
    parts.setdefault(role, []).append(far)
    role_of = {item.symbol: item.role for item in way.between}
    for name in dict.fromkeys([way.near, DRIVE, *roles]):
        varying = {symbol: words for symbol, words in known.items() if role_of[symbol] == name}
        varying |= {symbol: words[name] for symbol, words in inside.items() if name in words}
        if not varying:
            continue
        words = differential(expr, Variable(None, varying))
        if name == way.near:
            words, away = _parted(words, _without_weights)
            parts.setdefault(role, []).append(away)
        parts.setdefault(name, []).append(words)
    summed = {name: add(items) for name, items in parts.items()}
    return {name: words for name, words in summed.items() if words}


def _parted(words: Words, near: Callable[[Tail], bool]) -> tuple[Words, Words]:
    """Words that act entry by entry on what varies, and the others (through a matrix or a scalar)."""
    here = {tail: lead for tail, lead in words.items() if near(tail)}
    return here, {tail: lead for tail, lead in words.items() if tail not in here}


def _is_column(tail: Tail) -> bool:
    """Whether a tail is empty, or a bare column of ones: a direct dependence on a scalar."""
    bare = tail.seed is None and len(tail.steps) == 1 and tail.steps[0][0].shape[1] == 1
    return tail == Tail() or bare


def _without_weights(tail: Tail) -> bool:
    """Whether no parameter matrix is among the letters, so that a retention stays one (normalised, say)."""
    return tail.seed is None and all(isinstance(letter, OneMatrix) for letter, _ in tail.steps)
