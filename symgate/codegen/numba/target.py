"""The numba target: standalone modules of compiled loops, for small batches; they import NumPy and numba.

Each function checks its arguments as the NumPy target does and hands flat arrays to one loop over points, which numba
compiles at the first call: vectors are computed entry by entry, and one pass over the rows writes a Jacobian.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, final

from symgate.codegen.numba.handed import NAMES as LAYER_NAMES
from symgate.codegen.numba.handed import Cut, Layers
from symgate.codegen.numba.helpers import HELPERS, LAYERS, NAMES
from symgate.codegen.numba.kernels import LoopKernels
from symgate.codegen.numba.plans import NAMES as PLAN_NAMES
from symgate.codegen.numba.plans import parts, plan, writer_of
from symgate.codegen.numba.points import around, in_code, shape_of, sized
from symgate.codegen.numpy.helpers import CHECKED, FRAME, RESULT
from symgate.codegen.training.plan import Training
from symgate.codegen.writer.backend import Target
from symgate.codegen.writer.docs import docstring, header
from symgate.codegen.writer.layout import listed, quote, summary, tables, wrapped
from symgate.codegen.writer.program import Program, Result, fresh
from symgate.codegen.writer.self_check import self_check
from symgate.codegen.writer.words import Word, words_of
from symgate.errors import UnsupportedNodeError
from symgate.records import Cell, Derivation, WholeProduct


@final
class NumbaTarget(Target):
    """Writes compiled loops.  Emits text only: it imports neither numba nor NumPy."""

    name: ClassVar[str] = "numba"

    def module(self, program: Program) -> str:
        """The module of one object."""
        return self._modules([program], header(program))

    def suite(self, programs: Iterable[tuple[str, Program]], top: list[str], training: Training | None = None) -> str:
        """Everything of a cell in one module, with a check of itself; without loops over time."""
        named = [replace(program, name=name) for name, program in programs]
        return self._modules(named, top, self_check(named), Layers(named))

    def _modules(self, programs: list[Program], top: list[str], check: str = "", layers: Layers | None = None) -> str:
        """What a user calls first, then the loops, then what both call."""
        for program in programs:
            _no_matrices(program)
        public = [name for program in programs for name in _names(program)]
        layers = layers or Layers()
        private = [f"_{name}{end}loop" for name in public for end in ("_", "_columns_")] + layers.names
        writers = [writer_of(words) for program in programs if (words := _planned(program))]
        taken = {"np", "math", "njit", *FRAME, *NAMES, *PLAN_NAMES, *LAYER_NAMES, *(name for name, _, _ in writers)}
        kernels = LoopKernels({*taken, *public, *private})
        functions = [body for program in programs for body in _functions(program, kernels, layers)]
        functions += layers.functions(kernels)
        text = [
            *docstring(top),
            "",
            "import math",
            *(["from _thread import get_ident"] if writers else []),
            "",
            "import numpy as np",
            "from numba import njit",
            "",
            *wrapped("__all__ = [", listed(public)[1:-1], "]"),
            "",
            "#: What an argument may be: an array, a number, or lists of numbers.",
            "Numbers = np.ndarray | float | list",
            *tables(programs),
            *layers.tables(),
        ]
        bodies = [line for body in functions for line in ["", "", *body]]
        code = "\n".join([*text, *bodies, *layers.ladder(), *kernels.source()])
        frame = RESULT if "_result(" in code else ""
        used = [source for name, source in HELPERS.items() if name == "_flat" or f"{name}(" in code]
        used += [*(LAYERS if layers.cuts else []), *(parts(writers) if writers else [])]
        pieces = [part.strip() + "\n" for part in [CHECKED, frame, *used, check] if part]
        return "\n\n".join([code + "\n", *pieces])


def _no_matrices(program: Program) -> None:
    """Refuse named parts that are matrices: loops over entries have no place for them.

    Raises:
        UnsupportedNodeError: there is one.
    """
    parts = program.subject.definitions if isinstance(program.subject, Derivation) else ()
    if any(item.left.shape[1] != 1 for item in parts):
        raise UnsupportedNodeError(
            f"{program.subject.name} is made of named parts, layer by layer, for which the target numba has no loops. "
            "The targets numpy and array_api have; or derive it with written_out=True."
        )


def _names(program: Program) -> list[str]:
    """The public functions of one object."""
    endings = [] if isinstance(program.subject, Cell) else ["_terms", *(["_plan"] if _planned(program) else [])]
    return [program.name, *(f"{program.name}{end}" for end in endings)]


def _planned(program: Program) -> tuple[Word, ...] | None:
    """The words of an object that has a plan."""
    return None if isinstance(program.subject, Cell) else words_of(program)


def _functions(program: Program, kernels: LoopKernels, layers: Layers) -> list[list[str]]:
    """The functions of one object, each followed by its loop."""
    cut = layers.cuts.get(program.name)
    found = [_whole(program, cut), layers.loop(program, f"_{program.name}_loop", program.results, kernels)]
    if isinstance(program.subject, Cell):
        return found
    words = _planned(program)
    if words:
        found += plan(program, words, kernels, cut)
    terms = tuple(
        replace(result, name=name if result.at is None else f"{name}_{result.name}", terms=own)
        for name in program.term_names
        for result in program.results
        if (own := tuple(item for item in result.terms if item[0] == name)) or result.at
    )
    loop = layers.loop(program, f"_{program.name}_terms_loop", terms, kernels)
    return [*found, _terms(program, terms, cut), loop]


def _run(program: Program, loop: str, results: list[str], cut: Cut | None) -> list[str]:
    """The lines that call a loop; a loop that is given what a layer hands on has what it reads under its own name."""
    reads = quote(program.name if cut is None else loop)
    call = f"_run({loop}, {reads}, {program.given}, {program.batch}, {listed(results, quoted=False)})"
    if cut is None:
        return [call]
    frame = f"{program.given}, {program.size}, {program.batch}, {program.dtype}"
    return [f"_put_layers({quote(str(cut.by.name))}, {frame})", call]


def _whole(program: Program, cut: Cut | None) -> list[str]:
    """The function itself."""
    taken = set(program.taken)
    names = [fresh(result.name, taken) for result in program.results]
    shapes = [shape_of(program, result) for result in program.results]
    call = _run(program, f"_{program.name}_loop", names, cut)
    notes = ["Arrays are checked, never changed; ``out``, if given, takes the result and is returned."]
    if program.whole:
        whole = fresh("result", taken)
        lines = [f"{whole} = _result(out, {sized(program, program.whole)}, {program.dtype}, {program.given})"]
        lines += [f"{n} = np.empty({s}, {program.dtype})" for n, s in zip(names, shapes, strict=True)]
        lines += [*call, *_placed(program, whole, program.results, names)]
        doc = [summary(program), "", *notes, "The formula, the shapes and the source stand at the top of this module."]
        return around(program, program.name, doc, [*lines, f"return _delivered({whole}, out)"], "np.ndarray", out=True)
    if len(names) > 1:
        what = "Returns" if isinstance(program.subject, WholeProduct) else "Returns the states after the step:"
        notes = [f"{what} {', '.join(names)}."]
        lines = [f"{n} = np.empty({s}, {program.dtype})" for n, s in zip(names, shapes, strict=True)]
        returned, kind = ", ".join(names), f"tuple[{', '.join(['np.ndarray'] * len(names))}]"
    else:
        lines = [f"{names[0]} = _result(out, {shapes[0]}, {program.dtype}, {program.given})"]
        returned, kind = f"_delivered({names[0]}, out)", "np.ndarray"
    lines += call
    doc = [summary(program), "", *notes, "The formula, the shapes and the source stand at the top of this module."]
    return around(program, program.name, doc, [*lines, f"return {returned}"], kind, out=len(names) == 1)


def _terms(program: Program, terms: tuple[Result, ...], cut: Cut | None) -> list[str]:
    """The named terms one by one, each in the shape of the sum."""
    taken = set(program.taken)
    names = {result.name: fresh(result.name, taken) for result in terms}
    lines = [f"{names[term.name]} = np.empty({shape_of(program, term)}, {program.dtype})" for term in terms]
    lines += _run(program, f"_{program.name}_terms_loop", list(names.values()), cut)
    if program.whole:
        blocks, count = list(names.values()), len(program.results)
        names = {term: fresh(term, taken) for term in program.term_names}
        for at, name in enumerate(names.values()):
            lines.append(f"{name} = np.empty({sized(program, program.whole)}, {program.dtype})")
            lines += _placed(program, name, program.results, blocks[at * count : (at + 1) * count])
    lines.append(f"return {{{', '.join(f'{quote(term)}: {name}' for term, name in names.items())}}}")
    doc = [f"The named terms of {program.name}, each in the shape of their sum: {', '.join(names)}."]
    return around(program, f"{program.name}_terms", doc, lines, "dict[str, np.ndarray]", out=False)


def _placed(program: Program, whole: str, results: tuple[Result, ...], names: list[str]) -> list[str]:
    """The lines that put blocks in their places."""
    lines = []
    for result, name in zip(results, names, strict=True):
        assert result.at is not None
        ends = [first + size for first, size in zip(result.at, result.shape, strict=True)]
        rows, columns = (f"{in_code(program, a)}:{in_code(program, b)}" for a, b in zip(result.at, ends, strict=True))
        lines.append(f"{whole}[..., {rows}, {columns}] = {name}")
    return lines
