"""What comparisons cost: operations are counted, so that a shortcut that is lost shows as more of them."""

from __future__ import annotations

import re

import pytest

import symgate as sg
from symgate.proof import settle
from symgate.proof.decision import Budget, decide
from symgate.proof.decision.remembered import _begun, _slot
from tests.proof.decision import test_quotients, test_time
from tests.proof.decision.symbols import PLAIN, k, t

#: The operations of results, and those of all true claims over many steps: a change that needs more states it here.
RESULTS = {
    ("multi_gate", "expansion:retention:1"): 29184,
    ("mgu", "rate:retention"): 46935,
    ("gru", "transport"): 3830,
    ("lstm", "transport"): 6192,
    ("minlstm", "expansion:gate:1"): 7005,
    ("s6", "rate:retention"): 11797,
    ("linear_attention", "transport"): 2027,
    ("leaky", "remainder:retention:1"): 5460,
}
CLAIMS = 39967
#: What is neither a loss nor worth a line above.
SLACK = 1.003


def _forget() -> None:
    """Forget every decision and every recurrence, which are counted all the same."""
    _slot.cache_clear()
    _begun.cache_clear()


@pytest.mark.parametrize(("cell", "name"), RESULTS)
def test_a_result_takes_no_more_operations(cell: str, name: str) -> None:
    _forget()
    found = settle.settle(sg.result(sg.cell(cell), name), Budget())
    (spent,) = re.findall(r"\((\d+) operations\)", found.evidence.detail)
    assert found.proved
    assert int(spent) <= SLACK * RESULTS[cell, name]


def test_true_claims_over_many_steps_take_no_more_operations() -> None:
    _forget()
    spent = 0
    for left, right, given, definitions in test_time.TRUE.values():
        spent += decide(PLAIN, left, right, given=given, definitions=definitions).work
    for left, right in test_quotients.TRUE.values():
        spent += decide(PLAIN, left, right, given=[(k + 1, t)]).work
    assert spent <= SLACK * CLAIMS
