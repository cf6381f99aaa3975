"""Claims about the derivative of a matrix by a vector or a matrix: of its action, or of its matrix on vec.

In: a statement and the right sides of the claim.  Out: the statement about the object that these can be about.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sympy.matrices.expressions import MatrixExpr

from symgate.claims.judging.stated import Statement
from symgate.claims.reading.one_number import sizes_of_numbers
from symgate.derive import kronecker
from symgate.errors import SymgateError
from symgate.records import Kind

#: A change as it is written: C_dot, \\dot{C}.
_CHANGE = re.compile(r"_dot|\\dot(?![A-Za-z])")


def about_vec(known: Statement, rights: list[tuple[str, int]]) -> Statement:
    """The statement about the matrix on vec, where no right side has the change on which the action acts."""
    truth = known.truth
    if truth.kind is not Kind.JVP or not isinstance(truth.cotangent, MatrixExpr):
        return known
    if truth.wrt.shape[0] in sizes_of_numbers(truth.cell):  # by a number
        return known
    if any(_CHANGE.search(right) or right.strip() in {"0", r"\mathbf{0}"} for right, _ in rights):
        return known
    state = next((item for item in truth.cell.states if item.after == truth.of), None)
    if state is None:
        return known
    try:
        found = kronecker(truth.cell, str(truth.wrt.name), state.name)
    except SymgateError:  # it has no form in the notation
        return known
    if found.kind is not Kind.KRONECKER:
        return known
    return replace(known, truth=found, frame=replace(known.frame, on_vec=True))
