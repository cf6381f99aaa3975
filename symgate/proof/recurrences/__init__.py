"""The built-in recurrences typed a second time, from the papers, for any array library.

In: the functions of a cell, the state BEFORE the step, inputs and parameters, for a single sample.  Out: the state
after it; where a cell has several states, they come by name.  Only Python's operators and the functions handed in are
used, so the same lines run on NumPy (complex numbers included), torch and jax.  Nothing else of symgate is imported: a
slip in a cell cannot reach here.  They are grouped as the references of the tests are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgate.proof.recurrences import gated, linear, memory, neurons, normalised, paper

RECURRENCES: dict[str, Callable[..., Any]] = {
    step.__name__: step for family in (paper, normalised, gated, linear, memory, neurons) for step in family.STEPS
}
