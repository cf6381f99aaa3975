"""The leaky integrator with a normalised drive:  x_t = (1 - alpha) x_{t-1} + alpha phi(LN(W_r x_{t-1} + W_i u_t))."""

from symgate.cells.normalisation import layer_norm
from symgate.language import CellBuilder

c = CellBuilder("leaky_norm", source="ConstGate of Livi 2025, arXiv:2512.05790")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, W_i = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m")
gamma_a, b = c.vector("gamma_a", "n"), c.vector("b", "n")
alpha = c.scalar("alpha")

a = c.let("a", layer_norm(c, "a", W_r @ x + W_i @ u, gamma_a, b))
c.next(x, (1 - alpha) * x + alpha * phi(a))

LEAKY_NORM = c.build()
