"""GRU-D, for series with gaps: a mask k_t says what was observed, delta_t how long ago; l holds the last observed.

v_t = k_t (.) u_t + (1 - k_t) (.) (d^u_t (.) l_{t-1} + (1 - d^u_t) (.) mean),  s_t = d^h_t (.) h_{t-1}, with decays
d_t = exp(-max(0, . delta_t + .)); then a GRU of s_t that sees v_t and the mask.
"""

from symgate.language import CellBuilder, exp, relu, sigma, tanh

c = CellBuilder("gru_d", source="Che, Purushotham, Cho, Sontag & Liu 2018, arXiv:1606.01865")
h, l, u = c.state("h", "n"), c.state("l", "m"), c.input("u", "m")
k, mean = c.input("k", "m"), c.vector("mean", "m")
delta = c.input("elapsed", "m", latex=r"\delta")
b_r, b_z, b_c = c.vector("b_r", "n"), c.vector("b_z", "n"), c.vector("b_c", "n")
w_u, c_u, W_d, c_d = c.vector("w_u", "m"), c.vector("c_u", "m"), c.matrix("W_d", "n", "m"), c.vector("c_d", "n")
W_r, U_r, V_r = c.matrix("W_r", "n", "m"), c.matrix("U_r", "n", "n"), c.matrix("V_r", "n", "m")
W_z, U_z, V_z = c.matrix("W_z", "n", "m"), c.matrix("U_z", "n", "n"), c.matrix("V_z", "n", "m")
W_c, U_c, V_c = c.matrix("W_c", "n", "m"), c.matrix("U_c", "n", "n"), c.matrix("V_c", "n", "m")

d_u = c.let("d_u", exp(-relu(w_u * delta + c_u)), role="decay")
v = c.let("v", k * u + (1 - k) * (d_u * l + (1 - d_u) * mean), role="imputation")
d_h = c.let("d_h", exp(-relu(W_d @ delta + c_d)), role="decay")
s = c.let("s", d_h * h)
r = c.let("r", sigma(W_r @ v + U_r @ s + V_r @ k + b_r), role="reset")
z = c.let("z", sigma(W_z @ v + U_z @ s + V_z @ k + b_z), role="gate")
a = c.let("a", W_c @ v + U_c @ (r * s) + V_c @ k + b_c)
c.next(h, (1 - z) * s + z * tanh(a))
c.next(l, k * u + (1 - k) * l)

GRU_D = c.build()
