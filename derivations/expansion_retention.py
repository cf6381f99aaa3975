"""With the retention kept, no matrix product is left in the first order: powers, numbers, kernels on the weights."""

import symgate as sg
from symgate.tex import equation

expansions = [sg.expand(sg.split(sg.cell(name), "retention"), 1) for name in ("leaky", "scalar_gate", "multi_gate")]

for certificate in sg.verify(expansions):
    certificate.require()

for expansion in expansions:
    print(f"% {expansion.cell.name}: {expansion.remark}")
    print(equation(expansion))
