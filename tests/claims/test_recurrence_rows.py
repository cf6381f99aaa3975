r"""Authors whose vectors are rows beside a state that is a matrix: S_t = S_{t-1} + k_t^\top v_t, o_t = q_t S_t."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.recurrence.reader import read_recurrence
from symgate.notation import Vectors

Step = Callable[[np.ndarray, np.ndarray, dict[str, np.ndarray]], np.ndarray]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def linear(S: np.ndarray, x: np.ndarray, p: dict[str, np.ndarray]) -> np.ndarray:
    return S + np.outer(x @ p["W_K"], x @ p["W_V"])


def retention(S: np.ndarray, x: np.ndarray, p: dict[str, np.ndarray]) -> np.ndarray:
    return p["gamma"] * S + np.outer(x @ p["W_K"], x @ p["W_V"])


def gated(S: np.ndarray, x: np.ndarray, p: dict[str, np.ndarray]) -> np.ndarray:
    return sigmoid(x @ p["W_a"])[:, None] * S + np.outer(x @ p["W_K"], x @ p["W_V"])


def delta(S: np.ndarray, x: np.ndarray, p: dict[str, np.ndarray]) -> np.ndarray:
    k, v, b = x @ p["W_K"], x @ p["W_V"], sigmoid(x @ p["w"])
    return (np.eye(len(k)) - b * np.outer(k, k)) @ S + b * np.outer(k, v)


def rwkv(S: np.ndarray, x: np.ndarray, p: dict[str, np.ndarray]) -> np.ndarray:
    return p["w"][:, None] * S + np.outer(x @ p["W_K"], x @ p["W_V"])


KEYS = r"K_n = X_n W_K, V_n = X_n W_V"
SMALL = r"k_t = x_t W_K, v_t = x_t W_V"
#: As printed, the step by the paper, and how it is read.
PAPERS: dict[str, tuple[str, Step, str]] = {
    "linear": (rf"{SMALL}, S_t = S_{{t-1}} + k_t^\top v_t, o_t = q_t S_t", linear, "S = S_prev + k @ v.T"),
    "retnet": (
        rf"{KEYS}, S_n = \gamma S_{{n-1}} + K_n^\top V_n, o_n = Q_n S_n",
        retention,
        "S = gamma*S_prev + K @ V.T",
    ),
    "gla": (
        rf"{SMALL}, \alpha_t = \sigma(x_t W_a), S_t = (\alpha_t^\top \mathbf{{1}}) \odot S_{{t-1}} + k_t^\top v_t",
        gated,
        "S = diag(alpha) @ S_prev + k @ v.T",
    ),
    "gla_diagonal": (
        rf"{SMALL}, \alpha_t = \sigma(x_t W_a), S_t = \operatorname{{Diag}}(\alpha_t) S_{{t-1}} + k_t^\top v_t",
        gated,
        "S = diag(alpha) @ S_prev + k @ v.T",
    ),
    "delta": (
        rf"{SMALL}, \beta_t = \sigma(x_t w^\top), S_t = (I - \beta_t k_t^\top k_t) S_{{t-1}} + \beta_t k_t^\top v_t",
        delta,
        "S = S_prev - beta*k @ k.T @ S_prev + beta*k @ v.T",
    ),
    "delta_error": (
        rf"{SMALL}, \beta_t = \sigma(x_t w^\top), S_t = S_{{t-1}} + \beta_t k_t^\top (v_t - k_t S_{{t-1}})",
        delta,
        "S = S_prev + beta*k @ (v - S_prev.T @ k).T",
    ),
    "rwkv": (
        rf"{SMALL}, S_t = \operatorname{{diag}}(w) S_{{t-1}} + k_t^\top v_t",
        rwkv,
        "S = diag(w) @ S_prev + k @ v.T",
    ),
}


@pytest.mark.parametrize(("n", "d"), [(1, 1), (3, 3), (4, 3)])
@pytest.mark.parametrize("name", PAPERS)
def test_the_step_is_that_of_the_paper(name: str, n: int, d: int) -> None:
    """Parameters of the author are the transposes of ours."""
    text, step, shown = PAPERS[name]
    read = read_recurrence(text)
    cell, rng = read.cell, np.random.default_rng(0)
    (state,) = cell.states
    sizes = dict(zip(state.before.shape, (n, d), strict=True))
    shapes = {key: [s for s in getattr(symbol, "shape", ()) if s != 1] for key, symbol in cell.symbols.items()}
    point = {key: rng.standard_normal([sizes.get(s, 5) for s in shape]) for key, shape in shapes.items()}
    theirs = {key: value.T for key, value in point.items()}

    assert sg.text(cell).splitlines()[-1] == shown
    assert_allclose(sg.lambdify(cell)(**point), step(point["S"], point[str(cell.inputs[0].name)], theirs), rtol=1e-12)
    assert read.notation.vectors is Vectors.ROW
    assert any("outer product" in note for note in read.notes)


GATED, DELTA = PAPERS["gla_diagonal"][0], PAPERS["delta"][0]
BY = r"\frac{\partial L}"
#: In the author's rows: what is claimed of which recurrence, and the verdict.
CLAIMS = {
    (GATED, rf"{BY}{{\partial S_k}} = \delta_k + \operatorname{{diag}}(\alpha_{{k+1}}) \lambda_{{k+1}}"): "proved",
    (GATED, rf"{BY}{{\partial S_k}} = \delta_k + \operatorname{{diag}}(\alpha_k) \lambda_{{k+1}}"): "refuted",
    (GATED, rf"{BY}{{\partial W_V}} = \sum_{{k=1}}^T x_k^\top k_k \lambda_k"): "proved",
    (GATED, rf"{BY}{{\partial W_V}} = \sum_{{k=1}}^T 2 x_k^\top k_k \lambda_k"): "refuted",
    (GATED, rf"{BY}{{\partial v_t}} = k_t {BY}{{\partial S_t}}"): "proved",
    (GATED, rf"{BY}{{\partial k_t}} = v_t ({BY}{{\partial S_t}})^\top"): "proved",
    (GATED, rf"{BY}{{\partial v_t}} = {BY}{{\partial S_t}} k_t"): "unreadable",
    (
        DELTA,
        rf"{BY}{{\partial S_k}} = \delta_k + (I - \beta_{{k+1}} k_{{k+1}}^\top k_{{k+1}}) \lambda_{{k+1}}",
    ): "proved",
    (DELTA, rf"{BY}{{\partial S_k}} = \delta_k + (I - \beta_k k_k^\top k_k) \lambda_{{k+1}}"): "refuted",
    (DELTA, r"\frac{\partial S_t}{\partial \beta_t} = k_t^\top (v_t - k_t S_{t-1})"): "proved",
    (DELTA, r"\frac{\partial S_t}{\partial \beta_t} = k_t^\top v_t"): "refuted",
    (DELTA, rf"{BY}{{\partial \beta_t}} = k_t \lambda_t (v_t - k_t S_{{t-1}})^\top"): "proved",
}


@pytest.mark.parametrize(("text", "claim"), CLAIMS)
def test_claims_in_rows(text: str, claim: str) -> None:
    found = sg.check(read_recurrence(text), claim)

    assert found.verdict == CLAIMS[text, claim], found.statement


@pytest.mark.parametrize(
    "text",
    [
        r"h_t = h_{t-1}^\top h_{t-1}",
        r"S_t = S_{t-1} + k_t v_t",
        r"S_t = W S_{t-1} x_t + k_t^\top v_t + v_t^\top k_t + x_t^\top k_t",
    ],
)
def test_what_is_no_outer_product_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        sg.read_cell(text)
