"""One pair of matrices for gate and drive:  x_t = z_t (.) x_{t-1} + (zeta (1 - z_t) + nu) (.) phi(a_t)."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("fastgrnn", source="Kusupati et al. 2018, arXiv:1901.02358; zeta and nu before their sigmoids")
x, u, phi = c.state("x", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W, U, b_z, b_c = c.matrix("W", "n", "m"), c.matrix("U", "n", "n"), c.vector("b_z", "n"), c.vector("b_c", "n")
zeta, nu = c.scalar("zeta"), c.scalar("nu")

a_z = c.let("a_z", W @ u + U @ x + b_z, role="gate")
z = c.let("z", sigma(a_z), role="gate")
a = c.let("a", W @ u + U @ x + b_c)
c.next(x, z * x + (sigma(zeta) * (1 - z) + sigma(nu) * c.ones("n")) * phi(a))

FASTGRNN = c.build()
