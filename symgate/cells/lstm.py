"""Long short-term memory of torch.nn.LSTM:  c_t = f_t (.) c_{t-1} + i_t (.) g_t,  h_t = o_t (.) psi(c_t)."""

from symgate.language import CellBuilder, sigma, tanh

cell = CellBuilder("lstm", source="Gers, Schmidhuber & Cummins 2000, Neural Computation 12:2451")
h, c, u, psi = cell.state("h", "n"), cell.state("c", "n"), cell.input("u", "m"), cell.function("psi", default="tanh")
W_i, U_i, b_i = cell.matrix("W_i", "n", "m"), cell.matrix("U_i", "n", "n"), cell.vector("b_i", "n")
W_f, U_f, b_f = cell.matrix("W_f", "n", "m"), cell.matrix("U_f", "n", "n"), cell.vector("b_f", "n")
W_g, U_g, b_g = cell.matrix("W_g", "n", "m"), cell.matrix("U_g", "n", "n"), cell.vector("b_g", "n")
W_o, U_o, b_o = cell.matrix("W_o", "n", "m"), cell.matrix("U_o", "n", "n"), cell.vector("b_o", "n")

a_i = cell.let("a_i", W_i @ u + U_i @ h + b_i, role="input")
i = cell.let("i", sigma(a_i), role="input")
a_f = cell.let("a_f", W_f @ u + U_f @ h + b_f, role="forget")
f = cell.let("f", sigma(a_f), role="forget")
a_g = cell.let("a_g", W_g @ u + U_g @ h + b_g)
g = cell.let("g", tanh(a_g))
s = cell.let("s", f * c + i * g, role="cell")
a_o = cell.let("a_o", W_o @ u + U_o @ h + b_o, role="output")
o = cell.let("o", sigma(a_o), role="output")
cell.next(h, o * psi(s))
cell.next(c, f * c + i * g)

LSTM = cell.build()
