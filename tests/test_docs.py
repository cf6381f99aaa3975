"""What README and the pages say is what happens: code runs, output is real, links lead somewhere, versions agree."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import symgate as sg

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs").glob("*.md"))
EXECUTED = [page for page in PAGES if "code-cell" in page.read_text()]
CELL = re.compile(r"^```\{code-cell\} python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def blocks(language: str) -> list[str]:
    """The fenced blocks of README in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python code in a folder of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    return subprocess.run(
        [sys.executable, "-"], input=code, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_readme_code_prints_what_readme_shows(tmp_path: Path) -> None:
    """The block after the code is its output, byte for byte, and the exported module is there."""
    shown = run(blocks("python")[0], tmp_path)

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == blocks("text")[0]
    assert [path.name for path in tmp_path.iterdir()] == ["jacobian.py"]


def test_readme_refutes_a_published_formula(tmp_path: Path) -> None:
    """The verdict, the slip and the truth are what README shows, byte for byte."""
    shown = run("import symgate as sg\n" + blocks("python")[1], tmp_path)

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == blocks("text")[1]
    assert shown.stdout.startswith("refuted\n")


def test_readme_cell_is_a_cell(tmp_path: Path) -> None:
    """The recurrence shown in README builds and is proved."""
    before = "import symgate as sg\nfrom symgate.language import sigma\n"
    after = "print(sg.verify(sg.jacobian(c.build())).require().verdict)\n"

    shown = run(before + blocks("python")[2] + after, tmp_path)

    assert shown.stdout == "proved\n", shown.stderr


def test_readme_first_screen() -> None:
    """Pictures, install line, at most a dozen lines of code, their output, a refutation, then the two commands."""
    assert blocks("sh")[0].strip() == "python -m pip install ."
    assert blocks("python")[0].count("\n") <= 12
    marks = ("front_formula.png", "front_terms.png", "```sh", "```python", "```text", "sg.check", "## Two commands")
    order = [README.index(mark) for mark in (*marks, "## Who needs what", "## Beside other tools", "## Cite")]
    assert order == sorted(order)
    assert README[: order[6]].count("\n") <= 60


def test_readme_links_every_page() -> None:
    linked = set(LINK.findall(README))
    assert {f"docs/{page.name}" for page in PAGES if not page.name.startswith("tutorial-")} <= linked


def test_the_index_page_of_the_package_has_absolute_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``hatch_build.py`` makes of README: every link and picture has an address, behind it is a page of ours."""
    base = ModuleType("interface")
    base.MetadataHookInterface = object  # type: ignore[attr-defined]  # the build back end is not needed for the links
    monkeypatch.setitem(sys.modules, "hatchling.metadata.plugin.interface", base)
    for name in ("hatchling", "hatchling.metadata", "hatchling.metadata.plugin"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    site = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Documentation"]
    targets = LINK.findall(module.absolute(README, site))
    assert len(targets) > 40
    assert [target for target in targets if not target.startswith("https://")] == []
    for target in targets:
        path = target.removeprefix(site)
        source = path.removesuffix(".html") + ".md" if path.endswith(".html") else path
        assert (ROOT / "docs" / source).exists() or (ROOT / source.removeprefix("_static/")).exists(), target
    assert module.absolute("[a](https://a.org/x.md) [b](#here)", site) == "[a](https://a.org/x.md) [b](#here)"
    shown = module.installed(README, "symgate")
    assert "pip install symgate\n" in shown
    assert "pip install symgate && symgate report\n" in shown
    assert "pip install .\n" not in shown
    assert '".[test]"' in shown, "the tests need the source"


def test_ci_runs_the_two_commands_of_readme() -> None:
    """``.ci/run`` takes its commands from README, exactly two of them."""
    shown = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run"), "--commands"], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert shown == [
        "python -m pip install . && symgate report",
        'python -m pip install ".[test]" && python -m pytest',
    ]


@pytest.mark.sweep(3)
@pytest.mark.parametrize("page", EXECUTED, ids=lambda page: page.stem)
def test_page_runs(page: Path, tmp_path: Path) -> None:
    """The code of a page runs from top to bottom.  The build of the documentation runs every page, and shows it."""
    options = re.compile(r"\A---\n.*?^---$|^:[^\n]*$", re.MULTILINE | re.DOTALL)
    code = "\n".join(options.sub("", cell) for cell in CELL.findall(page.read_text()))
    if "IPython" in code:
        pytest.importorskip("IPython", reason="this page displays its output through IPython (extra 'docs')")

    shown = run(f"import os\nos.environ['SYMGATE_ROOT'] = {str(ROOT)!r}\n{code}", tmp_path)

    assert shown.returncode == 0, shown.stderr


def test_a_page_that_raises_is_seen(tmp_path: Path) -> None:
    """The check above can fail."""
    assert run("raise SystemExit(1)", tmp_path).returncode == 1


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_lead_to_files(page: Path) -> None:
    """Every relative link names a file that is there."""
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_is_in_the_table_of_contents() -> None:
    """No page is unreachable, none is missing."""
    index = (ROOT / "docs/index.md").read_text()
    listed = {
        line.strip()
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.MULTILINE | re.DOTALL)
        for line in tree.splitlines()
        if line.strip() and not line.startswith(":")
    }

    assert listed == {page.stem for page in PAGES} - {"index"}


def test_every_public_name_has_an_entry_in_the_reference() -> None:
    """The reference names all of ``symgate.__all__``."""
    text = (ROOT / "docs/api.md").read_text()

    missing = [name for name in sg.__all__ if not re.search(rf"symgate\.(errors\.)?{name}\b", text)]
    errors = {node.name for node in ast.parse((ROOT / "symgate/errors.py").read_text()).body if hasattr(node, "name")}

    assert set(missing) <= errors


def test_versions_agree() -> None:
    """The package, the citation and the changelog name one version."""
    assert f"version: {sg.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"version = {{{sg.__version__}}}" in README
    assert f"## {sg.__version__}" in (ROOT / "CHANGELOG.md").read_text()
