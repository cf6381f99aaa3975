"""One gate for all units adds a single rank-one term: (phi(a_t) - x_{t-1}) times w_g', weighted by the gate's slope."""

import symgate as sg

cell = sg.cell("scalar_gate")
J = sg.jacobian(cell)
by_gate = sg.vjp(cell, "w_g")

sg.verify(J).require()
sg.verify(by_gate).require()

for name, term in J.terms.items():
    print(f"{name}: {sg.text(term)}")
print(sg.latex(J))
print(sg.latex(by_gate))
sg.export(J, "numpy", "scalar_gate_jacobian.py")
