"""Scalar LSTM of the xLSTM, exponential gates with a stabiliser:  h_t = o_t (.) c_t / q_t.

m_t = max(log f_t + m_{t-1}, a^i_t),  c_t = f'_t (.) c_{t-1} + i'_t (.) z_t,  q_t = f'_t (.) q_{t-1} + i'_t, with
f'_t = exp(log f_t + m_{t-1} - m_t) and i'_t = exp(a^i_t - m_t), f_t a sigmoid.
"""

from symgate.language import CellBuilder, exp, log_sigmoid, maximum, sigma, tanh

cell = CellBuilder("slstm", source="Beck et al. 2024, arXiv:2405.04517, equations 8 to 17")
h, c, q, m, u = *(cell.state(name, "n") for name in ("h", "c", "q", "m")), cell.input("u", "d")
W_i, U_i, b_i = cell.matrix("W_i", "n", "d"), cell.matrix("U_i", "n", "n"), cell.vector("b_i", "n")
W_f, U_f, b_f = cell.matrix("W_f", "n", "d"), cell.matrix("U_f", "n", "n"), cell.vector("b_f", "n")
W_z, U_z, b_z = cell.matrix("W_z", "n", "d"), cell.matrix("U_z", "n", "n"), cell.vector("b_z", "n")
W_o, U_o, b_o = cell.matrix("W_o", "n", "d"), cell.matrix("U_o", "n", "n"), cell.vector("b_o", "n")

a_i = cell.let("a_i", W_i @ u + U_i @ h + b_i, role="input")
a_f = cell.let("a_f", W_f @ u + U_f @ h + b_f, role="forget")
a_z = cell.let("a_z", W_z @ u + U_z @ h + b_z)
a_o = cell.let("a_o", W_o @ u + U_o @ h + b_o, role="output")
kept = cell.let("l", log_sigmoid(a_f) + m, role="forget")
m_new = cell.next(m, maximum(kept, a_i))
i = cell.let("i", exp(a_i - m_new), role="input")
f = cell.let("f", exp(kept - m_new), role="forget")
c_new = cell.next(c, f * c + i * tanh(a_z))
q_new = cell.next(q, f * q + i)
cell.next(h, sigma(a_o) * (c_new / q_new))

SLSTM = cell.build()
