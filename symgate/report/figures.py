"""What the figures of the report show: computed here on real trajectories, drawn by ``symgate.plots``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from symgate import plots
from symgate.cells import cell as built_in
from symgate.derive import jacobian
from symgate.numeric import Trajectory, jacobian_terms, jacobians, rollout
from symgate.records import Cell
from symgate.report.gather import Progress
from symgate.report.timing import closed_form_times, expansion_times

Array = NDArray[Any]

UNITS, INPUTS, STEPS, SEED = 24, 3, 60, 20250812

#: Steps after which the initial state no longer shows.
FORGOTTEN = 15

#: Sizes of the timing figure, and the seconds that the entry by entry expansion may take.
SIZES, EXPANDED_SIZES, BUDGET = (2, 4, 8, 16, 32, 64, 128, 256), (2, 4, 8, 16, 32, 64), 5.0

#: Figures that do not take the whole width.
NARROW = {"times", "expansion"}


@dataclass(frozen=True)
class Drawn:
    """A figure in the folder: the stem of its files (pdf, svg, png) and what it shows, in words."""

    stem: str
    title: str
    caption: str


def draw_figures(
    cells: Sequence[Cell], folder: Path, progress: Progress | None = None, *, timings: bool = False
) -> list[Drawn]:
    """Draw every figure of the report into ``folder`` and say what each shows.

    The figure of ``timings`` is the only one that depends on the machine and its load.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawings = [partial(_draw_terms, shown_cell(cells)), partial(_draw_spectra, cells)]
    if timings:  # first, on free cores
        drawings.insert(0, partial(_draw_times, built_in("multi_gate")))
    advance = progress("figures", len(drawings)) if progress else lambda _: None
    drawn = []
    for draw in drawings:
        drawn.append(draw(folder))
        advance(drawn[-1].stem)
    return [*drawn[1:], drawn[0]] if timings else drawn


def shown_cell(cells: Sequence[Cell]) -> Cell:
    """The cell whose terms are drawn: the first with one state and several terms in its Jacobian, best with a gate.

    With no cell of that kind among them it is the multi gate.
    """
    several = [cell for cell in cells if len(cell.states) == 1 and len(jacobian(cell).terms) > 1]
    best = sorted(several, key=lambda cell: ("retention" not in jacobian(cell).terms, -len(jacobian(cell).terms)))
    return best[0] if best else built_in("multi_gate")


def sample_trajectory(cell: Cell, seed: int = SEED) -> Trajectory:
    """The cell with random weights on oscillating inputs with noise, from a random state.

    Weight matrices are normal, scaled by 1.6 / sqrt(columns); other vectors and numbers are normal times 0.3,
    save a leak alpha, which is uniform in (0.1, 0.9).
    """
    rng = np.random.default_rng(seed)
    sizes = dict(zip(cell.dimensions, (UNITS, INPUTS), strict=False))
    parameters = {str(symbol.name): _draw(symbol, sizes, rng) for symbol in cell.parameters}
    width = int(cell.inputs[0].shape[0].subs(sizes)) if cell.inputs else INPUTS
    phase = rng.uniform(0, 2 * np.pi, width)
    time = np.arange(1, STEPS + 1)[:, None]
    u = 1.5 * np.sin(2 * np.pi * time / np.resize([7, 12, 20], width) + phase) + 0.3 * rng.normal(size=(STEPS, width))
    return rollout(cell, parameters, u, x0=rng.normal(size=UNITS * len(cell.states)))


def _draw(symbol: Any, sizes: dict[sympy.Symbol, int], rng: np.random.Generator) -> Array:
    shape = tuple(int(size.subs(sizes)) for size in getattr(symbol, "shape", ()))
    core = shape[:1] if shape and shape[1] == 1 else shape
    if symbol.name == "alpha":
        return rng.uniform(0.1, 0.9, size=core)
    return rng.normal(size=core) * (0.3 if len(core) < 2 else 1.6 / np.sqrt(core[1]))


def _draw_terms(cell: Cell, folder: Path) -> Drawn:
    trajectory = sample_trajectory(cell)
    terms = {**jacobian_terms(trajectory), "sum": jacobians(trajectory)}
    norms = {name: np.linalg.norm(value, 2, axis=(-2, -1)) for name, value in terms.items()}
    indirect = np.min([norms[name] for name in terms if name not in {"retention", "sum"}], axis=0)
    step = FORGOTTEN + int(np.argmax(indirect[FORGOTTEN:]))  # where no term but the retention is small
    plots.save(
        plots.jacobian_terms({name: value[step] for name, value in terms.items()}, norms, step + 1), folder, "terms"
    )
    return Drawn(
        "terms",
        "The Jacobian, term by term",
        f"State Jacobian of {cell.name} ($n = {UNITS}$ units, $\\tanh$) on a trajectory of {STEPS} steps "
        f"with random weights "
        f"and oscillating inputs. Above: its named terms and their sum at step {step + 1}, on one colour scale that "
        "ends at the largest entry off the diagonal. Below: the spectral norm of each along the trajectory.",
    )


def _draw_spectra(cells: Sequence[Cell], folder: Path) -> Drawn:
    found = {cell.name: np.linalg.eigvals(jacobians(sample_trajectory(cell))) for cell in cells}
    plots.save(plots.spectra(found), folder, "spectra")
    radius = ", ".join(f"{name} {np.abs(values).max():.2f}" for name, values in found.items())
    return Drawn(
        "spectra",
        "Spectra along a trajectory",
        f"Eigenvalues of the state Jacobian at each of {STEPS} steps ($n = {UNITS}$, $\\tanh$, weights "
        f"drawn from one seed), "
        f"with the unit circle. Largest modulus: {radius}.",
    )


def _draw_times(cell: Cell, folder: Path) -> Drawn:
    closed = closed_form_times(cell, SIZES)
    expanded, note = expansion_times(EXPANDED_SIZES, BUDGET)
    series = {"closed form (symgate)": closed, "written-out entries (SymPy Matrix.jacobian)": expanded}
    plots.save(plots.derivation_times(series, note), folder, "times")
    n, seconds = expanded[-1]
    return Drawn(
        "times",
        "Derivation time against size",
        f"Seconds to derive the state Jacobian of {cell.name}, in one process on the machine that wrote this report. "
        f"The closed form takes {1e3 * closed[-1][1]:.1f} ms for every $n$, and one derivation with a "
        f"symbolic $n$ serves "
        f"all; writing out the entries ($\\tanh$, 2 inputs) takes {seconds:.1f} s at $n = {n}$ and grows like $n^3$.",
    )
