"""Every cell x every object x every known slip is refuted, with a witness that holds up outside of symgate."""

from __future__ import annotations

import pytest

from symgate.cells import CELLS
from symgate.derive import jacobian, objects
from symgate.proof import REFUTED, SLIPS, slips, verify
from symgate.records import Cell, Derivation
from tests.proof.rechecks import claimed_entry, true_entry

EVERY = [derivation for cell in CELLS for derivation in objects(cell)]
EXACT = ("decision", "modular")


@pytest.mark.sweep(20)
@pytest.mark.parametrize("derivation", EVERY, ids=lambda derivation: derivation.name)
def test_every_slip_is_refuted_with_a_witness_that_holds_up(derivation: Derivation) -> None:
    """The witness's two numbers are the published recurrence's derivative and what the wrong formula gives."""
    planted = list(slips(derivation))
    assert {slip.kind for slip in planted} >= {"wrong_sign", "one_percent"}
    for slip in planted:
        certificate = verify(slip.derivation, routes=EXACT)
        witness = certificate.witness

        assert certificate.verdict == REFUTED, (slip.kind, slip.place)
        assert witness is not None
        assert true_entry(derivation, witness) == pytest.approx(float(witness.true), rel=1e-9, abs=1e-12)
        assert claimed_entry(slip.derivation, witness) == pytest.approx(float(witness.claimed), rel=1e-9, abs=1e-12)
        assert float(witness.true) != pytest.approx(float(witness.claimed), rel=1e-6, abs=1e-9)


KINDS = {
    "plain": {"transposed_weight", "sigma_for_slope", "swapped_factors", "wrong_sign", "one_percent"},
    "leaky": {"transposed_weight", "sigma_for_slope", "swapped_factors", "wrong_sign", "one_percent"},
    "unit_leak": {"transposed_weight", "sigma_for_slope", "swapped_factors", "wrong_sign", "one_percent"},
    "scalar_gate": set(SLIPS),
    "multi_gate": set(SLIPS),
}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_every_kind_that_can_be_made_is_planted(cell: Cell) -> None:
    """The state Jacobians of the gated cells admit every slip."""
    assert {slip.kind for slip in slips(jacobian(cell))} == KINDS[cell.name]


def test_what_is_planted_is_another_formula_of_the_same_object() -> None:
    """A slip changes terms, nothing else."""
    derivation = jacobian(CELLS[-1])
    for slip in slips(derivation):
        assert slip.derivation.named_terms != derivation.named_terms
        assert (slip.derivation.cell, slip.derivation.wrt) == (derivation.cell, derivation.wrt)
