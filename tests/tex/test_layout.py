"""Lines are broken at the outermost place that helps, and no text is lost."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.tex import Style, equation
from symgate.tex.latex_words import BREAK
from symgate.tex.layout import broken, on_one_line, plain, visible_width


def texts(latex: str, width: float) -> list[str]:
    """The rows without their depth."""
    return [row.text for row in broken(latex, width, width)]


def test_a_short_line_stays_whole() -> None:
    assert texts(f"a{BREAK}+b", 40) == ["a+b"]


def test_signs_break_before_products_and_outside_before_inside() -> None:
    text = f"f(aaaaaa{BREAK}+bbbbbb){BREAK}c{BREAK}+d(eeeeee{BREAK}-ffffff)"
    assert texts(text, 18) == ["f(aaaaaa+bbbbbb)c", "+d(eeeeee-ffffff)"]
    assert [(row.text, row.depth) for row in broken(text, 12, 12)][:2] == [("f(aaaaaa", 0), ("+bbbbbb)c", 1)]


def test_small_brackets_and_factors_stay_with_their_term() -> None:
    """No row ends behind (1, and none holds a lone factor or a transpose where another break helps."""
    text = f"(1{BREAK}-d){BREAK}W{BREAK}(aaaaaa \\odot {BREAK}bbbbbb \\odot {BREAK}cccccc)^{{\\top}}"
    for width in (16, 20, 28):
        rows = texts(text, width)
        assert rows[0].startswith("(1-d)W")
        assert rows[-1].endswith(r"cccccc)^{\top}")


@pytest.mark.parametrize(("terms", "counts"), [(6, [4, 2]), (11, [5, 4, 2]), (7, [5, 2])])
def test_a_last_row_that_holds_little_is_filled_up(terms: int, counts: list[int]) -> None:
    """Full rows would leave one term for the last; no row is added for it."""
    text = f"{BREAK}+".join(["aaaa", *["bbbb"] * (terms - 2), "c"])
    rows = texts(text, 24)
    assert [len(row.strip("+").split("+")) for row in rows] == counts


def test_what_cannot_be_broken_is_moved_in_less_where_it_would_stick_out() -> None:
    """A long factor inside three brackets takes back as many quads as it needs, and no more."""
    text = f"a{BREAK}+(b{BREAK}+(c{BREAK}+(d{BREAK}+{'e' * 20})))"
    depths = [next(row.depth for row in broken(text, width, width) if "eee" in row.text) for width in (24, 22, 20, 10)]
    assert depths == [3, 1, 0, 0]


@pytest.mark.parametrize("width", [1, 4, 8, 16, 64])
def test_nothing_is_lost(width: int) -> None:
    text = f"a{BREAK}+bb{BREAK}-(c{BREAK}+dd){BREAK}e \\odot {BREAK}f"
    assert "".join(texts(text, width)).replace(" ", "") == plain(text).replace(" ", "")


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


def test_a_quotient_too_wide_for_a_row_is_written_beside_its_factors() -> None:
    """1/s times the factors, between which a line may end; in a wide row it stays one quotient."""
    block = sg.result(sg.cell("mlstm"), "expansion:retention:1")
    wide, narrow = equation(block, Style(width=90)), equation(block, Style.for_points(240))
    assert r"\frac{\epsilon(1-\delta_{t,o})(1-\operatorname{relu}'" in wide
    assert r"\frac{\epsilon}{s}(1-\delta_{t,o})" in narrow
