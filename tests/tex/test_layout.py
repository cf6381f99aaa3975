"""Lines are broken at the outermost place that helps, and no text is lost."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.tex import Style, equation
from symgate.tex.latex_words import BREAK
from symgate.tex.layout import broken, on_one_line, plain, visible_width


def test_a_short_line_stays_whole() -> None:
    assert broken(f"a{BREAK}+b", 40, 40) == ["a+b"]


def test_signs_break_before_products_and_outside_before_inside() -> None:
    text = f"f(a{BREAK}+b){BREAK}c{BREAK}+d(e{BREAK}-f)"
    assert broken(text, 10, 10) == ["f(a+b)c", "+d(e-f)"]
    assert broken(text, 8, 8)[:2] == ["f(a+b)", "c"]


@pytest.mark.parametrize("width", [1, 4, 8, 16, 64])
def test_nothing_is_lost(width: int) -> None:
    text = f"a{BREAK}+bb{BREAK}-(c{BREAK}+dd){BREAK}e \\odot {BREAK}f"
    assert "".join(broken(text, width, width)).replace(" ", "") == plain(text).replace(" ", "")


def test_a_narrow_style_breaks_where_the_default_does_not() -> None:
    J = sg.jacobian(sg.cell("scalar_gate"))
    wide, narrow = equation(J), equation(J, Style(width=40))
    assert r"\begin{split}" not in wide
    rows = narrow.split("\\\\\n")
    assert len(rows) == 2
    assert rows[1].startswith(r"&\quad +")


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (r"\mathbf{x}", r"\mathbf{x}_{t}"),
        (r"\frac{a}{b}", r"\frac{a+b}{b}"),
        ("x_{t}", r"x_{t}+\operatorname{diag}(y)"),
        (r"\mathbf{a}^{g}_{t}", r"\mathbf{a}^{g}\,a_{t}"),
    ],
)
def test_widths_order_as_printed(narrow: str, wide: str) -> None:
    assert 0 < visible_width(narrow) < visible_width(wide)


def test_on_one_line() -> None:
    assert on_one_line(r"\left(\frac{\partial \mathbf{x}}{\partial y_{t}}\right)^{\top}") == (
        r"(\partial \mathbf{x} / \partial y_{t})^{\top}"
    )
