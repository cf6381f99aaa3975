"""Where an expansion is said to end: no path through the states takes B more often."""

from __future__ import annotations

from sympy.matrices.expressions import BlockMatrix, MatrixExpr, ZeroMatrix

from symgate.proof.kinds.goals import Goals, fact, introduced
from symgate.records import Derivation, Kind


def ends_where_said(derivation: Derivation) -> Goals:
    """No product of blocks with one B more than ``exact_from`` is there: each has a factor that is written as zero."""
    last = derivation.exact_from
    if last is None:
        return
    A, B = _parts(derivation)
    if A is None or B is None:
        yield fact("exact_from", "A and B are given", holds=False)
        return
    kept, moved = _edges(A), _edges(B)
    reached = {(state, 0) for edge in kept | moved for state in edge}
    todo = list(reached)
    while todo:
        state, count = todo.pop()
        steps = [(of, count) for of, by in kept if by == state]
        steps += [(of, count + 1) for of, by in moved if by == state]
        for step in steps:
            if step not in reached and step[1] <= last + 1:
                reached.add(step)
                todo.append(step)
    longest = max((count for _, count in reached), default=0)
    yield fact("exact_from", f"no path takes B more than {last} times", longest <= last, essential=True)


def _parts(derivation: Derivation) -> tuple[MatrixExpr | None, MatrixExpr | None]:
    if derivation.kind is Kind.SPLIT and len(derivation.named_terms) == 2:
        return derivation.named_terms[0][1], derivation.named_terms[1][1]
    found = [introduced(derivation, name) for name in "AB"]
    return tuple(None if item is None else item.right for item in found)  # type: ignore[return-value]


def _edges(matrix: MatrixExpr) -> set[tuple[int, int]]:
    """The places (state after, state before) of the blocks that are not written as zero."""
    if isinstance(matrix, ZeroMatrix):
        return set()
    if not isinstance(matrix, BlockMatrix):
        return {(0, 0)}
    high, wide = matrix.blockshape
    return {(i, j) for i in range(high) for j in range(wide) if not isinstance(matrix.blocks[i, j], ZeroMatrix)}
