r"""Products of entries as products of matrices: ``\sum_k A_{ik} v_k B_{kj}`` is ``A diag(v) B``.

A factor with one letter is a vector on that letter, one with two is an edge between them; a letter that a sum runs over
is taken out: at the end of an edge it leaves a vector, between two edges their product.  What goes in are factors with
their letters, what comes out is a tree over vectors and matrices.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.surface import Node

#: Stands between the letters of a matrix by which a vector is differentiated: together they are one index.
PAIR = "|"


@dataclass(frozen=True)
class Factor:
    """A scalar, a column on one letter, or a matrix from the first letter to the second."""

    node: Node
    letters: tuple[str, ...] = ()

    @property
    def delta(self) -> bool:
        """Whether it is Kronecker's delta."""
        return self.node.kind == "name" and self.node.value == "eye"


def turned(node: Node) -> Node:
    """The transpose."""
    if node.kind == "transpose":
        return node.args[0]
    return node if _is_eye(node) or _is_diagonal(node) else Node("transpose", node.at, args=(node,))


def matmul(*nodes: Node) -> Node:
    """The matrix product; the identity is left out."""
    flat = [part for node in nodes for part in (node.args if node.kind == "matmul" else (node,))]
    kept = [node for node in flat if not _is_eye(node)] or flat[:1]
    return kept[0] if len(kept) == 1 else Node("matmul", kept[0].at, args=tuple(kept))


def entrywise(nodes: Sequence[Node]) -> Node:
    """The product entry by entry, or of numbers."""
    found = nodes[0]
    for node in nodes[1:]:
        found = Node("odot", found.at, args=(found, node))
    return found


def scaled(scalars: Sequence[Node], node: Node) -> Node:
    """A scalar times anything."""
    return Node("star", node.at, args=(entrywise(scalars), node)) if scalars else node


def call(name: str, node: Node) -> Node:
    """diag, diagonal or vec of something."""
    return Node("call", node.at, name, (node,))


def _is_eye(node: Node) -> bool:
    return node.kind == "name" and node.value == "eye"


def _is_diagonal(node: Node) -> bool:
    return node.kind == "call" and node.value == "diag"


