"""Linear recurrent unit, z_t = lambda (.) z_{t-1} + gamma (.) B u_t in C^n, as real parts on z = x + i y.

lambda = exp(-exp(nu) + i exp(theta)), a complex diagonal.
"""

from symgate.language import CellBuilder, cos, exp, sin

c = CellBuilder("lru", source="Orvieto et al. 2023, arXiv:2303.06349")
x, y, u = c.state("x", "n"), c.state("y", "n"), c.input("u", "m")
nu, theta, gamma = c.vector("nu", "n"), c.vector("theta", "n"), c.vector("gamma", "n")
B_x, B_y = c.matrix("B_x", "n", "m"), c.matrix("B_y", "n", "m")

p = c.let("p", exp(nu), role="decay")
w = c.let("w", exp(theta), role="phase")
lambda_x = c.let("lambda_x", exp(-p) * cos(w), role="decay")
lambda_y = c.let("lambda_y", exp(-p) * sin(w), role="phase")
c.next(x, lambda_x * x - lambda_y * y + gamma * (B_x @ u))
c.next(y, lambda_y * x + lambda_x * y + gamma * (B_y @ u))

LRU = c.build()
