"""Ordered products over time inside one term: neighbours are joined, empty ones are deltas, diagonal ones are runs.

    prod(hi..lo)_{pq} prod(lo-1..l)_{qr} = prod(hi..l)_{pr}      prod(lo-1..lo) = I      J_t = prod(t..t)

In: atoms and factors of a term.  Out: what stands in their place.  An ordered product stands only in terms whose
ranges say lo <= hi, so joining two of them is sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symgate.proof.decision.forms import Atom, Form, Kind, Letter, Number, Raw, apart, later

if TYPE_CHECKING:
    from symgate.proof.decision.canon import Algebra


def halves(atom: Atom) -> tuple[tuple[Letter, ...], tuple[Letter, ...]]:
    """The row and the column of an ordered product."""
    middle = len(atom.letters) // 2
    return atom.letters[:middle], atom.letters[middle:]


def empty_product(algebra: Algebra, atom: Atom) -> list[Raw] | None:
    """An empty product is a delta."""
    offset, pairs = apart(*atom.times)
    if pairs or offset >= 0:
        return None
    if offset < -1:
        return []  # the ranges of its term are empty
    row, col = atom.head[2]
    if len(row) != len(col) or any((one is None) != (two is None) for one, two in zip(row, col, strict=True)):
        return None  # an index of all blocks beside one of a block: nothing is said
    if row != col:
        return []  # off the diagonal, in blocks
    return [(1, [(algebra.atom(Kind.DELTA, letters=pair), 1) for pair in zip(*halves(atom), strict=True)], ())]


def diagonal(algebra: Algebra, row: tuple[Letter, ...], col: tuple[Letter, ...], form: Form) -> Form | None:
    """The diagonal of a diagonal matrix, in the letters of the row; None where the matrix is not diagonal."""
    if not row or any(one.space != other.space for one, other in zip(row, col, strict=True)):
        return None
    along = algebra.moved_form(form, dict(zip(col, row, strict=True)))
    deltas = [(algebra.atom(Kind.DELTA, letters=pair), 1) for pair in zip(row, col, strict=True)]
    whole = algebra.sum([(value, [*term.factors, *deltas], term.bound) for term, value in along.terms])
    return along if whole is form else None


def along_diagonal(algebra: Algebra, atom: Atom, base: Form) -> Form:
    """An ordered product of diagonal matrices, ``base`` being the diagonal at the row of the product."""
    if not base.terms:
        return algebra.zero  # a product of this kind is not empty
    first, last = atom.times[1], later(atom.times[0], 1)
    factors: list[tuple[Atom, Number]] = [
        (algebra.atom(Kind.DELTA, letters=pair), 1) for pair in zip(*halves(atom), strict=True)
    ]
    factors += [(algebra.atom(Kind.RUN, times=(end,), args=(base,)), sign) for end, sign in ((last, 1), (first, -1))]
    return algebra.sum([(1, factors, ())])


def joined(algebra: Algebra, factors: dict[Atom, Number], bound: list[Letter]) -> list[tuple[Atom, Number]] | None:
    """The factors with two neighbouring ordered products made one; None where there are none."""
    words = [atom for atom, power in factors.items() if atom.kind is Kind.ORDERED and power == 1]
    for left in words:
        row, inner = halves(left)
        for right in words:
            other, col = halves(right)
            if left is right or left.head != right.head or left.head not in algebra.ordered or inner != other:
                continue
            if apart(left.times[1], right.times[0]) != (1, ()):
                continue
            rest = [(atom, power) for atom, power in factors.items() if atom is not left and atom is not right]
            own = all(letter in bound for letter in inner) and not set(inner) & {*row, *col}
            if own and not any(letter in atom.free for atom, _ in rest for letter in inner):
                both = algebra.atom(Kind.ORDERED, left.head, (*row, *col), (left.times[0], right.times[1]))
                for letter in inner:
                    bound.remove(letter)
                return [*rest, (both, 1)]
    return None
