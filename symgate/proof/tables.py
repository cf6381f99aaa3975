"""Matrices at sizes that are numbers: tables of scalars that keep the entries that were computed.

In: sizes for symbolic dimensions.  Out: ``Table``; so diagonal matrices cost n, not n^2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr

from symgate.errors import UnsupportedNodeError

Line = dict[int, Any]


def concrete(dimension: Expr, sizes: Mapping[Expr, int]) -> int:
    """A dimension, such as n or n*m, as a number.

    Raises:
        UnsupportedNodeError: it is not made of the sizes that are known.
    """
    if dimension in sizes:
        return sizes[dimension]
    if isinstance(dimension, sympy.Add):
        return sum(concrete(part, sizes) for part in dimension.args)
    found = dimension if dimension.is_Integer else dimension.subs(sizes)
    if not found.is_Integer:
        raise UnsupportedNodeError(f"The size {dimension} is none of the recurrence.")
    return int(found)


@dataclass(slots=True)  # frozen, it would take twice as long to make, and evaluators make little else
class Table:
    """A matrix of scalars, one sparse line per row; absent entries are zero."""

    cols: int
    lines: list[Line]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.lines)


#: The label of values in a matrix: they are told apart by their arguments, so that f(W)' is f(W').
IN_A_MATRIX = -3


def label(row: int, cols: int) -> int:
    """Which entry a function value stands in: its row in a vector."""
    return row if cols == 1 else IN_A_MATRIX
