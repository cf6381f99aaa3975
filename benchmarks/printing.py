"""What is printed, measured: lines that stick out, tables that do not fit, round trips, characters; -> printing.json.

    python -m benchmarks.printing            # everything: every object of every cell, in one column and in two
    python -m benchmarks.printing 5          # one object in five, for a machine that is busy

An object is a built-in cell or a result of it: all that are listed, and of those that lists leave out several orders
and parameters, cells with matrix states included (``tests.tex.everything``).
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import symgate as sg
from symgate.tex import Style, equation, latex
from symgate.tex.equations import partial_products, presented
from tests.tex.everything import every_object
from tests.tex.overfull import COLUMNS, overfull, printed
from tests.tex.test_complete import mismatch

OUT = Path(__file__).parent / "printing.json"
#: Cells of which every listed result is printed, read back and judged.
ROUND = ("scalar_gate", "multi_gate", "gru", "lstm", "lru")
#: Results of the LSTM whose characters are counted.
LONGEST = ("jacobian", "transport", "adjoint", "expansion:retention:1", "expansion:retention:2", "rate:retention")


def columns(objects: dict[str, Any]) -> dict[str, Any]:
    """Overfull lines over 1 pt of every object, at each width."""
    found = {}
    for name, points in COLUMNS.items():
        started = time.process_time()
        texts = {key: printed(item, Style.for_points(points)) for key, item in objects.items()}
        between = time.process_time()
        wall = time.perf_counter()
        wide = overfull(texts, name)
        found[name] = {
            "points": points,
            "objects": len(texts),
            "overfull_lines": len(wide),
            "widest_pt": round(max((item.points for item in wide), default=0.0), 1),
            "which": sorted({item.name for item in wide})[:40],
            "printing_cpu_s": round(between - started, 1),
            "tex_wall_s": round(time.perf_counter() - wall, 1),
        }
    return found


def tables(objects: dict[str, Any]) -> dict[str, Any]:
    """Symbols that are printed and not declared, and the other way round."""
    bad = {name: found for name, item in objects.items() if any(found := mismatch(item))}
    shown = {name: [sorted(part) for part in found] for name, found in list(bad.items())[:40]}
    return {"objects": len(objects), "not_fitting": len(bad), "which": shown}


def characters() -> dict[str, Any]:
    """Of the LSTM, on one line: as derived; and as displayed, sums carried out, products named and defined."""
    cell, found = sg.cell("lstm"), {}
    for name in LONGEST:
        item = sg.result(cell, name)
        short = latex(presented(item, Style())) + "".join(left + right for left, right in partial_products(item))
        found[name] = {"derived": len(latex(item)), "displayed": len(short)}
    return found


def round_trips(cells: tuple[str, ...]) -> dict[str, Any]:
    """Printed as a display, read, judged."""
    verdicts: Counter[str] = Counter()
    others: list[str] = []
    started = time.process_time()
    for name in cells:
        for key, item in sg.results(sg.cell(name)).items():
            try:
                found = sg.check(name, equation(item), key)
                defined = found.verdict == "undecided" and found.certificate and found.certificate.proved
                verdict = "the definition itself" if defined else found.verdict
            except sg.SymgateError as error:
                verdict = type(error).__name__
            verdicts[verdict] += 1
            if verdict not in ("proved", "the definition itself"):
                others.append(f"{name} {key}: {verdict}")
    cpu = round(time.process_time() - started, 1)
    return {"cells": list(cells), "verdicts": dict(verdicts), "not_proved": others, "cpu_s": cpu}


def main() -> None:
    """Measure and write, each part as soon as it is there."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    objects = dict(list(every_object())[::every])
    results: dict[str, Any] = {"one_in": every, "objects": len(objects)}
    parts = {
        "lstm_characters": characters,
        "columns": lambda: columns(objects),
        "tables": lambda: tables(objects),
        "round_trips": lambda: round_trips(ROUND if every == 1 else ROUND[1:3]),
    }
    for name, measure in parts.items():
        results[name] = measure()
        sys.stdout.write(f"{name}: {json.dumps(results[name])[:2000]}\n")
        sys.stdout.flush()
        OUT.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
