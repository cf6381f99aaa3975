"""Values for the figures: what a name means holds for the library's own cells alone."""

from __future__ import annotations

import numpy as np
import pytest

import symgate as sg
from symgate.language import tanh
from symgate.report.demonstrations import draw_parameters
from symgate.report.samples import parameters, signal, sizes_of

SUSPECT = ("C", "k", "k_h", "k_c", "s", "alpha", "dt", "delta", "tau", "gamma")


def matrix_cell(name: str) -> sg.Cell:
    """A plain network that has the name of one of ours, and whose recurrent weights have a given name."""
    c = sg.CellBuilder("dale")
    x, u = c.state("x", "n"), c.input("u", "m")
    W, V = c.matrix(name, "n", "n"), c.matrix("V_in", "n", "m")
    c.next(x, tanh(W @ x + V @ u))
    return c.build()


@pytest.mark.parametrize("name", SUSPECT)
def test_a_matrix_of_a_users_cell_has_the_values_of_a_weight(name: str) -> None:
    """Also in a cell that has the name of one of ours."""
    cell = matrix_cell(name)
    for drawn in (
        draw_parameters(cell, np.random.default_rng(3)),
        parameters(cell, sizes_of(cell, 24, 4), np.random.default_rng(3)),
    ):
        values = np.asarray(drawn[name])
        assert len(np.unique(values)) == values.size
        assert values.min() < 0 < values.max()


def test_masks_and_signs_of_the_librarys_cells_stay_what_they_are() -> None:
    """With layer normalisation too."""
    dale = sg.cell("dale")
    drawn = parameters(dale, sizes_of(dale, 24, 4), np.random.default_rng(3))
    assert set(np.unique(drawn["C"])) == {0.0, 1.0}
    assert set(np.unique(drawn["s"])) == {-1.0, 1.0}
    normalised = sg.cell("rg_lru", layer_norm=True)
    drawn = parameters(normalised, sizes_of(normalised, 24, 4), np.random.default_rng(3))
    assert set(np.unique(drawn["s"])) == {-1.0, 1.0}
    zoneout = sg.cell("lstm_zoneout")
    masks = [item for item in zoneout.inputs if item.name == "k_h"]
    drawn = signal(zoneout, masks[0], 50, sizes_of(zoneout, 24, 4), np.random.default_rng(3))
    assert set(np.unique(drawn)) == {0.0, 1.0}
