r"""Claims about entries: ``D_{ij} = (1-a) \\delta_{ij} + J_{ij} \\phi'(h_j)`` as a claim about the matrix.

A term is a product of things that depend on i, on j, on both or on neither: diag(rows) times a matrix times
diag(columns), where
the Kronecker delta is the identity, and a term without a matrix is an outer product with ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from symgate.claims.reading import operations as ops
from symgate.claims.reading.calls import CALLS
from symgate.claims.reading.latex_fold import fold
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.reading.meaning import Meaning
from symgate.claims.reading.names import Names
from symgate.claims.reading.raw import Raw, Script
from symgate.claims.reading.scripts import items_of, time_of_group
from symgate.claims.reading.shapes import Value
from symgate.claims.reading.surface import Node

_ROW, _COLUMN, _BOTH, _NONE = "row", "column", "both", "none"


@dataclass
class _Term:
    """One term: the factors that depend on the row, the column, both, neither."""

    rows: list[Value]
    columns: list[Value]
    matrices: list[Value]
    scalars: list[Value]
    delta: bool = False


def from_entries(raw: Raw, names: Names, meaning: Meaning, letters: tuple[str, ...]) -> Value:
    """The matrix whose entries a formula states.

    Raises:
        UnreadableError: an index that is neither of the two letters, or a function of an entry of a matrix.
    """
    if len(letters) != 2 or letters[0] == letters[1]:
        raise UnreadableError("entries of a matrix carry two letters, such as ij", raw.at)
    reader = _Reader(names, meaning, letters)
    return reader.sum(raw)


@dataclass
class _Reader:
    names: Names
    meaning: Meaning
    letters: tuple[str, ...]

    def term(self, raw: Raw) -> _Term:
        """The factors of one term."""
        found = _Term([], [], [], [])
        parts = list(raw.args) if raw.kind in ("chain", "term") else [raw]
        groups: list[list[Raw]] = []
        for part in parts:
            applied = groups and groups[-1][0].kind == "word" and len(groups[-1]) == 1
            if applied and part.kind in ("group", "elided") and self.takes(groups[-1][0], part):
                groups[-1].append(part)
            else:
                groups.append([part])
        for group in groups:
            self.factor(group, found)
        return found

    def takes(self, word: Raw, group: Raw) -> bool:
        """Whether a bracket belongs to the word before it: a function, or a time."""
        if word.value in self.names.functions:
            return True
        return time_of_group(self.plain(word)[0], group, self.names) is not None

    def factor(self, group: list[Raw], found: _Term) -> None:
        """Sorts one factor in."""
        first = group[0]
        if first.kind == "word" and first.value == "delta" and self.kind(first) == _BOTH:
            found.delta = True
            return
        mixed = len(group) == 1 and first.kind == "group" and not first.scripts and len(self.kinds(first)) > 1
        if mixed:  # ((1 - h_i^2) W_{ij}): a matrix by its entries
            found.matrices.append(self.sum(first.args[0]))
            return
        bare, kinds = self.whole(group)
        kind = _kind(kinds, self.letters)
        if len(kinds) > 1 and (first.kind != "word" or len(group) > 1):
            raise UnreadableError(
                "an entry of a vector and one of another index meet inside a function or power", first.at
            )
        chain = bare[0] if len(bare) == 1 else Raw("chain", first.at, args=tuple(bare))
        value = self.meaning.of(fold(chain, self.names))
        place = {_ROW: found.rows, _COLUMN: found.columns, _BOTH: found.matrices, _NONE: found.scalars}[kind]
        fits = {_ROW: self.meaning.sizes.column(value), _COLUMN: self.meaning.sizes.column(value), _NONE: value.scalar}
        if not fits.get(kind, not value.scalar):
            raise UnreadableError("a scalar has an index, or a vector or matrix has none", first.at)
        turned = kind == _BOTH and self.order(first) == self.letters[::-1]
        place.append(ops.transpose(value) if turned else value)

    def order(self, word: Raw) -> tuple[str, ...]:
        """The letters of an entry as they stand: W_{ji} is an entry of the transpose."""
        below, _ = items_of(replace(word, scripts=tuple(s for s in word.scripts if s.place == "_")))
        return tuple(letter for item in below if set(item.joined) <= set(self.letters) for letter in item.joined)

    def kinds(self, raw: Raw) -> set[str]:
        """The kinds of all words inside."""
        words = [raw] if raw.kind == "word" else []
        found = {_kind(self.plain(word)[1], self.letters) for word in words} - {_NONE}
        return found.union(*(self.kinds(part) for part in raw.args))

    def sum(self, raw: Raw) -> Value:
        """The matrix of a sum of terms."""
        terms = list(zip(raw.value, raw.args, strict=True)) if raw.kind == "sum" else [("+", raw)]
        values = [self.matrix(self.term(part)) for _, part in terms]
        return ops.add(self.meaning.sizes, values, "".join(sign for sign, _ in terms))

    def whole(self, parts: list[Raw]) -> tuple[list[Raw], set[str]]:
        """The same factors without entry indices, and the letters that they carried."""
        kinds: set[str] = set()
        found = []
        for part in parts:
            if part.kind == "word":
                bare, own = self.plain(part)
                kinds |= own
                found.append(bare)
            else:
                args, own = self.whole(list(part.args))
                kinds |= own
                found.append(replace(part, args=tuple(args)))
        return found, kinds

    def plain(self, word: Raw) -> tuple[Raw, set[str]]:
        """A word without entry indices, and the letters that it carried."""
        below, above = items_of(replace(word, scripts=tuple(s for s in word.scripts if s.place in ("_", "^"))))
        kept: list[Script] = [s for s in word.scripts if s.place not in ("_", "^")]
        seen: set[str] = set()
        for item in below:
            if (
                item.joined
                and set(item.joined) <= set(self.letters)
                and not (len(below) == 1 and item.joined in self.known(word))
            ):
                seen |= set(item.joined)
            else:
                kept.append(Script("_", item.tokens, item.at))
        return replace(word, scripts=(*kept, *(Script("^", s.tokens, s.at) for s in above))), seen

    def known(self, word: Raw) -> set[str]:
        """Scripts that make a name of the cell with this letter."""
        return {parts[0] for _, parts in self.names.candidates(word.value) if len(parts) == 1}

    def kind(self, word: Raw) -> str:
        return _kind(self.plain(word)[1], self.letters)

    def matrix(self, term: _Term) -> Value:
        """diag(rows) M diag(columns), times the scalars."""
        sizes, at = self.meaning.sizes, 0
        rows, columns = (self.joined(item) for item in (term.rows, term.columns))
        matrix = self.joined(term.matrices)
        diagonal = CALLS["diag"][1]
        if matrix is None and not term.delta:
            one = self.meaning.of(Node("name", at, "ones"))
            matrix = ops.matmul(
                sizes, rows or one, ops.transpose(columns or self.meaning.of(Node("name", at, "ones"))), at
            )
        else:
            if term.delta:
                eye = self.meaning.of(Node("name", at, "eye"))
                matrix = eye if matrix is None else ops.star(sizes, eye, matrix, at)
            assert matrix is not None
            if rows is not None:
                matrix = ops.matmul(sizes, diagonal(sizes, [rows], at), matrix, at)
            if columns is not None:
                matrix = ops.matmul(sizes, matrix, diagonal(sizes, [columns], at), at)
        for scalar in term.scalars:
            matrix = ops.star(sizes, scalar, matrix, at)
        return matrix

    def joined(self, values: list[Value]) -> Value | None:
        found = None
        for value in values:
            found = value if found is None else ops.star(self.meaning.sizes, found, value, value.at)
        return found


def _kind(seen: set[str], letters: tuple[str, ...]) -> str:
    if not seen:
        return _NONE
    if len(seen) == 2:
        return _BOTH
    return _ROW if seen == {letters[0]} else _COLUMN
