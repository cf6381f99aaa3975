"""Every derivation over many steps is proved; every planted slip is refuted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import MatMul

import symgate as sg
from symgate.language import Signal
from symgate.language.sequences import I, K, MatrixSum, OrderedProduct
from symgate.proof.decision import Budget
from symgate.proof.sequences.slips import SLIPS, sequence_slips
from symgate.proof.settle import settle
from symgate.proof.slips import Slip
from tests.proof.sequences.catalogue import catalogue
from tests.proof.sequences.effects import Effect, done_by, fits


def doubled(found: sg.Derivation, key: str) -> tuple[sg.Equation, ...]:
    """The equations of a derivation, the right side of one of them twice as large."""
    return tuple(replace(item, right=2 * item.right) if item.key == key else item for item in found.equations)


DERIVATIONS = [derivation for cell in sg.CELLS for derivation in catalogue(cell)]
#: Each result with each slip in it.
PLANTED = [(found, slip) for found in DERIVATIONS for slip in sequence_slips(found) if slip.kind in SLIPS]
#: Kinds of which a cell has none: the plain cell has one factor.
UNPLANTED = {("swapped_factors", "plain")}


@pytest.mark.sweep(12)
@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda item: item.name)
def test_every_derivation_is_proved(derivation: sg.Derivation) -> None:
    """By canonical forms, every statement of the ledger, and along whole trajectories."""
    certificate = sg.verify(derivation)

    assert certificate.verdict == "proved", str(certificate)
    assert [item.route for item in certificate.evidence] == ["decision", "modular"]
    assert all(item.checks > 0 for item in certificate.evidence)


def test_every_kind_of_slip_is_planted_in_every_cell() -> None:
    """And changes the value of a formula there."""
    there: set[tuple[str, str]] = set()
    for truth, slip in PLANTED:
        place = (slip.kind, truth.cell.name)
        if place not in there and done_by(truth, slip.derivation) is Effect.WRONG:
            there.add(place)
    assert there == {(kind, cell.name) for kind in SLIPS for cell in sg.CELLS} - UNPLANTED


def named(pair: tuple[sg.Derivation, Slip]) -> str:
    """Kind, result and place of a slip."""
    _, slip = pair
    return f"{slip.kind}-{slip.derivation.name}-{slip.place}"


@pytest.mark.sweep(12)
@pytest.mark.parametrize("pair", PLANTED, ids=named)
def test_every_planted_slip_is_refuted(pair: tuple[sg.Derivation, Slip]) -> None:
    """Reversed order, steps too many or too few, x_t for x_{t-1}, transposes, signs, one per cent: all that matter."""
    truth, slip = pair
    certificate = sg.verify(slip.derivation)

    assert fits(truth, slip, certificate), str(certificate)


def test_a_wrong_schedule_gate_is_refuted() -> None:
    """The telescoping identity of the schedule analogy is checked, not only its first equation."""
    found = sg.analogy(sg.cell("scalar_gate"), "schedule")
    wrong = replace(found, equations=doubled(found, "telescopes"))

    assert sg.verify(wrong).verdict == "refuted"


def test_a_proxy_that_is_no_rate_is_refuted() -> None:
    """The drive rate of the multi gate is tied to the gate: with 1 - g in its place A_j over it is not free of it."""
    found = sg.effective_learning_rate(sg.cell("multi_gate"), "drive")
    other = sg.effective_learning_rate(sg.cell("multi_gate"), "retention").terms["order_0"]

    assert sg.verify(replace(found, named_terms=(("order_0", other),))).verdict == "refuted"


@pytest.mark.parametrize("cell", ["multi_gate", pytest.param("lstm_1997", marks=pytest.mark.full)])
def test_a_bound_is_refuted_where_the_remainder_is_larger_and_nowhere_else(cell: str) -> None:
    """Of one state and of several, without the recursion, which another bound does not obey."""
    found = sg.result(sg.cell(cell), "remainder:retention:1")
    alone = replace(found, equations=found.definitions)
    wrong, larger = (
        replace(alone, named_terms=tuple((name, factor * term) for name, term in alone.named_terms))
        for factor in (sympy.Rational(1, 1000), 2)
    )

    assert sg.verify(alone).proved
    assert sg.verify(wrong).verdict == "refuted"
    assert sg.verify(larger).verdict == "undecided"


def test_what_holds_for_few_steps_only_is_not_proved() -> None:
    """A formula that agrees at t - k <= 4 and not beyond is refuted, or at least not proved."""
    found = sg.transport(sg.cell("plain"))
    size = found.shape[0]
    J = OrderedProduct(
        Signal("J", size, size, sympy.Symbol("j", integer=True)),
        sympy.Symbol("j", integer=True),
        K + 1,
        sg.transport(sg.cell("plain")).of.index[0],
    )
    extra = J
    gap = sympy.prod(J.upper - K - q for q in range(5))
    wrong = replace(found, named_terms=(("product", MatMul(1 + gap, extra)),))

    assert not settle(wrong, Budget()).proved
    assert sg.verify(wrong).verdict != "proved"


def test_a_trajectory_that_is_too_short_is_not_trusted() -> None:
    """An order that needs five steps to show its factors is checked at five: swapping two far factors is seen."""
    found = sg.expand(sg.split(sg.cell("multi_gate"), "drive"), 3)
    slips = [s for s in sequence_slips(found) if s.kind == "reversed_order" and s.place == "term order_3"]

    assert [sg.verify(s.derivation).verdict for s in slips] == ["refuted"]


def test_the_sum_of_an_empty_range_is_zero() -> None:
    """A sum from k + 1 to k has no terms, whatever its body."""
    size = sympy.Symbol("n", integer=True, positive=True)
    total = MatrixSum(Signal("B", size, size, I), I, K + 1, K)

    assert total.written_out({K: sympy.Integer(3)}).is_ZeroMatrix


@pytest.mark.parametrize("label", ["exponential", "step", "cosine", "warm_up"])
def test_a_wrong_gate_of_a_schedule_is_not_proved(label: str) -> None:
    """Each gate that is said to realise a schedule is held against it."""
    found = sg.analogy(sg.cell("multi_gate"), "schedule")
    wrong = doubled(found, f"gate_{label}")

    assert wrong != found.equations
    certificate = sg.verify(replace(found, equations=wrong))
    assert certificate.verdict != "proved"
    assert f"gate_{label}" in certificate.statement


@pytest.mark.parametrize("cell", ["scalar_gate", "multi_gate"])
def test_a_wrong_gate_of_a_diagonal_is_not_proved(cell: str) -> None:
    """So is the constant gate that is said to realise Adam's diagonal."""
    found = sg.analogy(sg.cell(cell), "adam")

    assert sg.verify(replace(found, equations=doubled(found, "gate"))).verdict != "proved"
