"""One step: every object of every cell is decided, no slip passes, layer normalisation included."""

from typing import Any

import pytest

import symgate as sg
from symgate.cells import LIBRARY
from symgate.cells.normalisation import normalised
from symgate.errors import ShapeError
from symgate.language.nodes import Map
from symgate.proof.decision import Budget, Layout, Level, Outcome, decide_step
from symgate.proof.slips import slips

LAYOUTS = {"jacobian": Layout.JACOBIAN, "kronecker": Layout.KRONECKER, "vjp": Layout.VJP}


def judged(derivation: Any, **options: Any) -> Any:
    """The decision on a derivation of one step."""
    layout = LAYOUTS[derivation.kind.value]
    d = derivation
    return decide_step(d.cell, d.of, d.wrt, d.expr, layout, cotangent=d.cotangent, **options)


@pytest.mark.sweep(10)
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_every_object_is_proved_for_any_functions(cell: Any) -> None:
    """All derivatives of all cells, with every function opaque."""
    for derivation in sg.objects(cell):
        decision = judged(derivation)
        assert decision.equal, (derivation.name, decision)
        assert decision.level is Level.OPAQUE
        assert decision.work < 10_000


@pytest.mark.sweep(2)
@pytest.mark.parametrize("name", ["plain", "leaky", "multi_gate", "gru", "lstm"])
def test_layer_normalisation_is_proved_within_little_work(name: Any) -> None:
    """The normalised variants cost what their terms cost."""
    for derivation in sg.objects(normalised(sg.cell(name))):
        decision = judged(derivation)
        assert decision.equal, (derivation.name, decision)
        assert decision.work < 50_000


def planted(derivation: Any) -> dict[tuple[str, str], Any]:
    """The slips of a derivation by kind and place; each is judged with little work."""
    return {(slip.kind, slip.place): slip.derivation for slip in slips(derivation)}


def assert_not_proved(derivation: Any, places: Any) -> None:
    """None of these slips is proved."""
    found = planted(derivation)
    for place in places:
        assert not judged(found[place], budget=Budget(operations=200_000)).equal, (derivation.name, place)


@pytest.mark.sweep(4)
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_no_slip_is_proved(cell: Any) -> None:
    """One slip of each kind in one object: a transposed weight, a swapped factor, 1 per cent."""
    derivation = next(item for item in sg.objects(cell) if planted(item))
    one_of_each = {kind: (kind, place) for kind, place in planted(derivation)}
    assert_not_proved(derivation, one_of_each.values())


@pytest.mark.full
@pytest.mark.parametrize("cell", LIBRARY, ids=lambda cell: cell.name)
def test_no_slip_in_any_object_is_proved(cell: Any) -> None:
    """Every known slip in every object."""
    for derivation in sg.objects(cell):
        assert_not_proved(derivation, planted(derivation))


def test_no_slip_in_a_layer_normalisation_is_proved() -> None:
    """Such as diag(gamma/s)(I - 11'/n) for diag(gamma/s)(I - 11'/n - qq'/n)."""
    derivation = sg.objects(normalised(sg.cell("plain")))[0]
    found = planted(derivation)
    assert len(found) > 5
    assert_not_proved(derivation, found)


def test_the_derivative_of_a_name_and_by_a_name() -> None:
    """d a/d x is W_r, and d x_t/d a is diag(phi'(a))."""
    cell = sg.cell("plain")
    by_name = {str(item.symbol.name): item.symbol for item in cell.assignments}
    state, weight = cell.states[0], cell.symbols["W_r"]
    assert decide_step(cell, by_name["a"], state.before, weight).equal
    from sympy.matrices.expressions import DiagMatrix

    assert decide_step(cell, state.after, by_name["a"], DiagMatrix(Map("phi", 1, by_name["a"]))).equal


def test_too_little_budget_is_undecided_and_says_how_much_is_needed() -> None:
    """No verdict comes from a budget that ran out."""
    derivation = sg.objects(sg.cell("gru"))[0]
    decision = judged(derivation, budget=Budget(operations=100))
    assert decision.outcome is Outcome.UNDECIDED
    assert decision.needed > 100
    assert "allow more with budget=" in decision.reason


def test_the_same_call_counts_the_same_work() -> None:
    """Nothing is left over from one decision to the next."""
    derivation = sg.objects(sg.cell("multi_gate"))[0]
    assert judged(derivation) == judged(derivation)


def test_a_claim_of_another_shape_is_refused() -> None:
    """Shapes are checked before anything is built."""
    cell = sg.cell("plain")
    with pytest.raises(ShapeError, match="Such a derivative is n x n"):
        decide_step(cell, cell.states[0].after, cell.states[0].before, cell.symbols["W_i"])
