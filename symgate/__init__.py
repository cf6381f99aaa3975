"""Gated recurrences: exact derivatives derived once for every size, proved, printed as LaTeX, run as NumPy.

    import symgate as sg

    cell = sg.cell("multi_gate")
    J = sg.jacobian(cell)              # dx_t/dx_{t-1} as a sum of named terms
    sg.verify(J).require()             # proved, for every n
    print(sg.latex(J))                 # for the paper
    f = sg.lambdify(J)                 # for the computer: f(x=..., u=..., W_r=..., ...) -> (..., n, n)
"""

from symgate import numeric, tex
from symgate.cells import CELLS, cell
from symgate.derive import (
    analogy,
    continuous_time,
    effective_learning_rate,
    expand,
    gradient,
    jacobian,
    objects,
    preconditioner,
    remainder,
    retention_time,
    split,
    transport,
    vjp,
)
from symgate.errors import SymgateError
from symgate.nonlinearities import register_nonlinearity, registered_nonlinearities
from symgate.notation import CellBuilder
from symgate.numeric.load import export, lambdify
from symgate.proof import Certificate, verify
from symgate.records import PRESENTERS, Cell, Derivation
from symgate.tex import Style, latex, mathml, text
from symgate.version import __version__

PRESENTERS["latex"] = tex.notebook

__all__ = [
    "CELLS",
    "Cell",
    "CellBuilder",
    "Certificate",
    "Derivation",
    "Style",
    "SymgateError",
    "__version__",
    "analogy",
    "cell",
    "continuous_time",
    "effective_learning_rate",
    "expand",
    "export",
    "gradient",
    "jacobian",
    "lambdify",
    "latex",
    "mathml",
    "numeric",
    "objects",
    "preconditioner",
    "register_nonlinearity",
    "registered_nonlinearities",
    "remainder",
    "retention_time",
    "split",
    "text",
    "transport",
    "verify",
    "vjp",
]
