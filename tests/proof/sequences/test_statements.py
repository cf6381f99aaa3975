"""Every claim of a result over many steps is compared by its key, and every planted slip is refuted with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import MatMul

import symgate as sg
from symgate.catalogue import listed
from symgate.derive.results import result
from symgate.errors import SymgateError
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct
from symgate.proof.modular import opinion
from symgate.proof.sequences.slips import BLOCK_SLIPS, SLIPS, sequence_slips
from symgate.proof.witness import find
from symgate.records import Derivation
from tests.proof.sequences.effects import Effect, done_by

#: A cell with one gate, and one with several states: the others have the same structure.
CELLS = ("scalar_gate", "lstm_1997")


def derivations(name: str) -> Iterator[Derivation]:
    """Everything that is derived over many steps."""
    cell = sg.cell(name)
    for title in listed(cell):
        try:
            found = result(cell, title)
        except SymgateError:
            continue
        if not found.one_step and not (found.in_blocks and title.startswith(("split", "jacobian"))):
            yield found


#: One result of each kind: what is planted in the others is the same.
RESULTS = (
    "transport",
    "adjoint",
    "gradient:w_g",
    "expansion:drive:1",
    "expansion:retention:1",
    "remainder:retention:1",
    "rate:retention",
    "rate:drive",
    "preconditioner",
    "analogy:schedule",
    "analogy:momentum",
    "analogy:adam",
)
TRUTHS = [result(sg.cell(CELLS[0]), name) for name in RESULTS]
PLANTED = [(truth, slip) for truth in TRUTHS for slip in sequence_slips(truth)]


@pytest.mark.sweep(2)
@pytest.mark.parametrize("kind", [*SLIPS, "left_doubled", "relation"])
def test_every_planted_slip_is_refuted_with_numbers(kind: str) -> None:
    """In terms, in definitions that something depends on, in every claim, at both ends of sums, in relations."""
    chosen = [(truth, slip) for truth, slip in PLANTED if slip.kind == kind]
    assert chosen
    for truth, slip in chosen:
        case, found, done = find(slip.derivation), opinion(slip.derivation), done_by(truth, slip.derivation)
        where = (slip.derivation.name, slip.kind, slip.place)
        if done is Effect.NONE:
            assert case is None, where
            assert found.passed, where
        elif done is Effect.NO_VALUE and case is None:
            assert found.passed is None, where
            assert "has no meaning there" in found.detail, where
        else:
            assert case is not None, where
            assert found.passed is not True, where


def test_slips_between_states_are_refuted() -> None:
    """Rows and columns of states mixed up, couplings lost; of the LSTM of 1997."""
    cell = sg.cell(CELLS[1])
    found = [result(cell, name) for name in ("adjoint", "transport", "rate:retention", "gradient:W_i")]
    planted = [slip for item in found for slip in sequence_slips(item) if slip.kind in BLOCK_SLIPS]
    assert {slip.kind for slip in planted} == set(BLOCK_SLIPS)
    for slip in planted:
        assert opinion(slip.derivation).passed is False, (slip.derivation.name, slip.kind, slip.place)


def test_a_slip_is_charged_to_its_statement() -> None:
    truth = result(sg.cell("scalar_gate"), "analogy:schedule")
    for item in truth.claims:
        wrong = replace(
            truth, equations=tuple(replace(e, right=2 * e.right) if e is item else e for e in truth.equations)
        )
        found = opinion(wrong)

        assert found.agrees(item.key) is False, item.key
        assert found.agrees("main") is True


def test_a_statement_that_nothing_compares_is_told() -> None:
    """A claim about a name without a meaning leaves the opinion open, and says which claim it is."""
    truth = result(sg.cell("plain"), "transport")
    odd = replace(truth.claims[0], key="odd", left=sg.language.Signal("Z", *truth.shape, truth.of.index))
    found = opinion(replace(truth, equations=(*truth.equations, odd)))

    assert found.passed is None
    assert found.agrees("odd") is None
    assert found.agrees("main") is True
    assert found.detail.startswith("not compared: odd: it reaches for ")


def test_nothing_is_silently_skipped() -> None:
    """Every claim of every result has a line of its own."""
    for name in CELLS[:1]:
        for found in derivations(name):
            keys = [item.key for item in opinion(found).statements]
            assert keys[0] == "main"
            assert set(keys) >= {item.key for item in found.claims}


@pytest.mark.parametrize("letter", ["t", "k", "i", "j", "s", "T", "n"])
def test_a_running_index_may_have_any_name(letter: str) -> None:
    """The letter of a sum or product is bound where it stands, also where it is that of a time or of a size."""
    index = sympy.Symbol(letter, integer=True) if letter != "n" else sympy.Symbol("q", integer=True)
    for title in ("transport", "gradient:W_r", "expansion:drive:1"):
        truth = result(sg.cell("plain" if "expansion" not in title else "leaky"), title)
        terms = tuple((name, renamed(term, index)) for name, term in truth.named_terms)
        assert opinion(replace(truth, named_terms=terms)).passed, title


def renamed(expr: sympy.Expr, index: sympy.Symbol) -> sympy.Expr:
    """The innermost running index under another name, where its bounds do not hold that name."""
    if isinstance(expr, (OrderedProduct, MatrixSum, HadamardRun)) and not expr.body.has(OrderedProduct, MatrixSum):
        free = {*expr.body.free_symbols} - {expr.index}
        inner = any(node == index for node in sympy.preorder_traversal(expr.body))
        if index in free or inner:
            return expr
        return type(expr)(expr.body.xreplace({expr.index: index}), index, expr.lower, expr.upper)
    if not expr.args or isinstance(expr, sympy.MatrixSymbol):
        return expr
    return expr.func(*(renamed(arg, index) if isinstance(arg, sympy.Expr) else arg for arg in expr.args))


def test_a_product_that_is_doubled_is_seen_by_its_jacobian() -> None:
    """J_j is the derivative of the step also where only its name is printed."""
    truth = result(sg.cell("plain"), "adjoint")
    (jacobian,) = truth.definitions
    wrong = replace(jacobian, right=MatMul(2, jacobian.right))
    found = opinion(replace(truth, equations=tuple(wrong if e is jacobian else e for e in truth.equations)))

    assert found.passed is False
    assert found.agrees("J") is False
