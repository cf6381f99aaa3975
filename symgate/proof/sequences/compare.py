"""Whether two values differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from symgate.errors import ShapeError
from symgate.proof.tables import Table


def differ(left: object, right: object) -> bool:
    """Whether two scalars or two tables differ; absent entries are zero."""
    if not isinstance(left, Table) or not isinstance(right, Table):
        return left != right
    if (left.rows, left.cols) != (right.rows, right.cols):
        return True
    pairs = zip(left.lines, right.lines, strict=True)
    return any(u.get(j, 0) != v.get(j, 0) for u, v in pairs for j in sorted(u.keys() | v.keys()))


def entries_of(claimed: Any, true: Any) -> Iterator[tuple[tuple[int, int], Any, Any]]:
    """Every entry, counted from 1, that is there on either side, with both values; of scalars the one at (1, 1).

    Raises:
        ShapeError: the sides have different shapes.
    """
    if not isinstance(claimed, Table) and not isinstance(true, Table):
        yield (1, 1), claimed, true
        return
    left, right = (side if isinstance(side, Table) else Table(1, [{0: side}]) for side in (claimed, true))
    if (left.rows, left.cols) != (right.rows, right.cols):
        raise ShapeError(f"It is {left.rows} x {left.cols} where it must be {right.rows} x {right.cols}.")
    for i, (u, v) in enumerate(zip(left.lines, right.lines, strict=True)):
        for j in sorted(u.keys() | v.keys()):
            yield (i + 1, j + 1), u.get(j, 0), v.get(j, 0)


def first(
    claimed: Any, true: Any, apart: Callable[[Any, Any], bool]
) -> tuple[int, tuple[tuple[int, int], Any, Any] | None]:
    """How many entries there are, and the first that is apart, with both values."""
    table = claimed if isinstance(claimed, Table) else true
    count = table.rows * table.cols if isinstance(table, Table) else 1
    differs = (item for item in entries_of(claimed, true) if apart(*item[1:]))
    return count, next(differs, None)
