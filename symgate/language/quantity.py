"""Quantities: SymPy expressions with the operators a paper uses, and with their shapes checked.

SymPy's own operators cannot serve: they accept ``x*x`` and ``W*y`` of the wrong size when n is
symbolic, and they have no ``1 - g`` for a vector g.  So a cell is written with these light
handles; what they hold, ``.expr``, is ordinary SymPy.

    W @ x     matrix times vector            w.T @ x   dot product, a scalar
    g * v     scalar times vector, or the Hadamard product of two vectors, or of two matrices, of one size
    1 - g     a number meets a vector or a matrix entry by entry
    v / b     division and powers with a rational exponent, entry by entry
    u @ v.T   the matrix with the entries u_i v_j
    diag(a) @ C @ diag(b)   the rows of C times a, its columns times b
    x > y     a condition, for ``where``
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import sympy
from sympy import Expr
from sympy.matrices.expressions import DiagMatrix, MatAdd, MatrixExpr, OneMatrix

from symgate.errors import ShapeError
from symgate.language.matrices import hadamard, is_nothing, multiplied, outer, power, scaled, summed, transposed
from symgate.language.nodes import Dot, Map, ScalarMap
from symgate.language.numbers import rational
from symgate.nonlinearities import root


def describe(quantity: Quantity) -> str:
    """The expression and its kind, for messages."""
    return f"{quantity.expr} is {quantity.kind}"


@dataclass(frozen=True)
class Quantity:
    """A scalar, a column vector or a matrix in the recurrence of a cell; ``row`` marks a transposed vector."""

    expr: Expr
    row: bool = False

    @property
    def shape(self) -> tuple[Expr, ...]:
        """() for a scalar, (n, 1) for a vector, (p, q) for a matrix."""
        return tuple(self.expr.shape) if isinstance(self.expr, MatrixExpr) else ()

    @property
    def is_scalar(self) -> bool:
        """Whether this is a scalar."""
        return not self.shape

    @property
    def is_vector(self) -> bool:
        """Whether this is a column vector."""
        return bool(self.shape) and self.shape[1] == 1

    @property
    def kind(self) -> str:
        """In words: what this is and of which size."""
        if self.is_scalar:
            return "a scalar"
        if self.is_vector:
            return f"a {'row' if self.row else 'vector'} of size {self.shape[0]}"
        return f"a {self.shape[0]} x {self.shape[1]} matrix"

    @property
    def T(self) -> Quantity:
        """The transpose; of a vector v it exists only to write ``v.T @ w``."""
        if self.is_scalar:
            return self
        if self.is_vector:
            return Quantity(self.expr, row=not self.row)
        return Quantity(transposed(self.expr))

    def __matmul__(self, other: object) -> Quantity:
        right = as_quantity(other)
        if self.is_vector and self.row and right.is_vector and not right.row:
            if self.shape != right.shape:
                raise ShapeError(f"u.T @ v needs vectors of one size; {describe(self)}, {describe(right)}.")
            return Quantity(Dot(self.expr, right.expr))
        if self.is_vector and not self.row and right.row:
            return Quantity(outer(self.expr, right.expr))
        if self.is_scalar or self.is_vector or right.is_scalar or right.row:
            raise ShapeError(
                f"A @ v needs a matrix on the left and a matrix or vector on the right; {describe(self)}, "
                f"{describe(right)}. For entry by entry or scalar products write *, for a dot product u.T @ v."
            )
        if self.shape[1] != right.shape[0]:
            turned = " The transpose of A fits: write A.T @ v." if self.shape[0] == right.shape[0] else ""
            raise ShapeError(
                f"A @ v needs the columns of A to match the rows of v; {describe(self)}, {describe(right)}: "
                f"{self.shape[1]} is not {right.shape[0]}.{turned}"
            )
        return Quantity(multiplied(self.expr, right.expr))

    def __rmatmul__(self, other: object) -> Quantity:
        return as_quantity(other) @ self

    def __mul__(self, other: object) -> Quantity:
        right = as_quantity(other)
        refuse_rows("u * v", self, right)
        if self.is_scalar and right.is_scalar:
            return Quantity(self.expr * right.expr)
        if self.is_scalar or right.is_scalar:
            scalar, array = (self.expr, right.expr) if self.is_scalar else (right.expr, self.expr)
            return Quantity(scaled(scalar, array))
        if self.is_vector != right.is_vector:
            raise ShapeError(f"u * v multiplies entry by entry; {describe(self)}, {describe(right)}. Write A @ v.")
        if self.shape != right.shape:
            raise ShapeError(
                f"u (.) v needs equal shapes; {describe(self)}, {describe(right)}. "
                "To scale a vector by a scalar gate write gate * vector with a scalar gate."
            )
        return Quantity(hadamard(self.expr, right.expr))

    def __rmul__(self, other: object) -> Quantity:
        return as_quantity(other) * self

    def __add__(self, other: object) -> Quantity:
        return add(self, as_quantity(other))

    def __radd__(self, other: object) -> Quantity:
        return add(as_quantity(other), self)

    def __sub__(self, other: object) -> Quantity:
        return add(self, -as_quantity(other))

    def __rsub__(self, other: object) -> Quantity:
        return add(as_quantity(other), -self)

    def __neg__(self) -> Quantity:
        return Quantity(scaled(sympy.S.NegativeOne, self.expr), row=self.row)

    def __truediv__(self, other: object) -> Quantity:
        return self * as_quantity(other) ** -1

    def __rtruediv__(self, other: object) -> Quantity:
        return as_quantity(other) / self

    def __pow__(self, exponent: object) -> Quantity:
        number = rational(exponent)
        refuse_rows("v**k", self)
        if number is None or number == 0 or number.q > 64:
            raise ShapeError(
                f"v**k needs a rational number k that is not 0, such as 2, -1 or Fraction(1, 2); found {exponent!r}. "
                "For an exponent that is a symbol write exp(k * log(v))."
            )
        whole = self
        if number.q != 1:
            node = ScalarMap if self.is_scalar else Map
            whole = Quantity(node(root(int(number.q)).name, 0, self.expr))
        if whole.is_scalar:
            if whole.expr == 0 and number < 0:
                raise ShapeError("Division by 0: the divisor is the number 0.")
            return Quantity(whole.expr ** int(number.p))
        if number < 0 and is_nothing(whole.expr):
            raise ShapeError(f"Division by 0: every entry of the divisor {whole.expr} is 0.")
        return Quantity(power(whole.expr, int(number.p)))

    def __abs__(self) -> Quantity:
        refuse_rows("abs(v)", self)
        return Quantity((ScalarMap if self.is_scalar else Map)("abs", 0, self.expr))

    def __gt__(self, other: object) -> Condition:
        return Condition(self - as_quantity(other))

    def __lt__(self, other: object) -> Condition:
        return Condition(as_quantity(other) - self)

    def __ge__(self, other: object) -> Condition:
        return Condition(as_quantity(other) - self, turned=True)

    def __le__(self, other: object) -> Condition:
        return Condition(self - as_quantity(other), turned=True)

    def __bool__(self) -> bool:
        raise TypeError("A quantity of a recurrence has no truth value; write where(x > 0, a, b) in place of if.")

    def _refused(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            f"{self.expr} is a quantity of a recurrence: functions of NumPy, SymPy and math do not take it. Write "
            "tanh(v), exp(v), ... from symgate.language, or function('name') after sg.register_nonlinearity; products "
            "are W @ x, x * y and u.T @ v."
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: object, **options: object) -> Quantity:
        """NumPy's numbers take part in arithmetic; its functions are refused."""
        operation = _ARITHMETIC.get(ufunc.__name__) if method == "__call__" and not options else None
        if operation is None or len(inputs) != 2:
            self._refused()
        return operation(as_quantity(inputs[0]), as_quantity(inputs[1]))

    @classmethod
    def __torch_function__(cls, func: Any, *_: Any, **__: Any) -> NoReturn:
        """Functions of torch are refused."""
        raise TypeError(
            f"torch's {getattr(func, '__name__', func)} does not take a quantity of a recurrence. Write tanh(v), "
            "exp(v), ... from symgate.language, or function('name') after sg.register_nonlinearity."
        )

    def __getitem__(self, _: object) -> NoReturn:
        raise TypeError(
            f"{self.expr} has no entries to pick, as its size is a symbol. For one entry write e.T @ v with a vector "
            "parameter e, for some of them a mask, v * m; declare parts with different uses as separate vectors."
        )

    def __len__(self) -> NoReturn:
        raise TypeError(f"The size of {self.expr} is a symbol; as a number in a recurrence write ones.T @ ones.")

    def __rpow__(self, other: object) -> NoReturn:
        raise TypeError(f"For a power with {self.expr} as its exponent write exp(log({other}) * v).")

    def _no_operator(self, *_: object) -> NoReturn:
        raise TypeError(f"// and % have no useful derivative, so {self.expr} does not support them. Division is v / w.")

    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _no_operator
    __array__ = __array_function__ = __float__ = __int__ = __complex__ = __index__ = _refused
    _sympy_ = __iter__ = _refused


