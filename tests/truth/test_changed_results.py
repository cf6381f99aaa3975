"""``verify`` looks at what a result states, at all of it, and at nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

import symgate as sg
from symgate.derive.results import results
from symgate.records import Derivation
from tests.truth.planted import planted

_CELLS = ("plain", "leaky", "scalar_gate", "multi_gate")
_NAMES = [
    (cell, name)
    for cell in _CELLS
    for name in results(sg.cell(cell))
    if name in {"x", "vjp:W_r", "transport", "adjoint", "gradient:W_r", "gradient:alpha", "preconditioner"}
    or name.startswith(("split", "expansion", "remainder", "rate", "analogy"))
]
#: Results that no list of a cell has; they are derived where they are asked for.
_NAMES += [
    *(("leaky", name) for name in ("influence:W_r", "lag:W_r", "lag:alpha", "rest:retention:1", "a", "a/W_r")),
    *(("multi_gate", name) for name in ("truncation:W_r:retention:0", "rest:gate:0", "g/x", "vjp:a_g")),
]


def _derived(cell: str, name: str) -> Derivation:
    return sg.result(sg.cell(cell), name)


def _outcome(derivation: Derivation) -> str:
    """The verdict; "refused" where an error of symgate says what is wrong, the name of any other error."""
    try:
        return str(sg.verify(derivation, routes=("decision", "modular")).verdict.value)
    except sg.SymgateError:
        return "refused"
    except Exception as error:  # noqa: BLE001 - a crash is what is looked for
        return type(error).__name__


def _claims_nothing(derivation: Derivation) -> set[str]:
    """Changes of what only introduces a name: a definition of a name that nothing else uses, an example."""
    return {f"{item.key} doubled" for item in derivation.equations if item not in derivation.claims}


@pytest.mark.sweep(6)
@pytest.mark.parametrize(("cell", "name"), _NAMES)
def test_no_changed_result_is_proved(cell: str, name: str) -> None:
    """A slip in any statement, in a relation, in a standing or in what a result says that it is."""
    derivation = _derived(cell, name)
    passed = _claims_nothing(derivation)
    found = {words: _outcome(changed) for words, changed in planted(derivation) if words not in passed}
    assert {words: item for words, item in found.items() if item not in {"refuted", "undecided", "refused"}} == {}


@pytest.mark.sweep(6)
@pytest.mark.parametrize(("cell", "name"), _NAMES)
def test_words_for_readers_decide_nothing(cell: str, name: str) -> None:
    """Another name, translated labels, other remarks: the same verdict, line by line."""
    derivation = _derived(cell, name)
    words = tuple(replace(item, label=f"Gleichung {q}") for q, item in enumerate(derivation.equations))
    told = replace(derivation, name="umbenannt", remark="", source="", equations=words)
    before = sg.verify(derivation, routes=("decision", "modular"))
    after = sg.verify(told, routes=("decision", "modular"))
    assert after.verdict == before.verdict
    assert [(line.key, line.settled) for line in after.ledger] == [(line.key, line.settled) for line in before.ledger]


@pytest.mark.parametrize(("cell", "name"), [pair for pair in _NAMES if pair[1].startswith(("split", "expansion"))])
def test_the_name_of_a_split_is_judged(cell: str, name: str) -> None:
    """Another split in the parameters, or A and B exchanged: refuted, with a case in numbers."""
    derivation = _derived(cell, name)
    changes = {words: item for words, item in planted(derivation) if words in {"another split", "parts exchanged"}}
    assert changes or derivation.exact_from is not None
    assert {words: _outcome(item) for words, item in changes.items()} == dict.fromkeys(changes, "refuted")
