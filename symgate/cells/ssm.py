"""Diagonal selective state space (S6), zero-order hold:  x_t = d_t (.) x_{t-1} + (1 - d_t)/lambda (.) v_t.

d_t = exp(-delta_t (.) lambda), lambda = exp(s), delta_t = softplus(W_d u_t + b_d), v_t = (W_v u_t) (.) (W_b u_t): the
channel times B_t. The entries of x run over pairs (channel, its state), between which a Mamba block shares weights.
The read-out C_t x_t is not part of the recurrence.
"""

from symgate.language import CellBuilder, exp, expm1, softplus

c = CellBuilder("ssm", source="Gu & Dao 2023 (Mamba), arXiv:2312.00752")
x, u, s = c.state("x", "n"), c.input("u", "m"), c.vector("s", "n")
W_d, b_d = c.matrix("W_d", "n", "m"), c.vector("b_d", "n")
W_v, W_b = c.matrix("W_v", "n", "m"), c.matrix("W_b", "n", "m")

a_d = c.let("a_d", W_d @ u + b_d, role="gate")
delta = c.let("Delta", softplus(a_d), role="gate")
p = c.let("p", delta * exp(s), role="gate")
d = c.let("d", exp(-p), role="gate")
v = c.let("v", (W_v @ u) * (W_b @ u))
c.next(x, d * x - expm1(-p) * exp(-s) * v)

SSM = c.build()
