"""The registry of nonlinearities: one entry holds the function, its derivative, its TeX and its kernels.

An entry without a formula is *opaque*: it stands for any differentiable function, so what is
derived with it holds for every one.  Numbers need a formula; a cell binds an opaque name to one.

The NumPy kernels are written for saturation: finite and accurate for every float, NaN in gives
NaN out.  Writing s'(z) as e/(1+e)^2 with e = exp(-|z|) costs nothing; the textbook s(z)(1-s(z))
has no correct digit left from |z| = 37 on, and exp overflows at z = -1000.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from symgate.errors import NameRefusedError, OpaqueFunctionError, unknown
from symgate.names import check_name

#: The variable in which formulas are stored.
Z = sympy.Symbol("z", real=True)


@dataclass(frozen=True)
class Nonlinearity:
    """An elementwise function f and what the package needs to know of it.

    Attributes:
        name: the name in the registry; also the root of the names of its kernels.
        latex: its TeX, such as ``\\tanh``.
        formula: f(z) as a SymPy expression in ``Z``; None for an opaque function.
        slope: f'(z) in ``Z``; differentiated from ``formula`` where not given.
        value_rule: f' as a polynomial in y = f(z), for functions that satisfy y' = p(y); else None.
        kernels: NumPy source of f and f', each a tuple of lines over ``z`` ending in a return;
            None where the code generator is to print the formula itself.
        complement: whether 1 - f(z) = f(-z), which keeps the digits of 1 - f near f = 1.
        assumption: what a derivation that uses f must say, such as "z != 0".
    """

    name: str
    latex: str
    formula: sympy.Expr | None = None
    slope: sympy.Expr | None = None
    value_rule: Callable[[sympy.Expr], sympy.Expr] | None = None
    kernels: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    complement: bool = False
    assumption: str = ""

    @property
    def opaque(self) -> bool:
        """Whether f stands for any differentiable function."""
        return self.formula is None

    def derivative(self, order: int) -> sympy.Expr:
        """The derivative of f of the given order, as an expression in ``Z``.

        Raises:
            OpaqueFunctionError: f is opaque.
        """
        if self.formula is None:
            raise OpaqueFunctionError(
                f"{self.name} is opaque: it stands for any differentiable function and has no values. "
                f"Bind it first, such as sg.cell(..., {self.name}='tanh')."
            )
        if order == 0:
            return self.formula
        first = self.formula.diff(Z) if self.slope is None else self.slope
        return first if order == 1 else first.diff(Z, order - 1)


def _builtin() -> list[Nonlinearity]:
    """The functions that ship with the package."""
    exp, log = sympy.exp, sympy.log
    return [
        Nonlinearity("phi", r"\phi"),
        Nonlinearity(
            "sigma",
            r"\sigma",
            1 / (1 + exp(-Z)),
            slope=exp(-Z) / (1 + exp(-Z)) ** 2,
            value_rule=lambda y: y * (1 - y),
            kernels=(
                ("e = np.exp(-np.abs(z))", "return np.where(z < 0, e, 1) / (1 + e)"),
                ("e = np.exp(-np.abs(z))", "return e / ((1 + e) * (1 + e))"),
            ),
            complement=True,
        ),
        Nonlinearity(
            "tanh",
            r"\tanh",
            sympy.tanh(Z),
            slope=1 / sympy.cosh(Z) ** 2,
            value_rule=lambda y: 1 - y**2,
            kernels=(
                ("return np.tanh(z)",),
                ("q = np.exp(-2 * np.minimum(np.abs(z), 400))", "return 4 * q / ((1 + q) * (1 + q))"),
            ),
        ),
        Nonlinearity(
            "relu",
            r"\operatorname{relu}",
            sympy.Max(0, Z),
            slope=sympy.Piecewise((1, Z > 0), (0, True)),
            kernels=(
                ("return np.maximum(z, 0)",),
                ("return np.where(np.isnan(z), z, (z > 0).astype(z.dtype))",),
            ),
            assumption="no argument of relu is 0, where relu has no derivative (code uses 0 there)",
        ),
        Nonlinearity(
            "softplus",
            r"\operatorname{softplus}",
            log(1 + exp(Z)),
            slope=1 / (1 + exp(-Z)),
            kernels=(
                ("return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))",),
                ("e = np.exp(-np.abs(z))", "return np.where(z < 0, e, 1) / (1 + e)"),
            ),
        ),
        Nonlinearity(
            "identity",
            r"\operatorname{id}",
            Z,
            kernels=(("return z",), ("return np.where(np.isnan(z), z, np.ones_like(z))",)),
        ),
        Nonlinearity(
            "abs",
            r"\operatorname{abs}",
            sympy.Abs(Z),
            slope=sympy.sign(Z),
            kernels=(("return np.abs(z)",), ("return np.sign(z)",)),
            assumption="no argument of abs is 0, where abs has no derivative (code uses 0 there)",
        ),
        Nonlinearity("sin", r"\sin", sympy.sin(Z), kernels=(("return np.sin(z)",), ("return np.cos(z)",))),
        Nonlinearity("cos", r"\cos", sympy.cos(Z), kernels=(("return np.cos(z)",), ("return -np.sin(z)",))),
        # exp is inf where its value exceeds the largest float, without a warning; sqrt is NaN below 0.
        Nonlinearity(
            "exp",
            r"\exp",
            exp(Z),
            value_rule=lambda y: y,
            kernels=(
                ("with np.errstate(over='ignore'):", "    return np.exp(z)"),
                ("with np.errstate(over='ignore'):", "    return np.exp(z)"),
            ),
        ),
        Nonlinearity(
            "expm1",
            r"\operatorname{expm1}",
            exp(Z) - 1,
            value_rule=lambda y: y + 1,
            kernels=(
                ("with np.errstate(over='ignore'):", "    return np.expm1(z)"),
                ("with np.errstate(over='ignore'):", "    return np.exp(z)"),
            ),
        ),
        Nonlinearity(
            "sqrt",
            r"\operatorname{sqrt}",
            sympy.sqrt(Z),
            kernels=(
                ("with np.errstate(invalid='ignore'):", "    return np.sqrt(z)"),
                ("with np.errstate(all='ignore'):", "    return 0.5 / np.sqrt(z)"),
            ),
            assumption="every argument of sqrt is positive",
        ),
        Nonlinearity(
            "erf",
            r"\operatorname{erf}",
            sympy.erf(Z),
            kernels=(
                # |z| < 2: the series erf z = 2/sqrt(pi) exp(-z^2) sum_k 2^k z^(2k+1)/(2k+1)!!, all terms of one sign.
                # |z| >= 2: erfc by the trapezoidal rule with its pole correction (Matta & Reichel 1971), step 1/2;
                # from |z| = 6 on, erf is 1 in double precision.
                (
                    "s = np.minimum(np.abs(z), 2)",
                    "term = series = 1.1283791670955126 * s",
                    "for k in range(1, 42):",
                    "    term = term * (2 * s * s / (2 * k + 1))",
                    "    series = series + term",
                    "series = np.exp(-s * s) * series",
                    "w = np.clip(np.abs(z), 2, 6)",
                    "total = 1 / (w * w)",
                    "for k in range(1, 14):",
                    "    total = total + 2 * np.exp(z.dtype.type(-0.25 * k * k)) / (w * w + 0.25 * k * k)",
                    "tail = w * np.exp(-w * w) * total * 0.15915494309189535",
                    "tail = tail - 2 / np.expm1(12.566370614359172 * w)",
                    "return np.where(np.abs(z) < 2, np.copysign(series, z), np.copysign(1 - tail, z))",
                ),
                # exp(-w^2) with w = h + (w - h): h has few bits, so h^2 is exact and no digit of w^2 is lost.
                (
                    "w = np.minimum(np.abs(z), 30)",
                    "h = np.round(16 * w) / 16",
                    "return 1.1283791670955126 * np.exp(-h * h) * np.exp((h - w) * (h + w))",
                ),
            ),
        ),
    ]


_REGISTRY: dict[str, Nonlinearity] = {entry.name: entry for entry in _builtin()}


def nonlinearity(name: str) -> Nonlinearity:
    """The registered nonlinearity of that name.

    Raises:
        UnknownNameError: there is none; the message names the nearest ones.
    """
    try:
        return _REGISTRY[name]
    except (KeyError, TypeError):
        raise unknown("nonlinearity", name, _REGISTRY, "Add one with sg.register_nonlinearity.") from None


def root(q: int) -> Nonlinearity:
    """The q-th root of a positive number; registered at its first use."""
    raise NotImplementedError


def registered_nonlinearities() -> tuple[str, ...]:
    """The names in the registry, in the order of registration."""
    return tuple(_REGISTRY)


def register_nonlinearity(
    name: str,
    formula: Callable[[sympy.Symbol], sympy.Expr] | None,
    *,
    latex: str | None = None,
) -> Nonlinearity:
    """Add a nonlinearity in one call: ``register_nonlinearity("swish", lambda z: z / (1 + sympy.exp(-z)))``.

    Args:
        name: a plain name that is not yet taken.
        formula: a function from a real SymPy symbol to a SymPy expression in that symbol alone,
            or None for an opaque function.
        latex: the *letters* under which formulas print it; they are set upright.  Default: ``name``.

    Returns:
        The new entry.  Its derivative is computed; NumPy source is printed from both.

    Raises:
        NameRefusedError: the name is not plain or already taken, or ``latex`` is not a plain name.
        TypeError: ``formula`` did not return a SymPy expression in its argument.
    """
    check_name(name, "nonlinearity")
    if name in _REGISTRY:
        raise NameRefusedError(f"A nonlinearity {name!r} is already registered. Choose another name.")
    shown = check_name(latex if latex is not None else name, "printed nonlinearity").replace("_", r"\_")
    expression = None
    if formula is not None:
        expression = formula(Z)
        if not isinstance(expression, sympy.Expr) or expression.free_symbols - {Z}:
            raise TypeError(
                f"The formula of {name!r} must return a SymPy expression in its argument alone; found {expression!r}."
            )
    entry = Nonlinearity(name, rf"\operatorname{{{shown}}}", expression)
    _REGISTRY[name] = entry
    return entry
