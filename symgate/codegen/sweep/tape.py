"""What a pass forward leaves for the pass backward: the analysis behind the generated sweeps.

The vector-Jacobian products of a step are sums of words that are linear in lambda.  Their columns, such as
g (.) phi'(a) (.) lambda, serve the adjoint and the gradients alike; the factors that do not hold lambda are computed
on the way forward, while their arguments are in cache, and kept (the tape).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
)

from symgate.codegen.writer.rewrite import Rewriter, leaves
from symgate.language import Map, ScalarSignal, Signal, is_vector
from symgate.records import Cell, Derivation, add_up

#: A summand of a gradient: the name of a column and that of a row (None where the sum of the column is meant).
Pair = tuple[str, str | None]


@dataclass
class Tape:
    """The analysis of one cell.

    Attributes:
        cell: the recurrence.
        rewrite: binds functions and keeps complements exact.
        kept: what is computed on the way forward and kept: expression -> symbol.
        columns: what is computed on the way backward and kept, over ``kept`` and lambda: expression -> symbol.
        gradients: the words of the gradient by each parameter; a parameter without such a form is absent.
        carried: J' lambda for each state, over columns, kept values and lambda.
        lams: lambda of each state.
    """

    cell: Cell
    rewrite: Rewriter
    kept: dict[Expr, Expr] = field(default_factory=dict)
    columns: dict[Expr, Expr] = field(default_factory=dict)
    gradients: dict[str, tuple[Pair, ...]] = field(default_factory=dict)
    carried: tuple[Expr, ...] = ()
    lams: tuple[Expr, ...] = ()

    def keep(self, expr: Expr) -> Expr:
        """The symbol of a value that is kept; what is at hand anyway stays as it is."""
        weights = set(self.cell.parameters)
        if expr in self._at_hand or weights.issuperset(leaves(expr)):
            return expr
        return _named(self.kept, expr, "kept")

    @property
    def _at_hand(self) -> set[Expr]:
        return {*(state.before for state in self.cell.states), *self.cell.inputs, *self.cell.parameters}

    def holds(self, expr: Expr) -> bool:
        """Whether lambda of a state is in an expression."""
        return any(lam in leaves(expr) for lam in self.lams)

    def column(self, expr: Expr) -> Expr:
        """The symbol of a column, or of a scalar, that holds lambda."""
        return _named(self.columns, self.without(expr), "column")

    def without(self, expr: Expr) -> Expr:
        """The expression with every part that lambda does not enter kept."""
        if expr in self.lams:
            return expr
        if not self.holds(expr):
            if not isinstance(expr, MatrixExpr):
                return expr if expr.is_number else self.keep(expr)
            if is_vector(expr) and leaves(expr):
                return self.keep(expr)
            if isinstance(expr, MatrixSymbol) or not leaves(expr):
                return expr
        if isinstance(expr, Map):
            return Map(expr.function, expr.order, self.without(expr.argument))
        if isinstance(expr, HadamardPower):
            return HadamardPower(self.without(expr.base), expr.exp)
        parts = expr.args
        if isinstance(expr, (HadamardProduct, sympy.Mul)) and not isinstance(expr, MatMul):
            free = [part for part in parts if not self.holds(part) and not part.is_number]
            if 1 < len(free) < len(parts):
                parts = (*(part for part in parts if part not in free), type(expr)(*free))
        return expr.func(*[self.without(part) for part in parts])


def _named(table: dict[Expr, Expr], expr: Expr, word: str) -> Expr:
    if expr not in table:
        name = f"{word}_{len(table)}"
        table[expr] = Signal(name, expr.shape[0]) if isinstance(expr, MatrixExpr) else ScalarSignal(name)
    return table[expr]


def taped(cell: Cell, products: Mapping[str, Derivation], lams: tuple[Expr, ...]) -> Tape:
    """The analysis of a cell.

    Args:
        cell: the recurrence.
        products: its vector-Jacobian products by name, those by the states included, each summed over the states.
        lams: lambda of each state, as the products name it.
    """
    tape = Tape(cell, Rewriter(cell), lams=lams)
    for parameter in cell.parameters:
        name = str(parameter.name)
        pairs = _pairs(tape, products[name], parameter)
        if pairs is not None:
            tape.gradients[name] = pairs
    found = []
    for state in cell.states:
        words = [tape.rewrite(word) for word in _words(products[state.name])]
        found.append(_carried(tape, words))
    tape.carried = tuple(found)
    return tape


def _words(derivation: Derivation) -> list[Expr]:
    """The words of all terms."""
    terms = list(derivation.terms.values())
    kinds = (MatAdd, sympy.Add)
    return [word for term in terms for word in (term.args if isinstance(term, kinds) else (term,))]


def _carried(tape: Tape, words: list[Expr]) -> Expr:
    """J' lambda: W' (sum of columns) for each W, and what has another form."""
    fronts: dict[Expr, list[Expr]] = {}
    parts: list[Expr | None] = []
    for word in words:
        front, rest = _front(tape, word)
        if front is None:
            parts.append(rest)
        elif front not in fronts:
            parts.append(front)
            fronts[front] = [rest]
        else:
            fronts[front].append(rest)
    return add_up([MatMul(part, tape.column(add_up(fronts[part]))) if part in fronts else part for part in parts])


def _front(tape: Tape, word: Expr) -> tuple[Expr | None, Expr]:
    """A word of J' lambda as W' and a column; None for the first where it is (scalar) w, or neither."""
    if isinstance(word, MatMul):
        scalars = [part for part in word.args if not isinstance(part, MatrixExpr)]
        factors = [part for part in word.args if isinstance(part, MatrixExpr)]
        weights = set(tape.cell.parameters)
        if len(factors) == 2 and is_vector(factors[1]) and tape.holds(factors[1]):
            matrix = factors[0].args[0] if isinstance(factors[0], Transpose) else factors[0]
            if matrix in weights:
                return factors[0], MatMul(*scalars, factors[1]) if scalars else factors[1]
        if len(factors) == 1 and factors[0] in weights and scalars and tape.holds(sympy.Mul(*scalars)):
            return None, MatMul(tape.column(sympy.Mul(*scalars)), factors[0])
    return None, tape.without(word)


def _pairs(tape: Tape, derivation: Derivation, parameter: Expr) -> tuple[Pair, ...] | None:
    """The gradient by a parameter as a sum of (column, row), one for each row; None where it has another form."""
    pairs: dict[str | None, list[Expr]] = {}
    for given in _words(derivation):
        if isinstance(given, MatrixExpr) and not leaves(given):
            return None
        word = tape.rewrite(given)
        if not isinstance(parameter, MatrixExpr) or (is_vector(parameter) and not _splits(tape, word)):
            pairs.setdefault(None, []).append(word)
            continue
        if not isinstance(word, MatMul):
            return None
        *left, row = word.args
        if not is_vector(parameter):
            if not isinstance(row, Transpose) or row.shape[0] != 1:
                return None
            row = row.args[0]
        column = left[0] if len(left) == 1 else sympy.Mul(*left) if is_vector(parameter) else MatMul(*left)
        if tape.holds(row) or not tape.holds(column) or getattr(column, "shape", (0, 1))[1] != 1:
            return None
        known = tape.keep(row)
        known = known if isinstance(known, MatrixSymbol) else _named(tape.kept, row, "kept")
        pairs.setdefault(str(known.name), []).append(column)
    return tuple((str(tape.column(add_up(parts)).name), row) for row, parts in pairs.items()) or None


def _splits(tape: Tape, word: Expr) -> bool:
    """Whether a column is (scalar with lambda) times a vector without."""
    if not isinstance(word, MatMul) or tape.holds(word.args[-1]):
        return False
    return all(not isinstance(part, MatrixExpr) for part in word.args[:-1])
