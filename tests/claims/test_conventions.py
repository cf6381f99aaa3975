"""Conventions are proposed, never applied; given in a notation, they are applied and told."""

from __future__ import annotations

import re

import pytest

import symgate as sg
from symgate.claims import read_recurrence
from symgate.errors import DefinitionError, UnknownNameError
from symgate.notation import Layout, Notation, Vectors, macros_of, notation_of

ELMAN = read_recurrence(r"h_t = \tanh(W h_{t-1} + U x_t)", name="elman")
GRU = read_recurrence(
    r"z_t = \sigma(W_z x_t + U_z h_{t-1}),\ n_t = \tanh(W_n x_t + U_n h_{t-1}),\ "
    r"h_t = (1-z_t) \odot n_t + z_t \odot h_{t-1}"
)
D = r"\operatorname{diag}(1-h_t^2)"

PROPOSED = [
    (
        ELMAN,
        rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = W^\top {D}",
        "true in denominator layout",
        Notation(layout=Layout.DENOMINATOR),
    ),
    (
        ELMAN,
        rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {D} W^\top",
        "true if W stands for the transpose",
        Notation(vectors=Vectors.ROW),
    ),
    (
        ELMAN,
        r"\frac{\partial h_t}{\partial h_{t-1}} = (1-h_t^2) W",
        "vector in front of a matrix",
        Notation(diagonal=True),
    ),
    (
        ELMAN,
        r"\frac{\partial h_t}{\partial h_{t-1}} = (1-h_t^2) \odot W",
        "vector in front of a matrix",
        Notation(diagonal=True),
    ),
    (GRU, r"\frac{\partial h_t}{\partial n_t} = 1 - z_t", "stands for diag(1 - z)", Notation(diagonal=True)),
    (GRU, r"\frac{\partial h_t}{\partial n_t} = \operatorname{diag}(z_t)", "true with z and 1-z exchanged", None),
]


@pytest.mark.parametrize(
    ("cell", "claim", "words", "notation"), PROPOSED, ids=lambda item: item if isinstance(item, str) else ""
)
def test_a_convention_is_proposed_and_not_applied(
    cell: object, claim: str, words: str, notation: Notation | None
) -> None:
    found = sg.check(cell, claim)
    assert found.verdict == "refuted"
    assert [item.words for item in found.proposals if words in item.words], found.proposals
    assert words in str(found)
    if notation is not None:
        assert found.proposals[0].notation == notation
        kept = notation_of(
            {"layout": notation.layout.value, "vectors": notation.vectors.value, "diagonal": notation.diagonal}
        )
        given = sg.check(cell, claim, notation=kept)
        assert given.verdict == "proved", given


@pytest.mark.parametrize(
    "claim", [r"\frac{\partial h_t}{\partial h_{t-1}} = W", r"\frac{\partial h_t}{\partial h_{t-1}} = h_t W"]
)
def test_nothing_is_proposed_for_what_no_convention_makes_true(claim: str) -> None:
    found = sg.check(ELMAN, claim)
    assert found.verdict == "refuted"
    assert found.proposals == ()


def test_brackets_are_diagonals_where_nothing_else_fits() -> None:
    found = sg.check(ELMAN, r"\frac{\partial h_t}{\partial h_{t-1}} = [1-h_t^2] W")
    assert found.proved
    assert "[v] is read as diag(v)" in found.notes


