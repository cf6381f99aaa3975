"""Fast weights, purely additive:  C_t = C_{t-1} + v_t phi(a^k_t)', a Hebbian step; linear attention without gates.

The read-out C_t q_t is no part of the recurrence.
"""

from symgate.language import CellBuilder

c = CellBuilder(
    "fast_weights", source="Schmidhuber 1992, Neural Computation 4(1); Schlag et al. 2021, arXiv:2102.11174, section 3"
)
phi = c.function("phi", default="tanh")
C, u = c.state("C", ("n", "d")), c.input("u", "m")
W_k, W_v = c.matrix("W_k", "d", "m"), c.matrix("W_v", "n", "m")

k = c.let("k", phi(W_k @ u), role="key")
v = c.let("v", W_v @ u)
c.next(C, C + v @ k.T)

FAST_WEIGHTS = c.build()
