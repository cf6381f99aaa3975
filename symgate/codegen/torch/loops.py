"""Loops over time for torch, which write into memory that is there, a block of steps after the other.

    _forward(steps, arguments) -> states
    _keeping(steps, arguments) -> states, steady, moving
    _backward(steps, lams, arguments, states, steady, moving, wanted) -> gradients

``_forward`` is what autograd may go through; the other two run without it.  ``states``, ``steady`` and ``moving`` are
one tensor for each symbol, over all steps: a step writes into its slice of them.  A block of steps has some hundred
rows, so that what is computed for all of its steps at once, and the cotangents that its products need, stay in cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import final

from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.codegen.torch.placed import Placing
from symgate.codegen.training.loops import Loops, listed, unpacked
from symgate.codegen.training.plan import AT_ONCE, BY_STEP, ONCE
from symgate.codegen.writer.layout import wrapped
from symgate.codegen.writer.program import core_of, fresh
from symgate.records import State


@final
class BlockLoops(Loops):
    """The text of one cell."""

    def __post_init__(self) -> None:
        super().__post_init__()
        t, taken = self.training, self.pieces.taken
        every = [*t.cell.symbols.values(), *t.nodes, *t.lams.values()]
        self.whole = {s: fresh(f"{self._name(s)}_whole", taken) for s in every}
        words = ("first", "last", "block", "rows", "count")
        #: Names that are a state after the step, and that state: they share its memory.
        self.same: dict[Expr, State] = {}
        for state, update in zip(self.states, t.updates, strict=True):
            if update in t.at(BY_STEP):
                self.same.setdefault(update, state)
        self.kept = [symbol for symbol in t.kept if symbol not in self.same]
        self.first, self.last, self.block, self.rows, self.count = (fresh(word, taken) for word in words)

    def functions(self) -> list[list[str]]:
        """The private functions."""
        return [self.forward(), self.keeping(), self.backward()]

    def forward(self) -> list[str]:
        """x_1 .. x_T, operation by operation."""
        before, step, sliced = self.ahead()
        befores = [state.before for state in self.states]
        body = [
            *before[: next(k for k, line in enumerate(before) if line.startswith("steady = ("))],
            *(f"{self.series[s]} = {self.dialect.by_step.format(self._name(s))}" for s in sliced),
            *(f"{self.series[s]} = []" for s in befores),
            "for t in range(steps):",
            *(f"    {self._name(s)} = {self.series[s]}[t]" for s in sliced),
            *(f"    {line}" for line in step),
            *(f"    {state.name} = {self.after[state.name]}" for state in self.states),
            *(f"    {self.series[s]}.append({self._name(s)})" for s in befores),
        ]
        last = [f"return ({listed(self.series[s] for s in befores)})"]
        return self._function("_forward", "steps, arguments", "The states of all steps.", body, last)

    def keeping(self) -> list[str]:
        """x_0 .. x_T, and what the way backward needs."""
        t, pieces = self.training, self.pieces
        _, step, sliced = self.ahead()
        wanted = [*t.updates, *t.at(BY_STEP).values()]
        back = [*t.backward.values(), *t.carried]
        once = pieces.level(ONCE, [*wanted, *t.at(AT_ONCE).values(), *back])
        at_once = pieces.level(AT_ONCE, [*wanted, *back])
        steady = [s for s in self._steady() if s in t.at(AT_ONCE)]
        ahead = [s for s in steady if self._written(s, at_once)]
        inputs = [s for s in t.cell.inputs if self._in(s, [*at_once, *step])]
        step_block = self._placing(self._spent(step, at_once, [s for s in sliced if s not in steady]))
        kept = [(s, self._name(s)) for s in self.kept]
        shared = {id(state): self._name(s) for s, state in self.same.items()}
        after = [(state.before, shared.get(id(state), self.after[state.name])) for state in self.states]
        moving, turned = self._turned(self._lines(step, [name for _, name in [*kept, *after]], step_block))
        at = f"[{self.first} * batch : {self.last} * batch]"
        taken = [(s, f"{self.series[s]}[t - {self.first}]") for s in sliced]
        body = [
            *once,
            *turned,
            *(f"{self.whole[s]} = {self._name(s)}" for s in inputs),
            *(f"{self.whole[s]} = {self._empty(s, 'steps * batch')}" for s in ahead),
            *(f"{self.whole[s]} = {self._empty(s, 'steps + 1, batch')}" for s, _ in after),
            *(f"{self.whole[s]} = {self._empty(s, 'steps, batch')}" for s, _ in kept),
            *(f"{self.whole[s]}[0] = {self._name(s)}" for s, _ in after),
            *(f"{self.series[s]} = {self.whole[s]}.unbind(0)" for s, _ in [*after, *kept]),
            f"{self.block} = _steps_of_a_block({self.states[0].name}, steps)",
            f"for {self.first} in range(0, steps, {self.block}):",
            f"    {self.last} = min({self.first} + {self.block}, steps)",
            *(f"    {self._name(s)} = {self.whole[s]}{at}" for s in (*inputs, *ahead)),
            *(f"    {line}" for line in self._lines(at_once, [self._name(s) for s in ahead], self._placing())),
            *(f"    {self.series[s]} = _by_step({self._name(s)}, {self.last} - {self.first}, batch)" for s in sliced),
            f"    for t in range({self.first}, {self.last}):",
            *(f"        {self._name(s)} = {place}" for s, place in taken),
            *(f"        {name} = {self.series[s]}[t]" for s, name in kept),
            *(f"        {name} = {self.series[s]}[t + 1]" for s, name in after),
            *(f"        {line}" for line in moving),
            *(f"        {state.name} = {self.after[state.name]}" for state in self.states),
        ]
        held = [self.whole[s] if s in ahead else self._name(s) for s in self._steady()]
        last = [
            *wrapped("steady = (", listed(held), ")"),
            *wrapped("moving = (", listed(self.whole[s] for s, _ in kept), ")"),
            f"return ({listed(self.whole[s] for s, _ in after)}), steady, moving",
        ]
        doc = "The states before the first step and after every step, and what the way backward needs."
        return self._function("_keeping", "steps, arguments", doc, body, last)

    def backward(self) -> list[str]:
        """All cotangents."""
        t, pieces = self.training, self.pieces
        back, after = pieces.back_step(self.carried), pieces.gradients(self.targets)
        befores = [state.before for state in self.states]
        lams = [t.lams[state.after] for state in self.states]
        steady = [s for s in self._steady() if s in t.at(AT_ONCE)]
        inputs = [s for s in t.cell.inputs if self._in(s, [*back, *after])]
        sliced = [s for s in (*inputs, *steady) if self._in(s, back)]
        inner = [s for s in (*befores, *t.kept) if self._in(s, back)]
        outer = [s for s in (*befores, *t.kept) if self._in(s, after)]
        held = [lam for lam in (*lams, *(t.lams[s] for s in t.by_step)) if self._in(lam, after)]
        given = {lam: f"{self.series[lam]}_given" for lam in lams}
        wanted = {self.targets[s]: (k, s) for k, s in enumerate(t.cell.symbols.values())}
        found = {target: pair for target, pair in wanted.items() if any(x.startswith(f"{target} = ") for x in after)}
        at = f"[{self.first}:{self.last}]"
        head = [
            *unpacked([self.whole[s] for s in befores], "states"),
            *unpacked([self.whole[s] if s in steady else self._name(s) for s in self._steady()], "steady"),
            *unpacked([self.whole[s] for s in self.kept], "moving"),
            *(f"{self.whole[s]} = {self.whole[x.before]}[1:]" for s, x in self.same.items() if s in (*inner, *outer)),
            *(f"{self.whole[s]} = {self._name(s)}" for s in inputs),
            f"{self.block} = _steps_of_a_block({self.states[0].name}, steps)",
            *(f"{self.whole[lam]} = {self._empty(lam, f'{self.block}, batch')}" for lam in held),
            *(f"{self.series[lam]} = {self.whole[lam]}.unbind(0)" for lam in held),
            *(f"{self.carried[s.name]} = torch.zeros_like({s.name})" for s in self.states),
            *(
                f"{target} = torch.{'empty' if s in t.cell.inputs else 'zeros'}_like({self._name(s)})"
                f" if wanted[{k}] else None"
                for target, (k, s) in found.items()
            ),
        ]
        loop = [
            f"{self.first} = max({self.last} - {self.block}, 0)",
            f"{self.count} = {self.last} - {self.first}",
            f"{self.rows} = slice({self.first} * batch, {self.last} * batch)",
            *unpacked(given.values(), f"(None if lam is None else lam{at}.unbind(0) for lam in lams)"),
            *(f"{self._name(s)} = {self.whole[s]}[{self.rows}]" for s in (*inputs, *steady)),
            *(f"{self.series[s]} = _by_step({self._name(s)}, {self.count}, batch)" for s in sliced),
            *(f"{self.series[s]} = {self.whole[s]}{at}.unbind(0)" for s in inner),
            f"for t in reversed(range({self.count})):",
            *(f"    {line}" for line in self._back_step(back, [*inner, *sliced], held, given)),
            *(f"{self._name(s)} = {self.whole[s]}[{self.rows}]" for s in sliced),
            *(f"{self._name(s)} = {self.whole[s]}{at}.flatten(0, 1)" for s in outer),
            *(f"{self._name(lam)} = {self.whole[lam]}[:{self.count}].flatten(0, 1)" for lam in held),
        ]
        for line in after:
            target, _, value = line.partition(" = ")
            loop += self._added(target, value, *found[target]) if target in found else self._placing().line(line)
        body = [*head, f"for {self.last} in range(steps, 0, -{self.block}):", *(f"    {line}" for line in loop)]
        arguments = "steps, lams, arguments, states, steady, moving, wanted"
        doc = "The cotangents of states before the first step, of inputs as rows, and of parameters."
        return self._function("_backward", arguments, doc, body, self._given_back(found))

    def _back_step(
        self, back: list[str], taken: Iterable[Expr], held: list[Expr], given: dict[Expr, str]
    ) -> Iterable[str]:
        """One step backward."""
        yield from (f"{self._name(s)} = {self.series[s]}[t]" for s in taken)
        yield from (f"{self._name(lam)} = {self.series[lam]}[t]" for lam in held)
        for state, (lam, own) in zip(self.states, given.items(), strict=True):
            name, carry = self._name(lam), self.carried[state.name]
            if lam in held:
                yield f"if {own} is None:"
                yield f"    {name}.copy_({carry})"
                yield "else:"
                yield f"    torch.add({own}[t], {carry}, out={name})"
            else:
                yield f"{name} = {carry} if {own} is None else {own}[t] + {carry}"
        yield from self._lines(back, [self._name(lam) for lam in held], self._placing())

    def _added(self, target: str, value: str, place: int, symbol: Expr) -> list[str]:
        """What a block adds to the cotangent of a parameter, or its rows of the cotangent of an input."""
        if symbol in self.training.cell.inputs:
            return [f"if wanted[{place}]:", f"    {target}[{self.rows}] = {value}"]
        product = re.fullmatch(r"torch\.mm\((\(\w+\)\.mT), (\w+)\)", value)
        added = f"{target}.addmm_({product[1]}, {product[2]})" if product else f"{target} += {value}"
        return [f"if wanted[{place}]:", f"    {added}"]

    def _given_back(self, found: dict[str, tuple[int, Expr]]) -> list[str]:
        """The cotangents in the order of the symbols."""
        values = []
        for k, (name, symbol) in enumerate(self.training.cell.symbols.items()):
            target = self.targets[symbol]
            own = target if target in found else f"torch.zeros_like(arguments[{k}])"
            values.append(self.carried.get(name, own))
        return wrapped("return (", listed(values), ")")

    def _lines(self, lines: list[str], placed: list[str], how: Placing) -> list[str]:
        return [new for line in lines for new in how.line(line, placed)]

    def _turned(self, lines: list[str]) -> tuple[list[str], list[str]]:
        """The lines of a step, and before them the transposes of matrices that no step changes."""
        still = {name for s, name in self.pieces.names.items() if self.training.levels.get(s) == ONCE}
        still |= {self._name(s) for s in self.training.cell.parameters}
        text = "\n".join(lines)
        found = [name for name in dict.fromkeys(re.findall(r"\b(\w+)\.mT\b", text)) if name in still]
        turned = {name: fresh(f"{name}_turned", self.pieces.taken) for name in found}
        for name, own in turned.items():
            text = re.sub(rf"\b{name}\.mT\b", own, text)
        return text.split("\n"), [f"{own} = {name}.mT" for name, own in turned.items()]

    def _written(self, symbol: Expr, lines: Iterable[str]) -> bool:
        return any(line.startswith(f"{self._name(symbol)} = ") for line in lines)

    def _placing(self, spent: Iterable[str] = ()) -> Placing:
        """What rewrites lines; in them vectors with rows have all rows and units."""
        t = self.training
        names = {**self.pieces.names, **{s: self._name(s) for s in t.cell.symbols.values()}}
        rows = self.pieces.rows | {s.before for s in self.states} | set(t.cell.inputs)
        vectors = {names[s] for s in names if s in rows and isinstance(s, MatrixExpr) and s.shape[1] == 1}
        return Placing({*names.values(), *self.after.values(), *self.carried.values()}, vectors, set(spent))

    def _spent(self, step: list[str], at_once: list[str], ahead: list[Expr]) -> list[str]:
        """Names of new memory that one line of a step reads, once."""
        text, new = "\n".join(step), self._placing().new(at_once)
        names = [self._name(s) for s in ahead if self._name(s) in new]
        return [name for name in names if len(re.findall(rf"\b{name}\b", text)) == 1]

    def _empty(self, symbol: Expr, lead: str) -> str:
        """Memory for a value of every row."""
        own = "".join(f", {size}" for size in core_of(symbol))
        return f"{self.states[0].name}.new_empty(({lead}{own}{',' if not own and ',' not in lead else ''}))"
