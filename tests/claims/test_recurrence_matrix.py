from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import MATRIX
from symgate.claims.reading.limits import UnreadableError
from symgate.cli import main
from symgate.notation import Notation, Vectors
from tests.matrix_cells import MATRIX_CELLS


def stepped(cell: sg.Cell, point: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The states after a step, in order."""
    bound = cell.bind(**{name: "tanh" for name, function in cell.functions if function is None})
    found = sg.lambdify(bound)(**point)
    return list(found) if isinstance(found, tuple) else [found]


@pytest.mark.parametrize("cell", [*MATRIX, *MATRIX_CELLS], ids=lambda cell: cell.name)
def test_what_is_printed_is_read(cell: sg.Cell) -> None:
    """The same names, kinds and step; sizes that are apart stay apart."""
    read = sg.read_cell(sg.latex(cell), name=cell.name)

    assert {state.name for state in read.states} == {state.name for state in cell.states}
    assert {str(item.name) for item in read.parameters} == {str(item.name) for item in cell.parameters}
    ranks = {name: len([size for size in getattr(s, "shape", ()) if size != 1]) for name, s in cell.symbols.items()}
    assert ranks == {
        name: len([size for size in getattr(s, "shape", ()) if size != 1]) for name, s in read.symbols.items()
    }
    assert len(read.dimensions) == len(cell.dimensions)
    sizes = dict(zip("ndmprse", (4, 3, 2, 5, 6, 1, 1), strict=True))  # e is mLSTM's s as it is read
    rng = np.random.default_rng(0)
    point = {
        name: 0.5 * rng.standard_normal([sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1])
        for name, symbol in cell.symbols.items()
    }
    by_name = dict(zip((state.name for state in read.states), stepped(read, point), strict=True))
    for state, wanted in zip(cell.states, stepped(cell, point), strict=True):
        assert_allclose(by_name[state.name], wanted, rtol=1e-12, atol=1e-14)


#: What is written, how it is read, and the shape of the state.
READ = {
    r"C_t = f_t C_{t-1} + i_t v_t k_t^\top": ("C = f*C_prev + i*v @ k.T", "n x d"),
    r"S_t = S_{t-1}(I - \beta_t k_t k_t^\top) + \beta_t v_t k_t^\top": (
        "S = S_prev - beta*S_prev @ k @ k.T + beta*v @ k.T",
        "n x d",
    ),
    r"\mathbf{S}_t = \mathbf{S}_{t-1} + \mathbf{v}_t\mathbf{k}_t^\top": ("S = S_prev + v @ k.T", "n x d"),
    r"S_t = \mathrm{diag}(w_t) S_{t-1} + k_t v_t^T": ("S = diag(w) @ S_prev + k @ v.T", "n x d"),
    r"C_t = \mathrm{diag}(f_t) C_{t-1} \mathrm{diag}(g_t) + v_t k_t^\top": (
        "C = diag(f) @ C_prev @ diag(g) + v @ k.T",
        "n x d",
    ),
    r"C_t = C_{t-1} + (v_t - C_{t-1} k_t) k_t^\top": ("C = C_prev + (v - C_prev @ k) @ k.T", "n x d"),
    r"C_t = C_{t-1} + \eta (v_t - C_{t-1}^\top k_t) k_t^\top": (
        "C = C_prev + eta*(v - C_prev.T @ k) @ k.T",
        "n x n",
    ),
    r"G_t = \mathbf{1} \alpha_t^\top, S_t = G_t \odot S_{t-1} + v_t k_t^\top": (
        "S = S_prev @ diag(alpha) + v @ k.T",
        "n x d",
    ),
    r"h_t = a_t \odot h_{t-1} + C_t q_t, C_t = f_t C_{t-1} + i_t v_t k_t^\top": (
        "h = a*h_prev + f*C_prev @ q + i*(k.T @ q)*v; C = f*C_prev + i*v @ k.T",
        "n x d",
    ),
    r"C_t = f_t \odot C_{t-1} + (v_t^\top k_t) w_t": ("C = f*C_prev + (v.T @ k)*w", "n x 1"),
}


@pytest.mark.parametrize("text", READ)
def test_the_shape_of_a_state_follows_from_what_fits(text: str) -> None:
    wanted, shape = READ[text]
    read = sg.read_cell(text)

    assert sg.text(read).replace("\n", "; ") == wanted
    state = next(state for state in read.states if state.name.isupper())
    assert " x ".join(map(str, state.before.shape)) == shape


REFUSED = {
    r"S_t = \mathrm{diag}(\alpha_t) S_{t-1} + k_t^\top v_t + k_t v_t": "a number, vectors being columns",
    r"C_t = C_{t-1} v_t + v_t k_t^\top + W x_t": "equal shapes|matching sizes",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match=REFUSED[text]):
        sg.read_cell(text)


@pytest.mark.parametrize("sizes", [None, {"C": ("n", "d")}])
def test_a_matrix_state_beside_row_vectors_is_refused(sizes: dict | None) -> None:
    """There W C would be C' W', where the state itself is not turned."""
    with pytest.raises(UnreadableError):
        sg.read_cell(r"C_t = W C_{t-1} + v_t k_t^\top", sizes=sizes, notation=Notation(vectors=Vectors.ROW))


@pytest.mark.parametrize(
    "text", [r"H_t = H_{t-1} + X_t W^\top", r"H_t = a H_{t-1} + \tanh(X_t W^\top + H_{t-1} U^\top)"]
)
def test_a_transposed_weight_makes_no_outer_product(text: str) -> None:
    """x W' is W x for a row x, as in code, and no matrix that is added."""
    read = sg.read_cell(text)

    assert read.states[0].before.shape[1] == 1
    assert "W @ X" in sg.text(read)


def test_sizes_may_be_given() -> None:
    square = sg.read_cell(r"C_t = f_t C_{t-1} + v_t k_t^\top", sizes={"C": ("p", "p")})

    assert [str(size) for size in square.states[0].before.shape] == ["p", "p"]
    with pytest.raises(UnreadableError, match=r"equal shapes|matching sizes"):
        sg.read_cell(r"C_t = f_t C_{t-1} + v_t k_t^\top", sizes={"C": ("n", "d"), "v": ("d",)})


def test_gradients_of_a_recurrence_that_was_read() -> None:
    cell = sg.read_cell(r"C_t = f_t C_{t-1} + v_t k_t^\top, v_t = W x_t, k_t = U x_t, f_t = \sigma(w^\top x_t)")
    found = sg.result(cell, "gradient:W")

    assert sg.text(found) == "dL/dW = sum(lam[k] @ k[k] @ x[k].T for k in range(1, T+1))"
    assert sg.verify(found).proved


def test_the_command_line_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "--recurrence", r"C_t = f_t C_{t-1} + i_t v_t k_t^\top"]) == 0
    assert "f" in capsys.readouterr().out
    assert main(["derive", "--recurrence", r"C_t = f_t C_{t-1} + i_t v_t k_t^\top", "adjoint"]) == 0
    assert "lam[k] = delta[k] + f[k+1]*lam[k+1]" in capsys.readouterr().out
