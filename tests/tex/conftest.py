"""Every formula of every built-in cell, checked once for all tests, and a line that says by what."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import symgate as sg
from symgate.tex import Fault, Style, available_checkers, check_formulas, equation, latex, macro_definitions

STYLES = {
    "default": Style(),
    "plain letters": Style(bold=False, transpose="T"),
    "by value": Style(derivatives="value"),
    "macros": Style(macros=True),
    "narrow": Style(width=24),
}
_USED: list[str] = []


@dataclass(frozen=True)
class Checked:
    """What was checked, by which checker, and what it found."""

    formulas: dict[str, str]
    checker: str
    faults: tuple[Fault, ...]


def every_formula() -> dict[str, str]:
    """The LaTeX of all cells and objects in all styles, as formulas and as displayed equations."""
    items = [item for cell in sg.CELLS for item in (cell, *sg.objects(cell))]
    found = {}
    for kind, style in STYLES.items():
        for item in items:
            found[f"{item.name}, {kind}"] = latex(item, style)
            found[f"{item.name}, {kind}, displayed"] = equation(
                item, style, label=f"{item.name}-{kind.replace(' ', '-')}"
            )
    return found


@pytest.fixture(scope="session")
def checked() -> Checked:
    """One run of the strictest checker that is installed."""
    checkers = available_checkers()
    if not checkers:
        pytest.skip("no checker of LaTeX: neither pdflatex nor node with temml or katex")
    formulas = every_formula()
    _USED.append(f"{len(formulas)} formulas checked by {checkers[0]} (found: {', '.join(checkers)})")
    return Checked(formulas, checkers[0], check_formulas(formulas, macros=macro_definitions(STYLES["macros"])))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which checker was used."""
    for line in _USED:
        terminalreporter.write_line(f"LaTeX: {line}")
