"""The activations of the deep learning libraries, by their formulas, with the constants and kinks of torch.nn."""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Abs, Max, Min, Piecewise, Rational, exp, log, sqrt

from symgate.nonlinearities.record import Nonlinearity, Z

#: The two constants of SELU, as torch.nn.SELU has them.
SCALE, ALPHA = Rational("1.0507009873554804934193349852946"), Rational("1.6732632423543772848170429916717")

#: z sigma(y), y = 2 sqrt(2 / pi) (z + 0.044715 z^3), and its slope; sigma(y) is 0 or 1 beyond 30.
_CURVE = (
    "s = np.minimum(np.maximum(z, -30), 30)",
    "y = 1.5957691216057308 * s * (1 + 0.044715 * s * s)",
    "e = np.exp(-np.abs(y))",
    "large = 1 / (1 + e)",
    "share = np.where(y < 0, e * large, large)",
)
GELU_TANH = (
    (*_CURVE, "return z * share"),
    (*_CURVE, "return share + 1.5957691216057308 * s * (1 + 0.134145 * s * s) * e * large * large"),
)


def activations() -> list[Nonlinearity]:
    """Functions without kernels of their own: code prints the formula, with its parts safe at saturation."""
    inner = sqrt(2 / sympy.pi) * (Z + Rational(44715, 1000000) * Z**3)
    below = exp(Min(Z, 0))  # the branch for z <= 0 is computed everywhere, and must not overflow
    return [
        _entry("log", log(Z), 1 / Z, domain="positive"),
        _entry("reciprocal", 1 / Z, -1 / Z**2, domain="nonzero"),
        _entry("square", Z**2, 2 * Z),
        _entry("silu", Z / (1 + exp(-Z))),
        _entry("gelu", Z * (1 + sympy.erf(Z / sqrt(2))) / 2),
        replace(_entry("gelu_tanh", Z * (1 + sympy.tanh(inner)) / 2), kernels=GELU_TANH),
        _entry("mish", Z * sympy.tanh(log(1 + exp(Z)))),
        _entry("log_sigmoid", -log(1 + exp(-Z)), 1 / (1 + exp(Z))),
        _entry("softsign", Z / (1 + Abs(Z)), 1 / (1 + Abs(Z)) ** 2),
        _entry("elu", _branches(Z, below - 1), _branches(1, below)),
        _entry("selu", SCALE * _branches(Z, ALPHA * (below - 1)), SCALE * _branches(1, ALPHA * below), kinks=(0,)),
        _entry("leaky_relu", _branches(Z, Z / 100), _branches(1, Rational(1, 100)), kinks=(0,)),
        _entry("relu6", Min(Max(Z, 0), 6), _inside(0, 6), kinks=(0, 6)),
        _entry("hard_tanh", Max(Min(Z, 1), -1), _inside(-1, 1), kinks=(-1, 1)),
        _entry("hard_sigmoid", Min(Max(Z + 3, 0), 6) / 6, _inside(-3, 3) / 6, kinks=(-3, 3)),
        Nonlinearity(
            "step",
            r"\operatorname{H}",
            sympy.Heaviside(Z, 0),
            slope=sympy.S.Zero,
            value_rule=lambda y: y * 0,
            kernels=(
                ("return np.where(np.isnan(z), z, (z > 0).astype(z.dtype))",),
                ("return np.where(np.isnan(z), z, np.zeros_like(z))",),
            ),
            assumption="no argument of step is 0, where step jumps (code uses 0 there)",
            kinks=(sympy.S.Zero,),
        ),
    ]


def _entry(
    name: str, formula: sympy.Expr, slope: sympy.Expr | None = None, domain: str = "real", kinks: tuple[int, ...] = ()
) -> Nonlinearity:
    latex = r"\log" if name == "log" else rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}"
    points = tuple(map(sympy.Integer, kinks))
    return Nonlinearity(
        name, latex, formula, slope=slope, assumption=condition(name, domain, points), domain=domain, kinks=points
    )


def _branches(above: sympy.Expr | int, below: sympy.Expr) -> sympy.Expr:
    """One expression for z > 0, another one else."""
    return Piecewise((above, Z > 0), (below, True))


def _inside(low: int, high: int) -> sympy.Expr:
    """1 between two numbers, 0 else."""
    return Piecewise((1, (low < Z) & (high > Z)), (0, True))


def condition(name: str, domain: str, kinks: tuple[sympy.Expr, ...]) -> str:
    """What a derivation that uses the function takes for granted, in words."""
    parts = []
    if domain != "real":
        parts.append(f"every argument of {name} is {domain}")
    if kinks:
        places = " or ".join(map(str, kinks))
        parts.append(
            f"no argument of {name} is {places}, where {name} has no derivative (code uses the slope beside it)"
        )
    return " and ".join(parts)
