"""The sensitivity of a state to an earlier one is an ordered product: M_{t,k} = J_t J_{t-1} ... J_{k+1}."""

import symgate as sg
from symgate.tex import equation, further

M = sg.transport(sg.cell("multi_gate"))

print(f"% {sg.verify(M).require().verdict}: {M.remark}")
print(equation(M))
for label, recursion in further(M):
    print(f"% {label}\n{recursion}")
