"""A plain reading of expressions in numbers of 60 digits: arrays of mpmath numbers, node by node.

Vectors are columns (n, 1), matrices (p, q), scalars plain numbers. Time indices are whole numbers that a ``Scope``
holds; a running index is a name in an inner scope, so nothing is ever substituted. Products run with LATER factors
on the LEFT; an empty product is I (or 1), an empty sum 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any

import numpy as np
import sympy
from mpmath import mp
from sympy.matrices import expressions as me

from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Signal
from symgate.language.nodes import Vec
from symgate.language.sequences import HadamardRun, Largest, MatrixSum, Norm, OrderedProduct, Smallest

DIGITS = 60
#: What marks the name of eta and epsilon where they are those of the results, not parameters of a cell.
GLOBAL = "*"


class OutsideError(Exception):
    """A value that does not exist: a signal at a time without one, a division by zero, a root of a negative number."""


class UnknownError(Exception):
    """A node or a function that the oracle has no rule for: nothing can be said of the claim."""


def _root(z: Any) -> Any:
    if z <= 0:
        raise OutsideError("a root of what is not positive")
    return mp.sqrt(z)


def _bell(z: Any) -> Any:
    return 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)


def _sigma(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


def _from_value(f: Callable, *polynomials: Callable) -> tuple[Callable, ...]:
    """f, f', f'', ... where the derivatives are polynomials in y = f(z)."""
    return (f, *(lambda z, p=p: p(f(z)) for p in polynomials))


_TANH = _from_value(mp.tanh, lambda y: 1 - y**2, lambda y: -2 * y * (1 - y**2), lambda y: (1 - y**2) * (6 * y**2 - 2))
_SIGMA = _from_value(
    _sigma,
    lambda y: y * (1 - y),
    lambda y: y * (1 - y) * (1 - 2 * y),
    lambda y: y * (1 - y) * (1 - 6 * y + 6 * y**2),
)

#: f, f', f'', ... as functions of one mpmath number.
FUNCTIONS: dict[str, tuple[Callable, ...]] = {
    "sigma": _SIGMA,
    "tanh": _TANH,
    "softplus": (lambda z: mp.log(1 + mp.exp(z)), *_SIGMA),
    "sin": (mp.sin, mp.cos, lambda z: -mp.sin(z), lambda z: -mp.cos(z)),
    "cos": (mp.cos, lambda z: -mp.sin(z), lambda z: -mp.cos(z), mp.sin),
    "exp": (mp.exp,) * 4,
    "expm1": (mp.expm1, *(mp.exp,) * 3),
    "sqrt": (_root, lambda z: 1 / (2 * _root(z)), lambda z: -1 / (4 * _root(z) ** 3)),
    "identity": (lambda z: z, lambda _: mp.mpf(1), lambda _: mp.mpf(0), lambda _: mp.mpf(0)),
    "erf": (mp.erf, _bell, lambda z: -2 * z * _bell(z)),
    "relu": (lambda z: z if z > 0 else mp.mpf(0), lambda z: mp.mpf(1 if z > 0 else 0), lambda _: mp.mpf(0)),
    "abs": (abs, mp.sign, lambda _: mp.mpf(0)),
    "square": (lambda z: z * z, lambda z: 2 * z, lambda _: mp.mpf(2), lambda _: mp.mpf(0)),
    "log_sigmoid": (
        lambda z: -mp.log(1 + mp.exp(-z)),
        lambda z: _sigma(-z),
        lambda z: -_sigma(z) * _sigma(-z),
    ),
    "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: mp.mpf(1) if z > 0 else mp.mpf(1) / 100),
    "hard_tanh": (lambda z: max(-1, min(1, z)), lambda z: mp.mpf(1 if abs(z) < 1 else 0)),
    "hard_sigmoid": (
        lambda z: max(mp.mpf(0), min(mp.mpf(6), z + 3)) / 6,
        lambda z: mp.mpf(1) / 6 if abs(z) < 3 else mp.mpf(0),
    ),
    # what stands for a function that nothing is known of: smooth, with no polynomial relation to its derivative
    "opaque": (
        lambda z: mp.sin(z) + mp.exp(z / 3) + z * z / 5,
        lambda z: mp.cos(z) + mp.exp(z / 3) / 3 + 2 * z / 5,
        lambda z: -mp.sin(z) + mp.exp(z / 3) / 9 + mp.mpf(2) / 5,
    ),
}


