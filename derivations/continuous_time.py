"""A gate is a learned local warp of time: alpha, the time constant of a gate value, and the local error of a step."""

import symgate as sg

schemes = [sg.continuous_time(name) for name in ("euler", "exponential")]

for certificate in sg.verify(schemes):
    certificate.require()

for scheme in schemes:
    print(f"{scheme.name}: {scheme.remark}")
    print(f"  alpha = {scheme.alpha}")
    print(f"  tau_t = {scheme.gate_time}")
    print(f"  error = {scheme.error} + O(h^3)")
print(f"steps for which a gate value keeps the state, to 1/e: {sg.retention_time()}")
