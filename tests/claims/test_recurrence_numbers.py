r"""States of one number beside matrices: mLSTM with its stabiliser as printed, max and min, names with primes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.claims import read_cell
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.recurrence.reader import Recurrence, read_recurrence
from symgate.errors import DefinitionError
from symgate.language import CellBuilder, exp, log, maximum, sigma

#: Equations 19 to 27 of arXiv:2405.04517, in its letters.
PAPER = r"""
C_t = f'_t C_{t-1} + i'_t v_t k_t^\top
n_t = f'_t n_{t-1} + i'_t k_t
h_t = o_t \odot C_t q_t / \max(|n_t^\top q_t|, 1)
q_t = W_q x_t + b_q
k_t = \frac{1}{\sqrt{d}} W_k x_t + b_k
v_t = W_v x_t + b_v
i_t = \exp(w_i^\top x_t + b_i)
f_t = \sigma(w_f^\top x_t + b_f)
o_t = \sigma(W_o x_t + b_o)
m_t = \max(\log f_t + m_{t-1}, \log i_t)
i'_t = \exp(\log i_t - m_t)
f'_t = \exp(\log f_t + m_{t-1} - m_t)
"""
NUMBER = r"a_t = \sigma(w^\top x_t), m_t = a_t m_{t-1} + v^\top x_t, C_t = \exp(m_{t-1}) C_{t-1} + k_t q_t^\top"


@pytest.fixture(scope="module")
def paper() -> Recurrence:
    return read_recurrence(PAPER, "mlstm_as_printed")


def typed(C: np.ndarray, n: np.ndarray, m: float, x: np.ndarray, p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A step by the paper."""
    k, v = p["W_k"] @ x / np.sqrt(p["d"]) + p["b_k"], p["W_v"] @ x + p["b_v"]
    log_i, log_f = p["w_i"] @ x + p["b_i"], -np.log1p(np.exp(-(p["w_f"] @ x + p["b_f"])))
    new = max(log_f + m, log_i)
    i, f = np.exp(log_i - new), np.exp(log_f + m - new)
    return {"C": f * C + i * np.outer(v, k), "n": f * n + i * k, "m": np.array([new])}


@pytest.mark.parametrize(("rows", "cols"), [(1, 1), (4, 3)])
def test_mlstm_is_the_recurrence_as_printed(paper: Recurrence, rows: int, cols: int) -> None:
    cell, rng = paper.cell, np.random.default_rng(0)
    (m,) = cell.numbers
    sizes = dict(zip(cell.state("C").before.shape, (rows, cols), strict=True)) | {m.before.shape[0]: 1}
    shapes = {name: [s for s in getattr(symbol, "shape", ()) if s != 1] for name, symbol in cell.symbols.items()}
    point = {name: 0.5 * rng.standard_normal([sizes.get(s, 5) for s in shape]) for name, shape in shapes.items()}
    point["d"] = np.array(float(cols))
    found = dict(zip((state.name for state in cell.states), sg.lambdify(cell)(**point), strict=True))
    wanted = typed(point["C"], point["n"], point["m"][0], point["x"], point)

    for name, value in wanted.items():
        assert_allclose(found[name], value, rtol=1e-12, atol=1e-14)


def test_what_is_printed_is_read(paper: Recurrence) -> None:
    assert sg.text(read_cell(sg.latex(paper.cell), name=paper.cell.name)) == sg.text(paper.cell)
    assert any("one number" in note for note in paper.notes)
    assert r"f^{\prime}_{t}" in sg.latex(paper.cell)


