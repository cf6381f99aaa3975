"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symgate.errors import OutputError
from symgate.files import write_atomic


def test_text_and_bytes_arrive_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert write_atomic(path, "one\r\ntwo\n") == path
    assert path.read_bytes() == b"one\r\ntwo\n"
    write_atomic(str(path), b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_those_of_the_earlier_file_or_of_a_new_one(tmp_path: Path) -> None:
    path, plain = tmp_path / "a", tmp_path / "plain"
    plain.write_text("")
    write_atomic(path, "x")
    assert path.stat().st_mode == plain.stat().st_mode
    path.chmod(0o640)
    write_atomic(path, "y")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    write_atomic(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.parametrize("stage", ["fsync", "write", "replace"])
def test_an_interruption_leaves_the_earlier_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Ctrl-C at any stage: the old file, and no temporary one."""
    path = tmp_path / "a"
    path.write_text("old")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    if stage == "fsync":
        monkeypatch.setattr(os, "fsync", stop)
    elif stage == "write":
        monkeypatch.setattr(os, "fdopen", stop)
    else:
        monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            write_atomic(tmp_path / "a", "x")
    finally:
        tmp_path.chmod(0o700)


def test_folders_that_are_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OutputError, match="is not a folder"):
        write_atomic(tmp_path / "file" / "a", "x")
    with pytest.raises(OutputError, match="does not exist"):
        write_atomic(tmp_path / "none" / "a", "x")
    with pytest.raises(OutputError, match="it is a folder"):
        write_atomic(tmp_path, "x")
