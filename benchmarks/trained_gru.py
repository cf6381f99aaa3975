"""Train a small torch GRU to recall its first input, then take it apart: Jacobians, rates, spectra.

python benchmarks/trained_gru.py    # writes benchmarks/trained_gru.json and two figures under docs/_static
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import symgate as sg
from symgate import plots

ROOT = Path(__file__).resolve().parents[1]
STEPS, UNITS, BATCH = 20, 16, 64


def trained(iterations: int) -> tuple[torch.nn.GRU, torch.nn.GRU, list[float]]:
    """The network before and after training, and the loss at each iteration."""
    torch.manual_seed(0)
    model, read = torch.nn.GRU(1, UNITS).double(), torch.nn.Linear(UNITS, 1).double()
    fresh = torch.nn.GRU(1, UNITS).double()
    fresh.load_state_dict(model.state_dict())
    optimiser = torch.optim.Adam([*model.parameters(), *read.parameters()], 1e-2)
    losses = []
    for _ in range(iterations):
        u = torch.rand(STEPS, BATCH, 1, dtype=torch.float64)
        states, _ = model(u)
        loss = ((read(states[-1]) - u[0]) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return fresh, model, losses


def taken_apart(model: torch.nn.GRU) -> dict[str, np.ndarray]:
    """Along fresh inputs: rates per unit and sensitivities by lag from the last step, spectra of every J_t."""
    cell, params = sg.interop.from_torch(model)
    u = np.random.default_rng(1).random((BATCH, STEPS, 1))
    path = sg.numeric.rollout(cell, params, u, np.zeros(UNITS))
    rates = sg.numeric.effective_learning_rates(path)
    J = sg.numeric.jacobians(path)
    return {
        "zeroth": rates.zeroth[:, -1].mean(axis=0),  # (lag, unit), lags 0 .. STEPS at t = STEPS
        "true": rates.diagonal_of_product[:, -1].mean(axis=0),
        "first": rates.first_order[:, -1].mean(axis=0),
        "norm": sg.numeric.sensitivities(J)[:, STEPS, ::-1].mean(axis=0),  # (lag,)
        "eigenvalues": np.linalg.eigvals(J[0]),
        "singular": np.linalg.svd(J[0], compute_uv=False),
    }


def summary(losses: list[float], before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> dict[str, float]:
    """The numbers that the page prints."""

    def kept(found: dict[str, np.ndarray], place: int) -> float:
        return float(np.sort(found["zeroth"][STEPS])[place])

    return {
        "loss at first": losses[0],
        "loss at last": float(np.mean(losses[-20:])),
        "variance of the target": 1 / 12,
        "kept over all steps, slowest unit, untrained": kept(before, -1),
        "kept over all steps, slowest unit, trained": kept(after, -1),
        "kept over all steps, median unit, trained": kept(after, UNITS // 2),
        "sensitivity over all steps, untrained": float(before["norm"][STEPS]),
        "sensitivity over all steps, trained": float(after["norm"][STEPS]),
    }


def figures(before: dict[str, np.ndarray], after: dict[str, np.ndarray], folder: Path) -> None:
    """Rates by lag before and after training; the spectrum of the trained network along one sequence."""
    lags = np.arange(1, STEPS + 1)
    slow = int(np.argmax(after["zeroth"][STEPS]))
    rates = {
        "slowest unit, trained": after["zeroth"][1:, slow],
        "median, trained": np.median(after["zeroth"][1:], axis=1),
        "same unit, untrained": before["zeroth"][1:, slow],
    }
    norms = {"trained": after["norm"][1:], "untrained": before["norm"][1:]}
    own = after["true"][1:, slow]
    errors = {
        "order 0": np.abs(after["zeroth"][1:, slow] / own - 1),
        "order 0 and 1": np.abs(after["first"][1:, slow] / own - 1),
    }
    drawn = plots.learning_rates(lags, rates, norms, errors)
    (folder / "trained_gru_rates.svg").write_text(plots.svg(drawn), encoding="utf-8")
    spectrum = plots.jacobian_spectrum(after["eigenvalues"], after["singular"])
    (folder / "trained_gru_spectrum.svg").write_text(plots.svg(spectrum), encoding="utf-8")


def main() -> None:
    """Train, take apart, write and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--iterations", type=int, default=600)
    parser.add_argument("--out", type=Path, help="a folder for the numbers and figures, in place of the repository")
    asked = parser.parse_args()
    fresh, model, losses = trained(asked.iterations)
    before, after = taken_apart(fresh), taken_apart(model)
    numbers = summary(losses, before, after) | {"torch": torch.__version__, "iterations": asked.iterations}
    figures(before, after, asked.out or ROOT / "docs" / "_static")
    written = (asked.out or ROOT / "benchmarks") / "trained_gru.json"
    written.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    print("\n".join(f"{name}: {value}" for name, value in numbers.items()))


if __name__ == "__main__":
    main()
