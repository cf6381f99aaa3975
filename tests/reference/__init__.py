"""The recurrences as published, in plain NumPy for a single sample; nothing here knows of symgate.

Each ``step`` takes the state BEFORE the step and returns the state after it; complex numbers pass through.
"""

from collections.abc import Callable
from typing import Any

from tests.reference import leaky, multi_gate, plain, scalar_gate, unit_leak

REFERENCE: dict[str, Callable[..., Any]] = {
    "plain": plain.step,
    "leaky": leaky.step,
    "unit_leak": unit_leak.step,
    "scalar_gate": scalar_gate.step,
    "multi_gate": multi_gate.step,
}
