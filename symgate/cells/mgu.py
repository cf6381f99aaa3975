"""Minimal gated unit:  x_t = (1 - f_t) (.) x_{t-1} + f_t (.) phi(W_c u_t + U_c (f_t (.) x_{t-1}) + b_c)."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("mgu", source="Zhou et al. 2016, arXiv:1603.09420")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_f, U_f, b_f = c.matrix("W_f", "n", "m"), c.matrix("U_f", "n", "n"), c.vector("b_f", "n")
W_c, U_c, b_c = c.matrix("W_c", "n", "m"), c.matrix("U_c", "n", "n"), c.vector("b_c", "n")

a_f = c.let("a_f", W_f @ u + U_f @ x + b_f, role="gate")
f = c.let("f", sigma(a_f), role="gate")
a = c.let("a", W_c @ u + U_c @ (f * x) + b_c)
c.next(x, (1 - f) * x + f * phi(a))

MGU = c.build()