@dataclass(frozen=True)
class Scope:
    """Where names have values.

    Attributes:
        leaf: the value of a symbol or signal at whole-numbered times: (name, times) -> value; times is () without
        index.
        sizes: the sizes, by name.
        functions: opaque functions of the cell, by name, with what stands for them.
        times: the time indices, by symbol.
    """

    leaf: Callable[[str, tuple[int, ...]], Any]
    sizes: Mapping[str, int]
    functions: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[sympy.Symbol, int] = field(default_factory=dict)

    def at(self, index: sympy.Symbol, value: int) -> Scope:
        """The scope in which an index has a value."""
        return replace(self, times={**self.times, index: value})

    def moment(self, expr: Any) -> int:
        """A time index, a bound or a size as a whole number."""
        known = {symbol: sympy.Integer(value) for symbol, value in self.times.items()}
        others = (symbol for symbol in expr.free_symbols if symbol not in known and str(symbol) in self.sizes)
        sizes = {symbol: self.sizes[str(symbol)] for symbol in others}  # a size may have the letter of a time
        found = expr.xreplace(known | {symbol: sympy.Integer(value) for symbol, value in sizes.items()})
        if not found.is_Integer:
            raise OutsideError(f"{expr} is no whole number here")
        return int(found)

    def function(self, name: str, order: int) -> Callable:
        """f^(order) as a function of one number."""
        bound = self.functions.get(name, name)
        if bound not in FUNCTIONS:
            raise UnknownError(f"the oracle knows no function {bound}")
        if order >= len(FUNCTIONS[bound]):
            raise OutsideError(f"the oracle knows no derivative {order} of {bound}")
        return FUNCTIONS[bound][order]

    def of(self, expr: Any) -> Any:
        """The value of an expression."""
        rule = _RULES.get(type(expr))
        if rule is None:
            rule = next((found for kind, found in _RULES.items() if isinstance(expr, kind)), None)
        if rule is None:
            raise UnknownError(f"the oracle does not know {type(expr).__name__}")
        return rule(self, expr)


def filled(rows: int, cols: int, number: int) -> np.ndarray:
    """A matrix whose entries are all one number."""
    return np.full((rows, cols), mp.mpf(number), dtype=object)


def eye(size: int) -> np.ndarray:
    """The identity."""
    found = filled(size, size, 0)
    for i in range(size):
        found[i, i] = mp.mpf(1)
    return found


def number(value: sympy.Number) -> Any:
    """A rational exactly rounded; a float as it is."""
    if isinstance(value, sympy.Rational):
        return mp.mpf(int(value.p)) / int(value.q)
    return mp.mpf(value._mpf_)


def _name(expr: Any) -> str:
    return str(expr.name)


def _signal(scope: Scope, expr: Any) -> Any:
    index = expr.index
    parts = index.args if isinstance(index, sympy.Tuple) else (index,)
    return scope.leaf(_name(expr), tuple(scope.moment(part) for part in parts))


def _symbol(scope: Scope, expr: sympy.Symbol) -> Any:
    if expr in scope.times:
        return mp.mpf(scope.times[expr])
    if _name(expr) in scope.sizes and expr.is_integer:
        return mp.mpf(scope.sizes[_name(expr)])
    # eta and epsilon of the results are not parameters of these names: those are of any sign
    return scope.leaf(_name(expr) + GLOBAL * bool(expr.is_nonnegative), ())


def _vanishes(scope: Scope, expr: Any) -> bool:
    """Whether a Kronecker delta among the factors of a product is 0."""
    return any(
        scope.of(part) == 0
        if isinstance(part, sympy.KroneckerDelta)
        else isinstance(part, sympy.Mul) and _vanishes(scope, part)
        for part in expr.args
    )


def _product(scope: Scope, expr: Any) -> Any:
    """Factor by factor; 0 where a Kronecker delta among them is 0, although another factor may have no value there."""
    if _vanishes(scope, expr):
        return filled(*_sizes(scope, expr), 0) if isinstance(expr, me.MatrixExpr) else mp.mpf(0)

    def times(left: Any, right: Any) -> Any:
        return left @ right if np.ndim(left) and np.ndim(right) else left * right

    return reduce(times, map(scope.of, expr.args))


def _power(scope: Scope, expr: sympy.Pow) -> Any:
    base, exponent = scope.of(expr.base), scope.of(expr.exp)
    return _raised(base, exponent)


def _raised(base: Any, exponent: Any) -> Any:
    if base == 0 and exponent < 0:
        raise OutsideError("0 to a negative power")
    if base < 0 and exponent != int(exponent):
        raise OutsideError("a broken power of a negative number")
    return base ** (int(exponent) if exponent == int(exponent) else exponent)


def _each(function: Callable, array: np.ndarray) -> np.ndarray:
    found = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        found[place] = function(array[place])
    return found


