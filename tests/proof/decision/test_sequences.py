"""What the package derives over many steps: proved from its recursions, and no slip passes."""

from typing import Any

import pytest
from sympy import Tuple
from sympy.matrices.expressions import Identity, MatAdd, MatMul, Transpose, ZeroMatrix

import symgate as sg
from symgate.derive.expansion import expand
from symgate.derive.gradients import gradient
from symgate.derive.splits import split
from symgate.derive.states import selector, total_size
from symgate.errors import UnknownNameError
from symgate.language.nodes import Signal
from symgate.language.sequences import OrderedProduct, of_state
from symgate.proof.decision import Budget, decide
from symgate.proof.sequences.slips import sequence_slips
from tests.proof.decision.symbols import j, k, last, t

CELLS = ["plain", "leaky", "scalar_gate", "multi_gate", "gru", "s6", "lstm"]


def whole(cell: Any, name: Any, *index: Any) -> Any:
    """A matrix of all states at some times."""
    size = total_size(cell)
    return Signal(name, size, size, Tuple(*index) if len(index) > 1 else index[0])


def column(cell: Any, name: Any, time: Any) -> Any:
    return Signal(name, total_size(cell), 1, time)


def closed_adjoint(adjoint: Any) -> Any:
    return adjoint.equation("closed_form").right


@pytest.mark.parametrize("name", CELLS)
def test_adjoints(name: Any) -> None:
    """The terms are delta + J' lambda, and the closed form obeys the recursion and its start."""
    cell = sg.cell(name)
    adjoint = gradient(cell).adjoint
    closed, size = closed_adjoint(adjoint), total_size(cell)
    transport = {whole(cell, "M", t, k): OrderedProduct(whole(cell, "J", j), j, k + 1, t)}
    back = Transpose(whole(cell, "J", k + 1))
    domain = [(0, k), (k + 1, last)]
    step = MatAdd(column(cell, "delta", k), MatMul(back, column(cell, "lam", k + 1)))
    assert decide(
        cell, adjoint.expr, step, definitions={item.left: item.right for item in adjoint.definitions}, given=domain
    ).equal
    later = MatAdd(column(cell, "delta", k), MatMul(back, closed.xreplace({k: k + 1})))
    assert decide(cell, closed, later, definitions=transport, given=domain).equal
    assert decide(cell, closed.xreplace({k: last}), column(cell, "delta", last), definitions=transport).equal
    del size


@pytest.mark.sweep(2)
@pytest.mark.parametrize("name", CELLS)
def test_gradients_and_their_slips(name: Any) -> None:
    """The sum over k is the double sum over the triangle, lambda being its closed form."""
    cell = sg.cell(name)
    every = gradient(cell)
    closed = closed_adjoint(every.adjoint)
    if len(cell.states) == 1:
        meaning = {column(cell, "lam", k): closed}
    else:
        meaning = {
            of_state("lam", state.name, state.after.shape[0], k, several=True): MatMul(
                selector(cell, state.name), closed
            )
            for state in cell.states
        }

    def proved(derivation: Any) -> Any:
        double = derivation.equation("double_sum")
        return decide(cell, derivation.expr, double.right, definitions=meaning, given=[(1, last)]).equal

    for derivation in every.parameters:
        assert proved(derivation), derivation.name
    for slip in sequence_slips(every.parameters[0]):
        beyond = slip.kind == "one_step_beyond"  # the closed form of lambda is an empty sum there; verify looks further
        if slip.derivation.named_terms != every.parameters[0].named_terms and not beyond:
            assert not proved(slip.derivation), (slip.kind, slip.place)


def orders(cell: Any, terms: Any, meaning: Any, budget: Any = None) -> Any:
    """Base and step of every order of an expansion."""
    size = total_size(cell)
    for order, term in enumerate(terms):
        start = ZeroMatrix(size, size) if order else Identity(size)
        yield decide(cell, term.xreplace({t: k}), start, definitions=meaning, budget=budget)
        step = MatMul(whole(cell, "A", t), term.xreplace({t: t - 1}))
        if order:
            step = MatAdd(step, MatMul(whole(cell, "B", t), terms[order - 1].xreplace({t: t - 1})))
        yield decide(cell, term, step, definitions=meaning, given=[(0, k), (k + 1, t)], budget=budget)


def parted(name: Any, keep: Any) -> Any:
    """A cell and a split of its Jacobian; skips where it has none of that name."""
    cell = sg.cell(name)
    try:
        return cell, split(cell, keep)
    except UnknownNameError:
        pytest.skip(f"{name} has no such split")


@pytest.mark.sweep(1)
@pytest.mark.parametrize("keep", ["retention", "drive", "gate"])
@pytest.mark.parametrize("name", ["leaky", "scalar_gate", "multi_gate", "gru", "s6", "lstm"])
def test_expansions(name: Any, keep: Any) -> None:
    """M^(m) = A_t M^(m)_(t-1) + B_t M^(m-1)_(t-1), each in the form that was printed."""
    cell, parts = parted(name, keep)
    for decision in orders(cell, [term for _, term in expand(parts, 1).named_terms], meanings(parts)):
        assert decision.equal, decision


def meanings(parts: Any) -> Any:
    """What A and B stand for."""
    return {whole(parts.cell, part, j): parts.terms[part].xreplace({t: j}) for part in "AB"}


@pytest.mark.sweep(1)
@pytest.mark.parametrize("keep", ["retention", "drive", "gate"])
@pytest.mark.parametrize("name", ["leaky", "multi_gate"])
def test_slips_of_expansions(name: Any, keep: Any) -> None:
    """A slip breaks the base or the step of an order."""
    cell, parts = parted(name, keep)
    expansion, meaning = expand(parts, 1), meanings(parts)
    for slip in list(sequence_slips(expansion))[::4]:
        terms = [term for _, term in slip.derivation.named_terms]
        if slip.derivation.named_terms != expansion.named_terms:
            found = orders(cell, terms, meaning, Budget(operations=100_000))
            assert not all(decision.equal for decision in found), (slip.kind, slip.place)
