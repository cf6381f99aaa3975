"""Source code from derivations and cells: one file per target, the walker and the analysis shared."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from symgate.codegen.array_api.target import ArrayApiBackend
from symgate.codegen.jax import module as jax_module
from symgate.codegen.numba.target import NumbaTarget
from symgate.codegen.numpy.target import NumpyBackend
from symgate.codegen.torch import module as torch_module
from symgate.codegen.training.plan import Training
from symgate.codegen.writer.backend import Backend, Target
from symgate.codegen.writer.docs import digest, header
from symgate.codegen.writer.program import analyse
from symgate.codegen.writer.spelling import definitions, equation
from symgate.errors import UnknownNameError, unknown
from symgate.records import Cell, Derivation

TARGETS: dict[str, Target] = {target.name: target for target in (NumpyBackend(), ArrayApiBackend(), NumbaTarget())}

#: Targets that train a whole cell: what writes the module, from what a step backward needs.
TRAINED: dict[str, Callable[[Cell, Training], str]] = {"torch": torch_module.module, "jax": jax_module.module}


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
    return known(target).module(analyse(obj))


def known(target: str) -> Target:
    """The target of that name that writes functions one by one.

    Raises:
        UnknownNameError: there is no such target, or it writes whole cells alone.
    """
    if target in TRAINED:
        raise UnknownNameError(
            f"The target {target!r} writes modules of whole cells: sg.export(cell, {target!r}, path). For a single "
            f"function there are {', '.join(TARGETS)}; 'array_api' takes arrays of {target}."
        )
    if target not in TARGETS:
        raise unknown("export target", target, [*TARGETS, *TRAINED, "rocq"])
    return TARGETS[target]


def suite(
    parts: Sequence[tuple[str, Derivation | Cell]], target: str = "array_api", training: Training | None = None
) -> str:
    """A standalone module of several objects of one cell, the step first; it can check itself.

    Args:
        parts: the name of each function, and its derivation or, for the step, the cell, whose function is ``step``.
        target: the language.
        training: what a step backward needs, to write that and training through time as well.

    Errors are those of ``source``.
    """
    chosen = known(target)
    programs = [(name, analyse(obj)) for name, obj in parts]
    top = header(programs[0][1])
    for name, program in programs[1:]:
        top += [
            "",
            f"{name}:",
            "",
            *(f"    {line}" for line in _equations(program.subject, programs[0][1].cell)),
            "",
            f"    digest: {digest(program)}",
        ]
    return chosen.suite(programs, top, training)


def _equations(subject: Derivation | Cell, cell: Cell) -> list[str]:
    """The equations of an object, and what it names beside the names of the cell."""
    if isinstance(subject, Derivation):
        return equation(subject)
    own = tuple(item for item in subject.assignments if item not in cell.assignments)
    return [*equation(subject), *definitions(replace(subject, assignments=own))]


__all__ = ["TARGETS", "TRAINED", "Backend", "Target", "known", "source", "suite"]
