"""What a slip does to a formula is told by its numbers alone."""

from __future__ import annotations

import pytest

import symgate as sg
from symgate.proof.certificate import Certificate, Verdict
from symgate.proof.sequences.slips import sequence_slips
from tests.proof.sequences.effects import Effect, effect, fits
from tests.truth.values import UnknownError


@pytest.mark.parametrize(
    ("cell", "name", "kind", "place", "done"),
    [
        # J_j is diagonal, or it is not
        ("mingru", "transport", "reversed_order", "term product", Effect.NONE),
        ("plain", "transport", "reversed_order", "term product", Effect.WRONG),
        ("mingru", "adjoint", "transposed_weight", "claim closed_form", Effect.NONE),
        ("plain", "adjoint", "transposed_weight", "claim closed_form", Effect.WRONG),
        # B_j is 0, or it is not
        ("mingru", "expansion:retention:1", "one_step_too_few", "claim frechet", Effect.NONE),
        ("leaky", "expansion:retention:1", "one_step_too_few", "claim frechet", Effect.WRONG),
        ("mingru", "expansion:retention:1", "left_doubled", "claim frechet", Effect.NONE),
        ("mingru", "expansion:retention:1", "left_doubled", "claim recursion", Effect.NONE),
        ("leaky", "expansion:retention:1", "left_doubled", "claim recursion", Effect.WRONG),
        # a sum to t + 1 over what holds delta[t, i]
        ("qrnn", "expansion:retention:1", "one_step_beyond", "term order_1", Effect.NONE),
        # lambda_{T+1}
        ("plain", "gradient:W_r", "one_step_beyond", "term drive", Effect.NO_VALUE),
        ("plain", "gradient:W_r", "one_step_short", "term drive", Effect.WRONG),
        # a bound that is 0, and so is what it bounds; one that is not
        ("mingru", "remainder:retention:1", "relation", "main", Effect.NONE),
        ("leaky", "remainder:retention:1", "relation", "main", Effect.WRONG),
        # a larger bound obeys no recursion
        ("leaky", "remainder:retention:1", "one_percent", "term product", Effect.WRONG),
        ("leaky", "analogy:momentum", "relation", "claim heavy_ball", Effect.WRONG),
        ("leaky", "rate:retention", "relation", "main", Effect.WRONG),
    ],
)
def test_what_a_slip_does(cell: str, name: str, kind: str, place: str, done: Effect) -> None:
    truth = sg.result(sg.cell(cell), name)
    (slip,) = (slip for slip in sequence_slips(truth) if (slip.kind, slip.place) == (kind, place))

    assert effect(truth, slip.derivation) is done


@pytest.mark.parametrize(
    ("cell", "name", "kind", "place", "verdicts"),
    [
        ("plain", "transport", "reversed_order", "term product", {"refuted"}),
        ("mingru", "transport", "reversed_order", "term product", {"proved", "undecided"}),
        ("plain", "gradient:W_r", "one_step_beyond", "term drive", {"refuted"}),
    ],
)
def test_a_judge_that_is_wrong_is_seen(cell: str, name: str, kind: str, place: str, verdicts: set[str]) -> None:
    """One that proves or leaves open what differs, one that refutes what does not."""
    truth = sg.result(sg.cell(cell), name)
    (slip,) = (slip for slip in sequence_slips(truth) if (slip.kind, slip.place) == (kind, place))
    judges = (Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED)

    assert {verdict.value for verdict in judges if fits(truth, slip, Certificate("", verdict, "", ()))} == verdicts


def test_an_equation_without_a_value_is_not_said_to_be_the_same() -> None:
    """The gate of a cosine schedule is not read: nothing is said of a slip in it."""
    truth = sg.result(sg.cell("scalar_gate"), "analogy:schedule")
    slips = [slip for slip in sequence_slips(truth) if slip.place == "claim gate_cosine"]

    assert slips
    for slip in slips:
        with pytest.raises(UnknownError):
            effect(truth, slip.derivation)
