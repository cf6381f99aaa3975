"""The few nodes that SymPy lacks: signals in time, elementwise maps, a dot product that is a scalar.

Everything else is SymPy's own: MatrixSymbol, MatAdd, MatMul, HadamardProduct, DiagMatrix, Identity,
OneMatrix, Transpose, KroneckerProduct.  Each node here keeps ``func(*args) == self`` and pickles.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy
from sympy import Expr, Integer, MatrixSymbol
from sympy.core.symbol import Str
from sympy.matrices.expressions import MatrixExpr

from symgate.nonlinearities import known

#: The time index; x_{t-1} is the state before the step, every other signal carries t.
T = sympy.Symbol("t", integer=True)
BEFORE = T - 1

#: The role of an intermediate that is part of the update: paths through it are sorted by the names they meet next.
UPDATE = "update"
#: The role of what a layer of a stack hands to the next one: its first state after the step.
LAYER = "layer"


@lru_cache(maxsize=256)
def _written(index: Expr) -> str:
    """A time as text: few times are written often."""
    return str(index)


class Signal(MatrixSymbol):  # type: ignore[misc]
    """A column vector with a name and a time index, such as x_{t-1}, u_t, a_t.

    The index is an argument, so ``subs(t, k)`` shifts it (a bare MatrixSymbol's name would not).
    """

    def __new__(cls, name: str | Str, rows: Any, cols: Any = 1, index: Any = T) -> Signal:
        label = name if isinstance(name, Str) else Str(name)
        shape = (sympy.sympify(rows, strict=True), sympy.sympify(cols, strict=True))
        return sympy.Basic.__new__(cls, label, *shape, sympy.sympify(index, strict=True))

    @property
    def index(self) -> Expr:
        """The time index."""
        return self.args[3]

    def _sympystr(self, printer: Any) -> str:
        return f"{self.name}[{_written(self.index)}]"


class ScalarSignal(Expr):  # type: ignore[misc]
    """A commutative scalar with a name and a time index, such as a scalar gate g_t."""

    is_commutative = True
    is_real = True
    is_symbol = True
    _diff_wrt = True

    def __new__(cls, name: str | Str, index: Any = T) -> ScalarSignal:
        label = name if isinstance(name, Str) else Str(name)
        return sympy.Basic.__new__(cls, label, sympy.sympify(index, strict=True))

    @property
    def name(self) -> str:
        """The plain name."""
        return str(self.args[0].name)

    @property
    def index(self) -> Expr:
        """The time index."""
        return self.args[1]

    @property
    def free_symbols(self) -> set[Any]:
        """The signal itself, as for any symbol."""
        return {self}

    def _sympystr(self, printer: Any) -> str:
        return f"{self.name}[{_written(self.index)}]"


class _FunctionNode:
    """What Map and ScalarMap share: arguments (name of the function, order of derivative, argument)."""

    args: tuple[Any, ...]

    @property
    def function(self) -> str:
        """The name of the nonlinearity, as the registry or the cell knows it."""
        return str(self.args[0].name)

    @property
    def order(self) -> int:
        """How often the function is differentiated: 0 for f itself, 1 for f'."""
        return int(self.args[1])

    @property
    def argument(self) -> Any:
        """What the function is applied to."""
        return self.args[2]

    def _sympystr(self, printer: Any) -> str:
        return f"{self.function}{chr(39) * self.order}({printer.doprint(self.argument)})"


class Map(_FunctionNode, MatrixExpr):  # type: ignore[misc]
    """A nonlinearity, or a derivative of it, applied to every entry of a vector or a matrix: f^(order).(v)."""

    def __new__(cls, function: str | Str, order: int | Integer, argument: MatrixExpr) -> Map:
        label = Str(known(str(function)))
        return sympy.Basic.__new__(cls, label, Integer(order), argument)

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """The shape of the argument."""
        return self.args[2].shape


class ScalarMap(_FunctionNode, Expr):  # type: ignore[misc]
    """A nonlinearity, or a derivative of it, applied to a scalar."""

    is_commutative = True

    def __new__(cls, function: str | Str, order: int | Integer, argument: Expr) -> ScalarMap:
        label = Str(known(str(function)))
        return sympy.Basic.__new__(cls, label, Integer(order), sympy.sympify(argument, strict=True))


class Dot(Expr):  # type: ignore[misc]
    """The dot product u'v of two column vectors: a commutative scalar, never a 1 x 1 matrix."""

    is_commutative = True

    def __new__(cls, left: MatrixExpr, right: MatrixExpr) -> Dot:
        return sympy.Basic.__new__(cls, left, right)

    def _sympystr(self, printer: Any) -> str:
        return f"dot({printer.doprint(self.args[0])}, {printer.doprint(self.args[1])})"


class Vec(MatrixExpr):  # type: ignore[misc]
    """The columns of a matrix, one below the other: entry i + j p of vec(M) is M_{ij}, i < p."""

    def __new__(cls, matrix: MatrixExpr) -> Vec:
        return sympy.Basic.__new__(cls, matrix)

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """One column with all entries."""
        rows, cols = self.args[0].shape
        return rows * cols, sympy.S.One

    def _sympystr(self, printer: Any) -> str:
        return f"vec({printer.doprint(self.args[0])})"


def is_vector(expr: Any) -> bool:
    """Whether ``expr`` is a column vector (of symbolic or concrete length)."""
    return isinstance(expr, MatrixExpr) and expr.shape[1] == 1


def is_scalar(expr: Any) -> bool:
    """Whether ``expr`` is a commutative scalar."""
    return isinstance(expr, Expr) and not isinstance(expr, MatrixExpr)
