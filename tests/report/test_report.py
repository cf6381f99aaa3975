"""The main job: what it leaves, what it says, and what happens when a formula is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

import symgate as sg
from symgate.cli import main
from symgate.derive import results
from symgate.proof import SLIPS, Slip
from symgate.report import figures, planted, write_report
from symgate.report import main as job
from symgate.report.over_time import TOPICS, has_code
from symgate.tex import available_checkers, latex
from tests.report.planting import plant_wrong_jacobian

ROOT = Path(__file__).resolve().parents[2]


class Whole(NamedTuple):
    """A report as a user gets it: its folder, what the program said, its cells."""

    out: Path
    done: subprocess.CompletedProcess[str]
    cells: tuple[sg.Cell, ...]

    @property
    def every(self) -> list[sg.Derivation]:
        """Every object of its cells."""
        return [derivation for cell in self.cells for derivation in results(cell).values()]


@pytest.fixture(scope="module", params=["sample", pytest.param("all", marks=pytest.mark.full)])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Of the cells of the paper, as without arguments, or of two of them."""
    chosen = [] if request.param == "all" else ["leaky", "multi_gate"]
    out = tmp_path_factory.mktemp("report") / "out"
    done = subprocess.run(
        [sys.executable, "-m", "symgate.cli", "report", *chosen, "--out", str(out), "--jobs", "2"],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return Whole(out, done, tuple(cell for cell in sg.CELLS if not chosen or cell.name in chosen))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing and compile nothing, for tests of the flow."""
    monkeypatch.setattr(job, "draw_figures", lambda cells, folder, progress, timings: [])  # noqa: ARG005 - the real signature
    monkeypatch.setattr(job, "draw_time_figures", lambda folder, executor, shown: list)  # noqa: ARG005
    monkeypatch.setattr(job, "compile_paper", lambda folder: "not asked for")  # noqa: ARG005


def test_it_proves_everything_and_says_so(whole: Whole) -> None:
    out, done, _ = whole
    total = len(whole.every)

    assert done.returncode == 0, done.stderr
    assert f"{total} of {total} objects proved" in done.stdout
    assert re.search(r"^(\d+) of \1 planted errors refuted$", done.stdout, re.MULTILINE)
    assert "verify" in done.stderr
    assert (out / "files.txt").read_text().splitlines() == sorted(
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() and path.name != "files.txt"
    )


def test_certificates_cover_every_object_and_every_slip(whole: Whole) -> None:
    found = json.loads((whole.out / "certificates.json").read_text())

    assert [(item["cell"], item["object"]) for item in found["objects"]] == [
        (cell.name, key) for cell in whole.cells for key in results(cell)
    ]
    assert {item["certificate"]["verdict"] for item in found["objects"]} == {"proved"}
    assert {(item["subject"], item["verdict"]) for item in found["continuous"]} == {
        (f"continuous_time_{name}", "proved") for name in ("euler", "exponential")
    }
    assert {item["certificate"]["verdict"] for item in found["planted"]} == {"refuted"}
    assert all(
        item["certificate"]["witness"]["claimed"] != item["certificate"]["witness"]["true"] for item in found["planted"]
    )
    assert {item["slip"] for item in found["planted"]} == set(SLIPS)


def test_every_module_imports_numpy_alone(whole: Whole) -> None:
    code = (
        "import runpy, sys; from pathlib import Path\n"
        "paths = sorted(Path('modules').rglob('*.py'))\n"
        "for path in paths: assert [name for name in runpy.run_path(str(path))['__all__']]\n"
        "print(len(paths), 'symgate' in sys.modules, 'sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=whole.out, capture_output=True, text=True, check=True)

    count = len(whole.cells) + sum(map(has_code, whole.every))
    assert done.stdout.split() == [str(count), "False", "False"]


class _Page(HTMLParser):
    """Collects what a page holds and refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.copied: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        self.ids += [held["id"] or ""] if "id" in held else []
        self.links += [held[name] or "" for name in ("href", "src") if name in held]
        self.copied += [held["data-copy"] or ""] if "data-copy" in held else []


def test_the_page_is_whole_and_needs_no_network(whole: Whole) -> None:
    text = (whole.out / "index.html").read_text()
    page = _Page()
    page.feed(text)
    total = len(whole.every)

    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link.removeprefix("#") in page.ids if link.startswith("#") else (whole.out / link).exists(), link
    assert set(page.copied) <= set(page.ids)
    assert len(page.copied) == total + sum(map(has_code, whole.every))
    assert page.tags.count("math") >= total
    assert page.tags.count("figure") == 8
    assert not {"link", "iframe"} & set(page.tags)
    assert not [word for word in ("https:", "//cdn", "@import", "url(") if word in text]
    for cell in whole.cells:
        assert f'id="{cell.name}"' in text
    for topic in TOPICS:
        assert f'<section id="{topic.name}"' in text
    for cell in whole.cells:
        assert latex(sg.jacobian(cell)) in unescape(text)


def test_the_paper_holds_every_formula_and_compiles_unchanged(whole: Whole, tmp_path: Path) -> None:
    out = whole.out
    text = (out / "report.tex").read_text()
    assert text.isascii()
    for derivation in whole.every:
        assert f"\\label{{eq:{derivation.name}}}" in text
    if "tex" not in available_checkers():
        assert "pdflatex is not installed" in whole.done.stdout
        return
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    shutil.copytree(out / "figures", tmp_path / "figures")
    shutil.copy(out / "report.tex", tmp_path)
    for _ in range(2):
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"],
            cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert [line for line in done.stdout.splitlines() if line.startswith("Overfull") or "undefined" in line] == []


def test_figures_are_there_in_every_format(whole: Whole) -> None:
    names = sorted(path.name for path in (whole.out / "figures").iterdir())

    drawn = ("adam", "expansion", "local_errors", "momentum", "rates", "schedule", "spectra", "terms")
    assert names == [f"{stem}.{kind}" for stem in drawn for kind in ("pdf", "png", "svg")]


@pytest.mark.usefixtures("quick")
def test_a_wrong_derivation_makes_the_report_fail_and_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plant_wrong_jacobian(monkeypatch, "plain")

    assert main(["report", "plain", "--out", str(tmp_path / "out"), "--jobs", "1"]) == 1

    shown = capsys.readouterr().out
    assert "plain_jacobian_x: refuted" in shown
    assert "14 of 15 objects proved" in shown
    page = (tmp_path / "out" / "index.html").read_text()
    assert "14 proved, 1 refuted" in page
    assert "of the recurrence: " in page
    assert "Refuted." in (tmp_path / "out" / "report.tex").read_text()


@pytest.mark.usefixtures("quick")
def test_a_slip_that_is_not_refuted_makes_the_report_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checker that accepts a planted error is itself in error."""
    blind = sg.jacobian(sg.cell("plain"))
    monkeypatch.setattr(planted, "slips", lambda _: [Slip("wrong_sign", "drive", blind)])

    outcome = write_report(tmp_path / "out", sg.CELLS[:1], jobs=1)

    assert all(entry.proved for entry in outcome.entries)
    assert not outcome.all_proved


@pytest.mark.usefixtures("quick")
def test_the_same_formulas_give_the_same_certificates_and_modules(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_report(tmp_path / name, sg.CELLS[:1], jobs=1)

    names = [path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*") if path.is_file()]
    assert Path("certificates.json") in names
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name


@pytest.mark.usefixtures("quick")
def test_a_full_disk_leaves_the_former_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    assert main(["report", "plain", "--out", str(out), "--jobs", "1"]) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    real = Path.replace

    def full(self: Path, target: str | Path) -> Path:
        if Path(target).name == "report.tex":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    assert main(["report", "plain", "--out", str(out), "--jobs", "1"]) == 2

    assert "No space left on device" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_figures_show_the_jacobians_of_a_real_trajectory() -> None:
    """The heat maps are the terms of a Jacobian, and they add up to the derivative of the step."""
    trajectory = figures.sample_trajectory(sg.cell("multi_gate"))
    terms = figures.jacobian_terms(trajectory)
    total = figures.jacobians(trajectory)

    assert list(terms) == ["retention", "drive", "gate"]
    assert abs(sum(terms.values()) - total).max() < 1e-14
    assert trajectory.x.shape == (figures.STEPS + 1, figures.UNITS)


@pytest.mark.usefixtures("quick")
@pytest.mark.sweep(1)
@pytest.mark.parametrize("name", ["mingru", "qrnn"])
def test_a_report_of_any_cell(name: str, tmp_path: Path) -> None:
    """Also of a cell that is linear in its state, and of one with two states; ``test_page.py`` draws their figures."""
    outcome = write_report(tmp_path / name, [sg.cell(name)], jobs=1)

    assert outcome.entries
    assert outcome.all_proved
    page = (tmp_path / name / "index.html").read_text(encoding="utf-8")
    assert name in page
    assert (tmp_path / name / "report.tex").is_file()
