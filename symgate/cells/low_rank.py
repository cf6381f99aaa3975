"""Low-rank connectivity P Q' of rank k:  x_t = (1 - alpha) x_{t-1} + alpha (P Q' phi(x_{t-1}) + W_i u_t)."""

from symgate.language import CellBuilder

c = CellBuilder("low_rank", source="Mastrogiuseppe & Ostojic 2018, arXiv:1711.09672")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
P, Q, W_i, alpha = c.matrix("P", "n", "k"), c.matrix("Q", "n", "k"), c.matrix("W_i", "n", "m"), c.scalar("alpha")

a = c.let("a", (P @ Q.T) @ phi(x) + W_i @ u)
c.next(x, (1 - alpha) * x + alpha * a)

LOW_RANK = c.build()
