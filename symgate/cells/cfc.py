"""Closed-form continuous-time cell:  x_t = s_t (.) g_t + (1 - s_t) (.) k_t,  s_t = sigma(-dt_t f_t).

f, g and k are three heads on the state and the input; dt_t, the elapsed time, is a scalar input.
"""

from symgate.language import CellBuilder, sigma

c = CellBuilder("cfc", source="Hasani et al. 2022, arXiv:2106.13898, equation 10")
x, u, dt, phi = c.state("x", "n"), c.input("u", "m"), c.input("dt", 1), c.function("phi", default="tanh")
W_f, U_f, b_f = c.matrix("W_f", "n", "m"), c.matrix("U_f", "n", "n"), c.vector("b_f", "n")
W_g, U_g, b_g = c.matrix("W_g", "n", "m"), c.matrix("U_g", "n", "n"), c.vector("b_g", "n")
W_k, U_k, b_k = c.matrix("W_k", "n", "m"), c.matrix("U_k", "n", "n"), c.vector("b_k", "n")

f = c.let("f", W_f @ u + U_f @ x + b_f, role="gate")
s = c.let("s", sigma(-(dt * f)), role="gate")
a_g = c.let("a_g", W_g @ u + U_g @ x + b_g)
a_k = c.let("a_k", W_k @ u + U_k @ x + b_k)
c.next(x, s * phi(a_g) + (1 - s) * phi(a_k))

CFC = c.build()
