"""Elementwise functions of one number, for compiled loops.

Gates and tanh use an exponential of their own, ``_decay``: a polynomial without branches or calls, so that a loop over
entries becomes one over vectors of entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sympy import Expr

from symgate.codegen.writer.kernels import Kernels, Printer
from symgate.nonlinearities import Nonlinearity

#: The start of gelu_tanh and its slope, as in the NumPy kernels.
_CURVE = (
    "s = -30.0 if z < -30 else 30.0 if z > 30 else 1.0 * z",
    "y = 1.5957691216057308 * s * (1 + 0.044715 * s * s)",
    "e = np.exp(-abs(y))",
    "share = (e if y < 0 else 1.0) / (1 + e)",
)
#: f and f' as lines over a number ``z``.
SOURCES: dict[tuple[str, int], tuple[str, ...]] = {
    ("sigma", 0): ("e, _ = _decay(abs(z))", "return (e if z < 0 else 1.0) / (1 + e)"),
    ("sigma", 1): ("e, _ = _decay(abs(z))", "return e / ((1 + e) * (1 + e))"),
    ("tanh", 0): (
        "e, less = _decay(2 * (400.0 if abs(z) > 400 else abs(z)))",
        "return math.copysign(less / (1 + e), z)",
    ),
    ("tanh", 1): (
        "e, _ = _decay(2 * (400.0 if abs(z) > 400 else abs(z)))",
        "return 4 * e / ((1 + e) * (1 + e))",
    ),
    ("relu", 0): ("return 0.0 if z < 0 else 1.0 * z",),
    ("relu", 1): ("return 1.0 if z > 0 else 0.0 if z <= 0 else 1.0 * z",),
    ("step", 0): ("return 1.0 if z > 0 else 0.0 if z <= 0 else 1.0 * z",),
    ("step", 1): ("return 0.0 if z == z else 1.0 * z",),
    ("softplus", 0): ("return (0.0 if z < 0 else 1.0 * z) + np.log1p(np.exp(-abs(z)))",),
    ("softplus", 1): ("e, _ = _decay(abs(z))", "return (e if z < 0 else 1.0) / (1 + e)"),
    ("identity", 0): ("return z",),
    ("identity", 1): ("return 1.0 if z == z else 1.0 * z",),
    ("abs", 0): ("return abs(z)",),
    ("abs", 1): ("return 1.0 if z > 0 else -1.0 if z < 0 else 1.0 * z",),
    ("sin", 0): ("return np.sin(z)",),
    ("sin", 1): ("return np.cos(z)",),
    ("cos", 0): ("return np.cos(z)",),
    ("cos", 1): ("return -np.sin(z)",),
    ("exp", 0): ("return np.exp(z)",),
    ("exp", 1): ("return np.exp(z)",),
    ("expm1", 0): ("return np.expm1(z)",),
    ("expm1", 1): ("return np.exp(z)",),
    ("sqrt", 0): ("return np.sqrt(z)",),
    ("sqrt", 1): ("return 0.5 / np.sqrt(z)",),
    ("erf", 0): ("return math.erf(z)",),
    ("gelu_tanh", 0): (*_CURVE, "return z * share"),
    ("gelu_tanh", 1): (
        *_CURVE,
        "return share + 1.5957691216057308 * s * (1 + 0.134145 * s * s) * e / ((1 + e) * (1 + e))",
    ),
    # As in the NumPy kernels: h has few bits, so h^2 is exact and no digit of z^2 is lost.
    ("erf", 1): (
        "w = 30.0 if abs(z) > 30 else abs(z)",
        "h = np.floor(16 * w + 0.5) / 16",
        "return 1.1283791670955126 * np.exp(-h * h) * np.exp((h - w) * (h + w))",
    ),
}

#: The members of a family from one exponential, in the order of ``kernels.FAMILIES``.
FAMILIES: dict[str, tuple[str, ...]] = {
    "sigma": (
        '"""sigma(z), 1 - sigma(z) and sigma\'(z)."""',
        "e, _ = _decay(abs(z))",
        "large = 1 / (1 + e)",
        "small = e * large",
        "return large if z >= 0 else small, small if z >= 0 else large, small * large",
    ),
    "tanh": (
        '"""tanh(z) and tanh\'(z)."""',
        "e, less = _decay(2 * (400.0 if abs(z) > 400 else abs(z)))",
        "return math.copysign(less / (1 + e), z), 4 * e / ((1 + e) * (1 + e))",
    ),
}

COMPILED = '@njit(error_model="numpy")'


class LoopKernels(Kernels):
    """Kernels that take and return one number."""

    families: ClassVar[Mapping[str, object]] = FAMILIES

    def family(self, function: str) -> str:
        """The name of the kernel that gives every member of a family at once."""
        return self.keep((function, -1), f"_{function}_family", lambda name: self._function(name, FAMILIES[function]))

    def write(self, entry: Nonlinearity, order: int) -> list[str]:
        """One function."""
        body = SOURCES.get((entry.name, order))
        if body is None and entry.value_rule is not None and order >= 2:
            body = tuple(self.from_value(entry, order))
        if body is None:
            body = (f"return {self.printed(entry, order)} if z == z else 1.0 * z",)
        what = f'"""{entry.name}{chr(39) * order}(z)."""'
        return self._function(self.names[entry.name, order], (what, *body))

    def printer(self) -> Printer:
        """Branches are taken, not all evaluated."""
        return _LoopPrinter(self)

    @staticmethod
    def _function(name: str, body: tuple[str, ...]) -> list[str]:
        return [COMPILED, f"def {name}(z):", *(f"    {line}" for line in body)]


class _LoopPrinter(Printer):
    """Formulas of one number: conditions as Python writes them."""

    def _print(self, expr: Any, **kwargs: Any) -> Any:
        if isinstance(expr, Expr) and expr.is_number and not expr.is_Rational:
            return repr(float(expr))
        return super()._print(expr, **kwargs)

    def _print_Pow(self, expr: Expr, **_: Any) -> str:
        if expr.exp == -1:
            return f"(1.0 / ({self._print(expr.base)}))"
        return f"({self._print(expr.base)}) ** ({self._print(expr.exp)})"

    def _print_Max(self, expr: Expr) -> str:
        return self._extreme(expr, ">")

    def _print_Min(self, expr: Expr) -> str:
        return self._extreme(expr, "<")

    def _extreme(self, expr: Expr, sign: str) -> str:
        text = self._print(expr.args[0])
        for part in expr.args[1:]:
            other = self._print(part)
            text = f"({text} if {text} {sign} {other} else {other})"
        return text

    def _print_Piecewise(self, expr: Expr) -> str:
        text = "np.nan"
        for value, condition in reversed(expr.args):
            holds = self._print(condition)
            text = f"({self._print(value)} if {holds} else {text})"
        return text

    def _print_Relational(self, expr: Expr) -> str:
        return f"({self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)})"

    def _print_And(self, expr: Expr) -> str:
        return "(" + " and ".join(self._print(part) for part in sorted(expr.args, key=str)) + ")"

    def _print_Or(self, expr: Expr) -> str:
        return "(" + " or ".join(self._print(part) for part in sorted(expr.args, key=str)) + ")"

    def _print_Not(self, expr: Expr) -> str:
        return f"(not {self._print(expr.args[0])})"

    def _print_BooleanTrue(self, expr: Expr) -> str:
        return "True"

    def _print_Heaviside(self, expr: Expr) -> str:
        z = self._print(expr.args[0])
        return f"(0.0 if {z} < 0 else 1.0 if {z} > 0 else {float(expr.args[1])!r} if {z} == 0 else {z})"
