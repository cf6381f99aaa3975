"""Times in a claim over many steps of which its object says nothing, such as t in a gradient of the loss over 1..T.

In: a closed form, and the object.  Out: these times; and the closed form where such a time can only be the last one.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Symbol

from symgate.claims.judging.record import Finding
from symgate.language.sequences import LAST, moved
from symgate.proof.sequences.laws import letters_of
from symgate.records import Derivation, Kind

#: Objects of a whole trajectory, up to T.
_WHOLE = (Kind.GRADIENT, Kind.ADJOINT)


def other_times(claim: Expr, truth: Derivation) -> tuple[Symbol, ...]:
    """The times that a claim leaves free and that stand nowhere in its object."""
    sides = [truth.of, truth.expr, *(side for item in truth.equations for side in (item.left, item.right))]
    own = {LAST, *truth.cell.dimensions}.union(*map(letters_of, sides))
    return tuple(letter for letter in letters_of(claim) if letter.is_integer and letter not in own)


def up_to_the_end(claim: Expr, base: Finding, truth: Derivation) -> tuple[Expr, Finding]:
    """A claim whose only other time is in the place of T with that time as T, which the finding tells."""
    others = other_times(claim, truth)
    if truth.kind not in _WHOLE or len(others) != 1 or LAST in letters_of(claim):
        return claim, base
    note = f"{others[0]} is read as the last step, {LAST}"
    return moved(claim, {others[0]: LAST}), replace(base, notes=(*base.notes, note))
