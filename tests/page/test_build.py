"""The folder that ``symgate page`` writes, and what it says where a part cannot be had."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from symgate.cli import main
from symgate.errors import MissingLibraryError, OutputError
from symgate.page.archive import add_bytecode, write_archive
from symgate.page.build import MARK, STATIC, build_page
from symgate.page.parts import MODULES, RUNTIME, find_pyodide, package_files

LOADER = "pyodide.asm.mjs"


@pytest.fixture
def pyodide(tmp_path: Path) -> Path:
    """A folder with the names of Pyodide's files; nothing here runs them."""
    folder = tmp_path / "node_modules" / "pyodide"
    folder.mkdir(parents=True)
    for name in (*RUNTIME, LOADER):
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages of two files, which are packed in no time."""
    entries = [("symgate/__init__.py", b""), ("sympy/__init__.py", b"x = 1\n")]
    monkeypatch.setattr("symgate.page.build.package_files", lambda _: iter(entries))


def test_the_archive_holds_the_packages_without_tests_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    entries = list(package_files(None))
    count = write_archive(tmp_path / "one.zip", entries)
    write_archive(tmp_path / "two.zip", entries)

    names = zipfile.ZipFile(tmp_path / "one.zip").namelist()
    assert len(names) == count
    assert {"sympy/__init__.py", "mpmath/__init__.py", "lark/__init__.py", "symgate/page/answers.py"} <= set(names)
    assert any(name.startswith("sympy-") and name.endswith("/LICENSE") for name in names)
    assert not [name for name in names if "/tests/" in name or name.endswith((".pyc", ".so"))]
    assert not [name for name in names if name.split("/")[0] in ("numpy", "matplotlib", "rich", "jinja2")]
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.usefixtures("small")
def test_the_folder_is_whole_and_is_replaced_only_where_it_is_a_page(tmp_path: Path, pyodide: Path) -> None:
    out = tmp_path / "try-it"
    page = build_page(out, pyodide=pyodide, compile_=False)

    listed = json.loads((out / MARK).read_text())["files"]
    assert sorted([*listed, MARK, "service.js"]) == sorted(
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()
    )
    assert {*STATIC, "packages.zip", *(f"pyodide/{name}" for name in (*RUNTIME, LOADER))} == set(listed)
    assert page.size == sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    service = (out / "service.js").read_text()
    assert "@" not in service
    assert '"packages.zip"' in service
    first = (out / MARK).read_bytes()
    (out / "former.txt").touch()
    build_page(out, pyodide=pyodide, compile_=False)
    assert not (out / "former.txt").exists()
    assert (out / MARK).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".try-it")] == []


@pytest.mark.usefixtures("small")
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, pyodide: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()

    with pytest.raises(OutputError, match="not a page of symgate"):
        build_page(tmp_path / "thesis", pyodide=pyodide, compile_=False)
    assert (tmp_path / "thesis" / "chapter.tex").exists()
    with pytest.raises(OutputError, match="is a file"):
        build_page(tmp_path / "thesis" / "chapter.tex", pyodide=pyodide, compile_=False)


def test_a_folder_that_lacks_files_of_pyodide_is_refused_by_name(tmp_path: Path, pyodide: Path) -> None:
    (pyodide / "pyodide.asm.wasm").unlink()

    with pytest.raises(MissingLibraryError, match=r"lacks pyodide\.asm\.wasm\. Run `npm install pyodide`"):
        build_page(tmp_path / "out", pyodide=pyodide)
    assert not (tmp_path / "out").exists()


def test_pyodide_is_taken_from_npms_modules(pyodide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODULES, str(pyodide.parent))

    assert [path.parent for path in find_pyodide(None, tmp_path)] == [pyodide] * 5


def test_without_npm_and_where_npm_fails_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MODULES, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingLibraryError, match="npm is not on the PATH"):
        find_pyodide(None, tmp_path)
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code E404' >&2\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(MissingLibraryError, match=r"could not install pyodide.*npm error code E404.*--pyodide"):
        find_pyodide(None, tmp_path)


def test_wheels_are_taken_from_a_folder_or_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingLibraryError, match=r"needs one pure-Python wheel of sympy.*found none.*pip download"):
        list(package_files(tmp_path))
    for name in ("sympy", "mpmath", "lark"):
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "x = 1\n")
            wheel.writestr(f"{name}/tests/test_x.py", "")
    names = [name for name, _ in package_files(tmp_path)]
    assert names[:3] == ["sympy/__init__.py", "mpmath/__init__.py", "lark/__init__.py"]
    (tmp_path / "lark-1.0-py3-none-any.whl").write_bytes(b"no zip")
    with pytest.raises(MissingLibraryError, match="is not a wheel"):
        list(package_files(tmp_path))
    (tmp_path / "lark-1.0-py3-none-any.whl").rename(tmp_path / "lark-1.0-cp311-cp311-linux_x86_64.whl")
    with pytest.raises(MissingLibraryError, match=r"found lark-1\.0-cp311"):
        list(package_files(tmp_path))


def test_two_packages_with_the_same_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Two packages have the file"):
        write_archive(tmp_path / "one.zip", [("a.py", b""), ("a.py", b"")])


def test_without_node_the_packages_stay_as_they_are_and_the_reason_is_told(
    tmp_path: Path, pyodide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "packages.zip"
    write_archive(archive, [("a.py", b"x = 1\n")])
    before = archive.read_bytes()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert add_bytecode(archive, pyodide, tmp_path) == "there is no Node.js on the PATH"
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 9\n")
    node.chmod(0o755)
    assert add_bytecode(archive, pyodide, tmp_path) == "Node.js failed: out of memory"
    assert archive.read_bytes() == before


@pytest.mark.usefixtures("small")
def test_the_command_says_how_to_open_it_and_refuses_in_one_line(
    tmp_path: Path, pyodide: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "try-it"

    assert main(["page", "--out", str(out), "--pyodide", str(pyodide), "--no-bytecode"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith(f" MB -> {out}")
    assert shown[-1] == f"open it with: python -m http.server --directory {out}"
    assert main(["page", "--out", str(out), "--pyodide", str(tmp_path / "nowhere")]) == 2
    assert "is not the npm package pyodide" in capsys.readouterr().err


def test_what_the_browser_loads_names_no_other_host() -> None:
    """No address of another host stands in what is ours, namespaces aside."""
    folder = Path(__file__).resolve().parents[2] / "symgate" / "page" / "static"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    assert set(texts) == {*STATIC, "service.js", "compile.mjs"}
    for name, text in texts.items():
        addresses = [word for word in text.replace("http://www.w3.org/1998/Math/MathML", "").split() if "://" in word]
        assert addresses == [], name
    assert os.linesep.join(texts).isascii()
