"""The commands as a user runs them: output, exit codes, messages."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import symgate as sg
from symgate.cli import experiment, main
from symgate.codegen import source
from symgate.derive import results
from symgate.tex import latex

ROOT = Path(__file__).resolve().parents[1]
CELL_FILE = """
import symgate as sg
from symgate.language import sigma, tanh

sg.register_nonlinearity("bump", lambda z: 1 / (1 + z**2))
c = sg.CellBuilder("forgetful", source="a notebook")
x, u = c.state("x", "n"), c.input("u", "m")
W, V, w = c.matrix("W", "n", "n"), c.matrix("V", "n", "m"), c.vector("w", "n")
s = c.let("s", sigma(w.T @ x), role="gate")
c.next(x, (1 - s) * x + s * sg.function("bump")(W @ x + V @ u))
MINE = c.build()
"""


def _run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, for what is about processes or registers functions."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "symgate.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def _here(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The program in this process, which has imported it: the same output, without another start."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse refuses
            code = int(str(end))
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def _refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit code 2, nothing on standard output, one message without a traceback."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("symgate: error: ")
    assert "Traceback" not in done.stderr
    assert [word for word in words if word not in done.stderr] == []


@pytest.fixture(scope="module")
def cell_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mine") / "mine.py"
    path.write_text(
        CELL_FILE.replace("sg.function", "function").replace("import sigma, tanh", "import function, sigma")
    )
    return path


def test_cells_lists_every_cell_with_its_equations_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cells"]) == 0
    shown = capsys.readouterr().out

    for cell in sg.cells.LIBRARY:
        assert f"\n{cell.name} " in shown
    assert "x = (1 - g)*x_prev + g*phi(a)" in shown
    assert "Elman 1990" in shown
    assert "\x1b" not in shown


def test_derive_prints_text_with_definitions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "multi_gate"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[:3] == [
        "dx/dx_prev = diag(1 - g)",
        "           + diag(g*dphi(a)) @ W_r",
        "           + diag(dsigma(a_g)*(phi(a) - x_prev)) @ W_g",
    ]
    assert "    g = sigma(a_g)" in lines
    assert lines[-1] == "assuming that phi is differentiable"


def test_derive_prints_several_states_over_many_steps(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The recursion of each state, and what the names of the blocks stand for."""
    assert main(["derive", "lstm", "adjoint"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == "lam_h[k] = delta_h[k]"
    assert "lam_c[k] = delta_c[k]" in lines
    assert "    lam[k] = block([[lam_h[k]], [lam_c[k]]])" in lines
    assert not [line for line in lines if line.startswith("    J")], "nothing that is printed uses it"
    assert main(["derive", "qrnn", "rate:retention"]) == 0
    assert "prod(f[j] for j in range(k+1, t+1))" in capsys.readouterr().out
    assert main(["export", "lstm", "split:retention", "-o", str(tmp_path / "split.py")]) == 0
    assert "lstm_split_retention" in (tmp_path / "split.py").read_text()


@pytest.mark.parametrize("name", ["x", "u", "W_g", "vjp:W_r", "vjp:b_g"])
def test_derive_prints_the_latex_and_the_python_of_any_object(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    cell = sg.cell("scalar_gate" if name == "vjp:b_g" else "multi_gate")
    wrt = name.removeprefix("vjp:")
    derivation = sg.vjp(cell, wrt) if name.startswith("vjp:") else sg.jacobian(cell, wrt)

    assert main(["derive", cell.name, name, "--latex"]) == 0
    assert capsys.readouterr().out == latex(derivation) + "\n"
    assert main(["derive", cell.name, name, "--python"]) == 0
    assert capsys.readouterr().out == source(derivation).rstrip("\n") + "\n"


def test_step_is_the_recurrence_and_bind_chooses_the_function(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", "plain", "step", "--python", "--bind", "phi=relu"]) == 0
    shown = capsys.readouterr().out

    assert "def plain_step(" in shown
    assert "np.maximum" in shown
    assert "tanh" not in shown


def test_verify_shows_a_verdict_for_every_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "plain", "--jobs", "1"]) == 0
    shown = capsys.readouterr().out

    assert shown.count("proved") == len(results(sg.cell("plain"))) + 1
    assert "15 of 15 objects proved" in shown
    assert "gradient:W_r" in shown


def test_verify_fails_with_a_witness_when_a_formula_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.report.planting import plant_wrong_jacobian

    plant_wrong_jacobian(monkeypatch, "scalar_gate")
    assert main(["verify", "scalar_gate", "--jobs", "1"]) == 1
    shown = capsys.readouterr().out

    assert "scalar_gate_jacobian_x: refuted" in shown
    assert "of the recurrence: " in shown
    assert "38 of 39 objects proved" in shown


def test_export_writes_a_module_that_runs_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "jacobian.py"
    assert main(["export", "leaky", "x", "-o", str(path)]) == 0
    assert capsys.readouterr().out == f"leaky_jacobian_x -> {path}\n"

    code = (
        "import sys, numpy as np; from jacobian import leaky_jacobian_x as f\n"
        "J = f(x=np.zeros(2), u=np.zeros(1), W_r=np.eye(2), W_i=np.ones((2, 1)), b=np.zeros(2), alpha=0.25)\n"
        "print(J.tolist(), 'symgate' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[[1.0, 0.0], [0.0, 1.0]] False\n"


def test_a_cell_of_ones_own_is_read_from_a_file(cell_file: Path, tmp_path: Path) -> None:
    done = _run("derive", str(cell_file))
    assert (done.returncode, done.stderr) == (0, "")
    assert "dbump(" in done.stdout
    assert _run("derive", f"{cell_file}:forgetful").stdout == done.stdout

    assert _run("export", f"{cell_file}:MINE", "step", "-o", "step.py", cwd=tmp_path).returncode == 0
    spec = importlib.util.spec_from_file_location("step", tmp_path / "step.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    x, u, W, V, w = np.array([1.0, -1.0]), np.array([0.5]), np.eye(2), np.ones((2, 1)), np.zeros(2)
    expected = 0.5 * x + 0.5 / (1 + (x + 0.5) ** 2)
    np.testing.assert_allclose(module.forgetful_step(x=x, u=u, W=W, V=V, w=w), expected, rtol=1e-12)


def test_a_whole_cell_is_exported_and_checks_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "whole.py"
    assert main(["export", "leaky", "cell", "--target", "array_api", "-o", str(path)]) == 0
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "16 of 16 checks passed\n"
    assert main(["export", "leaky", "cell", "--target", "fortran", "-o", str(tmp_path / "other")]) == 2
    assert "Known: numpy, array_api, numba" in capsys.readouterr().err


def test_a_cell_of_ones_own_is_verified_in_several_processes(cell_file: Path) -> None:
    done = _run("verify", str(cell_file), "--jobs", "2")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "30 of 30 objects proved")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["derive", "leky"], ["'leky'", "Did you mean 'leaky'"]),
        (["derive", "leaky", "W_q"], ["'W_q'", "'W_r'", "vjp:alpha"]),
        (["derive", "leaky", "vjp:W_q"], ["vjp:W_r"]),
        (["derive", "leaky", "--bind", "phi=reluu"], ["'reluu'", "'relu'"]),
        (["derive", "leaky", "--bind", "psi=relu"], ["'psi'", "'phi'"]),
        (["derive", "leaky", "--bind", "phi"], ["NAME=FUNCTION"]),
        (["derive", "missing.py:MINE"], ["missing.py"]),
        (["verify", "plain", "multigate"], ["'multigate'", "'multi_gate'"]),
        (["export", "leaky", "x", "-o", "no/such/folder/x.py"], ["no/such/folder", "does not exist"]),
        (["export", "leaky", "x", "-o", "x.f90", "--target", "fortran"], ["'fortran'", "numpy"]),
        (["report", "--out", "/dev/null"], ["/dev/null", "--out"]),
        (["report", "--out", "/dev/null/below"], ["/dev/null", "--out"]),
    ],
)
def test_bad_input_is_one_message_and_exit_code_two(
    arguments: list[str],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code = main(arguments)
    shown = capsys.readouterr()

    _refused(subprocess.CompletedProcess(arguments, code, shown.out, shown.err), *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def broken(:\n", ["line 1", "SyntaxError"]),
        ("x = 1\ny = 1 / 0\n", ["line 2", "ZeroDivisionError"]),
        ("from symgate import CellBuilder\nc = CellBuilder('a b')\n", ["line 2", "'a b'"]),
        ("x = 1\n", ["none"]),
    ],
)
def test_a_broken_cell_file_is_named_with_its_line(text: str, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text)

    _refused(_here("derive", f"{path}", cwd=tmp_path), "broken.py", *words)


def test_a_missing_cell_in_a_file_names_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from symgate import cell\n\nMINE = cell('plain')\n")
    _refused(_here("derive", "mine.py:MINNE", cwd=tmp_path), "'MINNE'", "'MINE'")


def test_usage_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["derive", "--help"], ["report", "--help"]):
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
        shown = capsys.readouterr().out
        assert "examples:\n  symgate" in shown
        assert max(map(len, shown.splitlines())) <= 120
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"symgate {sg.__version__}\n"
    for arguments in ([], ["prove"], ["verify", "--jobs", "0"], ["derive", "plain", "--latex", "--python"]):
        with pytest.raises(SystemExit, match="2"):
            main(arguments)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_gets_a_drawn_table() -> None:
    import pty

    main_end, terminal = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "TERM": "xterm"}
    shown = b""
    with subprocess.Popen([sys.executable, "-m", "symgate.cli", "cells"], stdout=terminal, env=environment) as process:
        os.close(terminal)
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while part := os.read(main_end, 65536):  # while it runs: a terminal holds a few pages only
                shown += part
    os.close(main_end)

    assert process.returncode == 0
    assert "\u2500" * 20 in shown.decode()
    assert "multi_gate" in shown.decode()


