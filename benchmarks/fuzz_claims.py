"""Fuzz the reading of claims with atheris: ``python benchmarks/fuzz_claims.py -max_total_time=600``.

Any outcome but a reading or an UnreadableError is a crash, and so is a reading that takes longer than five seconds of
processor time (the instrumentation slows everything down).
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["symgate.claims"]):
    from symgate.cells import cell
    from symgate.claims import UnreadableError, read
    from symgate.derive import result

TRUTHS = [
    result(cell(name), which)
    for name, which in (
        ("multi_gate", "jacobian"),
        ("scalar_gate", "vjp:w_g"),
        ("multi_gate", "W_r"),
        ("leaky", "transport"),
        ("multi_gate", "gradient:W_g"),
    )
]
SLOWEST = 5.0


def one_input(data: bytes) -> None:
    """Read the bytes as a claim."""
    if len(data) < 2:
        return
    truth, form = TRUTHS[data[0] % len(TRUTHS)], ("text", "latex", None)[data[1] % 3]
    claim = data[2:].decode("utf-8", errors="replace")
    start = time.process_time()
    with suppress(UnreadableError):
        read(claim, truth, form)
    took = time.process_time() - start
    if took > SLOWEST:
        raise TimeoutError(f"reading took {took:.2f} s")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
