"""The NumPy target: standalone modules that import numpy alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, final

from symgate.codegen.numpy.blocks import in_blocks
from symgate.codegen.numpy.helpers import (
    BLOCK_NAMES,
    BLOCKS,
    BUFFERS,
    CHECKED,
    FEW,
    FRAME,
    HELPERS,
    PLAN,
    PLAN_NAMES,
    RESULT,
    SUM_OF_WORDS,
)
from symgate.codegen.numpy.words import of_few, of_words, repeats
from symgate.codegen.training.loops import Loops
from symgate.codegen.training.numpy_loops import PRIVATE, PUBLIC, NumpyLoops, helpers, training_functions
from symgate.codegen.training.numpy_loops import tables as training_tables
from symgate.codegen.training.plan import Training
from symgate.codegen.writer.backend import ATOM, PRODUCT, SUM, Backend, Code, Summand
from symgate.codegen.writer.docs import docstring, header
from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.layered import ends, is_layered, items, runs
from symgate.codegen.writer.layout import joined, listed, quote, signature, summary, tables, wrapped
from symgate.codegen.writer.pieces import blocks_of
from symgate.codegen.writer.program import Program, fresh
from symgate.codegen.writer.self_check import self_check
from symgate.codegen.writer.words import words_of
from symgate.records import Cell

#: Summands that are written to a view of the diagonal rather than added in full.
VIEWS = {
    "diagonal": "_diagonal",
    "identity": "_diagonal",
    "row (x) diagonal": "_block_diagonals",
    "diagonal (x) row": "_diagonal_blocks",
}


@final
class NumpyBackend(Backend):
    """Writes NumPy source.  Emits text only: it imports no array library."""

    name = "numpy"
    spellings: ClassVar = {
        "map": ("{0}({1:bare})", ATOM),
        "product": ("{0:left} * {1:right}", PRODUCT),
        "quotient": ("{0:left} / {1:right}", PRODUCT),
        "negative": ("-{0:left}", SUM),
        "dot": ("_dot({0:bare}, {1:bare})", ATOM),
        "sum": ("np.sum({0:bare}, axis=-1)", ATOM),
        "entry": ("{0}[..., 0]", ATOM),
        "only row": ("{0}[..., 0, :]", ATOM),
        "transpose": ("_transposed({0:bare})", ATOM),
        "vec": ("_vec({0:bare})", ATOM),
        "diagonal of": ("_diagonal_of({0:bare})", ATOM),
        "number to array": ("{0}.type({1:bare})", ATOM),
        "scalar to vector": ("{0}[..., None]", ATOM),
        "scalar times vector": ("{0}[..., None] * {1:right}", PRODUCT),
        "scalar times matrix": ("{0}[..., None, None] * {1:right}", PRODUCT),
        "matrix times vector": ("_matvec({0:bare}, {1:bare})", ATOM),
        "shared matrix times vector": ("{1}.dot({0}.T)", ATOM),
        "row times matrix": ("_vecmat({0:bare}, {1:bare})", ATOM),
        "matrix times matrix": ("{0:left} @ {1:right}", PRODUCT),
        "scale rows": ("{0}[..., :, None] * {1:right}", PRODUCT),
        "scale columns": ("{1}[..., None, :] * {0:right}", PRODUCT),
        "outer": ("{0}[..., :, None] * {1}[..., None, :]", PRODUCT),
        "flat outer": ("_flat_outer({0:bare}, {1:bare})", ATOM),
        "kronecker": ("_kron({0:bare}, {1:bare})", ATOM),
        "row as matrix": ("{0}[..., None, :]", ATOM),
        "column as matrix": ("{0}[..., :, None]", ATOM),
    }

    def __init__(self, *, few: bool = False) -> None:
        """For any points; or for ``few``, with weights in common."""
        self._few = few

    def join(self, key: str, kind: str, *operands: Code) -> Code:
        """The operands joined as the table says."""
        few = self._few and key == "matrix times vector"
        return super().join(f"shared {key}" if few else key, kind, *operands)

    def number(self, value: float) -> str:
        """The shortest literal that reads back the same."""
        return repr(value)

    def ones(self, kind: str, dtype: str, *sizes: str) -> Code:
        """Ones of the dtype of the arguments."""
        return Code(f"np.ones(({', '.join(sizes)}{',' * (len(sizes) == 1)}), {dtype})", kind=kind)

    def empty(self, batch: str, dtype: str, sizes: list[str]) -> str:
        """A new array over the whole batch."""
        return f"np.empty({joined(batch, sizes)}, {dtype})"

    def fill(self, target: str, kind: str, summands: list[Summand]) -> list[str]:
        """Full summands first, the first of them in place of a fill with zeros; then those on diagonals."""
        full = [item for item in summands if item[2].kind not in VIEWS]
        several = len({name for name, _, _ in summands}) > 1
        lines = [] if full else [f"{target}[...] = 0"]
        for place, (name, sign, code) in enumerate(full):
            lines += [f"# {name}"] if several and (not place or full[place - 1][0] != name) else []
            value = self._shaped(code) if kind == "matrix" else code
            if place:
                lines.append(f"{target} {sign}= {value:bare}")
            elif value.operands and sign == "+":
                lines.append(f"np.multiply({', '.join(value.operands)}, out={target})")
            else:
                lines.append(f"{target}[...] = {value:bare}" if sign == "+" else f"{target}[...] = -{value:left}")
        for name, sign, code in summands:
            if code.kind in VIEWS:
                lines += [f"# {name}, on the diagonal"] if several else []
                entries = f"{code}[..., None]" if code.kind == "identity" and not code.number else f"{code:bare}"
                lines.append(f"{VIEWS[code.kind]}({target})[...] {sign}= {entries}")
        return lines

    def module(self, program: Program) -> str:
        """The module of one object."""
        return self.modules([program], header(program))

    def suite(self, programs: Iterable[tuple[str, Program]], top: list[str], training: Training | None = None) -> str:
        """Everything of a cell in one module, with a check of itself."""
        named = [replace(program, name=name) for name, program in programs]
        return self.modules(named, top, self_check(named, training=training), training)

    def modules(
        self, programs: list[Program], top: list[str], check: str = "", training: Training | None = None
    ) -> str:
        """The whole module: what a user calls first, then what it calls."""
        public = [name for program in programs for name in self._names(program)]
        public += PUBLIC if training else ()
        blocks = any(blocks_of(program) for program in programs if _by_blocks(program))
        planned = blocks or any(words_of(program) for program in programs)
        taken = {"np", *HELPERS, *FRAME, *PLAN_NAMES, *(BLOCK_NAMES if blocks else ()), *public}
        kernels = Kernels({*taken, *(PRIVATE if training else ())})
        functions = [body for program in programs for body in self._functions(program, kernels, len(programs) > 1)]
        loops = Loops(training, NumpyLoops(self), kernels) if training else None
        functions += training_functions(loops, numpy=True) if loops else []
        text = [
            *docstring(top),
            "",
            *(["from _thread import get_ident", ""] if planned else []),
            "import numpy as np",
            "",
            *wrapped("__all__ = [", listed(public)[1:-1], "]"),
            "",
            "#: What an argument may be: an array, a number, or lists of numbers.",
            "Numbers = np.ndarray | float | list",
            *tables(programs),
            *(training_tables(training) if training else []),
        ]
        code = "\n".join([*text, *(line for body in functions for line in ["", "", *body]), *kernels.source()])
        schedules = [SUM_OF_WORDS, BUFFERS, PLAN] if planned else []
        schedules += [BLOCKS] if blocks else []
        every = "\n".join([code, *schedules])
        frame = RESULT if "_result(" in code else ""
        few = FEW if "_few(" in code else ""
        used = [source for name, source in HELPERS.items() if re.search(rf"\b{name}\(", every)]
        over_time = helpers(numpy=True) if training else ""
        parts = [part.strip() + "\n" for part in [CHECKED, few, frame, *schedules, *used, over_time, check] if part]
        return "\n\n".join([code + "\n", *parts])

    @staticmethod
    def _names(program: Program) -> list[str]:
        """The public functions of one object."""
        endings = ["", *([] if isinstance(program.subject, Cell) else ["_terms"])]
        more = ["_factored", "_plan"] if words_of(program) else ["_plan"] if blocks_of(program) else []
        return [f"{program.name}{end}" for end in [*endings, *more]]

    def _functions(self, program: Program, kernels: Kernels, several: bool) -> list[list[str]]:  # noqa: FBT001
        """The functions of one object."""
        words = words_of(program)
        private = f"_words_{program.name}" if several else "_words"
        if words:
            few = f"_few_points_{program.name}" if several else "_few_points"
            straight = of_few(NumpyBackend(few=True), program, kernels, words, few)
            found = of_words(self, program, kernels, words, private, few if straight else "")
            found += [straight] if straight else []
        else:
            found = in_blocks(self, program, kernels) or [self._function(program, kernels)]
        return found if isinstance(program.subject, Cell) else [*found, self._terms(program, kernels)]

    def unpacked(self, program: Program, writer: Writer) -> list[str]:
        """The arguments and sizes as locals."""
        needed = [item.name for item in program.arguments if item.required]
        whole = len(needed) == len(program.arguments)
        chosen = f"[{program.given}[name] for name in _CALLS[{quote(program.name)}][1]]"
        values = f"{program.given}.values()" if whole else chosen
        head = wrapped("[", ", ".join(needed), f"] = {values}") if needed else []
        return head + [f"{size} = {program.size}[{quote(size)}]" for size in sorted(writer.sizes)]

    def _function(self, program: Program, kernels: Kernels) -> list[str]:
        """The function itself: the sum of the terms."""
        writer = self.opened(program, kernels)
        names = []
        if program.whole:
            names.append(fresh("result", writer.taken))
            shape = joined(program.batch, [writer.size(size) for size in program.whole])
            writer.lines.append(f"{names[0]} = _result(out, {shape}, {program.dtype}, {program.given})")
            self._fill_blocks(program, writer, names[0], None)
        for result in program.results if not program.whole else ():
            name = fresh(result.name, writer.taken)
            shape = joined(program.batch, [writer.size(size) for size in result.shape])
            single = len(program.results) == 1
            new = f"np.empty({shape}, {program.dtype})"
            checked = f"_result(out, {shape}, {program.dtype}, {program.given})"
            writer.lines.append(f"{name} = {checked if single else new}")
            writer.fill(name, result.kind, list(result.terms))
            names.append(name)
        returned = f"_delivered({names[0]}, out)" if len(names) == 1 else ", ".join(names)
        notes = ["Arrays are checked, never changed; ``out``, if given, takes the result and is returned."]
        if len(names) > 1:
            notes = [f"Returns the states after the step: {', '.join(names)}."]
        doc = [summary(program), "", *notes, "The formula, the shapes and the source stand at the top of this module."]
        kind = "np.ndarray" if len(names) == 1 else f"tuple[{', '.join(['np.ndarray'] * len(names))}]"
        return self.closed(program, writer, program.name, doc, f"return {returned}", kind, out=len(names) == 1)

    def _terms(self, program: Program, kernels: Kernels) -> list[str]:
        """The named terms one by one, each in the shape of the sum."""
        writer = self.opened(program, kernels)
        shape = joined(program.batch, [writer.size(size) for size in program.whole or program.results[0].shape])
        names = {term: fresh(term, writer.taken) for term in program.term_names}
        for term, name in names.items():
            writer.lines.append(f"{name} = np.empty({shape}, {program.dtype})")
            if program.whole:
                self._fill_blocks(program, writer, name, term)
            else:
                (result,) = program.results
                writer.fill(name, result.kind, [(term, dict(result.terms)[term])])
        items = ", ".join(f"{quote(term)}: {name}" for term, name in names.items())
        doc = [f"The named terms of {program.name}, each in the shape of their sum: {', '.join(names)}."]
        returned = f"return {{{items}}}"
        return self.closed(program, writer, f"{program.name}_terms", doc, returned, "dict[str, np.ndarray]", out=False)

    @staticmethod
    def _fill_blocks(program: Program, writer: Writer, whole: str, term: str | None) -> None:
        """Write every block of a matrix through a view of its place; one term of each, or all."""
        if is_layered(program):
            NumpyBackend._fill_layers(program, writer, whole, term)
            return
        for result in program.results:
            block = fresh(result.name, writer.taken)
            assert result.at is not None
            (rows, high), (columns, wide) = (
                (writer.size(first), writer.size(first + size))
                for first, size in zip(result.at, result.shape, strict=True)
            )
            writer.lines.append(f"{block} = {whole}[..., {rows}:{high}, {columns}:{wide}]")
            items = result.summed if term is None else [item for item in result.terms if item[0] == term]
            writer.fill(block, "matrix", items)

    @staticmethod
    def _fill_layers(program: Program, writer: Writer, whole: str, term: str | None) -> None:
        """The same of a stack: zeros at once, and ends of the states under names."""
        for row in runs(program, writer.places(ends), term):
            for run in row:
                view = f"{whole}[..., {run.rows[0]}:{run.rows[1]}, {run.columns[0]}:{run.columns[1]}]"
                if run.result is None:
                    writer.lines.append(f"{view} = 0")
                    continue
                block = fresh(run.result.name, writer.taken)
                writer.lines.append(f"{block} = {view}")
                writer.fill(block, "matrix", items(run.result, term))

    def opened(self, program: Program, kernels: Kernels) -> Writer:
        """A writer that has written the named intermediates."""
        writer = Writer(self, program, kernels)
        for symbol, definition, _ in program.intermediates:
            writer.define(symbol, definition)
        return writer

    def closed(
        self,
        program: Program,
        writer: Writer,
        name: str,
        doc: list[str],
        last: str,
        kind: str,
        *,
        out: bool,
        unpack: bool = True,
        first: list[str] | None = None,
    ) -> list[str]:
        """The function around the body; ``first`` comes before the checks."""
        every = ", ".join([quote(program.name), *(item.name for item in program.arguments)])
        checked = f"{program.given}, {program.size}, {program.batch}, {program.dtype} = _checked("
        head = wrapped(checked, every, ")") + (self.unpacked(program, writer) if unpack else [])
        body = [*docstring(doc), *(first or []), *head, *writer.lines, last]
        opening = wrapped(f"def {name}(", signature(program, "Numbers", out=out), f") -> {kind}:")
        return [*opening, *(f"    {line}" if line else "" for line in body)]

    @staticmethod
    def _shaped(code: Code) -> Code:
        """A summand of a matrix with both of its axes."""
        suffix = {"vector": "[..., :, None]", "row": "[..., None, :]", "scalar": "[..., None, None]"}.get(code.kind)
        return code if suffix is None or code.number else Code(f"{code}{suffix}", kind="matrix")


def _by_blocks(program: Program) -> bool:
    """Whether an object has no form as a sum of words, or one in which letters come again."""
    words = words_of(program)
    return words is None or repeats(words)
