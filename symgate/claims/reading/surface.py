"""What both notations are read into before anything has a meaning: a small tree with positions."""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    kind: str
    at: int
    value: str = ""
    args: tuple[Node, ...] = ()
    primes: int = 0
    index: tuple[Node, ...] | None = None
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


def expanded(node: Node, defined: Mapping[str, Node], path: tuple[str, ...] = ()) -> Node:
    """The same tree with names that definitions introduce written out.

    Raises:
        UnreadableError: a definition refers to itself, or the whole grows too large.
    """
    if not defined:
        return node
    if node.kind in ("name", "unknown") and node.value in defined:
        if node.value in path:
            raise UnreadableError(f"{node.value} is defined by itself", node.at)
        return expanded(defined[node.value], defined, (*path, node.value))
    if not node.args:
        return node
    return replace(node, args=tuple(expanded(part, defined, path) for part in node.args))
