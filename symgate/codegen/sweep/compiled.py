"""Loops over time whose steps are compiled: the way forward for those who have numba.

The products of weights with states stay matrix products of the whole batch; all that is left of a step, functions of
entries, the update, and what the way backward needs, is one compiled loop over points (``numba_loops``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul

from symgate.codegen.numba.helpers import HELPERS, LAYOUT, NAMES
from symgate.codegen.numba.kernels import LoopKernels
from symgate.codegen.numba.points import loop_over_points
from symgate.codegen.sweep.module import Sweep
from symgate.codegen.sweep.states import needed, places
from symgate.codegen.sweep.tape import Tape
from symgate.codegen.writer.affine import Affine
from symgate.codegen.writer.layout import wrapped
from symgate.codegen.writer.program import Argument, Result, core_of, fresh
from symgate.language import Signal, is_vector
from symgate.nonlinearities import registered_nonlinearities
from symgate.records import add_up

#: What this module's functions call themselves, beside those of ``sweep``.
FRAME = ("_points", "_whole", "_record_step", "_forward_step", "math", "njit")


class CompiledSweep(Sweep):
    """Writes the module of one cell, for the target numba; the way backward is that of NumPy."""

    imports: ClassVar[tuple[str, ...]] = ("import math", "", "import numpy as np", "from numba import njit")
    broadcast: ClassVar[str] = "_whole"

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        functions = [name for name, _ in self.cell.functions] + list(registered_nonlinearities())
        reserved = {f"_{name}{end}" for name in functions for end in ("", "_slope", "_family")}
        self.loops = LoopKernels({"np", *NAMES, *FRAME, *reserved})
        self.compiled: list[str] = []

    def kernel_sources(self) -> list[str]:
        """Those of NumPy, those of loops, and the loops."""
        return [*super().kernel_sources(), *self.loops.source(), *self.compiled]

    def helpers(self) -> dict[str, str]:
        """The helpers of both targets."""
        return {**super().helpers(), **HELPERS, **LAYOUT}

    def _forward(self, function: str, kept: dict[Expr, Expr]) -> list[str]:
        """x_1 .. x_T, and the values to keep, where there are any."""
        w, t = self.words, self.words["t"]
        points = fresh("points", set(self.taken))
        wanted = [*self.updates, *kept]
        loop = needed(self.loop, wanted)
        fixed = needed(self.fixed, [*wanted, *loop.values()])
        names = {symbol: fresh(str(symbol.name), set(self.cell.symbols)) for symbol in (*loop, *fixed)}
        before = self.fixed_part(fixed, names)
        sums, rest = self._products(loop, names)
        inside = self._writer(sums, [], names)
        for symbol, expr in sums.items():
            inside.define(symbol, expr)

        results = [
            Result(name, (("only", expr),), "vector" if core_of(expr) else "scalar", core_of(expr))
            for name, expr in [
                *((f"{state.name}_next", update) for state, update in zip(self.states, self.updates, strict=True)),
                *((str(symbol.name), expr) for expr, symbol in kept.items()),
            ]
        ]
        symbols = [*self.cell.symbols.values(), *fixed]
        arguments = tuple(
            Argument(self._local(symbol, names), core_of(symbol), "", required=True) for symbol in symbols
        )
        program = replace(
            self._writer(rest, wanted, names).program,
            arguments=arguments,
            intermediates=tuple((symbol, expr, names[symbol]) for symbol, expr in rest.items()),
        )
        step = f"_{function}_step"
        given = tuple(Affine(symbol, (), ()) for symbol in sums)
        read, text = loop_over_points(program, step, tuple(results), self.loops, given, names)
        self.compiled += ["", "", *text]

        before.lines.insert(0, f"{points} = math.prod({w['batch']})")
        states = [state.name for state in self.states]
        own = [f"[:, {where.removeprefix(', ..., ')}]" if where else "" for where in places(self.states, inside)]
        moving, blocks = {str(symbol.name) for symbol in self.cell.inputs}, {names[symbol] for symbol in fixed}
        calls = [f"_points({names[symbol]}, {points})" for symbol in sums]
        for argument in arguments:
            if argument.name not in read:
                continue
            if argument.name in states:
                calls.append(f"_points({w['states']}[{t}], {points}){own[states.index(argument.name)]}")
            elif argument.name in blocks:
                calls.append(
                    f"_points({argument.name}, {points})" if argument.shape else f"{argument.name}.reshape({points})"
                )
            elif argument.name in moving:
                calls.append(f"_flat({argument.name}, {len(argument.shape)}, {w['batch']}, {points})")
            else:
                flat = fresh(f"flat_{argument.name}", self.taken)
                before.lines.append(f"{flat} = _flat({argument.name}, {len(argument.shape)}, {w['batch']}, {points})")
                calls.append(flat)
        whole = f"_points({w['states']}[{t} + 1], {points})"
        calls += [whole + part for part in own]
        calls += [
            f"{w['kept']}[{place}][{t}, ...].reshape({points}, {inside.size(result.shape[0]) if result.shape else 1})"
            for place, result in enumerate(results[len(self.states) :])
        ]
        inside.lines += wrapped(f"{step}(", ", ".join(calls), ")")
        return self.assembled(function, before, inside, names, fixed)

    def _local(self, symbol: Expr, names: dict[Expr, str]) -> str:
        """The name of an argument of the compiled step."""
        return names.get(symbol, str(symbol.name))

    def is_fixed(self, part: Expr, moving: set[Expr]) -> bool:
        """A vector of parameters is added in the loop as it is."""
        return super().is_fixed(part, moving) and part not in self.cell.parameters

    def _products(self, loop: dict[Expr, Expr], names: dict[Expr, str]) -> tuple[dict[Expr, Expr], dict[Expr, Expr]]:
        """Products of weights with states, each sum of them by a new symbol, and the intermediates over these."""
        states, weights = {state.before for state in self.states}, set(self.cell.parameters)
        sums: dict[Expr, Expr] = {}
        rest: dict[Expr, Expr] = {}
        for symbol, expr in loop.items():
            rest[symbol] = expr
            parts = expr.args if isinstance(expr, MatAdd) else (expr,)
            found = [
                part
                for part in parts
                if isinstance(part, MatMul)
                and len(part.args) == 2
                and part.args[0] in weights
                and not is_vector(part.args[0])
                and part.args[1] in states
            ]
            if found and expr.shape[0] != 1:
                name = fresh(f"product_{names[symbol]}", self.taken)
                product = Signal(name, expr.shape[0])
                names[product], sums[product] = name, add_up(found)
                rest[symbol] = add_up([product, *(part for part in parts if part not in found)])
        return sums, rest
