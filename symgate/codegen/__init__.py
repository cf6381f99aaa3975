"""Source code from derivations and cells: one file per target, the walker and the analysis shared."""

from symgate.codegen.backend import Backend
from symgate.codegen.numpy import NumpyBackend
from symgate.codegen.program import analyse
from symgate.errors import unknown
from symgate.records import Cell, Derivation

TARGETS: dict[str, Backend] = {backend.name: backend for backend in (NumpyBackend(),)}


def source(obj: Derivation | Cell, target: str = "numpy") -> str:
    """A standalone module that computes a derived object, or one step of a cell.

    Args:
        obj: a derivation (its function has the derivation's name, and ``<name>_terms`` returns the named
            terms), or a cell (its function is ``<cell>_step``).
        target: the language; ``TARGETS`` lists them.

    Returns:
        The text of the module: the same derivation gives the same bytes.

    Raises:
        UnknownNameError: there is no such target.
        OpaqueFunctionError: a function of the cell is bound to none, so it has no values.
        UnsupportedNodeError: an expression, or a registered formula, holds a node without a spelling.
        NameRefusedError: a name that cannot stand in source code.
    """
    if target not in TARGETS:
        raise unknown("export target", target, TARGETS)
    return TARGETS[target].module(analyse(obj))


__all__ = ["TARGETS", "Backend", "source"]
