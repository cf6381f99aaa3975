"""Matrix LSTM of the xLSTM, exponential gates with a stabiliser:  C_t = f'_t C_{t-1} + i'_t v_t k_t'.

q_t = f'_t q_{t-1} + i'_t k_t, m_t = max(log f_t + m_{t-1}, a^i_t), f'_t = exp(log f_t + m_{t-1} - m_t),
i'_t = exp(a^i_t - m_t), one head: f_t and i_t are numbers, and so is m_t, which is kept as a vector of equal entries of
a size s that covers 1, the mean of which it is. The read-out C_t r_t / max(|q_t' r_t|, exp(-m_t)) is no part of the
recurrence.
"""

from symgate.language import CellBuilder, exp, log_sigmoid, maximum, sqrt

c = CellBuilder("mlstm", source="Beck et al. 2024, arXiv:2405.04517, equations 19 to 27")
C, q, m, u = c.state("C", ("n", "d")), c.state("q", "d"), c.state("m", "s"), c.input("u", "p")
W_k, b_k, W_v, b_v = c.matrix("W_k", "d", "p"), c.vector("b_k", "d"), c.matrix("W_v", "n", "p"), c.vector("b_v", "n")
w_i, b_i, w_f, b_f = c.vector("w_i", "p"), c.scalar("b_i"), c.vector("w_f", "p"), c.scalar("b_f")
one, width = c.ones("s"), c.ones("d")

k = c.let("k", (W_k @ u) / sqrt(width.T @ width) + b_k, role="key")
v = c.let("v", W_v @ u + b_v)
a_i = c.let("a_i", w_i.T @ u + b_i, role="input")
kept = c.let("l", log_sigmoid(w_f.T @ u + b_f) + (one.T @ m) / (one.T @ one), role="forget")
m_new = c.let("m_new", maximum(kept, a_i))
i = c.let("i", exp(a_i - m_new), role="input")
f = c.let("f", exp(kept - m_new), role="forget")
c.next(m, m_new * one)
c.next(C, f * C + i * v @ k.T)
c.next(q, f * q + i * k)

MLSTM = c.build()
