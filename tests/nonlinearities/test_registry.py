"""The registry, and its kernels against mpmath over the whole range of floats."""

from __future__ import annotations

import sys
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
import sympy

from symgate.cells import cell
from symgate.claims import check
from symgate.codegen.writer.kernels import Kernels
from symgate.derive import jacobian
from symgate.errors import (
    DefinitionError,
    NameRefusedError,
    OpaqueFunctionError,
    UnknownNameError,
    UnsupportedNodeError,
)
from symgate.nonlinearities import Z, formulas, nonlinearity, register_nonlinearity, registered_nonlinearities
from symgate.numeric.load import _module
from symgate.proof import verify
from tests.nonlinearities.test_activations import ORACLES

mp = mpmath.mp.clone()
mp.dps = 40

EXACT: dict[str, tuple[Callable, Callable]] = {
    "sigma": (lambda z: 1 / (1 + mp.exp(-z)), lambda z: mp.exp(-abs(z)) / (1 + mp.exp(-abs(z))) ** 2),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "relu": (lambda z: max(z, mp.mpf(0)), lambda z: mp.mpf(z > 0)),
    "softplus": (lambda z: max(z, mp.mpf(0)) + mp.log1p(mp.exp(-abs(z))), lambda z: 1 / (1 + mp.exp(-z))),
    "identity": (lambda z: z, lambda _: mp.mpf(1)),
    "abs": (abs, mp.sign),
    "sin": (mp.sin, mp.cos),
    "cos": (mp.cos, lambda z: -mp.sin(z)),
    "exp": (mp.exp, mp.exp),
    "expm1": (mp.expm1, mp.exp),
    "sqrt": (mp.sqrt, lambda z: 1 / (2 * mp.sqrt(z))),
    "erf": (mp.erf, lambda z: 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)),
}

#: Largest error measured, in units of the machine epsilon of the dtype, rounded up.
BOUND = {"erf": 5, "sin": 2, "cos": 2}

#: Where a function is measured, for those that are not finite or not accurate everywhere.
DOMAIN: dict[str, tuple[float, float]] = {
    "sin": (-1e15, 1e15),
    "cos": (-1e15, 1e15),
    "exp": (-np.inf, 88),
    "expm1": (-np.inf, 88),
    "sqrt": (1e-37, np.inf),
}


def kernel(name: str, order: int) -> Callable[[np.ndarray], np.ndarray]:
    """The kernel as a generated module holds it."""
    kernels = Kernels({"np"})
    called = kernels.name(name, order)
    return getattr(_module("import numpy as np\n" + "\n".join(kernels.source()) + "\n", called), called)


def sample(dtype: type) -> np.ndarray:
    """Finite floats of every size and both signs, the places where kernels change branch, and the extremes."""
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    sizes = 10.0 ** rng.uniform(np.log10(float(info.tiny)), np.log10(float(info.max)), 200)
    special = [0.0, 0.5, 2, np.nextafter(2, 0), 6, 27, 30, 37, 88, 89, 103, 104, 709, 710, 745, 746]
    special += [float(info.max), float(info.tiny), float(info.smallest_subnormal), float(info.eps)]
    drawn = np.concatenate([rng.uniform(0, 3, 150), rng.uniform(0, 40, 200), rng.uniform(40, 760, 60), sizes, special])
    values = drawn[drawn <= float(info.max)].astype(dtype)
    return np.concatenate([values, -values])


