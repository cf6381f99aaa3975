"""Whether two values differ."""

from __future__ import annotations

from symgate.proof.entries import Table


def differ(left: object, right: object) -> bool:
    """Whether two scalars or two tables differ; absent entries are zero."""
    if not isinstance(left, Table) or not isinstance(right, Table):
        return left != right
    if (left.rows, left.cols) != (right.rows, right.cols):
        return True
    pairs = zip(left.lines, right.lines, strict=True)
    return any(u.get(j, 0) != v.get(j, 0) for u, v in pairs for j in sorted(u.keys() | v.keys()))
