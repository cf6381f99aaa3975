"""What surrounds generated code of the numba target: functions that check their arguments, and loops over points."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr

from symgate.codegen.numba.blocks import in_blocks
from symgate.codegen.numba.kernels import COMPILED, LoopKernels
from symgate.codegen.numba.matrices import MatrixLoops
from symgate.codegen.writer.affine import Affine
from symgate.codegen.writer.docs import docstring
from symgate.codegen.writer.layout import joined, quote, signature, wrapped
from symgate.codegen.writer.program import Program, Result, fresh

#: What loops call their indices and coefficients; no other name in a loop is one of these.
INDICES = (
    "i_",
    "j_",
    "k_",
    "p_",
    "c_",
    "r_",
    "dtype_",
    *(f"{letter}{place}_" for letter in "crs" for place in range(32)),
)


def shape_of(program: Program, result: Result) -> str:
    """The shape of a result, as an expression over the table of sizes."""
    return sized(program, result.shape)


def sized(program: Program, shape: tuple[Expr, ...]) -> str:
    """A shape with all batch axes, as an expression over the table of sizes."""
    return joined(program.batch, [in_code(program, size) for size in shape])


def in_code(program: Program, size: Expr) -> str:
    """A size as an expression over the table of sizes."""
    names = "|".join(str(symbol) for symbol in program.cell.dimensions) or "$"
    return re.sub(rf"\b({names})\b", rf'{program.size}["\1"]', str(size))


def around(program: Program, name: str, doc: list[str], lines: list[str], kind: str, *, out: bool) -> list[str]:
    """A function that checks its arguments first."""
    every = ", ".join([quote(program.name), *(item.name for item in program.arguments)])
    checked = f"{program.given}, {program.size}, {program.batch}, {program.dtype} = _checked("
    opening = wrapped(f"def {name}(", signature(program, "Numbers", out=out), f") -> {kind}:")
    return [
        *opening,
        *(f"    {line}" if line else "" for line in [*docstring(doc), *wrapped(checked, every, ")"), *lines]),
    ]


def loop_over_points(
    program: Program,
    name: str,
    results: tuple[Result, ...],
    kernels: LoopKernels,
    sums: tuple[Affine, ...] = (),
    known: Mapping[Expr, str] | None = None,
) -> tuple[list[str], list[str]]:
    """The loop over points: arguments are (points, ...), or (1, ...) where all points share them.

    Where ``sums`` are given, these intermediates are arguments, in front; there, and where names of other values are
    ``known``, of the others only those that are read.  Returns the names of the others too.
    """
    needed = [item for item in program.arguments if item.required]
    taken = {*program.taken, *INDICES, *(known or {}).values(), *(name for *_, name in program.intermediates)}
    outputs = [fresh(result.name, taken) for result in results]
    local = replace(program, taken=frozenset(taken), results=results)
    loops = MatrixLoops(local, kernels, "dtype_")
    loops.names |= known or {}
    given = {item.symbol: loops.names[item.symbol] for item in sums}
    for symbol, definition, _ in program.intermediates:
        if symbol not in given:
            loops.define(symbol, definition)
    for output, result in zip(outputs, results, strict=True):
        loops.fill(output, result.kind, [expr for _, expr in result.terms])
    if sums or known is not None:
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
    lines = in_blocks(loops.lines) if any(result.kind == "matrix" for result in results) else loops.lines
    body += [f"    {line}" for line in [*inner, *lines]]
    opening = wrapped(f"def {name}(", ", ".join(flat.values()), "):")
    return rest, [COMPILED, *opening, *(f"    {line}" for line in body)]
