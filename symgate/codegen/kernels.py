"""The elementwise functions of a generated module: kernels from the registry, or printed from a formula."""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.printing.numpy import NumPyPrinter

from symgate.codegen.program import fresh
from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities import Nonlinearity, Z, nonlinearity

#: Registered functions that formulas are rewritten to, so that they share the saturation-safe kernels.
SAFE = ("sigma", "tanh", "softplus", "erf")

#: What else a formula may hold: each has a NumPy spelling.
ALLOWED = (
    *(sympy.Add, sympy.Mul, sympy.Pow, sympy.Number, sympy.NumberSymbol, sympy.exp, sympy.log),
    *(sympy.sin, sympy.cos, sympy.tan, sympy.asin, sympy.acos, sympy.atan),
    *(sympy.sinh, sympy.cosh, sympy.asinh, sympy.acosh, sympy.atanh),
    *(sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Heaviside),
    *(sympy.Piecewise, sympy.functions.elementary.piecewise.ExprCondPair, sympy.core.relational.Relational),
    *(sympy.And, sympy.Or, sympy.Not, sympy.logic.boolalg.BooleanTrue, sympy.logic.boolalg.BooleanFalse),
)


class SafeCall(sympy.Function):  # type: ignore[misc]
    """f^(order)(z) for a function of ``SAFE``: arguments (its place there, order, z)."""

    def fdiff(self, argindex: int = 3) -> Expr:
        """The next derivative."""
        return SafeCall(self.args[0], self.args[1] + 1, self.args[2])


class Kernels:
    """The kernels of one module: gives each a name, and writes those asked for."""

    def __init__(self, taken: set[str]) -> None:
        """Start with the module-level names in use."""
        self._taken = taken
        self._names: dict[tuple[str, int], str] = {}
        self._sources: dict[tuple[str, int], list[str]] = {}

    def name(self, function: str, order: int) -> str:
        """The name of the kernel of f^(order), which is written once."""
        key = (function, order)
        if key not in self._names:
            suffix = ("", "_slope")[order] if order < 2 else f"_derivative_{order}"
            self._names[key] = fresh(f"_{function}{suffix}", self._taken)
            self._sources[key] = self._write(nonlinearity(function), order)
        return self._names[key]

    def source(self) -> list[str]:
        """Every kernel, those that others call first."""
        return [line for lines in self._sources.values() for line in ["", "", *lines]]

    def _write(self, entry: Nonlinearity, order: int) -> list[str]:
        """One function."""
        if entry.kernels is not None and order < 2:
            body = list(entry.kernels[order])
        elif entry.value_rule is not None and order >= 2:
            body = self._from_value(entry, order)
        else:
            body = self._from_formula(entry, order)
        what = f"{entry.name}{chr(39) * order}(z), entry by entry"
        return [f"def {self._names[entry.name, order]}(z):", f'    """{what}."""', *(f"    {line}" for line in body)]

    def _from_value(self, entry: Nonlinearity, order: int) -> list[str]:
        """f^(k) = f' q_k(f) where f' = p(f): q_1 = 1, q_{k+1} = q_k' p + q_k p'; no digits are lost in f'."""
        assert entry.value_rule is not None
        p, q = entry.value_rule(Z), sympy.S.One
        for _ in range(order - 1):
            q = sympy.expand(q.diff(Z) * p + q * p.diff(Z))
        factor = _Printer(self).doprint(sympy.factor(q).subs(Z, sympy.Symbol("y", real=True)))
        slope = self.name(entry.name, 1)
        return [f"y = {self.name(entry.name, 0)}(z)", f"return {slope}(z) * ({factor})"]

    def _from_formula(self, entry: Nonlinearity, order: int) -> list[str]:
        """The formula as NumPy prints it; every branch of a piecewise one is evaluated, hence the errstate."""
        formula = rewritten(entry.derivative(0))
        if order:
            formula = rewritten(entry.derivative(order)) if entry.slope is not None else formula.diff(Z, order)
        for node in sympy.preorder_traversal(formula):
            if not (isinstance(node, (*ALLOWED, SafeCall)) or node == Z):
                raise UnsupportedNodeError(
                    f"The formula of {entry.name!r} holds {type(node).__name__} ({node}), which has no NumPy spelling. "
                    f"Use exp, log, powers, trigonometric and hyperbolic functions, Abs, Max, Min, Piecewise, erf."
                )
        text = _Printer(self).doprint(formula)
        return [
            'with np.errstate(all="ignore"):',
            f"    value = {text}",
            "return np.where(np.isnan(z), z, value).astype(z.dtype)",
        ]


def rewritten(formula: Expr) -> Expr:
    """The formula with logistic, tanh, softplus and erf parts as calls of their kernels."""
    exp, u = sympy.exp, sympy.Wild("u")

    def call(name: str, argument: Expr, order: int = 0) -> Expr:
        return SafeCall(sympy.Integer(SAFE.index(name)), sympy.Integer(order), argument)

    def replace(node: Expr) -> Expr:
        if not node.args or isinstance(node, SafeCall):
            return node
        node = node.func(*[replace(part) for part in node.args])
        if isinstance(node, (sympy.tanh, sympy.erf)):
            return call(type(node).__name__, node.args[0])
        if isinstance(node, sympy.log) and (found := node.args[0].match(1 + exp(u))):
            return call("softplus", found[u])
        if isinstance(node, sympy.Pow) and node.exp.is_Integer and node.exp.is_negative:
            if found := node.base.match(1 + exp(u)):
                return call("sigma", -found[u]) ** -node.exp
            if isinstance(node.base, sympy.cosh) and node.exp.is_even:
                return call("tanh", node.base.args[0], 1) ** (-node.exp / 2)
        if isinstance(node, sympy.Mul):
            for part in node.args:
                if isinstance(part, exp):
                    logistic = call("sigma", -part.args[0])
                    if logistic in node.args:
                        rest = [other for other in node.args if other not in {part, logistic}]
                        return sympy.Mul(*rest, call("sigma", part.args[0]))
        return node

    return replace(formula)


class _Printer(NumPyPrinter):  # type: ignore[misc]
    """SymPy's NumPy printer, with ``np.`` for the module and calls of our kernels."""

    def __init__(self, kernels: Kernels) -> None:
        super().__init__()
        self._kernels = kernels

    def _module_format(self, fqn: str, register: bool = True) -> str:  # noqa: FBT001, FBT002 - SymPy's signature
        return f"np.{fqn.rsplit('.', maxsplit=1)[-1]}"

    def _print_SafeCall(self, expr: SafeCall) -> str:
        place, order, argument = expr.args
        return f"{self._kernels.name(SAFE[int(place)], int(order))}({self._print(argument)})"

    def _nested(self, function: str, parts: tuple[Expr, ...]) -> str:
        text = self._print(parts[0])
        for part in parts[1:]:
            text = f"np.{function}({text}, {self._print(part)})"
        return text

    def _print_Max(self, expr: Expr) -> str:
        return self._nested("maximum", expr.args)

    def _print_Min(self, expr: Expr) -> str:
        return self._nested("minimum", expr.args)

    def _print_Heaviside(self, expr: Expr) -> str:
        return f"np.heaviside({self._print(expr.args[0])}, {float(expr.args[1])!r})"
