"""What to write for what is not of the notation: the last word of a refusal."""

from __future__ import annotations

import re

from symgate.claims.reading.limits import NumberedLossError, OpenNameError, SeveralReadingsError, UnreadableError

_CASES = (
    r"write cases in one formula with Kronecker's \delta_{ij}, such as \delta_{ij} a_i + (1 - \delta_{ij}) b_{ij} for "
    r"a_i where i = j and b_{ij} elsewhere"
)
_SOME = (
    r"write a sum over some entries as that over all with what it leaves out taken off, such as \sum_k a_k - a_i for "
    r"\sum_{k \ne i} a_k"
)
_SLICES = (
    "give a block of an array a name of its own in the recurrence, such as W_h @ h_prev + W_x @ x for W[:n] and W[n:]; "
    "the product of a column and a row, a[:, None] * b[None, :], is np.outer(a, b)"
)
#: By what stands in a text, what to write for it.
_ADVICE = (
    (re.compile(r"\\begin\{d?cases\}"), _CASES),
    (re.compile(r"\\sum(?:\\limits)?\s*_\s*\{[^{}]*(?:\\neq?(?![A-Za-z])|\\not\s*=|!=|[<>]|\\in)"), _SOME),
    (re.compile(r"[A-Za-z_]\w*\[[^\]]*:[^\]]*\]"), _SLICES),
    (re.compile(r"\.(?:reshape|view|unsqueeze|ravel|flatten)\("), "write np.outer(a, b) for a column times a row"),
    (re.compile(r"(?:concatenate|concat|cat|hstack|vstack)\("), "write the blocks out, such as U @ h_prev + V @ x"),
)


def advised(error: UnreadableError, text: str) -> UnreadableError:
    """The refusal, with what to write for what stands in the text."""
    if isinstance(error, (NumberedLossError, OpenNameError, SeveralReadingsError)):
        return error
    words = [advice for pattern, advice in _ADVICE if pattern.search(text) and advice not in error.reason]
    return UnreadableError("; ".join([error.reason, *words]), error.position) if words else error
