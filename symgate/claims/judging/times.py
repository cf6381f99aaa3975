"""Times in a claim over many steps of which its object says nothing, such as t in a gradient of the loss over 1..T.

In: a closed form, and the object.  Out: these times; and the closed form where such a time can only be the last one.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Symbol

from symgate.claims.judging.record import Finding
from symgate.language.sequences import LAST, K, moved
from symgate.proof.sequences.laws import letters_of
from symgate.records import Derivation, Kind

#: Objects of a whole trajectory, up to T.
_WHOLE = (Kind.GRADIENT, Kind.ADJOINT)


def other_times(claim: Expr, truth: Derivation) -> tuple[Symbol, ...]:
    """The times that a claim leaves free and that its object does not have.

    The last step is one of them in a claim that lacks a time of its object, for it may stand in the place of that one.
    """
    free, stated = letters_of(claim), letters_of(truth.of)
    own = {*truth.cell.dimensions, *stated, *letters_of(truth.expr)}
    if set(stated) <= set(free) or truth.kind in _WHOLE:
        own |= {LAST}
    return tuple(letter for letter in free if letter.is_integer and letter not in own)


def up_to_the_end(claim: Expr, base: Finding, truth: Derivation) -> tuple[Expr, Finding]:
    """A claim whose only other time is in the place of T with that time as T, which the finding tells.

    Without k the other time of an adjoint may be in the place of that: it is left open.
    """
    others, free = other_times(claim, truth), letters_of(claim)
    if truth.kind not in _WHOLE or len(others) != 1 or LAST in free or (truth.kind is Kind.ADJOINT and K not in free):
        return claim, base
    note = f"{others[0]} is read as the last step, {LAST}"
    return moved(claim, {others[0]: LAST}), replace(base, notes=(*base.notes, note))
