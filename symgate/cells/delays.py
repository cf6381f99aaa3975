"""Delays: what was some steps ago, by states that hand it on."""

from __future__ import annotations

from symgate.errors import DefinitionError
from symgate.language import CellBuilder, Quantity
from symgate.language.nodes import Signal


def delay(c: CellBuilder, signal: Quantity, steps: int) -> Quantity:
    """An input or a state ``steps`` steps before the one that the recurrence sees.

    Args:
        c: the builder of the cell; it gains the states ``name_ago_1``, ..., ``name_ago_d``.
        signal: an input u_t, or a state x_{t-1}.
        steps: d, at least 1.

    Returns:
        u_{t-d} of an input, x_{t-1-d} of a state.

    Raises:
        DefinitionError: neither an input nor a state, or d < 1.
    """
    symbol = signal.expr
    if not isinstance(symbol, Signal) or type(steps) is not int or steps < 1:
        raise DefinitionError(f"A delay is of an input or a state, by at least one step; found {symbol} and {steps!r}.")
    size = symbol.shape[0]
    before = signal
    for step in range(1, steps + 1):
        held = c.state(f"{symbol.name}_ago_{step}", int(size) if size.is_Integer else str(size))
        c.next(held, before)
        before = held
    return before
