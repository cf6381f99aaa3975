"""Liquid time constants, one step of the fused solver over the elapsed time dt_t, a scalar input.

dx/ds = -(1/tau + f) (.) x + f (.) E  gives  x_t = (x_{t-1} + dt_t f_t (.) E) / (1 + dt_t (1/tau + f_t)).
"""

from symgate.language import CellBuilder, sigma

c = CellBuilder("ltc", source="Hasani, Lechner, Amini, Rus & Grosu 2020, arXiv:2006.04439, algorithm 1")
x, u, dt = c.state("x", "n"), c.input("u", "m"), c.input("dt", 1)
W_r, W_i, b = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m"), c.vector("b", "n")
tau, E = c.vector("tau", "n"), c.vector("E", "n")

a = c.let("a", W_r @ x + W_i @ u + b, role="gate")
f = c.let("f", sigma(a), role="gate")
c.next(x, (x + dt * (f * E)) / (1 + dt * (1 / tau + f)))

LTC = c.build()
