"""The functions of a generated NumPy module whose matrix is a sum of words diag(c) W."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symgate.codegen.fold import Writer
from symgate.codegen.kernels import Kernels
from symgate.codegen.layout import joined, listed, quote, summary
from symgate.codegen.program import Program, fresh
from symgate.codegen.words import Word

if TYPE_CHECKING:
    from symgate.codegen.numpy import NumpyBackend


def of_words(backend: NumpyBackend, program: Program, kernels: Kernels, words: tuple[Word, ...]) -> list[list[str]]:
    """The function, its words as a light result, its plan, and the coefficients that the three share."""
    (result,) = program.results
    name, shared = program.name, f"{program.given}, {program.size}, {program.batch}, {program.dtype}"
    writer = Writer(backend, program, kernels)
    sizes = [f"{program.size}[{quote(str(size))}]" if size.is_Symbol else writer.size(size) for size in result.shape]
    shape = joined(program.batch, sizes)
    total = fresh("result", writer.taken)
    writer.lines = [
        f"{total} = _result(out, {shape}, {program.dtype}, {program.given})",
        f"_sum_of_words({total}, _words({shared}))",
    ]
    doc = [
        summary(program),
        "",
        "Arrays are checked, never changed; ``out``, if given, takes the result and is returned.",
        "The formula, the shapes and the source stand at the top of this module.",
    ]
    whole = backend.closed(program, writer, name, doc, f"return _delivered({total}, out)", out=True, unpack=False)
    writer.lines = []
    doc = [
        f"{name} without forming it: words (c, W), of which it is the sum of diag(c) W.",
        "",
        "c is (..., n), or (..., 1) where all units share it; W is a matrix, a row (..., 1, k), or None for I.",
    ]
    light = backend.closed(
        program, writer, f"{name}_factored", doc, f"return _words({shared})", out=False, unpack=False
    )
    moving = [item.name for item in program.arguments if item.required and item.meaning != "parameter"]
    doc = [
        f"A plan of {name} for these shapes, this dtype and these weights.",
        "",
        f"Call it with {', '.join(moving) or 'nothing'}, in loops: it keeps buffers, for one thread; see _Plan.",
    ]
    made = f"return _Plan(_words, {shape}, {listed(moving)}, {shared})"
    plan = backend.closed(program, writer, f"{name}_plan", doc, made, out=False, unpack=False)
    return [whole, light, plan, _coefficients(backend, program, kernels, words, shared)]


def _coefficients(
    backend: NumpyBackend, program: Program, kernels: Kernels, words: tuple[Word, ...], shared: str
) -> list[str]:
    """The function that computes the words."""
    writer = backend.opened(program, kernels)
    pairs = []
    for word in words:
        value = writer.vector(word.coefficient)
        letter = "None" if word.letter is None else f"{writer.factor(word.letter):bare}"
        rows = "[..., None, :]" if word.letter is not None and word.letter.shape[0] == 1 else ""
        pairs.append(f"    ({value:bare}, {letter}{rows}),  # {word.term}")
    body = [*backend.unpacked(program, writer), *writer.lines, "return [", *pairs, "]"]
    head = [f"def _words({shared}):", '    """The words (c, W) of the sum of diag(c) W."""']
    return [*head, *(f"    {line}" for line in body)]
