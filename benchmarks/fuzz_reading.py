"""Fuzz the readers by mutation: ``python benchmarks/fuzz_reading.py SECONDS [--reader NAME] [--seed N] [--keep]``.

Formulas of the collections are cut, joined and changed token by token and given to one reader, or to each for so many
seconds: claims, left-sides, recurrences, papers.  Any outcome but a value or a ``SymgateError`` is a crash, and so is a
reading of more than five seconds of processor time.  ``--keep`` writes ``fuzz_reading.json``, where every reader has
its own record.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import symgate as sg
from symgate.claims import Recurrence, read, read_recurrence
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
KEPT = Path(__file__).with_suffix(".json")
SLOWEST = 5.0
#: What each reader is given to: the functions of ``readers``, and formulas with their own recurrences.
READERS = {
    "claims": ("claim", "own"),
    "left-sides": ("left", "own"),
    "recurrences": ("recurrence",),
    "papers": ("paper", "page"),
}
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
def cell_of(recurrence: str) -> Recurrence | None:
    """The cell of a recurrence of the collections; None where it is one that asks."""
    try:
        return read_recurrence(recurrence, discretisation="euler")
    except sg.SymgateError:
        return None


def own(draw: random.Random, text: str, recurrence: str) -> object:
    """A changed formula, read with the recurrence that it was published with."""
    found = cell_of(recurrence)
    if found is None:
        return None
    return check_text(found.cell, text, draw.choice((None, None, "jacobian")), None, unjudged, found.notation)


@dataclass
class Run:
    """What became of the executions of one reader.

    Attributes:
        counts: how often each function read, refused or crashed.
        kinds: the outcomes that differ: the shape of what was read, the words of what was refused.
        crashes: (what happened, the function, the text).
    """

    counts: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    crashes: list[tuple[str, str, str]] = field(default_factory=list)


def kind_of(value: object) -> str:
    """An outcome without the names and numbers of its text, so that like ones count once."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"|[0-9]+", "_", str(value))
    return re.sub(r"\b[A-Za-z](?:_\w+)?\b", "_", words)[:400]


def fuzzed(functions: tuple[str, ...], seconds: float, seed: int) -> Run:
    """Give changed formulas to the functions of a reader for so many seconds of processor time."""
    draw = random.Random(seed)  # noqa: S311  no secret depends on it
    recurrences, formulas = seeds()
    run, found = readers(), Run()
    end = time.process_time() + seconds
    while time.process_time() < end:
        name, place = draw.choice(functions), draw.randrange(len(formulas))
        others = recurrences + formulas
        base = draw.choice(recurrences if name in ("recurrence", "paper") else formulas)
        text = changed(draw, formulas[place] if name == "own" else base, others)
        start = time.process_time()
        try:
            value = own(draw, text, recurrences[place]) if name == "own" else run[name](text)
            outcome = "read"
            found.kinds.add(f"read {kind_of(getattr(value, 'text', value))}")
        except sg.SymgateError as error:
            outcome = "refused"
            found.kinds.add(f"{type(error).__name__} {kind_of(error)}")
        except Exception as error:  # noqa: BLE001  every other error is what is looked for
            outcome = "crashed"
            where = traceback.extract_tb(error.__traceback__)[-1]
            found.crashes.append((f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno}", name, text))
        if time.process_time() - start > SLOWEST:
            found.crashes.append((f"took {time.process_time() - start:.1f} s", name, text))
        found.counts[f"{name} {outcome}"] += 1
    return found


def main() -> int:
    """Run; the exit code is 1 where a reader crashed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("seconds", type=float, help="of processor time, for each reader")
    parser.add_argument("--reader", choices=tuple(READERS), help="one of them; all where it is left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help=f"write {KEPT.name}")
    options = parser.parse_args()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    crashed = False
    for reader in [options.reader] if options.reader else READERS:
        found = fuzzed(READERS[reader], options.seconds, options.seed)
        executions = sum(found.counts.values())
        print(
            f"{reader}: {executions} executions, {len(found.kinds)} distinct outcomes:",
            dict(sorted(found.counts.items())),
        )
        for kind, count in Counter(crash[0] for crash in found.crashes).most_common():
            print(f"{count} x {kind}: {next(crash[1:] for crash in found.crashes if crash[0] == kind)!r}")
        crashed = crashed or bool(found.crashes)
        kept[reader] = {
            "executions": executions,
            "distinct outcomes": len(found.kinds),
            "crashes": len(found.crashes),
            "seconds": options.seconds,
            "seed": options.seed,
            "outcomes": dict(sorted(found.counts.items())),
        }
        if options.keep:
            KEPT.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return int(crashed)


if __name__ == "__main__":
    sys.exit(main())
