"""Fuzz the readers by mutation: ``python benchmarks/fuzz_reading.py SECONDS [SEED]``.

Formulas of the collections are cut, joined and changed token by token and given to every reader: claims, left sides,
recurrences,
papers.  Any outcome but a value or a ``SymgateError`` is a crash, and so is a reading of more than five seconds of
processor time.
"""

from __future__ import annotations

import random
import re
import sys
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import symgate as sg
from symgate.claims import read, read_recurrence
from symgate.claims.judging.record import Finding
from symgate.claims.judging.texts import check_text
from symgate.claims.papers.reader import judged_paper
from symgate.claims.papers.sorting import sorted_equations
from symgate.claims.papers.source import displayed
from symgate.claims.reading.reader import Reading
from symgate.derive import result
from symgate.notation import Notation
from symgate.records import Derivation

ROOT = Path(__file__).parents[1]
SLOWEST = 5.0
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]+|[0-9]+|\s+|.", re.DOTALL)
WORDS = [*"+-=_^{}()[]&,;'*@/~<>|.$%#\\", r"\\", r"\frac", r"\partial", r"\nabla", r"\sum", r"\prod", r"\odot", r"\top"]
WORDS += [
    r"\tilde",
    r"\begin{bmatrix}",
    r"\end{bmatrix}",
    r"\left",
    r"\right",
    r"\text",
    r"\mathbf",
    r"\delta",
    "where",
    "t",
]
WORDS += [
    "t-1",
    "{t}",
    "{ij}",
    "0",
    "1",
    "99",
    "h",
    "W",
    "diag",
    "tanh",
    r"\dot",
    r"\cdot",
    r"\le",
    r"\approx",
    "I",
    "T",
    "for",
]


def seeds() -> tuple[list[str], list[str]]:
    """Recurrences and formulas to start from."""
    entries = [
        entry
        for path in sorted((ROOT / "tests" / "claims" / "wild").glob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["formula"]
    ]
    return [entry["recurrence"] for entry in entries], [entry["formula"] for entry in entries]


def changed(draw: random.Random, text: str, others: list[str]) -> str:
    """A text with a few of its tokens cut, doubled, swapped or replaced, or joined with a part of another one."""
    tokens = _TOKEN.findall(text)
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        place = draw.randrange(len(tokens) + 1)
        match draw.randrange(6):
            case 0 if tokens:
                del tokens[place : place + draw.choice((1, 1, 2, 5))]
            case 1:
                tokens[place:place] = [draw.choice(WORDS)]
            case 2 if tokens:
                other = draw.randrange(len(tokens))
                tokens[place % len(tokens)], tokens[other] = tokens[other], tokens[place % len(tokens)]
            case 3:
                more = _TOKEN.findall(draw.choice(others))
                start = draw.randrange(len(more))
                tokens[place:place] = more[start : start + draw.randrange(12)]
            case 4:
                tokens[place:place] = tokens[place : place + draw.randrange(20)]
            case _ if tokens:
                tokens[place % len(tokens)] = draw.choice(WORDS)
    return "".join(tokens)


def unjudged(base: Finding, reading: Reading, _: Derivation) -> Finding:
    """In place of the judge, which is not what is fuzzed."""
    return replace(base, verdict="undecided", reading=reading.text)


def readers() -> dict[str, Callable[[str], object]]:
    """What is fuzzed, by name."""
    elman = read_recurrence(r"z_t = W h_{t-1} + U x_t, h_t = \tanh(z_t)").cell
    truths = [result(elman, name) for name in ("jacobian", "vjp:W", "transport", "gradient:W", "adjoint")]
    truths += [result(sg.cell("lstm"), name) for name in ("jacobian", "adjoint", "c/h")]
    return {
        "claim": lambda text: read(text, truths[len(text) % len(truths)], (None, "text", "latex")[len(text) % 3]),
        "left": lambda text: check_text(elman, text, (None, "jacobian", "vjp:W")[len(text) % 3], None, unjudged),
        "recurrence": lambda text: read_recurrence(text, discretisation=(None, "euler")[len(text) % 2]),
        "paper": lambda text: sorted_equations(displayed(f"$$ {text} $$"), Notation().with_preamble(text), None),
        "page": lambda text: judged_paper(text, "p.tex") if len(text) < 40 else None,
    }


@lru_cache(maxsize=256)
def cell_of(recurrence: str) -> object:
    """The cell of a recurrence of the collections; None where it is one that asks."""
    try:
        return read_recurrence(recurrence, discretisation="euler")
    except sg.SymgateError:
        return None


def own(draw: random.Random, formula: str, recurrence: str, others: list[str]) -> str:
    """A changed formula, read with the recurrence that it was published with."""
    text = changed(draw, formula, others)
    found = cell_of(recurrence)
    if found is not None:
        check_text(found.cell, text, draw.choice((None, None, "jacobian")), None, unjudged, found.notation)
    return text


def main() -> int:
    """Run for that many seconds; the exit code is 1 where a reader crashed."""
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    draw = random.Random(seed)  # noqa: S311  no secret depends on it
    recurrences, formulas = seeds()
    run, outcomes, crashes = readers(), Counter[str](), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = draw.choice([*run, "own", "own", "own"])
        place = draw.randrange(len(formulas))
        text = (
            formulas[place]
            if name == "own"
            else changed(
                draw, draw.choice(recurrences if name in ("recurrence", "paper") else formulas), recurrences + formulas
            )
        )
        start = time.process_time()
        try:
            state = draw.getstate()
            if name == "own":
                text = changed(draw, text, formulas)
                draw.setstate(state)
                own(draw, formulas[place], recurrences[place], formulas)
            else:
                run[name](text)
            outcome = "read"
        except sg.SymgateError:
            outcome = "refused"
        except Exception as error:  # noqa: BLE001  every other error is what is looked for
            outcome = "crashed"
            where = traceback.extract_tb(error.__traceback__)[-1]
            crashes.append((f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}", name, text))
        if time.process_time() - start > SLOWEST:
            crashes.append((f"took {time.process_time() - start:.1f} s", name, text))
        outcomes[f"{name} {outcome}"] += 1
    print(f"{sum(outcomes.values())} executions: {dict(sorted(outcomes.items()))}")
    for kind, count in Counter(crash[0] for crash in crashes).most_common():
        print(f"{count} x {kind}: {next(crash[1:] for crash in crashes if crash[0] == kind)!r}")
    return int(bool(crashes))


if __name__ == "__main__":
    sys.exit(main())
