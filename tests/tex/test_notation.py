"""Formulas in the author's notation: her names, her times, her layout; no two symbols that look alike."""

from __future__ import annotations

import tomllib
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import DefinitionError, NameRefusedError, SymgateError
from symgate.language import CellBuilder, sigma, tanh
from symgate.lettering import Lettering, lettering
from symgate.notation import Layout, Notation, Place, Scripts, Vectors, macros_of, notation_of
from symgate.tex import Style, definitions, equation, latex, mathml, text
from symgate.tex.authored import turned
from symgate.tex.latex_words import LatexWords
from symgate.tex.statement import printer_for
from tests.oracles import draw_point, environment, evaluate, sizes_of


def own_cell() -> sg.Cell:
    """Names that collide with ours: a state h beside a matrix h_t, matrices A and T, a gate i."""
    c = CellBuilder("own")
    h, x = c.state("h", "n"), c.input("x", "m")
    W, V = c.matrix("W_hh", "n", "n", latex="W_{hh}"), c.matrix("h_t", "n", "m")
    A, T_, theta = c.matrix("A", "n", "n"), c.matrix("T", "n", "n"), c.vector("theta", "n")
    i = c.let("i", sigma(A @ h + V @ x), role="gate")
    new = c.let("new", tanh(W @ h + T_ @ h + theta), latex=r"\tilde{h}")
    c.next(h, (1 - i) * h + i * new)
    return c.build()


OWN = own_cell()


def test_names_as_the_author_writes_them() -> None:
    shown = latex(OWN)
    assert r"\tilde{\mathbf{h}}_{t} &= " in shown
    assert r"\mathbf{W}_{hh}\mathbf{h}_{t-1}" in shown
    assert r"\boldsymbol{\theta}" in shown
    assert r"\tilde{h}_{t}" in latex(OWN, Style(bold=False))
    assert "new" in text(OWN)  # plain text keeps the plain names, which are read back


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("h_tilde", r"\tilde{\mathbf{h}}"),
        ("hat_theta", r"\hat{\boldsymbol{\theta}}"),
        ("W_f_bar", r"\bar{\mathbf{W}}_{f}"),
    ],
)
def test_accents_in_plain_names(name: str, shown: str) -> None:
    c = CellBuilder("accents")
    x = c.state("x", "n")
    c.next(x, c.vector(name, "n") * x)
    assert shown in latex(c.build())


def test_letters_of_ours_give_way() -> None:
    """Index i beside the gate i, horizon T beside the matrix T, the part A_j beside the matrix A."""
    expansion = latex(sg.result(OWN, "expansion:retention:1"))
    assert r"\sum_{l=k+1}^{t}" in expansion
    assert r"\sum_{k=1}^{N}" in latex(sg.result(OWN, "gradient:W_hh"))
    below = definitions(sg.result(OWN, "expansion:retention:2"))
    assert r"\mathbf{K}_{j} &= " in below
    assert r"\mathbf{A}_{j} &= " not in below
    plain_cell = sg.cell("multi_gate")
    assert r"\sum_{i=k+1}^{t}" in latex(sg.result(plain_cell, "expansion:retention:1"))


def test_a_name_that_looks_like_a_name_at_a_time_is_shown_whole() -> None:
    """The matrix h_t and the state h at time t."""
    assert r"\mathsf{h\_t}\,\mathbf{x}_{t}" in latex(OWN)
    looks = [
        printer_for(OWN, LatexWords(Style())).piece(symbol).text for symbol in (*OWN.symbols.values(), *OWN.definitions)
    ]
    assert len(set(looks)) == len(looks)


def test_names_that_look_alike_are_told_at_definition() -> None:
    c = CellBuilder("alike")
    c.vector("a", "n", latex=r"\tilde{h}")
    with pytest.raises(NameRefusedError, match="look alike"):
        c.vector("b", "n", latex=r"\tilde h")
    with pytest.raises(NameRefusedError, match="printed alike"):
        latex(OWN, notation=Notation(names=((r"\alpha", "A"), (r"\alpha", "T"))))


