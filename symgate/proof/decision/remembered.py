"""What was done before: many results of one cell stand on the same comparison, and all of them on its recurrence.

A decision is a function of what is compared and of the budget, and of the budget only where that is exceeded.  So one
that was finished is kept with what it cost, and is given again wherever the budget allows that cost; its operations
are counted each time.  The same holds of the definitions of a cell, with which every decision begins, and of which of
its names may be taken for units.

A bounded number of decisions and definitions is kept.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from sympy import Expr

from symgate.errors import SymgateError
from symgate.language.nodes import T
from symgate.nonlinearities import Nonlinearity, nonlinearity, registered_nonlinearities
from symgate.proof.decision.axes import pairs
from symgate.proof.decision.budget import Budget, Cost
from symgate.proof.decision.build import Builder
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.compare import Comparison, Units
from symgate.proof.decision.outcome import Decision
from symgate.proof.decision.recurrence import Recurrence
from symgate.records import Cell

Sizes = frozenset[Expr]


def remembered(
    cell: Cell,
    compared: tuple[Hashable, ...],
    budget: Budget | None,
    decide: Callable[[Algebra], Decision],
) -> Decision:
    """A decision, taken anew where it is not known or the budget does not allow what it cost.

    Args:
        cell: the recurrence.
        compared: everything else that it depends on, what is known of the functions aside.
        budget: how much work is allowed.
        decide: takes it, in an algebra of its own.
    """
    budget = budget or Budget()
    slot = _slot(cell, compared, _registered())
    for decision, cost in slot:
        if cost.fits(budget):
            return decision
    algebra = Algebra(budget)
    with _uncollected():
        decision = decide(algebra)
    if not algebra.meter.exceeded:
        slot[:] = [(decision, algebra.meter.cost)]
    return decision


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without a search for garbage in cycles: what a decision makes is used until it ends, and its budget bounds it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@lru_cache(maxsize=512)
def _slot(*_: Hashable) -> list[tuple[Decision, Cost]]:
    """Where the decision of what is compared is kept."""
    return []


def recurrence(cell: Cell, algebra: Algebra, sizes: Sizes) -> Recurrence:
    """The step of a cell in an algebra; one in which nothing was made goes on from where another one was."""
    if algebra.untouched:
        known = _begun(cell, sizes, tuple(pairs().items()))
        if known is not None and known.algebra.meter.cost.fits(algebra.meter.budget):
            algebra.adopt(known.algebra)
            return Recurrence(cell, known.builder.again(algebra), known)
    return _built(cell, algebra, sizes)


@lru_cache(maxsize=16)
def _begun(cell: Cell, sizes: Sizes, _: Hashable) -> Recurrence | None:
    """The step of a cell in an algebra that nothing else is made in; None where it cannot be built."""
    try:
        return _built(cell, Algebra(), sizes)
    except SymgateError:
        return None


def _registered() -> tuple[Nonlinearity, ...]:
    """What is known of the functions."""
    return tuple(map(nonlinearity, registered_nonlinearities()))


def units(recurrence: Recurrence) -> Units | None:
    """Which names of a cell may be taken for units, told of the step that a recurrence goes on from.

    None where it goes on from none, or where that cannot be told.
    """
    begun = recurrence.known
    if begun is None:
        return None
    known = _registered()
    if known not in begun.told:
        begun.told[known] = _units(begun)
    return begun.told[known]


def _units(begun: Recurrence) -> Units | None:
    algebra = Algebra()
    algebra.adopt(begun.algebra)
    try:
        return Comparison(algebra, begun.cell, begun.names | begun.updates).told()
    except SymgateError:
        return None


def _built(cell: Cell, algebra: Algebra, sizes: Sizes) -> Recurrence:
    builder = Builder(algebra, frozenset(name for name, _ in cell.functions), sizes)
    builder.clock(T)
    return Recurrence(cell, builder)
