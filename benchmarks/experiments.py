"""Measure what the experiments cost: a training iteration beside torch, a probe beside batched SVD, whole commands.

python benchmarks/experiments.py      # writes benchmarks/experiments.json
python benchmarks/experiments.py --note "anisotropy, published" 20 5600 230    # a run: seeds, seconds, peak in MiB
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse  # noqa: E402 - after the number of threads is set
import json  # noqa: E402 - after the number of threads is set
import statistics  # noqa: E402 - after the number of threads is set
import subprocess  # noqa: E402 - after the number of threads is set
import sys  # noqa: E402 - after the number of threads is set
import tempfile  # noqa: E402 - after the number of threads is set
import time  # noqa: E402 - after the number of threads is set
import tracemalloc  # noqa: E402 - after the number of threads is set
from collections.abc import Callable  # noqa: E402 - after the number of threads is set
from importlib.util import find_spec  # noqa: E402 - after the number of threads is set
from pathlib import Path  # noqa: E402 - after the number of threads is set
from typing import Any  # noqa: E402 - after the number of threads is set

import numpy as np  # noqa: E402 - after the number of threads is set

import symgate as sg  # noqa: E402 - after the number of threads is set
from symgate import numeric  # noqa: E402 - after the number of threads is set
from symgate.experiments import drawn_network, optimiser, task  # noqa: E402 - after the number of threads is set
from symgate.experiments.networks import BIAS, WEIGHTS  # noqa: E402 - after the number of threads is set
from symgate.numeric.norms import share_computed_whole  # noqa: E402 - after the number of threads is set

HERE = Path(__file__).resolve().parent
N, INPUTS, STEPS, BATCH, PROBE, RATE = 64, 4, 80, 64, 12, 0.01
Work = dict[str, Callable[[], Any]]


def interleaved(work: Work, repeats: int) -> dict[str, dict[str, float]]:
    """Process CPU time of each contender, one call of each in turn, in milliseconds: median and quartiles."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for action in work.values():
        action()
    for _ in range(repeats):
        for name, action in work.items():
            start = time.process_time()
            action()
            taken[name].append(1e3 * (time.process_time() - start))
    rows = {}
    for name, values in taken.items():
        low, _, high = statistics.quantiles(values, n=4)
        rows[name] = {"ms": statistics.median(values), "low": low, "high": high}
    return rows


def training_rows(name: str) -> dict[str, Any]:
    """One iteration: a fresh batch, the gradient, a step of SGD."""
    cell = sg.cell(name)
    network = drawn_network(cell, N, INPUTS, np.random.default_rng(0), {"alpha": 0.8} if name == "leaky" else {})
    trained = [key for key in network.params if key != "alpha"]
    descent, rng, adding = optimiser("sgd", RATE), np.random.default_rng(1), task("adding")

    def ours() -> None:
        _, gradients = network.gradients(adding.draw(rng, STEPS, BATCH, INPUTS), trained)
        descent.step(network.arrays, gradients)

    work: Work = {"symgate": ours}
    if find_spec("torch"):
        work["torch, eager autograd"] = _torch_iteration(name, network.copy().arrays)
    return {"work": f"training iteration, {name}, T {STEPS}, batch {BATCH}, n {N}", "rows": interleaved(work, 25)}


def _torch_iteration(name: str, arrays: dict[str, np.ndarray]) -> Callable[[], None]:
    import torch

    torch.set_num_threads(1)
    w = {key: torch.tensor(value, requires_grad=key != "alpha") for key, value in arrays.items()}
    descent = torch.optim.SGD([value for value in w.values() if value.requires_grad], RATE)
    rng, adding = np.random.default_rng(1), task("adding")

    def iteration() -> None:
        batch = adding.draw(rng, STEPS, BATCH, INPUTS)
        u, x = torch.from_numpy(batch.u), torch.zeros(BATCH, N, dtype=torch.float64)
        drive = u @ w["W_i"].T + w["b"]
        if name == "multi_gate":
            pre = u @ w["V_g"].T + w["b_g"]
        elif name == "scalar_gate":
            pre = (u @ w["v_g"] + w["b_g"])[..., None]
        for t in range(STEPS):
            phi = torch.tanh(x @ w["W_r"].T + drive[:, t])
            if name == "leaky":
                x = (1 - w["alpha"]) * x + w["alpha"] * phi
                continue
            seen = x @ w["W_g"].T if name == "multi_gate" else (x @ w["w_g"])[:, None]
            g = torch.sigmoid(seen + pre[:, t])
            x = (1 - g) * x + g * phi
        loss = ((x @ w[WEIGHTS].T + w[BIAS] - torch.from_numpy(batch.y)) ** 2).mean()
        descent.zero_grad()
        loss.backward()
        descent.step()

    return iteration


