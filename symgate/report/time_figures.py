"""The figures on many steps: numbers from ``demonstrations`` and ``continuous``, drawn by ``symgate.plots``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from symgate import plots
from symgate.cells import cell as built_in
from symgate.errors import DefinitionError
from symgate.records import Cell
from symgate.report import continuous, demonstrations
from symgate.report.figures import Drawn

#: Schedules that are shown, with their names in words.
SCHEDULES = {"warm_up": "warm-up", "cosine": "cosine", "step": "step"}


def draw_time_figures(
    folder: Path, executor: Executor | None = None, shown: Cell | None = None
) -> Callable[[], list[Drawn]]:
    """Begin to draw every figure on many steps into ``folder``; the function returned waits for them.

    Expansions and rates are those of the cell ``shown``, where its Jacobian has what they need; the others are those of
    the cells that the analogies are about.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawings: list[Callable[[Path], Drawn | None]] = [*_DRAWINGS]
    if shown is not None:
        drawings = [*(partial(draw, shown) for draw in OF_CELL), *drawings]
    if executor is None:
        drawn = [draw(folder) for draw in drawings]
        return lambda: [item for item in drawn if item]
    begun = [executor.submit(draw, folder) for draw in drawings]
    return lambda: [item for future in begun if (item := future.result())]


def _expansion(cell: Cell, folder: Path) -> Drawn | None:
    keep = next((name for name in ("gate", "retention") if demonstrations.splits_by(cell, name)), None)
    path = demonstrations.path_of(cell)
    if keep is None or path is None:
        return None
    found = demonstrations.expansion_errors(path, keep)
    if not all((sizes > 0).all() for sizes in found[1].values()):  # the split leaves nothing here
        return None
    plots.save(plots.expansion_error(*found), folder, "expansion")
    slopes = ", ".join(f"{slope:.2f}" for slope in found[3].values())
    return Drawn(
        "expansion",
        "Expansions and their remainder",
        f"The {keep} split of {cell.name} over 12 steps ({demonstrations.UNITS} units, weights drawn from one seed), "
        "$J = A + \\epsilon B$: the "
        "spectral norm of what the expansion to order $p$ leaves out (marks) and its bound with outward rounding "
        f"(dashed), an inequality up to $\\epsilon = 1$. Slopes for small $\\epsilon$: {slopes}.",
    )


def _rates(cell: Cell, folder: Path) -> Drawn | None:
    path = demonstrations.path_of(cell)
    if path is None or not demonstrations.splits_by(cell, "retention"):
        return None
    try:
        profile = demonstrations.learning_rate_profile(path)
    except DefinitionError:  # what is retained couples the states, so that there is no rate per unit
        return None
    if not all(any((values > 0).any() for values in panel.values()) for panel in profile[1:]):  # nothing is retained
        return None
    plots.save(plots.learning_rates(*profile), folder, "rates")
    return Drawn(
        "rates",
        "Effective learning rates by lag",
        f"{cell.name} on noise, medians over $t$. Left: the zeroth order of three units, exact for "
        "that order. Middle: the "
        "sensitivity and its approximations. Right: relative error of three proxies for the diagonal of the transport; "
        "none is that diagonal, and the product of the diagonals is not the diagonal of the product.",
    )


def _schedule(folder: Path) -> Drawn:
    found = {word: demonstrations.scheduled(name) for name, word in SCHEDULES.items()}
    plots.save(plots.schedule(*({name: part[place] for name, part in found.items()} for place in range(4))), folder,
               "schedule")  # fmt: skip
    return Drawn(
        "schedule",
        "Gates as a learning-rate schedule",
        "Scalar gate on a trajectory of 40 steps whose gates are those that the derivation names for each schedule. "
        "The gate products are the schedule exactly (zeroth order); the transport itself also has the drive in it.",
    )


def _momentum(folder: Path) -> Drawn:
    path = demonstrations.gated_trajectory(built_in("multi_gate"))
    plots.save(plots.momentum(*demonstrations.momentum_paths(path)), folder, "momentum")
    return Drawn(
        "momentum",
        "The adjoint as a heavy ball",
        "Multi gate, loss the sum of $|\\mathbf{x}_t|^2/2$. Left: one component of the adjoint, of a "
        "heavy ball with momentum "
        "$1 - g$ run backward in time, and with the first-order correction. Right: what each leaves out, relative to "
        "the adjoint; the order $p$ is exact up to $p$ steps back.",
    )


def _adam(folder: Path) -> Drawn:
    plots.save(plots.adam(*demonstrations.adam_diagonals()), folder, "adam")
    return Drawn(
        "adam",
        "Diagonals of Adam and of gates",
        "Left: Adam's $1/(\\sqrt{v} + \\epsilon)$ on the bias of a multi gate, and the gate products at "
        "two lags, each divided "
        "by its largest entry: the gates' depend on the lag and come from the state. Middle: constant gates that "
        "realise Adam's diagonal at these lags. Right: the first order of the transport at lag 4, mostly off the "
        "diagonal.",
    )


def _local_errors(folder: Path) -> Drawn:
    plots.save(plots.local_errors(*continuous.step_errors()), folder, "local_errors")
    return Drawn(
        "local_errors",
        "From continuous time to gates",
        "Left: the error of one step of $\\tau\\,dx/ds = -x + \\tanh(Wx + b)$, 6 units with time "
        "constants from 0.5 to 2, and "
        "the leading term that was derived for it. Right: the time constant, in steps, that a gate value stands for.",
    )


#: Figures of a cell of the report: None where it has not what they need.
OF_CELL: tuple[Callable[[Cell, Path], Drawn | None], ...] = (_expansion, _rates)
_DRAWINGS: tuple[Callable[[Path], Drawn], ...] = (_schedule, _momentum, _adam, _local_errors)
