"""LSTM with zoneout: masks k^c_t and k^h_t, drawn for each step and unit, keep the old state where they are 1.

c_t = k^c_t (.) c_{t-1} + (1 - k^c_t) (.) s_t,  h_t = k^h_t (.) h_{t-1} + (1 - k^h_t) (.) o_t (.) psi(s_t).
"""

from symgate.language import CellBuilder, sigma, tanh

cell = CellBuilder("lstm_zoneout", source="Krueger et al. 2017, arXiv:1606.01305")
h, c, u, psi = cell.state("h", "n"), cell.state("c", "n"), cell.input("u", "m"), cell.function("psi", default="tanh")
k_h, k_c = cell.input("k_h", "n"), cell.input("k_c", "n")
W_i, U_i, b_i = cell.matrix("W_i", "n", "m"), cell.matrix("U_i", "n", "n"), cell.vector("b_i", "n")
W_f, U_f, b_f = cell.matrix("W_f", "n", "m"), cell.matrix("U_f", "n", "n"), cell.vector("b_f", "n")
W_g, U_g, b_g = cell.matrix("W_g", "n", "m"), cell.matrix("U_g", "n", "n"), cell.vector("b_g", "n")
W_o, U_o, b_o = cell.matrix("W_o", "n", "m"), cell.matrix("U_o", "n", "n"), cell.vector("b_o", "n")

i = cell.let("i", sigma(W_i @ u + U_i @ h + b_i), role="input")
f = cell.let("f", sigma(W_f @ u + U_f @ h + b_f), role="forget")
g = cell.let("g", tanh(W_g @ u + U_g @ h + b_g))
o = cell.let("o", sigma(W_o @ u + U_o @ h + b_o), role="output")
s = cell.let("s", f * c + i * g)
cell.next(c, k_c * c + (1 - k_c) * s)
cell.next(h, k_h * h + (1 - k_h) * (o * psi(s)))

LSTM_ZONEOUT = cell.build()
