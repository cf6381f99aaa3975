"""The cut of a stack at what its layers hand on, so that nothing is multiplied out along the layers.

A stack names what a layer hands to the next: u_3, the state of layer 2 after the step.  Layer 3 reaches everything
below it through u_3 alone, so the chain rule has one factor for each layer,

    dx_3/dx_1 = (dx_3/du_3) (du_3/dx_1),

and a factor that has a name, D_x3_u3, is written once.  Multiplied out, each layer multiplies the number of words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr, MatrixSymbol, ZeroMatrix

from symgate.calculus import IDENTITY, Variable, Words, differential, matrix_expr, pulled_back
from symgate.calculus.normal import prepend
from symgate.language import LAYER, ScalarSignal, Signal, T
from symgate.records import Assignment, Cell, Equation, Standing, State


def handed_on(cell: Cell) -> tuple[Assignment, ...]:
    """What each layer of a stack hands to the next, from the input upwards: u_2, u_3, ..."""
    updates = {state.update for state in cell.states}
    return tuple(item for item in cell.assignments if item.role == LAYER and item.expr in updates)


def is_deep(cell: Cell) -> bool:
    """Whether results of a cell have named parts: with three layers and more.  Two have a product of two factors."""
    return len(handed_on(cell)) > 1


@lru_cache(maxsize=8192)
def names_in(expr: Expr) -> frozenset[Expr]:
    """The symbols in an expression, sizes and times aside."""
    if isinstance(expr, (MatrixSymbol, ScalarSignal, sympy.Symbol)):
        return frozenset([expr])
    return frozenset(symbol for part in expr.args if isinstance(part, sympy.Basic) for symbol in names_in(part))


def reached(cell: Cell, expr: Expr, cut: Iterable[Expr] = ()) -> set[Expr]:
    """All symbols that an expression depends on, itself included, not through the names ``cut``."""
    meaning, barred = cell.definitions, set(cut)
    found: set[Expr] = set()
    todo = [expr]
    while todo:
        for symbol in names_in(todo.pop()):
            if symbol not in found:
                found.add(symbol)
                if symbol in meaning and symbol not in barred:
                    todo.append(meaning[symbol])
    return found


def between(cell: Cell, expr: Expr, cut: Iterable[Expr] = ()) -> tuple[Assignment, ...]:
    """The names that an expression depends on, in order of declaration; those ``cut``, and what is behind them, not."""
    used, barred = reached(cell, expr, cut), set(cut)
    return tuple(item for item in cell.assignments if item.symbol in used and item.symbol not in barred)


def moving(cell: Cell, expr: Expr, wrt: Expr, cut: Iterable[Expr] = ()) -> tuple[Assignment, ...]:
    """The names on the way from ``wrt`` to an expression, in order of declaration, not behind the names ``cut``."""
    varying = {wrt}
    for item in cell.assignments:
        if item.symbol != wrt and not varying.isdisjoint(names_in(item.expr)):
            varying.add(item.symbol)
    return tuple(item for item in between(cell, expr, [wrt, *cut]) if item.symbol in varying)


def single(cell: Cell, expr: Expr, wrt: Expr) -> tuple[Assignment, ...]:
    """What all ways from ``wrt`` to an expression pass, layer by layer, from the lowest up; () where there is no such.

    None of them is ``wrt`` or the expression itself.
    """
    names = [item for item in handed_on(cell) if item.symbol not in {wrt, expr}]
    here = reached(cell, expr, [wrt])
    chain = [item for item in names if item.symbol in here and wrt in reached(cell, item.expr, [wrt])]
    above = [*(item.expr for item in chain[1:]), expr][: len(chain)]
    passed = all(wrt not in reached(cell, top, [item.symbol, wrt]) for item, top in zip(chain, above, strict=True))
    return tuple(chain) if passed else ()


def derivative(cell: Cell, expr: Expr, wrt: Expr, cut: Iterable[Expr] = ()) -> Words:
    """The words of the derivative of an expression by ``wrt``, the names ``cut`` held fixed."""
    known: dict[Expr, Words] = {}
    for item in moving(cell, expr, wrt, cut):
        known[item.symbol] = differential(item.expr, Variable(wrt, known))
    return IDENTITY if expr == wrt else differential(expr, Variable(wrt, known))


def mark(name: str) -> str:
    """A name as a part of another one: x_2 as x2."""
    return name.replace("_", "")


def part(of: Expr, by: Expr) -> Signal:
    """The name of the derivative of one name by another: D_x3_u3."""
    return Signal(f"D_{mark(str(of.name))}_{mark(str(by.name))}", of.shape[0], by.shape[0], T)


def pulled(by: Expr, letter: str) -> Signal:
    """The name of the cotangent that arrives at a name: lam_u3."""
    return Signal(f"{letter}_{mark(str(by.name))}", by.shape[0], 1, T)


def names_are_free(cell: Cell, symbols: Iterable[Expr]) -> bool:
    """Whether names of parts are different, and nothing in the cell bears one of them."""
    names = [str(symbol.name) for symbol in symbols]
    taken = {*cell.symbols, *(str(symbol.name) for symbol in cell.definitions), *map(str, cell.dimensions)}
    return len(set(names)) == len(names) and not taken & set(names)


def introduced(of: Expr, by: Expr, left: Expr, right: Expr) -> Equation:
    """The definition of a part; its key says what it is the derivative of, and by what."""
    return Equation(f"{of.name}/{by.name}", left, right, standing=Standing.DEFINITION)


@dataclass(frozen=True)
class Chain:
    """A derivative along several layers.

    Attributes:
        cell: the recurrence.
        of: what is differentiated, a vector.
        expr: its definition.
        wrt: by what.
        links: what all ways pass, from the lowest layer up; at least two.
    """

    cell: Cell
    of: Expr
    expr: Expr
    wrt: Expr
    links: tuple[Assignment, ...]

    def jacobian(self, columns: Expr) -> tuple[Expr, tuple[Equation, ...]]:
        """The derivative, (n, columns), and the definitions of its parts: D_x4_u3 = D_x4_u4 D_u4_u3."""
        top, *below = reversed(self.links)
        upper = part(self.of, top.symbol)
        found = [introduced(self.of, top.symbol, upper, self._step(self.expr, self.of, top))]
        for item in below:
            own, whole = part(top.symbol, item.symbol), part(self.of, item.symbol)
            found.append(introduced(top.symbol, item.symbol, own, self._step(top.expr, top.symbol, item)))
            found.append(introduced(self.of, item.symbol, whole, MatMul(upper, own)))
            upper, top = whole, item
        words = derivative(self.cell, top.expr, self.wrt)
        if len(words) > 1 and all(tail.seed is None for tail in words) and isinstance(self.wrt, MatrixExpr):
            own = part(top.symbol, self.wrt)
            found.append(introduced(top.symbol, self.wrt, own, self._words(words, top.symbol, self.wrt)))
            return MatMul(upper, own), tuple(found)
        return matrix_expr(prepend(upper, words), self.of.shape[0], columns), tuple(found)

    def vjp(self, cotangent: Expr) -> tuple[Expr, tuple[Equation, ...]]:
        """The product with a cotangent, layer by layer from the top: lam_u3 = (du_4/du_3)' lam_u4."""
        lam, size, expr = cotangent, self.of.shape[0], self.expr
        found = []
        for item in reversed(self.links):
            value = pulled_back(derivative(self.cell, expr, item.symbol), size, lam)
            lam, size, expr = pulled(item.symbol, str(cotangent.name)), item.symbol.shape[0], item.expr
            found.append(introduced(self.of, item.symbol, lam, value))
        return pulled_back(derivative(self.cell, expr, self.wrt), size, lam), tuple(found)

    def _step(self, expr: Expr, of: Expr, by: Assignment) -> MatrixExpr:
        return self._words(derivative(self.cell, expr, by.symbol), of, by.symbol)

    @staticmethod
    def _words(words: Words, of: Expr, by: Expr) -> MatrixExpr:
        return matrix_expr(words, of.shape[0], by.shape[0])


