"""``symgate certify`` and the export target, without Coq."""

from __future__ import annotations

from pathlib import Path

import pytest

import symgate as sg
from symgate.cli import main


def test_without_coq_the_certificates_are_written_and_the_way_to_coq_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code = main(["certify", "plain", "--out", str(tmp_path / "proofs")])
    assert code == 2
    assert "none checked" in (told := capsys.readouterr().out)
    assert "apt-get install" in told
    written = {path.name for path in (tmp_path / "proofs").iterdir()}
    assert written >= {"plain_cell.v", "plain_by_W_r.v", "plain_steps_W_r.v", "symgate_library.v", "symgate_steps.v"}
    asked = "Require Import symgate_library symgate_steps plain_cell plain_steps."
    assert asked in (tmp_path / "proofs" / "plain_steps_W_r.v").read_text()
    _, *order = (tmp_path / "proofs" / "_CoqProject").read_text().split()[2:]
    assert {f"{Path(name).stem}.v" for name in order} == written - {"_CoqProject"}


def test_a_rejected_file_is_taken_apart_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Coq that rejects whatever speaks of W_r: the other results of the file are accepted one by one."""
    coq = tmp_path / "coqc"
    (tmp_path / "user-contrib" / "Coquelicot").mkdir(parents=True)
    lines = [
        f"case $1 in --version) echo 'version 8.16.1'; exit;; -where) echo {tmp_path}; exit;; esac",
        "if grep -q 'Theorem J_W_r_true' $2; then echo 'Error: no' >&2; exit 1; fi",
        "echo 'Closed under the global context'",
    ]
    coq.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    coq.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    code = main(["certify", "plain", "--out", str(tmp_path / "proofs"), "--jobs", "2"])
    told = capsys.readouterr().out
    assert code == 1
    assert "20 of 21 results accepted by Coq 8.16.1" in told


def test_export_writes_a_certificate(tmp_path: Path) -> None:
    known = sg.cell("multi_gate")
    sg.export(sg.jacobian(known), "rocq", tmp_path / "gate.v")
    assert "Theorem J_x_true" in (tmp_path / "gate.v").read_text()
    assert main(["export", "multi_gate", "W_r", "--target", "rocq", "-o", str(tmp_path / "w.v")]) == 0
    assert r"\otimes" in (tmp_path / "w.v").read_text()
