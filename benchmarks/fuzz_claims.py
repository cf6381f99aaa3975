"""Fuzz a reader with atheris: ``python benchmarks/fuzz_claims.py latex|text -max_total_time=600``.

The bytes are a claim about an object, a claim with a left side, or a recurrence, in LaTeX or in plain text.  Any
outcome but a reading or a ``SymgateError`` is a crash, and so is a reading that takes longer than five seconds of
processor time (the instrumentation slows everything down).  The collections of the tests are the seeds.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["symgate.claims"]):
    from symgate.cells import cell
    from symgate.claims import read, read_recurrence
    from symgate.claims.judging.texts import check_text
    from symgate.derive import result
    from symgate.errors import SymgateError

from symgate.claims.judging.record import Finding
from symgate.claims.reading.reader import Reading
from symgate.records import Derivation

ROOT = Path(__file__).resolve().parents[1]
TRUTHS = [
    result(cell(name), which)
    for name, which in (
        ("multi_gate", "jacobian"),
        ("scalar_gate", "vjp:w_g"),
        ("multi_gate", "W_r"),
        ("leaky", "transport"),
        ("multi_gate", "gradient:W_g"),
        ("lstm", "jacobian"),
        ("lstm", "adjoint"),
    )
]
SLOWEST = 5.0
FORM = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1] in ("latex", "text") else "latex"


def unjudged(base: Finding, reading: Reading, _: Derivation) -> Finding:
    """In place of the judge, which is not what is fuzzed."""
    return replace(base, verdict="undecided", reading=reading.text)


def claim(choice: int, text: str) -> None:
    """As a claim about an object."""
    read(text, TRUTHS[choice % len(TRUTHS)], FORM)


def left(choice: int, text: str) -> None:
    """As a claim whose left side says what it is about."""
    check_text(TRUTHS[choice % len(TRUTHS)].cell, text, None, FORM, unjudged)


def recurrence(choice: int, text: str) -> None:
    """As the equations of a cell."""
    read_recurrence(text, discretisation=("euler", None)[choice % 2])


READERS: tuple[Callable[[int, str], None], ...] = (claim, left, recurrence)


def one_input(data: bytes) -> None:
    """Read the bytes."""
    if len(data) < 2:
        return
    text = data[2:].decode("utf-8", errors="replace")
    start = time.process_time()
    with suppress(SymgateError):
        READERS[data[0] % len(READERS)](data[1], text)
    took = time.process_time() - start
    if took > SLOWEST:
        raise TimeoutError(f"reading took {took:.2f} s")


def seeds() -> list[bytes]:
    """Inputs to start from: formulas and recurrences of the collections, and what the package prints."""
    from symgate.tex import latex, text

    entries = [
        entry
        for path in sorted((ROOT / "tests" / "claims").glob("*/*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("formula", [])
    ]
    found = [f"{chr(1)}{chr(0)}{entry['formula']}" for entry in entries]
    found += [f"{chr(2)}{chr(0)}{entry['recurrence']}" for entry in entries]
    for place, truth in enumerate(TRUTHS):
        found.append(f"{chr(0)}{chr(place)}{(latex if FORM == 'latex' else text)(truth)}")
        found.append(f"{chr(2)}{chr(0)}{(latex if FORM == 'latex' else text)(truth.cell)}")
    return [item.encode() for item in found]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, "-max_len=1500", folder], one_input)
        atheris.Fuzz()
