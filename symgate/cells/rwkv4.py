"""Time mixing of RWKV-4: an average of the values with weights that decay, by its numerator a and denominator b.

a_t = e^{-w} a_{t-1} + e^{k_t} v_t,  b_t = e^{-w} b_{t-1} + e^{k_t},  w = exp(omega),
y_t = W_o (sigma(r_t) (.) (a_{t-1} + e^{beta + k_t} v_t) / (b_{t-1} + e^{beta + k_t})); p holds the input before.
"""

from symgate.language import CellBuilder, exp, sigma

c = CellBuilder("rwkv4", source="Peng et al. 2023, arXiv:2305.13048, equations 11 to 16")
y, a, b, p, u = *(c.state(name, "n") for name in ("y", "a", "b", "p")), c.input("u", "n")
W_r, W_k, W_v, W_o = (c.matrix(name, "n", "n") for name in ("W_r", "W_k", "W_v", "W_o"))
mu_r, mu_k, mu_v, omega, beta = (c.vector(name, "n") for name in ("mu_r", "mu_k", "mu_v", "omega", "beta"))

r = c.let("r", W_r @ (mu_r * u + (1 - mu_r) * p), role="receptance")
k = c.let("k", W_k @ (mu_k * u + (1 - mu_k) * p), role="key")
v = c.let("v", W_v @ (mu_v * u + (1 - mu_v) * p), role="value")
e = c.let("e", exp(beta + k), role="key")
decay = c.let("d", exp(-exp(omega)), role="gate")
c.next(y, W_o @ (sigma(r) * (a + e * v) / (b + e)))
c.next(a, decay * a + exp(k) * v)
c.next(b, decay * b + exp(k))
c.next(p, u)

RWKV4 = c.build()