def error(name: str, order: int, dtype: type, f: Callable[[np.ndarray], np.ndarray]) -> float:
    """The largest relative error in units of epsilon; below the smallest normal number, relative to that."""
    lower, upper = DOMAIN.get(name, (-np.inf, np.inf))
    z = sample(dtype)
    z = z[(z >= lower) & (z <= upper)]
    value = f(z)
    assert value.dtype == dtype
    assert np.isfinite(value).all()
    worst, info = 0.0, np.finfo(dtype)
    for point, found in zip(z.tolist(), value.tolist(), strict=True):
        # Beyond 1e4 these are flat or linear; mpmath need not form exp(1e300).
        flat = name in {"sigma", "tanh", "softplus", "erf", "exp", "expm1"}
        near = np.copysign(1e4, point) if flat and abs(point) > 1e4 else point
        true = EXACT[name][order](mp.mpf(near))
        if name == "softplus" and order == 0 and point > 1e4:
            true = mp.mpf(point)
        worst = max(worst, float(abs(found - true) / max(abs(true), mp.mpf(float(info.tiny)))) / float(info.eps))
    return worst


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", list(EXACT))
def test_kernels_are_accurate_for_every_float(name: str, order: int, dtype: type) -> None:
    """Relative error at every size, also where sigma' and erfc are about to underflow; no warning on the way."""
    assert error(name, order, dtype, kernel(name, order)) <= BOUND.get(name, 3)


@pytest.mark.parametrize(
    ("name", "order", "textbook"),
    [
        ("sigma", 1, lambda z: 1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z)))),
        ("tanh", 1, lambda z: 1 - np.tanh(z) ** 2),
        ("softplus", 0, lambda z: np.log(1 + np.exp(z))),
        ("erf", 1, lambda z: 1.1283791670955126 * np.exp(-z * z)),
    ],
)
def test_textbook_forms_would_be_caught(name: str, order: int, textbook: Callable) -> None:
    with np.errstate(all="ignore"), pytest.raises(AssertionError):
        assert error(name, order, np.float64, textbook) <= 5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", list(EXACT))
def test_nan_in_gives_nan_out(name: str, order: int, dtype: type) -> None:
    value = kernel(name, order)(np.array([np.nan, 1.0], dtype))
    assert np.isnan(value).tolist() == [True, False]
    assert value.dtype == dtype


@pytest.mark.parametrize(
    ("name", "values", "slopes"),
    [
        ("sigma", [0, 1], [0, 0]),
        ("tanh", [-1, 1], [0, 0]),
        ("relu", [0, np.inf], [0, 1]),
        ("softplus", [0, np.inf], [0, 1]),
        ("identity", [-np.inf, np.inf], [1, 1]),
        ("abs", [np.inf, np.inf], [-1, 1]),
        ("erf", [-1, 1], [0, 0]),
        ("exp", [0, np.inf], [0, np.inf]),
        ("expm1", [-1, np.inf], [0, np.inf]),
    ],
)
def test_infinite_arguments_give_the_limits(name: str, values: list[float], slopes: list[float]) -> None:
    ends = np.array([-np.inf, np.inf])
    assert kernel(name, 0)(ends).tolist() == values
    assert kernel(name, 1)(ends).tolist() == slopes


@pytest.mark.parametrize("name", ["exp", "expm1"])
def test_what_exceeds_the_largest_float_is_infinite_without_a_warning(name: str) -> None:
    large = np.array([710.0, 1e300])
    assert kernel(name, 0)(large).tolist() == kernel(name, 1)(large).tolist() == [np.inf, np.inf]


def test_below_its_domain_the_root_is_nan_without_a_warning() -> None:
    assert np.isnan(kernel("sqrt", 0)(np.array([-1.0]))).all()
    assert np.isnan(kernel("sqrt", 1)(np.array([-1.0]))).all()
    assert kernel("sqrt", 1)(np.array([0.0])).tolist() == [np.inf]


