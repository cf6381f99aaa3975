"""Witnesses: exact where they can be, certain everywhere, and judged again outside of symgate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import Expr
from sympy.matrices.expressions import Identity, MatMul

import symgate as sg
from symgate.derive.results import result
from symgate.language import CellBuilder, Dot, Map, ScalarMap, relu
from symgate.proof.points import TimedWitness
from symgate.proof.sequences.slips import sequence_slips
from symgate.proof.slips import slips
from symgate.proof.witness import find
from symgate.records import Derivation
from tests.reference import REFERENCE

N = sympy.Symbol("n", integer=True, positive=True)


def doubled(found: Derivation) -> Derivation:
    return replace(found, named_terms=tuple((name, MatMul(2, term)) for name, term in found.named_terms))


def linear() -> sg.Cell:
    """x_t = (W x_{t-1}) (.) x_{t-1} + V u_t: a recurrence of polynomials."""
    c = CellBuilder("polynomials")
    x, u = c.state("x", "n"), c.input("u", "m")
    c.next(x, (c.matrix("W", "n", "n") @ x) * x + c.matrix("V", "n", "m") @ u)
    return c.build()


def test_a_branch_that_is_seldom_taken_is_found() -> None:
    """relu'(4 + x_t) for relu'(4 + x_{t-1}): the two differ only where an entry is far out."""
    c = CellBuilder("kinked")
    x = c.state("x", "n")
    c.next(x, x / 2 + relu(4 + x))
    planted = [slip for slip in slips(sg.jacobian(c.build())) if slip.kind == "state_after"]

    assert planted
    for slip in planted:
        case = find(slip.derivation)
        assert case is not None, slip.place
        assert case.claimed != case.true


@pytest.mark.parametrize("name", ["x", "W", "transport", "gradient:W", "adjoint"])
def test_polynomials_give_exact_rationals(name: str) -> None:
    case = find(doubled(result(linear(), name)))

    assert case is not None
    assert case.exact
    assert Fraction(case.claimed) != Fraction(case.true)


def test_a_true_formula_has_none() -> None:
    assert find(result(linear(), "transport")) is None
    assert find(result(sg.cell("gru"), "gradient:W_r")) is None


def array(case: TimedWitness, name: str) -> np.ndarray:
    rows = np.array([[float(Fraction(item)) for item in row] for row in case.values[name]], dtype=complex)
    return rows if name[0] in "WV" else rows[:, 0]


def unrolled(case: TimedWitness, moved: tuple[int, int]) -> np.ndarray:
    """x_t of the published recurrence, with x_k moved by i h in one entry."""
    step, (k, entry) = REFERENCE["plain"], moved
    weights = {name: array(case, name) for name in ("W_r", "W_i", "b")}
    x = array(case, "x[0]")
    for j in range(case.times["t"] + 1):
        if j:
            x = step(x=x, u=array(case, f"u[{j}]"), **weights)
        if j == k:
            x = x + 1e-30j * np.eye(len(x))[entry]
    return x


@pytest.mark.parametrize(
    "kind", ["reversed_order", "one_step_too_few", "one_step_too_many", "wrong_sign", "transposed_weight"]
)
def test_many_steps_hold_up_by_complex_step_of_the_unrolled_recurrence(kind: str) -> None:
    """The true number of a witness about M_{t,k} is dx_t/dx_k of the recurrence as published."""
    truth = result(sg.cell("plain"), "transport")
    slips = [slip for slip in sequence_slips(truth) if slip.kind == kind and slip.place == "term product"]
    written = replace(
        truth, named_terms=(("product", truth.expr.xreplace({truth.definitions[0].left: truth.definitions[0].right})),)
    )
    slips += [slip for slip in sequence_slips(written) if slip.kind == kind and slip.place == "term product"]
    assert slips
    for slip in slips:
        case = find(slip.derivation)

        assert case is not None
        row, col = (index - 1 for index in case.entry)
        true = np.imag(unrolled(case, (case.times["k"], col)))[row] / 1e-30
        assert case.key == "main"
        assert true == pytest.approx(float(case.true), rel=1e-12, abs=1e-14)
        assert float(case.claimed) != pytest.approx(float(case.true), rel=1e-9)


def test_a_further_equation_is_named_and_printed_with_its_times() -> None:
    truth = result(sg.cell("scalar_gate"), "transport")
    wrong = replace(
        truth, equations=tuple(replace(e, right=MatMul(2, e.right)) if e.key == "in_k" else e for e in truth.equations)
    )
    case = find(wrong)

    assert case is not None
    assert case.key == "in_k"
    assert set(case.times) == {"T", "t", "k"}
    assert str(case).startswith("in in_k at T = 1, k = 0, t = 1, n = 1, m = 1, phi = tanh, ")
    assert "u[1] = " in str(case)
    plain = json.loads(json.dumps(case.to_dict()))
    assert plain["times"] == dict(case.times)
    assert plain["key"] == "in_k"


@dataclass
class Sizes:
    """What a decision says of sizes."""

    letters: Mapping[Expr, int] = field(default_factory=dict)
    degrees: Mapping[Expr, int] = field(default_factory=dict)


def test_a_hint_leads_to_sizes_that_are_not_visited_otherwise() -> None:
    """A polynomial in a hidden size that vanishes at n = 1..5 is refuted at 6, where the decision points."""
    truth = result(sg.cell("plain"), "x")
    b = truth.cell.symbols["b"]
    slope = Map("identity", 1, b)
    size = ScalarMap("identity", 0, Dot(slope, slope))
    gap = sympy.prod(size - q for q in range(1, 6))
    wrong = replace(truth, named_terms=(*truth.named_terms, ("more", MatMul(gap, Identity(N)))))
    case = find(wrong, hint=Sizes({N: 2}, {N: 5}))

    assert find(wrong) is None
    assert case is not None
    assert case.sizes["n"] == 6


def test_a_search_is_bounded_by_its_budget() -> None:
    wrong = doubled(result(sg.cell("lstm"), "h/W_i"))

    assert find(wrong, budget=3) is None
    assert find(wrong) is not None


def test_tiny_differences_count_and_rounding_does_not() -> None:
    """A millionth of a billionth of a billionth is a difference; what 50 digits leave of 0 is none."""
    truth = result(sg.cell("plain"), "x")
    W = truth.cell.symbols["W_r"]
    tiny, huge = sympy.Rational(1, 10**20), sympy.Integer(10) ** 12
    nothing = MatMul(huge, W), MatMul(-huge, W)

    assert find(replace(truth, named_terms=(("tiny", MatMul(tiny, W)), *truth.named_terms))) is None
    assert find(replace(truth, named_terms=(("only", MatMul(tiny, W)),))) is not None
    assert find(replace(truth, named_terms=(*truth.named_terms, ("up", nothing[0]), ("down", nothing[1])))) is None


@pytest.mark.parametrize("name", ["ltc", "dale", "gru"])
def test_a_condition_number_is_looked_at_only_where_it_is_stated(name: str) -> None:
    """With a negative constant of time the diagonal changes its sign, and the ratio is no condition number there."""
    derivation = sg.preconditioner(sg.cell(name))
    assert find(derivation) is None
    item = next(item for item in derivation.equations if item.key == "condition")
    others = tuple(item for item in derivation.equations if item.key != "condition")
    wrong = replace(derivation, equations=(*others, replace(item, right=2 * item.right)))
    case = find(wrong)
    assert case is not None
    assert case.key == "condition"


def test_a_jacobian_of_several_states_is_refuted_with_a_case() -> None:
    """One block doubled: the case names the states, not the column of them all."""
    jacobian = sg.result(sg.cell("cornn"), "jacobian")
    (name, term), *rest = jacobian.named_terms
    wrong = replace(jacobian, named_terms=((name, 2 * term), *rest))
    certificate = sg.verify(wrong, routes=("decision", "modular"))

    assert certificate.verdict == "refuted"
    assert certificate.witness is not None
    assert {"y", "z"} <= set(certificate.witness.values)
