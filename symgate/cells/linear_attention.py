"""Gated linear attention:  C_t = C_{t-1} diag(g_t) + v_t k_t',  g_t = sigma(a_t)^{1/16}, a gate for each key direction.

The paper keeps S = C', with the keys in rows. The read-out C_t q_t is no part of the recurrence.
"""

from fractions import Fraction

from symgate.language import CellBuilder, diag, exp, log_sigmoid

c = CellBuilder("linear_attention", source="Yang et al. 2023 (GLA), arXiv:2312.06635, equation 3 and section 4.4")
C, u = c.state("C", ("n", "d")), c.input("u", "m")
W_k, W_v = c.matrix("W_k", "d", "m"), c.matrix("W_v", "n", "m")
W_g, V_g, b_g = c.matrix("W_g", "d", "r"), c.matrix("V_g", "r", "m"), c.vector("b_g", "d")

k = c.let("k", W_k @ u, role="key")
v = c.let("v", W_v @ u)
a = c.let("a", W_g @ (V_g @ u) + b_g, role="gate")
g = c.let("g", exp(Fraction(1, 16) * log_sigmoid(a)), role="gate")
c.next(C, C @ diag(g) + v @ k.T)

LINEAR_ATTENTION = c.build()
