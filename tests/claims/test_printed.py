"""What symgate prints, it reads: plain text, LaTeX, numbered equations and certificates of every object."""

from __future__ import annotations


import pytest

import symgate as sg
from symgate.calculus import equal, normal_form
from symgate.cells import LIBRARY
from symgate.claims.judging.diagnosis import Point
from symgate.claims.judging.record import Finding
from symgate.claims.judging.texts import check_text
from symgate.claims.reading.reader import Reading, stated
from symgate.derive import result, results
from symgate.records import Derivation
from symgate.tex import equation

SAMPLE = [("gru", name) for name in results(sg.cell("gru")) if ":W_" not in name and "U_" not in name]
SAMPLE += [("lstm", name) for name in ("jacobian", "adjoint", "h/c", "vjp:c/U_f", "gradient:U_i", "split:drive")]
SAMPLE += [("lru", "remainder:retention:1"), ("cornn", "remainder:drive:1"), ("gru_d", "jacobian"), ("gru_d", "h/W_d")]
SAMPLE += [("stp", "split:drive"), ("rwkv4", "preconditioner"), ("multi_gate", "rate:retention")]


def printed(truth: Derivation) -> dict[str, tuple[str, str]]:
    """By name, every print of an object with its form."""
    return {
        "text": ("text", sg.text(truth)),
        "latex": ("latex", sg.latex(truth)),
        "equation": ("latex", equation(truth)),
    }


def read_back(truth: Derivation, name: str, form: str, claim: str) -> Reading:
    """The reading of a print, which must not take its left side for a new name."""
    found: list[Reading] = []

    def unjudged(base: Finding, reading: Reading, _: Derivation) -> Finding:
        found.append(reading)
        return Finding(base.cell, base.object, base.claim, "proved", "", reading=reading.text, notes=reading.notes)

    seen = check_text(truth.cell, claim, name, form, unjudged)
    assert not any("that the claim introduces" in note for note in seen.notes), seen.notes
    return found[-1]


def same(reading: Reading, truth: Derivation) -> bool:
    """Whether a reading is the object: as written, in normal form, by its value, or by the judge."""
    expr, wanted = reading.expr, stated(truth)
    if expr == wanted:
        return True
    try:
        if truth.one_step and equal(normal_form(expr), normal_form(wanted)):
            return True
        point = Point(truth)
        if point.residue(expr) == point.residue(wanted):
            return True
    except (sg.SymgateError, ZeroDivisionError, TypeError, AttributeError):
        pass
    return sg.check(truth.cell, reading.given, None if reading.given else "", form=reading.form).proved


@pytest.mark.parametrize(("cell", "name"), SAMPLE, ids=lambda item: item)
def test_every_print_of_an_object_is_read(cell: str, name: str) -> None:
    truth = result(sg.cell(cell), name)
    for form, claim in printed(truth).values():
        assert read_back(truth, name, form, claim).text


@pytest.mark.full
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_every_print_of_every_object_of_every_cell_is_read(cell: sg.Cell) -> None:
    for name, truth in results(cell).items():
        for label, (form, claim) in printed(truth).items():
            assert read_back(truth, name, form, claim).text, (name, label)
