"""Generated loops over time: the recurrence forward, and its adjoint backward, without a check inside.

Time leads in every array, (T, ..., n), so that a step works on contiguous (..., n) that stay in cache.  Time is cut
into blocks: what depends on inputs and parameters alone is computed for a block at once, and on the way
backward the columns of a block are handed to ``collect``, which sums the gradients as products over block and batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatrixExpr

from symgate.codegen.numpy.helpers import HELPERS, LAYOUT
from symgate.codegen.numpy.target import NumpyBackend
from symgate.codegen.sweep.kernels import SweepKernels
from symgate.codegen.sweep.states import before_step, needed, places, store
from symgate.codegen.sweep.tape import Tape
from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.program import Program, Result, fresh
from symgate.codegen.writer.rewrite import leaves
from symgate.language import ScalarSignal, Signal
from symgate.records import add_up

#: The functions of a sweep, and the names of their arguments.
FUNCTIONS = ("forward", "record", "backward")
ARGUMENTS: tuple[str, ...] = (
    "states",
    "adjoints",
    "pushes",
    "kept",
    "columns",
    "given",
    "size",
    "batch",
    "dtype",
    "steps",
)
ARGUMENTS += ("block", "first", "last", "t", "carried", "collect", "rows", "whole")


class Sweep:
    """Writes the module of one cell."""

    imports: ClassVar[tuple[str, ...]] = ("import numpy as np",)
    #: What gives a value every step of a block and every batch axis.
    broadcast: ClassVar[str] = "np.broadcast_to"

    def __init__(self, tape: Tape) -> None:
        self.tape, self.cell, self.states = tape, tape.cell, tape.cell.states
        self.backend = NumpyBackend()
        self.kernels = SweepKernels({"np", "_for_products", *HELPERS, *FUNCTIONS})
        self.taken = {*self.cell.symbols, *map(str, self.cell.dimensions), "lam", *(str(lam.name) for lam in tape.lams)}
        self.words = {word: fresh(word, self.taken) for word in ARGUMENTS}
        self.taken |= {str(symbol.name) for table in (tape.kept, tape.columns) for symbol in table.values()}
        self._split()

    def module(self) -> str:
        """The text."""
        bodies = [self._forward("forward", {}), self._forward("record", self.tape.kept), self._backward()]
        lines = [line for body in bodies for line in ["", "", *body]]
        code = "\n".join([*self.imports, *lines, *self.kernel_sources()])
        used = [source for name, source in self.helpers().items() if re.search(rf"\b{name}\(", code)]
        about = f'"""The cell {self.cell.name} over many steps, and its adjoint."""\n\n'
        return about + "\n\n".join([code + "\n", *(part.strip() + "\n" for part in [LAYOUT, *used])])

    def kernel_sources(self) -> list[str]:
        """The functions that the loops call."""
        return self.kernels.source()

    def helpers(self) -> dict[str, str]:
        """The functions that are always the same, by name."""
        return HELPERS

    def _split(self) -> None:
        """Each intermediate as a part that inputs and parameters fix, and the rest."""
        moving = {state.before for state in self.states}
        self.fixed: dict[Expr, Expr] = {}
        self.loop: dict[Expr, Expr] = {}
        for item in self.cell.assignments:
            expr = self.tape.rewrite(item.expr)
            if not moving.intersection(leaves(expr)):
                self.fixed[item.symbol] = expr
                continue
            moving.add(item.symbol)
            if isinstance(expr, (MatAdd, sympy.Add)):
                free = [part for part in expr.args if self.is_fixed(part, moving)]
                if free:
                    rest = [part for part in expr.args if part not in free]
                    name = fresh(f"drive_{item.symbol.name}", self.taken)
                    symbol = Signal(name, expr.shape[0]) if isinstance(expr, MatrixExpr) else ScalarSignal(name)
                    self.fixed[symbol] = add_up(free)
                    expr = add_up([*rest, symbol])
            self.loop[item.symbol] = expr
        self.updates = [self.tape.rewrite(state.update) for state in self.states]

    def is_fixed(self, part: Expr, moving: set[Expr]) -> bool:
        """Whether a summand is computed for a block of steps at once."""
        return bool(leaves(part)) and not moving.intersection(leaves(part))

    def _writer(self, intermediates: dict[Expr, Expr], expressions: Iterable[Expr], names: dict[Expr, str]) -> Writer:
        """A writer for these expressions, over named intermediates."""
        results = tuple(
            Result("result", (("only", expr),), "vector" if isinstance(expr, MatrixExpr) else "scalar", ())
            for expr in expressions
        )
        listed = tuple((symbol, expr, names[symbol]) for symbol, expr in intermediates.items())
        given, size, batch, dtype = (self.words[word] for word in ("given", "size", "batch", "dtype"))
        program = Program(
            self.cell.name,
            self.cell,
            (),
            listed,
            results,
            self.tape.rewrite.labels,
            frozenset(self.taken),
            given=given,
            size=size,
            batch=batch,
            dtype=dtype,
        )
        writer = Writer(self.backend, program, self.kernels)
        writer.names |= names
        return writer

    def _forward(self, function: str, kept: dict[Expr, Expr]) -> list[str]:
        """x_1 .. x_T, and the values to keep, where there are any."""
        w = self.words
        wanted = [*self.updates, *kept]
        loop, fixed = needed(self.loop, wanted), {}
        fixed = needed(self.fixed, [*wanted, *loop.values()])
        names = {symbol: fresh(str(symbol.name), set(self.cell.symbols)) for symbol in (*loop, *fixed)}
        before = self.fixed_part(fixed, names)
        inside = self._writer(loop, wanted, names)
        for symbol, expr in loop.items():
            inside.define(symbol, expr)
        for update, own in zip(self.updates, places(self.states, inside), strict=True):
            store(inside, update, f"{w['states']}[{w['t']} + 1{own}]")
        for place, (expr, symbol) in enumerate(kept.items()):
            inside.lines.append(f"{symbol.name} = {w['kept']}[{place}][{w['t']}, ...]")
            inside.fill(str(symbol.name), "vector" if isinstance(expr, MatrixExpr) else "scalar", [("only", expr)])
        return self.assembled(function, before, inside, names, fixed)

    def fixed_part(self, fixed: dict[Expr, Expr], names: dict[Expr, str]) -> Writer:
        """What inputs and parameters fix, for a block of steps at once."""
        w = self.words
        before = self._writer(fixed, [], names)
        for symbol, expr in fixed.items():
            before.define(symbol, expr)
            name = names[symbol]
            sizes = [before.size(size) for size in symbol.shape[:1]] if isinstance(symbol, MatrixExpr) else []
            shape = ", ".join([f"{w['last']} - {w['first']}", f"*{w['batch']}", *sizes])
            before.lines.append(f"block_{name} = {self.broadcast}({name}, ({shape}{',' if not sizes else ''}))")
        return before

    def assembled(
        self, function: str, before: Writer, inside: Writer, names: dict[Expr, str], fixed: dict[Expr, Expr]
    ) -> list[str]:
        """The function ``forward`` or ``record``."""
        w, kept = self.words, function == "record"
        locals_ = [
            *before_step(self.states, inside, w["states"], w["t"]),
            *(f"{names[s]} = block_{names[s]}[{w['t']} - {w['first']}, ...]" for s in fixed),
        ]
        every = ("states", *(("kept",) if kept else ()), "given", "size", "batch", "dtype", "block")
        arguments = [w[word] for word in every]
        doc = "The states x_1 .. x_T" + (", and what the way backward needs." if kept else ".")
        loop_head = [
            f"for {w['first']} in range(0, {w['steps']}, {w['block']}):",
            f"    {w['last']} = min({w['first']} + {w['block']}, {w['steps']})",
        ]
        steps = f"range({w['first']}, {w['last']})"
        return self._function(function, arguments, doc, before, inside, (loop_head, locals_, steps, [], []))

    def _backward(self) -> list[str]:
        """The adjoint, and the columns of all steps."""
        w, tape = self.words, self.tape
        lams = tape.lams
        names = {symbol: str(symbol.name) for symbol in (*tape.kept.values(), *tape.columns.values(), *lams)}
        inside = self._writer({}, [*tape.columns, *tape.carried], names)
        t, several = w["t"], len(lams) > 1
        own = [where.removeprefix(", ") for where in places(self.states, inside)]
        whole = w["whole"] if several else str(lams[0].name)
        locals_ = [
            f"{whole} = {w['adjoints']}[({t} + 1) % {w['rows']}]",
            f"np.add({w['pushes']}[{t}], {w['carried']}, out={whole})",
            *(f"{lam.name} = {whole}[{where}]" for lam, where in zip(lams, own, strict=True) if several),
            *before_step(self.states, inside, w["states"], w["t"]),
            *(f"{symbol.name} = {w['kept']}[{place}][{t}, ...]" for place, symbol in enumerate(tape.kept.values())),
        ]
        for place, (expr, symbol) in enumerate(tape.columns.items()):
            inside.lines.append(f"{symbol.name} = {w['columns']}[{place}][{t} - {w['first']}, ...]")
            inside.fill(str(symbol.name), "vector" if isinstance(expr, MatrixExpr) else "scalar", [("only", expr)])
        for carried, where in zip(tape.carried, own, strict=True):
            target = f"{w['carried']}[{where}]" if several else w["carried"]
            inside.lines.append(f"{target} = {inside.array(carried):bare}")
        before = self._writer({}, [], names)
        order = (
            "states",
            "adjoints",
            "pushes",
            "kept",
            "columns",
            "collect",
            "given",
            "size",
            "batch",
            "dtype",
            "block",
        )
        doc = "The adjoint lambda_T .. lambda_0; the columns of each block go to collect(first, last)."
        start = f"np.zeros_like({w['adjoints']}[0])" if several else "0"
        loop_head = [
            f"{w['carried']}, {w['rows']} = {start}, len({w['adjoints']})",
            f"for {w['last']} in range({w['steps']}, 0, -{w['block']}):",
            f"    {w['first']} = max({w['last']} - {w['block']}, 0)",
        ]
        steps = f"range({w['last']} - 1, {w['first']} - 1, -1)"
        after = [f"{w['collect']}({w['first']}, {w['last']})"]
        last = [f"{w['adjoints']}[0] = {w['carried']}"]
        arguments = [w[word] for word in order]
        return self._function("backward", arguments, doc, before, inside, (loop_head, locals_, steps, after, last))

    def _function(
        self,
        name: str,
        arguments: list[str],
        doc: str,
        before: Writer,
        inside: Writer,
        loop: tuple[list[str], list[str], str, list[str], list[str]],
    ) -> list[str]:
        """Blocks of time, each with what is computed at once and a loop over its steps."""
        w, (loop_head, locals_, steps, after, last) = self.words, loop
        body = "\n".join(inside.lines)
        every = "\n".join([*before.lines, body])
        used = [symbol for symbol in self.cell.symbols if re.search(rf"\b{symbol}\b", every)]
        inputs = [str(symbol.name) for symbol in self.cell.inputs if str(symbol.name) in used]
        own = [state.name for state in self.states]
        head = [f"{w['steps']} = len({w['states']}) - 1"]
        head += [f'{symbol} = {w["given"]}["{symbol}"]' for symbol in used if symbol not in [*own, *inputs]]
        head += [f'{size} = {w["size"]}["{size}"]' for size in sorted(before.sizes | inside.sizes)]
        products = [symbol for symbol in used if f"_matvec({symbol}, " in every and symbol not in inputs]
        head += [f"{symbol} = _for_products({symbol})" for symbol in products]
        outer = [f'{symbol} = {w["given"]}["{symbol}"][{w["first"]}:{w["last"]}]' for symbol in inputs]
        moving = [symbol for symbol in inputs if re.search(rf"\b{symbol}\b", body)]
        outer += [*before.lines, *(f"block_{symbol} = {symbol}" for symbol in moving)]
        inner = [
            *locals_,
            *(f"{symbol} = block_{symbol}[{w['t']} - {w['first']}, ...]" for symbol in moving),
            *inside.lines,
        ]
        lines = [*head, *loop_head, *(f"    {line}" for line in [*outer, f"for {w['t']} in {steps}:"])]
        lines += [f"        {line}" for line in inner] + [f"    {line}" for line in after] + last
        return [f"def {name}({', '.join(arguments)}):", f'    """{doc}"""', *(f"    {line}" for line in lines)]
