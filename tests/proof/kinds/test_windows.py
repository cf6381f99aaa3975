"""Windows and envelopes: proved, refuted where a formula is changed, and compared with Monte Carlo and mpmath."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy

import symgate as sg
from symgate.errors import UnknownNameError
from symgate.language.sequences import LAG
from symgate.proof.decision import Budget
from symgate.proof.kinds.windows import equal
from symgate.proof.settle import settle
from symgate.records import Derivation, Relation

CELL = sg.cell("multi_gate")
NAMES = (
    "window:exponential", "window:power", "window:logarithmic", "envelope:beta", "envelope:annealed", "envelope:gamma",
    "envelope:log_uniform",
)  # fmt: skip


def _at(expr: sympy.Expr, **numbers: float) -> float:
    by_name = {str(symbol): symbol for symbol in expr.free_symbols}
    return float(expr.xreplace({by_name[key]: sympy.Float(value, 30) for key, value in numbers.items()}).evalf(20))


@pytest.mark.parametrize("name", NAMES)
def test_every_claim_is_proved(name: str) -> None:
    """Every line of the ledger, and the name reads back."""
    certificate = sg.verify(sg.result(CELL, name))
    assert certificate.verdict == "proved", certificate.statement
    assert sg.latex(sg.result(CELL, name))


def _changed(derivation: Derivation) -> list[tuple[str, Derivation]]:
    """Each right side doubled, or with one letter changed; each relation turned."""
    ((word, value),) = derivation.named_terms
    found = [("main", replace(derivation, named_terms=((word, 2 * value),)))]
    letters = sorted(value.free_symbols - {LAG}, key=str)
    found.append(("main", replace(derivation, named_terms=((word, value.xreplace({letters[0]: 3 * letters[0]})),))))
    found.append(("main", replace(derivation, relation=Relation.APPROXIMATELY)))
    for item in derivation.equations:
        for wrong in (replace(item, right=2 * item.right), replace(item, left=2 * item.left)):
            own = tuple(wrong if other is item else other for other in derivation.equations)
            found.append((item.key, replace(derivation, equations=own)))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_claim_is_not_proved(name: str) -> None:
    """Its own line is open, whatever was changed."""
    for key, wrong in _changed(sg.result(CELL, name)):
        settled = settle(wrong, Budget())
        lines = {line.key: line.settled.value for line in settled.ledger}
        assert not settled.proved, key
        assert lines.get(key) not in ("proved", None), (key, lines)


@pytest.mark.parametrize("name", ["window:power", "envelope:beta", "envelope:gamma"])
def test_a_wrong_formula_is_refuted_by_numbers(name: str) -> None:
    """The doubled main statement has a concrete case."""
    derivation = sg.result(CELL, name)
    ((word, value),) = derivation.named_terms
    certificate = sg.verify(replace(derivation, named_terms=((word, 2 * value),)))
    assert certificate.verdict == "refuted", certificate.statement


#: Draws of the time scales of each law, as what is kept over l steps: 200000 units.
def _kept(name: str, lag: int, rng: np.random.Generator) -> float:
    size = 200_000
    if name == "beta":
        return float(np.mean((1 - rng.beta(1.5, 4, size)) ** lag))
    if name == "annealed":
        return float(np.mean(np.prod(1 - rng.beta(1.5, 4, (size, lag)), axis=1)))
    if name == "gamma":
        return float(np.mean(np.exp(-lag * rng.gamma(1.5, 0.2, size))))
    return float(np.mean(np.exp(-lag * np.exp(rng.uniform(np.log(0.01), np.log(2), size)))))


NUMBERS: Mapping[str, Mapping[str, float]] = {
    "beta": {"a": 1.5, "b": 4}, "annealed": {"a": 1.5, "b": 4}, "gamma": {"a": 1.5, "theta": 0.2},
    "log_uniform": {"r_1": 0.01, "r_2": 2},
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("lag", [1, 7])
def test_envelopes_are_the_means_of_their_laws(name: str, lag: int) -> None:
    """Within four standard errors of Monte Carlo, which shares no formula."""
    value = sg.result(CELL, f"envelope:{name}").expr
    claimed = _at(value.xreplace({LAG: sympy.Integer(lag)}), **NUMBERS[name])
    found = [_kept(name, lag, np.random.default_rng(seed)) for seed in range(4)]
    assert abs(np.mean(found) - claimed) < 4 * np.std(found, ddof=1) / 2 + 1e-12
    assert abs(np.mean(found) - claimed) < 0.01 * claimed


#: Laws of which units enough still keep something after 256 steps, with how they are drawn; (units, letters, draw).
SLOW: Mapping[str, tuple[int, Mapping[str, float], Callable[[np.random.Generator, int], np.ndarray]]] = {
    "beta": (4_000_000, {"a": 0.5, "b": 1}, lambda rng, size: (1 - rng.beta(0.5, 1, size)) ** 256),
    "annealed": (24_000, {"a": 0.01, "b": 4}, lambda rng, size: np.prod(1 - rng.beta(0.01, 4, (size, 256)), axis=1)),
    "gamma": (400_000, {"a": 0.5, "theta": 0.05}, lambda rng, size: np.exp(-256 * rng.gamma(0.5, 0.05, size))),
    "log_uniform": (
        400_000, {"r_1": 0.001, "r_2": 0.5},
        lambda rng, size: np.exp(-256 * np.exp(rng.uniform(np.log(0.001), np.log(0.5), size))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_envelopes_at_lag_256_by_monte_carlo(name: str) -> None:
    """Within 1 %, where four standard errors are less; a letter a tenth larger is further off than that."""
    size, letters, draw = SLOW[name]
    kept = draw(np.random.default_rng(0), size)
    assert 4 * kept.std() / size**0.5 < 0.01 * kept.mean(), "too few draws to say 1 %"
    expr = sg.result(CELL, f"envelope:{name}").expr
    assert abs(_at(expr.xreplace({LAG: sympy.Integer(256)}), **letters) / kept.mean() - 1) < 0.01
    first, value = next(iter(letters.items()))
    other = _at(expr.xreplace({LAG: sympy.Integer(256)}), **{**letters, first: 1.1 * value})
    assert abs(other / kept.mean() - 1) > 0.01


@pytest.mark.parametrize("name", ["beta", "gamma", "log_uniform"])
def test_long_lags_by_the_integral(name: str) -> None:
    """The mean over the law by quadrature of many digits, at lag 256; the decay is right to some per cent there."""
    derivation, lag = sg.result(CELL, f"envelope:{name}"), 256
    claimed = _at(derivation.expr.xreplace({LAG: sympy.Integer(lag)}), **NUMBERS[name])
    with mpmath.workdps(30):
        if name == "beta":
            a, b = 1.5, 4
            truth = mpmath.quad(lambda g: (1 - g) ** (lag + b - 1) * g ** (a - 1), [0, 0.01, 0.1, 1]) / mpmath.beta(
                a, b
            )
        elif name == "gamma":
            shape, scale = 1.5, 0.2
            weight = lambda r: r ** (shape - 1) * mpmath.exp(-r / scale) / (mpmath.gamma(shape) * scale**shape)  # noqa: E731
            truth = mpmath.quad(lambda r: mpmath.exp(-lag * r) * weight(r), [0, 0.005, 0.02, 0.1, 3])
        else:
            truth = mpmath.quad(lambda s: mpmath.exp(-lag * mpmath.exp(s)), [mpmath.log(0.01), -3, mpmath.log(2)])
            truth /= mpmath.log(200)
        assert abs(claimed / truth - 1) < 1e-8
    tail = _at(derivation.equation("decay").right.xreplace({LAG: sympy.Integer(lag)}), **NUMBERS[name])
    assert abs(tail / claimed - 1) < (0.5 if name == "log_uniform" else 0.05)


@pytest.mark.parametrize("decay", ["exponential", "power", "logarithmic"])
def test_a_window_is_the_last_lag_that_its_samples_reach(decay: str) -> None:
    """Counted: N_l <= N exactly for the lags up to H_N."""
    derivation = sg.result(CELL, f"window:{decay}")
    numbers = {"C": 3.0, "kappa": 2.5, "epsilon": 0.5, "varsigma": 1.2}
    numbers |= {"tau": 9.0} if decay == "exponential" else {"beta": 0.8 if decay == "power" else 2.0}
    horizon = _at(derivation.expr, N=700.0, **numbers)
    needed = derivation.equation("samples").right
    reached = [lag for lag in range(2, 400) if _at(needed.xreplace({LAG: sympy.Integer(lag)}), **numbers) <= 700]
    assert reached == list(range(2, min(int(horizon), 399) + 1))
    assert reached


def test_letters_of_logarithms_are_independent() -> None:
    """What holds by the rules of powers holds; a sum is not split."""
    a, b, k = sympy.symbols("a b k", positive=True)
    assert equal((a * b) ** k / b**k, a**k)
    assert equal(sympy.exp(k * sympy.log(a)), a**k)
    assert equal(sympy.gamma(a + 2), a * (a + 1) * sympy.gamma(a))
    assert not equal(sympy.gamma(a + 2), a * sympy.gamma(a))
    assert not equal((a + b) ** k, a**k + b**k)
    assert not equal(sympy.log(a * b), sympy.log(a) * sympy.log(b))


def test_unknown_laws_are_refused() -> None:
    """The names there are are told."""
    with pytest.raises(UnknownNameError, match="exponential"):
        sg.result(CELL, "window:linear")
    with pytest.raises(UnknownNameError, match="log_uniform"):
        sg.result(CELL, "envelope:cauchy")
    with pytest.raises(UnknownNameError, match="window:LAW"):
        sg.result(CELL, "window")
