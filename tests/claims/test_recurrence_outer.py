r"""v \otimes k in recurrences: the outer product of two vectors, as papers on linear attention write it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.claims.reading.limits import UnreadableError

KEYS = r"k_t = W_k x_t, v_t = W_v x_t, "
RATE = r"\beta_t = \sigma(w_b^\top x_t), "
#: What is written with the sign, and the same with a transpose.
SAME = {
    r"W_t = W_{t-1} + v_t \otimes \phi(k_t)": r"W_t = W_{t-1} + v_t \phi(k_t)^\top",
    r"C_t = C_{t-1} + v_t \otimes k_t": r"C_t = C_{t-1} + v_t k_t^\top",
    r"S_t = \operatorname{Diag}(a_t) S_{t-1} + k_t \otimes v_t, a_t = \sigma(W_a x_t)": (
        r"S_t = \operatorname{Diag}(a_t) S_{t-1} + k_t v_t^\top, a_t = \sigma(W_a x_t)"
    ),
    RATE + r"S_t = S_{t-1} + \beta_t (v_t - S_{t-1} k_t) \otimes k_t": (
        RATE + r"S_t = S_{t-1} + \beta_t (v_t - S_{t-1} k_t) k_t^\top"
    ),
    r"\Lambda_t = \operatorname{diag}(\sigma(W_a x_t)), S_t = \Lambda_t S_{t-1} + k_t \otimes v_t": (
        r"\Lambda_t = \operatorname{diag}(\sigma(W_a x_t)), S_t = \Lambda_t S_{t-1} + k_t v_t^\top"
    ),
}


@pytest.mark.parametrize("text", SAME)
def test_the_sign_is_a_transpose_behind_the_second_vector(text: str) -> None:
    one, other = (sg.read_cell(KEYS + line, name="memory") for line in (text, SAME[text]))

    assert sg.text(one) == sg.text(other)
    assert one.states[0].before.shape == other.states[0].before.shape
    assert 1 not in one.states[0].before.shape


def test_the_letter_of_a_matrix_may_be_small() -> None:
    """HGRN2 as its paper has it: the cell of the builder, transposed and without its bound and its silu."""
    gate = r"f_t = \sigma(W_f x_t + b_f), i_t = W_v x_t + b_v, "
    text = r"h_t = \operatorname{Diag}(f_t) h_{t-1} + (1 - f_t) \otimes i_t"
    cell, rng = sg.read_cell(gate + text, name="hgrn2_paper"), np.random.default_rng(0)
    h, x = rng.standard_normal((4, 3)), rng.standard_normal(5)
    W_f, b_f, W_v, b_v = (rng.standard_normal(shape) for shape in ((4, 5), 4, (3, 5), 3))
    f = 1 / (1 + np.exp(-W_f @ x - b_f))

    found = sg.lambdify(cell)(h=h, x=x, W_f=W_f, b_f=b_f, W_v=W_v, b_v=b_v)
    assert_allclose(found, f[:, None] * h + np.outer(1 - f, W_v @ x + b_v), rtol=1e-13)
    assert sg.verify(sg.result(cell, "gradient:W_f")).proved


def test_rows_of_blocks_are_an_equation_for_each() -> None:
    """Keys and values from one matrix, as implementations have them."""
    rows = r"""\begin{pmatrix} v_t \\ k_t \end{pmatrix} = \begin{pmatrix} W_v \\ W_k \end{pmatrix} x_t
    C_t = f_t C_{t-1} + v_t k_t^\top, f_t = \sigma(w^\top x_t)"""
    apart = KEYS + r"C_t = f_t C_{t-1} + v_t k_t^\top, f_t = \sigma(w^\top x_t)"

    assert sorted(sg.text(sg.read_cell(rows)).splitlines()) == sorted(sg.text(sg.read_cell(apart)).splitlines())


#: What is refused, and a word of the reason.
REFUSED = {
    r"h_t = (A \otimes B) h_{t-1} + W x_t": r"A beside \\otimes can be read in 2 ways: a vector.*or a matrix",
    r"C_t = C_{t-1} + v_t \otimes k_t \otimes u_t, k_t = W_k x_t, v_t = W_v x_t, u_t = U x_t": "between two vectors",
    KEYS + r"C_t = C_{t-1} + \operatorname{mat}(k_t \otimes v_t)": "mat stacks the entries of a matrix in another way",
    KEYS + r"a_t = \sigma(W_a x_t), S_t = \operatorname{diag}(a_t) S_{t-1} + k_t^\top v_t + k_t v_t": (
        r"k\^\\top v is a number, vectors being columns; the outer product of columns is k v\^\\top"
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_may_be_another_product_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match=REFUSED[text]):
        sg.read_cell(text)


def test_a_size_decides_for_vectors() -> None:
    sizes = {"K": "n", "V": "d", "C": ("n", "d")}
    read = sg.read_cell(r"C_t = f_t C_{t-1} + K \otimes V, f_t = \sigma(w^\top x_t)", sizes=sizes)

    assert [str(size) for size in read.states[0].before.shape] == ["n", "d"]


CLAIMS = {
    r"\lambda_k = \delta_k + \lambda_{k+1}(I - \beta_{k+1} k_{k+1} k_{k+1}^\top)": "proved",
    "lam[k] = delta[k] + lam[k+1] @ (eye - beta[k+1]*k[k+1] @ k[k+1].T)": "proved",
    "lam[k] = delta[k] + lam[k+1] @ (eye + beta[k+1]*k[k+1] @ k[k+1].T)": "refuted",
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_claims_about_a_cell_that_was_read_are_judged(claim: str) -> None:
    read = sg.read_cell(KEYS + RATE + r"S_t = S_{t-1} + \beta_t (v_t - S_{t-1} k_t) \otimes k_t", name="delta")

    assert sg.check(read, claim, "adjoint").verdict == CLAIMS[claim]
