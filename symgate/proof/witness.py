"""A concrete case in which a formula is wrong: small sizes, small rationals, actual functions.

Where the recurrence has no transcendental function both numbers are exact.  Otherwise they are computed to 50 and
again to 80 digits, and they must differ by far more than those disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import product
from math import prod
from typing import Any, Protocol

import sympy
from sympy import Expr

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.algebras import Algebra, Decimal, Rational
from symgate.proof.cases import FIRST, ONE_STEP, Case, at_sizes, lengths, of_numbers
from symgate.proof.certificate import Witness
from symgate.proof.entries import Table
from symgate.proof.functions import BOUND, functions
from symgate.proof.sequences.compare import first
from symgate.proof.sequences.paths import Draw
from symgate.proof.sequences.statements import MAIN, Check, Open
from symgate.proof.work import TooMuchError, Work
from symgate.records import Cell, Derivation, Kind, Order, Relation

#: Values that keep functions away from saturation and from kinks.
POOL = tuple(Fraction(p, q) for p, q in ((1, 2), (-1, 2), (1, 3), (-2, 3), (3, 4), (-1, 4), (1, 5), (-3, 5), (1, 1)))
#: Values on both sides of kinks, further out.
WIDE = tuple(dict.fromkeys(value * factor for factor in (1, 3, 8) for value in POOL))
#: A difference counts from here on, relative to the larger number, or to 1e-25 where both are smaller; working
#: precision is 1e-50, and 80 digits must give the same two numbers.
CERTAIN, _SMALL = 10**15, 1e-25
DRAWS = 3
#: How many more points, of wide values, a place gets where functions have kinks: a branch may be rare.
_FURTHER = 15
#: Sizes of one step from the smallest on; steps with sizes of many.
ONE = ((1, 1), (2, 1), (1, 2), (2, 2), (2, 3), (3, 2), (4, 5), (5, 6))
MANY = ((1, (1, 1)), (1, (2, 1)), (2, (1, 1)), (2, (2, 1)), (3, (2, 1)), (4, (2, 1)), (2, (1, 2)), (3, (3, 2)))
#: Operations that a search may take; numbers of 50 digits cost some ten times what residues cost.
OPERATIONS = 250_000
#: The longest trajectory that is searched.
LONGEST = 64
#: How far beyond the sizes of a hint a search goes, in numbers of sizes.
_PLACES = 24
#: What stands for an opaque function that the cell binds to nothing.
_EXAMPLES = ("tanh", "sin")

At = tuple[int | None, tuple[tuple[Expr, int], ...]]
Chosen = Callable[[Algebra], Draw]
#: Whether a difference counts at times that are numbers, by the names of their letters.
Where = Callable[[Mapping[str, int]], bool]


class Hint(Protocol):
    """Where a witness must lie if there is one, as a decision tells: each size from letters to letters + degrees."""

    @property
    def letters(self) -> Mapping[Expr, int]:
        """The least number for each size."""
        ...

    @property
    def degrees(self) -> Mapping[Expr, int]:
        """How many numbers beyond it."""
        ...


@dataclass(frozen=True)
class TimedWitness(Witness):
    """A case in which a statement of a derivation is wrong.

    Attributes:
        key: which statement: "main", or the key of the equation.
        times: over many steps the number of steps T and the times at which the sides differ; empty for one step.
    """

    key: str = MAIN
    times: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        where = "" if self.key == MAIN else f"in {self.key} "
        if not self.times:
            return f"{where}{super().__str__()}"
        times = ", ".join(f"{name} = {value}" for name, value in self.times.items())
        text = super().__str__().removeprefix("at ")
        return f"{where}at {times}, {text}"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return super().to_dict() | {"key": self.key, "times": dict(self.times)}


def find(
    derivation: Derivation,
    *,
    seed: int = 0,
    hint: Hint | None = None,
    at: At | None = None,
    budget: int = OPERATIONS,
    usual: bool = True,
    where: Where | None = None,
) -> TimedWitness | None:
    """The smallest case met in which a statement of the derivation is wrong; None if there was none.

    Args:
        derivation: of any kind.
        seed: of the values.
        hint: the sizes at which there must be one, from the smallest on; such as a decision of other code.
        at: a place to visit last: T (None for one step) and the size of each dimension.
        budget: how many operations between numbers may be spent.
        usual: whether the small sizes are visited that are visited without a hint.
        where: at which times a difference counts; everywhere if it is not given.
    """
    hinted = () if hint is None else tuple(_hinted(derivation.cell, hint))
    return _found(derivation, seed, hinted, at, budget, usual, where)


@lru_cache(maxsize=512)
def _found(
    derivation: Derivation,
    seed: int,
    hinted: tuple[At, ...],
    at: At | None,
    budget: int,
    usual: bool,  # noqa: FBT001  an argument of a function that is remembered
    where: Where | None,
) -> TimedWitness | None:
    work = Work(budget)
    cells = _bound(derivation.cell)
    places = [*(_places(derivation) if usual else ()), *_at_steps(derivation, hinted)]
    places += [at] if at is not None else []
    try:
        for steps, sizes in dict.fromkeys(places):
            for number in range(_draws(derivation, steps, dict(sizes))):
                for cell in cells:
                    own = replace(derivation, cell=cell)
                    found = _judge(
                        own,
                        steps,
                        dict(sizes),
                        partial(_chosen, f"{seed}|{number}", WIDE if number >= DRAWS else POOL),
                        work,
                        where,
                    )
                    if found is not None:
                        return found
    except TooMuchError:
        return None
    return None


def _draws(derivation: Derivation, steps: int | None, sizes: Mapping[Expr, int]) -> int:
    """How many points a place gets: more where the signs of numbers decide, between norms at size 1."""
    if derivation.kind is Kind.REMAINDER and all(size == 1 for size in sizes.values()):
        return 8 * DRAWS
    few = DRAWS if steps is None else DRAWS - 1
    return few + _FURTHER if _has_kinks(derivation) else few


@lru_cache(maxsize=64)
def _has_kinks(derivation: Derivation) -> bool:
    own = functions(derivation.cell, BOUND)
    return any(own.entry(name).kinks for name in layout.function_names(derivation))


def _bound(cell: Cell) -> list[Cell]:
    """The cell with an example for every function that it binds to nothing; a second example, should one be special."""
    if all(bound is not None for _, bound in cell.functions):
        return [cell]
    return [
        replace(cell, functions=tuple((name, bound or example) for name, bound in cell.functions))
        for example in _EXAMPLES
    ]


def _places(derivation: Derivation) -> Iterator[At]:
    """Steps and sizes from the smallest on."""
    cell = derivation.cell
    if derivation.kind in ONE_STEP:
        yield from ((None, tuple(at_sizes(cell, pair).items())) for pair in ONE)
        return
    further = tuple((steps, (2, 1)) for steps in lengths(derivation) if steps <= LONGEST)
    if isinstance(derivation.parameters, Order):  # an inequality is looked at in numbers, beyond its order
        further = (*further, *((derivation.parameters.order + q, (1, 1)) for q in (2, 3)))
    yield from ((steps, tuple(at_sizes(cell, pair).items())) for steps, pair in (*MANY, *further))


def _at_steps(derivation: Derivation, hinted: tuple[At, ...]) -> Iterator[At]:
    """The sizes of a hint, over many steps at two and at three."""
    if derivation.kind in ONE_STEP:
        yield from hinted
        return
    yield from ((steps, sizes) for _, sizes in hinted for steps in FIRST[1:3])


def _hinted(cell: Cell, hint: Hint) -> Iterator[At]:
    """The sizes of a hint, the smallest products first."""
    ranges, ones = [], of_numbers(cell)
    for dim in cell.dimensions:
        least = max(1, hint.letters.get(dim, 1))
        ranges.append(range(1, 2) if dim in ones else range(least, least + hint.degrees.get(dim, 0) + 1))
    every = sorted(product(*(list(items)[:_PLACES] for items in ranges)), key=lambda sizes: (prod(sizes), sizes))
    yield from ((None, tuple(zip(cell.dimensions, sizes, strict=True))) for sizes in every[:_PLACES])


def _judge(
    derivation: Derivation,
    steps: int | None,
    sizes: dict[Expr, int],
    chosen: Chosen,
    work: Work,
    where: Where | None,
) -> TimedWitness | None:
    """The first statement that is certainly wrong at one point."""
    own = functions(derivation.cell, BOUND)
    names = layout.function_names(derivation)
    exact = all(own.in_argument(name, 0) is not None for name in names)
    algebras: list[Algebra] = [*([Rational(own)] if exact else []), Decimal(own, 50)]
    for algebra in algebras:
        case = Case(derivation, steps, sizes, algebra, chosen(algebra), work)
        try:
            found = _first(case, where)
        except TooMuchError:
            raise
        except (UnsupportedNodeError, ZeroDivisionError):
            continue
        if found is None:
            return None
        item, entry, claimed, true = found
        if isinstance(algebra, Decimal) and not _confirmed(case, item, entry, chosen, (claimed, true)):
            return None
        return TimedWitness(
            sizes={str(dim): size for dim, size in sizes.items()},
            values={name: _plain(value) for name, value in case.shown().items()},
            functions={name: bound or "tanh" for name, bound in derivation.cell.functions},
            entry=entry,
            claimed=_text(claimed),
            true=_text(true),
            exact=isinstance(algebra, Rational),
            key=item.key,
            times={} if steps is None else {"T": steps, **{n: v for n, v in item.times.items() if n != "T"}},
        )
    return None


def _first(case: Case, where: Where | None) -> tuple[Check, tuple[int, int], Any, Any] | None:
    """The first comparison that is certainly wrong."""
    reason: Exception | None = None
    compared = False
    for item, pair in case.evaluated():
        if not isinstance(item, Check) or (where is not None and not where(item.times)):
            continue
        try:
            if not isinstance(pair, tuple):
                raise pair if pair is not None else UnsupportedNodeError("it has no values")
            _, found = first(*pair, partial(_apart, item.relation))
        except (UnsupportedNodeError, ShapeError) as error:
            reason = error
            continue
        compared = True
        if found is not None:
            return item, *found
    if not compared and isinstance(reason, UnsupportedNodeError):
        raise reason
    return None


def _confirmed(case: Case, item: Check, entry: tuple[int, int], chosen: Chosen, pair: tuple[Any, Any]) -> bool:
    """Whether 80 digits give the same two numbers."""
    algebra = Decimal(functions(case.derivation.cell, BOUND), 80)
    again = Case(case.derivation, case.steps, case.sizes, algebra, chosen(algebra), case.work)
    try:
        for other, values in again.evaluated():
            if isinstance(values, tuple) and _place(other) == _place(item):
                _, found = first(*values, partial(_apart, item.relation))
                if found is not None and found[0] == entry:
                    return all(not _unequal(old, new) for old, new in zip(pair, found[1:], strict=True))
    except (UnsupportedNodeError, ZeroDivisionError, ShapeError):
        return False
    return False


def _place(item: Check | Open) -> tuple[str, Any]:
    return item.key, None if isinstance(item, Open) else dict(item.times)


def _chosen(label: str, pool: tuple[Fraction, ...], algebra: Algebra) -> Draw:
    """A rational of the pool for every entry of every symbol."""

    def draw(name: str, i: int, j: int) -> Any:
        data = blake2b(f"{label}|{name}|{i}|{j}".encode(), digest_size=8).digest()
        value = pool[int.from_bytes(data, "big") % len(pool)]
        return algebra.number(sympy.Rational(value.numerator, value.denominator))

    return draw


def _apart(relation: Relation, claimed: Any, true: Any) -> bool:
    """Whether two numbers contradict the relation beyond doubt."""
    if relation is Relation.AT_MOST:
        return _unequal(claimed, true) and bool(true > claimed)
    return _unequal(claimed, true)


def _unequal(left: Any, right: Any) -> bool:
    """Whether two numbers differ beyond doubt."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left != right
    return bool(abs(left - right) * CERTAIN > max(abs(left), abs(right), left * 0 + _SMALL))


def _text(value: Any) -> str:
    """A fraction as it is; a long decimal to 30 digits."""
    return str(value) if isinstance(value, (Fraction, int)) else str(sympy.Float(value, 40).n(30))


def _plain(value: Any) -> Any:
    """A drawn value as text, tables as lists of rows; every one is a member of the pool up to its sign."""
    if isinstance(value, Table):
        return [[_pooled(line[j]) for j in range(value.cols)] for line in value.lines]
    return _pooled(value)


def _pooled(value: Any) -> str:
    """The rational that a drawn number is."""
    if isinstance(value, Fraction):
        return str(value)
    return str(min((*WIDE, *(-item for item in WIDE)), key=lambda item: abs(value * item.denominator - item.numerator)))