class Network:
    """A product of factors, of which some letters are summed over."""

    def __init__(self, factors: Sequence[Factor], bound: Collection[str], at: int) -> None:
        self.at = at
        self.scalars: list[Node] = []
        self.vectors: dict[str, list[Node]] = {}
        self.edges: dict[tuple[str, str], list[Node]] = {}
        renamed: dict[str, str] = {}
        for factor in factors:
            if factor.delta:
                self._join(factor, set(bound), renamed)
        for factor in factors:
            letters = tuple(_last(letter, renamed) for letter in factor.letters)
            if not (factor.delta and letters[0] == letters[1]):
                self._add(Factor(factor.node, letters))
        for letter in sorted(set(bound) - renamed.keys()):
            self._sum_over(letter)

    def _join(self, factor: Factor, bound: set[str], renamed: dict[str, str]) -> None:
        """Of a delta with a letter that is summed over, that letter becomes the other one."""
        one, other = (_last(letter, renamed) for letter in factor.letters)
        if one != other and (one in bound or other in bound):
            gone, kept = (one, other) if one in bound else (other, one)
            renamed[gone] = kept

    def _add(self, factor: Factor) -> None:
        if not factor.letters:
            self.scalars.append(factor.node)
        elif len(factor.letters) == 1:
            self.vectors.setdefault(factor.letters[0], []).append(factor.node)
        elif factor.letters[0] == factor.letters[1]:
            self.vectors.setdefault(factor.letters[0], []).append(call("diagonal", factor.node))
        else:
            one, other = sorted(factor.letters)
            node = factor.node if (one, other) == factor.letters else turned(factor.node)
            self.edges.setdefault((one, other), []).append(node)

    def _sum_over(self, letter: str) -> None:
        """Without a letter that is summed over."""
        there = [key for key in self.edges if letter in key]
        weights = self.vectors.pop(letter, [])
        if len(there) > 2:
            raise UnreadableError(f"more than two matrices share the letter {_written(letter)} of a sum", self.at)
        ends = [(key[0] if key[1] == letter else key[1]) for key in there]
        into = [self._from(end, letter) for end in ends]
        for key in there:
            del self.edges[key]
        if not there and not weights:
            raise UnreadableError(f"a sum runs over the letter {_written(letter)}, which no factor has", self.at)
        ones = Node("name", self.at, "ones")
        if not there:
            self.scalars.append(matmul(turned(ones), entrywise(weights)))
        elif len(there) == 1:
            self._add(Factor(matmul(into[0], entrywise(weights) if weights else ones), (ends[0],)))
        else:
            middle = [call("diag", entrywise(weights))] if weights else []
            self._add(Factor(matmul(into[0], *middle, turned(into[1])), (ends[0], ends[1])))

    def _from(self, row: str, column: str) -> Node:
        """The matrix between two letters, with rows of the first."""
        one, other = sorted((row, column))
        node = entrywise(self.edges[(one, other)])
        return node if one == row else turned(node)

    def weight(self, letter: str) -> Node | None:
        """The vector on a letter."""
        return entrywise(self.vectors[letter]) if letter in self.vectors else None

    def _vector(self, letter: str) -> Node:
        return self.weight(letter) or Node("name", self.at, "ones")

    def _matrix(self, row: str, column: str) -> Node:
        """The matrix over two letters, with the vectors on both."""
        left, right = self.weight(row), self.weight(column)
        if tuple(sorted((row, column))) not in self.edges:
            return matmul(left or self._vector(row), turned(right or self._vector(column)))
        middle = self._from(row, column)
        if _is_eye(middle) and (left or right):
            return call("diag", entrywise([node for node in (left, right) if node is not None]))
        before = [call("diag", left)] if left is not None else []
        return matmul(*before, middle, *([call("diag", right)] if right is not None else []))

    def over(self, letters: Sequence[str]) -> Node:
        """The scalar, column or matrix over no, one or two letters; ones on letters that nothing has."""
        left = {*self.vectors, *(letter for key in self.edges for letter in key)} - set(letters)
        if left:
            raise UnreadableError(
                f"the letter {_written(min(left))} is neither on the left side nor under a sum", self.at
            )
        if not letters:
            return entrywise(self.scalars or [Node("number", self.at, "1")])
        found = self._vector(letters[0]) if len(letters) == 1 else self._matrix(*letters)
        return scaled(self.scalars, found)

    def over_pair(self, rows: Sequence[str], first: str, second: str) -> Node:
        """The same over the entries of a matrix, stacked by columns, and perhaps the letter of a row before them."""
        pair = first + PAIR + second
        if pair in self.vectors or any(pair in key for key in self.edges):
            return self.over([*rows, pair])
        if not rows:
            return call("vec", self.over([first, second]))
        (row,) = rows
        there = {tuple(sorted(key)) for key in self.edges}
        by_first, by_second, inner = (
            tuple(sorted(key)) in there for key in ((row, first), (row, second), (first, second))
        )
        if inner and (by_first or by_second):
            raise UnreadableError("three letters that are joined to one another are not read", self.at)
        if inner:
            found = matmul(self._vector(row), turned(call("vec", self._matrix(first, second))))
        elif by_first and by_second:
            ones = turned(Node("name", self.at, "ones"))
            left = Node("kron", self.at, args=(self._weighed(row, second), ones))
            found = entrywise([left, Node("kron", self.at, args=(ones, self._matrix(row, first)))])
        elif by_second:
            found = Node("kron", self.at, args=(self._matrix(row, second), turned(self._vector(first))))
        else:
            found = Node("kron", self.at, args=(turned(self._vector(second)), self._matrix(row, first)))
        return scaled(self.scalars, found)

    def _weighed(self, row: str, column: str) -> Node:
        """The matrix over two letters, with the vector on the column alone."""
        right = self.weight(column)
        return matmul(self._from(row, column), *([call("diag", right)] if right is not None else []))


def _last(letter: str, renamed: dict[str, str]) -> str:
    while letter in renamed:
        letter = renamed[letter]
    return letter


def _written(letter: str) -> str:
    """A letter without the number that tells one under a sum from others."""
    return letter.partition("'")[0]
