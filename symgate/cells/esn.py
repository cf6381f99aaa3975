"""Echo state network of leaky integrators with feedback of the output y_{t-1}, which is an input here.

x_t = (1 - a gamma) x_{t-1} + gamma phi(W_r x_{t-1} + W_i u_t + W_b y_{t-1} + b).
"""

from symgate.language import CellBuilder

c = CellBuilder("esn", source="Jaeger, Lukosevicius, Popovici & Siewert 2007, Neural Networks 20:335")
x, u, y, phi = c.state("x", "n"), c.input("u", "m"), c.input("y", "k"), c.function("phi", default="tanh")
W_r, W_i, W_b = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m"), c.matrix("W_b", "n", "k")
b, leak, gamma = c.vector("b", "n"), c.scalar("a"), c.scalar("gamma")

p = c.let("p", W_r @ x + W_i @ u + W_b @ y + b)
c.next(x, (1 - leak * gamma) * x + gamma * phi(p))

ESN = c.build()
