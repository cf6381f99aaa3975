"""The attacks: what is false is never proved, what is true is proved, and nothing costs more than it may."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import symgate as sg
from symgate.records import Cell
from tests.truth import api
from tests.truth.attacks import FALSE, LIGHT, TRUE, Attack
from tests.truth.judged import Target, answer

#: What the child may take; the largest claim takes a quarter of it.
_MEGABYTES = 500.0
#: Seconds of processor time, those of the imports included: for claims that use the whole budget of ``check``.
_SECONDS = 25


def made(attack: Attack) -> tuple[Cell, Any]:
    """The cell and the claim of an attack."""
    cell = sg.cell(attack.cell) if isinstance(attack.cell, str) else attack.cell
    if callable(attack.claim):
        return cell, attack.claim(api.closed_form(cell, attack.name))
    if "{truth}" in attack.claim:
        return cell, attack.claim.replace("{truth}", api.printed(cell, attack.name))
    return cell, attack.claim


@pytest.mark.parametrize("attack", [*FALSE, *TRUE, *(item for item in LIGHT if item.kind == "long sums")], ids=str)
def test_the_oracle_tells_true_from_false(attack: Attack) -> None:
    """What the table says of a claim is what differences of the recurrence say."""
    if attack.name == "rate:drive" or attack.kind == "long sums":
        pytest.skip("the oracle has no value for it, or not in reasonable time")
    cell, claim = made(attack)
    whole = attack.claim == "{truth}"
    expr = api.closed_form(cell, attack.name) if whole else api.reading(cell, attack.name, claim)
    found = answer(Target(cell, attack.name), expr, steps=(4, 1, 8), sizes=attack.sizes)
    assert found.true is attack.true or (found.true is None and not attack.true), found


@pytest.mark.parametrize("attack", FALSE, ids=str)
def test_what_is_false_is_not_proved(attack: Attack) -> None:
    """False claims are refuted or left open; those that the language has no words for are not read."""
    cell, claim = made(attack)
    assert api.verdict(cell, attack.name, claim) in {api.REFUTED, api.UNDECIDED, api.UNREADABLE}


@pytest.mark.parametrize("attack", TRUE, ids=str)
def test_what_is_true_is_proved(attack: Attack) -> None:
    """True claims are proved."""
    cell, claim = made(attack)
    assert api.verdict(cell, attack.name, claim) == api.PROVED


_CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
from tests.truth import api
from tests.truth.attacks import LIGHT
from tests.truth.test_attacks import made
attack = LIGHT[int(sys.argv[1])]
cell, claim = made(attack)
verdict = api.verdict(cell, attack.name, claim)
print(json.dumps([verdict, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


@pytest.mark.full
@pytest.mark.parametrize("place", range(len(LIGHT)), ids=lambda place: str(LIGHT[place]))
def test_large_claims_end_soon(place: int) -> None:
    """A claim that would be large when multiplied out ends within the limits of the child, with no wrong verdict."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(place), str(_SECONDS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    verdict, megabytes = json.loads(done.stdout)
    assert verdict in ({api.PROVED, api.UNDECIDED} if LIGHT[place].true else {api.REFUTED, api.UNDECIDED})
    assert megabytes < _MEGABYTES
