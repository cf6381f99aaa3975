"""Coupled oscillators:  y_t = y_{t-1} + dt z_t,  z_t = z_{t-1} + dt (phi(a_t) - gamma y - epsilon z)."""

from symgate.language import CellBuilder

c = CellBuilder("cornn", source="Rusch & Mishra 2021, arXiv:2010.00951, with explicit damping as in their code")
y, z, u, phi = c.state("y", "n"), c.state("z", "n"), c.input("u", "m"), c.function("phi", default="tanh")
W_y, W_z, V, b = c.matrix("W_y", "n", "n"), c.matrix("W_z", "n", "n"), c.matrix("V", "n", "m"), c.vector("b", "n")
dt, gamma, epsilon = c.scalar("dt"), c.scalar("gamma"), c.scalar("epsilon")

a = c.let("a", W_y @ y + W_z @ z + V @ u + b)
force = phi(a) - gamma * y - epsilon * z
c.next(y, y + dt * (z + dt * force))
c.next(z, z + dt * force)

CORNN = c.build()
