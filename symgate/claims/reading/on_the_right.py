r"""What stands on the right side of a claim and tells which object its left side is about.

In: a left side as understood, and the text of the right side.  Out: whether the right side goes back to the same
derivative at another time, adds up over steps, or holds a gradient of the loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from symgate.claims.reading.derivatives import Spot, cotangent, gradient_ahead, is_loss, nabla, quotient
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.left import Left
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.surface import Node


def carries_on(left: Left, right: str, names: Names) -> bool:
    """Whether a right side holds the derivative of its left side at another time, as a recursion does."""
    if left.above is None or left.below is None or left.direct:
        return False
    for factor in _factors(right):
        try:
            there = quotient(factor.bare, names)
        except UnreadableError:
            continue
        if there is None or there.above is None or there.above.time is None or left.above.time is None:
            continue
        same = (there.above.name, there.below.name) == (left.above.name, left.below.name)
        own = moment(left.above.time, names.times) - left.moved_of
        if same and moment(there.above.time, names.times) != own:
            return True
    return False


def sums_up_to_now(left: Left, right: str, names: Names) -> bool:
    """Whether a right side adds up over steps, so that one of its bounds has the time of what is differentiated."""
    if left.above is None or left.above.time is None or left.direct:
        return False
    own = {str(symbol) for symbol in moment(left.above.time, names.times).free_symbols}
    signs = (factor for factor in _factors(right) if factor.kind == "bigop")
    return any(own & {word for script in sign.scripts for word, _ in script.tokens} for sign in signs)


def holds_loss_at(left: Left, right: str, names: Names, later: int = 0) -> bool:
    """Whether a right side holds a gradient of the loss at the time of the left side, or so many steps later."""
    if left.below is None or left.below.time is None:
        return False
    own = moment(left.below.time, names.times) + later - left.moved
    try:
        times = (time for factor in _factors(right) for time in _times_of_loss(factor, names))
        return any(moment(time, names.times) == own for time in times if time is not None)
    except UnreadableError:
        return False


def _factors(right: str) -> Iterator[Raw]:
    """The factors of a right side in LaTeX, however deep; none of one that is not read."""
    if "\\" not in right:
        return
    try:
        raw = read_latex(right)
    except UnreadableError:
        return
    yield from raw.walk()


def _times_of_loss(raw: Raw, names: Names) -> list[Node | None]:
    """The times at which a factor, or a pair of factors side by side, is a gradient of the loss."""
    found: list[Spot | None] = []
    if raw.kind == "frac":
        what = quotient(raw.bare, names)
        found.append(what.below if what is not None and what.above is None else None)
    if raw.kind == "word":
        found.append(cotangent(raw, names, names.cotangents))
    if raw.kind == "chain":
        pairs = [(first, [second]) for first, second in pairwise(raw.args)]
        found += [gradient_ahead(first, second, names) for first, second in pairs]
        found += [nabla(first, names) for first, second in pairs if first.value == "nabla" and is_loss(second[0])]
    return [item.time for item in found if item is not None]
