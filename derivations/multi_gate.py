"""One gate per unit: retention, drive and gate term of the Jacobian, and the gradient of the gate's weights."""

import symgate as sg

cell = sg.cell("multi_gate")
J = sg.jacobian(cell)
by_gate = sg.vjp(cell, "W_g")

sg.verify(J).require()
sg.verify(by_gate).require()

for name, term in J.terms.items():
    print(f"{name}: {sg.text(term)}")
print(sg.latex(J))
print(sg.latex(by_gate))
sg.export(J, "numpy", "multi_gate_jacobian.py")
sg.export(by_gate, "numpy", "multi_gate_gradient.py")