@pytest.mark.parametrize(
    "hostile",
    [
        r"\input{x}",
        r"h}$",
        "h%",
        r"\def\x{}",
        "a b",
        "",
        r"\write18",
        "x" * 99,
        r"\tilde{h}_{\input}",
        "h&",
        "h#",
        "$h$",
        3,
    ],
)
def test_the_latex_of_a_name_carries_no_markup(hostile: object) -> None:
    with pytest.raises(NameRefusedError):
        CellBuilder("hostile").vector("v", "n", latex=hostile)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        (r"\tilde{h}", Lettering("h", accents=("tilde",))),
        (r"\boldsymbol\theta_{ij}", Lettering("theta", greek=True, face="bold", down=(("ij", "italic"),))),
        (r"\mathbf{W}_{\mathrm{in}}", Lettering("W", face="bold", down=(("in", "roman"),))),
        (r"\hat{\bar{x}}'", Lettering("x", accents=("hat", "bar"), up=(("prime", "prime"),))),
        (r"W^{f}_{h,1}", Lettering("W", down=(("h", "italic"), ("1", "roman")), up=(("f", "italic"),))),
    ],
)
def test_lettering(shown: str, read: Lettering) -> None:
    assert lettering(shown) == read


def test_times_as_the_author_counts() -> None:
    """h_{n+1} = F(h_n, x_n): states and intermediates one later, inputs not; the time above or in brackets."""
    later = Notation(time="n", new=1)
    assert (
        latex(OWN, notation=later).splitlines()[1].startswith(r"\mathbf{i}_{n+1} &= \sigma(\mathbf{A}\mathbf{h}_{n}+")
    )
    assert r"\mathbf{x}_{n}" in latex(OWN, notation=later)
    dated = Notation(new=1, shifts=(("h", -1), ("i", -1), ("new", -1), ("x", -1)))
    assert r"\mathbf{x}_{t+1}" in latex(OWN, notation=dated)
    assert r"\mathbf{h}^{(t-1)}" in latex(OWN, notation=Notation(place=Place.SUPERSCRIPT))
    assert r"(\mathbf{h}^{(k-1)})^{\top}" in latex(
        sg.result(OWN, "gradient:A"), notation=Notation(place=Place.SUPERSCRIPT)
    )
    assert r"\mathbf{h}(t-1)" in latex(OWN, notation=Notation(place=Place.BRACKETS))


def test_cotangent_loss_and_scripts() -> None:
    named = Notation(cotangent="g", loss="E")
    assert latex(sg.result(OWN, "adjoint"), notation=named).startswith(r"\mathbf{g}_{k} = ")
    assert latex(sg.result(OWN, "gradient:A"), notation=named).startswith(r"\frac{\partial E}{\partial \mathbf{A}}")
    c = CellBuilder("scripts")
    x = c.state("x", "n")
    c.next(x, c.vector("w_in", "n") * x)
    assert r"\mathbf{w}_{\mathrm{in}}" in latex(c.build())
    assert r"\mathbf{w}_{in}" in latex(c.build(), notation=Notation(scripts=Scripts.ITALIC))


def test_macros_of_the_author() -> None:
    own = Notation(names=((r"\bh", "h"),), macros=macros_of(r"\newcommand{\bh}{\mathbf{h}}"))
    assert r"\bh_{t-1}" in latex(OWN, notation=own)
    assert "&#x1D421;" in mathml(OWN, notation=own)  # its meaning, where there are no commands
    with pytest.raises(NameRefusedError):
        latex(OWN, notation=Notation(names=((r"\bh", "h"),)))


@pytest.mark.parametrize("cell", sg.CELLS, ids=lambda cell: cell.name)
def test_denominator_layout_prints_the_transpose(cell: sg.Cell) -> None:
    """In numbers, for every derivative of one step; a vector-Jacobian product keeps its value."""
    denominator = Notation(layout=Layout.DENOMINATOR)
    sizes = sizes_of(cell, n=3, m=2)
    values = environment(cell, draw_point(cell, seed=3, n=3, m=2), sizes)
    for item in sg.objects(cell):
        if item.cotangent is not None:
            assert latex(item, notation=denominator, lhs=False) == latex(item, lhs=False)
            assert r"^{\top}\boldsymbol{\lambda}_{t} =" not in latex(item, notation=denominator)
            continue
        for _, term in item.named_terms:
            assert_allclose(
                evaluate(turned(term), values, sizes), np.asarray(evaluate(term, values, sizes)).T, rtol=1e-9
            )
    J = sg.jacobian(sg.cell("plain"))
    assert (
        latex(J, notation=denominator, lhs=False) == r"\mathbf{W}_{r}^{\top}\operatorname{diag}(\phi'(\mathbf{a}_{t}))"
    )


