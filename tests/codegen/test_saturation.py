"""Digits at and beyond saturation: named terms against mpmath, from formulas typed by hand."""

from __future__ import annotations

import inspect

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symgate.cells import CELLS, cell
from symgate.derive import jacobian, objects, vjp
from symgate.nonlinearities import nonlinearity, registered_nonlinearities
from symgate.numeric.load import lambdify
from symgate.records import Derivation
from tests.oracles import draw_point

mp = mpmath.mp.clone()
mp.dps = 60
EPS = np.finfo(np.float64).eps
TINY = np.finfo(np.float64).tiny

#: Multiples of 1/4: every pre-activation below is an exact float, so errors are those of the functions alone.
X = np.array([0.25, -0.5])
U = np.array([0.75])
W_R, W_I = np.array([[0.5, -1.25], [2.0, 0.75]]), np.array([[0.5], [-0.25]])
W_G, V_G = np.array([[1.0, 0.25], [-0.75, 1.5]]), np.array([[-0.5], [1.0]])
FLOAT32 = st.floats(-(2.0**127), 2.0**127, width=32)
#: Functions with finite values on the whole line: exp, expm1 and the square grow beyond the largest float.
FINITE = [
    name
    for name in registered_nonlinearities()
    if not nonlinearity(name).opaque and nonlinearity(name).domain == "real" and name not in {"exp", "expm1", "square"}
]
SHIFTS = [0.0, 2.0, 19.5, 37.0, 40.0, 300.0, 708.0, 720.0, 1e3, 2.0**40, 1e300]


def sigma(z: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + mp.exp(-z)) if abs(z) < 1e4 else mp.mpf(z > 0)


def slope(z: mpmath.mpf) -> mpmath.mpf:
    return sigma(z) * sigma(-z)


def sech2(z: mpmath.mpf) -> mpmath.mpf:
    return mp.sech(z) ** 2 if abs(z) < 1e4 else mp.mpf(0)


def tanh(z: mpmath.mpf) -> mpmath.mpf:
    return mp.tanh(z) if abs(z) < 1e4 else mp.sign(z)


def affine(W: np.ndarray, V: np.ndarray, shift: float) -> list[mpmath.mpf]:
    """W x + V u + shift, exactly."""
    rows = zip(W.tolist(), V.tolist(), strict=True)
    return [mp.mpf(shift) + sum(w * y for w, y in zip(row + more, [*X, *U], strict=True)) for row, more in rows]


def relative(found: float, true: mpmath.mpf) -> float:
    """Relative error in epsilons; relative to the smallest normal number where the truth is below it."""
    return float(abs(mp.mpf(float(found)) - true) / max(abs(true), mp.mpf(float(TINY)))) / EPS


def worst_of(derivation: Derivation, shift: float, shift_g: float) -> dict[str, float]:
    """Largest relative error of each named term of a gated Jacobian, in epsilons."""
    scalar = derivation.cell.name == "scalar_gate"
    a = affine(W_R, W_I, shift)
    a_g = affine(W_G[:1], V_G[:1], shift_g) * 2 if scalar else affine(W_G, V_G, shift_g)
    given_ = {"x": X, "u": U, "W_r": W_R, "W_i": W_I, "b": np.full(2, shift)}
    given_ |= (
        {"w_g": W_G[0], "v_g": V_G[0], "b_g": shift_g}
        if scalar
        else {"W_g": W_G, "V_g": V_G, "b_g": np.full(2, shift_g)}
    )
    terms = lambdify(derivation).terms(**given_)
    worst = dict.fromkeys(terms, 0.0)
    for i, j in np.ndindex(2, 2):
        gate_row = W_G[0] if scalar else W_G[i]
        true = {
            "retention": sigma(-a_g[i]) if i == j else mp.mpf(0),
            "drive": sigma(a_g[i]) * sech2(a[i]) * mp.mpf(float(W_R[i, j])),
            "gate": slope(a_g[i]) * (tanh(a[i]) - mp.mpf(float(X[i]))) * mp.mpf(float(gate_row[j])),
        }
        for name, value in true.items():
            worst[name] = max(worst[name], relative(terms[name][i, j], value))
    return worst


