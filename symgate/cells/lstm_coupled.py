"""LSTM with one gate to forget and to take in:  c_t = f_t (.) c_{t-1} + (1 - f_t) (.) g_t,  h_t = o_t (.) psi(c_t)."""

from symgate.language import CellBuilder, sigma, tanh

cell = CellBuilder("lstm_coupled", source="Greff et al. 2015 (CIFG), arXiv:1503.04069")
h, c, u, psi = cell.state("h", "n"), cell.state("c", "n"), cell.input("u", "m"), cell.function("psi", default="tanh")
W_f, U_f, b_f = cell.matrix("W_f", "n", "m"), cell.matrix("U_f", "n", "n"), cell.vector("b_f", "n")
W_g, U_g, b_g = cell.matrix("W_g", "n", "m"), cell.matrix("U_g", "n", "n"), cell.vector("b_g", "n")
W_o, U_o, b_o = cell.matrix("W_o", "n", "m"), cell.matrix("U_o", "n", "n"), cell.vector("b_o", "n")

a_f = cell.let("a_f", W_f @ u + U_f @ h + b_f, role="forget")
f = cell.let("f", sigma(a_f), role="forget")
a_g = cell.let("a_g", W_g @ u + U_g @ h + b_g)
g = cell.let("g", tanh(a_g))
s = cell.let("s", f * c + (1 - f) * g, role="cell")
a_o = cell.let("a_o", W_o @ u + U_o @ h + b_o, role="output")
o = cell.let("o", sigma(a_o), role="output")
cell.next(h, o * psi(s))
cell.next(c, f * c + (1 - f) * g)

LSTM_COUPLED = cell.build()
