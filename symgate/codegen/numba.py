"""The numba target: standalone modules of compiled loops, for small batches; they import NumPy and numba.

Each function checks its arguments as the NumPy target does and hands flat arrays to one loop over points, which numba
compiles at the first call: vectors are computed entry by entry, and one pass over the rows writes a Jacobian.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, final

from symgate.codegen.affine import Affine, affine_sums, table
from symgate.codegen.backend import Target
from symgate.codegen.docs import docstring, header
from symgate.codegen.layout import joined, listed, quote, signature, summary, tables, wrapped
from symgate.codegen.loop_matrices import MatrixLoops
from symgate.codegen.numba_helpers import HELPERS, NAMES, PLAN
from symgate.codegen.numba_kernels import COMPILED, LoopKernels
from symgate.codegen.numpy_helpers import CHECKED, FRAME, RESULT
from symgate.codegen.numpy_plans import BUFFERS
from symgate.codegen.program import Program, Result, fresh
from symgate.codegen.self_check import self_check
from symgate.codegen.words import words_of
from symgate.records import Cell

#: What loops call their indices and coefficients; no other name in a loop is one of these.
INDICES = ("i_", "j_", "k_", "p_", "c_", "dtype_", *(f"{letter}{place}_" for letter in "crs" for place in range(32)))


@final
class NumbaTarget(Target):
    """Writes compiled loops.  Emits text only: it imports neither numba nor NumPy."""

    name: ClassVar[str] = "numba"

    def module(self, program: Program) -> str:
        """The module of one object."""
        return self._modules([program], header(program))

    def suite(self, programs: Iterable[tuple[str, Program]], top: list[str]) -> str:
        """Everything of a cell in one module, with a check of itself."""
        named = [replace(program, name=name) for name, program in programs]
        return self._modules(named, top, self_check(named))

    def _modules(self, programs: list[Program], top: list[str], check: str = "") -> str:
        """What a user calls first, then the loops, then what both call."""
        public = [name for program in programs for name in _names(program)]
        private = [f"_{name}{end}loop" for name in public for end in ("_", "_summed_")]
        kernels = LoopKernels({"np", "math", "njit", *FRAME, *NAMES, *public, *private})
        functions = [body for program in programs for body in _functions(program, kernels)]
        planned = any(name.endswith("_plan") for name in public)
        text = [
            *docstring(top),
            "",
            "import math",
            *(["from _thread import get_ident"] if planned else []),
            "",
            "import numpy as np",
            "from numba import njit",
            "",
            *wrapped("__all__ = [", listed(public)[1:-1], "]"),
            "",
            "#: What an argument may be: an array, a number, or lists of numbers.",
            "Numbers = np.ndarray | float | list",
            *tables(programs),
        ]
        code = "\n".join([*text, *(line for body in functions for line in ["", "", *body]), *kernels.source()])
        frame = RESULT if "_result(" in code else ""
        used = [source for name, source in HELPERS.items() if f"{name}(" in code]
        plans = [BUFFERS, PLAN] if planned else []
        parts = [part.strip() + "\n" for part in [CHECKED, frame, *used, *plans, check] if part]
        return "\n\n".join([code + "\n", *parts])


def _names(program: Program) -> list[str]:
    """The public functions of one object."""
    endings = [] if isinstance(program.subject, Cell) else ["_terms", *(["_plan"] if words_of(program) else [])]
    return [program.name, *(f"{program.name}{end}" for end in endings)]


def _functions(program: Program, kernels: LoopKernels) -> list[list[str]]:
    """The functions of one object, each followed by its loop."""
    _, loop = _loop(program, f"_{program.name}_loop", program.results, kernels)
    found = [_whole(program), loop]
    if isinstance(program.subject, Cell):
        return found
    if words_of(program):
        sums = affine_sums(program)
        rest, summed = _loop(program, f"_{program.name}_summed_loop", program.results, kernels, sums)
        found += [_plan(program, sums, rest), *([summed] if sums else [])]
    (result,) = program.results
    terms = tuple(Result(name, ((name, expr),), result.kind, result.shape) for name, expr in result.terms)
    _, loop = _loop(program, f"_{program.name}_terms_loop", terms, kernels)
    return [*found, _terms(program, terms), loop]


def _whole(program: Program) -> list[str]:
    """The function itself."""
    taken = set(program.taken)
    names = [fresh(result.name, taken) for result in program.results]
    shapes = [_shape(program, result) for result in program.results]
    call = f"_run(_{program.name}_loop, {quote(program.name)}, {program.given}, {program.batch}"
    notes = ["Arrays are checked, never changed; ``out``, if given, takes the result and is returned."]
    if len(names) > 1:
        notes = [f"Returns the states after the step: {', '.join(names)}."]
        lines = [f"{n} = np.empty({s}, {program.dtype})" for n, s in zip(names, shapes, strict=True)]
        returned, kind = ", ".join(names), f"tuple[{', '.join(['np.ndarray'] * len(names))}]"
    else:
        lines = [f"{names[0]} = _result(out, {shapes[0]}, {program.dtype}, {program.given})"]
        returned, kind = f"_delivered({names[0]}, out)", "np.ndarray"
    lines += [f"{call}, {listed(names, quoted=False)})"]
    doc = [summary(program), "", *notes, "The formula, the shapes and the source stand at the top of this module."]
    return _around(program, program.name, doc, [*lines, f"return {returned}"], kind, out=len(names) == 1)


def _plan(program: Program, sums: tuple[Affine, ...], rest: list[str]) -> list[str]:
    """The plan of a sum of words; ``rest`` are the arguments of its second loop beside the sums."""
    moving = [item.name for item in program.arguments if item.required and item.meaning != "parameter"]
    doc = [f"A plan of {program.name} for these shapes, this dtype and these weights; see _Plan."]
    loop, summed = f"_{program.name}_loop", f"_{program.name}_summed_loop" if sums else "None"
    (result,) = program.results
    frame = [quote(program.name), program.given, program.batch, _shape(program, result), program.dtype, listed(moving)]
    arguments = ", ".join([loop, summed, "affine", listed(rest), *frame])
    lines = [*wrapped("affine = [", table(sums), "]"), *wrapped("return _Plan(", arguments, ")")]
    return _around(program, f"{program.name}_plan", doc, lines, '"_Plan"', out=False)


def _terms(program: Program, terms: tuple[Result, ...]) -> list[str]:
    """The named terms one by one, each in the shape of the sum."""
    taken = set(program.taken)
    names = {result.name: fresh(result.name, taken) for result in terms}
    lines = [f"{names[term.name]} = np.empty({_shape(program, term)}, {program.dtype})" for term in terms]
    frame = f"_{program.name}_terms_loop, {quote(program.name)}, {program.given}, {program.batch}"
    lines.append(f"_run({frame}, {listed(list(names.values()), quoted=False)})")
    lines.append(f"return {{{', '.join(f'{quote(term)}: {name}' for term, name in names.items())}}}")
    doc = [f"The named terms of {program.name}, each in the shape of their sum: {', '.join(names)}."]
    return _around(program, f"{program.name}_terms", doc, lines, "dict[str, np.ndarray]", out=False)


def _shape(program: Program, result: Result) -> str:
    """The shape of a result, as an expression over the table of sizes."""
    names = "|".join(str(symbol) for symbol in program.cell.dimensions) or "$"
    found = [re.sub(rf"\b({names})\b", rf'{program.size}["\1"]', str(size)) for size in result.shape]
    return joined(program.batch, found)


def _around(program: Program, name: str, doc: list[str], lines: list[str], kind: str, *, out: bool) -> list[str]:
    """A function that checks its arguments first."""
    every = ", ".join([quote(program.name), *(item.name for item in program.arguments)])
    checked = f"{program.given}, {program.size}, {program.batch}, {program.dtype} = _checked("
    opening = wrapped(f"def {name}(", signature(program, "Numbers", out=out), f") -> {kind}:")
    return [
        *opening,
        *(f"    {line}" if line else "" for line in [*docstring(doc), *wrapped(checked, every, ")"), *lines]),
    ]


def _loop(
    program: Program,
    name: str,
    results: tuple[Result, ...],
    kernels: LoopKernels,
    sums: tuple[Affine, ...] = (),
) -> tuple[list[str], list[str]]:
    """The loop over points: arguments are (points, ...), or (1, ...) where all points share them.

    Where ``sums`` are given, these intermediates are arguments, in front, and of the others only those that are read.
    Returns the names of the others too.
    """
    needed = [item for item in program.arguments if item.required]
    taken = {*program.taken, *INDICES}
    outputs = [fresh(result.name, taken) for result in results]
    local = replace(program, taken=frozenset(taken), results=results)
    loops = MatrixLoops(local, kernels, "dtype_")
    given = {item.symbol: loops.names[item.symbol] for item in sums}
    for symbol, definition, _ in program.intermediates:
        if symbol not in given:
            loops.define(symbol, definition)
    for output, result in zip(outputs, results, strict=True):
        loops.fill(output, result.kind, [expr for _, expr in result.terms])
    if sums:
        words = set(re.findall(r"\w+", "\n".join(loops.lines)))
        needed = [item for item in needed if item.name in words]
    rest = [item.name for item in needed]
    flat = {one: fresh(f"every_{one}", taken) for one in [*given.values(), *rest, *outputs]}
    axes = {given[item.symbol]: item.symbol.shape[:1] for item in sums} | {item.name: item.shape for item in needed}
    sizes = [f"dtype_ = {flat[outputs[0]]}.dtype"] if any("dtype_" in line for line in loops.before) else []
    for size in sorted(loops.sizes):
        teller, place = next(
            (one, at) for one, shape in axes.items() for at, axis in enumerate(shape) if str(axis) == size
        )
        sizes.append(f"{size} = {flat[teller]}.shape[{place + 1}]")
    inner = [f"{one} = {flat[one]}[p_]" for one in given.values()]
    inner += [f"{one} = {flat[one]}[min(p_, len({flat[one]}) - 1)]" for one in rest]
    inner += [f"{output} = {flat[output]}[p_]" for output in outputs]
    what = '"""The loop over points, given these sums."""' if sums else '"""The loop over points."""'
    body = [what, *sizes, *loops.before, f"for p_ in range(len({flat[outputs[0]]})):"]
    body += [f"    {line}" for line in [*inner, *loops.lines]]
    opening = wrapped(f"def {name}(", ", ".join(flat.values()), "):")
    return rest, [COMPILED, *opening, *(f"    {line}" for line in body)]
