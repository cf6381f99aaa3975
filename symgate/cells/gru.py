"""As torch.nn.GRU has it:  x_t = z_t (.) x_{t-1} + (1 - z_t) (.) phi(W_c u_t + b_c + r_t (.) (U_c x_{t-1} + d_c))."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("gru", source="Cho et al. 2014, arXiv:1406.1078; r after the product as in torch.nn.GRU")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, U_r, b_r = c.matrix("W_r", "n", "m"), c.matrix("U_r", "n", "n"), c.vector("b_r", "n")
W_z, U_z, b_z = c.matrix("W_z", "n", "m"), c.matrix("U_z", "n", "n"), c.vector("b_z", "n")
W_c, U_c, b_c, d_c = c.matrix("W_c", "n", "m"), c.matrix("U_c", "n", "n"), c.vector("b_c", "n"), c.vector("d_c", "n")

a_r = c.let("a_r", W_r @ u + U_r @ x + b_r, role="gate")
r = c.let("r", sigma(a_r), role="gate")
a_z = c.let("a_z", W_z @ u + U_z @ x + b_z, role="gate")
z = c.let("z", sigma(a_z), role="gate")
v = c.let("v", U_c @ x + d_c)
a = c.let("a", W_c @ u + b_c + r * v)
c.next(x, z * x + (1 - z) * phi(a))

GRU = c.build()
