"""Tasks that need a given lag: adding, recall and delay sum over T = lag + 1 steps.

So the input that lies farthest from the read-out counts.  The tasks are those of the paper; of the delay sum the delays
4, 12, 24 and 36 are scaled to the lag, so that at lag 36 it is the task of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from symgate.errors import ShapeError, unknown
from symgate.experiments.tasks import DELAYS, Task, column, task, uniform
from symgate.numeric.arrays import Array, whole_number


def delays_to(lag: int) -> tuple[int, ...]:
    """The delays of the delay sum, scaled so that the longest is ``lag``.

    Raises:
        ShapeError: the lag is too short for four different delays.
    """
    scaled = tuple(round(delay * lag / DELAYS[-1]) for delay in DELAYS)
    if len(set(scaled)) < len(DELAYS):
        raise ShapeError(f"Delays scaled to lag {lag} are not all different: {scaled}.")
    return scaled


def _delay_sum(lag: int) -> Task:
    back = np.array(delays_to(lag))

    def target(u: Array) -> Array:
        return np.asarray(u[:, u.shape[1] - 1 - back, 0].mean(axis=1))

    told = f"mean of the values {', '.join(map(str, back))} steps before the last"
    return replace(task("delay_sum"), meaning=told, steps=lag + 1, make=uniform(target), solve=column(target))


#: The tasks that need a lag, by name.
LAGGED: Mapping[str, Callable[[int], Task]] = {
    "adding": lambda _: task("adding"),
    "recall": lambda _: task("recall"),
    "delay_sum": _delay_sum,
}


def lagged_task(name: str, lag: int) -> Task:
    """A task whose target needs inputs up to ``lag`` steps before the last, over T = lag + 1 steps.

    Raises:
        UnknownNameError: there is no such task.
        ShapeError: the lag is too short for it.
    """
    if name not in LAGGED:
        raise unknown("task with a lag", name, LAGGED)
    found = LAGGED[name](whole_number(lag, "lag", 1))
    found.check(lag + 1, found.channels)
    return found
