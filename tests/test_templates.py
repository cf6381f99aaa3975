"""Values in documents are printed, never obeyed, and a value that is missing is an error."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

import symgate as sg
from symgate.report.figures import Drawn
from symgate.report.gather import Entry
from symgate.report.pages import index_page
from symgate.report.paper import paper
from symgate.templates import Markup, Source, fill, html
from symgate.tex import appendix, document
from symgate.tex.prose import escape

HOSTILE = r"<script>alert('x')</script> & \input{/etc/passwd} $x_t$ 5%"
CELL = replace(sg.cell("plain"), source=HOSTILE)


def _entry() -> Entry:
    item = replace(sg.jacobian(CELL), remark=HOSTILE)
    certificate = sg.verify(sg.jacobian(sg.cell("plain")))
    return Entry("x<b>", item, replace(certificate, statement=HOSTILE, verdict="undecided"), 0.0)


def _live(text: str) -> list[str]:
    r"""Commands of the hostile value that TeX would obey; ``\textbackslash{}input`` is none."""
    return re.findall(r"\\input\b|(?<!\\)\$x_t\$|(?<!\\)%\s*$", text)


def test_the_page_prints_what_users_wrote() -> None:
    page = index_page([CELL], [_entry()], [], [], [Drawn("terms", HOSTILE, HOSTILE)], pdf=True)
    assert page.count("<script>") == 1  # the page's own
    assert "x&lt;b&gt;" in page
    assert page.count("&lt;script&gt;alert(") >= 4
    assert page.count("{{") == page.count("{%") == 0


def test_papers_print_what_users_wrote() -> None:
    entry = _entry()
    assert not _live(paper([CELL], [entry], [], [], [Drawn("terms", HOSTILE, "plain")]))
    assert not _live(document([CELL, entry.derivation], title=HOSTILE, remarks={entry.derivation.name: HOSTILE}))
    assert not _live(appendix(CELL, [entry.derivation], statements={entry.derivation.name: HOSTILE}, version=HOSTILE))
    assert _live(HOSTILE)  # the check can fail


def test_markup_and_source_are_not_escaped() -> None:
    """What is markup says so by its type; nothing else is."""
    values = {"title": "a & b", "columns": 1, "preamble": Source(r"\x"), "sections": []}
    text = fill("symgate.tex:document.tex.j2", escape, **values)
    assert "\\x\n" in text
    assert r"\title{a \& b}" in text
    assert html("tests:probe.html.j2", value=Markup("<b>")) == "<b>\n"
    assert html("tests:probe.html.j2", value="<b>") == "&lt;b&gt;\n"


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="columns"):
        fill("symgate.tex:document.tex.j2", escape, title="a")
    with pytest.raises(UndefinedError, match="value"):
        html("tests:probe.html.j2")


@pytest.mark.parametrize("package", ["symgate.report", "symgate.tex", "symgate.claims.papers"])
def test_every_template_is_a_resource(package: str) -> None:
    names = [item.name for item in files(package).joinpath("templates").iterdir()]
    assert names
    assert all(name.endswith(".j2") for name in names)
