"""Two states over many steps: the LSTM in blocks, and the rate eta prod_j f_j of its cell state."""

import symgate as sg
from symgate.tex import equation
from symgate.tex.equations import where

cell = sg.cell("lstm")
split = sg.split(cell, "retention")
claims = [
    sg.state_jacobian(cell),
    sg.transport(cell),
    sg.gradient(cell).adjoint,
    split,
    sg.expand(split, 1),
    sg.effective_learning_rate(cell),
]

for certificate in sg.verify(claims):
    certificate.require()

for claim in claims:
    print(f"% {claim.name}: {claim.remark}")
    print(equation(claim))
print(where(claims[1]))
