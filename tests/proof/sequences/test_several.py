"""Several states over many steps: every derivation is proved, every planted slip is refuted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from sympy.matrices.expressions import BlockMatrix, MatMul

import symgate as sg
from symgate.cells import LIBRARY, stack
from symgate.errors import DefinitionError, UnknownNameError
from symgate.proof.decision import Budget
from symgate.proof.sequences.slips import BLOCK_SLIPS, SLIPS, blocks_transposed, sequence_slips
from symgate.proof.settle import settle
from symgate.proof.slips import Slip
from symgate.records import Relation
from tests.proof.sequences.effects import fits

STACKED = stack("two_layers", sg.cell("mingru"), sg.cell("mingru"))
SEVERAL = [*(cell for cell in LIBRARY if len(cell.states) > 1), STACKED]
#: Cells whose states retain one another, so that there is no rate per unit.
COUPLED = ("lru", "cornn", "lstm_zoneout", "slstm", "hgrn", "stp")
ALONE = [sg.cell(name) for name in ("mingru", "minlstm", "rg_lru", "ssm")]


def catalogue(cell: sg.Cell, orders: tuple[int, ...] = (1, 2)) -> Iterator[sg.Derivation]:
    """The Jacobian, transport, gradients, every split with its expansions and remainder, rates."""
    if len(cell.states) > 1:
        yield sg.state_jacobian(cell)
    yield sg.transport(cell)
    yield from sg.gradient(cell)
    for name in ("retention", "drive", "gate"):
        try:
            parted = sg.split(cell, name)
        except UnknownNameError:
            continue
        yield parted
        yield from (sg.expand(parted, order) for order in orders)
        yield sg.remainder(parted, 1)
    if cell.name not in COUPLED:
        yield sg.effective_learning_rate(cell)
        yield sg.preconditioner(cell)


#: A sample of the cells; .ci/full runs all.
SOME = {"lstm", "lstm_1997", "qrnn", "lru", "hgrn", "mingru", "two_layers"}
DERIVATIONS = [item for cell in [*SEVERAL, *ALONE] if cell.name in SOME for item in catalogue(cell)]
FURTHER = [cell for cell in [*SEVERAL, *ALONE] if cell.name not in SOME]


#: The cells that differ most; in all others the same rewrites act on the same structure.
SLIPPED = ("lstm_1997", "qrnn", "cornn", "mingru")


@cache
def planted(cell: str) -> list[tuple[sg.Derivation, Slip]]:
    """The results of a cell, each with the slips in it."""
    return [(found, slip) for found in catalogue(sg.cell(cell), orders=(1,)) for slip in sequence_slips(found)]


@pytest.mark.sweep(8)
@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda item: item.name)
def test_every_derivation_is_proved(derivation: sg.Derivation) -> None:
    proved(derivation)


@pytest.mark.full
@pytest.mark.parametrize("cell", FURTHER, ids=lambda cell: cell.name)
def test_every_derivation_of_the_other_cells_is_proved(cell: sg.Cell) -> None:
    for derivation in catalogue(cell):
        proved(derivation)


def proved(derivation: sg.Derivation) -> None:
    """Proved by every route that ran, and each of them compared something."""
    certificate = sg.verify(derivation)

    assert certificate.verdict == "proved", str(certificate)
    ran = [item for item in certificate.evidence if item.passed is not None]  # autodiff needs torch or jax
    assert len(ran) >= len(certificate.evidence) - 1
    assert all(item.checks > 0 for item in ran)


@pytest.mark.sweep(3)
@pytest.mark.parametrize("cell", SLIPPED)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in ("reversed_order", "swapped_factors") else (pytest.mark.full,))
        for kind in [*SLIPS, *BLOCK_SLIPS, "left_doubled", "relation"]
    ],
)
def test_every_planted_slip_is_refuted(kind: str, cell: str) -> None:
    """Those of one state, blocks transposed, couplings lost: all that change a value, and no other."""
    chosen = [(truth, slip) for truth, slip in planted(cell) if slip.kind == kind]
    found = [(truth, slip, sg.verify(slip.derivation)) for truth, slip in chosen]

    assert chosen or (cell == "mingru" and kind in BLOCK_SLIPS), "a cell with one state has no blocks"
    assert [(truth.name, slip.place, str(item)) for truth, slip, item in found if not fits(truth, slip, item)] == []


def test_an_expansion_that_is_said_to_end_too_early_is_refuted() -> None:
    """Exactness is checked at every lag: order 0 of the quasi-recurrent cell is not all there is."""
    early = sg.expand(sg.split(sg.cell("qrnn"), "retention"), 0)

    assert sg.verify(early).proved
    assert sg.verify(replace(early, relation=Relation.EQUAL)).verdict == "refuted"


def test_an_exactness_that_only_short_trajectories_show_is_not_proved() -> None:
    """The first order of the LSTM is no exact expansion, whatever the claim; of a rate neither."""
    found = sg.expand(sg.split(sg.cell("lstm"), "retention"), 1)
    rate = sg.effective_learning_rate(sg.cell("lstm"))

    assert sg.verify(replace(found, relation=Relation.EQUAL)).verdict == "refuted"
    assert sg.verify(replace(rate, relation=Relation.EQUAL)).verdict == "refuted"


def test_a_wrong_recursion_of_one_state_is_refuted() -> None:
    """The row of c alone twice as large; and lambda of h where that of c belongs in what lambda stands for."""
    found = sg.gradient(sg.cell("lstm")).adjoint
    above, below = found.terms["retention"].blocks
    wrong = BlockMatrix([[above], [MatMul(2, below)]])
    terms = tuple((name, wrong if name == "retention" else term) for name, term in found.named_terms)
    swapped = tuple(
        replace(item, right=blocks_transposed(item.right)) if item.key == "lam" else item for item in found.equations
    )

    assert sg.verify(replace(found, named_terms=terms)).verdict == "refuted"
    assert swapped != found.equations
    assert sg.verify(replace(found, equations=swapped)).verdict == "refuted"


def test_an_adjoint_under_layer_normalisation_is_proved_within_little_work() -> None:
    """J_{k+1}' lambda_{k+1} is taken apart before any name is put in, as J is defined in blocks; a slip is refuted."""
    found = sg.result(sg.cell("lem", layer_norm=True), "adjoint")
    (name, term), *others = found.named_terms
    wrong = replace(found, named_terms=((name, MatMul(2, term)), *others))

    assert settle(found, Budget(operations=300_000)).proved
    assert not settle(wrong, Budget(operations=300_000)).proved
    assert sg.verify(wrong).verdict == "refuted"


@pytest.mark.parametrize("name", COUPLED)
def test_states_that_retain_one_another_have_no_rate_per_unit(name: str) -> None:
    with pytest.raises(DefinitionError, match="couples its states"):
        sg.effective_learning_rate(sg.cell(name))
    with pytest.raises(DefinitionError, match="couples its states"):
        sg.preconditioner(sg.cell(name))
