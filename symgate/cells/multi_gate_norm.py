"""Gate and drive normalised:  x_t = (1 - g_t) (.) x_{t-1} + g_t (.) phi(LN(W_r x_{t-1} + W_i u_t))."""

from symgate.cells.normalisation import layer_norm
from symgate.language import CellBuilder, sigma

c = CellBuilder("multi_gate_norm", source="DiagGate of Livi 2025, arXiv:2512.05790")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, W_i = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m")
gamma_a, b = c.vector("gamma_a", "n"), c.vector("b", "n")
W_g, V_g = c.matrix("W_g", "n", "n"), c.matrix("V_g", "n", "m")
gamma_g, b_g = c.vector("gamma_g", "n"), c.vector("b_g", "n")

a = c.let("a", layer_norm(c, "a", W_r @ x + W_i @ u, gamma_a, b))
a_g = c.let("a_g", layer_norm(c, "g", W_g @ x + V_g @ u, gamma_g, b_g, role="gate"), role="gate")
g = c.let("g", sigma(a_g), role="gate")
c.next(x, (1 - g) * x + g * phi(a))

MULTI_GATE_NORM = c.build()
