"""Plans of the numba target: their parts as text, and what they call."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr
from sympy.matrices.expressions import Transpose

from symgate.codegen.numba.handed import Cut
from symgate.codegen.numba.helpers import PLAN
from symgate.codegen.numba.kernels import LoopKernels
from symgate.codegen.numba.points import around, loop_over_points, shape_of
from symgate.codegen.numpy.helpers import BUFFERS
from symgate.codegen.writer.affine import affine_sums, table
from symgate.codegen.writer.layout import listed, quote, wrapped
from symgate.codegen.writer.program import Program, Result
from symgate.codegen.writer.words import Word

#: Module-level names of these parts.
NAMES = ("_aligned", "_fold", "_Held", "_Plan", "get_ident")


def plan(program: Program, words: tuple[Word, ...], kernels: LoopKernels, cut: Cut | None = None) -> list[list[str]]:
    """The plan of a sum of words, and the loop that gives the coefficients of its weights."""
    moving = [item.name for item in program.arguments if item.required and item.meaning != "parameter"]
    doc = [f"A plan of {program.name} for these shapes, this dtype and these weights; see _Plan."]
    inner = program if cut is None else cut.program
    sums, letters = affine_sums(inner), by_letter(words)
    columns = [
        Result(
            f"c_{place}", tuple((word.term, word.coefficient) for word in own), "vector", own[0].coefficient.shape[:1]
        )
        for place, own in enumerate(letters.values())
    ]
    known = None if cut is None else {cut.by: str(cut.by.name)}
    rest, loop = loop_over_points(inner, f"_{program.name}_columns_loop", tuple(columns), kernels, sums, known)
    (result,) = program.results
    shown = ", ".join("None" if letter is None else _named(letter) for letter in letters)
    frame = [quote(program.name), program.given, program.batch, shape_of(program, result), program.dtype]
    loops = [f"_{program.name}_loop", f"_{program.name}_columns_loop" if sums else "None", writer_of(words)[0]]
    lines = wrapped("affine = [", table(sums), "]") + wrapped("letters = [", shown, "]")
    below = [] if cut is None else [f"_layers({quote(str(cut.by.name))}, {program.size})", quote(loops[0])]
    every = [*loops, "affine", listed(rest), "letters", *frame, listed(moving), *below]
    lines += wrapped("return _Plan(", ", ".join(every), ")")
    found = around(program, f"{program.name}_plan", doc, lines, '"_Plan"', out=False)
    return [found, loop] if sums else [found]


def by_letter(words: tuple[Word, ...]) -> dict[Expr | None, list[Word]]:
    """The words of each letter; those of the identity last."""
    found: dict[Expr | None, list[Word]] = {}
    for word in sorted(words, key=lambda word: word.letter is None):
        found.setdefault(word.letter, []).append(word)
    return found


def _named(letter: Expr) -> str:
    """A letter as its name, and whether it is transposed."""
    inner = letter.args[0] if isinstance(letter, Transpose) else letter
    return f"({quote(str(inner.name))}, {isinstance(letter, Transpose)})"


def writer_of(words: tuple[Word, ...]) -> tuple[str, int, bool]:
    """The loop that writes a sum of words: its name, how many weights it has, and whether the identity is a word."""
    letters = by_letter(words)
    count, identity = len(letters) - (None in letters), None in letters
    return f"_written_{count}{'_diagonal' * identity}", count, identity


def parts(writers: Iterable[tuple[str, int, bool]]) -> list[str]:
    """What a module with plans needs beside them."""
    return [*(_writer(*writer) for writer in dict.fromkeys(writers)), BUFFERS, PLAN]


def _writer(name: str, count: int, identity: bool) -> str:  # noqa: FBT001 - as writer_of gives it
    """The loop that writes a sum of words, four points at a time."""
    letters, points = [f"W_{k}" for k in range(count)], ["p", "q", "r", "s"]

    def entry(point: str, column: str, weights: list[str]) -> str:
        value = " + ".join(f"{point}{k} * {weight}" for k, weight in enumerate(weights))
        return f"result[{point}, i, {column}] = {value}"

    lines = [
        f"def {name}(c, {', '.join(letters)}, result):",
        f'    """result[p, i] = c[0, p, i] W_0[i] + ..{", and the last c on the diagonal" * identity}.',
        "",
        "    Four points at a time, so that weights are read once for four; the last may be written more than once.",
        '    """',
        "    points, rows, columns = result.shape",
        "    for p in range(0, points, 4):",
        "        q, r, s = min(p + 1, points - 1), min(p + 2, points - 1), min(p + 3, points - 1)",
        "        for i in range(rows):",
    ]
    lines += [f"            {point}{k} = c[{k}, {point}, i]" for point in points for k in range(count)]
    lines.append("            for j in range(columns):")
    lines += [f"                w{k} = {letter}[i, j]" for k, letter in enumerate(letters)]
    lines += [f"                {entry(point, 'j', [f'w{k}' for k in range(count)])}" for point in points]
    if identity:
        diagonal = [f"{letter}[i, i]" for letter in letters]
        lines += [f"            {entry(point, 'i', diagonal)} + c[{count}, {point}, i]" for point in points]
    return "\n".join(['@njit(error_model="numpy", fastmath={"contract"})', *lines])
