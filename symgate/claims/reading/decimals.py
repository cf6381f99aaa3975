"""Numbers as authors type them, 1e-3, .5 and 2.50, as plain decimals: digits, and perhaps a point between digits."""

from __future__ import annotations

from symgate.claims.reading.limits import EXPONENT, UnreadableError

#: A number in a formula: nothing stands between its digits and its power of ten.
NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+\-]?[0-9]+(?![0-9A-Za-z_.]))?"


def decimal(written: str, at: int) -> str:
    """The same number without a power of ten, exactly.

    Raises:
        UnreadableError: the power of ten is too large.
    """
    digits, _, power = written.lower().partition("e")
    whole, _, rest = digits.partition(".")
    by = int(power[:8] or "0")
    if abs(by) > EXPONENT or len(power) > 8:
        raise UnreadableError(f"a power of ten is at most {EXPONENT}", at, written[:16])
    point, every = len(whole) + by, whole + rest
    every = "0" * max(0, 1 - point) + every  # 0.001 and not .001
    point = max(point, 1)
    every += "0" * max(0, point - len(every))
    return every[:point] + ("." + every[point:] if every[point:] else "")
