"""Exact Jacobians of gated recurrences: derived once for every size, proved, printed as LaTeX, run as NumPy."""

from symgate.cells import CELLS, cell
from symgate.derive import jacobian, objects, vjp
from symgate.errors import SymgateError
from symgate.nonlinearities import nonlinearities, register_nonlinearity
from symgate.notation import CellBuilder
from symgate.records import Cell, Derivation
from symgate.version import __version__

__all__ = [
    "CELLS",
    "Cell",
    "CellBuilder",
    "Derivation",
    "SymgateError",
    "__version__",
    "cell",
    "jacobian",
    "nonlinearities",
    "objects",
    "register_nonlinearity",
    "vjp",
]
