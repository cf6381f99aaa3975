"""What the comparisons along a trajectory share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy
from sympy import Expr

from symgate.language import Signal
from symgate.proof.entries import Table
from symgate.proof.sequences.timed import TimedEntries
from symgate.proof.sequences.trajectories import Trajectory, placed
from symgate.records import add_up

Claims = Iterator[tuple[str, Any, Any]]


def further(path: Trajectory, entries: TimedEntries, keys: tuple[str, ...], **times: int) -> Claims:
    """Both sides of the further claims with these keys."""
    for item in path.derivation.claims:
        if item.key in keys:
            yield item.key, entries.of(placed(item.right, **times)), entries.of(placed(item.left, **times))


def transport_of(path: Trajectory, *index: int) -> Signal:
    """The symbol M_{t,k}, or M^(m)_{t,k} with a third index."""
    return Signal("M", path.size, path.size, sympy.Tuple(*index))


def split_is_tied(path: Trajectory, entries: TimedEntries, true: Mapping[Expr, Table]) -> Claims:
    """A_j + B_j is the derivative of the step: without this an expansion is one of something else."""
    for j in range(1, path.steps + 1):
        both = add_up([Signal(name, path.size, path.size, sympy.Integer(j)) for name in "AB"])
        yield f"A_{j} + B_{j} = J_{j}", entries.of(both), true[transport_of(path, j, j - 1)]


def orders_of(path: Trajectory, entries: TimedEntries, highest: int) -> dict[Expr, Any]:
    """The true M^(m)_{t,k} for all orders up to ``highest``, as values of their symbols."""
    pairs = [(m, t, k) for m in range(highest + 1) for t, k in path.pairs()]
    return {transport_of(path, t, k, m): entries.of(path.order(m, t, k)) for m, t, k in pairs}


def total(path: Trajectory, tables: list[Table]) -> Table:
    """The sum of matrices."""
    names = [sympy.MatrixSymbol(f"S_{q}", path.size, path.size) for q in range(len(tables))]
    return path.entries(dict(zip(names, tables, strict=True))).of(add_up(names))
