"""RWKV-6 (Finch), one head:  C_t = C_{t-1} diag(w_t) + v_t k_t',  w_t = exp(-exp(delta + B tanh(A u_t))).

u_t is the input after the shift of tokens; the bonus for the token at hand belongs to the read-out, which is no part of
the recurrence. The paper keeps C'.
"""

from symgate.language import CellBuilder, diag, exp, tanh

c = CellBuilder("rwkv6", source="Peng et al. 2024 (Eagle and Finch), arXiv:2404.05892, section 4.2")
C, u = c.state("C", ("n", "d")), c.input("u", "m")
W_k, W_v = c.matrix("W_k", "d", "m"), c.matrix("W_v", "n", "m")
decay, W_d, V_d = c.vector("b_d", "d"), c.matrix("W_d", "d", "r"), c.matrix("V_d", "r", "m")

k = c.let("k", W_k @ u, role="key")
v = c.let("v", W_v @ u)
a = c.let("a", decay + W_d @ tanh(V_d @ u), role="gate")
w = c.let("w", exp(-exp(a)), role="gate")
c.next(C, C @ diag(w) + v @ k.T)

RWKV6 = c.build()
