"""Minimal LSTM for parallel scans:  x_t = f_t (.) x_{t-1} + (1 - f_t) (.) a_t, f and a from the input alone.

f_t is sigma(a^f_t)/(sigma(a^f_t) + sigma(a^i_t)), written as sigma(softplus(-a^i_t) - softplus(-a^f_t)): the same
number, without overflow and without a division by 0.
"""

from symgate.language import CellBuilder, sigma, softplus

c = CellBuilder("minlstm", source="Feng et al. 2024, arXiv:2410.01201, with normalised gates")
x, u = c.state("x", "n"), c.input("u", "m")
W_f, b_f, W_i, b_i = c.matrix("W_f", "n", "m"), c.vector("b_f", "n"), c.matrix("W_i", "n", "m"), c.vector("b_i", "n")
W_c, b_c = c.matrix("W_c", "n", "m"), c.vector("b_c", "n")

a_f = c.let("a_f", W_f @ u + b_f, role="gate")
a_i = c.let("a_i", W_i @ u + b_i, role="gate")
s = c.let("s", softplus(-a_i) - softplus(-a_f), role="gate")
f = c.let("f", sigma(s), role="gate")
a = c.let("a", W_c @ u + b_c)
c.next(x, f * x + (1 - f) * a)

MINLSTM = c.build()
