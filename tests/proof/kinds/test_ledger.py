"""The ledger: what is printed as a claim is judged, whatever names and labels say; a changed claim is not proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import MatMul, MatrixExpr

import symgate as sg
from symgate.language import Signal
from symgate.proof.certificate import Settled
from symgate.proof.decision import Budget
from symgate.proof.settle import settle
from symgate.records import Derivation, Equation, Kind, Relation, Standing

CELLS = [sg.cell(name) for name in ("plain", "leaky", "scalar_gate", "multi_gate", "gru", "lstm", "mingru", "qrnn")]
RESULTS = [(cell, name) for cell in CELLS for name in sg.results(cell)]
IDS = [f"{cell.name}-{name}" for cell, name in RESULTS]
#: Where claims are changed one by one: every kind of result once, at low orders; all of them behind the marker.
SOME = [
    (cell, name)
    for cell, name in RESULTS
    if (cell.name == "scalar_gate" and not name.endswith(":2")) or (cell.name == "lstm" and ":" not in name)
]
CHANGED = [
    pytest.param(*pair, id=name, marks=() if pair in SOME else (pytest.mark.full,))
    for pair, name in zip(RESULTS, IDS, strict=True)
]
CLOSED = {Settled.PROVED, Settled.DEFINITION, Settled.EXAMPLE}


def open_lines(derivation: Derivation) -> list[str]:
    """The keys of the lines that are not closed."""
    return [line.key for line in settle(derivation, Budget()).ledger if line.settled not in CLOSED]


@pytest.mark.sweep(30)
@pytest.mark.parametrize(("cell", "name"), RESULTS, ids=IDS)
def test_every_statement_is_closed(cell: sg.Cell, name: str) -> None:
    """Each claim is proved; each definition is one, or proved to be what its letter means."""
    derivation = sg.result(cell, name)
    settled = settle(derivation, Budget())

    assert settled.proved, [line for line in settled.ledger if line.settled not in CLOSED]
    by_key = {line.key: line.settled for line in settled.ledger}
    assert all(by_key[item.key] is Settled.PROVED for item in derivation.claims)
    proxy = derivation.kind is Kind.RATE and derivation.relation is Relation.APPROXIMATELY and "drive" in name
    assert by_key["main"] is (Settled.DEFINITION if proxy else Settled.PROVED)


def twice(expr: sympy.Expr) -> sympy.Expr:
    """A right side twice as large."""
    return MatMul(2, expr) if isinstance(expr, MatrixExpr) else 2 * expr


def changed(derivation: Derivation) -> Iterator[tuple[str, Derivation]]:
    """The derivation with one claim changed: its right side, its left side or its relation."""
    terms = derivation.named_terms
    for place, (name, term) in enumerate(terms):
        if not (term == 0 or isinstance(term, sympy.ZeroMatrix)):
            wrong = (*terms[:place], (name, twice(term)), *terms[place + 1 :])
            yield "main", replace(derivation, named_terms=wrong)
    for relation in Relation:
        if relation is not derivation.relation:
            yield "main", replace(derivation, relation=relation)
    for item in derivation.claims:
        for wrong_item in _wrong(item):
            own = tuple(wrong_item if other is item else other for other in derivation.equations)
            yield item.key, replace(derivation, equations=own)


def _wrong(item: Equation) -> Iterator[Equation]:
    if item.right not in (0, 1) and not isinstance(item.right, (sympy.Identity, sympy.ZeroMatrix)):
        yield replace(item, right=twice(item.right))
    yield replace(item, left=twice(item.left))
    yield from (replace(item, relation=relation) for relation in Relation if relation is not item.relation)


@pytest.mark.sweep(10)
@pytest.mark.parametrize(("cell", "name"), CHANGED)
def test_a_changed_claim_is_not_proved(cell: sg.Cell, name: str) -> None:
    """Every right side doubled, every left side doubled, every relation turned: its line is open, so is the verdict."""
    tried = 0
    for key, wrong in changed(sg.result(cell, name)):
        assert key in open_lines(wrong), (key, wrong.relation)
        tried += 1

    assert tried


@pytest.mark.sweep(15)
@pytest.mark.parametrize(("cell", "name"), CHANGED)
def test_names_and_labels_decide_nothing(cell: sg.Cell, name: str) -> None:
    """Renamed, with translated labels and another remark, a result has the same ledger."""
    derivation = sg.result(cell, name)
    other = replace(
        derivation,
        name="etwas_anderes",
        remark="",
        equations=tuple(replace(item, label=f"Gleichung {q}") for q, item in enumerate(derivation.equations)),
    )

    assert settle(other, Budget()).ledger == settle(derivation, Budget()).ledger


@pytest.mark.parametrize("name", ["x", "transport", "adjoint", "expansion:gate:1", "rate:retention", "analogy:adam"])
def test_a_statement_that_no_judge_knows_is_named(name: str) -> None:
    """A further equation, whatever it says, leaves the verdict undecided, and the certificate names it.

    The judge of transports compares the sides of every equation; the others leave open what they do not know.
    """
    derivation = sg.result(sg.cell("multi_gate"), name)
    size = derivation.cell.states[0].after.shape[0]
    extra = Equation("surprise", Signal("Q", size, size), Signal("R", size, size))
    certificate = sg.verify(replace(derivation, equations=(*derivation.equations, extra)))

    assert certificate.verdict == "undecided"
    became = Settled.DIFFERENT if name == "transport" else Settled.OPEN
    assert {line.key: line.settled for line in certificate.ledger}["surprise"] is became
    assert "surprise" in certificate.statement


def test_a_key_that_stands_twice_is_not_judged() -> None:
    """The second equation of a key would hide behind the first."""
    derivation = sg.result(sg.cell("multi_gate"), "transport")
    item = derivation.equation("in_t")
    both = (*derivation.equations, replace(item, right=twice(item.right)))

    assert "in_t" in open_lines(replace(derivation, equations=both))


@pytest.mark.parametrize("name", ["transport", "expansion:retention:1", "rate:retention", "gradient:b"])
def test_no_definition_changes_what_the_recurrence_means(name: str) -> None:
    """A definition of x_t, of a parameter or of M itself is not one of a name."""
    derivation = sg.result(sg.cell("multi_gate"), name)
    cell, size = derivation.cell, derivation.cell.states[0].after.shape[0]
    t, k = sympy.symbols("t k", integer=True)
    for left in (cell.states[0].after, cell.symbols["b"], Signal("M", size, size, sympy.Tuple(t, k))):
        extra = Equation("hidden", left, twice(left), standing=Standing.DEFINITION)

        assert open_lines(replace(derivation, equations=(*derivation.equations, extra)))


def test_the_parameters_of_a_result_are_part_of_it() -> None:
    """An expansion that says it goes to order 2 and has two terms; a derivative by another symbol than it says."""
    expansion = sg.result(sg.cell("multi_gate"), "expansion:gate:1")
    jacobian = sg.result(sg.cell("multi_gate"), "W_r")

    assert open_lines(replace(expansion, parameters=replace(expansion.parameters, order=2)))
    assert open_lines(replace(jacobian, parameters=replace(jacobian.parameters, wrt="W_g")))
    assert open_lines(replace(sg.result(sg.cell("lstm"), "expansion:retention:1"), exact_from=1))
