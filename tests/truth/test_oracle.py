"""The oracle agrees with what symgate prints, and sees a planted error in it; the drawing is what it says it is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy
from mpmath import mp
from sympy.matrices import expressions as me

import symgate as sg
from symgate.cells import LIBRARY
from symgate.derive.results import results
from symgate.language import Map, ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct
from symgate.records import Cell
from tests.truth import api
from tests.truth.drawing import MANY, ONE_STEP, again, drawn, stream
from tests.truth.judged import Target, answer, sizes_for
from tests.truth.oracle import Trajectory
from tests.truth.values import DIGITS, FUNCTIONS, OutsideError, Scope, UnknownError, eye

_CELLS = [cell for cell in LIBRARY if cell.name in {"plain", "leaky", "scalar_gate", "minlstm", "cornn"}]
_LEFT_OUT = ("split", "remainder", "rate:drive")
_I = sympy.Symbol("i", integer=True)
_N = sympy.Symbol("n", integer=True, positive=True)


@pytest.mark.parametrize("cell", _CELLS, ids=lambda cell: cell.name)
def test_printed_results_are_true(cell: Cell) -> None:
    """What symgate derives is what differences of the unrolled recurrence give."""
    names = [name for name in results(cell) if not name.startswith(_LEFT_OUT)]
    found = {name: answer(Target(cell, name), api.closed_form(cell, name), steps=(4, 1)) for name in names}
    assert {name: item for name, item in found.items() if item.true is not True} == {}


@pytest.mark.parametrize("name", ["x", "vjp:W_g", "transport", "adjoint", "gradient:W_r", "expansion:retention:1"])
def test_a_deviation_of_a_billionth_is_seen(name: str) -> None:
    """A factor of 1 + 1e-9 makes a claim false."""
    cell = next(cell for cell in LIBRARY if cell.name == "multi_gate")
    claim = me.MatMul(1 + sympy.Rational(1, 10**9), api.closed_form(cell, name))
    assert answer(Target(cell, name), claim).true is False


def test_a_wrong_shape_is_no_truth() -> None:
    """A column is not a matrix."""
    cell = next(cell for cell in LIBRARY if cell.name == "plain")
    assert answer(Target(cell, "jacobian"), Map("phi", 1, Signal("a", _N))).true is False


def test_the_path_of_the_unrolled_recurrence_is_the_chain_of_its_steps() -> None:
    """Two ways through the oracle: M_{t,k} by differences, and the product of the J_j, agree to 30 digits."""
    cell = next(cell for cell in LIBRARY if cell.name == "lstm")
    path = Trajectory(cell, {"n": 2, "m": 1}, 4)
    chained = path.jacobian(4) @ path.jacobian(3) @ path.jacobian(2)
    assert max(abs(value) for value in (path.transport(4, 1) - chained).flat) < mp.mpf(10) ** -30


def test_the_path_is_that_of_the_inputs_as_they_are_whatever_is_asked_first() -> None:
    """The derivative by an input moves the input, and may be the first to need the states."""
    cell = next(cell for cell in LIBRARY if cell.name == "leaky")
    first, second = (Trajectory(cell, {"n": 2, "m": 1}, 1) for _ in range(2))
    first.by_input("u", 1)

    assert (first.path[0][1] == second.path[0][1]).all()


def test_what_is_0_times_a_large_number_is_no_difference() -> None:
    """2^62 times the error of a difference is not taken for a slip; 2^62 times a hundredth is one."""
    target = Target(sg.cell("plain"), "transport")
    truth, large = "matprod(J[j] for j in range(t, k, -1))", 2**62
    zero = "sum(J[i] - {factor} * diag(phi'(a[i])) @ W_r for i in range(k+1, t+1))"
    claims = [f"{truth} + {large} * {zero.format(factor=factor)}" for factor in ("1", "(99/100)")]
    found = [answer(target, api.reading(target.cell, target.name, claim), steps=(4, 1)).true for claim in claims]

    assert found == [True, False]


def test_nothing_is_called_true_where_the_longest_trajectory_is_not_looked_at() -> None:
    """A claim may differ from the truth after so many steps alone, where the states grow too fast for differences."""
    target = Target(sg.read_cell(r"x_t = \exp(x_{t-1}) + U u_t", name="steep"), "transport")
    claim = api.closed_form(target.cell, target.name)
    sizes = dict(sizes_for(target.cell, 0))
    longest = next(steps for steps in range(2, 12) if not Trajectory(target.cell, sizes, steps).tame)

    assert answer(target, claim, steps=(longest - 1, 1), places=(0,)).true is True
    with pytest.raises(UnknownError, match="grow too fast"):
        answer(target, claim, steps=(longest, 1), places=(0,))


def _scope(**values: object) -> Scope:
    mp.dps = DIGITS
    return Scope(lambda name, when: values[name] if not when else values[name][when[0]], {"n": 2})


def test_running_nodes_keep_their_order_and_their_empty_values() -> None:
    """A product has later factors on the left; over nothing it is I, a sum 0, a Hadamard product 1."""
    first, second = np.array([[1, 2], [3, 4]], dtype=object), np.array([[0, 1], [1, 1]], dtype=object)
    scope = _scope(J=[None, first, second])
    node = OrderedProduct(Signal("J", _N, _N, _I), _I, sympy.Integer(1), sympy.Integer(2))
    assert (scope.of(node) == second @ first).all()
    empty = (node.body, _I, sympy.Integer(2), sympy.Integer(1))
    assert (scope.of(OrderedProduct(*empty)) == eye(2)).all()
    assert (scope.of(MatrixSum(*empty)) == 0).all()
    assert (scope.of(HadamardRun(*empty)) == 1).all()


def test_a_running_index_hides_an_outer_one_of_its_name() -> None:
    """sum over i of (sum over i of i) has the inner index inside."""
    inner = sympy.Sum(_I, (_I, 1, 3))
    assert _scope().of(sympy.Sum(inner, (_I, 1, 2))) == 12


def test_a_kronecker_delta_chooses_also_where_the_other_factor_has_no_value() -> None:
    """sum over i = 1..3 of delta[2, i] x_i is x_2, although there is no x_3; as numbers and as columns."""
    column = np.array([[mp.mpf(7)], [mp.mpf(9)]], dtype=object)
    known = {"x": {1: column, 2: 2 * column}, "g": {1: mp.mpf(3), 2: mp.mpf(5)}}

    def leaf(name: str, when: tuple[int, ...]) -> object:
        if when[0] not in known[name]:
            raise OutsideError(name)
        return known[name][when[0]]

    scope, chosen = Scope(leaf, {"n": 2}), sympy.KroneckerDelta(2, _I)
    bounds = (_I, sympy.Integer(1), sympy.Integer(3))
    assert scope.of(sympy.Sum(chosen * ScalarSignal("g", _I), bounds)) == 5
    assert (scope.of(MatrixSum(me.MatMul(2 * chosen, Signal("x", _N, 1, _I)), *bounds)) == 4 * column).all()
    with pytest.raises(OutsideError):
        scope.of(sympy.Sum((1 + chosen) * ScalarSignal("g", _I), bounds))


def test_what_is_outside_has_no_value() -> None:
    """0 to a negative power and an unknown time raise."""
    with pytest.raises(OutsideError):
        _scope(c=mp.mpf(0)).of(sympy.Pow(sympy.Symbol("c"), -2))
    with pytest.raises(OutsideError):
        _scope().moment(_I + 1)


def test_claims_are_drawn_again_from_their_seed() -> None:
    """A seed is all that is needed to see a claim again."""
    for found in stream(ONE_STEP | MANY, 0, 12):
        assert again(found.seed) == found


@pytest.mark.parametrize("forms", [ONE_STEP, MANY], ids=["one step", "many steps"])
def test_rewritings_are_true_and_most_slips_are_false(forms: dict[str, int]) -> None:
    """The labels come from the oracle; what is drawn as true is, and slips are not idle."""
    found = [(item, item.answer().true) for item in stream(forms, 0, 60)]
    assert [item for item, true in found if item.kind == "rewritten" and true is not True] == []
    slips = [true for item, true in found if item.kind != "rewritten"]
    assert slips.count(False) > len(slips) / 2


def test_every_form_is_drawn() -> None:
    """Each form yields claims on some cell."""
    for form in {**ONE_STEP, **MANY}:
        assert any(drawn(number, form, number, slip=True) for number in range(20)), form


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_derivative_of_the_table_is_that_of_the_one_before(name: str) -> None:
    """f', f'', ... in the table are differences of f, f', ..."""
    mp.dps = DIGITS
    h = mp.mpf(10) ** -20
    for lower, higher in itertools.pairwise(FUNCTIONS[name]):
        for z in (mp.mpf("0.37"), mp.mpf("1.9")):
            assert abs((lower(z + h) - lower(z - h)) / (2 * h) - higher(z)) < mp.mpf(10) ** -30
