"""Selective state space with several states per channel, zero-order hold, all channels at once.

x^k_t = d^k_t (.) x^k_{t-1} + (1 - d^k_t)/lambda^k (.) (w_k' u_t) u_t,  d^k_t = exp(-delta_t (.) lambda^k),
lambda^k = exp(s_k),  delta_t = softplus(W_d u_t + b_d): one entry for each channel; w_k' u_t is entry k of B_t, which
all channels share. The read-out sum_k (C_t)_k x^k_t is not part of the recurrence.
"""

from symgate.errors import DefinitionError
from symgate.language import CellBuilder, exp, expm1, softplus
from symgate.records import Cell


def selective(states: int = 2) -> Cell:
    """The cell with that many states per channel: x_1, ..., each a vector over the channels.

    Raises:
        DefinitionError: fewer than one state.
    """
    if states < 1:
        raise DefinitionError(f"A selective state space has at least one state per channel; found {states}.")
    c = CellBuilder("s6", source="Gu & Dao 2023 (Mamba), arXiv:2312.00752, algorithm 2")
    xs = [c.state(f"x_{k}", "n") for k in range(1, states + 1)]
    u, W_d, b_d = c.input("u", "n"), c.matrix("W_d", "n", "n"), c.vector("b_d", "n")
    a_d = c.let("a_d", W_d @ u + b_d, role="gate")
    delta = c.let("Delta", softplus(a_d), role="gate")
    for k, x in enumerate(xs, 1):
        s, w = c.vector(f"s_{k}", "n"), c.vector(f"w_{k}", "n")
        p = c.let(f"p_{k}", delta * exp(s), role="gate")
        d = c.let(f"d_{k}", exp(-p), role="gate")
        c.next(x, d * x - expm1(-p) * exp(-s) * ((w.T @ u) * u))
    return c.build()


S6 = selective()
