"""What every analysis of a trained cell hands back, and what all of them say in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
#: Called with how much is done, and how much there is.
Told = Callable[[int, int], None]
#: The arrays to keep, by name, and the figure.
Shown = tuple[dict[str, Array], Any]


def tell_lost(diverged: Array) -> None:
    """How many sequences did not stay finite."""
    if diverged.any():
        lost = int(diverged.sum())
        print(
            f"{lost} of {diverged.size} sequences exceeded the floating-point range; only the steps before that count"
        )
