"""One gate for all units, drive normalised:  x_t = (1 - g_t) x_{t-1} + g_t phi(LN(W_r x_{t-1} + W_i u_t))."""

from symgate.cells.normalisation import layer_norm
from symgate.language import CellBuilder, sigma

c = CellBuilder("scalar_gate_norm", source="SharedGate of Livi 2025, arXiv:2512.05790")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, W_i = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m")
gamma_a, b = c.vector("gamma_a", "n"), c.vector("b", "n")
w_g, v_g, b_g = c.vector("w_g", "n"), c.vector("v_g", "m"), c.scalar("b_g")

a = c.let("a", layer_norm(c, "a", W_r @ x + W_i @ u, gamma_a, b))
a_g = c.let("a_g", w_g.T @ x + v_g.T @ u + b_g, role="gate")
g = c.let("g", sigma(a_g), role="gate")
c.next(x, (1 - g) * x + g * phi(a))

SCALAR_GATE_NORM = c.build()
