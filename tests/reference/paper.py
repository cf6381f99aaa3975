"""The three experiments of arXiv:2508.12121 in torch alone, written from the description of the paper.

Nothing here knows of symgate, and nothing is shared with it: states, gradients and Jacobians are those of torch's
autograd, products are multiplied out, norms are LAPACK's singular values.  Data comes from outside: weights, batches,
a probe, windows.  It is slow, and meant to be read.

A network is a dictionary of tensors: W_r (n, n), W_i (n, m), for a scalar gate w_g (n), v_g (m), for a gate per unit
W_g (n, n), V_g (n, m), and the read-out w_y (n).  There are no biases.  A leaky cell has its leak ``alpha``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.func import jacrev, vmap

Network = dict[str, Tensor]
Batch = tuple[Tensor, Tensor]
#: For each lag the windows: which sequence, and the step k before its first.
Windows = dict[int, list[tuple[int, int]]]


def step(w: Network, x: Tensor, u: Tensor, *, frozen: bool = False) -> Tensor:
    """x_t from x_{t-1} (..., n) and u_t (..., m); ``frozen``: the gate is a number, that no derivative passes."""
    phi = torch.tanh(x @ w["W_r"].T + u @ w["W_i"].T)
    if not {"W_g", "w_g", "alpha"} & w.keys():
        return phi
    g = gate(w, x, u)
    g = g.detach() if frozen else g
    return (1 - g) * x + g * phi


def gate(w: Network, x: Tensor, u: Tensor) -> Tensor:
    """g_t: one per unit (..., n), one for all (..., 1), or the leak."""
    if "W_g" in w:
        return torch.sigmoid(x @ w["W_g"].T + u @ w["V_g"].T)
    if "w_g" in w:
        return torch.sigmoid(x @ w["w_g"] + u @ w["v_g"])[..., None]
    return w["alpha"]


def states(w: Network, u: Tensor) -> Tensor:
    """x_0 = 0, .. x_T under u (..., T, m): (T + 1, ..., n)."""
    x = [u.new_zeros(*u.shape[:-2], len(w["W_r"]))]
    for t in range(u.shape[-2]):
        x.append(step(w, x[-1], u[..., t, :]))
    return torch.stack(x)


def loss(w: Network, u: Tensor, y: Tensor) -> Tensor:
    """The squared error of the last state: of one sequence, or the mean over a batch."""
    return (states(w, u)[-1] @ w["w_y"] - y).square().mean()


def train(
    begun: Network, batches: Iterable[Batch], kind: str, rate: float, checkpoints: Iterable[int]
) -> tuple[list[Network], list[float]]:
    """The network before the steps of its checkpoints, and the losses up to the last one; each batch is used once."""
    w = {name: value.clone().requires_grad_(name != "alpha") for name, value in begun.items()}
    moved = [value for value in w.values() if value.requires_grad]
    descent = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[kind](moved, rate)
    kept, losses, wanted = [], [], sorted(checkpoints)
    for iteration, batch in enumerate(batches):
        if iteration in wanted:
            kept.append({name: value.detach().clone() for name, value in w.items()})
        if iteration == wanted[-1]:
            break
        value = loss(w, *batch)
        losses.append(value.item())
        descent.zero_grad()
        value.backward()
        descent.step()
    return kept, losses


def jacobians(w: Network, u: Tensor, *, frozen: bool = False) -> Tensor:
    """dx_t/dx_{t-1} of one sequence, (T, n, n); ``frozen``: without what passes the gate."""
    before = states(w, u)[:-1].detach()
    return vmap(jacrev(lambda x, now: step(w, x, now, frozen=frozen)))(before, u).detach()


def product(factors: Tensor) -> Tensor:
    """J_l ... J_1 of J (l, n, n)."""
    whole = torch.eye(factors.shape[-1], dtype=factors.dtype)
    for one in factors:
        whole = one @ whole
    return whole


def norm(matrix: Tensor) -> Tensor:
    """The spectral norm, as the largest singular value."""
    return torch.linalg.svdvals(matrix)[..., 0]


# Experiment 1: profiles


def all_norms(J: Tensor) -> dict[int, Tensor]:
    """log |J_t .. J_{k+1}|_2 of all pairs by lag t - k, k = 0 .. T - l; J is (T, n, n)."""
    now, found = J, {}
    for lag in range(1, len(J) + 1):
        now = J[lag - 1 :] @ now[: len(J) + 1 - lag] if lag > 1 else J
        found[lag] = torch.log(norm(now))
    return found


def all_gates(w: Network, u: Tensor, *, kept: bool) -> dict[int, Tensor]:
    """log of the mean over units of prod_{j=k+1..t} g_j, or of 1 - g_j, by lag and over the steps of ``all_norms``."""
    x = states(w, u)[:-1]
    g = gate(w, x, u).expand(x.shape)
    factors = 1 - g if kept else g
    now, found = factors, {}
    for lag in range(1, len(u) + 1):
        now = factors[lag - 1 :] * now[: len(u) + 1 - lag] if lag > 1 else factors
        found[lag] = torch.log(now.mean(dim=1))
    return found


def profile(w: Network, probe: Tensor, trim: float) -> dict[str, Tensor]:
    """Lag medians less that of lag 1, of sensitivities and of both predictors, with slopes and R^2, drive first."""
    norms = _pooled([all_norms(jacobians(w, u)) for u in probe])
    predicted = {
        name: _pooled([all_gates(w, u, kept=kept) for u in probe])
        for name, kept in (("drive", False), ("retention", True))
    }
    log_s = torch.cat(list(norms.values()))
    fits = [line(torch.cat(list(predictor.values())), log_s, trim) for predictor in predicted.values()]
    medians = {name: _medians(found) for name, found in {"profile": norms, **predicted}.items()}
    return medians | {
        "slope": torch.stack([fit[0] for fit in fits]),
        "r_squared": torch.stack([fit[1] for fit in fits]),
    }


def line(log_p: Tensor, log_s: Tensor, trim: float) -> tuple[Tensor, Tensor]:
    """Slope and R^2 of log S = s log p + c, without a share ``trim`` at either end of the predictor; ties stay."""
    ends = torch.quantile(log_p, torch.tensor([trim, 1 - trim], dtype=log_p.dtype))
    room = 1e-9 * log_p.abs().max()
    x, y = (part[(log_p >= ends[0] - room) & (log_p <= ends[1] + room)] for part in (log_p, log_s))
    design = torch.stack([x, torch.ones_like(x)], dim=1)
    solved = torch.linalg.lstsq(design, y[:, None]).solution
    rest = y - (design @ solved)[:, 0]
    return solved[0, 0], 1 - rest.square().sum() / (y - y.mean()).square().sum()


def _pooled(found: list[dict[int, Tensor]]) -> dict[int, Tensor]:
    """All sequences in one, by lag."""
    return {lag: torch.cat([one[lag] for one in found]) for lag in found[0]}


def _medians(found: dict[int, Tensor]) -> Tensor:
    medians = torch.stack([median(values) for values in found.values()])
    return medians - medians[0]


def median(values: Tensor) -> Tensor:
    """The middle, or the mean of the two in the middle."""
    return torch.quantile(values, 0.5)


# Experiments 1 and 3: corrections and truncation


def orders(A: Tensor, B: Tensor) -> Tensor:
    """M^(0) .. M^(T) of prod (A_j + eps B_j) = sum_m eps^m M^(m): the polynomial multiplied out, (T + 1, n, n)."""
    n = A.shape[-1]
    terms = torch.zeros(len(A) + 1, n, n, dtype=A.dtype)
    terms[0] = torch.eye(n, dtype=A.dtype)
    for a, b in zip(A, B, strict=True):
        kept, raised = a @ terms, b @ terms[:-1]
        kept[1:] += raised
        terms = kept
    return terms


def truncation_error(terms: Tensor, order: int, eps: float) -> Tensor:
    """|sum_{m > order} eps^m M^(m)|_2, summed from the highest power down."""
    rest = torch.zeros_like(terms[0])
    for term in terms[order + 1 :].flip(0):
        rest = (rest + term) * eps
    return norm(rest * eps**order)


def corrections(A: Tensor, B: Tensor) -> Tensor:
    """|M^(1)|/|M^(0)|, |M - M^(0)|/|M| and |M - M^(0) - M^(1)|/|M| of one window at eps = 1, (3,)."""
    terms = orders(A, B)
    whole = norm(product(A + B))
    return torch.stack(
        [norm(terms[1]) / norm(terms[0]), norm(terms[1:].sum(0)) / whole, norm(terms[2:].sum(0)) / whole]
    )


def gate_split(w: Network, u: Tensor) -> tuple[Tensor, Tensor]:
    """A_j with the gates as numbers, and B_j = J_j - A_j, (T, n, n) each."""
    A = jacobians(w, u, frozen=True)
    return A, jacobians(w, u) - A


def retention_split(w: Network, u: Tensor) -> tuple[Tensor, Tensor]:
    """A_j = diag(1 - g_j), what a unit keeps of itself, and B_j = J_j - A_j."""
    x = states(w, u)[:-1]
    A = torch.diag_embed((1 - gate(w, x, u)).expand(x.shape))
    return A, jacobians(w, u) - A


def slow_inputs(phases: Tensor, noise: Tensor) -> Tensor:
    """sin(f_k s + p_k) + 0.05 e, (T, m): s from 0 to 12 over the steps, f_k evenly from 0.03 to 0.09."""
    s = torch.linspace(0, 12, len(noise), dtype=noise.dtype)[:, None]
    f = torch.linspace(0.03, 0.09, len(phases), dtype=noise.dtype)
    return torch.sin(f * s + phases) + 0.05 * noise


def corrections_by_lag(splits: list[tuple[Tensor, Tensor]], windows: Windows) -> Tensor:
    """Medians over the windows (sequence, k) of each lag, (3, L), from the split of each sequence."""
    columns = []
    for lag, places in windows.items():
        each = [corrections(*(part[k : k + lag] for part in splits[sequence])) for sequence, k in places]
        columns.append(torch.stack([median(row) for row in torch.stack(each, dim=1)]))
    return torch.stack(columns, dim=1)


# Experiment 2: anisotropy


def anisotropy(singular: Tensor, r: int) -> tuple[Tensor, Tensor]:
    """log AI_r = log(s_1/s_r), and CE_r: the share of the first r in the sum of s^2 over ALL singular values."""
    return torch.log(singular[..., 0] / singular[..., r - 1]), singular[..., :r].square().sum(
        -1
    ) / singular.square().sum(-1)


def of_products(w: Network, probe: Tensor, windows: Windows, r: int) -> Tensor:
    """Medians over windows of log AI_r and CE_r of M_{k+l,k}, (L, 2)."""
    J = {sequence: jacobians(w, probe[sequence]) for places in windows.values() for sequence, _ in places}
    rows = []
    for lag, places in windows.items():
        M = torch.stack([product(J[sequence][k : k + lag]) for sequence, k in places])
        rows.append(torch.stack([median(part) for part in anisotropy(torch.linalg.svdvals(M), r)]))
    return torch.stack(rows)


def of_gradients(w: Network, probe: Batch, r: int) -> Tensor:
    """log AI_r and CE_r of each sequence's gradient by the cell's weights: rows normalised, then columns centred."""
    cell = {name: value for name, value in w.items() if name not in ("w_y", "alpha")}
    each: Callable[[Tensor, Tensor], Network] = torch.func.grad(lambda own, u, y: loss({**w, **own}, u, y))
    found = vmap(each, in_dims=(None, 0, 0))(cell, *probe)
    rows = torch.cat([value.reshape(len(value), -1) for value in found.values()], dim=1)
    rows = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    centred = rows - rows.mean(dim=0)
    return torch.stack(anisotropy(torch.linalg.svdvals(centred), r))
