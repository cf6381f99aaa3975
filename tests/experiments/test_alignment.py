"""Alignment: isotropic products and random gradients have share k/N, planted directions theirs; the run end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import numeric
from symgate.errors import DefinitionError, ShapeError, SymgateError, UnknownNameError
from symgate.experiments import AlignmentSpec, Started, alignment, drawn_network
from symgate.experiments.alignment_runs import alignment_shares, measure
from symgate.experiments.corrections import drawn_windows
from symgate.experiments.lagged_tasks import lagged_task

N, K = 12, 3
QUICK = replace(AlignmentSpec().quick(), n=6, iterations=4)


def orthogonal(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((count, N, N)))[0]


def test_an_isotropic_product_aligns_nothing() -> None:
    """Shares of k/n, all three, within four standard errors over 4000 windows; a far from isotropic one has more."""
    rng = np.random.default_rng(0)
    lam, noise = rng.standard_normal((4000, N)), rng.standard_normal((4000, 4, N))
    found = alignment_shares(0.3 * orthogonal(rng, 4000), lam, noise, K)
    error = 4 * found.std(axis=0) / np.sqrt(4000)
    assert (np.abs(found.mean(axis=0) - K / N) < error).all()
    stretched = alignment_shares(orthogonal(rng, 4000) * np.logspace(0, -2, N), lam, noise, K)
    assert stretched[:, 0].mean() > 0.6


def test_a_random_gradient_is_not_aligned_with_any_product() -> None:
    """Incoming k/n whatever M; transported as the random control, so that nothing stands above it."""
    rng = np.random.default_rng(1)
    M = orthogonal(rng, 4000) * np.logspace(0, -2, N) @ orthogonal(rng, 4000)
    found = alignment_shares(M, rng.standard_normal((4000, N)), rng.standard_normal((4000, 8, N)), K)
    assert abs(found[:, 2].mean() - K / N) < 4 * found[:, 2].std() / np.sqrt(4000)
    above = found[:, 0] - found[:, 1]
    assert abs(above.mean()) < 4 * above.std() / np.sqrt(4000)


def test_planted_directions_have_their_shares() -> None:
    """u_1 is wholly in, u_n wholly out; v_1 in place of u_1, the slip of a transposed M, is told apart; no scale."""
    rng = np.random.default_rng(2)
    M, noise = rng.standard_normal((1, N, N)), rng.standard_normal((1, 4, N))
    U, s, Vt = np.linalg.svd(M)
    for direction, share in ((U[:, :, 0], 1.0), (U[:, :, K - 1], 1.0), (U[:, :, K], 0.0), (U[:, :, -1], 0.0)):
        assert_allclose(alignment_shares(M, direction, noise, K)[0, [0, 2]], share, atol=1e-12)
        assert_allclose(alignment_shares(1e-200 * M, 1e-200 * direction, noise, K)[0, [0, 2]], share, atol=1e-12)
    assert alignment_shares(M, Vt[:, 0], noise, K)[0, 2] < 0.9
    mixed = (U[:, :, 0] + U[:, :, -1])[0]
    expected = s[0, 0] ** 2 / (s[0, 0] ** 2 + s[0, -1] ** 2)
    assert_allclose(alignment_shares(M, mixed[None], noise, K)[0, [0, 2]], [expected, 0.5], rtol=1e-9)


def test_windows_without_k_directions_have_no_shares() -> None:
    """A product of rank 2, one that is not finite, a gradient of 0."""
    rng = np.random.default_rng(3)
    thin = rng.standard_normal((1, N, 2)) @ rng.standard_normal((1, 2, N))
    lam, noise = rng.standard_normal((1, N)), rng.standard_normal((1, 4, N))
    assert np.isnan(alignment_shares(thin, lam, noise, 3)).all()
    assert np.isfinite(alignment_shares(thin, lam, noise, 2)).all()
    assert np.isnan(alignment_shares(np.full((1, N, N), np.inf), lam, noise, 2)).all()
    assert np.isnan(alignment_shares(thin, 0 * lam, noise, 2)).all()


def test_a_network_is_measured_with_its_own_products_and_adjoints() -> None:
    """One window by hand; what is transported is the gradient at the earlier step, as the loss is of the last step."""
    rng = np.random.default_rng(4)
    net = drawn_network(sg.cell("gru"), N, 2, rng)
    probe = lagged_task("recall", 15).draw(rng, 16, 5, 2)
    windows, noise = drawn_windows(rng, 5, 16, (4,), 1), rng.standard_normal((1, 6, N))
    (sequence,), (k,) = windows[4]
    path = net.run(probe.u)
    _, delta = net.push(path, probe.y)
    lam, J = numeric.adjoint(path, delta)[sequence], numeric.jacobians(path)[sequence]
    M = numeric.transport(J, k + 4, k)
    assert_allclose(M.T @ lam[k + 4], lam[k], rtol=1e-9)
    Vt = np.linalg.svd(M)[2]
    share = ((Vt[:K] @ lam[k]) ** 2).sum() / (lam[k] ** 2).sum()
    assert_allclose(measure(net, probe, windows, K, noise)[0, 0], share, rtol=1e-9)


def test_the_experiment_runs_and_goes_on_where_it_was(tmp_path: Path) -> None:
    """Shapes, k/N, a second run that keeps everything."""
    found = alignment(QUICK, out=tmp_path)
    assert found.diverged == ()
    assert found.arrays["multi_gate(chrono)/recall/shares"].shape == (2, 2, 3, 3)
    assert found.summary["plain/recall"]["isotropic"] == 2 / 6
    assert found.summary["plain/recall"]["before"]["above_random"]["4"]["count"] == 2
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    again = alignment(QUICK, out=tmp_path)
    assert kept == {path.name: path.stat().st_mtime_ns for path in (tmp_path / "jobs").iterdir()}
    for one, other in zip(found.save(tmp_path / "a"), again.save(tmp_path / "b"), strict=True):
        assert one.read_bytes() == other.read_bytes()
    several = alignment(replace(QUICK, networks=(Started("lstm", 0.5),), seeds=1))
    assert several.summary["lstm(0.5)/recall"]["isotropic"] == 2 / 12


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Started("plain", 0.5), DefinitionError, "leave gate out"),
        (lambda: Started("leaky", "chrono"), DefinitionError, "leave gate out"),
        (lambda: Started("gru", "fast"), UnknownNameError, "chrono"),
        (lambda: Started("gru", 1.0), ShapeError, "between 0 and 1"),
        (lambda: Started("linear_attention"), DefinitionError, "matrix state"),
        (lambda: AlignmentSpec(lags=(22,)), ShapeError, "from 1 to 21"),
        (lambda: AlignmentSpec(rank=25), ShapeError, "rank"),
        (lambda: AlignmentSpec(tasks=("ar2",)), UnknownNameError, "task with a lag"),
        (lambda: AlignmentSpec(networks=(Started("gru"), Started("gru"))), DefinitionError, "more than once"),
    ],
)
def test_bad_specifications_are_refused(make: object, error: type[SymgateError], message: str) -> None:
    """Before any work, with what is allowed."""
    with pytest.raises(error, match=message):
        make()  # type: ignore[operator]
