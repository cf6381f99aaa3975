"""Hierarchically gated recurrent network, a complex diagonal z = x + i y with a lower bound gamma on the forget gate.

z_t = f_t e^{i theta} (.) z_{t-1} + (1 - f_t) (.) c_t,  f_t = gamma + (1 - gamma) (.) sigma(W_f u_t + b_f).
"""

from symgate.language import CellBuilder, cos, sigma, silu, sin

c = CellBuilder("hgrn", source="Qin, Yang & Zhong 2023, arXiv:2311.04823")
x, y, u = c.state("x", "n"), c.state("y", "n"), c.input("u", "m")
gamma, theta = c.vector("gamma", "n"), c.vector("theta", "n")
W_f, b_f = c.matrix("W_f", "n", "m"), c.vector("b_f", "n")
W_x, b_x, W_y, b_y = c.matrix("W_x", "n", "m"), c.vector("b_x", "n"), c.matrix("W_y", "n", "m"), c.vector("b_y", "n")

a_f = c.let("a_f", W_f @ u + b_f, role="gate")
f = c.let("f", gamma + (1 - gamma) * sigma(a_f), role="gate")
a_x = c.let("a_x", W_x @ u + b_x)
a_y = c.let("a_y", W_y @ u + b_y)
c.next(x, f * (cos(theta) * x - sin(theta) * y) + (1 - f) * silu(a_x))
c.next(y, f * (sin(theta) * x + cos(theta) * y) + (1 - f) * silu(a_y))

HGRN = c.build()
