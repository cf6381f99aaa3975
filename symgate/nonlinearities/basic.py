"""The functions of the gates: each with its TeX, its slope, its value rule and NumPy kernels of its own."""

from __future__ import annotations

import sympy

from symgate.nonlinearities.record import Nonlinearity, Z

#: sigma(z) = p / (p + q): neither exponential overflows.
LOGISTIC = ("p, q = np.exp(np.minimum(z, 0.0)), np.exp(-np.maximum(z, 0.0))", "return p / (p + q)")


def basic() -> list[Nonlinearity]:
    """The functions with kernels of their own, and the opaque phi."""
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
                LOGISTIC,
                ("e = np.exp(-np.abs(z))", "root = 1.0 + e", "return e / (root * root)"),
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
                (
                    "size = np.abs(z)",
                    "e, root = np.exp(-size), np.tanh(size)  # tanh' = (e + e tanh|z|)^2, and no digit is lost",
                    "root *= e",
                    "root += e",
                    "return root * root",
                ),
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
            kinks=(sympy.S.Zero,),
        ),
        Nonlinearity(
            "softplus",
            r"\operatorname{softplus}",
            log(1 + exp(Z)),
            slope=1 / (1 + exp(-Z)),
            kernels=(
                ("return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))",),
                LOGISTIC,
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
            kinks=(sympy.S.Zero,),
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
            domain="positive",
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
