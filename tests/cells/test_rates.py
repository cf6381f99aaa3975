"""Leaks, effective learning rates and diagonals of the gated cells, against numbers from the published recurrences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import LIBRARY, gates_depend_on_state, state_free
from symgate.derive.diagonal_vectors import diagonal
from symgate.records import Cell, add_up
from tests.oracles import complex_step, draw_point, environment, evaluate, sizes_of
from tests.reference import REFERENCE

#: The name of the gate and whether it retains, or what is retained.
LEAKS = {
    "gru": lambda g: g["z"],
    "gru_original": lambda g: 1 - g["z"],
    "mgu": lambda g: 1 - g["f"],
    "janet": lambda g: g["f"],
    "ugrnn": lambda g: g["g"],
    "fastgrnn": lambda g: g["z"],
    "multi_gate_norm": lambda g: 1 - g["g"],
    "mingru": lambda g: 1 - g["z"],
    "minlstm": lambda g: g["f"],
    "rg_lru": lambda g: g["a"],
    "ssm": lambda g: g["d"],
}
WITH_REST = [name for name in LEAKS if name not in {"mingru", "minlstm", "rg_lru", "ssm"}]
GATED = [cell for cell in LIBRARY if cell.name in LEAKS]


def reading(cell: Cell) -> tuple[dict, dict, dict[str, np.ndarray]]:
    """Sizes, values by symbol, and the point."""
    sizes = sizes_of(cell, n=5, m=3)
    point = draw_point(cell, n=5, m=3, seed=6)
    values = environment(cell, point, sizes)
    return sizes, values, point


@pytest.mark.parametrize("cell", GATED, ids=lambda cell: cell.name)
def test_the_retention_is_the_leak_of_the_convention(cell: Cell) -> None:
    """leak = z or 1 - z or f, and what the state itself passes on when everything else is held."""
    sizes, values, _ = reading(cell)
    gates = {item.symbol.name: values[item.symbol] for item in cell.assignments}

    found = evaluate(sg.jacobian(cell).terms["retention"], values, sizes)

    assert_allclose(found, np.diag(LEAKS[cell.name](gates)[:, 0]), rtol=1e-14)


@pytest.mark.parametrize("name", WITH_REST)
def test_the_diagonal_of_the_rest_is_the_true_one(name: str) -> None:
    """r = diag(J) - leak; for U diag(v) W it is a sum over k and not its k = i term."""
    cell = sg.cell(name)
    sizes, values, point = reading(cell)
    J = sg.jacobian(cell)
    rest = diagonal(add_up([term for key, term in J.named_terms if key != "retention"]))
    true = complex_step(cell, point, "x", sizes)
    leak = evaluate(J.terms["retention"], values, sizes)

    assert_allclose(evaluate(rest, values, sizes)[:, 0], np.diag(true - leak), rtol=1e-12, atol=1e-14)


def test_the_reset_gate_keeps_the_whole_sum() -> None:
    """The k = i term alone, a slip seen in print, is another number."""
    cell = sg.cell("gru_original")
    sizes, values, point = reading(cell)
    names = {item.symbol.name: values[item.symbol][:, 0] for item in cell.assignments}
    z, a, r = (names[name] for name in "zar")
    slope = z * (1 - np.tanh(a) ** 2)
    inner = point["x"] * r * (1 - r)
    gate = (np.tanh(a) - point["x"]) * z * (1 - z) * np.diag(point["U_z"])
    whole = slope * ((point["U_c"] * point["U_r"].T) @ inner + np.diag(point["U_c"]) * r) + gate
    short = slope * (np.diag(point["U_c"]) * inner * np.diag(point["U_r"]) + np.diag(point["U_c"]) * r) + gate
    true = np.diag(complex_step(cell, point, "x", sizes)) - (1 - z)

    assert_allclose(whole, true, rtol=1e-12, atol=1e-14)
    assert np.max(np.abs(short - true)) > 5e-3


@pytest.mark.parametrize("name", WITH_REST)
def test_learning_rates_are_proved(name: str) -> None:
    sg.verify(sg.effective_learning_rate(sg.cell(name))).require()


def test_which_gates_see_the_state() -> None:
    free = {cell.name for cell in LIBRARY if not gates_depend_on_state(cell)}

    assert free == {
        *("plain", "leaky", "unit_leak", "leaky_norm", "indrnn", "cornn"),
        *("mingru", "minlstm", "rg_lru", "ssm", "s6", "qrnn", "lru"),
        *("dale", "esn", "hgrn", "low_rank", "stp"),
    }
    assert state_free(sg.cell("qrnn")) == ("a_f", "f", "a_o", "o", "a")
    assert state_free(sg.cell("gru")) == ()


@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_gates_that_do_not_see_the_state_leave_no_gate_term(cell: Cell) -> None:
    """What the function says is what the derivative shows, and what the published recurrence does."""
    roles = {item.role for item in cell.assignments} - {"drive", "cell"}
    terms = {name for of in cell.states for by in cell.states for name in sg.jacobian(cell, by.name, of.name).terms}

    assert gates_depend_on_state(cell) == bool(terms & roles)


@pytest.mark.parametrize("name", ["mingru", "minlstm", "rg_lru", "ssm"])
def test_where_the_jacobian_is_its_retention_the_product_is_exact(name: str) -> None:
    """Five steps of the published recurrence: dx_5/dx_0 is the product of the leaks, to rounding."""
    cell = sg.cell(name)
    rng = np.random.default_rng(8)
    sizes, _, point = reading(cell)
    steps = [rng.standard_normal(point["u"].shape) for _ in range(5)]
    leak = sg.lambdify(sg.jacobian(cell))
    x, product = point["x"].astype(complex) + 1e-30j * rng.standard_normal(5), np.eye(5)
    start = x.imag.copy()
    for u in steps:
        product = leak(**{**point, "x": x.real, "u": u}) @ product
        x = REFERENCE[name](**{**point, "x": x, "u": u})

    assert sizes
    assert list(sg.jacobian(cell).terms) == ["retention"]
    assert_allclose(product @ start, x.imag, rtol=1e-12)


def test_the_coupled_lstm_with_an_open_output_is_the_multi_gate() -> None:
    """o = 1 and no tanh: h is c, and the sum of the blocks that lead into h is the multi gate's Jacobian."""
    coupled, gated = sg.cell("lstm_coupled", psi="identity"), sg.cell("multi_gate")
    p = draw_point(gated, n=4, m=2, seed=9)
    zero, names = np.zeros_like, {"W_r": "U_g", "W_i": "W_g", "b": "b_g", "W_g": "U_f", "V_g": "W_f", "b_g": "b_f"}
    own = {other: (-1 if other.endswith("_f") else 1) * p[name] for name, other in names.items()}
    own |= {"W_o": zero(p["V_g"]), "U_o": zero(p["W_g"]), "b_o": np.full(4, 50.0)}
    values = {**own, "u": p["u"], "h": p["x"], "c": p["x"]}

    h, c = sg.lambdify(coupled)(**values)
    wanted = sg.lambdify(gated)(**p)
    assert_allclose(h, wanted, rtol=1e-13)
    assert_allclose(c, wanted, rtol=1e-13)
    blocks = [sg.lambdify(sg.jacobian(coupled, wrt=by, of=of))(**values) for of in "hc" for by in "hc"]
    J = sg.lambdify(sg.jacobian(gated))(**p)
    assert_allclose(blocks[0] + blocks[1], J, rtol=1e-12, atol=1e-14)
    assert_allclose(blocks[2] + blocks[3], J, rtol=1e-12, atol=1e-14)


