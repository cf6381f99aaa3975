r"""Times of a left side as ours: \partial h_t / \partial h_{t-k} says that the author's k is our t - k.

In: the times that the author writes, each with what it is of ours.  Out: her letters as ours.  A letter that the left
side leaves open is never taken for one of ours that has its look.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import sympy
from sympy import Expr

from symgate.claims.reading.frame import OTHER
from symgate.claims.reading.limits import UnreadableError
from symgate.language import T
from symgate.language.sequences import LAST, K
from symgate.records import Cell

_LASTS = (LAST, sympy.Symbol("tau", integer=True))
SIGNS = re.compile(r"\\(?:sum|prod)(?:\\limits)?(?:\s*[_^]\s*(?:\{[^{}]*\}|[A-Za-z0-9]))*")
_FROM_ZERO = re.compile(r"\\sum(?:\\limits)?\s*_\s*\{\s*([A-Za-z])\s*=\s*0\s*\}")
POWER_OR_TRANSPOSE = re.compile(r"\^\s*(?:T(?![A-Za-z])|\{\s*T\s*\})")


def letters_as_ours(pairs: Sequence[tuple[Expr, Expr]], *, one_step: bool = False) -> dict[Expr, Expr]:
    """The author's letters, so that each of her times is ours.

    Raises:
        UnreadableError: a time is a number where every step is meant, or no letter makes it ours.
    """
    apart = {letter: sympy.Dummy(str(letter)) for time, _ in pairs for letter in time.free_symbols}
    found: dict[Expr, Expr] = {}
    for time, ours in pairs:
        rest = sympy.expand(time.xreplace(apart).xreplace(found))
        letters = sorted(
            rest.free_symbols & set(apart.values()), key=lambda item: (item.name in ("T", "tau"), item.name)
        )
        letter = next((item for item in letters if abs(rest.coeff(item)) == 1), None)
        if letter is None and one_step and not letters:
            return {ours: OTHER[ours]}  # at a step that is a number, its right side has no letter
        if letter is None:
            raise UnreadableError(f"its left side is stated at {time}; a claim is made for every step t: write t")
        value = sympy.expand(rest.coeff(letter) * (ours - rest) + letter)
        found = {key: sympy.expand(old.xreplace({letter: value})) for key, old in found.items()} | {letter: value}
    if any((value - K + T).is_Integer for value in found.values()):
        raise UnreadableError("its left side is by a later state: a letter of its times would be below 0")
    own = {open_: OTHER.get(letter, letter) for letter, open_ in apart.items()}
    own |= {open_: letter for letter, open_ in apart.items() if letter in _LASTS}
    return {letter: found.get(dummy, dummy).xreplace(own) for letter, dummy in apart.items()}


def counted_from_the_end(time: Expr) -> bool:
    """Whether a time is the last step or one that is counted from it, as in T - 1."""
    return bool(time.free_symbols) and time.free_symbols <= set(_LASTS)


def power_or_transpose(right: str) -> bool:
    """Whether a right side has a T above that may be the transpose and the last step alike."""
    return POWER_OR_TRANSPOSE.search(SIGNS.sub("", right)) is not None


def from_the_start(right: str, cell: Cell) -> bool:
    """Whether a sum from 0 has a derivative of the state at its index by a parameter, such as dh_k/dW."""
    states, parameters = (
        "|".join(re.escape(str(name)) for name in names)
        for names in ([item.name for item in cell.states], [item.name for item in cell.parameters])
    )
    return any(
        re.search(
            rf"\\partial\s*(?:\^\s*\{{?\+\}}?)?\s*(?:{states})_\{{?{letter}\}}?\s*\}}\s*\{{\s*\\partial\s*(?:{parameters}|\\theta)",
            right,
        )
        for letter in _FROM_ZERO.findall(right)
    )
