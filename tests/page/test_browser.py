"""The page in a real browser (Chromium, driven by Playwright): what a reader sees and does."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlparse

import numpy as np
import pytest

from symgate.cells import LIBRARY, MATRIX
from symgate.cells import cell as built_in
from symgate.numeric.load import load_module
from symgate.page.build import Page
from tests.page.conftest import Drive, Served, modules
from tests.page.wrong import HOSTILE, TOO_LONG, WRONG, WRONG_CLAIMS

GATED = "h_t = (1 - z_t) \\odot h_{t-1} + z_t \\odot \\tanh(W h_{t-1} + U x_t + b)\nz_t = \\sigma(V h_{t-1})"
TRUE = "\\frac{\\partial h_t}{\\partial x_t} = \\operatorname{diag}(z_t \\odot \\tanh'(W h_{t-1} + U x_t + b)) U"
FALSE = "diag(1 - z) + diag(z*dtanh(W @ h_prev + U @ x + b)) @ W"
LONG = "#" + urlencode({"cell": "lstm", "show.expansion": "expansion:retention:2"})
CHOICE = "h_t = tanh(w h_{t-1} + U x_t)"


def _hash(**fields: str) -> str:
    return "#" + urlencode(fields)


def _asks_for_files_alone(served: Served, built: Page, hosts: list[str]) -> None:
    """Nothing is asked of another host, and nothing is sent to this one but the names of its files."""
    assert hosts == [urlparse(served.address).netloc]
    files = {path.relative_to(built.folder).as_posix() for path in built.folder.rglob("*")} | {""}
    assert {line.split(" ")[0] for line in served.asked} == {"GET"}
    assert {line.split(" ")[1].removeprefix("/") for line in served.asked} <= files


def test_a_link_opens_with_its_derivatives_and_its_verdict(drive: Drive, served: Served, built: Page) -> None:
    """The short one: a cell of the library, a false claim about it, its terms."""
    cell = built_in("multi_gate")
    seen = drive([{"do": "link", "hash": _hash(cell=cell.name, claim="diag(1 - g)", about="x")}])

    found = seen["link"]
    assert (found["verdict"], found["stale"], found["error"]) == ("refuted", False, "")
    assert found["terms"] == ["retention", "drive", "gate"]
    assert found["missing"] == []
    assert len(found["shown"]) == 5
    assert seen["faults"] == []
    _asks_for_files_alone(served, built, seen["hosts"])


@pytest.mark.full
def test_a_reader_types_checks_and_proves(drive: Drive, served: Served, built: Page) -> None:
    seen = drive(
        [
            {"do": "link", "hash": _hash(text=GATED, claim=TRUE)},
            {"do": "toggle", "term": "gate"},
            {"do": "claim", "claim": FALSE, "about": "h"},
            {"do": "edited", "input": GATED.replace(" + b", "")},
            {"do": "prove"},
            {"do": "choose", "input": CHOICE, "choice": "w: scalar"},
        ]
    )

    assert seen["link"]["verdict"] == "proved"
    assert seen["link"]["text"] == GATED
    assert set(seen["link"]["terms"]) == {"retention", "drive", "gate"}
    assert seen["toggle"]["focused"] == "jacobian-term-gate"
    assert seen["toggle"]["hash"].endswith("off=gate")
    assert len(set(seen["toggle"]["marked"])) == 2
    assert seen["claim"]["verdict"] == "refuted"
    for words in ("Counterexample", "Claim minus truth", "It should be", "gate term is missing"):
        assert words in seen["claim"]["shown"]
    assert seen["edited"]["badges"] == 0
    assert "has changed since" in seen["edited"]["verdict"]
    assert seen["prove"]["moved"][-1] == [5, 5]
    assert [shown.split(" ")[-1] for shown in seen["prove"]["verdicts"]] == ["proved"] * 5
    assert (seen["choose"]["sizes"], seen["choose"]["error"]) == ("w: scalar", "")
    assert seen["faults"] == []
    _asks_for_files_alone(served, built, seen["hosts"])


@pytest.mark.full
def test_every_built_in_cell_is_derived_in_the_browser_and_a_link_reloads_offline_too(drive: Drive) -> None:
    names = [cell.name for cell in (*LIBRARY, *MATRIX)]
    seen = drive(
        [
            {"do": "link", "hash": _hash(cell="leaky")},
            {"do": "cells", "names": names},
            {"do": "link", "as": "own", "hash": _hash(text=GATED)},
            {"do": "reload"},
            {"do": "offline"},
        ]
    )

    for name in names:
        found = seen["cells"][name]
        assert (found["error"], found["stale"]) == ("", False), name
        assert found["read"] >= 1
        assert found["shown"][0] >= 1, (name, found["missing"])
        assert not [words for words in found["missing"] if "error of symgate" in words]
        assert f"cell={name}" in found["hash"]
    for step in ("own", "reload", "offline"):
        assert seen[step]["text"] == GATED
        assert set(seen[step]["terms"]) == {"retention", "drive", "gate"}
    assert seen["faults"] == []


@pytest.mark.full
def test_bad_input_is_told_under_its_line_and_the_page_stays_alive(drive: Drive) -> None:
    seen = drive(
        [
            {"do": "link", "hash": _hash(text=GATED)},
            {"do": "wrong", "inputs": [text for text, _, _ in WRONG]},
            {"do": "sizes", "input": GATED, "sizes": "w = scalar"},
            *({"do": "claim", "as": words, "claim": claim, "about": "h"} for claim, _, words in WRONG_CLAIMS),
            {"do": "hostile", "inputs": [*HOSTILE]},
            {"do": "derive", "as": "after", "input": GATED},
            {"do": "stopProof", "hash": LONG, "input": GATED},
            {"do": "stopRecurrence", "long": TOO_LONG, "input": GATED},
            {"do": "withoutWebAssembly"},
        ]
    )

    assert len(WRONG) == 10
    for (text, line, words), found in zip(WRONG, seen["wrong"], strict=True):
        assert not found["hidden"], text
        assert words in found["message"]
        assert found["line"] == (None if line is None else f"Line {line}")
        assert found["invalid"] == "true"
        assert line is None or found["place"].startswith(text.split("\n")[line - 1])
    assert (seen["sizes"]["hidden"], "is not a size" in seen["sizes"]["message"]) == (False, True)
    for claim, line, words in WRONG_CLAIMS:
        error = seen[words]["error"]
        assert words in error["message"]
        assert (error["line"], error["invalid"]) == (None if line is None else f"Line {line}", "true"), claim
    for text, found in zip(HOSTILE, seen["hostile"], strict=True):
        assert found["stale"] == bool(found["error"]), text
        assert found["strange"] == 0
        assert "error of symgate" not in found["error"]
    for step in ("after", "stopProof", "stopRecurrence"):
        assert (seen[step]["text"], seen[step]["error"], seen[step]["stale"]) == (GATED, "", False)
        assert set(seen[step]["terms"]) == {"retention", "drive", "gate"}
    assert seen["stopProof"]["certificate"] == "Stopped before there was a verdict."
    assert seen["stopRecurrence"]["busy"]
    assert seen["stopRecurrence"]["answers"]
    assert "needs WebAssembly" in seen["withoutWebAssembly"]["told"]
    assert seen["withoutWebAssembly"]["status"] == "Cannot start"
    assert seen["faults"] == []


def _step(h: Any, x: Any, W: Any, U: Any, V: Any, b: Any) -> Any:
    """The recurrence above, typed in NumPy."""
    z = 1 / (1 + np.exp(-(V @ h)))
    return (1 - z) * h + z * np.tanh(W @ h + U @ x + b)


@pytest.mark.full
def test_what_is_copied_runs_in_python_and_gives_the_right_numbers(drive: Drive) -> None:
    """The Jacobian by complex step of the equations, typed in NumPy above, against the code of every form."""
    torch = pytest.importorskip("torch")
    jax = pytest.importorskip("jax")
    pytest.importorskip("numba")
    coded = ("numpy", "array_api", "numba")
    seen = drive(
        [
            {"do": "link", "hash": _hash(text=GATED)},
            {"do": "copy", "part": "jacobian", "forms": ["latex", "plain", "mathml", *coded, "rocq"]},
            {"do": "copy", "as": "whole", "part": "read", "forms": ["numpy", "torch", "jax"]},
        ]
    )

    for found in (*seen["copy"].values(), *seen["whole"].values()):
        assert found["clipboard"] == found["shown"]
    rng = np.random.default_rng(1)
    W, V = rng.standard_normal((2, 4, 4))
    point = {"h": rng.standard_normal(4), "x": rng.standard_normal(3), "W": W, "U": rng.standard_normal((4, 3)), "V": V}
    point["b"] = rng.standard_normal(4)
    imaginary = [_step(**(point | {"h": point["h"] + 1e-30j * unit})).imag for unit in np.eye(4)]
    expected = np.stack(imaginary, axis=1) / 1e-30
    code = {form: load_module(seen["copy"][form]["clipboard"], f"copied_{form}") for form in coded}
    for module in code.values():
        np.testing.assert_allclose(module.recurrence_jacobian_h(**point), expected, rtol=1e-12)
    tensors = {name: torch.tensor(value) for name, value in point.items()}
    np.testing.assert_allclose(code["array_api"].recurrence_jacobian_h(**tensors).numpy(), expected, rtol=1e-12)
    whole = {form: load_module(found["clipboard"], f"whole_{form}") for form, found in seen["whole"].items()}
    np.testing.assert_allclose(whole["numpy"].jacobian(**point), expected, rtol=1e-12)
    learnt = torch.autograd.functional.jacobian(lambda h: whole["torch"].step(**(tensors | {"h": h})), tensors["h"])
    np.testing.assert_allclose(learnt.numpy(), expected, rtol=1e-12)
    with jax.enable_x64(True):
        arrays = {name: jax.numpy.asarray(value) for name, value in point.items()}
        slopes = jax.jacrev(lambda h: whole["jax"].step(**(arrays | {"h": h})))(arrays["h"])
        np.testing.assert_allclose(slopes, expected, rtol=1e-12)
        array_api = code["array_api"].recurrence_jacobian_h(**arrays)
        np.testing.assert_allclose(array_api, expected, rtol=1e-12)
    assert "Theorem" in seen["copy"]["rocq"]["clipboard"]
    assert seen["copy"]["latex"]["clipboard"].startswith("\\frac{\\partial")
    assert seen["faults"] == []


@pytest.mark.full
def test_keyboard_screen_reader_phone_day_and_night(drive: Drive) -> None:
    """Tab reaches everything; formulas are mathematics and controls have own names; axe-core objects to nothing."""
    modules("axe-core")
    seen = drive(
        [
            {"do": "link", "hash": _hash(text=GATED, about="x")},
            {"do": "keyboard", "claim": TRUE.split(" = ")[1]},
            {"do": "spoken"},
            {"do": "audited", "widths": [1280, 390]},
            {"do": "planted"},
            {"do": "audited", "as": "faulty", "widths": [1280]},
        ]
    )

    keyboard = seen["keyboard"]
    assert (keyboard["first"], keyboard["skipped"]) == ("skip", {"to": "results", "kept": True})
    assert keyboard["wanted"] > 30
    assert (keyboard["missed"], keyboard["unmarked"]) == ([], [])
    assert keyboard["verdict"] == "proved"
    spoken = seen["spoken"]
    assert spoken["formulas"] == spoken["visible"] > 10
    assert spoken["identifiers"] > 100
    assert "" not in spoken["controls"]
    assert len(set(spoken["controls"])) == len(spoken["controls"])
    assert list(seen["audited"]) == ["1280 light", "1280 dark", "390 light", "390 dark"]
    for found in seen["audited"].values():
        assert (found["broken"], found["wider"], found["hidden"]) == ([], 0, [])
        assert {"color-contrast", "label", "select-name", "target-size"} <= set(found["passed"])
    faulty = seen["faulty"]["1280 light"]
    assert {broken.split(":")[0] for broken in faulty["broken"]} >= {"color-contrast", "button-name"}
    assert faulty["wider"] > 0
    assert len(faulty["hidden"]) > 3
    assert seen["faults"] == []
