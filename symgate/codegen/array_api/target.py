"""The array API target: one source for NumPy, array-api-strict, PyTorch and JAX, functional, without a loop.

A module needs the namespace of its arguments alone: arrays that name it themselves (``__array_namespace__``) need
nothing else; for others, such as PyTorch tensors, it uses array-api-compat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, final

from symgate.codegen.array_api.helpers import ALWAYS, HELPERS
from symgate.codegen.array_api.kernels import ArrayKernels
from symgate.codegen.training.loops import Loops
from symgate.codegen.training.numpy_loops import PRIVATE, PUBLIC, ArrayLoops, helpers, training_functions
from symgate.codegen.training.numpy_loops import tables as training_tables
from symgate.codegen.training.plan import Training
from symgate.codegen.writer.backend import ATOM, PRODUCT, SUM, Backend, Code, Summand
from symgate.codegen.writer.docs import docstring, header
from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.layered import ends, is_layered, items, length, runs
from symgate.codegen.writer.layout import listed, quote, signature, summary, tables, wrapped
from symgate.codegen.writer.program import Program, fresh
from symgate.codegen.writer.self_check import self_check
from symgate.records import Derivation


@final
class ArrayApiBackend(Backend):
    """Writes functions over any array library.  Emits text only: it imports no array library."""

    name = "array_api"
    spellings: ClassVar = {
        "map": ("{0}(xp, {1:bare})", ATOM),
        "count": ("_ones(xp, dtype) * {0:left}", PRODUCT),
        "product": ("{0:left} * {1:right}", PRODUCT),
        "quotient": ("{0:left} / {1:right}", PRODUCT),
        "negative": ("-{0:left}", SUM),
        "dot": ("xp.sum({0:left} * {1:right}, axis=-1)", ATOM),
        "sum": ("xp.sum({0:bare}, axis=-1)", ATOM),
        "entry": ("{0}[..., 0]", ATOM),
        "only row": ("{0}[..., 0, :]", ATOM),
        "transpose": ("xp.matrix_transpose({0:bare})", ATOM),
        "vec": ("_vec(xp, {0:bare})", ATOM),
        "diagonal of": ("_diagonal_of(xp, {0:bare})", ATOM),
        "number to array": ("_ones(xp, {0}) * ({1:bare})", PRODUCT),
        "scalar to vector": ("{0}[..., None]", ATOM),
        "scalar times vector": ("{0}[..., None] * {1:right}", PRODUCT),
        "scalar times matrix": ("{0}[..., None, None] * {1:right}", PRODUCT),
        "matrix times vector": ("_matvec(xp, {0:bare}, {1:bare})", ATOM),
        "row times matrix": ("_matvec(xp, xp.matrix_transpose({1:bare}), {0:bare})", ATOM),
        "matrix times matrix": ("xp.matmul({0:bare}, {1:bare})", ATOM),
        "scale rows": ("{0}[..., :, None] * {1:right}", PRODUCT),
        "scale columns": ("{1}[..., None, :] * {0:right}", PRODUCT),
        "outer": ("{0}[..., :, None] * {1}[..., None, :]", PRODUCT),
        "flat outer": ("_flat_outer(xp, {0:bare}, {1:bare})", ATOM),
        "kronecker": ("_kron(xp, {0:bare}, {1:bare})", ATOM),
        "row as matrix": ("{0}[..., None, :]", ATOM),
        "column as matrix": ("{0}[..., :, None]", ATOM),
    }

    def number(self, value: float) -> str:
        """The shortest literal that reads back the same."""
        return repr(value)

    def ones(self, kind: str, dtype: str, *sizes: str) -> Code:
        """Ones of the dtype and on the device of the arguments."""
        return Code(f"_ones(xp, {', '.join([dtype, *sizes])})", kind=kind)

    def settled(self, code: Code, dtype: str) -> Code:
        """A number times I as an array, so that its dtype and device are those of the arguments."""
        if not code.number or code.kind not in {"identity", "diagonal"}:
            return code
        one = f"_ones(xp, {dtype})"
        return Code(one if code.text == "1" else f"({one} * {code:right})", ATOM, "identity")

    def of_size(self, lines: list[str], dtype: str, sizes: list[str]) -> list[str]:
        """An identity matrix of a size of its own."""
        return [re.sub(r"\beye_\b", f"_eye(xp, {dtype}, {sizes[0]})", line) for line in lines]

    def empty(self, batch: str, dtype: str, sizes: list[str]) -> str:
        """Arrays are not written to: a local matrix starts as a number."""
        return "0"

    def fill(self, target: str, kind: str, summands: list[Summand]) -> list[str]:
        """One sum; diagonals become matrices."""
        text = ""
        for _, sign, code in summands:
            value = self._whole(code) if kind == "matrix" else code
            item = f"{value:left}"
            text = f"{text} {sign} {item}" if text else item if sign == "+" else f"-{item}"
        return [f"{target} = {text or '0'}"]

    @staticmethod
    def _whole(code: Code) -> Code:
        """A summand of a matrix with both of its axes."""
        if code.kind == "identity" and not code.number:
            return Code(f"_diagonal(xp, {code}[..., None], eye_)", kind="matrix")
        if code.kind in {"diagonal", "identity"}:
            return Code(f"_diagonal(xp, {code:bare}, eye_)", kind="matrix")
        if code.kind in {"row (x) diagonal", "diagonal (x) row"}:
            name = "_row_diagonal" if code.kind == "row (x) diagonal" else "_diagonal_row"
            return Code(f"{name}(xp, {code:bare}, eye_)", kind="matrix")
        suffix = {"vector": "[..., :, None]", "row": "[..., None, :]", "scalar": "[..., None, None]"}.get(code.kind)
        return code if suffix is None or code.number else Code(f"{code}{suffix}", kind="matrix")

    def module(self, program: Program) -> str:
        """The module of one object."""
        return self.modules([program], header(program), [program.name])

    def modules(
        self,
        programs: list[Program],
        top: list[str],
        names: list[str],
        check: str = "",
        training: Training | None = None,
    ) -> str:
        """A module of several objects of one cell, under the names given."""
        taken = {"xp", "Any", "Array", *HELPERS, *names, *(f"{name}_terms" for name in names)}
        kernels = ArrayKernels(taken | {*PUBLIC, *PRIVATE} if training else taken)
        bodies: list[list[str]] = []
        public: list[str] = []
        for program, name in zip(programs, names, strict=True):
            bodies.append(self._function(program, kernels, name, terms=False))
            public.append(name)
            if isinstance(program.subject, Derivation):
                bodies.append(self._function(program, kernels, f"{name}_terms", terms=True))
                public.append(f"{name}_terms")
        if training:
            bodies += training_functions(Loops(training, ArrayLoops(self), kernels), numpy=False)
            public += PUBLIC
        text = [*docstring(top), "", "from typing import Any", ""]
        text += [*wrapped("__all__ = [", listed(public)[1:-1], "]"), ""]
        text += ["#: An array of any library that follows the array API standard.", "Array = Any"]
        text += tables(programs)
        text += training_tables(training) if training else []
        code = "\n".join([*text, *(line for body in bodies for line in ["", "", *body]), *kernels.source()])
        every = code + (HELPERS["_diagonal_of"] if "_diagonal_of(" in code else "")
        used = [source for name, source in HELPERS.items() if re.search(rf"\b{name}\(", every)]
        over_time = helpers(numpy=False) if training else ""
        parts = [part.strip() + "\n" for part in [ALWAYS, *used, over_time, check] if part]
        return "\n\n".join([code + "\n", *parts])

    def suite(self, programs: Iterable[tuple[str, Program]], top: list[str], training: Training | None = None) -> str:
        """Everything of a cell in one module, with a check of itself."""
        named = [replace(program, name=name) for name, program in programs]
        check = self_check(named, "import numpy as np", training)
        return self.modules(named, top, [program.name for program in named], check, training)

    def _function(self, program: Program, kernels: ArrayKernels, name: str, *, terms: bool) -> list[str]:
        """One function."""
        writer = Writer(self, program, kernels)
        for symbol, definition, _ in program.intermediates:
            writer.define(symbol, definition)
        results: dict[str, str] = self._assembled(program, writer, terms=terms) if program.whole else {}
        for result in program.results if not program.whole else ():
            sizes = [writer.size(size) for size in result.shape]
            opened = len(writer.lines)
            shape = f"({program.batch} + ({', '.join(sizes)}{',' * (len(sizes) == 1)}))"
            for place, (term, expr) in enumerate(result.terms if terms else (("", None),)):
                local = fresh(term if terms else result.name, writer.taken)
                writer.fill(local, result.kind, [(term, expr)] if expr is not None else list(result.terms))
                writer.lines.append(f"{local} = _spread(xp, {local}, {program.dtype}, {shape})")
                results[term or f"{result.name}{place}"] = local
            if re.search(r"\beye_\b", "\n".join(writer.lines[opened:])):
                writer.lines.insert(opened, f"eye_ = _eye(xp, {program.dtype}, {sizes[0]})")
        values = ", ".join(results.values())
        last = (
            f"return {{{', '.join(f'{quote(k)}: {v}' for k, v in results.items())}}}" if terms else f"return {values}"
        )
        every = ", ".join([quote(program.name), *(item.name for item in program.arguments)])
        frame = f"xp, {program.size}, {program.batch}, {program.dtype}, {program.given}"
        names = "".join(f"{item.name}, " for item in program.arguments).strip()
        head = [*wrapped(f"{frame} = _checked(", every, ")"), *wrapped("(", names, f") = {program.given}")]
        head += [f'{size} = {program.size}["{size}"]' for size in sorted(writer.sizes)]
        doc = [
            f"The named terms of {name.removesuffix('_terms')}, each in the shape of their sum."
            if terms
            else summary(program)
        ]
        body = [*docstring(doc), *head, *writer.lines, last]
        kind = "dict[str, Array]" if terms else "Array"
        if len(program.results) > 1 and not program.whole:
            kind = f"tuple[{', '.join(['Array'] * len(program.results))}]"
        opening = wrapped(f"def {name}(", signature(program, "Array"), f") -> {kind}:")
        return [*opening, *(f"    {line}" for line in body)]

    @staticmethod
    def _layers(program: Program, writer: Writer, *, terms: bool) -> dict[str, str]:
        """The same of a stack: neighbouring zeros are one block."""
        found: dict[str, str] = {}
        places = writer.places(ends)
        for term in program.term_names if terms else (None,):
            rows = []
            for row in runs(program, places, term):
                blocks = []
                for run in row:
                    shape = f"({program.batch} + ({length(run.rows)}, {length(run.columns)}))"
                    if run.result is None:
                        blocks.append(f"_spread(xp, 0, {program.dtype}, {shape})")
                        continue
                    local, opened = fresh(run.result.name, writer.taken), len(writer.lines)
                    writer.fill(local, "matrix", items(run.result, term))
                    if re.search(r"\beye_\b", "\n".join(writer.lines[opened:])):
                        writer.lines.insert(opened, f"eye_ = _eye(xp, {program.dtype}, {length(run.rows)})")
                    blocks.append(f"_spread(xp, {local}, {program.dtype}, {shape})")
                rows.append(fresh("row", writer.taken))
                writer.lines += wrapped(f"{rows[-1]} = xp.concat([", ", ".join(blocks), "], axis=-1)")
            name = fresh(term or "result", writer.taken)
            writer.lines += wrapped(f"{name} = xp.concat([", ", ".join(rows), "], axis=-2)")
            found[term or "result"] = name
        return found

    @staticmethod
    def _assembled(program: Program, writer: Writer, *, terms: bool) -> dict[str, str]:
        """The blocks of a matrix, joined: the whole, or each term of it."""
        if is_layered(program):
            return ArrayApiBackend._layers(program, writer, terms=terms)
        found: dict[str, str] = {}
        width = len(program.cell.states)
        for term in program.term_names if terms else ("",):
            blocks = []
            for result in program.results:
                local = fresh(result.name, writer.taken)
                opened = len(writer.lines)
                items = [item for item in result.terms if item[0] == term] if term else result.summed
                writer.fill(local, "matrix", items)
                sizes = [writer.size(size) for size in result.shape]
                if re.search(r"\beye_\b", "\n".join(writer.lines[opened:])):
                    writer.lines.insert(opened, f"eye_ = _eye(xp, {program.dtype}, {sizes[0]})")
                shape = f"({program.batch} + ({', '.join(sizes)}))"
                writer.lines.append(f"{local} = _spread(xp, {local}, {program.dtype}, {shape})")
                blocks.append(local)
            rows = [
                f"xp.concat([{', '.join(blocks[at : at + width])}], axis=-1)" for at in range(0, len(blocks), width)
            ]
            name = fresh(term or "result", writer.taken)
            writer.lines.append(f"{name} = xp.concat([{', '.join(rows)}], axis=-2)")
            found[term or "result"] = name
        return found
