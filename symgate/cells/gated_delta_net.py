"""Gated DeltaNet:  C_t = f_t C_{t-1} (I - b_t k_t k_t') + b_t v_t k_t': the gradient step of DeltaNet after a decay.

f_t = exp(-exp(s) softplus(w_f' u_t + b_f)), b_t = sigma(w_b' u_t), k_t = z_t/|z_t|. The read-out is no part of it.
"""

from symgate.language import CellBuilder, exp, sigma, silu, softplus, sqrt

c = CellBuilder("gated_delta_net", source="Yang, Kautz & Hatamizadeh 2024, arXiv:2412.06464, equation 10")
C, u = c.state("C", ("n", "d")), c.input("u", "m")
W_k, W_v, w_b = c.matrix("W_k", "d", "m"), c.matrix("W_v", "n", "m"), c.vector("w_b", "m")
w_f, b_f, s = c.vector("w_f", "m"), c.scalar("b_f"), c.scalar("s")

z = c.let("z", silu(W_k @ u), role="key")
k = c.let("k", z / sqrt(z.T @ z), role="key")
v = c.let("v", silu(W_v @ u))
b = c.let("b", sigma(w_b.T @ u), role="rate")
f = c.let("f", exp(-exp(s) * softplus(w_f.T @ u + b_f)), role="gate")
c.next(C, f * C @ (c.eye("d") - b * k @ k.T) + b * v @ k.T)

GATED_DELTA_NET = c.build()
