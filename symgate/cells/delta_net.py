"""DeltaNet:  C_t = C_{t-1} (I - b_t k_t k_t') + b_t v_t k_t', a step of online gradient descent on |v_t - C k_t|^2 / 2.

b_t = sigma(w_b' u_t) is the learning rate, k_t = z_t/|z_t| with z_t = silu(W_k u_t). The read-out C_t q_t is no part of
it.
"""

from symgate.language import CellBuilder, sigma, silu, sqrt

c = CellBuilder(
    "delta_net",
    source="Schlag et al. 2021, arXiv:2102.11174, equation 24; Yang et al. 2024, arXiv:2406.06484, section 2",
)
C, u = c.state("C", ("n", "d")), c.input("u", "m")
W_k, W_v, w_b = c.matrix("W_k", "d", "m"), c.matrix("W_v", "n", "m"), c.vector("w_b", "m")

z = c.let("z", silu(W_k @ u), role="key")
k = c.let("k", z / sqrt(z.T @ z), role="key")
v = c.let("v", silu(W_v @ u))
b = c.let("b", sigma(w_b.T @ u), role="rate")
c.next(C, C @ (c.eye("d") - b * k @ k.T) + b * v @ k.T)

DELTA_NET = c.build()