@pytest.mark.parametrize("name", ["multi_gate", "scalar_gate"])
def test_every_term_keeps_its_digits(name: str) -> None:
    """At most a dozen epsilons, from open to closed gates, 1e300 and the brink of underflow included."""
    J = jacobian(cell(name))
    worst = dict.fromkeys(J.terms, 0.0)
    for shift in (0.0, 3.0, -25.0, 360.0, -1e300):
        for size in SHIFTS:
            for sign in (1, -1):
                found = worst_of(J, shift, sign * size)
                worst = {term: max(worst[term], found[term]) for term in worst}

    assert max(worst.values()) < 12, worst


def test_the_difference_would_lose_them() -> None:
    """With 1 - g computed as a difference the measure above objects, so it can fail."""
    g = 1 / (1 + np.exp(-37.0))
    assert relative(1 - g, sigma(mp.mpf(-37))) > 1e10


@pytest.mark.sweep(12)
@pytest.mark.parametrize("phi", FINITE)
@pytest.mark.parametrize("name", [one.name for one in CELLS])
def test_values_stay_finite_without_a_warning(name: str, phi: str) -> None:
    """Warnings are errors in these tests, so an overflow on the way would fail too."""
    bound = cell(name, phi=phi)
    functions = [(item.name, item.cotangent is not None, lambdify(item)) for item in objects(bound)]
    for size in (40.0, 1e3, 1e300):
        point = draw_point(bound, n=3, m=2)
        rng = np.random.default_rng(5)
        for key in ("b", "b_g"):
            if key in point:
                signs = rng.choice([-1.0, 1.0], point[key].shape)
                point[key] = size * signs
        assert np.isfinite(lambdify(bound)(**point)).all(), size
        for label, takes_cotangent, f in functions:
            extra = {"lam": rng.standard_normal(3)} if takes_cotangent else {}
            assert np.isfinite(f(**point, **extra)).all(), (label, size)


@given(size=FLOAT32, other=FLOAT32)
def test_float32_saturates_without_a_warning(size: float, other: float) -> None:
    J = jacobian(cell("multi_gate"))
    point = {name: np.float32(0.1 * value) for name, value in draw_point(J.cell, n=2, m=1).items()}
    point |= {"b": np.float32([size, -size]), "b_g": np.float32([other, -other])}
    value = lambdify(J)(**point)
    assert value.dtype == np.float32
    assert np.isfinite(value).all()


@pytest.mark.sweep(20)
@pytest.mark.parametrize("derivation", [item for one in CELLS for item in objects(one)], ids=lambda item: item.name)
def test_nan_in_any_argument_gives_nan_out(derivation: Derivation) -> None:
    point = draw_point(derivation.cell, n=3, m=2)
    if derivation.cotangent is not None:
        point["lam"] = np.array([1.0, 2.0, 3.0])
    f = lambdify(derivation)
    assert np.isfinite(f(**point)).all()
    needed = [name for name, item in inspect.signature(f).parameters.items() if item.default is item.empty]
    assert needed
    for name, value in point.items():
        spoilt = np.array(value, dtype=float)
        spoilt[(0,) * spoilt.ndim] = np.nan
        if name in needed:
            assert np.isnan(f(**{**point, name: spoilt})).any(), name


def test_the_gradient_is_as_safe_as_the_jacobian() -> None:
    """lambda' J through the vector-Jacobian product, at a gate of 1 - 1e-17."""
    gated = cell("multi_gate")
    point = draw_point(gated, n=3, m=2)
    point["b_g"] = np.full(3, 39.0)
    lam = np.array([1.0, -2.0, 0.5])
    J = lambdify(jacobian(gated)).terms(**point)
    g = lambdify(vjp(gated)).terms(**point, lam=lam)
    for name, term in J.items():
        np.testing.assert_allclose(g[name], lam @ term, rtol=1e-13)
    assert (np.abs(np.diagonal(J["retention"])) > 0).all()
