"""Claims about a recurrence over row vectors: judged as rows, and as columns where that is what would fit.

A formula whose shapes do not fit with rows may be one of columns.  One in which no vector is transposed says the same
either way, and is judged as of columns, which is told; of another one it is proposed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy
from sympy.matrices.expressions import Transpose

from symgate.claims.judging.case import Judge
from symgate.claims.judging.proposals import Proposal
from symgate.claims.judging.record import Finding
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.reader import Reading
from symgate.language import Dot
from symgate.notation import Notation, Vectors
from symgate.proof import PROVED, REFUTED
from symgate.records import Cell, Derivation

_AS_COLUMNS = "vectors are read as columns: with rows, as in the recurrence, its shapes do not fit"
_CELL_OF_ROWS = "vectors are read as columns, although the cell was read from a recurrence over rows"
_COLUMNS = Proposal("true if vectors are columns", Notation(vectors=Vectors.COLUMN))


def judge_either_way(
    cell: Cell, notation: Notation, judge: Judge, verdict: Callable[[Notation, Judge], Finding]
) -> Finding:
    """The verdict under a notation; ``verdict`` gives that under any.

    Raises:
        UnreadableError: it is not read.
    """
    if notation.vectors is not Vectors.ROW or not cell.in_rows:
        found = verdict(notation, judge)
        return replace(found, notes=(*found.notes, _CELL_OF_ROWS)) if cell.in_rows else found
    try:
        found = verdict(notation, judge)
    except UnreadableError as error:
        other, flat = _as_columns(notation, judge, verdict)
        if other is None:
            raise
        if other.verdict != PROVED or flat:
            return replace(other, notes=(*other.notes, _AS_COLUMNS))
        words = f"With rows, as in the recurrence, its shapes do not fit: {error.reason}."
        return replace(other, verdict=REFUTED, statement=words, certificate=None, proposals=(_COLUMNS,))
    if found.verdict != REFUTED or found.certificate is not None or found.proposals:
        return found
    other, _ = _as_columns(notation, judge, verdict)  # it has another shape than the object
    return replace(found, proposals=(_COLUMNS,)) if other is not None and other.verdict == PROVED else found


def _as_columns(
    notation: Notation, judge: Judge, verdict: Callable[[Notation, Judge], Finding]
) -> tuple[Finding | None, bool]:
    """The verdict with columns, None where that is not read, and whether no vector in it is transposed."""
    seen: list[Any] = []

    def judged(base: Finding, reading: Reading, truth: Derivation) -> Finding:
        seen.append(reading.expr)
        return judge(base, reading, truth)

    try:
        found = verdict(replace(notation, vectors=Vectors.COLUMN), judged)
    except UnreadableError:
        return None, False
    return found, not any(map(_turns_a_vector, seen))


def _turns_a_vector(expr: Any) -> bool:
    nodes = sympy.preorder_traversal(expr)
    return any(isinstance(node, Dot) or (isinstance(node, Transpose) and node.shape[0] == 1) for node in nodes)
