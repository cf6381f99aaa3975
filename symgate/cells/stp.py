"""Short-term plasticity: rates h, resources r and utilisation v of each unit; the recurrent input is W_r (v r h).

r_t = r + dt ((1 - r)/tau_r - v r h),  v_t = v + dt ((b_v - v)/tau_v + b_v (1 - v) h),  all at t - 1 and per unit,
h_t = (1 - alpha) h_{t-1} + alpha relu(W_r (v_t r_t h_{t-1}) + W_i u_t + b).
"""

from symgate.language import CellBuilder, relu

c = CellBuilder("stp", source="Masse, Yang, Song, Wang & Freedman 2019, Nature Neuroscience 22:1159")
h, r, v, u = *(c.state(name, "n") for name in ("h", "r", "v")), c.input("u", "m")
W_r, W_i, b = c.matrix("W_r", "n", "n"), c.matrix("W_i", "n", "m"), c.vector("b", "n")
alpha, dt = c.scalar("alpha"), c.scalar("dt")
tau_r, tau_v, b_v = c.vector("tau_r", "n"), c.vector("tau_v", "n"), c.vector("b_v", "n")

r_new = c.next(r, r + dt * ((1 - r) / tau_r - v * r * h))
v_new = c.next(v, v + dt * ((b_v - v) / tau_v + b_v * (1 - v) * h))
a = c.let("a", W_r @ (v_new * r_new * h) + W_i @ u + b)
c.next(h, (1 - alpha) * h + alpha * relu(a))

STP = c.build()
