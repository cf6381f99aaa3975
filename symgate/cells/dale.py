"""Dale's law: every unit excites or inhibits, s = 1 or -1, through a mask of the connections there are.

x_t = (1 - alpha) x_{t-1} + alpha (([W_r]_+ (.) C) (s (.) softplus(x_{t-1})) + W_i u_t + b), [.]_+ entry by entry.
"""

from symgate.language import CellBuilder, relu, softplus

c = CellBuilder("dale", source="Song, Yang & Wang 2016, PLoS Computational Biology 12:e1004792")
x, u = c.state("x", "n"), c.input("u", "m")
W_r, C, s = c.matrix("W_r", "n", "n"), c.matrix("C", "n", "n"), c.vector("s", "n")
W_i, b, alpha = c.matrix("W_i", "n", "m"), c.vector("b", "n"), c.scalar("alpha")

a = c.let("a", (relu(W_r) * C) @ (s * softplus(x)) + W_i @ u + b)
c.next(x, (1 - alpha) * x + alpha * a)

DALE = c.build()
