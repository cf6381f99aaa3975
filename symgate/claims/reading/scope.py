r"""How far a product sign reaches where what follows it stands at a step of its own.

``\prod_{j=k+1}^t W^\top D_j \delta_t`` multiplies one delta_t, not one for every j: the product ends in front of the
first factor that names a time, but not the index, and that nothing with the index follows.  What names no time at
all, such as the W of ``\prod_j \mathrm{diag}(1 - h_j^2) W``, belongs to the product.  In: the chains of a term.  Out:
the same with the product in a group of its own; parentheses of the author always stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw
from symgate.claims.reading.scripts import time_of_group
from symgate.claims.reading.surface import Node

#: The mark of a sign whose product was ended in front of what follows it.
ENDED = "ended"
_PRODUCTS = frozenset({"prod", "ordered", "bigodot"})
_APPLIED = frozenset({"diag", "Diag", "dg", "had", "vec", "vecop", "nabla"})
FoldFactors = Callable[[Sequence[Raw], Names], list[Node]]


@dataclass(frozen=True)
class _Unit:
    """Factors that cannot be parted, such as a function and its argument, and where they start: chain and factor."""

    chain: int
    place: int
    raws: tuple[Raw, ...]


def ended(chains: list[Raw], signs: str, names: Names, fold_factors: FoldFactors) -> tuple[list[Raw], str]:
    """The chains and their joins, with parentheses around a product in front of what stands at another step."""
    rows = [list(item.args) if item.kind == "chain" else [item] for item in chains]
    start = next(
        ((row, at) for row, parts in enumerate(rows) for at, item in enumerate(parts) if item.kind == "bigop"), None
    )
    sign = rows[start[0]][start[1]] if start else None
    letter = _letter(sign) if sign and sign.value in _PRODUCTS and sign.face != ENDED else ""
    if not letter or start is None or sign is None:
        return chains, signs
    row, at = start
    cut = _cut(list(_units(rows, row, at, names)), letter, names.with_time(letter), fold_factors)
    if cut is None:
        return chains, signs
    within = [rows[row][at + 1 :], *rows[row + 1 : cut.chain], rows[cut.chain][: cut.place]]
    if cut.chain == row:
        within = [rows[row][at + 1 : cut.place]]
    joins = signs[row : cut.chain] if cut.place else signs[row : cut.chain - 1]
    body = [[replace(sign, face=ENDED), *within[0]], *(part for part in within[1:] if part)]
    group = Raw("group", sign.at, "(", (_term(body, joins),))
    first = [*rows[row][:at], group]
    rest = rows[cut.chain][cut.place :]
    found = [*rows[:row], [*first, *rest]] if cut.place else [*rows[:row], first, rest]
    found += rows[cut.chain + 1 :]
    left = signs[:row] + (signs[cut.chain :] if cut.place else signs[cut.chain - 1 :])
    return ended([_chain(parts) for parts in found], left, names, fold_factors)


def _cut(units: list[_Unit], letter: str, names: Names, fold_factors: FoldFactors) -> _Unit | None:
    """The first unit that does not belong to the product; None where all of them do, or it cannot be told."""
    try:
        nodes = [fold_factors(unit.raws, names) for unit in units]
    except UnreadableError:
        return None
    last = max((place for place, found in enumerate(nodes) if _mentions(found, letter)), default=len(nodes))
    after = zip(units[last + 1 :], nodes[last + 1 :], strict=True)
    return next((unit for unit, found in after if any(map(_dated, found))), None)


def _units(rows: list[list[Raw]], row: int, at: int, names: Names) -> Iterator[_Unit]:
    """The units behind a sign, over all chains that follow; another sign takes the rest of its chain."""
    for place in range(row, len(rows)):
        parts = rows[place]
        start = at + 1 if place == row else 0
        cuts = [start] + [
            k + 1 for k, (before, after) in enumerate(pairwise(parts)) if k >= start and _parted(before, after, names)
        ]
        big = next((k for k in range(start, len(parts)) if parts[k].kind == "bigop"), len(parts))
        cuts = [k for k in cuts if k <= big and k < len(parts)]
        for first, last in pairwise([*cuts, len(parts)]):
            yield _Unit(place, first, tuple(parts[first:last]))


def _parted(before: Raw, after: Raw, names: Names) -> bool:
    """Whether the product of two neighbours is one of two things, and not an application."""
    if before.kind != "word":
        return True
    if before.value in _APPLIED or before.value in names.functions:
        return False
    return after.kind not in ("group", "list") or time_of_group(before, after, names) is None


def _letter(sign: Raw) -> str:
    """The index of a sign with one index."""
    below = next((script for script in sign.scripts if script.place == "_"), None)
    words = [word for word, _ in below.bare] if below else []
    return words[0].lstrip("\\") if words[1:2] == ["="] else ""


def _mentions(nodes: Sequence[Node], letter: str) -> bool:
    """Whether the index stands there; below another sign with the same letter it is another one, but for the bounds."""
    found = list(nodes)
    while found:
        node = found.pop()
        if node.kind == "name" and node.value == letter:
            return True
        own = node.kind == "running" and node.args[1].value == letter
        found += [*(node.args[2:] if own else node.args), *(node.index or ())]
    return False


def _dated(node: Node) -> bool:
    """Whether a time stands somewhere in it."""
    return any(part.index or part.kind == "derivative" for part in _parts(node))


def _parts(node: Node) -> Iterator[Node]:
    yield node
    for part in chain(node.args, node.index or ()):
        yield from _parts(part)


def _chain(parts: Sequence[Raw]) -> Raw:
    return parts[0] if len(parts) == 1 else Raw("chain", parts[0].at, args=tuple(parts))


def _term(rows: Sequence[Sequence[Raw]], joins: str) -> Raw:
    chains = [_chain(parts) for parts in rows]
    return chains[0] if len(chains) == 1 else Raw("term", chains[0].at, joins, tuple(chains))
