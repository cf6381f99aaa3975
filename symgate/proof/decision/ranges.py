"""Ranges of times: conjunctions of differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from symgate.errors import UnsupportedNodeError
from symgate.proof.decision.forms import Atom, Form, Kind, Letter, Number, Raw, Time, apart, at_time

if TYPE_CHECKING:
    from symgate.proof.decision.canon import Algebra

NOTHING: Mapping[Any, int] = MappingProxyType({})
Bounds = dict[tuple[Letter | None, Letter | None], int]


def at_most(algebra: Algebra, left: Time, right: Time) -> Atom:
    """The factor that is 1 where left <= right, else 0."""
    offset, pairs = apart(left, right)
    ups = [letter for letter, factor in pairs if factor == 1]
    downs = [letter for letter, factor in pairs if factor == -1]
    if len(ups) + len(downs) != len(pairs) or len(ups) > 1 or len(downs) > 1:
        raise UnsupportedNodeError("a range that is not a difference of two times")
    return algebra.atom(
        Kind.RANGE, offset, times=(at_time(ups[0] if ups else None), at_time(downs[0] if downs else None))
    )


def simpler(algebra: Algebra, atom: Atom, power: Number) -> list[Raw] | None:
    """A range with its offset in its head and to the first power; one between constants carried out."""
    (left, right), offset = atom.times, atom.head
    plain = all(not c and all(f == 1 for _, f in pairs) and len(pairs) <= 1 for c, pairs in atom.times)
    if plain and left != right:
        return None if power == 1 else [(1, [(atom, 1)], ())]
    total, pairs = apart((left[0] + offset, left[1]), right)
    if not pairs:
        return [(1, [], ())] if total <= 0 else []
    return [(1, [(at_most(algebra, (left[0] + offset, left[1]), right), 1)], ())]


def bounds_of(factors: Iterable[Atom]) -> Bounds:
    """(u, v): c for u + c <= v."""
    found: Bounds = {}
    for atom in factors:
        if atom.kind is Kind.RANGE:
            (u, v) = (pairs[0][0] if pairs else None for _, pairs in atom.times)
            found[u, v] = max(found.get((u, v), atom.head), atom.head)
    return found


def closure(bounds: Bounds) -> Bounds | None:
    """All that follows; None where nothing satisfies it."""
    points: list[Letter | None] = list(dict.fromkeys(point for pair in bounds for point in pair))
    found = dict(bounds)
    for k in points:
        for i in points:
            if (i, k) not in found:
                continue
            for j in points:
                if (k, j) not in found:
                    continue
                through = found[i, k] + found[k, j]
                if i is j:
                    if through > 0:
                        return None
                    continue
                if through > found.get((i, j), through - 1):
                    found[i, j] = through
    return found


def closed(algebra: Algebra, given: tuple[Atom, ...]) -> tuple[Atom, ...] | None:
    """All ranges that follow from some; None where nothing satisfies them."""
    full = closure(bounds_of(given))
    if full is None:
        return None
    return tuple(algebra.atom(Kind.RANGE, c, times=(at_time(u), at_time(v))) for (u, v), c in full.items())


def fixed(factors: dict[Atom, Number], bound: list[Letter]) -> tuple[Letter, Time] | None:
    """A time letter that the ranges tie to another time and that other factors still carry; bound ones first."""
    bounds = bounds_of(factors)
    ties = [(u, v, c) for (u, v), c in bounds.items() if bounds.get((v, u)) == -c]
    for u, v, c in ties:
        if v in bound and v is not None:
            return v, at_time(u, c)
    for u, v, c in ties:
        free = v is not None and (u is None or (u not in bound and u.id < v.id))
        if free and any(v in atom.free for atom in factors if atom.kind is not Kind.RANGE):
            return v, at_time(u, c)  # type: ignore[return-value]
    return None


def put(
    algebra: Algebra, factors: dict[Atom, Number], letter: Letter, time: Time, *, free: bool
) -> list[tuple[Atom, Number]]:
    """The factors with a time in the place of a letter; the ranges of a free letter stay."""
    return [
        (atom if free and atom.kind is Kind.RANGE else algebra.moved(atom, {letter: time}), power)
        for atom, power in factors.items()
    ]


def offsets(atom: Atom, letter: Letter, reach: Mapping[Any, int] = NOTHING) -> list[int]:
    """The offsets at which a letter stands in an atom; a name of ``reach`` stands for what is that much later."""
    if atom.kind is Kind.RANGE or letter not in atom.free:
        return []
    more = reach.get(atom.head, 0) if atom.kind is Kind.ENTRY else 0
    found: list[int] = [offset + more for offset, pairs in atom.times if pairs == ((letter, 1),)]
    for form in atom.args:
        found += offsets_in(form, letter, reach)
    return found


def offsets_in(form: Form, letter: Letter, reach: Mapping[Any, int] = NOTHING) -> list[int]:
    """The offsets at which a letter stands in a form."""
    return [place for term, _ in form.terms for atom, _ in term.factors for place in offsets(atom, letter, reach)]


def shifts(factors: dict[Atom, Number], own: list[Letter], reach: Mapping[Any, int]) -> dict[Letter, int]:
    """By how much each bound time has to move so that its smallest offset is 0.

    A name counts as what it is made of, so that a sum over t of a_t moves as that of W x_{t-1} does.
    """
    found: dict[Letter, int] = {}
    for letter in own:
        places: list[int] = [offset for atom in factors for offset in offsets(atom, letter, reach)]
        least = min(places, default=0)
        if least:
            found[letter] = -least
    return found
