"""The page in a real browser (Chromium, driven by Playwright): what a reader sees and does."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlparse

import numpy as np
import pytest

from symgate.cells import LIBRARY
from symgate.numeric.load import load_module
from tests.page.conftest import Drive
from tests.page.wrong import WRONG

GATED = "h_t = (1 - z_t) \\odot h_{t-1} + z_t \\odot \\tanh(W h_{t-1} + U x_t + b)\nz_t = \\sigma(V h_{t-1})"
TRUE = "\\frac{\\partial h_t}{\\partial x_t} = \\operatorname{diag}(z_t \\odot \\tanh'(W h_{t-1} + U x_t + b)) U"
FALSE = "diag(1 - z) + diag(z*dtanh(W @ h_prev + U @ x + b)) @ W"
LONG = "#" + urlencode({"cell": "lstm", "show.expansion": "expansion:retention:2"})


def _hash(**fields: str) -> str:
    return "#" + urlencode(fields)


def _step(h: Any, x: Any, W: Any, U: Any, V: Any, b: Any) -> Any:
    """The recurrence above, typed in NumPy."""
    z = 1 / (1 + np.exp(-(V @ h)))
    return (1 - z) * h + z * np.tanh(W @ h + U @ x + b)


def _runs_and_is_right(code: str) -> None:
    rng = np.random.default_rng(1)
    W, V = rng.standard_normal((2, 4, 4))
    U, h, x, b = rng.standard_normal((4, 3)), *(rng.standard_normal(size) for size in (4, 3, 4))
    expected = np.stack([_step(h + 1e-30j * e, x, W, U, V, b).imag / 1e-30 for e in np.eye(4)], axis=1)
    got = load_module(code, "copied").cell_jacobian_h(h=h, x=x, W=W, U=U, V=V, b=b)
    np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.full
def test_a_reader_opens_a_link_types_checks_copies_proves_and_stops(drive: Drive, address: str) -> None:
    seen = drive(
        [
            {"do": "link", "hash": _hash(text=GATED, claim=TRUE)},
            {"do": "toggle", "term": "gate"},
            {"do": "claim", "claim": FALSE, "about": "h"},
            {"do": "copy", "form": "numpy"},
            {"do": "prove"},
            {"do": "wrong", "inputs": [text for text, _, _ in WRONG]},
            {"do": "cells", "names": ["multi_gate", "lstm"]},
            {"do": "named", "width": 390},
            {"do": "stop", "hash": LONG, "input": GATED},
        ]
    )

    assert seen["link"]["verdict"] == "proved"
    assert seen["link"]["text"] == GATED
    assert set(seen["link"]["terms"]) == {"retention", "drive", "gate"}
    assert seen["toggle"]["focused"] == "jacobian-term-gate"
    assert len(set(seen["toggle"]["marked"])) == 2
    assert seen["claim"]["verdict"] == "refuted"
    assert "Counterexample" in seen["claim"]["shown"]
    assert seen["copy"]["clipboard"] == seen["copy"]["shown"]
    _runs_and_is_right(seen["copy"]["clipboard"])
    assert seen["prove"]["verdict"] == "proved"
    for (text, line, words), found in zip(WRONG, seen["wrong"], strict=True):
        assert not found["hidden"], text
        assert words in found["message"]
        assert found["line"] == (None if line is None else f"Line {line}")
        assert found["invalid"] == "true"
        assert line is None or found["place"].startswith(text.split("\n")[line - 1])
    assert [len(seen["cells"][name]["shown"]) for name in ("multi_gate", "lstm")] == [5, 5]
    assert seen["cells"]["multi_gate"]["read"] == 4
    assert seen["named"] == {"nameless": [], "wider": 0}
    assert seen["stop"]["status"].startswith("Stopped")
    assert seen["stop"]["certificate"] == "Stopped before there was a verdict."
    assert seen["stop"]["text"] == GATED
    assert not seen["stop"]["stale"]
    assert seen["hosts"] == [urlparse(address).netloc]
    assert seen["faults"] == []


@pytest.mark.full
def test_every_built_in_cell_is_derived_in_the_browser_and_a_link_reloads_offline_too(drive: Drive) -> None:
    names = [cell.name for cell in LIBRARY]
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
        assert max(found["shown"]) >= 1
        assert f"cell={name}" in found["hash"]
    for step in ("own", "reload", "offline"):
        assert seen[step]["text"] == GATED
        assert set(seen[step]["terms"]) == {"retention", "drive", "gate"}
    assert seen["faults"] == []
