"""What an expansion leaves out is bounded by the tail of a product of norms, for every eps, not asymptotically."""

import symgate as sg
from symgate.tex import equation, further

bounds = [sg.remainder(sg.split(sg.cell("multi_gate"), "gate"), order) for order in (0, 1)]

for certificate in sg.verify(bounds):
    certificate.require()

for bound in bounds:
    print(equation(bound))
print(f"% {bounds[-1].remark}")
for label, formula in further(bounds[-1]):
    print(f"% {label}\n{formula}")
