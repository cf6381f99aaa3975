"""What the specifications of experiments refuse, before any work starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symgate.cells import cell as built_in
from symgate.errors import DefinitionError, ShapeError
from symgate.experiments.optimisers import optimiser
from symgate.experiments.tasks import task
from symgate.numeric.arrays import whole_number
from symgate.records import Cell


def cell_of(value: str | Cell) -> Cell:
    """A cell given as such or by the name of a built-in one.

    Raises:
        UnknownNameError: there is no such cell.
    """
    return built_in(value) if isinstance(value, str) else value


def seeds_of(value: int | Sequence[int]) -> tuple[int, ...]:
    """A number of seeds, counted from 0, or the seeds themselves.

    Raises:
        DefinitionError: a seed is there twice, or none is.
        ShapeError: a seed is no whole number from 0.
    """
    if isinstance(value, int):
        return tuple(range(whole_number(value, "seeds", 1)))
    return distinct("seeds", [whole_number(seed, "seeds", 0) for seed in value])


def distinct(name: str, values: Iterable[int]) -> tuple[int, ...]:
    """The values, one or more and no two the same.

    Raises:
        DefinitionError: they are none, or some are repeated.
    """
    found = tuple(values)
    repeated = sorted({value for value in found if found.count(value) > 1})
    if repeated or not found:
        what = f"{', '.join(map(str, repeated))} more than once" if repeated else "none"
        raise DefinitionError(f"{name} needs one or more different numbers; found {what}.")
    return found


def within(name: str, values: Iterable[int], low: int, high: int, limit: str) -> tuple[int, ...]:
    """Different whole numbers from ``low`` to ``high``, in increasing order.

    Raises:
        ShapeError: one is outside; ``limit`` says what sets the upper end.
        DefinitionError: one is repeated.
    """
    found = distinct(name, [whole_number(value, name, low) for value in values])
    beyond = [value for value in found if value > high]
    if beyond:
        raise ShapeError(f"{name} needs numbers from {low} to {high}, {limit}; found {', '.join(map(str, beyond))}.")
    return tuple(sorted(found))


def positive(**sizes: int) -> None:
    """Refuse sizes below 1.

    Raises:
        ShapeError: with the name of the size.
    """
    for name, size in sizes.items():
        whole_number(size, name, 1)


def trainable(name: str, steps: int, channels: int, kind: str, rate: float) -> None:
    """Refuse a task, an optimiser or sizes that cannot be trained.

    Raises:
        UnknownNameError: there is no such task or optimiser.
        ShapeError: the sequences are too short or narrow for the task, or the rate is not positive.
    """
    task(name).check(steps, channels)
    optimiser(kind, rate)


def distinct_names(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """One or more names, no two the same.

    Raises:
        DefinitionError: they are none, or some are repeated.
    """
    found = tuple(values)
    repeated = sorted({value for value in found if found.count(value) > 1})
    if repeated or not found:
        what = f"{', '.join(repeated)} more than once" if repeated else "none"
        raise DefinitionError(f"{name} needs one or more different names; found {what}.")
    return found
