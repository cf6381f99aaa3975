"""A forget gate alone:  x_t = sigma(a^f_t) (.) x_{t-1} + (1 - sigma(a^f_t - beta)) (.) phi(a_t)."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("janet", source="van der Westhuizen & Lasenby 2018, arXiv:1804.04849")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_f, U_f, b_f = c.matrix("W_f", "n", "m"), c.matrix("U_f", "n", "n"), c.vector("b_f", "n")
W_c, U_c, b_c = c.matrix("W_c", "n", "m"), c.matrix("U_c", "n", "n"), c.vector("b_c", "n")
beta = c.scalar("beta")

a_f = c.let("a_f", W_f @ u + U_f @ x + b_f, role="gate")
f = c.let("f", sigma(a_f), role="gate")
s = c.let("s", sigma(a_f - beta * c.ones("n")), role="gate")
a = c.let("a", W_c @ u + U_c @ x + b_c)
c.next(x, f * x + (1 - s) * phi(a))

JANET = c.build()
