"""Gates make one global learning rate depend on the lag, on the data and, one gate per unit, on the direction."""

import symgate as sg
from symgate.tex import equation

rates = [
    sg.effective_learning_rate(sg.cell(name), split)
    for split in ("retention", "drive")
    for name in ("leaky", "scalar_gate", "multi_gate")
]

for certificate in sg.verify(rates):
    certificate.require()

for rate in rates:
    print(f"% {rate.name}: {rate.remark}")
    print(equation(rate))
