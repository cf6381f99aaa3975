"""The functions of a generated NumPy module whose matrix is a sum of words diag(c) W."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from symgate.codegen.numpy.blocks import plan_in_blocks, without_idle
from symgate.codegen.writer.affine import Affine, affine_sums, table
from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.layout import joined, listed, quote, summary, wrapped
from symgate.codegen.writer.pieces import blocks_of
from symgate.codegen.writer.program import Program, fresh
from symgate.codegen.writer.rewrite import leaves
from symgate.codegen.writer.words import Word

if TYPE_CHECKING:
    from symgate.codegen.numpy.target import NumpyBackend


def of_words(
    backend: NumpyBackend, program: Program, kernels: Kernels, words: tuple[Word, ...], private: str, few: str = ""
) -> list[list[str]]:
    """The function, its words as a light result, its plan, and the coefficients that the three share.

    Where there is a function of ``few`` points, those go there.
    """
    (result,) = program.results
    name, shared = program.name, f"{program.given}, {program.size}, {program.batch}, {program.dtype}"
    writer = Writer(backend, program, kernels)
    sizes = [f"{program.size}[{quote(str(size))}]" if size.is_Symbol else writer.size(size) for size in result.shape]
    shape = joined(program.batch, sizes)
    total = fresh("result", writer.taken)
    writer.lines = [
        f"{total} = np.empty({shape}, {program.dtype}) if out is None else _result(",
        f"    out, {shape}, {program.dtype}, {program.given}",
        ")",
        f"_sum_of_words({total}, {private}({shared}))",
    ]
    doc = [
        summary(program),
        "",
        "Arrays are checked, never changed; ``out``, if given, takes the result and is returned.",
        "The formula, the shapes and the source stand at the top of this module.",
    ]
    returned = f"return {total} if out is None else _delivered({total}, out)"
    every = ", ".join([quote(name), *(item.name for item in program.arguments)])
    needed = ", ".join(item.name for item in program.arguments if item.required)
    first = [*wrapped("if out is None and _few(", every, "):"), f"    return {few}({needed})"] if few else []
    whole = backend.closed(program, writer, name, doc, returned, "np.ndarray", out=True, unpack=False, first=first)
    writer.lines = []
    doc = [
        f"{name} without forming it: words (c, W), of which it is the sum of diag(c) W.",
        "",
        "c is (..., n), or (..., 1) where all units share it; W is a matrix, a row (..., 1, k), or None for I.",
    ]
    kind, returned = "list[tuple[np.ndarray, np.ndarray | None]]", f"return {private}({shared})"
    light = backend.closed(program, writer, f"{name}_factored", doc, returned, kind, out=False, unpack=False)
    sums = affine_sums(program)
    coefficients = _coefficients(backend, program, kernels, words, sums, private)
    if repeats(words):
        return [whole, light, coefficients, *plan_in_blocks(backend, program, kernels, blocks_of(program) or (), shape)]
    moving = [item.name for item in program.arguments if item.required and item.meaning != "parameter"]
    doc = [
        f"A plan of {name} for these shapes, this dtype and these weights.",
        "",
        f"Call it with {', '.join(moving) or 'nothing'}, in loops: it keeps buffers, for one thread; see _Plan.",
    ]
    writer.lines = [*without_idle(program), *wrapped("affine = [", table(sums), "]")]
    returned = f"return _Plan({private}, affine, {shape}, {listed(moving)}, {shared})"
    plan = backend.closed(program, writer, f"{name}_plan", doc, returned, '"_Plan"', out=False, unpack=False)
    return [whole, light, plan, coefficients]


def of_few(backend: NumpyBackend, program: Program, kernels: Kernels, words: tuple[Word, ...], name: str) -> list[str]:
    """The function of a single word for few points without a batch of weights: nothing but its arithmetic.

    Nothing where there are more words, or where an argument is needed for its size alone.
    """
    needed = [item.name for item in program.arguments if item.required]
    used = {str(leaf.name) for expr in program.expressions for leaf in leaves(expr)}
    (word, *others) = words
    if others or word.letter is None or word.letter.shape[0] == 1 or not used.issuperset(needed):
        return []
    writer = backend.opened(program, kernels)
    value, letter = writer.vector(word.coefficient), writer.factor(word.letter)
    if writer.sizes or re.search(rf"\b({program.dtype}|{program.batch})\b", "\n".join(writer.lines)):
        return []
    lines = ['"""The formula for few points with weights in common; the arguments are checked."""', *writer.lines]
    lines.append(f"return {value}[..., None] * {letter:right}")
    return [*wrapped(f"def {name}(", ", ".join(needed), "):"), *(f"    {line}" for line in lines)]


def repeats(words: tuple[Word, ...]) -> bool:
    """Whether several words have the same letter: a plan in blocks adds their coefficients."""
    return len({word.letter for word in words}) < len(words)


def _coefficients(
    backend: NumpyBackend,
    program: Program,
    kernels: Kernels,
    words: tuple[Word, ...],
    sums: tuple[Affine, ...],
    private: str,
) -> list[str]:
    """The function that computes the words; where the affine sums are given, from those."""
    writer = Writer(backend, program, kernels)
    affine, given_sums = fresh("affine", writer.taken), {item.symbol for item in sums}
    for symbol, definition, _ in program.intermediates:
        if symbol in given_sums:
            writer.define(symbol, definition)
    if given_sums:
        names = ", ".join(writer.names[item.symbol] for item in sums)
        writer.lines = [
            f"if {affine} is None:",
            *(f"    {line}" for line in writer.lines),
            "else:",
            f"    [{names}] = {affine}",
        ]
    writer.forget()
    for symbol, definition, _ in program.intermediates:
        if symbol not in given_sums:
            writer.define(symbol, definition)
    pairs = []
    for word in words:
        value = writer.vector(word.coefficient)
        letter = "None" if word.letter is None else f"{writer.factor(word.letter):bare}"
        rows = "[..., None, :]" if word.letter is not None and word.letter.shape[0] == 1 else ""
        pairs.append(f"    ({value:bare}, {letter}{rows}),  # {word.term}")
    body = [*backend.unpacked(program, writer), *writer.lines, "return [", *pairs, "]"]
    arguments = f"{program.given}, {program.size}, {program.batch}, {program.dtype}, {affine}=None"
    head = [f"def {private}({arguments}):", '    """The words (c, W) of the sum of diag(c) W."""']
    return [*head, *(f"    {line}" for line in body)]
