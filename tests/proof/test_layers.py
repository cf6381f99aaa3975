"""Results with named parts: every part is judged, a slip in one is refuted, and no claim hides behind a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixSymbol

import symgate as sg
from symgate.cells import stack
from symgate.language import Signal
from symgate.proof import modular
from symgate.proof.certificate import Settled
from symgate.proof.decision import Budget
from symgate.proof.settle import settle
from symgate.proof.slips import slips
from symgate.records import Derivation, Equation, Standing

CELL = stack("tower", *[sg.cell("multi_gate")] * 3)
J = sg.state_jacobian(CELL)
RESULTS = {
    "state jacobian": J,
    "jacobian": sg.jacobian(CELL, "x_1", "x_3"),
    "kronecker": sg.jacobian(CELL, "W_r_1", "x_3"),
    "vjp": sg.vjp(CELL, "W_r_1", "x_3"),
    "of a name": sg.vjp(CELL, "b_1", "g_3"),
}
ROUTES = ("decision", "modular")


def changed(found: Derivation, key: str, change: Callable[[Expr], Expr]) -> Derivation:
    """The result with one part changed."""
    parts = (replace(item, right=change(item.right)) if item.key == key else item for item in found.equations)
    return replace(found, equations=tuple(parts))


def transposed(expr: Expr) -> Expr:
    """The first square weight turned."""
    weights = [node for node in expr.atoms(MatrixSymbol) if not isinstance(node, Signal)]
    square = sorted((node for node in weights if node.shape[0] == node.shape[1]), key=str)
    return expr.xreplace({square[0]: square[0].T}) if square else 2 * expr


def shortened(expr: Expr) -> Expr:
    """A word left out, or the only one doubled."""
    return expr.args[0] if isinstance(expr, MatAdd) else 2 * expr


def after(expr: Expr) -> Expr:
    """x_t for x_{t-1}, or twice as much where there is none."""
    rule = {state.before: state.after for state in CELL.states}
    return expr.xreplace(rule) if expr.has(*rule) else 2 * expr


@pytest.mark.parametrize("found", RESULTS.values(), ids=RESULTS)
def test_every_part_is_proved(found: Derivation) -> None:
    """Each definition has a line of its own in the ledger, and is judged."""
    certificate = sg.verify(found, routes=ROUTES).require()

    lines = {line.key: line for line in certificate.ledger}
    assert found.definitions
    for item in found.definitions:
        assert lines[item.key].settled is Settled.PROVED


@pytest.mark.sweep(6)
@pytest.mark.parametrize("change", [transposed, shortened, after])
@pytest.mark.parametrize("found", RESULTS.values(), ids=RESULTS)
def test_a_slip_in_a_part_is_refuted(found: Derivation, change: Callable[[Expr], Expr]) -> None:
    """Whatever part it is in, the result is wrong then."""
    for item in found.definitions:
        assert sg.verify(changed(found, item.key, change), routes=ROUTES).verdict.value == "refuted"


def test_every_planted_slip_is_refuted() -> None:
    """Those that are easy to make, in the result and in its parts."""
    planted = list(slips(RESULTS["vjp"]))

    assert {slip.place.partition(" of ")[0] for slip in planted}
    assert any("x_3/u_3" in slip.place for slip in planted)
    for slip in planted:
        assert sg.verify(slip.derivation, routes=ROUTES).verdict.value == "refuted"


def test_blocks_that_are_exchanged_or_left_out_are_refuted() -> None:
    """D J of the wrong layer, twice D J, and no D J."""
    part = {item.key: item.left for item in J.definitions}
    block = MatMul(part["x_3/u_3"], part["x_2/x_1"])

    def within(wrong: Expr) -> Derivation:
        return replace(J, named_terms=tuple((name, term.xreplace({block: wrong})) for name, term in J.named_terms))

    square = Signal("J_x2_x1", *part["x_2/x_1"].shape)
    assert square == part["x_2/x_1"]
    for wrong in (MatMul(2, block), MatMul(part["x_3/u_3"], part["x_2/u_2"])):
        assert sg.verify(within(wrong), routes=ROUTES).verdict.value == "refuted"
    short = replace(J, named_terms=tuple(pair for pair in J.named_terms if pair[0] != "layer"))
    assert sg.verify(short, routes=ROUTES).verdict.value == "refuted"


def introduced(key: str, left: Expr, right: Expr) -> Derivation:
    """The state Jacobian with one more definition."""
    return replace(J, equations=(*J.equations, Equation(key, left, right, standing=Standing.DEFINITION)))


def test_nothing_false_is_proved_through_a_definition() -> None:
    """A part that nothing uses is judged too; one that renames a symbol, holds itself or has no meaning is refused."""
    part = {item.key: item.left for item in J.definitions}
    x_3, x_1 = CELL.states[2].after.shape[0], CELL.states[0].after.shape[0]
    false = introduced("x_3/u_2", Signal("Z", x_3, x_1), MatMul(2, part["x_3/u_3"], part["x_2/u_2"]))
    renamed = introduced("x_1/u_2", CELL.states[0].after, CELL.states[0].before)
    circular = changed(J, "x_2/u_2", lambda right: MatAdd(right, part["x_2/u_2"]))
    nothing = introduced("nothing", Signal("Z", x_3, x_1), MatMul(part["x_3/u_3"], part["x_2/u_2"]))
    swapped = tuple(
        replace(item, key={"x_2/u_2": "x_3/u_3", "x_3/u_3": "x_2/u_2"}.get(item.key, item.key)) for item in J.equations
    )

    for wrong in (false, renamed, circular, nothing, replace(J, equations=swapped)):
        assert not settle(wrong, Budget()).proved


def test_a_part_that_is_used_has_its_own_time() -> None:
    """D at another time than that of its definition is another matrix."""
    part = {item.key: item.left for item in J.definitions}
    own = part["x_2/u_2"]
    earlier = {own: Signal(own.name, *own.shape, own.index - 1)}
    moved = tuple((name, term.xreplace(earlier)) for name, term in J.named_terms)

    assert sg.verify(replace(J, named_terms=moved), routes=ROUTES).verdict.value != "proved"


def test_a_symbol_of_the_cell_is_not_mistaken_for_a_part() -> None:
    """A true part beside a weight of its shape: the weight does not stand for it."""
    part = {item.key: item.left for item in J.definitions}
    weight = CELL.symbols["W_i_3"]
    wrong = tuple((name, term.xreplace({part["x_3/u_3"]: weight})) for name, term in J.named_terms)

    assert sg.verify(replace(J, named_terms=wrong), routes=ROUTES).verdict.value == "refuted"


def test_a_chain_of_many_layers_is_evaluated_without_deep_recursion() -> None:
    """Forty layers: every name on the way is computed before it is asked for."""
    cell = stack("high", *[sg.cell("leaky")] * 40)

    assert modular.opinion(sg.jacobian(cell, "x_1", "x_40")).passed
