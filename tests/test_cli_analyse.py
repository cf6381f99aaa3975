"""The command that analyses weights: what it prints and leaves, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import symgate as sg
from symgate.cli.analyses import KNOWN
from symgate.cli.program import main
from tests.numeric.recurrence import draw


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Weights of a multi gate under the names of the cell."""
    path = tmp_path / "weights.npz"
    np.savez(path, **draw(sg.cell("multi_gate"), 5, 2, 1, 0.9))
    return path


def run(*words: str) -> int:
    return main(["analyse", *words])


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    ("analysis", "shown", "kept"),
    [
        ("lyapunov", "Kaplan-Yorke dimension", "exponents"),
        ("fixed-points", "fixed point", "points"),
        ("lags", "share of the gradient", "by_lag"),
        ("influence", "eligibility trace", "eligibility_trace_W_r"),
        ("remainder", "computed bound", "computed"),
        ("curvature", "share of the gradient", "gauss_newton"),
    ],
)
def test_each_analysis_prints_and_leaves_arrays_and_a_figure(
    analysis: str, shown: str, kept: str, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table, an archive, and the figure in three formats; progress goes to standard error."""
    out = tmp_path / "out"
    assert run(analysis, "multi_gate", "--weights", str(weights), "--steps", "40", "--out", str(out)) == 0
    printed = capsys.readouterr()
    assert shown in printed.out
    assert "20/20" in printed.err
    name = f"multi_gate_{analysis.replace('-', '_')}"
    assert {path.name for path in out.iterdir()} == {f"{name}.{kind}" for kind in ("npz", "pdf", "svg", "png")}
    with np.load(out / f"{name}.npz") as held:
        assert kept in held.files


def test_the_numbers_are_those_of_the_functions(weights: Path, tmp_path: Path) -> None:
    """Exponents of the same inputs by the function itself."""
    u = np.random.default_rng(3).normal(size=(60, 2))
    np.save(tmp_path / "u.npy", u)
    given = ["--weights", str(weights), "--inputs", str(tmp_path / "u.npy")]
    assert run("lyapunov", "multi_gate", *given, "--transient", "10", "--out", str(tmp_path)) == 0
    path = sg.numeric.rollout(sg.cell("multi_gate"), dict(np.load(weights)), u)
    with np.load(tmp_path / "multi_gate_lyapunov.npz") as held:
        np.testing.assert_allclose(held["exponents"], sg.numeric.lyapunov(path, transient=10).exponents, rtol=1e-12)


def test_remainders_lie_below_their_bounds(weights: Path, tmp_path: Path) -> None:
    """The computed bound is close above what is left out; a split without a name has its terms joined by plus signs."""
    words = ["remainder", "multi_gate", "--weights", str(weights), "--steps", "12", "--out", str(tmp_path)]
    assert run(*words, "--keep", "retention+drive") == 0
    with np.load(tmp_path / "multi_gate_remainder.npz") as held:
        assert (held["error"] <= held["computed"] * (1 + 1e-9)).all()
        assert (held["computed"] <= 1.2 * held["error"] + 1e-12).all()
        assert (held["computed"] <= held["norms"] * (1 + 1e-9)).all()
    assert run(*words, "--keep", "drift") == 2


def test_curvature_is_that_of_the_function(weights: Path, tmp_path: Path) -> None:
    """Half the squared state after the last step, or after every one; of one parameter alone."""
    u = np.random.default_rng(3).normal(size=(12, 2))
    np.save(tmp_path / "u.npy", u)
    path = sg.numeric.rollout(sg.cell("multi_gate"), dict(np.load(weights)), u)
    given = ["--weights", str(weights), "--inputs", str(tmp_path / "u.npy"), "--out", str(tmp_path)]
    last = np.zeros(path.after.shape)
    last[-1] = 1
    for words, curved, wrt in ((["--wrt", "W_g"], last, "W_g"), (["--loss", "every", "-k", "2"], 1 + 0 * last, None)):
        assert run("curvature", "multi_gate", *given, *words) == 0
        expected = sg.numeric.curvature_spectrum(path, curved * path.after, curved, 2, wrt=wrt)
        with np.load(tmp_path / "multi_gate_curvature.npz") as held:
            np.testing.assert_allclose(held["hessian"][:2], expected.hessian.values, rtol=1e-9)
            np.testing.assert_allclose(held["negative"][:2], expected.negative.values, rtol=1e-9)
            np.testing.assert_allclose(held["gauss_newton"][:2], expected.gauss_newton.values, rtol=1e-9)


def test_a_checkpoint_of_torch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A state dict of a whole model, the layer found under its name."""
    torch = pytest.importorskip("torch")
    model = torch.nn.ModuleDict({"rnn": torch.nn.GRU(2, 4), "out": torch.nn.Linear(4, 1)})
    torch.save({"state_dict": model.state_dict()}, tmp_path / "model.pt")
    words = ["--weights", str(tmp_path / "model.pt"), "--steps", "30", "--out", str(tmp_path)]
    assert run("lyapunov", "gru", *words) == 0
    assert "gru: 4 exponents" in capsys.readouterr().out
    cell, params = sg.interop.from_torch(model["rnn"])
    loaded = sg.interop.load_weights(cell, tmp_path / "model.pt")
    assert all((loaded[name] == params[name]).all() for name in params)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lyapunov", "multi_gate", "--weights", "nowhere.npz"], "There is no file 'nowhere.npz'"),
        (["lyapunov", "gru", "--weights", "{weights}"], "is not a known array in weights.npz"),
        (["lyapunov", "multi_gate", "--weights", "{weights}", "-k", "9"], "A state of 5 entries has 5 exponents"),
        (["lyapunov", "multi_gate", "--weights", "{weights}", "--steps", "9", "--transient", "9"], "leaves no steps"),
        (["fixed-points", "multi_gate", "--weights", "{weights}", "--at", "1,2,3"], "--at needs 2 numbers"),
        (["fixed-points", "multi_gate", "--weights", "{weights}", "--at", "1,b"], "--at needs 2 numbers"),
        (
            ["curvature", "multi_gate", "--weights", "{weights}", "-k", "99"],
            "80 entries of W_r, W_i, b, W_g, V_g, b_g",
        ),
        (["curvature", "multi_gate", "--weights", "{weights}", "--wrt", "W_q"], "'W_q' is not a known parameter"),
        (["lags", "multi_gate", "--weights", "{weights}", "--wrt", "W_q"], "'W_q' is not a known parameter"),
        (["lags", "multi_gate", "--weights", "{weights}", "--inputs", "{weights}x"], "There is no file"),
    ],
)
def test_bad_input_is_named(words: list[str], message: str, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line."""
    assert run(*(word.replace("{weights}", str(weights)) for word in words)) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("analysis", list(KNOWN))
def test_weights_that_are_not_finite(analysis: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Said plainly, by every analysis."""
    drawn = draw(sg.cell("multi_gate"), 5, 2, 1)
    np.savez(tmp_path / "w.npz", **{**drawn, "W_r": np.full((5, 5), np.nan)})
    words = ["--weights", str(tmp_path / "w.npz"), "--steps", "9", "--out", str(tmp_path)]
    assert run(analysis, "multi_gate", *words) == 2
    assert "'W_r' holds 25 entries that are not finite" in capsys.readouterr().err


@pytest.mark.sweep(3)
@pytest.mark.parametrize("analysis", [name for name in KNOWN if name != "remainder"])
def test_a_trajectory_that_diverges_is_told(analysis: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was finite is analysed, and what was lost is said."""
    own, weights = tmp_path / "own.py", tmp_path / "w.npz"
    own.write_text('import symgate as sg\nCELL = sg.cell("plain", phi="identity")\n')
    np.savez(weights, W_r=3 * np.eye(3), W_i=np.ones((3, 1)), b=np.zeros(3))
    words = [f"{own}:CELL", "--weights", str(weights), "--steps", "700", "--out", str(tmp_path)]
    assert run(analysis, *words, "--loss", "every") == 0
    lost = "did not converge" if analysis == "fixed-points" else "1 of 1 sequences exceeded the floating-point range"
    assert lost in capsys.readouterr().out
    if analysis in {"lags", "influence", "curvature"}:
        assert run(analysis, *words) == 2
        assert "use --loss every" in capsys.readouterr().err


def test_inputs_that_are_not_finite(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are told, and the steps before are analysed."""
    u = np.random.default_rng(0).normal(size=(30, 2))
    u[11] = np.nan
    np.save(tmp_path / "u.npy", u)
    given = ["--weights", str(weights), "--inputs", str(tmp_path / "u.npy"), "--out", str(tmp_path)]
    assert run("remainder", "multi_gate", *given) == 0
    shown = capsys.readouterr().out
    assert "u.npy contains 2 numbers that are not finite" in shown
    assert "only the first 11 steps are used" in shown
    with np.load(tmp_path / "multi_gate_remainder.npz") as held:
        assert np.isfinite(held["error"]).all()


def test_a_gradient_of_zero_has_no_angle(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After one step from 0 nothing depends on the recurrent weights; the others have their mean."""
    assert run("influence", "multi_gate", "--weights", str(weights), "--steps", "1", "--out", str(tmp_path)) == 0
    shown = capsys.readouterr().out
    assert "the gradient with respect to W_r, W_g is zero" in shown
    assert "nan" not in shown


def test_a_seed_is_a_whole_number(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Said by the parser."""
    with pytest.raises(SystemExit):
        run("fixed-points", "multi_gate", "--weights", str(weights), "--seed", "-1")
    assert "needs a whole number from 0; found '-1'" in capsys.readouterr().err


def test_files_that_hold_code_are_refused(tmp_path: Path) -> None:
    """An archive with pickled objects is not read."""
    np.savez(tmp_path / "w.npz", W_r=np.array([object()]), allow_pickle=True)
    with pytest.raises(sg.SymgateError, match="not a NumPy archive of plain arrays"):
        sg.interop.load_weights(sg.cell("multi_gate"), tmp_path / "w.npz")
