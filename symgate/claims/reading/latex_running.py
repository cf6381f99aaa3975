r"""Sums and products over an index, as papers write their bounds.

``\sum_{k=1}^{t}``, ``\prod_{t \ge i > k}``, ``\sum_{1 \le k \le t \le T}`` (over two indices) and ``\sum_t`` (over all
steps).  In: the sign with its scripts and what is added up.  Out: a node "running" with index and bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from sympy import Expr

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.moments import from_tokens, moment
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.surface import Node

Fold = Callable[[Raw, Names], Node]
Tokens = Sequence[tuple[str, int]]

#: The mark of a sign whose index runs from a later time down to an earlier one.
DOWN = "down"
_RUNNING = {"sum": "sum", "prod": "prod", "ordered": "ordered", "bigodot": "hadamard"}


def running(sign: Raw, body: Raw, names: Names, fold: Fold) -> Node:
    """A sum or product over an index with its bounds; a sum over t alone runs over every step."""
    below = next((script for script in sign.scripts if script.place == "_"), None)
    above = next((script for script in sign.scripts if script.place == "^"), None)
    tokens = below.bare if below else ()
    words = [word for word, _ in tokens]
    nested = _nested(words) if below is not None and above is None else None
    if nested is not None and below is not None:
        return _pair(sign, nested, tokens, names, lambda within: fold(body, within))
    between = _between(words)
    if between is not None and below is not None and above is None:
        first, last, letter = between
        name = from_tokens(tokens[letter : letter + 1], below.at)
        low, high = (from_tokens(tokens[start:end], below.at) for start, end, _ in (first, last))
        one = Node("number", sign.at, "1")
        low = Node("sum", sign.at, "++", (low, one)) if first[2] else low
        high = Node("sum", sign.at, "+-", (high, one)) if last[2] else high
        folded = fold(body, _bound(name, low, high, names))
        return Node("running", sign.at, _RUNNING[sign.value], (folded, name, low, high), stem=sign.face)
    if below is not None and above is None and len(words) == 1 and words[0] in names.times and sign.value == "sum":
        name = Node("name", below.at, words[0])
        late, end = Node("number", sign.at, str(names.late)), Node("name", sign.at, "T")
        end = Node("sum", sign.at, "+-", (end, late)) if names.late else end
        ends = Node("number", sign.at, str(1 - names.late)), end
        return Node("running", sign.at, _RUNNING[sign.value], (fold(body, _bound(name, *ends, names)), name, *ends))
    if below is not None and above is None and sign.value == "sum" and _up_to(words, names):
        name, high = (from_tokens(part, below.at) for part in (tokens[:1], tokens[2:]))
        ends = Node("number", sign.at, str(1 - names.late)), high
        return Node("running", sign.at, _RUNNING[sign.value], (fold(body, _bound(name, *ends, names)), name, *ends))
    if below is None or above is None or "=" not in words:
        raise UnreadableError("a sum or product needs bounds, such as _{j=k+1}^{t}", sign.at)
    cut = words.index("=")
    name = from_tokens(tokens[:cut], below.at)
    lower = from_tokens(tokens[cut + 1 :], below.at)
    upper = from_tokens(above.bare, above.at)
    marks = [sign.face] if sign.face else []
    if _runs_down(lower, upper, names):
        lower, upper, marks = upper, lower, [*marks, DOWN]
    parts = (fold(body, _bound(name, lower, upper, names)), name, lower, upper)
    return Node("running", sign.at, _RUNNING[sign.value], parts, stem=" ".join(marks))


def _runs_down(first: Node, last: Node, names: Names) -> bool:
    r"""Whether an index runs from a later time down to an earlier one: \prod_{j=t}^{k+1} J_j is J_t ... J_{k+1}.

    Read upwards it would be empty, or hold a few factors at most, at all times, which nobody writes.
    """
    try:
        high, low = (moment(node, names.times) for node in (first, last))
    except UnreadableError:
        return False
    return names.order.at_least(high + 2, low) and not names.order.at_least(low + 1, high)


def _bound(name: Node, lower: Node, upper: Node, names: Names) -> Names:
    """The names inside a sum or product; bounds that are no times are refused where they are given their meaning."""
    ends: list[Expr | None] = []
    for node in (lower, upper):
        try:
            ends.append(moment(node, names.times))
        except UnreadableError:
            ends.append(None)
    return names.with_time(name.value, *ends)


_UP = {"<": True, "\\le": False, "\\leq": False, "\\leqslant": False}
_DOWN = {">": True, "\\ge": False, "\\geq": False, "\\geqslant": False}
Ends = tuple[tuple[int, int], ...]


def _nested(words: list[str]) -> tuple[Ends, tuple[bool, ...]] | None:
    r"""Bounds of two indices, such as 1 \le k \le t \le T: where the four stand, lowest first, and which sign is <."""
    for signs, turned in ((_UP, False), (_DOWN, True)):
        places = [place for place, word in enumerate(words) if word in signs]
        if len(places) == 3 and all(b - a == 2 for a, b in pairwise(places)):
            ends = ((0, places[0]), *((place + 1, place + 2) for place in places[:2]), (places[2] + 1, len(words)))
            strict = tuple(signs[words[place]] for place in places)
            return (ends[::-1], strict[::-1]) if turned else (ends, strict)
    return None


def _pair(
    sign: Raw, bounds: tuple[Ends, tuple[bool, ...]], tokens: Tokens, names: Names, body: Callable[[Names], Node]
) -> Node:
    """A sum or product over two indices, the lower one inside: it runs up to the upper one."""
    ends, strict = bounds
    low, inner, outer, high = (from_tokens(tokens[start:end], sign.at) for start, end in ends)
    one = Node("number", sign.at, "1")
    low = Node("sum", sign.at, "++", (low, one)) if strict[0] else low
    top = Node("sum", sign.at, "+-", (outer, one)) if strict[1] else outer
    high = Node("sum", sign.at, "+-", (high, one)) if strict[2] else high
    within = _bound(inner, low, top, _bound(outer, low, high, names))
    row = Node("running", sign.at, _RUNNING[sign.value], (body(within), inner, low, top))
    return Node("running", sign.at, _RUNNING[sign.value], (row, outer, low, high))


def _up_to(words: list[str], names: Names) -> bool:
    r"""Whether bounds are those of a sum over all steps up to one, such as k \le t."""
    return len(words) > 2 and words[1] in ("\\le", "\\leq", "\\leqslant") and words[0].lstrip("\\") in names.times


def _between(words: list[str]) -> tuple[tuple[int, int, bool], tuple[int, int, bool], int] | None:
    r"""Bounds such as t \ge i > k and k < i \le t: where both ends stand, and whether they are excluded."""
    for signs, turned in ((_UP, False), (_DOWN, True)):
        places = [place for place, word in enumerate(words) if word in signs]
        if len(places) == 2 and places[1] == places[0] + 2:
            outer = (0, places[0], signs[words[places[0]]]), (places[1] + 1, len(words), signs[words[places[1]]])
            first, last = outer[::-1] if turned else outer
            return first, last, places[0] + 1
    return None
