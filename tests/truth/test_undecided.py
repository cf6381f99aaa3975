"""Claims that a fuzz left undecided, by cause: each is decided, and what is like it and true is not refuted."""

from __future__ import annotations

import pytest

from tests.truth.api import PROVED, REFUTED, verdict

HIDDEN = "(n-1)*(n-2)*(n-3)"
STEPS = "(T-1)*(T-2)*(T-3)"


@pytest.mark.parametrize(
    ("cell", "name", "claim"),
    [
        ("plain", "transport", f"matprod(J[j] + {HIDDEN}*J[j] for j in range(t,k,-1))"),
        ("plain", "gradient:b", f"sum((dphi(a[k]) + {HIDDEN}*dphi(a[k]))*lam[k] for k in range(1,T+1))"),
        ("leaky", "gradient:b", f"sum(lam[k] for k in range(1,T+1)) + {STEPS}*sum(lam[k] for k in range(1,T+1))"),
        ("multi_gate", "analogy:schedule", "-prod(1 - g[j] for j in range(k+1,t+1))"),
        ("multi_gate", "analogy:schedule", "eta*prod(1 - g[j-1] for j in range(k+1,t+1))"),
    ],
)
def test_what_is_false_is_refuted(cell: str, name: str, claim: str) -> None:
    """By sizes beyond the usual ones, by letters that no side gives, without a schedule, and where it is stated."""
    assert verdict(cell, name, claim) == REFUTED


@pytest.mark.parametrize(
    ("cell", "name", "claim"),
    [
        ("plain", "transport", "matprod(J[j] + matprod(J[r] for r in range(k,k,-1)) - eye for j in range(t,k,-1))"),
        ("multi_gate", "analogy:schedule", "eta*prod(1 - g[j] for j in range(k+1,t+1))"),
    ],
)
def test_what_is_true_is_proved(cell: str, name: str, claim: str) -> None:
    assert verdict(cell, name, claim) == PROVED


def test_a_difference_counts_only_where_a_claim_is_stated() -> None:
    """g_0 has no value, and 0 g_0 has none either: nothing is wrong elsewhere, so it is not refuted."""
    claim = "eta*prod(1 - g[j] for j in range(k+1,t+1)) + 0*sum(g[j] for j in range(t,t+1))"

    assert verdict("multi_gate", "analogy:schedule", claim) != REFUTED