def test_a_closed_pipe_is_no_error() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "symgate.cli", "cells"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 141


def test_a_full_disk_is_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "symgate.cli", "cells"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=ROOT,
        )

    assert done.returncode == 2
    assert done.stderr == "symgate: error: [Errno 28] No space left on device\n"


def test_ctrl_c_in_the_middle_of_a_report_leaves_the_former_one(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.tex").write_text("former")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "symgate.cli", "report", "leaky", "--out", str(out), "--jobs", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True, start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a shell may have it ignored
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("verify"):
                break
        assert len(list(tmp_path.iterdir())) == 2, "the work goes on beside the folder"
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(300) == 130

    assert rest.splitlines()[-1] == "symgate: interrupted; the previous content of the folder is untouched"
    assert "Traceback" not in rest
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in out.iterdir()] == ["report.tex"]
    assert (out / "report.tex").read_text() == "former"


def test_experiment_leaves_results_and_figures_and_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table, the files; run again, every job is taken from the folder; as many workers as one likes.

    One figure of the four is drawn: ``tests/test_plots_experiments.py`` draws all.
    """
    draw = experiment.experiment_figures
    monkeypatch.setattr(experiment, "experiment_figures", lambda result: dict(list(draw(result).items())[:1]))
    command = ("experiment", "truncation", "--quick", "--seeds", "0,3", "--out", "results")
    first = _here(*command, "--workers", "1", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "slope, order 1" in first.stdout
    assert "written: 5 files in results" in first.stdout
    took = re.search(r"([0-9]+) s of processor time in all runs, ([0-9]+) MiB at most in a process", first.stdout)
    assert sys.platform == "win32" or (took is not None and 40 < int(took[2]) < 4000), first.stdout
    for name in ("truncation.npz", "truncation.json", "truncation_by_size.pdf", "truncation_by_size.svg"):
        assert (tmp_path / "results" / name).stat().st_size > 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "results").iterdir() if path.is_file()}

    again = _here(*command, "--workers", "2", cwd=tmp_path)
    assert again.returncode == 0
    assert "kept" in again.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "results").iterdir() if path.is_file()} == before


def test_experiment_refuses_bad_input_before_any_work(tmp_path: Path) -> None:
    """One message, and nothing left behind."""
    _refused(_here("experiment", "profiles", "--seeds", "1,1", cwd=tmp_path), "seeds", "1 more than once")
    for arguments, words in (
        (("experiment", "profile"), "invalid choice: 'profile'"),
        (("experiment", "profiles", "--seeds", "few"), "a number such as 20"),
        (("experiment", "profiles", "--workers", "0"), "at least 1"),
    ):
        done = _here(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr
    _refused(
        _here("experiment", "profiles", "--settings", "tiny", cwd=tmp_path), "'tiny' is not a known settings", "symgate"
    )
    _refused(_here("experiment", "learnability", "--settings", "symgate", cwd=tmp_path), "small")
    _refused(_here("experiment", "trainability", "--settings", "published", cwd=tmp_path), "small", "full")
    shown = _here("experiment", "alignment", "--show", cwd=tmp_path)
    assert "networks = plain, multi_gate(0.5)" in shown.stdout
    shown = _here("experiment", "truncation", "--show", cwd=tmp_path)
    assert "signal = slow   [source]" in shown.stdout
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    _refused(_here("experiment", "truncation", "--quick", "--out", "file", cwd=tmp_path), "Cannot write to file")
