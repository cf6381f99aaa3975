"""What was decided before is decided the same: within any budget, and with the same number of operations."""

from typing import Any

import pytest
import sympy
from sympy.matrices.expressions import MatAdd, MatMul

import symgate as sg
from symgate.cells.normalisation import normalised
from symgate.language import CellBuilder
from symgate.nonlinearities import Z, register_nonlinearity
from symgate.proof.decision import Budget, Decision, Outcome, decide, decide_step
from symgate.proof.decision.remembered import _begun, _slot

CELLS = [sg.cell("gru"), sg.cell("lstm"), sg.cell("s6"), normalised(sg.cell("multi_gate"))]


def forget() -> None:
    """Forget every decision and every recurrence."""
    _slot.cache_clear()
    _begun.cache_clear()


def jacobian(cell: sg.Cell, budget: Any = None, factor: int = 1) -> Decision:
    """The decision on the derivative of the first state by the first parameter; with another factor a wrong one."""
    found = next(item for item in sg.objects(cell) if item.kind is sg.Kind.JACOBIAN)
    claim = found.expr if factor == 1 else MatMul(factor, found.expr)
    return decide_step(cell, found.of, found.wrt, claim, budget=budget)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_decision_is_the_same_whatever_came_before(cell: sg.Cell) -> None:
    """Taken first, taken again, and taken where only the recurrence is known."""
    forget()
    first = jacobian(cell)
    again = jacobian(cell)
    _slot.cache_clear()
    begun = jacobian(cell)

    assert first.equal
    assert first == again == begun
    assert jacobian(cell, factor=2).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_budget_is_exceeded_whatever_came_before(cell: sg.Cell) -> None:
    """What is known is given only where the budget allows what it cost, the operations spent before included."""
    forget()
    work = jacobian(cell).work
    budgets = [Budget(operations=work - 1), Budget(operations=work // 2), Budget(spent=Budget().operations - work + 1)]
    budgets += [Budget(terms=1)]
    known = [jacobian(cell, budget) for budget in budgets]
    anew = []
    for budget in budgets:
        forget()
        anew.append(jacobian(cell, budget))

    assert known == anew
    assert all(decision.outcome is Outcome.UNDECIDED for decision in known[:3])
    assert jacobian(cell).equal  # what was exceeded is not kept


def test_equal_numbers_that_are_written_with_other_digits_are_not_confused() -> None:
    """0.1 of 15 digits is one tenth, and the same number of 30 digits is not."""
    cell = sg.cell("plain")
    x = cell.states[0].before
    tenth = MatMul(sympy.Rational(1, 10), x)
    short, long = sympy.Float("0.1", 15), sympy.Float(sympy.Float("0.1", 15), 30)

    assert decide(cell, MatMul(short, x), tenth).equal
    assert not decide(cell, MatMul(long, x), tenth).equal


def test_a_function_that_is_registered_later_is_known_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision before the registration of what a function is bound to says nothing of the one after it."""
    from symgate import nonlinearities

    monkeypatch.setattr(nonlinearities, "_REGISTRY", dict(nonlinearities._REGISTRY))
    register_nonlinearity("twice", formula=lambda z: 2 * z)
    c = CellBuilder("own")
    x, f = c.state("x", "n"), c.function("f", default="twice")
    c.next(x, f(x))
    cell = c.build()
    sides = (cell.states[0].update, MatAdd(cell.states[0].before, cell.states[0].before))
    first = decide(cell, *sides)
    monkeypatch.setitem(nonlinearities._REGISTRY, "twice", nonlinearities.Nonlinearity("twice", "t", 3 * Z))

    assert first.equal
    assert not decide(cell, *sides).equal
