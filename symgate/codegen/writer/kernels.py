"""The elementwise functions of a generated module: kernels from the registry, or printed from a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import sympy
from sympy import Expr
from sympy.printing.numpy import NumPyPrinter

from symgate.codegen.writer.program import fresh
from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities import Nonlinearity, Z, nonlinearity
from symgate.nonlinearities.formulas import NODES
from symgate.nonlinearities.record import away_from_kinks

#: Registered functions that formulas are rewritten to, so that they share the saturation-safe kernels.
SAFE = ("sigma", "tanh", "softplus", "erf", "expm1")

#: Functions whose kernels share most of their work: (order, sign of the argument) of each member, and the source.
FAMILIES: dict[str, tuple[tuple[tuple[int, int], ...], tuple[str, ...]]] = {
    "sigma": (
        ((0, 1), (0, -1), (1, 1)),
        (
            '"""sigma(z), 1 - sigma(z) and sigma\'(z); no exponential overflows, and no digit is lost."""',
            "p, q = np.exp(np.minimum(z, 0.0)), np.exp(-np.maximum(z, 0.0))",
            "total = p + q",
            "p /= total",
            "q /= total",
            "return p, q, p * q",
        ),
    ),
    "tanh": (
        ((0, 1), (1, 1)),
        (
            '"""tanh(z) and tanh\'(z) = (e + e |tanh(z)|)^2, e = exp(-|z|): no digit of the slope is lost."""',
            "e, value = np.exp(-np.abs(z)), np.tanh(z)",
            "root = np.abs(value)",
            "root *= e",
            "root += e",
            "return value, root * root",
        ),
    ),
}


class SafeCall(sympy.Function):  # type: ignore[misc]
    """f^(order)(z) for a function of ``SAFE``: arguments (its place there, order, z)."""

    def fdiff(self, argindex: int = 3) -> Expr:
        """The next derivative."""
        return SafeCall(self.args[0], self.args[1] + 1, self.args[2])


class Kernels:
    """The kernels of one module: gives each a name, and writes those asked for."""

    #: Functions whose members come from one kernel.
    families: ClassVar[Mapping[str, object]] = FAMILIES
    #: How a kernel is called from another one.
    call = "{name}({argument})"

    def __init__(self, taken: set[str]) -> None:
        """Start with the module-level names in use."""
        self._taken = taken
        self.names: dict[tuple[str, int], str] = {}
        self._sources: dict[tuple[str, int], list[str]] = {}

    def name(self, function: str, order: int) -> str:
        """The name of the kernel of f^(order), which is written once."""
        key = (function, order)
        if key not in self.names:
            suffix = ("", "_slope")[order] if order < 2 else f"_derivative_{order}"
            self.names[key] = fresh(f"_{function}{suffix}", self._taken)
            self._sources[key] = self.write(nonlinearity(function), order)
        return self.names[key]

    def family(self, function: str) -> str:
        """The name of the kernel that gives every member of a family at once."""
        body = [f"    {line}" for line in FAMILIES[function][1]]
        return self.keep((function, -1), f"_{function}_family", lambda name: [f"def {name}(z):", *body])

    def keep(self, key: tuple[str, int], preferred: str, write: Callable[[str], list[str]]) -> str:
        """The name of what is written once under a key."""
        if key not in self.names:
            self.names[key] = fresh(preferred, self._taken)
            self._sources[key] = write(self.names[key])
        return self.names[key]

    def printer(self) -> Printer:
        """What prints formulas."""
        return Printer(self)

    def source(self) -> list[str]:
        """Every kernel, those that others call first."""
        return [line for lines in self._sources.values() for line in ["", "", *lines]]

    def write(self, entry: Nonlinearity, order: int) -> list[str]:
        """One function."""
        if entry.kernels is not None and order < 2:
            body = list(entry.kernels[order])
        elif entry.value_rule is not None and order >= 2:
            body = self.from_value(entry, order)
        else:
            body = self._from_formula(entry, order)
        what = f"{entry.name}{chr(39) * order}(z), entry by entry"
        return [f"def {self.names[entry.name, order]}(z):", f'    """{what}."""', *(f"    {line}" for line in body)]

    def from_value(self, entry: Nonlinearity, order: int) -> list[str]:
        """f^(k) = f' q_k(f) where f' = p(f): q_1 = 1, q_{k+1} = q_k' p + q_k p'; no digits are lost in f'."""
        assert entry.value_rule is not None
        p, q = entry.value_rule(Z), sympy.S.One
        for _ in range(order - 1):
            q = sympy.expand(q.diff(Z) * p + q * p.diff(Z))
        factor = self.printer().doprint(sympy.factor(q).subs(Z, sympy.Symbol("y", real=True)))
        slope = self.name(entry.name, 1)
        value = self.call.format(name=self.name(entry.name, 0), argument="z")
        return [f"y = {value}", f"return {self.call.format(name=slope, argument='z')} * ({factor})"]

    def _from_formula(self, entry: Nonlinearity, order: int) -> list[str]:
        """The formula as NumPy prints it; every branch of a piecewise one is evaluated, hence the errstate."""
        return [
            'with np.errstate(all="ignore"):',
            f"    value = {self.printed(entry, order)}",
            "return np.where(np.isnan(z), z, value).astype(z.dtype)",
        ]

    def printed(self, entry: Nonlinearity, order: int) -> str:
        """The formula of f^(order) as text."""
        formula = rewritten(entry.derivative(0))
        if order:
            formula = away_from_kinks(formula.diff(Z, order))
            formula = rewritten(entry.derivative(order)) if entry.slope is not None else formula
        for node in sympy.preorder_traversal(formula):
            if not (isinstance(node, (*NODES, SafeCall)) or node == Z):
                raise UnsupportedNodeError(
                    f"The formula of {entry.name!r} holds {type(node).__name__} ({node}), which has no NumPy spelling. "
                    f"Use exp, log, powers, trigonometric and hyperbolic functions, Abs, Max, Min, Piecewise, erf."
                )
        return str(self.printer().doprint(formula))

    def module(self, name: str) -> str:
        """The spelling of a function of the library."""
        return f"np.{name}"


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
        if isinstance(node, sympy.Add) and len(node.args) == 2 and node.args[0] == -1 and isinstance(node.args[1], exp):
            return call("expm1", node.args[1].args[0])
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


class Printer(NumPyPrinter):  # type: ignore[misc]
    """SymPy's NumPy printer, with ``np.`` for the module and calls of our kernels."""

    def __init__(self, kernels: Kernels) -> None:
        super().__init__()
        self._kernels = kernels

    def _module_format(self, fqn: str, register: bool = True) -> str:  # noqa: FBT001, FBT002 - SymPy's signature
        return self._kernels.module(fqn.rsplit(".", maxsplit=1)[-1])

    def _print_SafeCall(self, expr: SafeCall) -> str:
        place, order, argument = expr.args
        name = self._kernels.name(SAFE[int(place)], int(order))
        return self._kernels.call.format(name=name, argument=self._print(argument))

    def _nested(self, function: str, parts: tuple[Expr, ...]) -> str:
        text = self._print(parts[0])
        for part in parts[1:]:
            text = f"{self._kernels.module(function)}({text}, {self._print(part)})"
        return text

    def _print_Max(self, expr: Expr) -> str:
        return self._nested("maximum", expr.args)

    def _print_Min(self, expr: Expr) -> str:
        return self._nested("minimum", expr.args)

    def _print_Heaviside(self, expr: Expr) -> str:
        return f"np.heaviside({self._print(expr.args[0])}, {float(expr.args[1])!r})"