def test_an_argument_left_out_is_that_of_the_recurrence() -> None:
    for slope in (r"\tanh'(\cdot)", r"\tanh'(...)", r"\tanh'(z_t)", r"\phi'_h"):
        found = sg.check(ELMAN, rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = \operatorname{{diag}}({slope}) W")
        assert found.proved
        assert any("what the recurrence applies tanh to" in note for note in found.notes)


def test_arguments_left_out_are_listed_where_there_are_several() -> None:
    found = sg.check(GRU, r"\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(\sigma'(q_t))", "jacobian")
    assert found.verdict == "refuted"
    two = read_recurrence(r"z_t = \sigma(W h_{t-1}),\ r_t = \sigma(U h_{t-1}),\ h_t = z_t \odot r_t")
    right = r"\operatorname{diag}(r_t \odot \sigma'(\zeta_t)) W + \operatorname{diag}(z_t \odot \sigma'(\rho_t)) U"
    found = sg.check(two, rf"\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {right}")
    assert found.proved
    assert "zeta_t is read as the argument of its function in z" in found.notes


def test_a_name_that_nothing_introduces_is_refused_with_what_to_write() -> None:
    claim = r"\frac{\partial h_t}{\partial z_t} = \operatorname{diag}(h_{t-1} - c)"
    found = sg.check(GRU, claim)
    assert found.verdict == "unreadable"
    assert 'names = { "c" = "n" }' in found.statement
    assert sg.check(GRU, claim, notation=Notation(names=(("c", "n"),))).proved
    assert "It holds" not in sg.check(GRU, claim.replace("h_{t-1} -", "h_{t-1} +")).statement


def test_a_notation_is_kept_in_a_file() -> None:
    own = Notation(names=(("c", "n"),), time="k", new=1, layout=Layout.DENOMINATOR, diagonal=True, inputs=("u",))
    import tomllib

    assert notation_of(tomllib.loads(own.to_toml())["notation"]) == own
    assert Notation().to_toml() == "[notation]\n"


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ({"layout": "sideways"}, UnknownNameError),
        ({"colour": "red"}, UnknownNameError),
        ({"new": "1"}, DefinitionError),
        ({"diagonal": 1}, DefinitionError),
        ({"names": ["a"]}, DefinitionError),
        ({"shifts": {"x": True}}, DefinitionError),
        ({"inputs": "u"}, DefinitionError),
        ({"macros": 3}, DefinitionError),
    ],
)
def test_a_broken_notation_is_told(table: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        notation_of(table)


def test_macros_of_a_preamble() -> None:
    text = r"\newcommand{\W}{\mathbf{W}} \renewcommand\v[1]{\boldsymbol{#1}} \DeclareMathOperator{\dg}{diag} "
    text += r"\def\x#1#2{#1_{#2}} \newcommand{\open}{{"
    found = {item.name: (item.arity, item.body) for item in macros_of(text)}
    assert found == {
        "W": (0, r"\mathbf{W}"),
        "v": (1, r"\boldsymbol{#1}"),
        "dg": (0, r"\operatorname{diag}"),
        "x": (2, "#1_{#2}"),
    }
    with pytest.raises(DefinitionError, match="macros"):
        macros_of("".join(rf"\newcommand{{\a{'b' * k}}}{{x}}" for k in range(600)))


MIXED = read_recurrence(
    r"z_t = \sigma(W_z x_t + U_z h_{t-1}), n_t = \tanh(W x_t + U h_{t-1}), "
    r"h_t = z_t \odot n_t + (1-z_t) \odot h_{t-1}"
).cell


@pytest.mark.parametrize(
    ("claim", "names", "verdict"),
    [
        (
            r"\frac{\partial h_t}{\partial \tilde{C}_t} = \operatorname{diag}(\mathbf{u}^{(t)})",
            {"u": "z", r"\tilde{C}": "n"},
            "proved",
        ),
        (
            r"\frac{\partial h_t}{\partial z_t} = \operatorname{diag}(h_{t-1} - h^{cand}_t)",
            {"h^{cand}": "n"},
            "refuted",  # the sign is turned round
        ),
    ],
)
def test_names_of_the_author_are_read_with_accents_and_times(claim: str, names: dict[str, str], verdict: str) -> None:
    assert sg.check(MIXED, claim, notation=Notation(names=names)).verdict == verdict
    assert sg.check(MIXED, claim).verdict == "unreadable"


def test_the_advice_of_an_error_can_be_followed() -> None:
    """Names that nothing introduces: what the error says to write makes the claim readable, h for h_prev included."""
    claim = r"d_u_bar = d_h \circ (k-h) \circ u \circ (1-u)"
    told = sg.check(MIXED, claim, "vjp:U_z").statement
    names = dict(re.findall(r'"(\w+)" = "(\w+)"', told))
    assert names == {"u": "z", "k": "n", "h": "h_prev"}
    assert sg.check(MIXED, claim, "vjp:U_z", notation=Notation(names=names)).proved


def test_a_notation_with_a_name_that_the_recurrence_lacks_is_refused() -> None:
    found = sg.check(GRU, r"\frac{\partial h_t}{\partial n_t} = 1 - z_t", notation=Notation(names={"s": "nothing"}))
    assert "which the recurrence does not have" in found.statement