@pytest.mark.parametrize("name", [name for name in registered_nonlinearities() if name != "phi"])
def test_every_entry_is_complete(name: str) -> None:
    """Formula, slope and value rule agree with each other; a built-in entry has an oracle, and kernels or a formula."""
    entry = nonlinearity(name)
    assert name in (EXACT if entry.kernels is not None and name not in {"step", "gelu_tanh"} else ORACLES)
    assert entry.latex.startswith("\\")
    for point in [sympy.Rational(1, 3)] + [sympy.Rational(-3, 2)] * (entry.domain == "real"):
        slope = entry.derivative(1).subs(Z, point).evalf(30)
        step = sympy.Float("1e-20", 60)
        rise = entry.formula.subs(Z, point + step).evalf(60) - entry.formula.subs(Z, point - step).evalf(60)
        assert abs(rise / (2 * step) - slope) < 1e-18
        if entry.value_rule is not None:
            assert abs(entry.value_rule(entry.formula).subs(Z, point).evalf(30) - slope) < 1e-18
        if entry.complement:
            assert abs(1 - entry.formula.subs(Z, point) - entry.formula.subs(Z, -point)).evalf(30) < 1e-18


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry of this test's own."""
    module = sys.modules[register_nonlinearity.__module__]
    monkeypatch.setattr(module, "_REGISTRY", dict(module._REGISTRY))


def elu(z: sympy.Symbol) -> sympy.Expr:
    return sympy.Piecewise((z, z > 0), (sympy.exp(z) - 1, True))


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("swish", lambda z: z / (1 + sympy.exp(-z))),
        ("swish_other", lambda z: z * sympy.exp(z) / (1 + sympy.exp(z))),
        ("own_mish", lambda z: z * sympy.tanh(sympy.log(1 + sympy.exp(z)))),
        ("own_gelu", lambda z: z / 2 * (1 + sympy.erf(z / sympy.sqrt(2)))),
        ("own_elu", elu),
        ("own_softsign", lambda z: z / (1 + sympy.Abs(z))),
        ("hard", lambda z: sympy.Max(0, sympy.Min(1, z / 6 + sympy.Rational(1, 2)))),
        ("arctan", sympy.atan),
        ("constant", lambda z: sympy.Integer(2) + 0 * z),
        ("dot", lambda z: z**2 / (1 + z**2)),
        ("sigma_slope", lambda z: sympy.exp(-(z**2))),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_registered_formulas_become_kernels(name: str, formula: Callable, dtype: type) -> None:
    """In the ordinary range they agree with SymPy; far out they stay finite where the limit is; NaN goes through."""
    entry = register_nonlinearity(name, formula)
    z = np.array([-30.0, -5, -1.25, -0.5, 0.25, 2, 7, 30], dtype)
    for order in (0, 1):
        f = kernel(name, order)
        exact = [float(entry.derivative(order).subs(Z, sympy.Rational(float(point))).evalf(30)) for point in z]
        np.testing.assert_allclose(
            f(z), exact, rtol=2e-5 if dtype == np.float32 else 1e-12, atol=30 * np.finfo(dtype).eps
        )
        assert f(z).dtype == dtype
        far = f(np.array([-1e6, 1e6], dtype))
        assert np.isfinite(far).all()
        assert np.isnan(f(np.array([np.nan], dtype))).all()


@pytest.mark.usefixtures("own")
def test_names_of_kernels_never_collide() -> None:
    register_nonlinearity("sigma_slope", sympy.atan)
    kernels = Kernels({"np"})
    assert len({kernels.name("sigma", 1), kernels.name("sigma_slope", 0), kernels.name("sigma_slope", 1)}) == 3


@pytest.mark.usefixtures("own")
def test_registration_refuses() -> None:
    for name in ("tanh", "a b", "lambda", "__import__('os')"):
        with pytest.raises(NameRefusedError):
            register_nonlinearity(name, sympy.sin)
    with pytest.raises(TypeError, match="its argument alone"):
        register_nonlinearity("twovars", lambda z: z * sympy.Symbol("y"))
    with pytest.raises(NameRefusedError):
        register_nonlinearity("shown", sympy.sin, latex=r"\input{x}")


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("formula", "node"),
    [
        (sympy.gamma, "gamma"),
        (lambda z: sympy.besselj(0, z), "besselj"),
        (sympy.floor, "floor"),
        (lambda z: sympy.I * z, "finite real"),
        (lambda z: z / sympy.S.Zero, "finite real"),
        (lambda z: sympy.Integral(z, (z, 0, 1)), "Integral"),
    ],
)
def test_what_not_every_target_computes_is_refused_with_the_reason(formula: Callable, node: str) -> None:
    with pytest.raises(UnsupportedNodeError, match=node):
        register_nonlinearity("refused", formula)
    assert "refused" not in registered_nonlinearities()


