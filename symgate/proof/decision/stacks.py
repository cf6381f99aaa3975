"""Several states one below the other: an index of the whole is a place and an index of that state.

sum_p f_p = sum over places s of sum_i f_(s,i)        delta_(s,i),(r,j) = delta_ij where s = r, else 0

The index of a matrix state is one letter, or a pair where sizes are read as pairs; its delta is that of both.
"""

from __future__ import annotations

from itertools import product

from sympy import Add, Expr, Mul

from symgate.errors import UnsupportedNodeError
from symgate.proof.decision.axes import Axis, Blocks, Index, plain
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import FREE, Atom, Form, Kind, Letter, Raw, Term
from symgate.records import Cell

Stacks = dict[Expr, Blocks]
Placed = dict[Letter, tuple[int, Index]]


def stacks_of(cell: Cell) -> Stacks:
    """The size of all states together, and how it is made up."""
    if len(cell.states) < 2:
        return {}
    sizes = [Mul(*state.after.shape) for state in cell.states]
    return {Add(*sizes): Blocks(tuple(plain(size) for size in sizes))}


def split_axis(axis: Axis, stacks: Stacks) -> Axis:
    """An axis of all states at once as their blocks; any other as it is."""
    return tuple(stacks.get(space, space) if isinstance(space, Expr) else space for space in axis)


def parted(sides: list[Axis], stacks: Stacks) -> list[Axis]:
    """The axes of a matrix, both in blocks where one of them is."""
    in_blocks = any(isinstance(space, Blocks) for axis in sides for space in axis)
    return [split_axis(axis, stacks) for axis in sides] if in_blocks else sides


def unstacked(algebra: Algebra, form: Form, stacks: Stacks) -> list[Form]:
    """The form with every index of a whole taken apart: one form for each choice of places of the free ones."""
    free = [letter for letter in form.free if letter.space in stacks]
    found = []
    for places in choices(algebra, free, stacks, free=True):
        raws: list[Raw] = []
        for term, value in form.terms:
            raws += _term(algebra, term, value, stacks, places)
            algebra.meter.expect(len(raws))
        found.append(algebra.sum(raws))
    return found


def choices(algebra: Algebra, letters: list[Letter], stacks: Stacks, *, free: bool) -> list[Placed]:
    """Each way to give every letter a place."""
    options = []
    for letter in letters:
        own = []
        for place, axis in enumerate(stacks[letter.space].parts):
            news = [
                algebra.letter(space, FREE, 5000 + 10_000 * q + letter.number) if free else algebra.fresh(space)
                for q, space in enumerate(axis)
            ]
            own.append((place, tuple(news)))
        options.append(own)
    return [dict(zip(letters, chosen, strict=True)) for chosen in product(*options)]


def _term(algebra: Algebra, term: Term, value: int | object, stacks: Stacks, places: Placed) -> list[Raw]:
    raws: list[Raw] = []
    factors, bound = algebra.opened(term)
    own = [letter for letter in bound if letter.space in stacks]
    for chosen in choices(algebra, own, stacks, free=False):
        every = {**places, **chosen}
        new = []
        for atom, power in factors:
            placed = _atoms(algebra, atom, every)
            if placed is None:
                break
            new += [(part, power) for part in placed]
        else:
            kept = tuple(letter for letter in bound if letter not in chosen)
            raws.append((value, new, (*kept, *(letter for _, index in chosen.values() for letter in index))))  # type: ignore[arg-type]
    return raws


def _atoms(algebra: Algebra, atom: Atom, places: Placed) -> list[Atom] | None:
    """The atom at places, as a product; None where it is 0 there."""
    if not any(letter in places for letter in atom.free):
        return [atom]
    if atom.kind is Kind.DELTA:
        left, right = (places[letter] for letter in atom.letters)
        if left[0] != right[0]:
            return None
        return [algebra.atom(Kind.DELTA, letters=pair) for pair in zip(left[1], right[1], strict=True)]
    if atom.kind not in (Kind.ENTRY, Kind.ORDERED):
        raise UnsupportedNodeError("a function of all states at once")
    sort, name, (rows, cols) = atom.head
    letters = iter(atom.letters)
    new: list[Letter] = []
    keys = []
    for key in (rows, cols):
        parts: list[int | None] = []
        for part in key:
            if part is not None:
                parts.append(part)
                continue
            letter = next(letters)
            index: Index = (letter,)
            if letter in places:
                place, index = places[letter]
                parts.append(place)
            parts += [None] * len(index)
            new += index
        keys.append(tuple(parts))
    return [algebra.atom(atom.kind, (sort, name, tuple(keys)), tuple(new), atom.times)]
