"""Elementwise functions over the array API standard: operators and functions that every array library has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sympy import Expr

from symgate.codegen.writer.kernels import Kernels, Printer
from symgate.nonlinearities import Nonlinearity

#: The start of gelu_tanh and its slope, as in the NumPy kernels.
_CURVE = (
    "s = xp.where(z < -30, -30 * xp.ones_like(z), xp.where(z > 30, 30 * xp.ones_like(z), z))",
    "y = 1.5957691216057308 * s * (1 + 0.044715 * s * s)",
    "e = xp.exp(-xp.abs(y))",
    "large = 1 / (1 + e)",
    "share = xp.where(y < 0, e * large, large)",
)
#: f and f' as lines over ``xp`` and ``z``.
SOURCES: dict[tuple[str, int], tuple[str, ...]] = {
    ("sigma", 0): ("e = xp.exp(-xp.abs(z))", "r = 1 / (1 + e)", "return xp.where(z < 0, e * r, r)"),
    ("sigma", 1): ("e = xp.exp(-xp.abs(z))", "r = 1 / (1 + e)", "return e * r * r"),
    ("tanh", 0): ("return xp.tanh(z)",),
    ("tanh", 1): ("e = xp.exp(-xp.abs(z))", "root = 2 * e / (1 + e * e)", "return root * root"),
    ("relu", 0): ("return xp.where(z < 0, xp.zeros_like(z), z)",),
    ("relu", 1): ("return xp.where(z > 0, xp.ones_like(z), xp.where(z <= 0, xp.zeros_like(z), z))",),
    ("step", 0): ("return xp.where(z > 0, xp.ones_like(z), xp.where(z <= 0, xp.zeros_like(z), z))",),
    ("step", 1): ("return xp.where(z == z, xp.zeros_like(z), z)",),
    ("softplus", 0): ("return xp.where(z < 0, xp.zeros_like(z), z) + xp.log1p(xp.exp(-xp.abs(z)))",),
    ("softplus", 1): ("e = xp.exp(-xp.abs(z))", "r = 1 / (1 + e)", "return xp.where(z < 0, e * r, r)"),
    ("identity", 0): ("return z",),
    ("identity", 1): ("return xp.where(z == z, xp.ones_like(z), z)",),
    ("abs", 0): ("return xp.abs(z)",),
    ("abs", 1): ("return xp.sign(z)",),
    ("sin", 0): ("return xp.sin(z)",),
    ("sin", 1): ("return xp.cos(z)",),
    ("cos", 0): ("return xp.cos(z)",),
    ("cos", 1): ("return -xp.sin(z)",),
    ("exp", 0): ("return xp.exp(z)",),
    ("exp", 1): ("return xp.exp(z)",),
    ("expm1", 0): ("return xp.expm1(z)",),
    ("expm1", 1): ("return xp.exp(z)",),
    ("sqrt", 0): ("return xp.sqrt(z)",),
    ("sqrt", 1): ("return 0.5 / xp.sqrt(z)",),
    ("gelu_tanh", 0): (*_CURVE, "return z * share"),
    ("gelu_tanh", 1): (*_CURVE, "return share + 1.5957691216057308 * s * (1 + 0.134145 * s * s) * e * large * large"),
    # As in the NumPy kernels: the series for |z| < 2, the trapezoidal rule with its pole correction above.
    ("erf", 0): (
        "size = xp.abs(z)",
        "s = xp.where(size < 2, size, 2 * xp.ones_like(z))",
        "term = series = 1.1283791670955126 * s",
        "for k in range(1, 42):",
        "    term = term * (2 * s * s / (2 * k + 1))",
        "    series = series + term",
        "series = xp.exp(-s * s) * series",
        "w = xp.where(size < 2, 2 * xp.ones_like(z), xp.where(size > 6, 6 * xp.ones_like(z), size))",
        "total = 1 / (w * w)",
        "for k in range(1, 14):",
        "    total = total + 2 * 2.718281828459045 ** (-0.25 * k * k) / (w * w + 0.25 * k * k)",
        "tail = w * xp.exp(-w * w) * total * 0.15915494309189535",
        "tail = tail - 2 / xp.expm1(12.566370614359172 * w)",
        "found = xp.where(size < 2, series, 1 - tail)",
        "return xp.where(z < 0, -found, xp.where(z >= 0, found, z))",
    ),
    ("erf", 1): (
        "size = xp.abs(z)",
        "w = xp.where(size > 30, 30 * xp.ones_like(z), size)",
        "h = xp.round(16 * w) / 16",
        "return 1.1283791670955126 * xp.exp(-h * h) * xp.exp((h - w) * (h + w))",
    ),
}


class ArrayKernels(Kernels):
    """Kernels that take the array namespace first."""

    families: ClassVar[Mapping[str, object]] = {}
    call = "{name}(xp, {argument})"

    def write(self, entry: Nonlinearity, order: int) -> list[str]:
        """One function."""
        name = self.names[entry.name, order]
        what = f'    """{entry.name}{chr(39) * order}(z), entry by entry."""'
        body = SOURCES.get((entry.name, order))
        if body is None and entry.value_rule is not None and order >= 2:
            body = tuple(self.from_value(entry, order))
        if body is None:
            # a constant stands for an array, and NaN in gives NaN out on every branch
            body = (f"value = {self.printed(entry, order)}", "return xp.where(z == z, value * xp.ones_like(z), z)")
        return [f"def {name}(xp, z):", what, *(f"    {line}" for line in body)]

    def printer(self) -> Printer:
        """Branches are chosen entry by entry, from arrays."""
        return _ArrayPrinter(self)

    def module(self, name: str) -> str:
        """The spelling of a function of the library."""
        known = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh"}
        return f"xp.{ {**known, 'arctanh': 'atanh'}.get(name, name) }"


class _ArrayPrinter(Printer):
    """Formulas of one array: numbers are literals, and what a condition chooses from is an array."""

    def _print(self, expr: Any, **kwargs: Any) -> Any:
        if isinstance(expr, Expr) and expr.is_number and not expr.is_Rational:
            return repr(float(expr))
        return super()._print(expr, **kwargs)

    def _whole(self, expr: Expr) -> str:
        """A branch, as an array."""
        text = self._print(expr)
        return f"({text} * xp.ones_like(z))" if expr.is_number else text

    def _print_Piecewise(self, expr: Expr) -> str:
        text = "(float('nan') * xp.ones_like(z))"
        for value, condition in reversed(expr.args):
            if condition == True:  # noqa: E712 - a SymPy truth value
                text = self._whole(value)
            else:
                text = f"xp.where({self._print(condition)}, {self._whole(value)}, {text})"
        return text

    def _print_Relational(self, expr: Expr) -> str:
        return f"({self._whole(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)})"

    def _print_And(self, expr: Expr) -> str:
        return "(" + " & ".join(self._print(part) for part in sorted(expr.args, key=str)) + ")"

    def _print_Or(self, expr: Expr) -> str:
        return "(" + " | ".join(self._print(part) for part in sorted(expr.args, key=str)) + ")"

    def _print_Not(self, expr: Expr) -> str:
        return f"(~{self._print(expr.args[0])})"

    def _extreme(self, expr: Expr, sign: str) -> str:
        text = self._whole(expr.args[0])
        for part in expr.args[1:]:
            other = self._whole(part)
            text = f"xp.where({text} {sign} {other}, {text}, {other})"
        return text

    def _print_Max(self, expr: Expr) -> str:
        return self._extreme(expr, ">")

    def _print_Min(self, expr: Expr) -> str:
        return self._extreme(expr, "<")

    def _print_Heaviside(self, expr: Expr) -> str:
        z, half = self._whole(expr.args[0]), f"({float(expr.args[1])!r} * xp.ones_like(z))"
        return f"xp.where({z} > 0, xp.ones_like(z), xp.where({z} < 0, xp.zeros_like(z), {half}))"
