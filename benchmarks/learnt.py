"""The profiles of networks that have learnt their task: a sweep over step size and iterations, at reduced size.

python benchmarks/learnt.py [--seeds 3] [--jobs FOLDER]   # writes docs/results/profiles_learnt.json

The published networks do not learn the adding task in 800 iterations.  Here the same cells, with the published initial
weights and SGD, are trained on the sum of the last six inputs; of each cell the step size with the lowest final loss
is measured as the published ones are.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse  # noqa: E402 - after the number of threads is set
import json  # noqa: E402 - after the number of threads is set
import resource  # noqa: E402 - after the number of threads is set
from dataclasses import replace  # noqa: E402 - after the number of threads is set
from pathlib import Path  # noqa: E402 - after the number of threads is set
from tempfile import TemporaryDirectory  # noqa: E402 - after the number of threads is set
from typing import Any  # noqa: E402 - after the number of threads is set

from symgate.experiments import Result, profiles, settings  # noqa: E402 - after the number of threads is set

OUT = Path(__file__).resolve().parents[1] / "docs" / "results" / "profiles_learnt.json"
RATES = (0.01, 0.03, 0.1)
REDUCED = replace(
    settings("published").profiles, task="short", n=32, steps=40, batch=32, iterations=2000,
    checkpoints=(0, 200, 600, 2000), lags=(1, 2, 4, 8, 16, 32),
)  # fmt: skip


def written(result: Result) -> dict[str, Any]:
    """A result as its file has it."""
    with TemporaryDirectory() as folder:
        _, path = result.save(folder)
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held


def losses(result: dict[str, Any], cell: str) -> list[dict[str, Any]]:
    """By checkpoint, the loss on the probe over the variance of the target; none where every run diverged."""
    rows = result["summary"].get(cell, [])
    return [{"iteration": row["iteration"], "loss_over_variance": row["loss_over_variance"]} for row in rows]


def main() -> None:
    """Sweep, choose, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=Path, default=Path("symgate-experiments") / "learnt")
    options = parser.parse_args()
    found, seconds = {}, 0.0
    for rate in RATES:
        result = profiles(replace(REDUCED, rate=rate, seeds=options.seeds), out=options.jobs)
        found[f"{rate:g}"], seconds = written(result), seconds + result.seconds
        print(rate, {cell: [f"{row['loss_over_variance']['median']:.2g}" for row in losses(found[f"{rate:g}"], cell)]
                     for cell in result.summary}, f"{seconds:.0f} s", flush=True)  # fmt: skip
    cells = [cell.name for cell in REDUCED.cells]
    sweep = {cell: {rate: losses(result, cell) for rate, result in found.items()} for cell in cells}
    ends = {
        cell: {rate: rows[-1]["loss_over_variance"]["median"] for rate, rows in of.items() if rows}
        for cell, of in sweep.items()
    }
    best = {cell: min(of, key=lambda rate, of=of: of[rate]) for cell, of in ends.items()}
    held = {
        "experiment": "profiles",
        "code": next(iter(found.values()))["code"],
        "spec": next(iter(found.values()))["spec"],
        "rates": list(RATES),
        "sweep": sweep,
        "best": best,
        "summary": {cell: found[rate]["summary"][cell] for cell, rate in best.items()},
        "diverged": [{**one, "rate": rate} for rate, result in found.items() for one in result["diverged"]],
        "seconds": seconds,
        "peak_MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    OUT.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