def test_the_layer_norm_is_torchs_and_its_jacobian_is_the_formula() -> None:
    """K = diag(gamma/s) (I - 11'/n - q q'/n); leaving it out is no small error."""
    cell = sg.cell("leaky_norm")
    sizes, values, p = reading(cell)
    names = {item.symbol.name: np.ravel(values[item.symbol]) for item in cell.assignments}
    n, s, q = 5, names["a_s"], names["a_q"]
    K = (p["gamma_a"] / s)[:, None] * (np.eye(n) - np.ones((n, n)) / n - np.outer(q, q) / n)
    wanted = p["alpha"] * (1 - np.tanh(names["a"]) ** 2)[:, None] * (K @ p["W_r"])
    without = p["alpha"] * (1 - np.tanh(names["a"]) ** 2)[:, None] * p["W_r"]

    drive = evaluate(sg.jacobian(cell).terms["drive"], values, sizes)

    assert_allclose(drive, wanted, rtol=1e-12, atol=1e-14)
    assert np.max(np.abs(drive - without)) > 0.05
    torch = pytest.importorskip("torch")
    normed = torch.nn.functional.layer_norm(
        torch.tensor(names["a_p"]), (n,), torch.tensor(p["gamma_a"]), torch.tensor(p["b"])
    )
    assert_allclose(names["a"], normed.numpy(), rtol=1e-13)
