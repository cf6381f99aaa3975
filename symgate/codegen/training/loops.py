"""Loops over time as text, for targets whose arrays are computed at once: forward, backward, and one step backward.

    _forward(steps, arguments) -> states, steady, moving
    _backward(steps, lams, arguments, states, steady, moving) -> gradients
    _step_backward(arguments, lams) -> gradients

``arguments`` are the symbols of the cell in order, states and inputs as rows (inputs: all steps after one another);
``states`` are lists of x_0 .. x_T, ``steady`` is what is computed at once, ``moving`` what each step leaves for the way
backward; ``lams`` are dL/dx_t for every step, None for zeros; ``gradients`` are in the order of ``arguments``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.codegen.training.pieces import Dialect, Pieces, sizes
from symgate.codegen.training.plan import AT_ONCE, BY_STEP, ONCE, Training
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.layout import wrapped
from symgate.codegen.writer.program import core_of, fresh
from symgate.language import Signal


class LoopDialect(Dialect):
    """How a target spells a loop over time."""

    #: What private functions take first, such as the array namespace.
    first: ClassVar[str] = ""
    #: A value for all steps as one that is indexed by the step; a list of rows as rows; zeros like an array.
    by_step: ClassVar[str] = "_by_step({0}, steps, batch)"
    rows: ClassVar[str] = "_rows({0})"
    #: The states before every step as rows: of a list, by its name and by its place among the states.
    before: ClassVar[str] = "_rows({0}[:-1])"
    zeros: ClassVar[str]
    #: What knows the kind of numbers, from an array.
    like: ClassVar[str] = "{0}"


@dataclass
class Loops:
    """The text of one cell."""

    training: Training
    dialect: LoopDialect
    kernels: Kernels

    def __post_init__(self) -> None:
        self.pieces = Pieces(self.training, self.dialect, self.kernels)
        taken = self.pieces.taken
        self.states = self.training.cell.states
        self.series = {s: fresh(f"{s.name}_steps", taken) for s in self._by_name}
        self.after = {state.name: fresh(f"{state.name}_next", taken) for state in self.states}
        self.carried = {state.name: fresh(f"{state.name}_carried", taken) for state in self.states}
        symbols = self.training.cell.symbols
        self.targets = {symbol: fresh(f"by_{name}", taken) for name, symbol in symbols.items()}

    @property
    def _by_name(self) -> list[Expr]:
        """Every symbol that may have one value for each step."""
        t = self.training
        every = [*(s.before for s in self.states), *t.cell.inputs, *t.nodes, *t.lams.values()]
        return [s for s in every if not isinstance(s, MatrixExpr) or s.shape[1] == 1 or isinstance(s, Signal)]

    def functions(self) -> list[list[str]]:
        """The private functions."""
        return [self.forward(), self.backward()]

    def ahead(self) -> tuple[list[str], list[str], list[Expr]]:
        """What stands before the loop forward, a step of it, and the names that a step takes a slice of."""
        t, pieces = self.training, self.pieces
        step = pieces.step(self.after)
        wanted = [*t.updates, *t.at(BY_STEP).values()]
        back = [*t.backward.values(), *t.carried]
        once = pieces.level(ONCE, [*wanted, *t.at(AT_ONCE).values(), *back])
        at_once = pieces.level(AT_ONCE, [*wanted, *back])
        steady = wrapped("steady = (", listed(map(self._name, self._steady())), ")")
        return [*once, *at_once, *steady], step, [s for s in self._at_once() if self._in(s, step)]

    def forward(self) -> list[str]:
        """x_1 .. x_T, and what the way backward needs."""
        t = self.training
        before, step, sliced = self.ahead()
        befores = [state.before for state in self.states]
        body = [
            *before,
            *(f"{self.series[s]} = {self.dialect.by_step.format(self._name(s))}" for s in sliced),
            *(f"{self.series[state.before]} = [{state.name}]" for state in self.states),
            *(f"{self.series[symbol]} = []" for symbol in t.kept),
            "for t in range(steps):",
            *(f"    {self._name(s)} = {self.series[s]}[t]" for s in sliced),
            *(f"    {line}" for line in step),
            *(f"    {self.series[symbol]}.append({self._name(symbol)})" for symbol in t.kept),
            *(f"    {state.name} = {self.after[state.name]}" for state in self.states),
            *(f"    {self.series[state.before]}.append({state.name})" for state in self.states),
        ]
        states, moving = (listed(self.series[s] for s in part) for part in (befores, t.kept))
        last = [*wrapped("moving = (", moving, ")"), f"return ({states}), steady, moving"]
        doc = "The states of all steps, and what the way backward needs."
        return self._function("_forward", "steps, arguments", doc, body, last)

    def backward(self) -> list[str]:
        """All cotangents."""
        t, pieces = self.training, self.pieces
        back, after = pieces.back_step(self.carried), pieces.gradients(self.targets)
        sliced = [symbol for symbol in self._at_once() if self._in(symbol, back)]
        restored = [symbol for symbol in sliced if self._in(symbol, after)]
        befores = [state.before for state in self.states]
        lams = [t.lams[state.after] for state in self.states]
        inner = [s for s in (*befores, *t.kept) if self._in(s, back)]
        outer = [s for s in (*befores, *t.kept) if self._in(s, after)]
        listed = [lam for lam in (*lams, *(t.lams[s] for s in t.by_step)) if self._in(lam, after)]
        given = [f"{self.series[lam]}_given" for lam in lams]
        rows = self.dialect.rows
        ready = [
            *unpacked([self.series[s] for s in befores], "states"),
            *unpacked(map(self._name, self._steady()), "steady"),
            *unpacked([self.series[s] for s in t.kept], "moving"),
            *unpacked(given, "lams"),
            *(f"{self.series[s]} = {self.dialect.by_step.format(self._name(s))}" for s in sliced),
            *(f"{self.series[s]}_whole = {self._name(s)}" for s in restored),
            *(f"{self.series[lam]} = [None] * steps" for lam in listed),
            *(f"{self.carried[s.name]} = {self.dialect.zeros.format(s.name)}" for s in self.states),
            "for t in reversed(range(steps)):",
        ]
        loop = [f"{self._name(s)} = {self.series[s]}[t]" for s in (*inner, *sliced)]
        for state, lam, own in zip(self.states, lams, given, strict=True):
            carry = self.carried[state.name]
            loop.append(f"{self._name(lam)} = {carry} if {own} is None else {own}[t] + {carry}")
        loop += [*back, *(f"{self.series[lam]}[t] = {self._name(lam)}" for lam in listed)]
        ready += [f"    {line}" for line in loop]
        ready += [f"{self._name(s)} = {self.series[s]}_whole" for s in restored]
        for symbol in (*outer, *listed):
            place = befores.index(symbol) if symbol in befores else None
            template = rows if place is None else self.dialect.before
            ready.append(f"{self._name(symbol)} = {template.format(self.series[symbol], place)}")
        arguments = "steps, lams, arguments, states, steady, moving"
        doc = "The cotangents of states before the first step, of inputs as rows, and of parameters."
        return self._function("_backward", arguments, doc, [*ready, *after], self._returned(after))

    def step_backward(self) -> list[str]:
        """All cotangents of one step."""
        t, pieces = self.training, self.pieces
        back, after = pieces.back_step(self.carried), pieces.gradients(self.targets)
        wanted = [*t.backward.values(), *t.carried]
        moving = pieces.level(BY_STEP, wanted)
        needed = [*wanted, *t.at(BY_STEP).values()]
        once = pieces.level(ONCE, [*needed, *t.at(AT_ONCE).values()])
        body = [
            *once,
            *pieces.level(AT_ONCE, needed),
            *moving,
            *unpacked([self._name(t.lams[state.after]) for state in self.states], "lams"),
            *back,
            *after,
        ]
        doc = "The cotangents of states, inputs and parameters for one step, those of parameters summed over rows."
        return self._function("_step_backward", "arguments, lams", doc, body, self._returned(after))

    def _name(self, symbol: Expr) -> str:
        return str(symbol.name)

    def _in(self, symbol: Expr, lines: Iterable[str]) -> bool:
        return bool(re.search(rf"\b{self._name(symbol)}\b", "\n".join(lines)))

    def _at_once(self) -> list[Expr]:
        """What has a value for every step before the loop begins."""
        return [*self.training.cell.inputs, *self.training.at(AT_ONCE)]

    def _steady(self) -> list[Expr]:
        """What is computed before the loop and used on the way backward."""
        t = self.training
        used = t.used([*t.backward.values(), *t.carried])
        return [s for s in (*t.at(ONCE), *t.at(AT_ONCE)) if s in used]

    def _returned(self, after: list[str]) -> list[str]:
        """The cotangents in the order of the symbols."""
        found = []
        for name, symbol in self.training.cell.symbols.items():
            if name in self.carried:
                found.append(self.carried[name])
            else:
                target = self.targets[symbol]
                written = any(line.startswith(f"{target} = ") for line in after)
                found.append(target if written else self.dialect.zeros.format(name))
        return wrapped("return (", listed(found), ")")

    def _function(self, name: str, arguments: str, doc: str, body: list[str], last: list[str]) -> list[str]:
        """A private function."""
        cell = self.training.cell
        text = "\n".join([*body, *last])
        first = cell.states[0].name
        lines = unpacked(cell.symbols, "arguments")
        if re.search(r"\bbatch\b", text):
            lines.append(f"batch = {first}.shape[0]")
        if re.search(r"\blike\b", text):
            lines.append(f"like = {self.dialect.like.format(first)}")
        lines += sizes(text, {symbol: core_of(of) for symbol, of in cell.symbols.items()}, cell.dimensions)
        opening = f"def {name}({self.dialect.first}{arguments}):"
        return [opening, f'    """{doc}"""', *(f"    {line}" for line in [*lines, *body, *last])]


def listed(names: Iterable[str]) -> str:
    """Names as the inside of a tuple."""
    return "".join(f"{name}, " for name in names).strip()


def unpacked(names: Iterable[str], source: str) -> list[str]:
    """The lines that take a tuple apart; none for an empty one."""
    names = list(names)
    return wrapped("(", listed(names), f") = {source}") if names else []