def probe_rows(name: str) -> dict[str, Any]:
    """All-pairs spectral norms of the probe, against an SVD of every product; the largest error; peak memory."""
    fixed = {"alpha": 0.8} if name == "leaky" else {}
    network = drawn_network(sg.cell(name), N, INPUTS, np.random.default_rng(0), fixed)
    probe = task("adding").draw(np.random.default_rng(2), STEPS, PROBE, INPUTS)
    J = numeric.jacobians(network.run(probe.u))

    def decomposed() -> np.ndarray:
        found = np.full((PROBE, STEPS + 1, STEPS + 1), np.nan)
        for row, stack in zip(found, J, strict=True):
            products = np.empty_like(stack)
            for t in range(1, STEPS + 1):
                products[: t - 1] = stack[t - 1] @ products[: t - 1]
                products[t - 1] = stack[t - 1]
                row[t, :t] = np.linalg.svd(products[:t], compute_uv=False)[:, 0]
        return found

    t, k = np.tril_indices(STEPS + 1, -1)
    error = np.abs(numeric.sensitivities(J)[:, t, k] / decomposed()[:, t, k] - 1).max()
    tracemalloc.start()
    numeric.sensitivities(J)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "work": f"all-pairs norms, {name}, T {STEPS}, batch {PROBE}, n {N}",
        "rows": interleaved({"symgate": lambda: numeric.sensitivities(J), "batched SVD": decomposed}, 3),
        "largest_relative_error": float(error),
        "peak_MiB": peak / 2**20,
        "share_computed_whole": share_computed_whole(J),
    }


def command_rows() -> list[dict[str, Any]]:
    """Whole commands with ``--quick`` on two workers, from an empty folder."""
    rows = []
    for name in ("profiles", "anisotropy", "truncation"):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "symgate", "experiment", name, "--quick", "--workers", "2"]
            command += ["--out", folder]
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent)
            rows.append({"command": f"symgate experiment {name} --quick", "seconds": time.perf_counter() - start})
    return rows


def noted(run: str, seeds: int, seconds: float, peak: float) -> None:
    """Write down what a run of an experiment took, as its command said; what was there of that run goes."""
    path = HERE / "experiments.json"
    held = json.loads(path.read_text(encoding="utf-8"))
    row = {"run": run, "seeds": seeds, "seconds": seconds, "peak_MiB": peak}
    held["runs"] = [old for old in held.get("runs", []) if old["run"] != run] + [row]
    path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--note", nargs=4, metavar=("RUN", "SEEDS", "SECONDS", "MIB"))
    note = parser.parse_args().note
    if note:
        noted(note[0], int(note[1]), float(note[2]), float(note[3]))
        return
    table = [training_rows(name) for name in ("leaky", "scalar_gate", "multi_gate")]
    table += [probe_rows(name) for name in ("leaky", "scalar_gate", "multi_gate")]
    for entry in table:
        unit = entry["rows"]["symgate"]["ms"]
        print(entry["work"], {name: round(row["ms"] / unit, 2) for name, row in entry["rows"].items()}, flush=True)
    runs = json.loads((HERE / "experiments.json").read_text(encoding="utf-8")).get("runs", [])
    results = {"table": table, "commands": command_rows(), "runs": runs}
    (HERE / "experiments.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
