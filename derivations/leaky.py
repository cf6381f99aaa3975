"""The leaky integrator keeps (1 - alpha) I of its state, and its leak alpha has a gradient too."""

import symgate as sg

cell = sg.cell("leaky")
J = sg.jacobian(cell)
by_leak = sg.jacobian(cell, "alpha")

sg.verify(J).require()
sg.verify(by_leak).require()

print(sg.latex(J))
print(sg.latex(by_leak))
sg.export(J, "numpy", "leaky_jacobian.py")
