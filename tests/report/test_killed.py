"""A report that was killed is put right by the next one, whatever it was doing; a full disk is told with the file."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symgate import files
from symgate.errors import OutputError
from symgate.files import abandoned, held, write_atomic
from symgate.report.staging import LOCK, MANIFEST, staged

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(files.fcntl is None, reason="this platform has no POSIX locks: litter stays")


def _run(out: Path, moment: str) -> bool:
    """In a process of its own, write three files over those of a former report; killed at that moment, if it comes."""
    child = os.fork()
    if not child:
        try:
            _killed_run(out, moment)
        except BaseException:  # noqa: BLE001 - this copy of the tests must not go on
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, -signal.SIGKILL}
    return code != 0


def _killed_run(out: Path, moment: str) -> None:
    if moment.startswith("move"):
        real, left = Path.replace, [int(moment.removeprefix("move"))]

        def replace(self: Path, target: Path) -> Path:
            if self.parent.name.startswith(".out-") and self.suffix != ".tmp":
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
            return real(self, target)

        Path.replace = replace  # type: ignore[method-assign]  # in this process, which ends
    with staged(out) as folder:
        for name in "abc":
            (folder / name).write_text("2")
            if moment == "built" and name == "b":
                os.kill(os.getpid(), signal.SIGKILL)


def _write(out: Path, names: str, text: str) -> None:
    with staged(out) as folder:
        for name in names:
            (folder / name).write_text(text)


def _files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@posix
def test_a_folder_of_a_killed_run_is_removed_by_the_next(tmp_path: Path) -> None:
    """Killed while it was built: the former report is there, its staging folder too, until the next run."""
    out = tmp_path / "out"
    _write(out, "ax", "1")
    assert _run(out, "built")
    assert _files(out) == {"a": "1", "x": "1", MANIFEST: "a\nx\n"}
    assert len(list(tmp_path.iterdir())) == 2

    _write(out, "a", "3")
    assert _files(out) == {"a": "3", MANIFEST: "a\n"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@posix
@pytest.mark.parametrize("moved", [0, 1, 2, 3])
def test_a_report_that_was_killed_while_it_moved_is_finished(tmp_path: Path, moved: int) -> None:
    """After any number of files: the next run first finishes the move, also where it then fails itself."""
    out = tmp_path / "out"
    _write(out, "ax", "1")
    (out / "notes").write_text("mine")
    assert _run(out, f"move{moved}")
    assert _files(out)[MANIFEST] == "a\nx\n"
    assert [text for name, text in _files(out).items() if name in "abc"].count("2") == moved

    with pytest.raises(ValueError, match="slip"), staged(out):
        raise ValueError("slip")
    assert _files(out) == {"a": "2", "b": "2", "c": "2", "notes": "mine", MANIFEST: "a\nb\nc\n"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@posix
def test_a_move_whose_files_are_gone_is_not_finished(tmp_path: Path) -> None:
    """The reader removed the folder in between: a part of a report is no report."""
    out = tmp_path / "out"
    _write(out, "a", "1")
    assert _run(out, "move2")
    for path in out.iterdir():
        path.unlink()

    _write(out, "a", "3")
    assert _files(out) == {"a": "3", MANIFEST: "a\n"}


def test_a_folder_that_another_run_works_on_is_left_alone(tmp_path: Path) -> None:
    """In this process and in another."""
    out = tmp_path / "out"
    with staged(out) as first:
        (first / "a").write_text("1")
        _write(out, "b", "2")
        if files.fcntl is not None:
            assert not _run(out, "never")
        assert (first / "a").read_text() == "1"
    assert _files(out) == {"a": "1", MANIFEST: "a\n"}


def test_a_folder_that_only_looks_like_ours_is_left_alone(tmp_path: Path) -> None:
    """Without a lock of ours, or behind a link."""
    out, real = tmp_path / "out", tmp_path / "elsewhere"
    (tmp_path / ".out-notes").mkdir()
    (tmp_path / ".out-notes" / "mine").write_text("mine")
    real.mkdir()
    (real / LOCK).touch()
    (tmp_path / ".out-link").symlink_to(real)
    _write(out, "a", "1")

    assert (tmp_path / ".out-notes" / "mine").read_text() == "mine"
    assert (real / LOCK).exists()


@posix
def test_a_temporary_file_of_a_killed_process_is_removed_by_the_next_write(tmp_path: Path) -> None:
    """And one that is being written is not."""
    left, user = tmp_path / ".a.txt.abcd1234.tmp", tmp_path / ".a.txt.notes.tmp"
    left.write_text("half")
    user.write_text("mine")
    write_atomic(tmp_path / "a.txt", "1")
    assert not left.exists()
    assert user.exists()

    with left.open("w") as stream, held(left, stream.fileno()) as ours:
        assert ours
        write_atomic(tmp_path / "a.txt", "2")
        with abandoned(left) as taken:
            assert not taken
        child = os.fork()
        if not child:
            files._HELD.clear()  # as in a process that knows nothing of this one
            write_atomic(tmp_path / "a.txt", "3")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert left.exists()
    assert (tmp_path / "a.txt").read_text() == "3"


@posix
def test_a_writer_whose_file_was_taken_writes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cleaner that is faster than the lock loses no file."""
    real, taken = files.held, []

    def late(path: Path, handle: int) -> object:
        if not taken:
            taken.append(path)
            path.unlink()
        return real(path, handle)

    monkeypatch.setattr(files, "held", late)
    write_atomic(tmp_path / "a", "1")
    assert taken
    assert _files(tmp_path) == {"a": "1"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_the_file_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The file that the reader knows, not the temporary one."""

    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    out = tmp_path / "out"
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError) as caught:
        write_atomic(tmp_path / "jacobian.py", "x")
    assert f"Cannot write {tmp_path / 'jacobian.py'}: {os.strerror(code)}. Free some" in str(caught.value)
    assert caught.value.path == os.fspath(tmp_path / "jacobian.py")

    with pytest.raises(OutputError) as caught, staged(out) as folder:
        write_atomic(folder / "report.tex", "x")
    assert f"Cannot write {out / 'report.tex'}: " in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_printed_is_an_error(tmp_path: Path) -> None:
    """A program whose standard output is a full disk says so and fails."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "symgate", "cells"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_processes_end_with_a_killed_parent(tmp_path: Path) -> None:
    """No worker outlives the run that started it."""
    code = (
        "import os, signal, sys\n"
        "from symgate.report import workers\n"
        "with workers(2) as executor:\n"
        "    pids = {executor.submit(os.getpid).result() for _ in range(8)}\n"
        "    from multiprocessing import active_children\n"
        "    print(*(child.pid for child in active_children()), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with (tmp_path / "pids").open("w") as stream:  # a pipe would wait for the workers
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=stream, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
    assert done.returncode == -signal.SIGKILL
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2
    for _ in range(600):
        if not any(_runs(pid) for pid in pids):
            return
        time.sleep(0.1)
    pytest.fail(f"still running: {pids}")


def _runs(pid: str) -> bool:
    """Whether a process is there and is not a zombie that waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
