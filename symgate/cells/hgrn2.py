"""HGRN2:  C_t = C_{t-1} diag(f_t) + v_t (1 - f_t)': the keys are what the gates forget, with a lower bound gamma.

f_t = gamma + (1 - gamma) (.) sigma(a_t). The paper keeps C', and reads C_t q_t out.
"""

from symgate.language import CellBuilder, diag, sigma, silu

c = CellBuilder("hgrn2", source="Qin et al. 2024, arXiv:2404.07904, equation 6")
C, u, gamma = c.state("C", ("n", "d")), c.input("u", "m"), c.vector("gamma", "d")
W_f, b_f, W_v, b_v = c.matrix("W_f", "d", "m"), c.vector("b_f", "d"), c.matrix("W_v", "n", "m"), c.vector("b_v", "n")

a = c.let("a", W_f @ u + b_f, role="gate")
f = c.let("f", gamma + (1 - gamma) * sigma(a), role="gate")
v = c.let("v", silu(W_v @ u + b_v))
c.next(C, C @ diag(f) + v @ (1 - f).T)

HGRN2 = c.build()
