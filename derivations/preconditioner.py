"""One gate for all units rescales a gradient; one gate per unit preconditions it by a diagonal."""

import symgate as sg
from symgate.tex import equation, further

preconditioners = [sg.preconditioner(sg.cell(name)) for name in ("scalar_gate", "multi_gate")]

for certificate in sg.verify(preconditioners):
    certificate.require()

for P in preconditioners:
    print(f"% {P.cell.name}: {P.remark}")
    print(equation(P))
    for label, formula in further(P):
        print(f"% {label}\n{formula}")
