"""Simple recurrent unit:  c_t = f_t (.) c_{t-1} + (1 - f_t) (.) W u_t,  h_t = r_t (.) c_t + (1 - r_t) (.) u_t.

Forget and reset gates see the cell of their own unit alone, through the vectors v_f and v_r.
"""

from symgate.language import CellBuilder, sigma

cell = CellBuilder("sru", source="Lei et al. 2018, arXiv:1709.02755")
h, c, u, W = cell.state("h", "n"), cell.state("c", "n"), cell.input("u", "n"), cell.matrix("W", "n", "n")
W_f, v_f, b_f = cell.matrix("W_f", "n", "n"), cell.vector("v_f", "n"), cell.vector("b_f", "n")
W_r, v_r, b_r = cell.matrix("W_r", "n", "n"), cell.vector("v_r", "n"), cell.vector("b_r", "n")

a_f = cell.let("a_f", W_f @ u + v_f * c + b_f, role="forget")
f = cell.let("f", sigma(a_f), role="forget")
a_r = cell.let("a_r", W_r @ u + v_r * c + b_r, role="reset")
r = cell.let("r", sigma(a_r), role="reset")
s = cell.let("s", f * c + (1 - f) * (W @ u), role="cell")
cell.next(h, r * s + (1 - r) * u)
cell.next(c, f * c + (1 - f) * (W @ u))

SRU = cell.build()
