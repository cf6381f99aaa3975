"""Minimal gated unit for parallel scans:  x_t = (1 - z_t) (.) x_{t-1} + z_t (.) a_t, z and a from the input alone."""

from symgate.language import CellBuilder, sigma

c = CellBuilder("mingru", source="Feng et al. 2024, arXiv:2410.01201")
x, u = c.state("x", "n"), c.input("u", "m")
W_z, b_z, W_c, b_c = c.matrix("W_z", "n", "m"), c.vector("b_z", "n"), c.matrix("W_c", "n", "m"), c.vector("b_c", "n")

a_z = c.let("a_z", W_z @ u + b_z, role="gate")
z = c.let("z", sigma(a_z), role="gate")
a = c.let("a", W_c @ u + b_c)
c.next(x, (1 - z) * x + z * a)

MINGRU = c.build()