#: What is claimed of mLSTM as printed, and whether it is so.
CLAIMS = {
    r"\frac{\partial L}{\partial C_k} = \delta^C_k + f'_{k+1} \frac{\partial L}{\partial C_{k+1}}": True,
    r"\frac{\partial L}{\partial C_k} = \delta^C_k + f_{k+1} \frac{\partial L}{\partial C_{k+1}}": False,
    r"\frac{\partial C_t}{\partial f'_t} = C_{t-1}": True,
    r"\frac{\partial C_t}{\partial f'_t} = C_t": False,
    r"\frac{\partial C_t}{\partial i'_t} = v_t k_t^\top": True,
    r"\frac{\partial C_t}{\partial i'_t} = k_t v_t^\top": False,
    r"\frac{\partial C_t}{\partial C_{t-1}} = f'_t I": True,
    r"\frac{\partial C_t}{\partial C_{t-1}} = i'_t I": False,
    r"\frac{\partial n_t}{\partial n_{t-1}} = f'_t I": True,
    r"\frac{\partial f'_t}{\partial m_t} = -f'_t": True,
    r"\frac{\partial f'_t}{\partial m_t} = f'_t": False,
    r"\frac{\partial L}{\partial W_v} = \sum_{k=1}^T i'_k \lambda^C_k k_k x_k^\top": True,
    r"\frac{\partial L}{\partial W_v} = \sum_{k=1}^T i_k \lambda^C_k k_k x_k^\top": False,
    r"\frac{\partial L}{\partial C_T} = \delta^C_T": True,
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_about_mlstm(paper: Recurrence, claim: str) -> None:
    found = sg.check(paper, claim)

    assert found.verdict == ("proved" if CLAIMS[claim] else "refuted"), found.statement


#: Of a number that is carried beside a matrix: proved for every size of ours, refuted at size 1 alone.
OF_NUMBERS = {
    r"\frac{\partial m_t}{\partial m_{t-1}} = a_t": True,
    r"\frac{\partial m_t}{\partial m_{t-1}} = 1 - a_t": False,
    r"\frac{\partial m_t}{\partial a_t} = m_{t-1}": True,
    r"\frac{\partial C_t}{\partial m_{t-1}} = \exp(m_{t-1}) C_{t-1}": True,
    r"\frac{\partial C_t}{\partial m_{t-1}} = a_t C_{t-1}": False,
    r"\frac{\partial L}{\partial m_k} = \delta^m_k + a_{k+1}\lambda^m_{k+1}"
    r" + \exp(m_k) \mathbf{1}^\top (C_k \odot \lambda^C_{k+1}) \mathbf{1}": True,
    r"\frac{\partial L}{\partial m_k} = \delta^m_k + a_k\lambda^m_{k+1}"
    r" + \exp(m_k) \mathbf{1}^\top (C_k \odot \lambda^C_{k+1}) \mathbf{1}": False,
    r"\frac{\partial L}{\partial m_T} = \delta^m_T": True,
    r"\frac{\partial L}{\partial v} = \sum_{k=1}^T \lambda^m_k x_k": True,
    r"\frac{\partial L}{\partial v} = \sum_{k=1}^T a_k \lambda^m_k x_k": False,
}


@pytest.mark.parametrize("claim", OF_NUMBERS)
def test_claims_about_a_number(claim: str) -> None:
    cell = read_cell(NUMBER)
    found = sg.check(cell, claim)

    assert found.verdict == ("proved" if OF_NUMBERS[claim] else "refuted"), found.statement
    if found.certificate is not None and found.certificate.witness is not None:
        assert found.certificate.witness.sizes[str(cell.numbers[0].before.shape[0])] == 1


def test_the_object_as_we_print_it_is_proved_of_a_number() -> None:
    cell = read_cell(NUMBER)
    for name in ("adjoint", "jacobian", "gradient:v", "gradient:w"):
        found = sg.result(cell, name)
        assert sg.verify(found).proved
        assert sg.check(cell, sg.text(found), name).verdict in {"proved", "unreadable"}, name  # never refuted


def test_a_number_alone() -> None:
    """Where sizes say so; what is true of a number is not refuted, though as of several entries it is wrong."""
    alone = read_cell(r"m_t = a m_{t-1} + w^\top x_t", sizes={"m": "scalar", "w": "p", "x": "p"})

    assert alone.numbers
    assert sg.check(alone, r"\frac{\partial L}{\partial m_k} = \delta_k + a \lambda_{k+1}").verdict == "proved"
    assert sg.check(alone, r"\frac{\partial L}{\partial m_k} = \delta_k + a^2 \lambda_{k+1}").verdict == "refuted"
    assert sg.check(alone, r"\frac{\partial m_t}{\partial m_{t-1}} = a").verdict == "proved"
    assert sg.check(alone, r"\frac{\partial m_t}{\partial m_{t-1}} = a^2").verdict == "refuted"
    assert sg.check(alone, "a*eye", "jacobian").verdict == "undecided"  # so for one number, and for no more


def test_the_builder_writes_the_same() -> None:
    c = CellBuilder("two")
    m, C, x = c.state("m", 1), c.state("C", ("n", "d")), c.input("x", "p")
    W, V, w, b = c.matrix("W", "n", "p"), c.matrix("V", "d", "p"), c.vector("w", "p"), c.scalar("b")
    f = c.let("f", sigma(w.T @ x))
    m_new = c.next(m, maximum(log(f) + m, b))
    i = c.let("i", exp(b - m_new))
    c.next(C, f * C + i * (W @ x) @ (V @ x).T)
    built = c.build()
    read = read_cell(
        r"f_t = \sigma(w^\top x_t), m_t = \max(\log f_t + m_{t-1}, b), i_t = \exp(b - m_t), "
        r"C_t = f_t C_{t-1} + i_t (W x_t) (V x_t)^\top"
    )
    assert [state.name for state in built.numbers] == [state.name for state in read.numbers] == ["m"]
    assert sg.verify(sg.result(built, "adjoint")).proved
    for cell in (built, read):
        assert sg.check(cell, r"\frac{\partial i_t}{\partial m_t} = -i_t").verdict == "proved"
        assert sg.check(cell, r"\frac{\partial i_t}{\partial m_t} = i_t").verdict == "refuted"


def test_a_number_is_updated_once_by_a_number() -> None:
    c = CellBuilder("one")
    m, h, w = c.state("m", 1), c.state("h", "n"), c.vector("w", "n")
    with pytest.raises(DefinitionError, match="is one number; its update is a vector of size n"):
        c.next(m, h * m)
    c.next(m, m + w.T @ h)
    with pytest.raises(DefinitionError, match="already written"):
        c.next(m, m)


EXTREMES = {
    r"h_t = \max(W h_{t-1} + V x_t, U x_t)": "h = U @ x + relu(W @ h_prev + V @ x - U @ x)",
    r"h_t = \max\{0, W h_{t-1} + V x_t\}": "h = relu(W @ h_prev + V @ x)",
    r"h_t = \min(W h_{t-1}, V x_t)": "h = -(-V @ x + relu(-W @ h_prev + V @ x))",
    "h_t = maximum(W @ h_prev, V @ x_t)": "h = V @ x + relu(W @ h_prev - V @ x)",
    r"h_t = W h_{t-1} / \max(|w^\top x_t|, 1)": "h = (1/(1 + relu(-1 + abs(w.T @ x))))*W @ h_prev",
    r"h_t = W h_{t-1} + \max(1, 2) U x_t": "h = W @ h_prev + 2*U @ x",
}


@pytest.mark.parametrize("text", EXTREMES)
def test_the_larger_and_the_smaller_of_several(text: str) -> None:
    assert sg.text(read_cell(text)) == EXTREMES[text]


def test_functions_without_brackets_are_no_parameters() -> None:
    assert sg.text(read_cell(r"h_t = \tanh a_t, a_t = W h_{t-1}")).endswith("h = tanh(a)")
    for text in (r"h_t = \tanh W h_{t-1}", r"h_t = \log W h_{t-1} + x_t"):
        with pytest.raises(UnreadableError, match="needs an argument in parentheses"):
            read_cell(text)


def test_a_number_or_an_outer_product_is_asked_for() -> None:
    text = r"h_t = h_{t-1} + k_t^\top v_t"
    with pytest.raises(UnreadableError, match=r"vectors being columns.*vectors being rows"):
        read_cell(r"h_t = a h_{t-1} + k_t^\top v_t")
    with pytest.raises(UnreadableError, match=r"vectors being columns.*vectors being rows"):
        read_cell(text)
    assert read_cell(text, sizes={"h": ()}).numbers
    assert read_cell(text, sizes={"h": ("n", "d")}).matrix_states


def test_numbers_of_one_step_by_another() -> None:
    """A number by a number is a number, 1 x 1 for us."""
    cell = read_cell(r"s_t = w^\top x_t, g_t = \sigma(s_t), h_t = g_t h_{t-1} + W x_t")
    assert sg.check(cell, r"\frac{\partial g_t}{\partial s_t} = g_t(1-g_t)").verdict == "proved"
    assert sg.check(cell, r"\frac{\partial g_t}{\partial s_t} = 1-g_t").verdict == "refuted"
