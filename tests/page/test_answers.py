"""What the page's worker answers, asked here without a browser: the same code, the same JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import symgate as sg
from symgate.cells import LIBRARY, MATRIX
from symgate.codegen import TARGETS
from symgate.exporting import exported
from symgate.numeric.load import load_module
from symgate.page.answers import ANSWERS, LONGEST, answer
from symgate.page.copies import WRITERS, forms
from symgate.page.recurrences import declared, sizes_of
from symgate.page.sections import SECTIONS, without
from tests.page.wrong import HOSTILE, WRONG

SAMPLE = ("multi_gate", "lstm", "gru_d", "dale", "ssm", "mlstm")
GATED = "h_t = (1 - z_t) \\odot h_{t-1} + z_t \\odot \\tanh(W h_{t-1} + U x_t + b)\nz_t = \\sigma(V h_{t-1})"


def _ask(ask: str, recurrence: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    found = json.loads(answer(json.dumps({"ask": ask, "recurrence": recurrence, **more})))
    assert isinstance(found, dict)
    return found


def _sections(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {section["key"]: section for section in found["sections"]}


def test_the_library_and_the_forms_of_copying_are_listed() -> None:
    found = _ask("cells")

    assert [cell["name"] for cell in found["cells"]] == [cell.name for cell in (*LIBRARY, *MATRIX)]
    assert list(found["forms"]) == [*WRITERS, *TARGETS, "rocq"]
    assert list(found["whole"]) == [*WRITERS, *TARGETS, "torch", "jax", "rocq"]
    assert all(cell["text"].count("=") >= 1 for cell in found["cells"])


def _derives(cell: sg.Cell) -> None:
    found = _ask("derive", {"cell": cell.name})

    assert found["ok"], found
    shown = _sections(found)
    assert list(shown) == [section.key for section in SECTIONS]
    J = sg.result(cell, shown["jacobian"]["shown"])
    assert shown["jacobian"]["math"].startswith("<math")
    names = [term["name"] for term in shown["jacobian"]["terms"]]
    assert names == (list(J.terms) if J.one_step and len(J.terms) > 1 else [])
    assert shown["gradient"]["math"].startswith("<math")
    for section in shown.values():
        assert section.get("missing") or section["shown"] in section["names"]
        assert "Error" not in section.get("missing", "")


@pytest.mark.parametrize("name", SAMPLE)
def test_a_built_in_cell_is_derived(name: str) -> None:
    _derives(sg.cell(name))


@pytest.mark.full
@pytest.mark.parametrize("cell", [*LIBRARY, *MATRIX], ids=lambda cell: cell.name)
def test_every_built_in_cell_is_derived(cell: sg.Cell) -> None:
    _derives(cell)


def test_what_is_shown_is_what_the_package_derives() -> None:
    """The Jacobian on the page holds the printed terms, each marked with the class of its box."""
    cell = sg.cell("multi_gate")
    section = _sections(_ask("derive", {"cell": "multi_gate"}, chosen={"jacobian": "W_g", "rate": "rate:drive"}))

    assert section["jacobian"]["shown"] == "W_g"
    assert section["rate"]["math"] == sg.mathml(sg.result(cell, "rate:drive"))
    J = sg.jacobian(cell)
    first = _sections(_ask("derive", {"cell": "multi_gate"}))["jacobian"]
    assert [term["math"] for term in first["terms"]] == [sg.mathml(term) for term in J.terms.values()]
    assert [first["math"].count(f'class="term-{place}"') for place in range(4)] == [1, 1, 1, 0]


def test_a_term_that_is_switched_off_leaves_the_formula_and_its_left_side() -> None:
    found = _sections(_ask("derive", {"cell": "multi_gate"}, off=["gate"]))["jacobian"]

    assert found["partial"]
    assert [(term["name"], term["on"]) for term in found["terms"]] == [
        ("retention", True),
        ("drive", True),
        ("gate", False),
    ]
    assert "term-2" not in found["math"]
    assert "&#x2202;" not in found["math"]
    J = sg.jacobian(sg.cell("multi_gate"))
    assert tuple(without(J, ["gate"]).terms) == ("retention", "drive")
    assert without(J, ["retention", "drive", "gate"]) is J
    text = _ask("copy", {"cell": "multi_gate"}, object="x", form="plain", off=["gate"])["text"]
    assert " ".join(text.split()) == "diag(1 - g) + diag(g*dphi(a)) @ W_r"


def test_a_recurrence_of_ones_own_is_read_with_sizes_and_notation() -> None:
    found = _ask("derive", {"text": GATED})

    symbols = {item["name"]: (item["role"], item["size"]) for item in found["symbols"]}
    assert symbols["W"] == ("parameter", "n x n")
    assert symbols["U"] == ("parameter", "n x m")
    assert symbols["x"] == ("input", "m")
    assert symbols["z"][0] == "gate, or part of one"
    assert found["notes"] == ["the step goes to t from t-1"]
    later = _ask("derive", {"text": "h_{t+1} = \\tanh(W h_t + U x_t)"})
    assert "the step goes to t+1 from t" in later["notes"]


@pytest.mark.parametrize(("text", "line", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_a_wrong_input_has_its_error_at_its_line(text: str, line: int | None, words: str) -> None:
    found = _ask("derive", {"text": text})

    assert not found["ok"]
    assert words in found["error"]["message"]
    assert found["error"].get("line") == line
    if line is not None:
        assert found["error"]["given"] == text.split("\n")[line - 1]
        assert 1 <= found["error"]["column"] <= len(found["error"]["given"]) + 1


def test_a_choice_of_sizes_is_offered_and_each_one_settles_it() -> None:
    text = "h_t = tanh(w h_{t-1} + U x_t)"
    choices = _ask("derive", {"text": text})["error"]["choices"]

    assert choices == ["w: scalar", "w: n x n"]
    for choice, size in zip(choices, ("scalar", "n x n"), strict=True):
        found = _ask("derive", {"text": text, "sizes": choice})
        assert {item["name"]: item["size"] for item in found["symbols"]}["w"] == size


def test_sizes_are_read_or_refused_with_what_to_write() -> None:
    assert sizes_of("w: scalar; W: n x m\nu: input; b:n; M: 3x4") == (
        {"w": "scalar", "W": ("n", "m"), "b": ("n",), "M": (3, 4)},
        {"input": ("u",), "state": ()},
    )
    for wrong in ("w = scalar", "w", "w: n x m x p", "w: 0", "w: __import__('os')", "9: n", "w: n-1"):
        found = _ask("derive", {"text": GATED, "sizes": wrong})
        assert (found["error"]["field"], "Write a name, a colon" in found["error"]["message"]) == ("sizes", True)
    noted = _ask("derive", {"text": GATED, "sizes": "nowhere: n"})
    assert "the sizes of nowhere are not used: the equations do not have them" in noted["notes"]


@pytest.mark.parametrize("name", ["scalar_gate", "gru", "leaky", "lru", "esn"])
def test_a_built_in_cell_can_be_edited_from_its_text_and_declared_sizes(name: str) -> None:
    """The equations that the page shows, read with the sizes it fills in, are the same recurrence."""
    cell = sg.cell(name)
    read = _ask("derive", {"text": sg.text(cell), "sizes": declared(cell)})

    assert read["ok"], read
    shapes = {item["name"]: item["size"] for item in read["symbols"]}
    given = {item["name"]: item["size"] for item in _ask("derive", {"cell": name})["symbols"]}
    assert shapes == given


CLAIMS = (
    ("diag(1 - g) + diag(g*dphi(a)) @ W_r + diag(dsigma(a_g)*(phi(a) - x_prev)) @ W_g", "x", "proved"),
    ("diag(1 - g) + diag(g*dphi(a)) @ W_r", "x", "refuted"),
    ("diag(1 - g) + diag(g*dphi(a)) @ W_r.T + diag(dsigma(a_g)*(phi(a) - x_prev)) @ W_g", "x", "refuted"),
)


@pytest.mark.parametrize(("claim", "name", "verdict"), CLAIMS)
def test_claims_are_proved_or_refuted_with_a_witness(claim: str, name: str, verdict: str) -> None:
    found = _ask("check", {"cell": "multi_gate"}, claim=claim, object=name)

    assert found["verdict"] == verdict
    assert found["reading"]["math"].startswith("<math")
    assert bool(found["witness"]) == (verdict == "refuted")
    assert bool(found["difference"]) == (verdict == "refuted")
    if verdict == "refuted":
        assert found["slips"]
        assert re.match(r"entry \(1, \d\) of the recurrence: ", found["witness"][-2])
        assert found["witness"][-1].split(": ")[1] != found["witness"][-2].split(": ")[1]
        assert len(found["statement"]) < 120


def test_a_claim_with_a_left_side_says_itself_what_it_is_about() -> None:
    claim = "\\frac{\\partial h_t}{\\partial x_t} = \\operatorname{diag}(z_t \\odot \\tanh'(W h_{t-1} + U x_t + b)) U"

    assert _ask("check", {"text": GATED}, claim=claim)["verdict"] == "proved"
    assert _ask("check", {"text": GATED}, claim=claim.replace(") U", ") W"))["verdict"] == "refuted"


@pytest.mark.parametrize(
    ("claim", "words"),
    [("diag(1 - g", "never closed"), ("", "empty"), ("diag(1 - g)", "choose that above"), ("dx/dq = 1", "q")],
)
def test_a_claim_that_is_not_read_says_why(claim: str, words: str) -> None:
    found = _ask("check", {"cell": "multi_gate"}, claim=claim)

    assert found["verdict"] == "unreadable"
    assert words in found["error"]["message"]


def test_a_result_is_proved_by_the_exact_routes_alone() -> None:
    found = _ask("prove", {"cell": "multi_gate"}, object="x")

    assert found["verdict"] == "proved"
    assert [item["route"] for item in found["evidence"]] == ["decision", "modular"]
    assert found["digest"] == sg.verify(sg.jacobian(sg.cell("multi_gate"))).digest


@pytest.mark.parametrize("form", [form for form in forms() if form not in WRITERS])
def test_copied_code_is_what_export_writes(form: str) -> None:
    found = _ask("copy", {"cell": "leaky"}, object="x", form=form)

    assert found["text"] == exported(sg.jacobian(sg.cell("leaky")), form)


@pytest.mark.parametrize("form", ["numpy", "torch", "jax", "rocq"])
def test_a_whole_recurrence_is_copied_as_export_writes_it(form: str) -> None:
    found = _ask("copy", {"cell": "leaky"}, object="", form=form)

    assert found["text"] == exported(sg.cell("leaky"), form)


def test_copied_code_gives_the_derivative_of_the_recurrence_as_typed() -> None:
    """Against complex step of the same equations, typed here in NumPy."""
    code = _ask("copy", {"text": GATED}, object="jacobian", form="numpy")["text"]
    rng = np.random.default_rng(0)
    W, V = rng.standard_normal((2, 4, 4))
    U, h, x, b = rng.standard_normal((4, 3)), *(rng.standard_normal(size) for size in (4, 3, 4))

    def step(h: Any) -> Any:
        z = 1 / (1 + np.exp(-(V @ h)))
        return (1 - z) * h + z * np.tanh(W @ h + U @ x + b)

    expected = np.stack([step(h + 1e-30j * e).imag / 1e-30 for e in np.eye(4)], axis=1)
    module = load_module(code, "copied")
    got = module.recurrence_jacobian_h(h=h, x=x, W=W, U=U, b=b, V=V)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_formulas_are_copied_in_the_authors_notation() -> None:
    latex = _ask("copy", {"text": GATED}, object="jacobian", form="latex")["text"]

    assert "\\mathbf{h}_{t-1}" in latex
    assert _ask("copy", {"text": GATED}, object="", form="plain")["text"].startswith("z = sigma(V @ h_prev)")
    refused = _ask("copy", {"text": GATED}, object="x", form="word")
    assert "'word' is not a known form" in refused["error"]["message"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_or_read_never_run(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(*_: object, **__: object) -> None:
        raise AssertionError("text was evaluated")

    _ask("derive", {"cell": "leaky"})  # imports what is imported late: importing is an exec of its own
    _ask("check", {"cell": "leaky"}, claim="(1-alpha) I", object="x")
    for name in ("eval", "exec"):
        monkeypatch.setattr(f"builtins.{name}", ran)

    found = _ask("derive", {"text": text})

    assert "AssertionError" not in json.dumps(found)
    assert "error of symgate" not in json.dumps(found)
    assert "<img" not in found.get("math", "")
    checked = _ask("check", {"cell": "leaky"}, claim=text, object="x")
    assert checked["verdict"] in ("unreadable", "refuted", "undecided")


@pytest.mark.parametrize(
    "request_",
    ["", "[]", '{"ask": 3}', '{"ask": "eval"}', '{"ask": "derive"}', '{"ask": "derive", "recurrence": {"cell": 1}}',
     '{"ask": "derive", "recurrence": {"text": []}}', '{"ask": "derive", "recurrence": {"cell": "gruu"}}',
     '{"ask": "prove", "recurrence": {"cell": "gru"}}', "x" * (LONGEST + 1)],
)  # fmt: skip
def test_a_request_that_makes_no_sense_is_an_answer(request_: str) -> None:
    found = json.loads(answer(request_))

    assert found["ok"] is False
    assert len(found["error"]["message"]) > 10
    assert "error of symgate" not in found["error"]["message"]


def test_an_error_of_our_own_is_told_and_the_page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> dict[str, Any]:
        raise ZeroDivisionError("planted")

    monkeypatch.setitem(ANSWERS, "derive", fails)

    assert "ZeroDivisionError: planted" in _ask("derive", {"cell": "gru"})["error"]["message"]
    assert _ask("cells")["ok"]