def _diag(scope: Scope, expr: Any) -> np.ndarray:
    vector = scope.of(expr.args[0])
    found = filled(len(vector), len(vector), 0)
    for i, entry in enumerate(vector[:, 0]):
        found[i, i] = entry
    return found


def _steps(scope: Scope, body: Any, index: sympy.Symbol, lower: Any, upper: Any) -> list[Any]:
    bounds = range(scope.moment(lower), scope.moment(upper) + 1)
    return [scope.at(index, value).of(body) for value in bounds]


def _sizes(scope: Scope, expr: Any) -> tuple[int, int]:
    return scope.moment(expr.shape[0]), scope.moment(expr.shape[1])


def _running(scope: Scope, expr: Any) -> Any:
    parts = _steps(scope, expr.body, expr.index, expr.lower, expr.upper)
    rows, cols = _sizes(scope, expr)
    if isinstance(expr, OrderedProduct):
        return reduce(lambda found, factor: factor @ found, parts, eye(rows))
    if isinstance(expr, HadamardRun):
        return reduce(lambda found, factor: found * factor, parts, filled(rows, cols, 1))
    return reduce(lambda found, term: found + term, parts, filled(rows, cols, 0))


def _scalar_running(scope: Scope, expr: Any) -> Any:
    body, *limits = expr.args
    (index, lower, upper), *inner = limits[::-1]  # SymPy's first limit is the innermost
    if inner:
        body = type(expr)(body, *inner[::-1])
    parts = _steps(scope, body, index, lower, upper)
    if isinstance(expr, sympy.Sum):
        return reduce(lambda found, term: found + term, parts, mp.mpf(0))
    return reduce(lambda found, factor: found * factor, parts, mp.mpf(1))


def _block(scope: Scope, expr: me.BlockMatrix) -> np.ndarray:
    rows, cols = expr.blockshape
    return np.block([[scope.of(expr.blocks[i, j]) for j in range(cols)] for i in range(rows)])


def _kronecker_delta(scope: Scope, expr: sympy.KroneckerDelta) -> Any:
    return mp.mpf(1 if scope.of(expr.args[0]) == scope.of(expr.args[1]) else 0)


def _norm(scope: Scope, expr: Norm) -> Any:
    """The Frobenius norm: one that is submultiplicative."""
    return mp.sqrt(sum(entry**2 for entry in scope.of(expr.args[0]).flat))


_RULES: dict[type, Callable[[Scope, Any], Any]] = {
    sympy.Number: lambda _, e: number(e),
    ScalarSignal: _signal,
    Signal: _signal,
    me.MatrixSymbol: lambda s, e: s.leaf(_name(e), ()),
    me.OneMatrix: lambda s, e: filled(*_sizes(s, e), 1),
    me.ZeroMatrix: lambda s, e: filled(*_sizes(s, e), 0),
    me.Identity: lambda s, e: eye(s.moment(e.shape[0])),
    me.MatAdd: lambda s, e: reduce(lambda a, b: a + b, map(s.of, e.args)),
    sympy.Add: lambda s, e: reduce(lambda a, b: a + b, map(s.of, e.args)),
    me.MatMul: _product,
    sympy.Mul: _product,
    me.HadamardProduct: lambda s, e: reduce(lambda a, b: a * b, map(s.of, e.args)),
    sympy.Pow: _power,
    me.HadamardPower: lambda s, e: _each(partial(_raised, exponent=s.of(e.args[1])), s.of(e.args[0])),
    me.DiagMatrix: _diag,
    me.DiagonalOf: lambda s, e: np.diagonal(s.of(e.args[0]))[:, None],
    me.Transpose: lambda s, e: s.of(e.args[0]).T,
    me.KroneckerProduct: lambda s, e: reduce(np.kron, map(s.of, e.args)),
    Vec: lambda s, e: s.of(e.args[0]).reshape(-1, 1, order="F"),
    Dot: lambda s, e: (s.of(e.args[0]).T @ s.of(e.args[1]))[0, 0],
    Map: lambda s, e: _each(s.function(e.function, e.order), s.of(e.argument)),
    ScalarMap: lambda s, e: s.function(e.function, e.order)(s.of(e.argument)),
    OrderedProduct: _running,
    MatrixSum: _running,
    HadamardRun: _running,
    sympy.Sum: _scalar_running,
    sympy.Product: _scalar_running,
    me.BlockMatrix: _block,
    sympy.KroneckerDelta: _kronecker_delta,
    Norm: _norm,
    Largest: lambda s, e: max(s.of(e.args[0]).flat),
    Smallest: lambda s, e: min(s.of(e.args[0]).flat),
    sympy.Symbol: _symbol,
}
