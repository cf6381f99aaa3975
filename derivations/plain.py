"""The Elman cell carries its state through the drive alone: J_t = diag(phi'(a_t)) W_r."""

import symgate as sg

cell = sg.cell("plain")
J = sg.jacobian(cell)
gradient = sg.vjp(cell, "W_r")

sg.verify(J).require()
sg.verify(gradient).require()

print(sg.latex(J))
print(sg.latex(gradient))
sg.export(J, "numpy", "plain_jacobian.py")
