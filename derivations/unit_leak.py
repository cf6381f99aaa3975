"""With one leak per unit the retained part is diag(1 - alpha), and the leak's Jacobian is diagonal."""

import symgate as sg

cell = sg.cell("unit_leak")
J = sg.jacobian(cell)
by_leak = sg.jacobian(cell, "alpha")

sg.verify(J).require()
sg.verify(by_leak).require()

print(sg.latex(J))
print(sg.latex(by_leak))
sg.export(J, "numpy", "unit_leak_jacobian.py")
