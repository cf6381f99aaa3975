"""Claims about some entries, those whose letters agree, such as dh_{t,i} / dh_{t-1,i}, as claims about all of them."""

from __future__ import annotations

from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, Identity, KroneckerProduct, OneMatrix

from symgate.claims.reading.build import hadamard, negated, total
from symgate.claims.reading.indexed import Entries
from symgate.claims.reading.limits import UnreadableError
from symgate.records import Derivation


def with_other_entries(expr: Expr, truth: Derivation, entries: Entries) -> Expr:
    """A claim about the entries whose letters agree as one about all: the others are as they are.

    Raises:
        UnreadableError: the letters that agree are not those of a row and a column.
    """
    rows = truth.shape[0]
    if len(entries.rows) == len(entries.columns) == 1 and truth.shape == (rows, rows) and expr.shape == (rows, 1):
        mask, own = Identity(rows), DiagMatrix(expr)
    elif entries.columns[:1] == entries.rows and truth.shape == (rows, rows * expr.shape[1]):
        mask = KroneckerProduct(OneMatrix(1, expr.shape[1]), Identity(rows))
        own = hadamard(KroneckerProduct(expr, OneMatrix(1, rows)), mask)
    else:
        raise UnreadableError("letters that agree are read of a row and a column, as in h_{t,i} and W_{ij}")
    return total([truth.expr, negated(hadamard(truth.expr, mask)), own])
