"""What both notations are read into before anything has a meaning: a small tree with positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from symgate.claims.reading.limits import DEEPEST, NODES, UnreadableError


@dataclass(frozen=True)
class Node:
    """A piece of a formula as written.

    Attributes:
        kind: "number", "name", "call", "sum", "star" (entry by entry or with a scalar), "matmul", "times"
            (juxtaposition: the product that the shapes ask for), "odot", "over" (a quotient), "kron", "minus",
            "power", "entrypower", "transpose", "prod" or "sigma" (a product or sum over an index).
        at: where it starts in the text.
        value: the number, the name, the signs of a sum, or the exponent.
        args: its parts.
        primes: how many primes a name carries.
        index: the time index of a name, as written, None for none.
        stem: of a name that nothing declares, the name without its times; of a derivative, "quotient" where it is
            written as one, "direct" where that is marked as the part of its own step alone.
    """

    kind: str
    at: int
    value: str = ""
    args: tuple[Node, ...] = ()
    primes: int = 0
    index: tuple[Node, ...] | None = None
    stem: str = ""
    depth: int = field(init=False, compare=False)
    count: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        parts = (*self.args, *(self.index or ()))
        object.__setattr__(self, "depth", 1 + max((part.depth for part in parts), default=0))
        object.__setattr__(self, "count", 1 + sum(part.count for part in parts))
        if self.depth > 3 * DEEPEST:
            raise UnreadableError("the formula nests too deep", self.at)
        if self.count > NODES:
            raise UnreadableError(f"the formula has more than {NODES} parts", self.at)


@dataclass(frozen=True)
class Rule:
    """A definition for every time: what a name with these letters as its times stands for."""

    letters: tuple[str, ...]
    body: Node


def expanded(
    node: Node, defined: Mapping[str, Node], rules: Mapping[str, Rule] | None = None, path: tuple[str, ...] = ()
) -> Node:
    """The same tree with names that definitions introduce written out.

    A name that is defined at these very times is taken as it stands; at others the definition is moved there.

    Raises:
        UnreadableError: a definition refers to itself, or the whole grows too large.
    """
    if not defined and not rules:
        return node
    if node.kind == "name" and node.index is not None and len(node.index) == 3:
        look = order_look(node.value, node.index)
        order = (rules or {}).get(look)
        if order is None:
            return node
        body = moved(order.body, dict(zip(order.letters, node.index[:2], strict=True)))
        return expanded(body, defined, rules, _deeper(path, look, node.at))
    if node.kind in ("name", "unknown") and node.value in defined:
        return expanded(defined[node.value], defined, rules, _deeper(path, node.value, node.at))
    rule = (rules or {}).get(node.stem) if node.kind == "unknown" and node.stem else None
    if rule is not None and node.index is not None and len(node.index) == len(rule.letters):
        body = moved(rule.body, dict(zip(rule.letters, node.index, strict=True)))
        return expanded(body, defined, rules, _deeper(path, node.stem, node.at))
    if not node.args:
        return node
    return replace(node, args=tuple(expanded(part, defined, rules, path) for part in node.args))


def order_look(name: str, index: Sequence[Node]) -> str:
    """An order of an expansion at whatever times, as a key: M^{(1)}_{t,k} as "M|1"."""
    last = index[-1]
    return f"{name}|{last.value}" if last.kind == "number" else f"{name}|"


def _deeper(path: tuple[str, ...], name: str, at: int) -> tuple[str, ...]:
    if name in path:
        raise UnreadableError(f"{name} is defined by itself", at)
    return (*path, name)


def moved(node: Node, times: Mapping[str, Node]) -> Node:
    """The tree with other times in the place of letters; running indices that would catch one get another name."""
    if node.kind == "running":
        body, index, lower, upper = node.args
        outside = {letter for time in times.values() for letter in _letters(time)}
        kept = {letter: time for letter, time in times.items() if letter != index.value}
        if index.value in outside:
            fresh = replace(index, value=f"{index.value.partition('_')[0]}_{len(outside) + 90}")
            kept, index = {**kept, index.value: fresh}, fresh
        return replace(node, args=(moved(body, kept), index, _at(lower, times), _at(upper, times)))
    if _is_letter(node):  # a time that the definition counts with
        return times.get(node.value, node)
    if node.kind == "derivative":
        return replace(node, args=tuple(_at(part, times) for part in node.args))
    dated = None if node.index is None else tuple(_at(part, times) for part in node.index)
    if node.kind in ("power", "entrypower") and len(node.args) == 2:
        return replace(node, args=(moved(node.args[0], times), _at(node.args[1], times)), index=dated)
    return replace(node, args=tuple(moved(part, times) for part in node.args), index=dated)


def _at(time: Node, times: Mapping[str, Node]) -> Node:
    """A time with other times in the place of letters."""
    if _is_letter(time):
        return times.get(time.value, time)
    return replace(time, args=tuple(_at(part, times) for part in time.args))


def counts_with(node: Node, letters: frozenset[str]) -> bool:
    """Whether one of some letters stands in a tree as a value, and not only as a time of a name."""
    if _is_letter(node):
        return node.value in letters
    return any(counts_with(part, letters) for part in node.args)


def _is_letter(node: Node) -> bool:
    """Whether a node is a bare name, such as a time."""
    return node.kind in ("name", "unknown") and node.index is None and not node.args and not node.primes


def _letters(time: Node) -> set[str]:
    own = {time.value} if _is_letter(time) else set()
    return own.union(*(_letters(part) for part in time.args))
