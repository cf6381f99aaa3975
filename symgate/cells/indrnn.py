"""Independently recurrent units, one recurrent weight each:  x_t = phi(w_r (.) x_{t-1} + W_i u_t + b)."""

from symgate.language import CellBuilder

c = CellBuilder("indrnn", source="Li et al. 2018, arXiv:1803.04831, who also take relu for phi")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
w_r, W_i, b = c.vector("w_r", "n"), c.matrix("W_i", "n", "m"), c.vector("b", "n")

a = c.let("a", w_r * x + W_i @ u + b)
c.next(x, phi(a))

INDRNN = c.build()
