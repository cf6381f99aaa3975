"""Mathematics in running text: MathML for pages, LaTeX for papers; the rest carries no markup."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from symgate.tex.inline import html_of, latex_of


def test_only_the_mathematics_is_markup() -> None:
    text = r"100% <b> & $n^3$"
    assert latex_of(text) == r"100\% \textless{}b\textgreater{} \& $n^3$"
    assert html_of(text) == "100% &lt;b&gt; &amp; <math><msup><mi>n</mi><mn>3</mn></msup></math>"


@pytest.mark.parametrize(
    ("formula", "tags"),
    [
        (r"J = A + \epsilon B", ["mi", "mo", "mi", "mo", "mi", "mi"]),
        (r"|\mathbf{x}_t|^2/2", ["mo", "msub", "msup", "mo", "mn"]),
        (r"1/(\sqrt{v} + \epsilon)", ["mn", "mo", "mo", "msqrt", "mo", "mi", "mo"]),
        (r"\frac{a}{b_{t-1}}^2 < \lVert c \rVert", ["msup", "mo", "mo", "mi", "mo"]),
    ],
)
def test_formulas_become_elements(formula: str, tags: list[str]) -> None:
    found = ET.fromstring(html_of(f"${formula}$"))  # noqa: S314  (our own text)
    assert [element.tag for element in found[0]] == tags
