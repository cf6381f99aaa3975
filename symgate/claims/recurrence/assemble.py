"""From typed equations to the cell: every expression is written once more with the operators of the builder.

So a cell that was read is the cell that the builder makes, and passes the same checks.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr, MatrixSymbol
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.claims.reading.build import turned
from symgate.claims.reading.limits import UnreadableError
from symgate.claims.recurrence.fitting import Typed
from symgate.claims.recurrence.kinds import MATRIX, SCALAR, VECTOR
from symgate.claims.recurrence.steps import AFTER, Steps
from symgate.language import CellBuilder, Dot, Function, Map, Quantity, ScalarMap, ScalarSignal, diag
from symgate.names import RESERVED
from symgate.nonlinearities import nonlinearity, registered_nonlinearities
from symgate.records import Cell

#: What numbers use for a function letter that the recurrence leaves open.
DEFAULT = "tanh"
GATE, DRIVE = "gate", "drive"
_MORE = ("p", "q", "d", "e", "l", "r")
#: The size of states of one number, which are vectors for the builder.
ONE = sympy.Dummy("one", integer=True, positive=True)


def cell_of(steps: Steps, found: Typed, name: str, source: str) -> Cell:
    """The cell that the typed equations define.

    Raises:
        UnreadableError, DefinitionError: what the builder does not allow.
    """
    builder = CellBuilder(name, source)
    sizes = _size_names(steps, found)
    handles: dict[str, Quantity] = {}
    before: dict[str, Quantity] = {}
    shown = dict(steps.written)
    write = _Writer(builder, found, sizes, handles)
    for state in steps.states:
        own = [write.size(size) for size in getattr(found.symbols[state], "shape", (ONE,)) if size != 1]
        before[state] = builder.state(state, own[0] if len(own) == 1 else (own[0], own[1]), latex=shown.get(state))
        handles[state] = _mean(builder, before[state], own[0]) if found.kinds[state] == SCALAR else before[state]
    for item in steps.inputs:
        symbol = found.symbols[item]
        handles[item] = builder.input(item, write.size(symbol.shape[0]) if hasattr(symbol, "shape") else 1)
    for item in steps.parameters:
        shape = [write.size(size) for size in getattr(found.symbols[item], "shape", ()) if size != 1]
        if found.kinds[item] == SCALAR:
            handles[item] = builder.scalar(item)
        else:
            make = {VECTOR: lambda n, s: builder.vector(n, s[0]), MATRIX: lambda n, s: builder.matrix(n, *s)}
            handles[item] = make[found.kinds[item]](item, shape)
    for function in dict.fromkeys(steps.functions.values()):
        if function not in registered_nonlinearities() or nonlinearity(function).opaque:
            write.functions[function] = builder.function(function, DEFAULT)
    roles = _roles(steps, found)
    for item, _ in steps.lets:
        value = write.of(found.values[item].make())
        written_out = found.kinds[item] == MATRIX  # a matrix has no name of its own
        handles[item] = value if written_out else builder.let(item, value, role=roles[item], latex=shown.get(item))
    for state in steps.states:
        after = handles.get(state + AFTER) if found.kinds[state] == SCALAR else None
        value = write.of(found.values[state].make()) if after is None else after
        builder.next(before[state], value * builder.ones(write.size(ONE)) if found.kinds[state] == SCALAR else value)
    return builder.build()


def _mean(builder: CellBuilder, state: Quantity, size: str | int) -> Quantity:
    """The number that a state of one number is, kept as a vector of a size that covers 1: the mean of its entries."""
    ones = builder.ones(size)
    return (ones.T @ state) / (ones.T @ ones)


def _size_names(steps: Steps, found: Typed) -> dict[Expr, str | int]:
    """A name for every size: n of the first state, m of the first input, then p, q, ..."""
    names: dict[Expr, str | int] = {}
    every = [*steps.states, *steps.inputs, *(item for item, _ in steps.lets), *steps.parameters]
    given = {str(size) for item in every for size in _sizes(found, item) if not size.atoms(sympy.Dummy)}
    taken = {*every, *given, *RESERVED}
    for item in every:
        matrix = found.kinds[item] == MATRIX
        preferred = ("n", "d")[: 1 + matrix] if item in steps.states else ("m",) if item in steps.inputs else ()
        for size in _sizes(found, item):
            if size in names or size == 1:
                continue
            if size.is_Integer:
                names[size] = int(size)
            elif not size.atoms(sympy.Dummy):
                names[size] = str(size)
            else:
                free = [word for word in (*preferred, "n", "m", *_MORE) if word not in taken]
                chosen = free[0] if free else f"n{len(names)}"
                names[size] = chosen
                taken.add(chosen)
    if any(found.kinds[state] == SCALAR for state in steps.states):
        names[ONE] = next(word for word in ("s", "r", "e", "l", "size") if word not in taken)
    return names


def _sizes(found: Typed, name: str) -> list[Expr]:
    return [found.sizes.of(size) for size in getattr(found.symbols[name], "shape", ())]


def _roles(steps: Steps, found: Typed) -> dict[str, str]:
    """Intermediates that are the sigma of something, and those that only such use, are gates."""
    built = {name: found.values[name].make() for name, _ in steps.lets}
    gates = {name for name, expr in built.items() if isinstance(expr, (Map, ScalarMap)) and expr.function == "sigma"}
    for name in built:
        users = [other for other, expr in built.items() if found.symbols[name] in sympy.preorder_traversal(expr)]
        in_states = any(found.symbols[name] in sympy.preorder_traversal(found.values[s].make()) for s in steps.states)
        if users and not in_states and set(users) <= gates:
            gates.add(name)
    return {name: GATE if name in gates else DRIVE for name in built}


class _Writer:
    """Writes expressions with the builder's quantities."""

    def __init__(
        self, builder: CellBuilder, found: Typed, sizes: dict[Expr, str | int], handles: dict[str, Quantity]
    ) -> None:
        self.builder, self.found, self.sizes, self.handles = builder, found, sizes, handles
        self.functions: dict[str, Function] = {}

    def size(self, size: Expr) -> str | int:
        """The name of a size."""
        own = self.found.sizes.of(size)
        return int(own) if own.is_Integer and own not in self.sizes else self.sizes[own]

    def of(self, expr: Any) -> Quantity:
        """The quantity of an expression."""
        if isinstance(expr, MatrixExpr) and not isinstance(expr, Transpose) and _is_row(expr.shape):
            return self.of(turned(expr)).T
        if isinstance(expr, (MatrixSymbol, ScalarSignal)) or (
            isinstance(expr, sympy.Symbol) and expr.name in self.handles
        ):
            return self.handles[str(expr.name)]
        if isinstance(expr, sympy.Number):
            return Quantity(expr)
        if isinstance(expr, (sympy.Add, MatAdd)):
            return self.summed(expr)
        if isinstance(expr, HadamardProduct):
            return self.multiplied(expr.args)
        if isinstance(expr, MatMul):
            if _only_ones(expr):
                return self.multiplied((sympy.S.One, *expr.args[:-2]))
            return self.chained(expr.args) if expr.shape[1] == 1 else self.matrix(expr.args)
        if isinstance(expr, DiagMatrix):
            return diag(self.of(expr.args[0]))
        if isinstance(expr, Identity):
            return self.builder.eye(self.size(expr.shape[0]))
        if isinstance(expr, sympy.Mul):
            numerator, denominator = expr.as_numer_denom()
            if denominator != 1 and not denominator.is_Number:
                return self.of(numerator) / self.of(denominator)
            return self.multiplied(expr.args)
        if isinstance(expr, (sympy.Pow, HadamardPower)) and expr.args[1].is_Integer:
            base, exponent = self.of(expr.args[0]), int(expr.args[1])
            return base**exponent if exponent > 0 else Quantity(sympy.S.One) / base**-exponent
        if isinstance(expr, (Map, ScalarMap)):
            function = self.functions.get(expr.function) or Function(expr.function)
            if expr.order:
                raise UnreadableError("a recurrence may not contain a derivative")
            return function(self.of(expr.argument))
        if isinstance(expr, Dot):
            return self.of(expr.args[0]).T @ self.of(expr.args[1])
        if isinstance(expr, OneMatrix) and expr.shape[1] == 1:
            return self.builder.ones(self.size(expr.shape[0]))
        if isinstance(expr, Transpose):
            return self.of(expr.arg).T
        if isinstance(expr, KroneckerProduct):
            raise UnreadableError("a recurrence cannot contain Kronecker products; an outer product is v k^\\top")
        raise UnreadableError(f"a recurrence cannot contain {type(expr).__name__}")

    def summed(self, expr: Expr) -> Quantity:
        """A sum, in order."""
        parts = [part for part in expr.args if not isinstance(part, ZeroMatrix)]
        total = self.of(parts[0])
        for part in parts[1:]:
            total = total + self.of(part)
        return total

    def multiplied(self, parts: tuple[Any, ...]) -> Quantity:
        """A product entry by entry or of scalars, in order."""
        total = self.of(parts[0])
        for part in parts[1:]:
            total = total * self.of(part)
        return total

    def chained(self, parts: tuple[Any, ...]) -> Quantity:
        """A product of matrices that ends in a vector, from right to left."""
        scalars = [part for part in parts if not isinstance(part, MatrixExpr)]
        *rest, last = [part for part in parts if isinstance(part, MatrixExpr)]
        total = self.of(last)
        for part in reversed(rest):
            total = self.applied(part, total)
        for scalar in reversed(scalars):
            total = self.of(scalar) * total
        return total

    def matrix(self, parts: tuple[Any, ...]) -> Quantity:
        """A product that is a matrix, from left to right: v k' is an outer product."""
        scalars = [part for part in parts if not isinstance(part, MatrixExpr)]
        first, *rest = [part for part in parts if isinstance(part, MatrixExpr)]
        total = self.of(first)
        for part in rest:
            total = total @ self.of(part)
        for scalar in reversed(scalars):
            total = self.of(scalar) * total
        return total

    def applied(self, matrix: Any, vector: Quantity) -> Quantity:
        """A matrix times what stands behind it; sums of matrices are multiplied out."""
        if isinstance(matrix, DiagMatrix):
            return self.of(matrix.args[0]) * vector
        if isinstance(matrix, Identity):
            return vector
        if isinstance(matrix, MatAdd):
            first, *others = [self.applied(part, vector) for part in matrix.args]
            for other in others:
                first = first + other
            return first
        if isinstance(matrix, MatMul):
            for part in reversed(matrix.args):
                vector = self.applied(part, vector) if isinstance(part, MatrixExpr) else self.of(part) * vector
            return vector
        if not isinstance(matrix, MatrixExpr):
            raise UnreadableError(f"a recurrence cannot contain {type(matrix).__name__}")
        return self.of(matrix) * vector if matrix.shape[1] == 1 else self.of(matrix) @ vector


def _is_row(shape: tuple[Expr, ...]) -> bool:
    return bool(shape[0] == 1 and shape[1] != 1)


def _only_ones(expr: MatMul) -> bool:
    """Whether it is a multiple of 1 1', a matrix of ones, which stands for a number beside matrices."""
    matrices = [part for part in expr.args if isinstance(part, MatrixExpr)]
    ones = len(matrices) == 2 and isinstance(matrices[0], OneMatrix)
    return ones and matrices[1].shape[0] == 1 and isinstance(getattr(matrices[1], "arg", matrices[1]), OneMatrix)