@pytest.mark.usefixtures("own")
def test_a_slope_is_the_derivative_or_is_declared_a_surrogate() -> None:
    """A certificate says that a surrogate is not the derivative; numbers use it."""
    with pytest.raises(DefinitionError, match="surrogate=True"):
        register_nonlinearity("spike", lambda z: sympy.Heaviside(z, 0), slope=lambda z: 1 / (1 + sympy.Abs(z)) ** 2)
    with pytest.raises(DefinitionError, match="needs the slope of 'spike'"):
        register_nonlinearity("spike", lambda z: sympy.Heaviside(z, 0), surrogate=True)
    register_nonlinearity(
        "spike", lambda z: sympy.Heaviside(z, 0), slope=lambda z: 1 / (1 + sympy.Abs(z)) ** 2, surrogate=True
    )
    J = jacobian(cell("plain", phi="spike"))
    certificate = verify(J)
    assert certificate.proved
    assert "surrogate" in certificate.statement
    assert "not its derivative" in certificate.statement
    assert kernel("spike", 1)(np.array([-1.0, 0, 3])).tolist() == [0.25, 1, 0.0625]
    register_nonlinearity("soft", sympy.atan, slope=lambda z: 1 / (1 + z**2), value_rule=None)
    register_nonlinearity("straight", sympy.tanh, slope=lambda z: 1 + 0 * z, surrogate=True)
    assert verify(jacobian(cell("plain", phi="straight"))).proved  # the numeric route has the surrogate too


@pytest.mark.usefixtures("own")
def test_of_a_polynomial_with_a_surrogate_the_surrogate_counts() -> None:
    """A claim with the derivative of the polynomial is wrong, one with the surrogate slope is right."""
    register_nonlinearity("steep", lambda z: z**2, slope=lambda z: 3 * z + 1, surrogate=True)
    register_nonlinearity("bell", lambda z: z**2, slope=lambda z: 1 / (1 + z**2), surrogate=True)
    claims = {
        "steep": ("diag(3*a + 1) @ W_r", "diag(2*a) @ W_r"),
        "bell": ("diag(1/(1 + a*a)) @ W_r", "diag(2*a) @ W_r"),
    }
    for name, (right, wrong) in claims.items():
        assert check(cell("plain", phi=name), right, "jacobian").verdict == "proved"
        assert check(cell("plain", phi=name), wrong, "jacobian").verdict == "refuted"
    over_time = "matprod(diag({}) @ W_r for j in range(t, k, -1))"
    assert check(cell("plain", phi="steep"), over_time.format("3*a[j] + 1"), "transport").verdict == "proved"
    assert check(cell("plain", phi="steep"), over_time.format("2*a[j]"), "transport").verdict == "refuted"


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("formula", "options", "words"),
    [
        (lambda z: sympy.Max(z, 2 * z - 1), {}, "no argument of own is 1,"),
        (lambda z: sympy.Piecewise((z, z > 0), (sympy.exp(z) - 1, True)), {}, ""),
        (lambda z: 1 / (z - 3), {}, "z - 3 is nonzero for every argument z of own"),
        (sympy.log, {}, "every argument of own is positive"),
        (lambda z: sympy.sqrt(z - 2), {}, "z - 2 is positive for every argument z of own"),
        (lambda z: sympy.log(1 + sympy.exp(z)), {}, ""),
        (lambda z: sympy.Abs(z**2 - 4), {}, "no argument of own is -2 or 2,"),
        (sympy.sin, {"kinks": (0.5,)}, "no argument of own is 1/2,"),
        (lambda z: z**2, {"domain": "positive"}, "every argument of own is positive"),
        (lambda z: sympy.Abs(sympy.sin(z)), {}, "no argument of own lies between two branches"),
    ],
)
def test_kinks_and_poles_are_read_off_a_formula(formula: Callable, options: dict, words: str) -> None:
    """A function of one's own gets its conditions as a built-in one, and they are in every derivation."""
    entry = register_nonlinearity("own", formula, **options)
    assert (words in entry.assumption) if words else entry.assumption == ""
    assumed = jacobian(cell("plain", phi="own")).assumptions
    assert not words or any(words in item for item in assumed)


