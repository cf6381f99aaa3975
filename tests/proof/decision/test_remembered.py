"""What was decided before is decided the same: within any budget, and with the same number of operations."""

from typing import Any

import pytest
import sympy
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, ZeroMatrix

import symgate as sg
from symgate.cells.normalisation import normalised
from symgate.language import CellBuilder, sigma
from symgate.language.sequences import HadamardRun
from symgate.nonlinearities import Z, register_nonlinearity
from symgate.proof.decision import Budget, Decision, Outcome, decide, decide_step, working
from symgate.proof.decision.budget import BudgetExceededError, Cost, Meter
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.remembered import _begun, _slot, recurrence, units
from tests.proof.decision.symbols import j, k, t, vector

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


def gated(*, vanishing: bool) -> sg.Cell:
    """A cell with a name q that is a gate, or a gate less itself."""
    c = CellBuilder("own")
    x, b = c.state("x", "n"), c.vector("b", "n")
    g = c.let("g", sigma(b))
    q = c.let("q", g - sigma(b) if vanishing else g * g)
    c.next(x, q * x)
    return c.build()


@pytest.mark.parametrize("vanishing", [False, True])
def test_which_names_are_units_is_told_of_the_cell_once(monkeypatch: pytest.MonkeyPatch, *, vanishing: bool) -> None:
    """A product over time of a name that is always 0 may be empty; each decision counts what it cost to tell."""
    cell, run = gated(vanishing=vanishing), HadamardRun(vector("q", j), j, k, t)
    gate = vector("g", j)
    other = ZeroMatrix(*run.shape) if vanishing else HadamardRun(HadamardProduct(gate, gate), j, k, t)
    forget()
    found = units(recurrence(cell, Algebra(), frozenset(cell.dimensions)))
    assert found is not None
    assert {str(head[1]): is_unit for head, is_unit in found.told.items()}["q"] is not vanishing
    first = decide(cell, run, other, given=[(k, t + 1)])
    assert first.equal is not vanishing
    assert first.work > found.cost.work > 0
    forget()
    assert first == decide(cell, run, other, given=[(k, t + 1)])
    forget()
    monkeypatch.setattr(working, "units", lambda _: None)  # the names are looked at where nothing was told of them
    assert decide(cell, run, other, given=[(k, t + 1)]).equal is not vanishing


def told(certificate: sg.Certificate) -> Any:
    """What a certificate says, seconds aside."""
    evidence = [(item.route, item.passed, item.detail) for item in certificate.evidence]
    return certificate.verdict, certificate.ledger, str(certificate), evidence


@pytest.mark.parametrize(
    ("name", "key"), [("lstm", "transport"), ("lstm", "expansion:retention:1"), ("lru", "expansion:retention:1")]
)
def test_what_is_tried_first_costs_the_same_whatever_came_before(name: str, key: str) -> None:
    """Forms over time are tried as they are, with a part of the budget; the certificate is the same within any."""
    item = sg.result(sg.cell(name), key)
    forget()
    whole = sg.verify(item)
    for budget in (None, Budget(operations=5_000_000), Budget(operations=60_000), Budget(operations=2_000)):
        known = sg.verify(item, budget=budget)
        forget()
        assert told(known) == told(sg.verify(item, budget=budget)), budget
    assert whole.proved


def test_an_attempt_counts_its_work_and_leaves_the_budget_as_it_was() -> None:
    """It ends at its own limit; at that of the budget there is nothing left for anything else."""
    meter = Meter(Budget(operations=100))
    assert meter.attempt(40, lambda: meter.spend(30) or "done") == "done"
    assert meter.attempt(40, lambda: meter.spend(50)) is None
    assert (meter.work, meter.exceeded) == (80, False)
    assert not meter.cost.fits(Budget(operations=79))  # there the attempt would have ended the decision
    with pytest.raises(BudgetExceededError):
        meter.attempt(40, lambda: meter.spend(30))
    assert meter.exceeded


def test_a_sum_is_refused_that_is_wider_than_the_budget_allows() -> None:
    """Before it is written out, whatever operations are left; one of just so many terms is not."""
    meter = Meter(Budget(terms=10))
    meter.expect(10)
    with pytest.raises(BudgetExceededError, match="11 terms of one sum, 10 are allowed"):
        meter.expect(11)
    assert meter.exceeded
    assert meter.cost.widest == 11


@pytest.mark.parametrize(
    ("cost", "allowed"),
    [(Cost(5, 40, 10), True), (Cost(5, 41, 10), False), (Cost(5, 40, 11), False), (Cost(50, 50, 1), False)],
)
def test_what_was_done_before_counts_where_the_budget_allows_it(cost: Cost, allowed: bool) -> None:
    """Both what it expected at any time and its widest sum; refused, it counts nothing."""
    meter = Meter(Budget(operations=100, terms=10, spent=20))
    meter.spend(40)
    assert meter.again(cost) is allowed
    assert meter.cost == (Cost(45, 80, 10) if allowed else Cost(40, 40, 0))
    assert cost.fits(Budget(operations=50, terms=11))
    assert not cost.fits(Budget(operations=cost.highest, terms=11, spent=1))
    assert not cost.fits(Budget(operations=50, terms=cost.widest - 1))
