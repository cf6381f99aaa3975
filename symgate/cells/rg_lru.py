"""Gated linear unit:  x_t = a_t (.) x_{t-1} + sqrt(1 - a_t^2) (.) i_t (.) u_t,  a_t = exp(-8 softplus(s) (.) r_t)."""

from symgate.language import CellBuilder, exp, expm1, sigma, softplus, sqrt

c = CellBuilder("rg_lru", source="De et al. 2024 (Griffin), arXiv:2402.19427")
x, u, s = c.state("x", "n"), c.input("u", "n"), c.vector("s", "n")
W_a, b_a, W_x, b_x = c.matrix("W_a", "n", "n"), c.vector("b_a", "n"), c.matrix("W_x", "n", "n"), c.vector("b_x", "n")

a_r = c.let("a_r", W_a @ u + b_a, role="gate")
r = c.let("r", sigma(a_r), role="gate")
a_i = c.let("a_i", W_x @ u + b_x, role="gate")
i = c.let("i", sigma(a_i), role="gate")
p = c.let("p", 8 * softplus(s) * r, role="gate")
a = c.let("a", exp(-p), role="gate")
w = c.let("w", sqrt(-expm1(-2 * p)), role="gate")
c.next(x, a * x + w * i * u)

RG_LRU = c.build()
