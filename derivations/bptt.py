"""Backpropagation through time, by every parameter: outer products with the adjoint equal the sum over M_{t,k}."""

import symgate as sg
from symgate.tex import equation, further

gradients = tuple(sg.gradient(sg.cell("multi_gate")))

for certificate in sg.verify(gradients):
    certificate.require()

for derivation in gradients:
    print(equation(derivation))
    for label, formula in further(derivation):
        print(f"% {label}\n{formula}")
