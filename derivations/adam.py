"""Gates reproduce any diagonal at one lag, as Adam's is one; the first order adds what is off the diagonal."""

import symgate as sg
from symgate.tex import equation, further

analogies = [sg.analogy(sg.cell(name), "adam") for name in ("scalar_gate", "multi_gate")]

for certificate in sg.verify(analogies):
    certificate.require()

for analogy in analogies:
    print(f"% {analogy.cell.name}: {analogy.remark}")
    print(equation(analogy))
    for label, formula in further(analogy):
        print(f"% {label}\n{formula}")
