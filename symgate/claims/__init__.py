"""Claims of others: read from text, LaTeX or Python, proved or refuted, and told apart by the slip they hold."""

from symgate.claims.judging.judge import check
from symgate.claims.judging.record import Finding
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.reader import Reading, read
from symgate.claims.recurrence.reader import Recurrence, read_cell, read_recurrence
from symgate.claims.tables import Claim, assert_claims, load_claims

__all__ = [
    "Claim",
    "Finding",
    "Reading",
    "Recurrence",
    "UnreadableError",
    "assert_claims",
    "check",
    "load_claims",
    "read",
    "read_cell",
    "read_recurrence",
]