#: NumPy's names of the operators.
_ARITHMETIC: dict[str, Callable[[Any, Any], Quantity]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "matmul": operator.matmul,
}


@dataclass(frozen=True)
class Condition:
    """``argument > 0``, entry by entry, or where ``turned`` the opposite, ``argument <= 0``."""

    argument: Quantity
    turned: bool = False

    def __bool__(self) -> bool:
        raise TypeError("A condition of a recurrence has no truth value; write where(x > 0, a, b) in place of if.")


def as_quantity(value: object) -> Quantity:
    """A number, a SymPy number or a quantity as a quantity; text is never read.

    Raises:
        TypeError: anything else.
    """
    if isinstance(value, Quantity):
        return value
    number = value if isinstance(value, sympy.Number) and value.is_finite else rational(value)
    if number is not None:
        return Quantity(number)
    if isinstance(value, sympy.Expr):
        known = "float" if value.is_number else "scalar"
        hint = f"float({value})" if known == "float" else f"a parameter, c.scalar({str(value)!r})"
        raise TypeError(
            "A recurrence is made of symbols of its CellBuilder and of finite rational numbers; found "
            f"{type(value).__name__} {value}. Use {hint}."
        )
    raise TypeError(
        "A recurrence is made of symbols of its CellBuilder and of finite numbers; "
        f"found {type(value).__name__} {value!r}."
    )


