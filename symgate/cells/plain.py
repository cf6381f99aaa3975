"""The plain (Elman) cell:  x_t = phi(W_r x_{t-1} + W_i u_t + b)."""

from symgate.language import CellBuilder

c = CellBuilder("plain", source="Elman 1990, Cognitive Science 14:179; notation of Livi 2025, arXiv:2508.12121")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_r, W_i, b = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m"), c.vector("b", "n")

a = c.let("a", W_r @ x + W_i @ u + b)
c.next(x, phi(a))

PLAIN = c.build()
