"""Update-gate cell, g retains:  x_t = g_t (.) x_{t-1} + (1 - g_t) (.) phi(W_c u_t + U_c x_{t-1} + b_c)."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("ugrnn", source="Collins, Sohl-Dickstein & Sussillo 2017, arXiv:1611.09913")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_g, U_g, b_g = c.matrix("W_g", "n", "m"), c.matrix("U_g", "n", "n"), c.vector("b_g", "n")
W_c, U_c, b_c = c.matrix("W_c", "n", "m"), c.matrix("U_c", "n", "n"), c.vector("b_c", "n")

a_g = c.let("a_g", W_g @ u + U_g @ x + b_g, role="gate")
g = c.let("g", sigma(a_g), role="gate")
a = c.let("a", W_c @ u + U_c @ x + b_c)
c.next(x, g * x + (1 - g) * phi(a))

UGRNN = c.build()
