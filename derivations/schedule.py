"""Gates are a learning-rate schedule: which one they realise, and which gates realise a given one."""

import symgate as sg
from symgate.tex import equation, further

analogies = [sg.analogy(sg.cell(name), "schedule") for name in ("scalar_gate", "multi_gate")]

for certificate in sg.verify(analogies):
    certificate.require()

for analogy in analogies:
    print(f"% {analogy.cell.name}: {analogy.remark}")
    print(equation(analogy))
    for label, formula in further(analogy):
        print(f"% {label}\n{formula}")
