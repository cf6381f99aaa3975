"""Long expressive memory, a learned step of time for each unit and each of two states.

z_t = (1 - d_t) (.) z_{t-1} + d_t (.) phi(a^z_t),  y_t = (1 - e_t) (.) y_{t-1} + e_t (.) phi(a^y_t),  a^y_t sees z_t.
"""

from symgate.language import CellBuilder, sigma

c = CellBuilder("lem", source="Rusch, Mishra, Erichson & Mahoney 2022, arXiv:2110.04744")
y, z, u, phi = c.state("y", "n"), c.state("z", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_d, V_d, b_d = c.matrix("W_d", "n", "n"), c.matrix("V_d", "n", "m"), c.vector("b_d", "n")
W_e, V_e, b_e = c.matrix("W_e", "n", "n"), c.matrix("V_e", "n", "m"), c.vector("b_e", "n")
W_z, V_z, b_z = c.matrix("W_z", "n", "n"), c.matrix("V_z", "n", "m"), c.vector("b_z", "n")
W_y, V_y, b_y = c.matrix("W_y", "n", "n"), c.matrix("V_y", "n", "m"), c.vector("b_y", "n")
dt = c.scalar("dt")

a_d = c.let("a_d", W_d @ y + V_d @ u + b_d, role="gate")
d = c.let("d", dt * sigma(a_d), role="gate")
a_e = c.let("a_e", W_e @ y + V_e @ u + b_e, role="gate")
e = c.let("e", dt * sigma(a_e), role="gate")
a_z = c.let("a_z", W_z @ y + V_z @ u + b_z)
s = c.let("s", (1 - d) * z + d * phi(a_z))
a_y = c.let("a_y", W_y @ s + V_y @ u + b_y)
c.next(y, (1 - e) * y + e * phi(a_y))
c.next(z, (1 - d) * z + d * phi(a_z))

LEM = c.build()
