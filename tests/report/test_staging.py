"""A report is left whole or not at all, and what stood there before survives every failure."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from symgate.errors import OutputError
from symgate.report.staging import MANIFEST, staged


def _files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def _write(out: Path, files: dict[str, str]) -> None:
    with staged(out) as folder:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def _fail(path: Path, failure: BaseException) -> None:
    path.write_text("2")
    raise failure


def test_nothing_is_seen_until_all_is_written(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with staged(out) as folder:
        (folder / "a").write_text("1")
        assert not out.exists()

    assert _files(out) == {"a": "1", MANIFEST: "a\n"}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_a_later_report_replaces_its_own_files_and_no_others(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _write(out, {"a": "1", "modules/old": "1"})
    (out / "notes").write_text("mine")
    _write(out, {"a": "2"})

    assert _files(out) == {"a": "2", "notes": "mine", MANIFEST: "a\n"}


@pytest.mark.parametrize("entry", ["../notes", "/etc/hostname", "a/../../notes"])
def test_a_forged_list_of_files_reaches_nothing_outside(tmp_path: Path, entry: str) -> None:
    out = tmp_path / "out"
    _write(out, {"a": "1"})
    (tmp_path / "notes").write_text("mine")
    (out / MANIFEST).write_text(entry + "\n")
    _write(out, {"a": "2"})

    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize(
    "failure", [KeyboardInterrupt(), ValueError("slip"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_failure_leaves_the_former_report_and_no_litter(tmp_path: Path, failure: BaseException) -> None:
    out = tmp_path / "out"
    _write(out, {"a": "1"})
    before = _files(out)

    expected = OutputError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected) as caught, staged(out) as folder:
        _fail(folder / "a", failure)

    assert _files(out) == before
    assert ("untouched" in str(caught.value)) == isinstance(failure, OSError)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_ctrl_c_waits_while_files_take_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    real = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        os.kill(os.getpid(), signal.SIGINT)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _write(out, {"a": "1", "b": "1"})

    assert _files(out) == {"a": "1", "b": "1", MANIFEST: "a\nb\n"}


def test_a_file_in_the_way_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="--out"), staged(out):
            pytest.fail("work began")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_is_named_and_nothing_moves(tmp_path: Path) -> None:
    out = tmp_path / "out"
    _write(out, {"a": "1"})
    (out / "b").mkdir()

    with pytest.raises(OutputError, match="is a folder where the report has a file"):
        _write(out, {"a": "2", "b": "2"})
    assert (out / "a").read_text() == "1"
