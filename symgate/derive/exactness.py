"""Where an expansion ends: from which order on nothing is left, for the reason that no path takes B so often."""

from __future__ import annotations

from sympy.matrices.expressions import MatrixExpr

from symgate.derive.states import blocks, is_zero


def exact_order(A: MatrixExpr, B: MatrixExpr) -> int | None:
    """The highest order of the expansion of prod_j (A_j + eps B_j) that is not zero by its blocks; None for no end.

    The order m is a sum over products with m factors B.  A product of blocks is a path through the states; it can take
    a block of B at most as often as the longest path does, and without end where a block of B lies on a cycle.  So
    B = 0 gives 0; a state that B feeds and that feeds nothing, as h in the quasi-recurrent cell, gives 1.
    """
    moved = _edges(B)
    every = _edges(A) | moved
    reach = _closure(every)
    if any((by, of) in reach or by == of for of, by in moved):
        return None
    return max((_longest((of, by), moved, reach) for of, by in moved), default=0)


def _edges(matrix: MatrixExpr) -> set[tuple[int, int]]:
    """The places (state after, state before) of the blocks that are not zero."""
    if is_zero(matrix):
        return set()
    rows = enumerate(blocks(matrix))
    return {(i, j) for i, row in rows for j, part in enumerate(row) if not is_zero(part)}


def _closure(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """All (later, earlier) states that a path joins."""
    found = set(edges)
    while True:
        more = {(a, d) for a, b in found for c, d in found if b == c} - found
        if not more:
            return found
        found |= more


def _longest(first: tuple[int, int], moved: set[tuple[int, int]], reach: set[tuple[int, int]]) -> int:
    """The largest number of blocks of B on a path that ends with ``first``; there is no cycle through one."""
    earlier = [edge for edge in moved if edge[0] == first[1] or (first[1], edge[0]) in reach]
    return 1 + max((_longest(edge, moved, reach) for edge in earlier), default=0)
