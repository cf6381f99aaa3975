"""The leaky integrator, one constant per unit:  x_t = (1 - alpha) (.) x_{t-1} + alpha (.) phi(a_t)."""

from symgate.language import CellBuilder

c = CellBuilder("unit_leak", source="Tallec & Ollivier 2018, arXiv:1804.11188; notation of Livi 2025, arXiv:2508.12121")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, W_i, b = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m"), c.vector("b", "n")
alpha = c.vector("alpha", "n")

a = c.let("a", W_r @ x + W_i @ u + b)
c.next(x, (1 - alpha) * x + alpha * phi(a))

UNIT_LEAK = c.build()
