"""Claims about matrix states: what is printed is proved, and every wrong transpose is refuted, at n = d too."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.catalogue import listed
from symgate.cells import MATRIX
from symgate.errors import SymgateError
from symgate.records import Kind
from tests.proof.test_matrix_gradients import square

#: What mLSTM's key is scaled by, one over the root of 1'1, has a size that nothing in it tells.
SIZES_OPEN = r"\operatorname{sqrt}(\mathbf{1}^{\top}\mathbf{1})"
#: Of several states: matrices in blocks, whose rows are not read together.
BLOCKS = {Kind.STATE_JACOBIAN, Kind.SPLIT, Kind.EXPANSION}
CASES = [(cell.name, name) for cell in MATRIX for name in listed(cell)]


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("cell", "name"), CASES)
def test_what_is_printed_is_proved(cell: str, name: str) -> None:
    try:
        found = sg.result(sg.cell(cell), name)
    except SymgateError:
        return  # there is no such result, which other tests say
    if SIZES_OPEN in sg.latex(found) or (found.in_blocks and found.kind in BLOCKS):
        return
    for form, claim in (("latex", sg.latex(found)), ("text", sg.text(found))):
        assert sg.check(cell, claim, name, form=form).verdict == "proved", claim


FURTHER = [(cell.name, name) for cell in MATRIX for name in ("adjoint", f"gradient:{cell.parameters[-1].name}")]


@pytest.mark.sweep(2)
@pytest.mark.parametrize(("cell", "name"), FURTHER)
def test_closed_forms_and_double_sums_are_proved(cell: str, name: str) -> None:
    """delta_t in them is that of step t, not the whole gradient."""
    for item in sg.result(sg.cell(cell), name).claims:
        if item.key == "double_sum" or (item.key == "closed_form" and name == "adjoint" and cell != "mlstm"):
            judged = sg.check(cell, sg.latex(item.right), name, form="latex")
            assert judged.verdict == "proved", judged.statement


#: Of C_t = diag(g_t) W C_{t-1} M' + ..., all square: what is claimed, and whether it is so.
CLAIMS = {
    "lam[k] = delta[k] + W.T @ diag(g[k+1]) @ lam[k+1] @ M": True,
    "lam[k] = delta[k] + W.T @ diag(g[k+1]) @ lam[k+1] @ M.T": False,
    "lam[k] = delta[k] + W.T @ diag(g[k+1]) @ lam[k+1].T @ M": False,
    "lam[k] = delta[k] + diag(g[k+1]) @ W.T @ lam[k+1] @ M": False,
    "lam[k] = delta[k].T + W.T @ diag(g[k+1]) @ lam[k+1] @ M": False,
    "lam[k] = delta[k] + W.T @ diag(g[k]) @ lam[k+1] @ M": False,
    "dL/dW = sum(diag(g[k]) @ lam[k] @ M @ C[k-1].T for k in range(1, T+1))": True,
    "dL/dW = sum(C[k-1] @ M.T @ lam[k].T @ diag(g[k]) for k in range(1, T+1))": False,
    "dL/dW = sum(diag(g[k]) @ lam[k] @ M @ C[k-1] for k in range(1, T+1))": False,
    "dL/dW = sum(diag(g[k]) @ lam[k] @ M.T @ C[k-1].T for k in range(1, T+1))": False,
    "dC/dC_prev[C_dot_prev] = diag(g) @ W @ C_dot_prev @ M.T": True,
    "dC/dC_prev[C_dot_prev] = diag(g) @ W @ C_dot_prev.T @ M.T": False,
    "dC/dC_prev[C_dot_prev] = diag(g) @ W @ C_dot_prev @ M": False,
    "dC/dC_prev[C_dot_prev] = M @ C_dot_prev @ W.T @ diag(g)": False,
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_transposes_of_square_states(claim: str) -> None:
    found = sg.check(square("both"), claim, "adjoint" if claim.startswith("lam") else None)

    assert found.verdict == ("proved" if CLAIMS[claim] else "refuted"), found.statement


BY = r"\frac{\partial L}"
#: The gradient by a state in a paper's words, of DeltaNet.
PAPER = {
    r"\lambda_k = \delta_k + \lambda_{k+1} - b_{k+1}\lambda_{k+1}k_{k+1}k_{k+1}^\top": True,
    rf"{BY}{{\partial C_k}} = \delta_k + {BY}{{\partial C_{{k+1}}}}(I - b_{{k+1}}k_{{k+1}}k_{{k+1}}^\top)": True,
    rf"{BY}{{\partial C_k}} = \delta_k + {BY}{{\partial C_{{k+1}}}}(I - b_kk_kk_k^\top)": False,
    r"\frac{\partial L}{\partial C_k} = \sum_{t=k}^T \delta_t \prod_{j=k}^t (I - b_j k_j k_j^\top)": False,
}


@pytest.mark.parametrize("claim", PAPER)
def test_as_papers_write_it(claim: str) -> None:
    assert sg.check("delta_net", claim).verdict == ("proved" if PAPER[claim] else "refuted")


#: The derivative of a matrix: by a number without its change, by a matrix or a vector on vec or as an action.
DERIVATIVES = {
    ("gated_delta_net", r"\frac{\partial C_t}{\partial b_t} = (v_t - f_t C_{t-1} k_t) k_t^\top"): "proved",
    ("gated_delta_net", r"\frac{\partial C_t}{\partial b_t} = (v_t - C_{t-1} k_t) k_t^\top"): "refuted",
    ("gated_delta_net", r"\frac{\partial C_t}{\partial f_t} = C_{t-1}(I - b_t k_t k_t^\top)"): "proved",
    ("gated_delta_net", r"\frac{\partial C_t}{\partial f_t} = \dot f_t C_{t-1}(I - b_t k_t k_t^\top)"): "proved",
    ("gated_delta_net", r"\frac{\partial C_t}{\partial f_t} = 0"): "refuted",
    ("gated_delta_net", r"\frac{\partial C_t}{\partial C_{t-1}} = f_t (I - b_t k_t k_t^\top) \otimes I"): "proved",
    ("gated_delta_net", r"\frac{\partial C_t}{\partial C_{t-1}} = f_t I \otimes (I - b_t k_t k_t^\top)"): "refuted",
    ("gated_delta_net", r"\frac{\partial C_t}{\partial C_{t-1}} = f_t (I - b_t k_t k_t^\top)"): "unreadable",
    ("linear_attention", r"\frac{\partial C_t}{\partial C_{t-1}} = \operatorname{diag}(g_t) \otimes I"): "proved",
    ("linear_attention", r"\frac{\partial C_t}{\partial C_{t-1}} = I \otimes \operatorname{diag}(g_t)"): "refuted",
    ("linear_attention", r"\frac{\partial C_t}{\partial C_{t-1}} = \operatorname{diag}(g_t)"): "unreadable",
    ("linear_attention", r"\frac{\partial C_t}{\partial C_{t-1}} = 0"): "refuted",
    ("linear_attention", r"\frac{\partial C_t}{\partial v_t} = k_t \otimes I"): "proved",
    ("mlstm", r"\frac{\partial C_t}{\partial C_{t-1}} = f_t I"): "proved",
    ("mlstm", r"\frac{\partial C_t}{\partial C_{t-1}} = i_t I"): "refuted",
    ("mlstm", r"\frac{\partial C_t}{\partial C_{t-1}} = f_t"): "unreadable",
    ("mlstm", r"\frac{\partial C_t}{\partial i_t} = v_t k_t^\top"): "proved",
}


@pytest.mark.parametrize(("cell", "claim"), DERIVATIVES)
def test_the_derivative_of_a_matrix(cell: str, claim: str) -> None:
    found = sg.check(cell, claim)

    assert found.verdict == DERIVATIVES[cell, claim], found.statement
    if found.verdict == "unreadable":
        assert "as many indices as both together" in found.statement


#: The gradient by one of several states, of mLSTM, by its left side alone and with the object named.
ONE_OF_SEVERAL = {
    "lam_C[k] = delta_C[k] + f[k+1]*lam_C[k+1]": "proved",
    "lam_C[k] = delta_C[k] + f[k]*lam_C[k+1]": "refuted",
    rf"{BY}{{\partial C_k}} = \delta^C_k + f_{{k+1}} {BY}{{\partial C_{{k+1}}}}": "proved",
    rf"{BY}{{\partial C_k}} = \delta^C_k + f_k {BY}{{\partial C_{{k+1}}}}": "refuted",
    rf"{BY}{{\partial q_k}} = \delta^q_k + f_{{k+1}} {BY}{{\partial q_{{k+1}}}}": "proved",
    rf"{BY}{{\partial C_T}} = \delta^C_T": "proved",
}


@pytest.mark.parametrize("claim", ONE_OF_SEVERAL)
def test_one_of_several_states(claim: str) -> None:
    for asked in (None, "adjoint"):
        found = sg.check("mlstm", claim, asked)
        assert found.verdict == ONE_OF_SEVERAL[claim], found.statement


def test_the_last_step_of_one_matrix() -> None:
    assert sg.check("delta_net", rf"{BY}{{\partial C_T}} = \delta_T").verdict == "proved"
    assert sg.check("delta_net", rf"{BY}{{\partial C_T}} = \delta_{{T-1}}").verdict == "refuted"


def test_a_state_that_is_multiplied_from_the_left() -> None:
    """Its closed form is on the stacked columns; the recursion that is printed is proved all the same."""
    cell = sg.read_cell(r"S_t = (I - \beta_t k_t k_t^\top) S_{t-1} + k_t v_t^\top, k_t = W x_t, v_t = V x_t")
    right = r"\delta_k + (I - \beta_{k+1} k_{k+1} k_{k+1}^\top)\lambda_{k+1}"

    assert sg.check(cell, sg.text(sg.result(cell, "adjoint")), "adjoint").verdict == "proved"
    assert sg.check(cell, rf"{BY}{{\partial S_k}} = {right}").verdict == "proved"
    assert sg.check(cell, rf"{BY}{{\partial S_k}} = {right.replace('k+1', 'k')}").verdict == "refuted"
