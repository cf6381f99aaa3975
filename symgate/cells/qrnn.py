"""Quasi-recurrent cell, fo-pooling:  c_t = f_t (.) c_{t-1} + (1 - f_t) (.) phi(a_t),  h_t = o_t (.) c_t.

Gates and drive come from the input alone; u_t holds the inputs in the window of the filter, one after the other.
"""

from symgate.language import CellBuilder, sigma

cell = CellBuilder("qrnn", source="Bradbury et al. 2017, arXiv:1611.01576")
h, c, u, phi = cell.state("h", "n"), cell.state("c", "n"), cell.input("u", "m"), cell.function("phi", default="tanh")
W_f, b_f = cell.matrix("W_f", "n", "m"), cell.vector("b_f", "n")
W_o, b_o = cell.matrix("W_o", "n", "m"), cell.vector("b_o", "n")
W_c, b_c = cell.matrix("W_c", "n", "m"), cell.vector("b_c", "n")

a_f = cell.let("a_f", W_f @ u + b_f, role="forget")
f = cell.let("f", sigma(a_f), role="forget")
a_o = cell.let("a_o", W_o @ u + b_o, role="output")
o = cell.let("o", sigma(a_o), role="output")
a = cell.let("a", W_c @ u + b_c, role="input")
s = cell.let("s", f * c + (1 - f) * phi(a), role="cell")
cell.next(h, o * s)
cell.next(c, f * c + (1 - f) * phi(a))

QRNN = cell.build()
