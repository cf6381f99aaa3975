"""What the layers of a stack hand on: computed by one loop for each layer, and given to the loops of the blocks.

A block of the Jacobian of a stack reaches what lies below its layers through one name, such as u_3, the state of layer
2 after the step.  With that name as an argument its loops hold its own layers alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sympy import Expr

from symgate.codegen.numba.kernels import LoopKernels
from symgate.codegen.numba.points import loop_over_points
from symgate.codegen.writer.layout import axis, listed, quote, wrapped
from symgate.codegen.writer.program import HANDED, Argument, Program, Result, core_of
from symgate.codegen.writer.rewrite import leaves
from symgate.language import LAYER
from symgate.records import Cell, Derivation

#: Module-level names of a module with such loops.
NAMES = ("_HANDED", "_LAYERS", "_layers", "_put_layers")


@dataclass(frozen=True)
class Cut:
    """A program whose loops are given what the layer below hands on.

    Attributes:
        program: the program with that name as an argument, and without what stands behind it.
        by: the name.
    """

    program: Program
    by: Expr


def cut(program: Program) -> Cut | None:
    """The program cut at the uppermost layer below which it needs nothing else; None where there is no such layer."""
    meaning = {symbol: definition for symbol, definition, name in program.intermediates if name == str(symbol.name)}
    results = [expr for result in program.results for _, expr in (*result.terms, *result.summed)]
    for symbol in reversed(_handed_on(program.cell)):
        above = _reached(results, program, symbol)
        if symbol in meaning and above.isdisjoint(_reached([meaning[symbol]], program)):
            kept = tuple(item for item in program.intermediates if item[0] in above)
            given = Argument(str(symbol.name), core_of(symbol), HANDED, required=True)
            return Cut(replace(program, intermediates=kept, arguments=(*program.arguments, given)), symbol)
    return None


def loop_of(symbol: Expr) -> str:
    """The name of the loop that computes what a layer hands on."""
    return f"_{symbol.name}_loop"


class Layers:
    """The loops of the layers of a stack, and those of the blocks that are cut at them.

    Attributes:
        cuts: the programs that are cut, by name.
        reads: what each of these loops reads, by its name.
    """

    def __init__(self, programs: Iterable[Program] = ()) -> None:
        """Of three layers and more: of two, a loop of its own for the lower one costs more than it spares."""
        own = [item for item in programs if isinstance(item.subject, Derivation) and len(_handed_on(item.cell)) > 1]
        self.cuts = {program.name: found for program in own if (found := cut(program)) is not None}
        self.reads: dict[str, list[str]] = {}
        self._handed = _needed([program for program in own if program.name in self.cuts], self.cuts)

    @property
    def names(self) -> list[str]:
        """The loops of the layers."""
        return [loop_of(symbol) for _, symbol, _ in self._handed]

    def loop(self, program: Program, name: str, results: tuple[Result, ...], kernels: LoopKernels) -> list[str]:
        """The loop of a program over points, cut where it can be."""
        found = self.cuts.get(program.name)
        if found is None:
            return loop_over_points(program, name, results, kernels)[1]
        return self._cut(found, name, results, kernels)

    def functions(self, kernels: LoopKernels) -> list[list[str]]:
        """The loops of the layers, from the lowest up."""
        found = []
        for program, symbol, definition in self._handed:
            behind = _reached([definition], program)
            kept = tuple(item for item in program.intermediates if item[0] in behind)
            result = Result(str(symbol.name), (("only", definition),), "vector", core_of(symbol))
            one = replace(program, intermediates=kept, results=(result,))
            found.append(self._cut(cut(one) or Cut(one, symbol), loop_of(symbol), one.results, kernels))
        return found

    def tables(self) -> list[str]:
        """What these loops read, as data, to stand behind what functions need."""
        axes = [f"{quote(str(symbol.name))}: [{axis(symbol.shape[0])}]" for _, symbol, _ in self._handed]
        lines = ["#: The same of loops that read what the layers of the stack hand on."]
        lines += wrapped("_HANDED = {**_SHAPES, ", ", ".join(axes), "}")
        lines += [f"_CALLS[{quote(name)}] = (_HANDED, {listed(reads)})" for name, reads in self.reads.items()]
        return lines if self.reads else []

    def ladder(self) -> list[str]:
        """The loops of the layers as data, to stand behind them."""
        rows = [f"{quote(str(one.name))}: ({loop_of(one)}, {axis(one.shape[0])})" for _, one, _ in self._handed]
        what = "#: What the layers hand on, from the lowest up: the loop that computes it, and its length."
        return ["", "", what, "_LAYERS = {", *(f"    {row}," for row in rows), "}"] if rows else []

    def _cut(self, found: Cut, name: str, results: tuple[Result, ...], kernels: LoopKernels) -> list[str]:
        known = {found.by: str(found.by.name)}
        self.reads[name], loop = loop_over_points(found.program, name, results, kernels, known=known)
        return loop


def _handed_on(cell: Cell) -> list[Expr]:
    """What each layer of a stack hands to the next, from the lowest up."""
    updates = {state.update for state in cell.states}
    return [item.symbol for item in cell.assignments if item.role == LAYER and item.expr in updates]


def _needed(programs: list[Program], cuts: dict[str, Cut]) -> list[tuple[Program, Expr, Expr]]:
    """What the layers hand on, up to the uppermost that a loop is given: a program that has all, symbol, definition."""
    order = _handed_on(programs[0].cell) if programs else []
    for symbol in reversed(order):
        for program in programs:
            if cuts[program.name].by == symbol:
                every = [(program, one, definition) for one, definition, _ in program.intermediates]
                return [item for item in every if item[1] in order[: order.index(symbol) + 1]]
    return []


def _reached(exprs: Iterable[Expr], program: Program, barred: Expr | None = None) -> set[Expr]:
    """The intermediates that expressions depend on, not through the one that is barred."""
    meaning = {symbol: definition for symbol, definition, _ in program.intermediates}
    found: set[Expr] = set()
    todo = list(exprs)
    while todo:
        new = {leaf for leaf in leaves(todo.pop()) if leaf in meaning and leaf != barred} - found
        found |= new
        todo += [meaning[leaf] for leaf in new]
    return found
