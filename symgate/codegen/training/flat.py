"""A cell written flat: everything that a step computes has a name, and what does not move is apart.

Comes in: any cell.  Goes out: the same recurrence with more named intermediates: every nonlinearity and every matrix is
applied to a name, and sums and products are parted by what they depend on: parameters alone (level 0), inputs too (1),
the states before the step too (2).  ``W_i u + b`` then is one name, for all steps at once, and one reverse sweep over
the names is the whole step backward.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.codegen.writer.program import fresh
from symgate.codegen.writer.rewrite import leaves
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal, is_vector
from symgate.language.matrices import is_row, parted, scaled, summands, summed
from symgate.names import RESERVED
from symgate.records import Assignment, Cell, State

#: What the level of an expression without any symbol is: it is never worth a name.
NUMBER = -1

_SUMS = (MatAdd, sympy.Add)


def flattened(cell: Cell) -> Cell:
    """The same recurrence, flat."""
    return Flattener(cell).cell()


class Flattener:
    """Names the parts of one cell."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        names = {str(symbol.name) for symbol in (*cell.symbols.values(), *cell.definitions)}
        self._taken = {*names, *map(str, cell.dimensions), *RESERVED}
        self.levels: dict[Expr, int] = dict.fromkeys(cell.parameters, 0) | dict.fromkeys(cell.inputs, 1)
        self.levels |= {state.before: 2 for state in cell.states}
        self._known: dict[Expr, Expr] = {}
        self._items: list[Assignment] = []
        self._owner = ""
        every = [item.expr for item in cell.assignments] + [state.update for state in cell.states]
        self._products = Counter(
            node
            for expr in dict.fromkeys(every)
            for node in sympy.preorder_traversal(expr)
            if isinstance(node, MatMul) and is_vector(node) and _applied(node)
        )

    def cell(self) -> Cell:
        """The cell."""
        given: dict[Expr, Expr] = {}
        for item in self._cell.assignments:
            self._owner = str(item.symbol.name)
            given.setdefault(item.expr, item.symbol)
            self._add(item.symbol, self._defined(item.expr), item.role)
        states = []
        for state in self._cell.states:
            self._owner = state.name
            update = given.get(state.update)
            flat = self._flat if is_vector(state.update) else self._matrix
            states.append(State(state.before, state.after, flat(state.update) if update is None else update))
        return replace(self._cell, assignments=tuple(self._items), states=tuple(states))

    def level(self, expr: Expr) -> int:
        """What an expression depends on."""
        return max((self.levels.get(leaf, NUMBER) for leaf in leaves(expr)), default=NUMBER)

    def _add(self, symbol: Expr, expr: Expr, role: str) -> None:
        self.levels[symbol] = self.level(expr)
        self._known.setdefault(expr, symbol)
        self._items.append(Assignment(symbol, expr, role))

    def _named(self, expr: Expr, preferred: str) -> Expr:
        """A name for an expression that is flat; the one that it has, if any."""
        if expr not in self._known:
            name = fresh(preferred, self._taken)
            symbol = Signal(name, expr.shape[0]) if isinstance(expr, MatrixExpr) else ScalarSignal(name)
            self._add(symbol, expr, "drive")
        return self._known[expr]

    def _atom(self, expr: Expr) -> Expr:
        """An expression as a name; numbers and symbols stay as they are."""
        expr = self._flat(expr)
        if isinstance(expr, (MatrixSymbol, ScalarSignal, sympy.Symbol)) or self.level(expr) == NUMBER:
            return expr
        return self._named(expr, f"{self._owner}_part")

    def _signed_atom(self, expr: Expr) -> Expr:
        """A name, or a number times one."""
        if isinstance(expr, (MatMul, sympy.Mul)) and expr.args[0].is_number and len(expr.args) == 2:
            rest = self._atom(expr.args[1])
            return MatMul(expr.args[0], rest) if isinstance(expr, MatMul) else expr.args[0] * rest
        return self._atom(expr)

    def _flat(self, expr: Expr) -> Expr:
        """The expression, its parts named."""
        if isinstance(expr, (Map, ScalarMap)):
            return self._map(expr)
        if isinstance(expr, Dot):
            left, right = expr.args
            if isinstance(left, OneMatrix) and isinstance(right, OneMatrix):
                return left.shape[0]
            return Dot(self._atom(left), self._atom(right))
        if isinstance(expr, MatMul):
            return self._product(expr)
        if isinstance(expr, _SUMS):
            return self._parted(expr, [self._flat(part) for part in expr.args])
        if isinstance(expr, (HadamardProduct, sympy.Mul)):
            return self._parted(expr, [self._factor(part) for part in expr.args])
        if isinstance(expr, HadamardPower):
            return HadamardPower(self._atom(expr.base), expr.exp)
        if isinstance(expr, sympy.Pow):
            return sympy.Pow(self._atom(expr.base), expr.exp)
        if isinstance(expr, MatrixExpr) and is_vector(expr) and expr.args and not isinstance(expr, MatrixSymbol):
            return expr if isinstance(expr, OneMatrix) else expr.func(*map(self._flat, expr.args))
        return expr

    def _matrix(self, expr: Expr) -> Expr:
        """The update of a matrix state: the vectors in it named, u k' + v k' as one outer product (u + v) k'."""
        parts: list[Expr] = []
        columns: dict[Expr, list[Expr]] = {}
        for word in summands(expr):
            scalar, factors = parted(word)
            if not is_row(factors[-1]):
                parts.append(self._word(scalar, factors))
                continue
            row = self._atom(factors[-1].arg)
            if row not in columns:
                parts.append(Transpose(row))
            columns.setdefault(row, []).append(scaled(scalar, _product(factors[:-1])))
        for place, part in enumerate(parts):
            if is_row(part):
                column = self._atom(summed(columns[part.arg]))
                parts[place] = MatMul(column, part)
        return summed(parts)

    def _word(self, scalar: Expr, factors: list[Expr]) -> Expr:
        """A product of a scalar and matrices: the scalar and the diagonals named; other matrices as they are."""
        named = [DiagMatrix(self._atom(part.args[0])) if isinstance(part, DiagMatrix) else part for part in factors]
        number = sympy.Mul(*(part for part in sympy.Mul.make_args(scalar) if part.is_number))
        rest = sympy.Mul(*(part for part in sympy.Mul.make_args(scalar) if not part.is_number))
        return scaled(number if rest == 1 else number * self._atom(rest), _product(named))

    def _defined(self, expr: Expr) -> Expr:
        """A definition: a nonlinearity has its name already."""
        return self._mapped(expr) if isinstance(expr, (Map, ScalarMap)) else self._flat(expr)

    def _mapped(self, expr: Expr) -> Expr:
        """f(z), z a name or a number times one."""
        return type(expr)(expr.args[0], expr.order, self._signed_atom(expr.argument))

    def _map(self, expr: Expr) -> Expr:
        """f(z) under a name of its own; of a matrix as it is."""
        if not (isinstance(expr, ScalarMap) or is_vector(expr)):
            return expr
        found = self._mapped(expr)
        if self.level(found) == NUMBER:  # of a size, such as sqrt(d)
            return found
        return self._named(found, f"{expr.function}_{'_'.join(str(leaf.name) for leaf in leaves(found.argument))}")

    def _product(self, expr: MatMul) -> Expr:
        """Scalars, matrices, then a vector: W v for a named v; a scalar times a named vector."""
        scalars = [part for part in expr.args if not isinstance(part, MatrixExpr)]
        *matrices, vector = [part for part in expr.args if isinstance(part, MatrixExpr)]
        if not is_vector(vector) or any(1 in matrix.shape for matrix in matrices):
            return expr
        if matrices:
            vector = self._atom(vector)
            for place, matrix in enumerate(reversed(matrices)):
                product = MatMul(matrix, vector)
                again = place + 1 < len(matrices) or self._products[product] > 1
                vector = self._named(product, f"{self._owner}_part") if again else product
        elif len(scalars) == 1 and scalars[0].is_number:
            vector = self._flat(vector)
        else:
            vector = self._factor(vector)
        if not scalars:
            return vector
        number = sympy.Mul(*(part for part in scalars if part.is_number))
        scalar = sympy.Mul(*(part for part in scalars if not part.is_number))
        if scalar == 1:
            return MatMul(number, *(vector.args if isinstance(vector, MatMul) else (vector,)))
        if matrices:
            vector = self._atom(vector)
        factor = self._factor(scalar)
        return MatMul(number * factor, *(vector.args if isinstance(vector, MatMul) else (vector,)))

    def _factor(self, part: Expr) -> Expr:
        """A factor: a name, a power of one, or 1 - z."""
        if isinstance(part, (HadamardPower, sympy.Pow)) or (isinstance(part, sympy.Mul) and part.is_commutative):
            return self._flat(part)
        found = self._flat(part)
        if isinstance(found, _SUMS) and _complement(found) and self.level(found) == 2:
            return found
        return self._atom(found)

    def _parted(self, expr: Expr, parts: list[Expr]) -> Expr:
        """A sum or product with what does not move in one name."""
        kind = expr.func
        top = max(map(self.level, parts), default=NUMBER)
        for below in range(top):
            low = [part for part in parts if NUMBER < self.level(part) <= below]
            if not low or (len(low) == 1 and _cheap(low[0])):
                continue
            whole = low[0] if len(low) == 1 else kind(*low)
            word = "drive" if below else "steady"
            first = parts.index(low[0])
            named = self._named(whole, f"{word}_{self._owner}")
            kept = [(place, part) for place, part in enumerate(parts) if part not in low or place == first]
            parts = [named if place == first else part for place, part in kept]
        return parts[0] if len(parts) == 1 else kind(*parts)


def _product(factors: list[Expr]) -> Expr:
    return factors[0] if len(factors) == 1 else MatMul(*factors)


def _cheap(part: Expr) -> bool:
    """Whether a part is a symbol up to a number."""
    if isinstance(part, (MatrixSymbol, ScalarSignal, sympy.Symbol)):
        return True
    pair = isinstance(part, (MatMul, sympy.Mul)) and len(part.args) == 2
    return pair and part.args[0].is_number and _cheap(part.args[1])


def _applied(expr: MatMul) -> bool:
    """Whether a matrix is applied to a vector in a product."""
    return len(expr.args) == 2 and isinstance(expr.args[0], MatrixExpr)


def _complement(expr: Expr) -> bool:
    """Whether a sum is 1 - z."""
    if len(expr.args) != 2:
        return False
    ones = [part for part in expr.args if part == 1 or isinstance(part, OneMatrix)]
    rest = [part for part in expr.args if part not in ones]
    return len(ones) == 1 and _cheap(rest[0])
