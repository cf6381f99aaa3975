"""Forward in time, by lag, along the diagonal and as momentum: what matrix states have as vectors have it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import MATRIX
from symgate.derive.tangents import tangent
from symgate.errors import DefinitionError
from symgate.language import CellBuilder, sigma
from symgate.numeric import lyapunov, rollout
from symgate.proof.certificate import Verdict
from symgate.proof.sequences.slips import sequence_slips
from symgate.records import Cell
from tests.matrix_cells import MATRIX_CELLS
from tests.reference.matrix import MATRIX_REFERENCE

SIZES = {"n": 4, "d": 3, "m": 3, "p": 3, "r": 2, "s": 1}
BY_PARAMETER = ("influence:{}", "lag:{}", "truncation:{}:retention:0", "truncation:{}:diagonal:0")
OF_CELL = ("split:diagonal", "expansion:diagonal:0", "remainder:diagonal:1", "rest:diagonal:1")
EVERY = [
    (cell.name, name.format(parameter.name))
    for cell in MATRIX
    for parameter in cell.parameters
    for name in BY_PARAMETER
] + [(cell.name, name) for cell in MATRIX for name in OF_CELL]
EVERY += [(name, "expansion:diagonal:1") for name in ("hgrn2", "delta_net", "gated_delta_net")]
EVERY += [(name, "analogy:momentum") for name in ("fast_weights", "linear_attention", "hgrn2", "rwkv6")]
EVERY += [(name, "truncation:W_v:diagonal:1") for name in ("delta_net", "gated_delta_net")]


@pytest.mark.sweep(8)
@pytest.mark.parametrize(("cell", "name"), EVERY)
def test_it_is_proved_and_printed(cell: str, name: str) -> None:
    derived = sg.result(cell, name)
    certificate = sg.verify(derived)

    assert certificate.verdict is Verdict.PROVED, certificate.statement
    assert sg.text(derived)
    assert sg.latex(derived)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("cell", MATRIX_CELLS[:2], ids=lambda cell: cell.name)
@pytest.mark.parametrize("name", ["influence:W_v", "lag:W_k", "split:diagonal"])
def test_of_cells_that_are_written_for_the_tests(cell: Cell, name: str) -> None:
    assert sg.verify(sg.result(cell, name)).proved


QUICK = [("delta_net", "split:diagonal"), ("hgrn2", "analogy:momentum")]
SLOW = [
    ("delta_net", "influence:w_b"),
    ("delta_net", "lag:w_b"),
    ("mlstm", "lag:w_i"),
    ("delta_net", "expansion:diagonal:1"),
]
#: Slips that change no value, or that reach for what has no meaning: the same as for vectors.
ALLOWED = {
    ("one_step_too_many", "claim forward"),
    ("one_step_beyond", "claim forward"),
    ("one_step_beyond", "claim backward"),
    ("one_step_beyond", "claim all"),
    ("reversed_order", "claim frechet"),
}


@pytest.mark.parametrize(("cell", "name"), [*QUICK, *(pytest.param(*case, marks=pytest.mark.full) for case in SLOW)])
def test_slips_are_refuted(cell: str, name: str) -> None:
    every = list(sequence_slips(sg.result(cell, name)))
    left = {(slip.kind, slip.place) for slip in every if sg.verify(slip.derivation).verdict is not Verdict.REFUTED}

    assert len(every) > 3
    assert left <= ALLOWED


def test_where_there_is_no_rate_it_says_what_there_is() -> None:
    for name in ("rate:retention", "preconditioner", "analogy:momentum", "analogy:schedule", "analogy:adam"):
        with pytest.raises(DefinitionError, match=r"is not diagonal.*kronecker\(cell\), for many steps.*'diagonal'"):
            sg.result("delta_net", name)


def drawn(cell: Cell, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {name: getattr(symbol, "shape", ()) for name, symbol in cell.symbols.items()}
    return {
        name: 0.7 * rng.standard_normal([SIZES[str(size)] for size in shape if size != 1])
        for name, shape in shapes.items()
    }


@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_the_tangent_is_the_directional_derivative(cell: Cell) -> None:
    """By complex step of the recurrence typed from the paper."""
    double, count = tangent(cell), len(cell.states)
    point = drawn(double)
    moved = {name: point[name] + 1e-30j * point.get(f"{name}_dot", 0) for name in cell.symbols}
    wanted = MATRIX_REFERENCE[cell.name](np, **moved)

    for state, value in zip(cell.states, sg.lambdify(double)(**point)[count:], strict=True):
        assert_allclose(value, wanted[state.name].imag / 1e-30, rtol=1e-11, atol=1e-13)


@pytest.mark.sweep(3)
@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
def test_curvatures_are_proved(cell: Cell) -> None:
    for name in cell.symbols:
        assert sg.verify(sg.curvature(cell, name, "C")).proved


def test_exponents_are_means_of_the_logarithms_of_the_gates() -> None:
    """One for each key direction, n times; and of DeltaNet they sum to the logarithms of 1 - b k'k = 1 - b."""
    cell, rng = sg.cell("linear_attention"), np.random.default_rng(1)
    params = {str(item.name): drawn(cell)[str(item.name)] for item in cell.parameters}
    u = rng.standard_normal((50, 3))
    found = lyapunov(rollout(cell, params, u, np.zeros((4, 3)))).exponents
    gates = (u @ params["V_g"].T) @ params["W_g"].T + params["b_g"]
    own = np.sort(np.repeat(np.mean(-np.log1p(np.exp(-gates)) / 16, axis=0), 4))[::-1]
    assert_allclose(found, own, rtol=1e-10)

    cell = sg.cell("delta_net")
    params = {str(item.name): drawn(cell)[str(item.name)] for item in cell.parameters}
    found = lyapunov(rollout(cell, params, u, np.zeros((4, 3)))).exponents
    rates = 1 / (1 + np.exp(-u @ params["w_b"]))
    assert_allclose(found.sum(), 4 * np.mean(np.log(1 - rates)), rtol=1e-10)


def test_no_coefficient_is_divided_out() -> None:
    """a C + b C k k' holds for a = 0 too."""
    c = CellBuilder("own")
    C, u = c.state("C", ("n", "d")), c.input("u", "m")
    W_k, w, a = c.matrix("W_k", "d", "m"), c.vector("w", "m"), c.scalar("a")
    k, b = c.let("k", W_k @ u), c.let("b", sigma(w.T @ u), role="rate")
    c.next(C, a * C + b * (C @ k) @ k.T)
    cell = c.build()
    point, change = drawn(cell) | {"a": np.zeros(())}, np.random.default_rng(2).standard_normal((4, 3))
    key, rate = point["W_k"] @ point["u"], 1 / (1 + np.exp(-point["w"] @ point["u"]))

    found = sg.lambdify(sg.jacobian(cell))(**point, C_dot=change)
    assert_allclose(found, rate * np.outer(change @ key, key), rtol=1e-12)
    assert sg.verify(sg.jacobian(cell)).proved
