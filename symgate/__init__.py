"""Gated recurrences: exact derivatives derived once for every size, proved, printed as LaTeX, run as NumPy.

    import symgate as sg

    cell = sg.cell("multi_gate")
    J = sg.jacobian(cell)              # dx_t/dx_{t-1} as a sum of named terms
    sg.verify(J).require()             # proved, for every n
    print(sg.latex(J))                 # for the paper
    f = sg.lambdify(J)                 # for the computer: f(x=..., u=..., W_r=..., ...) -> (..., n, n)

What derives is imported with the package; what proves, prints and computes on first use.
"""

from typing import TYPE_CHECKING, Any

from symgate.cells import CELLS, cell
from symgate.derive import (
    analogy,
    continuous_time,
    curvature,
    diagonal,
    effective_learning_rate,
    expand,
    gradient,
    influence,
    jacobian,
    kronecker,
    lags,
    objects,
    preconditioner,
    remainder,
    rest,
    result,
    results,
    retention_time,
    split,
    state_jacobian,
    tangent,
    transport,
    truncate,
    vjp,
)
from symgate.errors import SymgateError
from symgate.language import CellBuilder
from symgate.nonlinearities import register_nonlinearity, registered_nonlinearities
from symgate.notation import Notation
from symgate.records import PRESENTERS, Cell, Derivation, Equation, Kind, Relation, Standing
from symgate.version import __version__

if TYPE_CHECKING:
    from symgate import experiments, interop, numeric, tex
    from symgate.claims import Finding, assert_claims, check, read_cell
    from symgate.exporting import export
    from symgate.numeric.load import lambdify
    from symgate.proof import Certificate, verify
    from symgate.tex import Style, latex, mathml, text

#: Public names that are imported on first use, by the package they come from.
_PROOF = ("Certificate", "verify")
_TEX = ("Style", "latex", "mathml", "text")
_CLAIMS = ("Finding", "assert_claims", "check", "read_cell")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'symgate' has no attribute {name!r}")
    value = _imported(name)
    globals()[name] = value
    return value


def _imported(name: str) -> Any:
    """What a name of the second half stands for."""
    if name in _PROOF:
        import symgate.proof as proof_

        return getattr(proof_, name)
    if name in _CLAIMS:
        import symgate.claims as claims_

        return getattr(claims_, name)
    if name == "export":
        import symgate.exporting as exporting_

        return exporting_.export
    if name == "lambdify":
        import symgate.numeric.load as load_

        return load_.lambdify
    if name == "interop":
        import symgate.interop as interop_

        return interop_
    if name == "experiments":
        import symgate.experiments as experiments_

        return experiments_
    if name == "numeric":
        import symgate.numeric as numeric_

        return numeric_
    import symgate.tex as tex_

    return tex_ if name == "tex" else getattr(tex_, name)


def __dir__() -> list[str]:
    """The public names, and nothing else."""
    return sorted(__all__)


def _notebook(shown: Any) -> str:
    from symgate.tex import notebook

    return notebook(shown)


def _html(shown: Any) -> str:
    from symgate.tex import html

    return html(shown)


PRESENTERS["latex"] = _notebook
PRESENTERS["html"] = _html

__all__ = [
    "CELLS",
    "Cell",
    "CellBuilder",
    "Certificate",
    "Derivation",
    "Equation",
    "Finding",
    "Kind",
    "Notation",
    "Relation",
    "Standing",
    "Style",
    "SymgateError",
    "__version__",
    "analogy",
    "assert_claims",
    "cell",
    "check",
    "continuous_time",
    "curvature",
    "diagonal",
    "effective_learning_rate",
    "expand",
    "experiments",
    "export",
    "gradient",
    "influence",
    "interop",
    "jacobian",
    "kronecker",
    "lags",
    "lambdify",
    "latex",
    "mathml",
    "numeric",
    "objects",
    "preconditioner",
    "read_cell",
    "register_nonlinearity",
    "registered_nonlinearities",
    "remainder",
    "rest",
    "result",
    "results",
    "retention_time",
    "split",
    "state_jacobian",
    "tangent",
    "tex",
    "text",
    "transport",
    "truncate",
    "verify",
    "vjp",
]