@pytest.mark.usefixtures("own")
def test_options_that_make_no_sense() -> None:
    with pytest.raises(DefinitionError, match="domain"):
        register_nonlinearity("own", sympy.sin, domain="upper half plane")
    with pytest.raises(DefinitionError, match="opaque"):
        register_nonlinearity("own", None, domain="positive")
    with pytest.raises(DefinitionError, match="value rule"):
        register_nonlinearity("own", sympy.tanh, value_rule=lambda y: 1 - y)
    assert register_nonlinearity("own", sympy.tanh, value_rule=lambda y: 1 - y**2).value_rule is not None


def test_unknown_and_opaque_functions_say_so() -> None:
    with pytest.raises(UnknownNameError, match="sigma"):
        nonlinearity("sgima")
    with pytest.raises(OpaqueFunctionError, match="Bind it first"):
        nonlinearity("phi").derivative(1)


def test_a_slope_that_is_wrong_in_one_branch_alone_is_refused() -> None:
    """Far out, and between two numbers that a branch compares with."""
    for low, high in ((50, 10**6), (0.875, 1.125), (-3000, -2000)):
        with pytest.raises(DefinitionError, match="The slope of 'branched' is not its derivative at z = "):
            register_nonlinearity(
                "branched",
                sympy.tanh,
                slope=lambda z, low=low, high=high: sympy.Piecewise(
                    (1, (z > low) & (z < high)), (1 - sympy.tanh(z) ** 2, True)
                ),
            )


def test_what_is_no_function_of_a_symbol_is_told_what_to_write() -> None:
    """Text is never evaluated; functions of NumPy do not take symbols."""
    with pytest.raises(TypeError, match=r"must be a function, such as lambda z: .*; found 'z\*\*2'"):
        register_nonlinearity("text", "z**2")
    with pytest.raises(TypeError, match=r"Write it with functions of SymPy, such as sympy.tanh\(z\)"):
        register_nonlinearity("of_numpy", lambda z: np.tanh(z) + 1)
    assert not {"branched", "text", "of_numpy"} & set(registered_nonlinearities())


Z0 = [sympy.Rational(point) for point in formulas.ORDINARY]
SMALL = sympy.prod([Z - point for point in Z0])


@pytest.mark.parametrize(
    "extra",
    [SMALL, SMALL / (1 + Z**2) ** 6, sympy.exp(-1000000 * (Z - 10) ** 2), sympy.Rational(1, 10**20) / (1 + Z**2)],
    ids=["a polynomial", "a quotient", "a bump", "less than rounding"],
)
def test_a_slope_that_fits_the_points_that_are_always_tried_is_refused(extra: sympy.Expr) -> None:
    """It is the derivative of z at every point of the table, or nearly, and nowhere else."""
    name = "fitted"
    with pytest.raises(DefinitionError, match="is not its derivative"):
        register_nonlinearity(name, lambda z: z, slope=lambda _: 1 + extra)
    assert name not in registered_nonlinearities()


def test_a_slope_with_an_error_function_is_compared() -> None:
    """Far out 1 + erf(z) has no digit left; the comparison ends all the same."""
    share = (1 + sympy.erf(Z / sympy.sqrt(2))) / 2
    right = share + Z * sympy.exp(-(Z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    assert formulas.disagreement(Z * share, right) is None
    assert formulas.disagreement(Z * share, share) is not None
