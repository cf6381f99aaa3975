"""One seed of each experiment at the published settings, by symgate and by an independent program in torch.

python benchmarks/paper_in_torch.py [--seed 0] [--task adding] [--only truncation]   # writes paper_in_torch.json

The program (``tests/reference/paper.py``) was written from the description of the paper.  Both get the same weights,
batches, probe and windows, and both measure before the first and after the last iteration.  Runs that are done are kept
in the file, and only others are made.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse  # noqa: E402 - after the number of threads is set
import json  # noqa: E402 - after the number of threads is set
import sys  # noqa: E402 - after the number of threads is set
import time  # noqa: E402 - after the number of threads is set
from collections.abc import Callable, Iterator  # noqa: E402 - after the number of threads is set
from dataclasses import replace  # noqa: E402 - after the number of threads is set
from pathlib import Path  # noqa: E402 - after the number of threads is set
from typing import Any  # noqa: E402 - after the number of threads is set

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from symgate.experiments import settings  # noqa: E402 - after the path is set
from symgate.experiments.jobs import code_version  # noqa: E402 - after the path is set
from tests.experiments import paper_compared as compared  # noqa: E402 - after the path is set

#: What is written down of each experiment beside the distances: the last checkpoint, as both have it.
HEADLINES: dict[str, dict[str, Callable[[Any], Any]]] = {
    "profiles": {
        "slope, drive": lambda pairs: [part[-1, 0] for part in pairs["slope"]],
        "slope, retention": lambda pairs: [part[-1, 1] for part in pairs["slope"]],
        "R^2, drive": lambda pairs: [part[-1, 0] for part in pairs["r_squared"]],
        "last loss": lambda pairs: [part[-1] for part in pairs["losses"]],
    },
    "truncation": {
        "missed by order 1 at the longest lag": lambda pairs: [part[-1] for part in pairs["missed_by_first"]],
        "|M1|/|M0| at lag 1": lambda pairs: [part[0] for part in pairs["first"]],
    },
    "anisotropy": {
        "log AI, longest lag": lambda pairs: [part[-1, -1, 0] for part in pairs["products"]],
        "CE, lag 1": lambda pairs: [part[-1, 0, 1] for part in pairs["products"]],
        "CE of gradients": lambda pairs: [part[-1, 1] for part in pairs["gradients"]],
        "last loss": lambda pairs: [part[-1] for part in pairs["losses"]],
    },
}


def runs(seed: int, task: str) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Experiment, network, and what compares them."""
    held = settings("published")
    for cell in held.truncation.cells:
        yield "truncation", cell.name, lambda cell=cell: compared.truncation(cell.name, held.truncation, seed)
    profiled, turned = (replace(spec, checkpoints=(0, spec.iterations)) for spec in (held.profiles, held.anisotropy))
    for cell in profiled.cells:
        yield "profiles", cell.name, lambda cell=cell: compared.profiles(cell.name, profiled, seed)
    for one in turned.networks:
        yield (
            "anisotropy", f"{one.label} on {task}",
            lambda one=one: compared.anisotropy(one, task, turned, seed),
        )  # fmt: skip


def main() -> None:
    """Compare, and write down after every run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--task", default="adding")
    parser.add_argument("--only", default=None)
    parser.add_argument("--out", type=Path, default=HERE / "paper_in_torch.json")
    options = parser.parse_args()
    held = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else {"runs": []}
    done = {(row["experiment"], row["network"], row["seed"]) for row in held["runs"]}
    for experiment, network, compare in runs(options.seed, options.task):
        if options.only not in (None, experiment) or (experiment, network, options.seed) in done:
            continue
        begun = time.process_time()
        pairs = compare()
        row = {
            "experiment": experiment,
            "network": network,
            "seed": options.seed,
            "code": code_version(),
            "distance": {name: compared.distance(*pair) for name, pair in pairs.items()},
            "figures": {
                name: dict(zip(("symgate", "torch"), map(float, pick(pairs)), strict=True))
                for name, pick in HEADLINES[experiment].items()
            },
            "seconds": time.process_time() - begun,
        }
        held["runs"] = [old for old in held["runs"] if (old["experiment"], old["network"]) != (experiment, network)]
        held["runs"].append(row)
        options.out.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
        print(experiment, network, f"{max(row['distance'].values()):.1e}", f"{row['seconds']:.0f} s", flush=True)


if __name__ == "__main__":
    main()
