"""The gate's own sensitivity as the perturbation: the first order is the Frechet derivative of the ungated product."""

import symgate as sg
from symgate.tex import definitions, equation, further

expansion = sg.expand(sg.split(sg.cell("multi_gate"), "gate"), 2)

sg.verify(expansion).require()

print(f"% {expansion.remark}")
print(equation(expansion))
print(definitions(expansion))
for label, formula in further(expansion):
    print(f"% {label}\n{formula}")
