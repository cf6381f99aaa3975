"""Random cells are sent to Coq: what is derived of them is accepted, and slips in it are rejected."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from symgate.derive import results
from symgate.errors import ProofAssistantError, SymgateError
from symgate.proof.rocq import ROUTE, Assistant, Files, Source, can_state, certificate, find_assistant, slips_source
from symgate.proof.rocq.assistant import Runs
from symgate.proof.slips import slips
from symgate.records import ONE_STEP, Cell, Derivation
from tests.strategies import cells, whole_cells

RUNS = Runs(limit=120)
#: A cell that Coq rejects is told as it was drawn: making it smaller would take minutes.
DRAWN = settings(
    deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module")
def coq() -> Assistant:
    try:
        return find_assistant()
    except ProofAssistantError as error:
        pytest.skip(f"{ROUTE}: {error}")


def stated(cell: Cell) -> dict[str, Derivation]:
    """The results of a cell that a certificate states."""
    found = {}
    for key, item in results(cell).items():
        try:
            can_state(item)
            found[key] = item
        except SymgateError:
            continue
    return found


def accept(source: Source, coq: Assistant) -> None:
    outcome = RUNS.check(source, coq)
    assert outcome.accepted, f"{outcome.detail}\n{source.beside}"


@pytest.mark.sweep(1, pool="accepted by Coq")
@settings(DRAWN, max_examples=2)
@given(cell=cells(depth=2, intermediates=1))
def test_the_state_jacobian_of_a_random_cell_is_accepted(coq: Assistant, cell: Cell) -> None:
    known = stated(cell)
    assume("x" in known)
    accept(certificate([known["x"], known["vjp:x"]]), coq)


@pytest.mark.full
@settings(DRAWN, max_examples=4)
@given(cell=whole_cells())
def test_a_result_of_every_kind_of_a_random_cell_is_accepted_in_files(coq: Assistant, cell: Cell) -> None:
    """One step, any number of steps, over time; several states, delays, numbers of each step."""
    known = stated(cell)
    assume(known)
    first = {item.kind: key for key, item in reversed(known.items())}
    for item in Files(cell, {key: item for key, item in known.items() if first[item.kind] == key}):
        accept(item.source, coq)


@pytest.mark.full
@settings(DRAWN, max_examples=4)
@given(cell=cells())
def test_slips_in_a_random_cell_are_rejected(coq: Assistant, cell: Cell) -> None:
    """The tactic that proves the Jacobian fails on each slip in it, in the same file."""
    known = [item for item in stated(cell).values() if item.kind in ONE_STEP][:2]
    wrong = [(f"{slip.kind}: {slip.place}", slip.derivation) for item in known for slip in slips(item)][:8]
    assume(wrong)
    accept(slips_source(known, wrong, "drawn_slips"), coq)
