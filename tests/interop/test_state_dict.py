"""Weights without torch: arrays under its names give the published recurrence."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.interop.weights import BLOCKS
from symgate.numeric.load import lambdify
from tests.reference import REFERENCE
from tests.reference.common import sigma

N, M = 4, 3


def arrays(kind: str, *, bias: bool = True) -> dict[str, np.ndarray]:
    rng, rows = np.random.default_rng(1), len(BLOCKS[kind]) * N
    found = {"weight_ih_l0": rng.standard_normal((rows, M)), "weight_hh_l0": rng.standard_normal((rows, N))}
    if bias:
        found |= {"bias_ih_l0": rng.standard_normal(rows), "bias_hh_l0": rng.standard_normal(rows)}
    return found


@pytest.mark.parametrize("bias", [True, False])
def test_gru_by_hand(bias: bool) -> None:
    """The equations of torch.nn.GRU on the stacked arrays themselves."""
    given = arrays("gru", bias=bias)
    cell, params = sg.interop.from_torch_state_dict(given, "gru")
    rng = np.random.default_rng(2)
    x, u = rng.standard_normal(N), rng.standard_normal(M)
    zero = np.zeros(3 * N)
    i = np.split(given["weight_ih_l0"] @ u + given.get("bias_ih_l0", zero), 3)
    h = np.split(given["weight_hh_l0"] @ x + given.get("bias_hh_l0", zero), 3)
    r, z = sigma(i[0] + h[0]), sigma(i[1] + h[1])
    n = np.tanh(i[2] + r * h[2])

    assert_allclose(lambdify(cell)(x=x, u=u, **params), (1 - z) * n + z * x, rtol=1e-13)


@pytest.mark.parametrize("kind", BLOCKS)
def test_parameters_are_those_of_the_cell(kind: str) -> None:
    cell, params = sg.interop.from_torch_state_dict(arrays(kind), kind)
    point = {name: np.ones(N) for name in ("x", "h", "c") if name in cell.symbols} | {"u": np.ones(M)}

    after = REFERENCE[cell.name](**point, **params)
    stepped = lambdify(cell)(**point, **params)

    assert {*params, *point} == set(cell.symbols)
    wanted = list(after.values()) if isinstance(after, dict) else after
    assert_allclose(np.array(stepped), np.array(wanted), rtol=1e-12)


def test_relu_layers() -> None:
    cell, _ = sg.interop.from_torch_state_dict(arrays("rnn"), "rnn", phi="relu")
    assert cell == sg.cell("plain", phi="relu")
