"""The digest of what is claimed, and everything that is drawn from it: primes, points, sizes.

Points that follow from a public seed alone can be met by a polynomial that vanishes there, and a fixed prime by a
multiple of it.  Here both follow from the claim, so that changing the claim changes them.

The digest is a tree of BLAKE2b hashes: of a node its kind, what it holds that is no argument, and the digests of its
arguments, sorted where their order has no meaning.  It depends on no hash seed, no version of Python and no name or
label that only readers see, so that a saved certificate can carry it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import sympy

from symgate.nonlinearities import nonlinearity
from symgate.records import Cell, Derivation, Equation

#: What tells two symbols of one name apart.
_TRAITS = ("integer", "real", "positive", "nonnegative")
#: Sums and products of scalars mean the same in any order of their arguments.
_COMMUTING = (sympy.Add, sympy.Mul)
BITS = 61


def digest(derivation: Derivation) -> str:
    """What is claimed, in 64 hexadecimal digits: the kind, its arguments, both sides, every equation and the cell.

    The name of the derivation, its labels, its remark and its source are not part of it.
    """
    own = derivation
    parts = [
        own.kind.name,
        own.relation.name,
        repr(own.parameters),
        _fingerprint(own.of),
        _fingerprint(own.wrt),
        "none" if own.cotangent is None else _fingerprint(own.cotangent),
        *(_fingerprint(term) for _, term in own.named_terms),
        *(_equation(item) for item in own.equations),
        _cell(own.cell),
    ]
    return _hash("derivation", *parts)


def expression_digest(expr: Any) -> str:
    """The digest of one expression."""
    return _fingerprint(expr)


@lru_cache(maxsize=64)
def _cell(cell: Cell) -> str:
    """The recurrence, with what its functions are bound to and the formulas behind those names."""
    rows = [("assignment", item.symbol, item.expr) for item in cell.assignments]
    rows += [("state", state.after, state.update) for state in cell.states]
    parts = [_hash(word, _fingerprint(left), _fingerprint(right)) for word, left, right in rows]
    parts += [_fingerprint(symbol) for symbol in (*cell.inputs, *cell.parameters)]
    parts += [_hash("function", name, str(bound)) for name, bound in cell.functions]
    used = sorted({bound for _, bound in cell.functions if bound is not None})
    parts += [_hash("bound", name, _fingerprint(nonlinearity(name).formula)) for name in used]
    chosen = (entry for entry in map(nonlinearity, used) if entry.surrogate)
    parts += [_hash("surrogate", entry.name, _fingerprint(entry.slope)) for entry in chosen]
    return _hash("cell", *parts)


def _equation(item: Equation) -> str:
    sides = (_fingerprint(item.left), _fingerprint(item.right))
    return _hash("equation", item.key, item.relation.name, item.standing.name, *sides)


def _hash(*parts: str) -> str:
    """The digest of several texts, each with its length, so that no two lists have the same bytes."""
    found = blake2b(digest_size=32)
    for part in parts:
        data = part.encode()
        found.update(len(data).to_bytes(8, "big") + data)
    return found.hexdigest()


@lru_cache(maxsize=16384)
def _fingerprint(node: Any) -> str:
    """The digest of a node and of all below it; equal nodes are digested once."""
    if isinstance(node, sympy.Symbol):
        traits = (str(getattr(node, f"is_{trait}")) for trait in _TRAITS)
        return _hash("Symbol", node.name, *traits)
    if not isinstance(node, sympy.Basic):
        return _hash(type(node).__name__, node.name if isinstance(node, Enum) else str(node))
    if not node.args:
        return _hash(type(node).__name__, str(node))
    parts = [_fingerprint(arg) for arg in node.args]
    return _hash(type(node).__name__, *(sorted(parts) if isinstance(node, _COMMUTING) else parts))


@dataclass
class Stream:
    """Uniform numbers that follow from a text: BLAKE2b of the text and a counter, 64 bits at a time."""

    label: str
    _words: Iterator[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._words = self._counted()

    def _counted(self) -> Iterator[int]:
        key = blake2b(self.label.encode(), digest_size=32).digest()
        count = 0
        while True:
            block = blake2b(count.to_bytes(8, "big"), key=key).digest()
            count += 1
            for place in range(0, 64, 16):
                yield int.from_bytes(block[place : place + 16], "big")

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1; for bounds of 61 bits within 2^-67 of uniform."""
        return next(self._words) % bound

    def choice(self, items: tuple[Any, ...]) -> Any:
        """One of several."""
        return items[self.below(len(items))]


def prime(label: str) -> int:
    """A prime of 61 bits that follows from a text."""
    source = Stream(f"{label}|prime")
    while True:
        candidate = source.below(2 ** (BITS - 2)) * 2 + 2 ** (BITS - 1) + 1
        if sympy.isprime(candidate):
            return candidate


def residues(label: str, modulus: int) -> Callable[[str, int, int], int]:
    """A uniform residue for every entry of every symbol; within 2^-67 of uniform."""
    key = blake2b(label.encode(), digest_size=32).digest()

    def draw(name: str, i: int, j: int) -> int:
        text = f"{name}|{i}|{j}".encode()
        return int.from_bytes(blake2b(text, digest_size=16, key=key).digest(), "big") % modulus

    return draw
