"""Loops over time for jax: a scan over blocks of steps, in each one a scan over its steps.

A block has some hundred rows.  What depends on inputs alone is computed for all of its steps at once, on the way
backward once more, which costs less than to keep it; the gradients of parameters are one product for each block, so
that cotangents of single steps stay in cache and are never kept for all steps.
"""

from __future__ import annotations

from typing import final

from sympy import Expr

from symgate.codegen.training.loops import Loops, listed, unpacked
from symgate.codegen.training.plan import AT_ONCE, BY_STEP, ONCE
from symgate.codegen.writer.layout import wrapped


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


@final
class Scans(Loops):
    """The text of one cell."""

    def forward(self) -> list[str]:
        """x_1 .. x_T, and what the way backward needs."""
        t, pieces = self.training, self.pieces
        _, step, sliced = self.ahead()
        wanted, back = [*t.updates, *t.at(BY_STEP).values()], [*t.backward.values(), *t.carried]
        once = pieces.level(ONCE, [*wanted, *t.at(AT_ONCE).values(), *back])
        at_once = pieces.level(AT_ONCE, wanted)
        inputs = [s for s in t.cell.inputs if self._in(s, at_once) or s in sliced]
        names = [state.name for state in self.states]
        after, kept = [self.after[name] for name in names], [s for s in t.kept if s not in self._same]
        one_step = [
            *unpacked(names, "before"),
            *unpacked(map(self._name, sliced), "now"),
            *step,
            *wrapped("after = (", listed(after), ")"),
            *wrapped("return after, (after, (", listed(map(self._name, kept)), "))"),
        ]
        one_block = [
            *unpacked(map(self._name, inputs), "now"),
            *at_once,
            *self._slices(sliced),
            "",
            "def one_step(before, now):",
            *_indented(one_step),
            "",
            "return jax.lax.scan(one_step, before, slices, length=block)",
        ]
        body = [
            *once,
            f"block = _steps_of_a_block({names[0]}, steps)",
            *self._cut("given", inputs),
            "",
            "def one_block(before, now):",
            *_indented(one_block),
            "",
            *wrapped("_, found = jax.lax.scan(one_block, (", listed(names), "), given, length=steps // block)"),
            "states, moving = (tuple(map(_rows, values)) for values in found)",
            *wrapped("steady = (", listed(map(self._name, self._fixed())), ")"),
        ]
        doc = "The states of all steps, and what the way backward needs."
        return self._function("_forward", "steps, arguments", doc, body, ["return states, steady, moving"])

    def backward(self) -> list[str]:
        """All cotangents."""
        t, pieces = self.training, self.pieces
        back, after = pieces.back_step(self.carried), pieces.gradients(self.targets)
        at_once = pieces.level(AT_ONCE, [*t.backward.values(), *t.carried])
        befores = [state.before for state in self.states]
        rows = [s for s in t.cell.inputs if self._in(s, [*at_once, *back, *after])]
        sliced = [s for s in self._at_once() if self._in(s, back)]
        lams = [t.lams[state.after] for state in self.states]
        held = [lam for lam in (*lams, *(t.lams[s] for s in t.by_step)) if self._in(lam, after)]
        inner = [s for s in (*befores, *t.kept) if self._in(s, back)]
        outer = [s for s in (*befores, *t.kept) if self._in(s, after)]
        read = {s: k for k, s in enumerate(befores) if s.shape[1] != 1 and s in inner and s not in outer}
        inner = [s for s in inner if s not in read]
        series = [s for s in (*befores, *t.kept) if s in (*inner, *outer)]
        carried = [self.carried[state.name] for state in self.states]
        given = [f"{self.series[lam]}_given" for lam in lams]
        targets = {self.targets[s]: s for s in t.cell.symbols.values()}
        found = [name for name in targets if any(line.startswith(f"{name} = ") for line in after)]
        summed = [name for name in found if targets[name] not in t.cell.inputs]
        others = [name for name in found if name not in summed]
        one_step = [
            *unpacked(carried, "carried"),
            "lams, slices, kept = now",
            *unpacked(given, "lams"),
            *unpacked(map(self._name, sliced), "slices"),
            *unpacked([*(["t"] if read else []), *map(self._name, inner)], "kept"),
            *(f"{self._name(s)} = _one_before(t, arguments[{k}], states[{k}])" for s, k in read.items()),
            *(f"{self._name(lam)} = {own} + {c}" for lam, own, c in zip(lams, given, carried, strict=True)),
            *back,
            *wrapped("before = (", listed(carried), ")"),
            *wrapped("return before, (", listed(map(self._name, held)), ")"),
        ]
        one_block = [
            "carried, total = carry",
            "lams, rows, kept = now",
            *unpacked(map(self._name, rows), "rows"),
            *unpacked([*(["t"] if read else []), *(self.series[s] for s in series)], "kept"),
            *at_once,
            *self._slices(sliced),
            *wrapped("kept = (", listed([*(["t"] if read else []), *(self.series[s] for s in inner)]), ")"),
            "",
            "def one_step(carried, now):",
            *_indented(one_step),
            "",
            "now = (lams, slices, kept)",
            "carried, found = jax.lax.scan(one_step, carried, now, length=block, reverse=True)",
            *unpacked([self.series[lam] for lam in held], "found"),
            *(f"{self._name(s)} = _rows({self.series[s]})" for s in (*outer, *held)),
            *after,
            *wrapped("parts = (", listed(summed), ")"),
            "total = tuple(one + part for one, part in zip(total, parts))",
            *wrapped("return (carried, total), (", listed(others), ")"),
        ]
        known = {s: f"states[{k}]" for k, s in enumerate(befores)}
        body = [
            *unpacked(map(self._name, self._fixed()), "steady"),
            *(
                unpacked([self.series[s] for s in befores], "_before(arguments, states)")
                if set(series) & set(befores)
                else []
            ),
            *unpacked([self.series[s] for s in t.kept if s not in self._same], "moving"),
            *(f"{self.series[s]} = {known[x]}" for s, x in self._same.items() if s in series),
            f"block = _steps_of_a_block({self.states[0].name}, steps)",
            *self._cut("rows", rows),
            *wrapped(
                "kept = (", listed([*(["jnp.arange(steps)"] if read else []), *(self.series[s] for s in series)]), ")"
            ),
            "given = (_blocks(lams, steps // block), rows, _blocks(kept, steps // block))",
            "",
            "def one_block(carry, now):",
            *_indented(one_block),
            "",
            *wrapped("start = (", listed(f"jnp.zeros_like({state.name})" for state in self.states), ")"),
            *wrapped("zeros = (", listed(f"jnp.zeros_like({self._name(targets[name])})" for name in summed), ")"),
            "carry, found = jax.lax.scan(one_block, (start, zeros), given, length=steps // block, reverse=True)",
            "carried, total = carry",
            *unpacked(carried, "carried"),
            *unpacked(summed, "total"),
            *unpacked(others, "map(_rows, found)"),
        ]
        arguments = "steps, lams, arguments, states, steady, moving"
        doc = "The cotangents of states before the first step, of inputs as rows, and of parameters."
        return self._function("_backward", arguments, doc, body, self._returned(after))

    @property
    def _same(self) -> dict[Expr, Expr]:
        """Names that are a state after the step: they are kept once."""
        found: dict[Expr, Expr] = {}
        for state, update in zip(self.states, self.training.updates, strict=True):
            if update in self.training.kept:
                found.setdefault(update, state.before)
        return found

    def _fixed(self) -> list[Expr]:
        """What is computed from parameters alone and used on the way backward."""
        return [s for s in self._steady() if s in self.training.at(ONCE)]

    def _slices(self, symbols: list[Expr]) -> list[str]:
        """Rows of a block as one value for each step."""
        cut = (f"_by_step({self._name(s)}, block, batch)" for s in symbols)
        return wrapped("slices = (", listed(cut), ")")

    def _cut(self, name: str, symbols: list[Expr]) -> list[str]:
        """Rows of all steps as one value for each block."""
        return wrapped(f"{name} = _blocks((", listed(map(self._name, symbols)), "), steps // block)")
