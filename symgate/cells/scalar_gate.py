"""One gate for all units:  x_t = (1 - g_t) x_{t-1} + g_t phi(a_t),  g_t = sigma(w_g' x_{t-1} + v_g' u_t + b_g)."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("scalar_gate", source="Livi 2025, arXiv:2508.12121")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, W_i, b = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m"), c.vector("b", "n")
w_g, v_g, b_g = c.vector("w_g", "n"), c.vector("v_g", "m"), c.scalar("b_g")

a = c.let("a", W_r @ x + W_i @ u + b)
a_g = c.let("a_g", w_g.T @ x + v_g.T @ u + b_g, role="gate")
g = c.let("g", sigma(a_g), role="gate")
c.next(x, (1 - g) * x + g * phi(a))

SCALAR_GATE = c.build()