def chain(cell: Cell, of: Expr, expr: Expr, wrt: Expr) -> Chain | None:
    """A derivative as a chain of parts, where it passes two layers or more; else None."""
    if not is_deep(cell) or not isinstance(of, MatrixExpr) or of.shape[1] != 1 or of.shape[0] == 1:
        return None
    links = single(cell, expr, wrt)
    names = [symbol for item in links for symbol in (part(of, item.symbol), pulled(item.symbol, "lam"))]
    return Chain(cell, of, expr, wrt, links) if len(links) > 1 and names_are_free(cell, names) else None


class Grid:
    """The Jacobian of all states of a stack in blocks, each the Jacobian within a layer, or D J of the layer below."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.inputs = {state.after: self._input(state.update) for state in cell.states}
        fed = {item.symbol: next(s for s in cell.states if s.update == item.expr) for item in handed_on(cell)}
        self.below = {after: fed[item.symbol] for after, item in self.inputs.items() if item is not None}
        self.parts: dict[Expr, Expr] = {}  # D_x2_u2 -> its words
        self.blocks: dict[tuple[str, str], Expr] = {}  # (of, by) -> the block across layers

    def _input(self, expr: Expr) -> Assignment | None:
        """What the layer of a state gets from the one below: the last name of that kind on the way."""
        cut = [item.symbol for item in handed_on(self.cell)]
        here = reached(self.cell, expr, cut)
        found = [item for item in handed_on(self.cell) if item.symbol in here]
        return found[0] if len(found) == 1 else None

    def cuts(self) -> bool:
        """Whether every layer has one input from below at most, and reaches what is below through it alone."""
        for state in self.cell.states:
            cut = [item.symbol for item in handed_on(self.cell)]
            if len([symbol for symbol in reached(self.cell, state.update, cut) if symbol in cut]) > 1:
                return False
            item = self.inputs[state.after]
            if item is None:
                continue
            own, under = reached(self.cell, state.update, cut), reached(self.cell, item.expr)
            if any(other.before in own and other.before in under for other in self.cell.states):
                return False
        symbols = [part(after, item.symbol) for after, item in self.inputs.items() if item is not None]
        symbols += [block(of, by) for of in self.cell.states for by in self.cell.states]
        return names_are_free(self.cell, symbols)

    def derived(self, nonzero: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Expr]:
        """The blocks across layers, given the pairs of states whose block within a layer is not 0."""
        known = set(nonzero)
        states = {state.name: state for state in self.cell.states}
        for of in self.cell.states:
            item = self.inputs[of.after]
            if item is None:
                continue
            own = part(of.after, item.symbol)
            value = matrix_expr(derivative(self.cell, of.update, item.symbol), *own.shape)
            if isinstance(value, ZeroMatrix):
                continue
            for by in self.cell.states:
                below = self.below[of.after]
                if (below.name, by.name) in known and (of.name, by.name) not in known:
                    self.parts[own] = value
                    self.blocks[of.name, by.name] = MatMul(own, block(below, states[by.name]))
                    known.add((of.name, by.name))
        return self.blocks

    def definitions(self, whole: Mapping[tuple[str, str], Expr]) -> Iterator[Equation]:
        """The definitions of the parts, and of the blocks that others are made of; ``whole`` has all blocks."""
        of_part = {part(after, item.symbol): (after, item) for after, item in self.inputs.items() if item is not None}
        for symbol, expr in self.parts.items():
            after, item = of_part[symbol]
            yield introduced(after, item.symbol, symbol, expr)
        used = {symbol for expr in self.blocks.values() for symbol in names_in(expr)}
        for of in self.cell.states:
            for by in self.cell.states:
                if block(of, by) in used:
                    yield introduced(of.after, by.before, block(of, by), whole[of.name, by.name])


def block(of: State, by: State) -> Signal:
    """The name of a block of the Jacobian of all states, as it is printed: J_x2_x1."""
    name = f"J_{mark(of.name)}_{mark(by.name)}"
    return Signal(name, of.after.shape[0], by.before.shape[0], T)
