"""Cell and optimiser crossed, which the papers do not separate: the experiment on anisotropy at reduced size.

python benchmarks/crossed.py [--seeds 3] [--jobs FOLDER]   # writes docs/results/anisotropy_crossed.json

Plain, scalar and multi gate, each under Adam and under SGD with the published step sizes, on three of the tasks.
``symgate experiment anisotropy --settings controls`` is the same at full size.
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

from symgate.experiments import anisotropy, settings  # noqa: E402 - after the number of threads is set

OUT = Path(__file__).resolve().parents[1] / "docs" / "results" / "anisotropy_crossed.json"
REDUCED = replace(
    settings("controls").anisotropy, tasks=("adding", "ar2", "moving_average"), n=32, steps=60, batch=32,
    iterations=600, checkpoints=(0, 600), lags=(1, 2, 4, 8, 16, 32), pairs=32, gradients=64,
)  # fmt: skip


def main() -> None:
    """Run and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=Path, default=Path("symgate-experiments") / "crossed")
    options = parser.parse_args()
    result = anisotropy(replace(REDUCED, seeds=options.seeds), out=options.jobs)
    with TemporaryDirectory() as folder:
        held = json.loads(result.save(folder)[1].read_text(encoding="utf-8"))
    held |= {
        "seconds": result.seconds,
        "peak_MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    OUT.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{result.seconds:.0f} s of processor time")


if __name__ == "__main__":
    main()
