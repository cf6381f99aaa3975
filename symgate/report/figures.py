"""What the figures of the report show: computed here on real trajectories, drawn by ``symgate.plots``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symgate import plots
from symgate.cells import cell as built_in
from symgate.derive.states import term_names
from symgate.numeric import Trajectory, jacobian_terms, jacobians
from symgate.records import Cell
from symgate.report.gather import Progress
from symgate.report.samples import trajectory
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
    shown = shown_cell(cells)
    drawings: list[Callable[[Path], Drawn | None]] = [partial(_draw_terms, shown)] if shown else []
    drawings.append(partial(_draw_spectra, cells))
    if timings:  # first, on free cores
        drawings.insert(0, partial(_draw_times, built_in("multi_gate")))
    advance = progress("figures", len(drawings)) if progress else lambda _: None
    drawn = []
    for draw in drawings:
        drawn.append(draw(folder))
        advance(drawn[-1].stem if drawn[-1] else "nothing to draw")
    return [item for item in ([*drawn[1:], drawn[0]] if timings else drawn) if item]


def shown_cell(cells: Sequence[Cell]) -> Cell | None:
    """The cell whose terms, rates and expansions are drawn: with several terms in its Jacobian, best one state.

    None where no cell has several.
    """
    several = [cell for cell in cells if not cell.matrix_states and len(term_names(cell)) > 1]
    return min(several, key=_rank, default=None)


def _rank(cell: Cell) -> tuple[bool, bool, int, int]:
    names = term_names(cell)
    matrices = sum(1 not in symbol.shape for symbol in cell.parameters if hasattr(symbol, "shape"))
    return "retention" not in names, len(cell.states) > 1, -len(names), -matrices


def sample_trajectory(cell: Cell, seed: int = SEED) -> Trajectory | None:
    """The cell with random weights on oscillating inputs with noise; None where it has matrix states, or diverges."""
    return trajectory(cell, UNITS, INPUTS, STEPS, seed)


def _draw_terms(cell: Cell, folder: Path) -> Drawn | None:
    path = sample_trajectory(cell)
    if path is None:
        return None
    terms = {**jacobian_terms(path), "sum": jacobians(path)}
    norms = {name: np.linalg.norm(value, 2, axis=(-2, -1)) for name, value in terms.items()}
    beside = [norms[name] for name in terms if name not in {"retention", "sum"}] or [norms["sum"]]
    indirect = np.min(beside, axis=0)
    step = FORGOTTEN + int(np.argmax(indirect[FORGOTTEN:]))  # where no term but the retention is small
    plots.save(
        plots.jacobian_terms({name: value[step] for name, value in terms.items()}, norms, step + 1), folder, "terms"
    )
    return Drawn(
        "terms",
        "The Jacobian, term by term",
        f"State Jacobian of {cell.name} ($n = {UNITS}$ units{_order(cell)}) on a trajectory of {STEPS} steps "
        f"with random weights "
        f"and oscillating inputs. Above: its named terms and their sum at step {step + 1}, on one colour scale that "
        "ends at the largest entry off the diagonal. Below: the spectral norm of each along the trajectory.",
    )


def _order(cell: Cell) -> str:
    """In which order the states of a cell stand in its Jacobian, where it has several."""
    return f"; states {', '.join(state.name for state in cell.states)} in this order" if len(cell.states) > 1 else ""


def _draw_spectra(cells: Sequence[Cell], folder: Path) -> Drawn | None:
    paths = {cell.name: sample_trajectory(cell) for cell in cells}
    found = {name: np.linalg.eigvals(jacobians(path)) for name, path in paths.items() if path is not None}
    if not found:
        return None
    plots.save(plots.spectra(found), folder, "spectra")
    radius = ", ".join(f"{name} {np.abs(values).max():.2f}" for name, values in found.items())
    return Drawn(
        "spectra",
        "Spectra along a trajectory",
        f"Eigenvalues of the state Jacobian at each of {STEPS} steps ($n = {UNITS}$, weights "
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
