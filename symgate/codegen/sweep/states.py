"""Parts of a generated sweep: where each of several states lies, and what is computed for what is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd

from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.rewrite import leaves
from symgate.records import State


def places(states: Sequence[State], writer: Writer) -> list[str]:
    """Where each state lies in an array of all of them, as a further index; nothing for one state."""
    if len(states) == 1:
        return [""]
    sizes = [state.before.shape[0] for state in states]
    ends = [writer.size(sympy.Add(*sizes[:q])) if q else "0" for q in range(len(sizes) + 1)]
    return [f", ..., {first}:{last}" for first, last in pairwise(ends)]


def before_step(states: Sequence[State], writer: Writer, array: str, step: str) -> list[str]:
    """The states before the step, under their names."""
    pairs = zip(states, places(states, writer), strict=True)
    return [f"{state.name} = {array}[{step}{own}]" for state, own in pairs]


def store(writer: Writer, update: Expr, target: str) -> None:
    """Write a state after the step in its place."""
    summed = isinstance(update, MatAdd) and len(update.args) == 2
    parts = [writer.coefficient(part) for part in update.args] if summed else []
    if summed and all(sign == "+" for sign, _, _ in parts):
        values = ", ".join(f"{writer.vector(part):bare}" for part in update.args)
        writer.lines.append(f"np.add({values}, out={target})")
    else:
        writer.lines.append(f"{target} = {writer.array(update):bare}")


def needed(table: dict[Expr, Expr], wanted: Iterable[Expr]) -> dict[Expr, Expr]:
    """The entries that the wanted expressions depend on, in order."""
    used: set[Expr] = set()
    stack = [leaf for expr in wanted for leaf in leaves(expr)]
    while stack:
        leaf = stack.pop()
        if leaf in table and leaf not in used:
            used.add(leaf)
            stack.extend(leaves(table[leaf]))
    return {symbol: expr for symbol, expr in table.items() if symbol in used}
