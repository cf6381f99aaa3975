"""The computed remainder bound is above the exact remainder, and close to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.errors import UnknownNameError
from tests.drawn import examples
from tests.numeric.recurrence import draw
from tests.numeric.test_bounds import KINDS, NORMS, exact, exact_norm, exact_remainder, matrices, violations


def computed(A: np.ndarray, B: np.ndarray, order: int, eps: float, norm: object) -> np.ndarray:
    """The bound under test."""
    return numeric.remainder_bound(A, B, order, eps, norm, method="computed")


@settings(max_examples=examples(120))
@given(
    seed=st.integers(0, 10**6),
    kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)),
    order=st.integers(0, 3),
    eps=st.sampled_from([1.0, -1.0, 0.1, 1e-3, 0.0, 3.0]),
    norm=st.sampled_from(NORMS),
    steps=st.integers(1, 7),
)
def test_it_is_above_the_exact_remainder(
    seed: int, kinds: tuple, order: int, eps: float, norm: object, steps: int
) -> None:
    """Searched for a violation in rational arithmetic."""
    A, B = matrices(seed, kinds[0], 2, steps), matrices(seed + 1, kinds[1], 2, steps)
    assert not violations(computed, A, B, order, eps, norm)


def test_a_bound_without_the_radius_is_caught() -> None:
    """Planted: the computed remainder alone, without what rounding could add, lies below the exact one somewhere."""
    from symgate.numeric.remainders import remainder_ball

    def naked(A: np.ndarray, B: np.ndarray, order: int, eps: float, norm: object) -> np.ndarray:
        return np.linalg.norm(remainder_ball(A, B, np.asarray(eps), order).middle, norm)

    caught = [
        violations(naked, matrices(s, "normal", 2, 5), matrices(s + 1, "normal", 2, 5), 1, 0.1, "fro")
        for s in range(12)
    ]
    assert any(caught)


@pytest.mark.parametrize("eps", [1.0, 0.1])
def test_the_identity_of_the_remainder_in_exact_arithmetic(eps: float) -> None:
    """R_p = eps^{p+1} sum_i M_{t,i} B_i M^(p)_{i-1,k}; with the product of A in place of M it does not hold."""
    from fractions import Fraction

    A, B = matrices(3, "normal", 2, 5), matrices(4, "normal", 2, 5)
    a, b, e = exact(A), exact(B), Fraction(eps)
    for p in range(3):
        zero, eye = exact(np.zeros((2, 2))), exact(np.eye(2))
        orders, total, slip = [eye] + [zero] * p, zero, zero
        for i in range(5):
            later, kept = eye, eye
            for j in range(i + 1, 5):
                later, kept = (a[j] + e * b[j]).dot(later), a[j].dot(kept)
            total, slip = total + later.dot(b[i]).dot(orders[p]), slip + kept.dot(b[i]).dot(orders[p])
            orders = [a[i].dot(M) + (b[i].dot(orders[m - 1]) if m else 0) for m, M in enumerate(orders)]
        assert (e ** (p + 1) * total == exact_remainder(A, B, p, eps)).all()
        assert not (e ** (p + 1) * slip == exact_remainder(A, B, p, eps)).all()


@pytest.mark.parametrize("keep", ["gate", "retention"])
@pytest.mark.parametrize("name", ["scalar_gate", "multi_gate"])
def test_it_is_close_where_the_other_is_not(name: str, keep: str) -> None:
    """T = 100, n = 24, weights of standard deviation 0.3: at most 1.2 times the remainder; the norms miss by far."""
    cell = sg.cell(name)
    params = {key: value / 2 for key, value in draw(cell, 24, 3, 2).items()}
    found = numeric.rollout(cell, params, np.random.default_rng(1).normal(size=(100, 3)))
    A, B = numeric.split(found, keep)
    for eps in (1.0, 0.1):
        for p in range(4):
            bound = computed(A, B, p, eps, 2)
            long = exact_by_long_doubles(A, B, p, eps)
            assert 1 <= bound / long < 1.2
        assert numeric.remainder_bound(A, B, 1, 1.0) > 1e6 * computed(A, B, 1, 1.0, 2)


def exact_by_long_doubles(A: np.ndarray, B: np.ndarray, p: int, eps: float) -> float:
    """The remainder by the recursion E_j = J_j E_{j-1} + eps^{p+1} B_j M^(p)_{j-1}, in long doubles."""
    n = A.shape[-1]
    a, b, e = A.astype(np.longdouble), B.astype(np.longdouble), np.longdouble(eps)
    orders = [np.eye(n, dtype=np.longdouble)] + [np.zeros((n, n), np.longdouble)] * p
    E = np.zeros((n, n), np.longdouble)
    for j in range(len(A)):
        E = (a[j] + e * b[j]) @ E + e ** (p + 1) * (b[j] @ orders[p])
        orders = [a[j] @ M + (b[j] @ orders[m - 1] if m else 0) for m, M in enumerate(orders)]
    return float(np.linalg.norm(E.astype(float), 2))


def test_batches_exact_zeros_and_bad_input() -> None:
    """One bound per element; 0 from p = T on; NaN stays NaN; overflow is inf; the method has two names."""
    A, B = (np.stack([matrices(s, "normal", 3, 6), matrices(s + 5, "normal", 3, 6)]) for s in (0, 20))
    found = computed(A, B, 1, 0.5, 2)
    for k in range(2):
        assert found[k] == computed(A[k], B[k], 1, 0.5, 2)
        assert float(exact_norm(exact_remainder(A[k], B[k], 1, 0.5), 2)) == pytest.approx(found[k], rel=1e-12)
    assert_array_equal(computed(A, B, 6, 1.0, 2), 0)
    assert_array_equal(computed(A, np.zeros_like(B), 0, 1.0, 2), 0)
    spoilt = A.copy()
    spoilt[0, 2, 0, 0] = np.nan
    assert np.isnan(computed(spoilt, B, 1, 1.0, 2)).tolist() == [True, False]
    assert np.isinf(computed(1e200 * A, 1e200 * B, 1, 1.0, 2)).all()
    with pytest.raises(UnknownNameError, match="'tight' is not a known method of a remainder bound"):
        numeric.remainder_bound(A, B, 1, method="tight")
