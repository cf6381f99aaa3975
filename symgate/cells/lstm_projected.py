"""LSTM with a projection, torch.nn.LSTM with proj_size:  h_t = W_p (o_t (.) psi(c_t)), h shorter than c."""

from symgate.language import CellBuilder, sigma, tanh

cell = CellBuilder("lstm_projected", source="Sak, Senior & Beaufays 2014, arXiv:1402.1128")
h, c, u, psi = cell.state("h", "k"), cell.state("c", "n"), cell.input("u", "m"), cell.function("psi", default="tanh")
W_i, U_i, b_i = cell.matrix("W_i", "n", "m"), cell.matrix("U_i", "n", "k"), cell.vector("b_i", "n")
W_f, U_f, b_f = cell.matrix("W_f", "n", "m"), cell.matrix("U_f", "n", "k"), cell.vector("b_f", "n")
W_g, U_g, b_g = cell.matrix("W_g", "n", "m"), cell.matrix("U_g", "n", "k"), cell.vector("b_g", "n")
W_o, U_o, b_o = cell.matrix("W_o", "n", "m"), cell.matrix("U_o", "n", "k"), cell.vector("b_o", "n")
W_p = cell.matrix("W_p", "k", "n")

i = cell.let("i", sigma(W_i @ u + U_i @ h + b_i), role="input")
f = cell.let("f", sigma(W_f @ u + U_f @ h + b_f), role="forget")
g = cell.let("g", tanh(W_g @ u + U_g @ h + b_g))
o = cell.let("o", sigma(W_o @ u + U_o @ h + b_o), role="output")
s = cell.let("s", f * c + i * g, role="cell")
cell.next(h, W_p @ (o * psi(s)))
cell.next(c, f * c + i * g)

LSTM_PROJECTED = cell.build()
