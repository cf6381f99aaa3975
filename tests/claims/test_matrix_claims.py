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
