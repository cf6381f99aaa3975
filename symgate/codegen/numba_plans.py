"""Plans of the numba target: their parts as text, and what they call."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr
from sympy.matrices.expressions import Transpose

from symgate.codegen.affine import affine_sums, table
from symgate.codegen.layout import listed, quote, wrapped
from symgate.codegen.numba_kernels import LoopKernels
from symgate.codegen.numba_loops import around, loop_over_points, shape_of
from symgate.codegen.numpy_plans import BUFFERS, METHODS
from symgate.codegen.program import Program, Result
from symgate.codegen.words import Word

#: Module-level names of these parts.
NAMES = ("_aligned", "_fold", "_Plan", "get_ident")


def plan(program: Program, words: tuple[Word, ...], kernels: LoopKernels) -> list[list[str]]:
    """The plan of a sum of words, and the loop that gives the coefficients of its weights."""
    moving = [item.name for item in program.arguments if item.required and item.meaning != "parameter"]
    doc = [f"A plan of {program.name} for these shapes, this dtype and these weights; see _Plan."]
    sums, letters = affine_sums(program), by_letter(words)
    columns = [
        Result(
            f"c_{place}", tuple((word.term, word.coefficient) for word in own), "vector", own[0].coefficient.shape[:1]
        )
        for place, own in enumerate(letters.values())
    ]
    rest, loop = loop_over_points(program, f"_{program.name}_columns_loop", tuple(columns), kernels, sums)
    (result,) = program.results
    shown = ", ".join("None" if letter is None else _named(letter) for letter in letters)
    frame = [quote(program.name), program.given, program.batch, shape_of(program, result), program.dtype]
    loops = [f"_{program.name}_loop", f"_{program.name}_columns_loop" if sums else "None", writer_of(words)[0]]
    lines = wrapped("affine = [", table(sums), "]") + wrapped("letters = [", shown, "]")
    lines += wrapped(
        "return _Plan(", ", ".join([*loops, "affine", listed(rest), "letters", *frame, listed(moving)]), ")"
    )
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
    return [*(_writer(*writer) for writer in dict.fromkeys(writers)), BUFFERS, PLAN + METHODS]


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


PLAN = '''
class _Plan:
    """Arguments laid out once for one set of shapes and one dtype; it belongs to one thread.

    Call it with what moves (states and inputs, of the shapes and the dtype it was made for): it returns its own
    buffer, which the next call overwrites.  The weights are those given when it was made, or to ``refresh``;
    ``stale()`` says whether one of these arrays has changed since.

    For four points or more whose weights have no batch axes there are three steps: one matrix product for every sum
    W v + V u + b in ``affine``; ``columns``, which takes these sums and the arguments ``rest``, for the coefficients;
    and ``written``, which takes them and the weights ``letters``, for the sum of words.
    """

    def __init__(self, loop, columns, written, affine, rest, letters, function, given, batch, shape, dtype, moving):
        self._loop, self._columns, self._written = loop, columns, written
        self._affine, self._rest, self._letters = affine, rest, letters
        self._thread, self._batch, self._points = get_ident(), batch, math.prod(batch)
        shapes, self._needed = _CALLS[function]
        self._cores = {name: len(axes) for name, axes in shapes.items()}
        self._shapes = {name: given[name].shape for name in self._needed if name in moving}
        self._weights = {name: given[name] for name in self._needed if name not in moving}
        self.result = _aligned(shape, dtype)
        self._space = self.result.reshape(self._points, *shape[len(batch) :])
        self._given = {name: self._laid_out(name, given[name]) for name in self._shapes}
        self.refresh()

    def refresh(self, **weights):
        """Take new weights, or the new values of the same arrays."""
        self._take(weights)
        self._given.update({name: self._laid_out(name, array) for name, array in self._kept.items()})
        shared = all(array.ndim == self._cores[name] for name, array in self._kept.items())
        self._places = None
        if self._affine and shared and self._points >= 4:
            buffers = _fold(self._affine, self._kept, self._shapes, self._points, self.result.dtype)
            self._places, self._rows, self._folded, self._sums = buffers
            self._coefficients = _aligned((len(self._letters), self._points, self.result.shape[-2]), self.result.dtype)
            matrices = [self._matrix(*letter) for letter in self._letters if letter is not None]
            self._steps = self._coefficients, *matrices, self._space

    def __call__(self, **moving):
        self._own()
        if moving.keys() != self._shapes.keys():
            self._refuse(moving)
        for name, shape in self._shapes.items():
            self._given[name] = self._laid_out(name, self._fitting(name, moving[name], shape))
        if self._places is None:
            self._loop(*[self._given[name] for name in self._needed], self._space)
        else:
            for name, place in self._places.items():
                self._rows[:, place] = self._given[name]
            np.matmul(self._rows, self._folded, out=self._sums)
            self._columns(*self._sums, *[self._given[name] for name in self._rest], *self._coefficients)
            self._written(*self._steps)
        return self.result

    def _matrix(self, name, transposed):
        """A weight of the words, or the row that every row of it is."""
        found = self._kept[name].T if transposed else self._kept[name]
        matrix = _aligned(self.result.shape[-2:], self.result.dtype)
        matrix[...] = found
        return matrix

    def _laid_out(self, name, array):
        array = _flat(array, self._cores[name], self._batch, self._points)
        if name in self._shapes:
            return array
        aligned = _aligned(array.shape, array.dtype)
        aligned[...] = array
        return aligned
'''
