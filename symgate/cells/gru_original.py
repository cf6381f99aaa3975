"""Gated unit as published:  x_t = (1 - z_t) (.) x_{t-1} + z_t (.) phi(W_c u_t + U_c (r_t (.) x_{t-1}) + b_c)."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("gru_original", source="Cho et al. 2014, arXiv:1406.1078; z as in Chung et al. 2014, arXiv:1412.3555")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, U_r, b_r = c.matrix("W_r", "n", "m"), c.matrix("U_r", "n", "n"), c.vector("b_r", "n")
W_z, U_z, b_z = c.matrix("W_z", "n", "m"), c.matrix("U_z", "n", "n"), c.vector("b_z", "n")
W_c, U_c, b_c = c.matrix("W_c", "n", "m"), c.matrix("U_c", "n", "n"), c.vector("b_c", "n")

a_r = c.let("a_r", W_r @ u + U_r @ x + b_r, role="gate")
r = c.let("r", sigma(a_r), role="gate")
a_z = c.let("a_z", W_z @ u + U_z @ x + b_z, role="gate")
z = c.let("z", sigma(a_z), role="gate")
a = c.let("a", W_c @ u + U_c @ (r * x) + b_c)
c.next(x, (1 - z) * x + z * phi(a))

GRU_ORIGINAL = c.build()
