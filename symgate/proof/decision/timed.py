"""Sums over times, cut until equal sums have equal ranges.

Each term is split at the bounds that other terms of the same body have, and all terms at the bounds of the free
times, [p] = [p and q] + [p and not q].  A range that leaves one value is that value; a range that nothing satisfies
is 0; a time that nothing carries gives the length of its range, or the sum of its powers there.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

from sympy import bernoulli, binomial

from symgate.proof.decision import ranges
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import FREE, TIME, Atom, Form, Kind, Letter, Number, Raw, Term, Time, at_time, later

#: u + c <= v.
Plane = tuple[Letter | None, Letter | None, int]
ROUNDS = 24
#: A time with fewer values than this is written out.
FEW = 9


def is_timed(form: Form) -> bool:
    """Whether a range of times stands in the form."""
    return any(atom.kind is Kind.RANGE for term, _ in form.terms for atom, _ in term.factors)


def settled(algebra: Algebra, form: Form) -> Form:
    """The form cut at all bounds that meet."""
    for _ in range(ROUNDS):
        before = form
        form = enumerated(algebra, lengths(algebra, form))
        if not form.terms:
            return form
        form = split(algebra, form, dict.fromkeys(form.terms, _free_planes(form)))
        if form is before or not form.terms:
            form = split(algebra, form, _group_planes(algebra, form))
        if form is before or not form.terms:
            return form
    return form


def _bounds(term: Term) -> ranges.Bounds:
    """The bounds of a term, read once."""
    if term.bounds is None:
        term.bounds = ranges.bounds_of(dict(term.factors))
    return term.bounds


def _edges(term: Term) -> Iterator[Plane]:
    """The bounds that do not follow from others: an empty range needs no cut of its own."""
    bounds = _bounds(term)
    points = list(dict.fromkeys(point for pair in bounds for point in pair))
    for (u, v), c in bounds.items():
        for w in points:
            if w is u or w is v or (u, w) not in bounds or (w, v) not in bounds or bounds[u, w] + bounds[w, v] < c:
                continue
            if not any(_tied(bounds, w, end) and _rank(end) < _rank(w) for end in (u, v)):
                break
        else:
            yield u, v, c


def _tied(bounds: ranges.Bounds, u: Letter | None, v: Letter | None) -> bool:
    return (u, v) in bounds and bounds.get((v, u)) == -bounds[u, v]


def _rank(letter: Letter | None) -> int:
    return letter.id if letter else 0


def _free_planes(form: Form) -> list[Plane]:
    """Where the free times are cut anywhere."""
    found: dict[Plane, None] = {}
    for term, _ in form.terms:
        for u, v, c in _edges(term):
            if all(letter is None or letter.level == FREE for letter in (u, v)):
                found[_normal((u, v, c))] = None
    return list(found)


def _normal(plane: Plane) -> Plane:
    """A plane or its complement, whichever names the earlier letter first."""
    u, v, c = plane
    return plane if _rank(u) < _rank(v) else (v, u, 1 - c)


def _group_planes(algebra: Algebra, form: Form) -> dict[tuple[Term, Number], list[Plane]]:
    """For each term the bounds of the terms with the same body, in its own letters."""
    groups: dict[Term, list[tuple[tuple[Term, Number], dict[Letter, Letter]]]] = {}
    for pair in form.terms:
        term = pair[0]
        body = {atom: power for atom, power in term.factors if atom.kind is not Kind.RANGE}
        _, shape, mapping = algebra.labels.labelled(body, list(term.bound))
        groups.setdefault(shape, []).append((pair, mapping))
    found: dict[tuple[Term, Number], list[Plane]] = {}
    for shape, members in groups.items():
        if len(members) < 2:
            continue
        planes: dict[Plane, None] = {}
        for pair, mapping in members:
            for u, v, c in _edges(pair[0]):
                planes[_normal((_to(u, mapping), _to(v, mapping), c))] = None
        for turn in _turns(algebra, shape):
            for u, v, c in list(planes):
                planes[_normal((_to(u, turn), _to(v, turn), c))] = None
        for pair, mapping in members:
            back = {new: old for old, new in mapping.items()}
            found[pair] = [(_to(u, back), _to(v, back), c) for u, v, c in planes]
    return found


def _to(letter: Letter | None, mapping: dict[Letter, Letter]) -> Letter | None:
    return mapping.get(letter, letter) if letter else None


def _turns(algebra: Algebra, body: Term) -> Iterator[dict[Letter, Letter]]:
    """The exchanges of times that leave a body as it is, for up to three times."""
    times = [letter for letter in body.bound if letter.space == TIME]
    if not 1 < len(times) <= 3:
        return
    others = [letter for letter in body.bound if letter.space != TIME]
    pins = [algebra.letter(TIME, FREE, (1 << 21) + q) for q in range(len(times))]

    def pinned(order: tuple[Letter, ...]) -> Term:
        mapping = dict(zip(order, pins, strict=True))
        return algebra.labels.label({algebra.moved(atom, mapping): e for atom, e in body.factors}, others)[1]

    straight = pinned(tuple(times))
    for order in permutations(times):
        if order != tuple(times) and pinned(order) is straight:
            yield dict(zip(times, order, strict=True))


def split(algebra: Algebra, form: Form, planes: dict[tuple[Term, Number], list[Plane]]) -> Form:
    """Each term cut at its planes."""
    raws: list[Raw] = []
    for pair in form.terms:
        term, value = pair
        for extra in _cells(algebra, term, planes.get(pair, [])):
            raws.append((value, [*term.factors, *((atom, 1) for atom in extra)], term.bound))
        algebra.meter.expect(len(raws))
    return algebra.sum(raws)


def _cells(algebra: Algebra, term: Term, planes: list[Plane]) -> list[list[Atom]]:
    """The parts into which planes cut the range of a term, as further ranges."""
    cells: list[tuple[list[Atom], ranges.Bounds]] = [([], _bounds(term))]
    for u, v, c in planes:
        cut: list[tuple[list[Atom], ranges.Bounds]] = []
        for atoms, bounds in cells:
            sides = [(u, v, c), (v, u, 1 - c)]
            halves = [(side, _with(bounds, side)) for side in sides]
            live = [(side, closed) for side, closed in halves if closed is not None]
            if len(live) < 2:
                cut.append((atoms, bounds))
                continue
            for (a, b, d), closed in live:
                new = algebra.atom(Kind.RANGE, d, times=(at_time(a), at_time(b)))
                cut.append(([*atoms, new], closed))
        algebra.meter.expect(len(cut))
        algebra.meter.spend(len(cut))
        cells = cut
    return [atoms for atoms, _ in cells]


def _with(bounds: ranges.Bounds, plane: Plane) -> ranges.Bounds | None:
    u, v, c = plane
    known = bounds.get((u, v))
    if known is not None and known >= c:
        return bounds
    against = bounds.get((v, u))
    if against is not None and against + c > 0:
        return None
    return ranges.closure({**bounds, (u, v): c})


# ---- lengths


def lengths(algebra: Algebra, form: Form) -> Form:
    """Times that nothing carries, summed."""
    raws: list[Raw] = []
    changed = False
    for term, value in form.terms:
        found = _length(algebra, term, value)
        changed = changed or found is not None
        raws += found if found is not None else [(value, list(term.factors), term.bound)]
    return lengths(algebra, algebra.sum(raws)) if changed else form


def enumerated(algebra: Algebra, form: Form) -> Form:
    """Times with a few values only, one value after the other."""
    planes = {pair: _values(pair[0]) for pair in form.terms}
    return split(algebra, form, planes) if any(planes.values()) else form


def _values(term: Term) -> list[Plane]:
    """The cuts between the values of a time that has few of them."""
    bounds = _bounds(term)
    for letter in term.bound:
        if letter.space != TIME:
            continue
        for (u, own), a in bounds.items():
            if own is not letter:
                continue
            for (other, v), b in bounds.items():
                if other is not letter or not (u is v or _tied(bounds, u, v)):
                    continue
                last = (0 if u is v else bounds[u, v]) - b
                if 0 < last - a < FEW:
                    return [(u, letter, value + 1) for value in range(a, last)]
    return []


def _length(algebra: Algebra, term: Term, value: Number) -> list[Raw] | None:
    for letter in term.bound:
        if letter.space == TIME and _is_bare(term, letter):
            factors, bound = algebra.opened(term)
            new = bound[term.bound.index(letter)]
            return _summed(algebra, Term(tuple(factors), bound, term.height), value, new)
    return None


def _is_bare(term: Term, letter: Letter) -> bool:
    for atom, power in term.factors:
        if letter in atom.free and atom.kind is not Kind.RANGE:
            if atom.kind is not Kind.CLOCK or power.denominator != 1 or power < 0:
                return False
    return True


def _summed(algebra: Algebra, term: Term, value: Number, letter: Letter) -> list[Raw] | None:
    """The sum of a power of a time between its bounds, cut where it is open which bound is the tightest."""
    bounds = _bounds(term)
    lows = [(u, c) for (u, v), c in bounds.items() if v is letter]
    highs = [(v, -c) for (u, v), c in bounds.items() if u is letter]
    for ends in (lows, highs):
        for q, (u, a) in enumerate(ends):
            for w, b in ends[:q]:
                if not (_known(bounds, u, w, a - b) or _known(bounds, w, u, b - a)):
                    cells = _cells(algebra, term, [(u, w, a - b)])
                    return [(value, [*term.factors, *((atom, 1) for atom in extra)], term.bound) for extra in cells]
    if not lows or not highs:
        return None
    low, high = _tightest(bounds, lows, 1), _tightest(bounds, highs, -1)
    power = int(sum(e for atom, e in term.factors if atom.kind is Kind.CLOCK and letter in atom.free))
    rest = [(atom, e) for atom, e in term.factors if letter not in atom.free]
    total = algebra.subtract(power_sum(algebra, power, high), power_sum(algebra, power, later(low, -1)))
    bound = tuple(other for other in term.bound if other is not letter)
    return [(value * c, [*rest, *t.factors], bound) for t, c in total.terms]


def _known(bounds: ranges.Bounds, u: Letter | None, v: Letter | None, c: int) -> bool:
    """Whether u + c <= v follows."""
    return c <= 0 if u is v else bounds.get((u, v), c - 1) >= c


def _tightest(bounds: ranges.Bounds, ends: list[tuple[Letter | None, int]], sign: int) -> Time:
    """The bound that the others follow from."""
    best = ends[0]
    for end in ends[1:]:
        (u, a), (w, b) = best, end
        if _known(bounds, u, w, a - b) if sign > 0 else _known(bounds, w, u, b - a):
            best = end
    return at_time(best[0], best[1])


def power_sum(algebra: Algebra, power: int, upper: Time) -> Form:
    """1^p + ... + upper^p as a polynomial in upper."""
    x = algebra.of(algebra.atom(Kind.CLOCK, times=(upper,)))
    found = algebra.zero
    for k in range(power + 1):
        number = binomial(power + 1, k) * bernoulli(k) / (power + 1)
        part = algebra.power(x, power + 1 - k) if x.terms else algebra.zero
        found = algebra.add(found, algebra.scaled(part, Fraction(int(number.p), int(number.q))))
    return found
