"""No line sticks out of its column: a sample here, drawn from a digest of the sources; all of them by ``overfull``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import symgate
from symgate.tex import Style, available_checkers
from tests.tex.everything import attempts, derived, every_object
from tests.tex.overfull import COLUMNS, overfull, printed

#: So many names are drawn; about two in three of them are there, and are set at each width.
SAMPLE = 36


@pytest.fixture(scope="module")
def chosen() -> dict[str, object]:
    """Other objects whenever the sources change, the same ones until then."""
    if "tex" not in available_checkers():
        pytest.skip("pdflatex is not installed")
    root = Path(symgate.__file__).parent
    sources = b"".join(path.read_bytes() for path in sorted(root.rglob("*.py")))
    digest = int.from_bytes(hashlib.sha256(sources).digest()[:8], "big")
    names = list(attempts())
    step = len(names) // SAMPLE
    return dict(derived(names[digest % step :: step]))


@pytest.mark.parametrize("column", COLUMNS)
def test_no_line_sticks_out(chosen: dict[str, object], column: str) -> None:
    """At one point of tolerance, equation and definitions and further equations."""
    style = Style.for_points(COLUMNS[column])
    assert overfull({name: printed(item, style) for name, item in chosen.items()}, column) == []


@pytest.mark.full
@pytest.mark.parametrize("column", COLUMNS)
def test_no_line_of_anything_sticks_out(column: str) -> None:
    """All objects of all cells."""
    if "tex" not in available_checkers():
        pytest.skip("pdflatex is not installed")
    style = Style.for_points(COLUMNS[column])
    assert overfull({name: printed(item, style) for name, item in every_object()}, column) == []


def test_a_line_that_sticks_out_is_found(chosen: dict[str, object]) -> None:
    """The wide style in the narrow column; and a formula that is broken stops the count."""
    texts = {name: printed(item, Style(width=400)) for name, item in list(chosen.items())[:12]}
    assert overfull(texts, "two columns")
    with pytest.raises(AssertionError, match="bad: !"):
        overfull({"bad": r"\undefined"}, "two columns")