def diag(vector: object) -> Quantity:
    """The diagonal matrix of a vector.

    ``diag(a) @ C`` scales the rows of C by a, ``C @ diag(b)`` its columns by b.

    Raises:
        ShapeError: the argument is no column vector.
    """
    inner = as_quantity(vector)
    if not inner.is_vector or inner.row:
        raise ShapeError(f"diag(v) takes a column vector; {describe(inner)}. To scale by a number write s * C.")
    return Quantity(DiagMatrix(inner.expr))


def refuse_rows(operation: str, *quantities: Quantity) -> None:
    """Refuse a transposed vector outside a dot product."""
    for quantity in quantities:
        if quantity.row:
            raise ShapeError(
                f"{operation}: a transposed vector only forms a dot product u.T @ v; {describe(quantity)}."
            )


def add(left: Quantity, right: Quantity) -> Quantity:
    """left + right; a number meets a vector entry by entry."""
    refuse_rows("u + v", left, right)
    if left.is_scalar and right.is_scalar:
        return Quantity(left.expr + right.expr)
    if left.is_scalar or right.is_scalar:
        vector, other = (right, left) if left.is_scalar else (left, right)
        if other.expr == 0:
            return vector
        if other.expr.is_number:
            filled = Quantity(scaled(other.expr, OneMatrix(*vector.shape)))
            left, right = (left, filled) if left is vector else (filled, right)
    if left.shape != right.shape:
        raise ShapeError(
            f"u + v needs equal shapes; {describe(left)}, {describe(right)}. "
            "Only a plain number is added to every entry; for a scalar s write s * ones."
        )
    parts = [arg for part in (left.expr, right.expr) for arg in (part.args if isinstance(part, MatAdd) else (part,))]
    return Quantity(summed([part for part in parts if part != 0]))