@pytest.mark.parametrize(
    "notation",
    [
        Notation(time="n", new=1),
        Notation(place=Place.SUPERSCRIPT),
        Notation(place=Place.BRACKETS),
        Notation(layout=Layout.DENOMINATOR, cotangent="g", loss="E"),
        Notation(names=((r"\hat{\boldsymbol{\xi}}^{f}", "h"), (r"\mathcal{Q}", "A"))),
    ],
    ids=["time", "above", "brackets", "denominator", "names"],
)
def test_every_printer_takes_it(notation: Notation) -> None:
    """Well-formed elements and displays for everything that is derived of the cell."""
    for item in (OWN, *list(sg.results(OWN).values())[::4]):
        ET.fromstring(mathml(item, notation=notation))  # noqa: S314  (our own text)
        assert equation(item, notation=notation).isascii()
        assert definitions(item, notation=notation).isascii()


ROWS, TRANSPOSED = Notation(vectors=Vectors.ROW), Notation(layout=Layout.DENOMINATOR)


def test_row_vectors() -> None:
    """x W in place of W x, dot products u v', derivatives over the transposes of the matrices."""
    cell = sg.cell("scalar_gate")
    shown = latex(cell, notation=ROWS)
    assert r"\mathbf{a}_{t} &= \mathbf{x}_{t-1}\mathbf{W}_{r} + \mathbf{u}_{t}\mathbf{W}_{i} + \mathbf{b}" in shown
    assert r"\mathbf{w}_{g}\mathbf{x}_{t-1}^{\top}" in shown
    assert r"\mathbf{W}_{r}^{\top}" in latex(sg.jacobian(cell), notation=ROWS)
    rows = replace(ROWS, layout=Layout.DENOMINATOR)
    assert r"\mathbf{W}_{r}\operatorname{diag}" in latex(sg.jacobian(cell), notation=rows)
    with pytest.raises(DefinitionError, match="matrix state"):
        latex(sg.cell("fast_weights"), notation=ROWS)


def test_denominator_layout_over_many_steps() -> None:
    """The matrices J, M, A and B are the transposes of ours, so products run the other way."""
    cell = sg.cell("leaky")
    shown = latex(sg.transport(cell), notation=TRANSPOSED)
    assert shown == r"\mathbf{M}_{t,k} = \mathbf{J}_{k+1}\mathbf{J}_{k+2}\cdots\mathbf{J}_{t}"
    below = definitions(sg.transport(cell), notation=TRANSPOSED)
    assert r"\mathbf{J}_{j} &= (1-\alpha)\mathbf{I}+\alpha\mathbf{W}_{r}^{\top}\operatorname{diag}" in below


@pytest.mark.parametrize("notation", [ROWS, TRANSPOSED, replace(ROWS, layout=Layout.DENOMINATOR)])
@pytest.mark.parametrize("name", ["x", "u", "W_r", "vjp:W_r", "vjp:x", "gradient:w_g", "transport", "adjoint"])
def test_layouts_are_read_back_and_proved(notation: Notation, name: str) -> None:
    """Under the same notation; without it what is not symmetrical is not proved."""
    item = sg.result(sg.cell("scalar_gate"), name)
    shown = latex(item, notation=notation)
    assert sg.check("scalar_gate", shown, name, notation=notation).proved
    if name == "x":
        assert not sg.check("scalar_gate", shown, name).proved


def test_a_table_holds_all_of_it() -> None:
    """What differs from the defaults is written and read back."""
    own = Notation(time="n", new=1, place=Place.SUPERSCRIPT, scripts=Scripts.ITALIC, layout=Layout.DENOMINATOR)
    assert notation_of(tomllib.loads(own.to_toml())["notation"]) == own
    with pytest.raises(SymgateError):
        notation_of({"place": "above"})


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ({"names": {"C": "g"}}, {"names": (("C", "g"),)}),
        ({"shifts": {"x": 1}}, {"shifts": (("x", 1),)}),
        ({"layout": "denominator"}, {"layout": Layout.DENOMINATOR}),
        ({"functions": ["F"]}, {"functions": ("F",)}),
        ({"macros": r"\newcommand{\a}{b}"}, {"macros": macros_of(r"\newcommand{\a}{b}")}),
    ],
)
def test_a_notation_takes_what_a_table_holds(given: dict[str, object], plain: dict[str, object]) -> None:
    assert Notation(**given) == Notation(**plain)


@pytest.mark.parametrize(
    "given",
    [
        *({"names": value} for value in ("ab", [("a", 1)], 7)),
        *({"shifts": {"x": True}}, {"layout": [1]}, {"layout": "x"}, {"functions": "F"}),
        *({"time": 3}, {"inputs": 3}, {"macros": 3}, {"new": "1"}, {"diagonal": 1}),
    ],
)
def test_a_notation_of_another_kind_is_refused_at_once(given: dict[str, object]) -> None:
    with pytest.raises(sg.SymgateError, match=next(iter(given))):
        Notation(**given)
