"""One gate per unit:  x_t = (1 - g_t) (.) x_{t-1} + g_t (.) phi(a_t),  g_t = sigma(W_g x_{t-1} + V_g u_t + b_g)."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("multi_gate", source="Livi 2025, arXiv:2508.12121")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, W_i, b = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m"), c.vector("b", "n")
W_g, V_g, b_g = c.matrix("W_g", "n", "n"), c.matrix("V_g", "n", "m"), c.vector("b_g", "n")

a = c.let("a", W_r @ x + W_i @ u + b)
a_g = c.let("a_g", W_g @ x + V_g @ u + b_g, role="gate")
g = c.let("g", sigma(a_g), role="gate")
c.next(x, (1 - g) * x + g * phi(a))

MULTI_GATE = c.build()
