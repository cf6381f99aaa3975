"""What a step backward needs: the flat recurrence and the cotangent of every name, made ready for code.

Comes in: a flat cell, and the cotangents of its names (``derive.reverse``).  Goes out: the same with functions bound,
complements exact, values that the way forward has computed under their names, and each part sorted by when it is
computed: once, for all steps at once, or step by step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, MatMul, MatrixExpr, MatrixSymbol, Transpose

from symgate.codegen.training.flat import Flattener
from symgate.codegen.training.slopes import from_values
from symgate.codegen.writer.program import fresh
from symgate.codegen.writer.rewrite import Rewriter, leaves
from symgate.language import Map, ScalarMap, ScalarSignal, Signal
from symgate.language.matrices import is_entrywise, is_vector, transposed
from symgate.names import RESERVED
from symgate.records import Cell

#: When something is computed: from parameters once, from inputs for all steps at once, or step by step.
ONCE, AT_ONCE, BY_STEP = 0, 1, 2


@dataclass(frozen=True)
class Training:
    """One cell, ready to be written forward and backward.

    Attributes:
        cell: the recurrence as its author wrote it.
        flat: the same, flat; the cotangents are those of its names.
        nodes: what is computed on the way forward, in order: symbol -> definition.
        updates: each state after the step, in order.
        backward: cotangents in the order in which they can be computed: symbol -> expression.
        lams: the symbol of the cotangent of each name, and of each state after the step.
        levels: when each name is computed.
        labels: nodes with a name, such as sigma(-a_g) for one_minus_g.
    """

    cell: Cell
    flat: Cell
    nodes: dict[Expr, Expr]
    updates: tuple[Expr, ...]
    backward: dict[Expr, Expr]
    lams: dict[Expr, Expr]
    levels: dict[Expr, int]
    labels: dict[Expr, str]

    @property
    def matrices_move(self) -> bool:
        """Whether a matrix has a value for each row: a state, or one made of what moves, such as sigma(dt A)."""
        every = (*self.nodes.values(), *self.updates, *self.backward.values())
        products = {node for expr in every for node in sympy.preorder_traversal(expr) if isinstance(node, MatMul)}
        factors = {part for node in products for part in node.args if isinstance(part, MatrixExpr)}
        written = [part for part in factors if 1 not in part.shape and not isinstance(part, DiagMatrix)]
        moving = any(self.levels.get(leaf, ONCE) >= AT_ONCE for part in written for leaf in leaves(part))
        return moving or bool(self.cell.matrix_states)

    def at(self, level: int) -> dict[Expr, Expr]:
        """The nodes that are computed at that time."""
        return {symbol: expr for symbol, expr in self.nodes.items() if self.levels[symbol] == level}

    @property
    def by_step(self) -> dict[Expr, Expr]:
        """What the way backward computes step by step: the cotangents of names that move.

        And of names that read a matrix state or its cotangent, so that no step's matrices are kept for later.
        """
        known = {self.lams[state.after] for state in self.cell.states}
        found: dict[Expr, Expr] = {}
        for symbol, expr in self.backward.items():
            if self._steps(symbol) or self._reads_matrix(symbol, expr, known):
                found[symbol] = expr
                known.add(self.lams[symbol])
        return found

    def _reads_matrix(self, symbol: Expr, expr: Expr, known: set[Expr]) -> bool:
        """Whether a cotangent of a name holds a matrix that moves, and no cotangent beside those known."""
        if symbol not in self.lams or self.levels[symbol] != AT_ONCE:
            return False
        used, every = set(leaves(expr)), set(self.lams.values())
        matrices = {leaf for leaf in used if isinstance(leaf, Signal) and leaf.shape[1] != 1}
        return bool(matrices) and used & every <= known

    @property
    def carried(self) -> tuple[Expr, ...]:
        """The cotangent of each state before the step; zero where the step does not depend on it."""
        zero = [MatMul(sympy.S.Zero, self.lams[state.after]) for state in self.cell.states]
        return tuple(self.backward.get(s.before, none) for s, none in zip(self.cell.states, zero, strict=True))

    @property
    def afterwards(self) -> dict[Expr, Expr]:
        """The other cotangents: those of inputs and parameters, and of what is computed from these alone."""
        apart = {*self.by_step, *(state.before for state in self.cell.states)}
        return {s: expr for s, expr in self.backward.items() if s not in apart}

    @property
    def arguments(self) -> set[Expr]:
        """The inputs and parameters."""
        return {*self.cell.inputs, *self.cell.parameters}

    def _steps(self, symbol: Expr) -> bool:
        names = {item.symbol for item in self.flat.assignments}
        return symbol in names and self.levels[symbol] == BY_STEP

    def used(self, expressions: Iterable[Expr]) -> dict[Expr, None]:
        """The names in some expressions."""
        return {leaf: None for expr in expressions for leaf in leaves(expr)}

    @property
    def kept(self) -> tuple[Expr, ...]:
        """What moves and is needed on the way backward."""
        used = self.used([*self.backward.values(), *self.carried])
        return tuple(symbol for symbol in self.at(BY_STEP) if symbol in used)


class Names:
    """The names of the cotangents of a flat cell."""

    def __init__(self, cell: Cell, lams: Mapping[str, Expr]) -> None:
        """``lams`` are the cotangents of the states after the step, by the name of the state."""
        self.flattener = Flattener(cell)
        self.flat = self.flattener.cell()
        names = {str(symbol.name) for symbol in (*self.flat.symbols.values(), *self.flat.definitions)}
        self.taken = {*names, *map(str, cell.dimensions), *RESERVED, *(str(lam.name) for lam in lams.values())}
        self.lams: dict[Expr, Expr] = {state.after: lams[state.name] for state in cell.states}
        for item in self.flat.assignments:
            self.lams[item.symbol] = _like(item.symbol, fresh(f"lam_{item.symbol.name}", self.taken))


def planned(cell: Cell, names: Names, cotangents: Mapping[Expr, Expr], *, slopes: bool) -> Training:
    """The plan of a cell.

    Args:
        cell: the recurrence.
        names: its flat form and the names of the cotangents.
        cotangents: those of every name of the flat form, over these names.
        slopes: whether slopes and complements are taken from values that the way forward has, as libraries of automatic
            differentiation do, sigma' = y (1 - y), 1 - sigma = 1 - y: quicker, with digits of small slopes and of small
            complements lost where a gate saturates.
    """
    flat, levels = names.flat, names.flattener.levels
    rewrite = Rewriter(flat, complements=not slopes)
    nodes = {item.symbol: rewrite(item.expr) for item in flat.assignments}
    updates = [rewrite(state.update) for state in flat.states]
    backward = {symbol: rewrite(expr) for symbol, expr in _aliased(cotangents, names, levels).items()}
    if slopes:
        values = {expr: symbol for symbol, expr in nodes.items()}
        backward = {symbol: from_values(expr, values) for symbol, expr in backward.items()}
    labels = dict(rewrite.labels)
    nodes, updates, backward = _shared(nodes, updates, backward, names, levels, labels)
    nodes, updates, backward = _matrices(nodes, updates, backward, names, levels)
    used = _reached(nodes, [*updates, *backward.values()])
    nodes = {symbol: expr for symbol, expr in nodes.items() if symbol in used}
    return Training(cell, flat, nodes, tuple(updates), backward, names.lams, levels, labels)


def _like(symbol: Expr, name: str) -> Expr:
    return Signal(name, symbol.shape[0]) if isinstance(symbol, MatrixExpr) else ScalarSignal(name)


def _aliased(cotangents: Mapping[Expr, Expr], names: Names, levels: dict[Expr, int]) -> dict[Expr, Expr]:
    """The cotangents without those that are another one under a second name."""
    same: dict[Expr, Expr] = {}
    found: dict[Expr, Expr] = {}
    for symbol, expr in cotangents.items():
        value = expr.xreplace(same)
        lam = names.lams.get(symbol)
        if lam is not None and levels[symbol] != ONCE and isinstance(value, (Signal, ScalarSignal)):
            same[lam] = value
            continue
        found[symbol] = value
    return found


def _reached(nodes: Mapping[Expr, Expr], wanted: Iterable[Expr]) -> set[Expr]:
    """The nodes that some expressions depend on."""
    used: set[Expr] = set()
    stack = [leaf for expr in wanted for leaf in leaves(expr)]
    while stack:
        leaf = stack.pop()
        if leaf in nodes and leaf not in used:
            used.add(leaf)
            stack.extend(leaves(nodes[leaf]))
    return used


Parts = tuple[dict[Expr, Expr], list[Expr], dict[Expr, Expr]]


def _shared(
    nodes: dict[Expr, Expr],
    updates: list[Expr],
    backward: dict[Expr, Expr],
    names: Names,
    levels: dict[Expr, int],
    labels: dict[Expr, str],
) -> Parts:
    """Values of nonlinearities that both ways need, such as 1 - g = sigma(-a), under a name of their own."""
    known = {expr: symbol for symbol, expr in nodes.items() if isinstance(expr, (Map, ScalarMap))}
    forward = [*nodes.values(), *updates]
    here, there = _maps(forward), _maps(backward.values())
    table = {node: known[node] for node in {**here, **there} if node in known}
    added: dict[Expr, Expr] = {}
    for node in here:
        if node in there and node not in known:
            like = node if isinstance(node, Map) else sympy.S.One
            symbol = _like(like, fresh(labels.pop(node, f"{node.function}_part"), names.taken))
            levels[symbol] = max((levels.get(leaf, -1) for leaf in leaves(node)), default=ONCE)
            added[symbol], table[node] = node, symbol
    order = list(nodes)
    inside = {s: node for s, node in added.items() if set(leaves(node)) <= set(nodes)}
    after = {max(leaves(node), key=order.index): s for s, node in inside.items()}
    table = {node: symbol for node, symbol in table.items() if symbol in nodes or symbol in after.values()}
    found: dict[Expr, Expr] = {}
    for symbol, expr in nodes.items():
        found[symbol] = expr if expr in known else expr.xreplace(table)
        if symbol in after:
            found[after[symbol]] = added[after[symbol]]
    return (
        found,
        [expr.xreplace(table) for expr in updates],
        {symbol: expr.xreplace(table) for symbol, expr in backward.items()},
    )


def _maps(expressions: Iterable[Expr]) -> dict[Expr, None]:
    """The nonlinearities of vectors and scalars in some expressions."""
    every = [node for expr in expressions for node in sympy.preorder_traversal(expr)]
    return dict.fromkeys(
        node for node in every if isinstance(node, ScalarMap) or (isinstance(node, Map) and is_vector(node))
    )


def _matrices(
    nodes: dict[Expr, Expr],
    updates: list[Expr],
    backward: dict[Expr, Expr],
    names: Names,
    levels: dict[Expr, int],
) -> Parts:
    """Matrices that are made of parameters entry by entry, such as |W| (.) S, under a name: they are computed once."""
    table: dict[Expr, Expr] = {}
    made: dict[Expr, Expr] = {}

    def named(expr: Expr) -> Expr:
        if expr in table:
            return table[expr]
        matrix = isinstance(expr, MatrixExpr) and 1 not in expr.shape
        if matrix and not isinstance(expr, (MatrixSymbol, Transpose)) and is_entrywise(expr):
            own = leaves(expr)
            if own and all(levels.get(leaf, -1) == ONCE for leaf in own) and not isinstance(expr, MatMul):
                symbol = MatrixSymbol(fresh("weights", names.taken), *expr.shape)
                made[symbol], levels[symbol] = expr, ONCE
                table[expr], table[transposed(expr)] = symbol, Transpose(symbol)
                return symbol
        if not expr.args or isinstance(expr, (MatrixSymbol, ScalarSignal)):
            return expr
        parts = [named(part) for part in expr.args]
        return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)

    found = {symbol: named(expr) for symbol, expr in nodes.items()}
    after = [named(expr) for expr in updates]
    back = {symbol: named(expr) for symbol, expr in backward.items()}
    return {**made, **found}, after, back
