"""The generated pages of the catalogue: what each holds, what is absent and why, and that no wrong Jacobian passes."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import symgate as sg
from symgate.cells import LIBRARY
from symgate.errors import NotProvedError

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = (
    "Recurrence",
    "State Jacobian",
    "Over many steps",
    "Gradients of the parameters",
    "Spectrum along a trajectory",
    "Code",
)


@pytest.fixture(scope="module")
def catalogue() -> Iterator[ModuleType]:
    """The generator, which no package holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs"))
        yield importlib.import_module("_catalogue")


@pytest.fixture(scope="module")
def spectra(catalogue: ModuleType) -> ModuleType:
    """What draws the pictures."""
    return sys.modules[catalogue.picture.__module__]


@pytest.mark.parametrize("name", ["plain", "mingru", "ugrnn", "s6"])
def test_a_page(catalogue: ModuleType, name: str) -> None:
    """All sections in order; each object derived or named with a reason; every parameter, block and module."""
    text, picture = catalogue.page(name)
    cell = sg.cell(name)

    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(SECTIONS)
    for heading in catalogue.OBJECTS:
        derived = f"### {heading}\n" in text
        assert derived != bool(re.search(rf"^- {heading}: \S.*\.$", text, re.MULTILINE)), heading
    assert cell.source in text
    for block in catalogue.blocks(cell):
        assert sg.latex(block).split(" = ")[0] in text
        assert f"{block.name}.py" in text
    count = len(cell.states) * len(cell.parameters)
    assert f"Proved as this page was built: {count} of {count}." in text
    assert picture.lstrip().startswith("<?xml")
    assert "nan" not in picture.lower()


def test_every_cell_has_a_heading_and_a_row(catalogue: ModuleType) -> None:
    assert all(all(catalogue.titled(cell.name)) for cell in LIBRARY)
    rows = {name: catalogue.overview_row(name) for name in ("plain", "leaky", "gru", "mingru", "lstm")}

    assert "| nothing | none | drive | no |" in rows["plain"]
    assert r"$\eta(1-\alpha)^{t-k}\mathbf{1}$" in rows["leaky"]
    assert r"$\eta\bigodot_{j=k+1}^{t}\mathbf{z}_{j}$" in rows["gru"]
    assert rows["mingru"].endswith("| retention | no, exact |")
    assert r"c: $\operatorname{diag}(\mathbf{f}_{t})$" in rows["lstm"]


def test_a_page_is_not_written_for_a_jacobian_that_is_wrong(
    catalogue: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator requires the proof of what it prints."""
    from dataclasses import replace

    right = catalogue.blocks
    monkeypatch.setattr(
        catalogue, "blocks", lambda cell: [replace(block, named_terms=block.named_terms[:1]) for block in right(cell)]
    )
    with pytest.raises(NotProvedError):
        catalogue.page("ugrnn")


def test_the_spectrum_is_that_of_the_recurrence(spectra: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn: the eigenvalues of minGRU are its leaks, all real and in (0, 1)."""
    drawn = []
    monkeypatch.setattr(spectra.plots, "jacobian_spectrum", lambda *arrays: drawn.append(arrays))
    monkeypatch.setattr(spectra.plots, "svg", lambda _figure: "")
    spectra.picture(sg.cell("mingru"))
    spectra.picture(sg.cell("lstm"))
    (eigenvalues, singular), (both, _) = drawn

    assert eigenvalues.shape == singular.shape == (spectra.STEPS, spectra.UNITS)
    assert both.shape == (spectra.STEPS, 2 * spectra.UNITS)
    assert np.all((eigenvalues.real > 0) & (eigenvalues.real < 1) & (eigenvalues.imag == 0))
    assert np.allclose(np.sort(eigenvalues.real), np.sort(singular))
