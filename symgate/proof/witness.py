"""A concrete case in which a formula is wrong: the search through small sizes, small rationals, actual functions.

In: a derivation, and perhaps sizes at which there must be a case.  Out: the first one met, from the smallest sizes on.
Whether a point is a case, ``points.py`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from itertools import product
from math import prod
from typing import Protocol

from sympy import Expr

from symgate.proof import layout
from symgate.proof.cases import FIRST, ONE_STEP, at_sizes, lengths, of_numbers
from symgate.proof.functions import BOUND, functions
from symgate.proof.points import POOL, WIDE, TimedWitness, Where, chosen_from, first_wrong
from symgate.proof.work import TooMuchError, Work
from symgate.records import Cell, Derivation, Kind, Order

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
                    found = first_wrong(
                        own,
                        steps,
                        dict(sizes),
                        partial(chosen_from, f"{seed}|{number}", WIDE if number >= DRAWS else POOL),
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
