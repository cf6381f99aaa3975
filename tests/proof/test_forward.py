"""Influences, truncations, lags and the rest of an expansion are proved; planted slips in them are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import MatAdd, MatMul, Transpose

import symgate as sg
from symgate.catalogue import name_of
from symgate.cells import LIBRARY
from symgate.errors import DefinitionError, UnknownNameError
from symgate.language import Signal, T
from symgate.language.sequences import EPS, LAG, LAST, I, K, MatrixSum
from symgate.proof import verify
from symgate.proof.certificate import REFUTED


def everything(cell: sg.Cell) -> list[sg.Derivation]:
    """A result of every kind; over all cells, every split and both orders for many kinds of parameters."""
    place, names = LIBRARY.index(cell), [str(symbol.name) for symbol in cell.parameters]
    first, second, third = (names[(place + step) % len(names)] for step in (0, 1, 2))
    found: list[sg.Derivation] = [sg.influence(cell, first), sg.lags(cell, second)]
    for keep, order in (("retention", place % 2), ("gate", 0)):
        try:
            found.append(sg.truncate(sg.influence(cell, third), keep, order))
            found.append(sg.rest(sg.split(cell, ("drive", keep)[place % 2]), place % 3))
        except UnknownNameError:  # a cell without that split
            continue
        break
    return found


CELLS = [
    cell
    for cell in LIBRARY
    if cell.name in {"plain", "leaky", "scalar_gate", "multi_gate", "gru_original", "lstm", "mingru"}
]


@pytest.mark.sweep(3)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_everything_is_proved_printed_and_found_by_name(cell: sg.Cell) -> None:
    """Every cell, several parameters, all splits; the name of each result leads back to it."""
    for derived in everything(cell):
        certificate = verify(derived)
        assert certificate.proved, (derived.name, certificate.statement)
        assert replace(sg.result(cell, name_of(derived)), name=derived.name) == derived
        assert "=" in sg.latex(derived, lhs=True) or "approx" in sg.latex(derived)
        assert sg.text(derived)


def changed(derived: sg.Derivation, key: str, change: Callable) -> sg.Derivation:
    """The same with the right side of one equation, or ("") of the formula itself, changed."""
    if not key:
        return replace(derived, named_terms=tuple((name, change(value)) for name, value in derived.named_terms))
    own = derived.equation(key)
    moved = replace(own, right=change(own.right))
    assert moved != own
    return replace(derived, equations=tuple(moved if item is own else item for item in derived.equations))


def sub(old: object, new: object) -> Callable:
    return lambda expr: expr.xreplace({old: new})


GATED, SEVERAL = sg.cell("multi_gate"), sg.cell("lstm")
P, LAGS = sg.influence(GATED, "W_r"), sg.lags(GATED, "W_r")
TRACE, REST = sg.truncate(P), sg.rest(sg.split(GATED, "gate"), 1)
FIRST = sg.truncate(P, "retention", 1)
n = GATED.states[0].after.shape[0]


def square(name: str, *index: object) -> Signal:
    return Signal(name, n, n, sympy.Tuple(*index) if len(index) > 1 else index[0])


SLIPS = {
    "the state after the step in the local term": changed(P, "", sub(GATED.states[0].before, GATED.states[0].after)),
    "the influence of the step itself": changed(P, "", sub(P.of.xreplace({T: T - 1}), P.of.xreplace({T: T - 2}))),
    "a dropped gate term": replace(P, named_terms=tuple(item for item in P.named_terms if item[0] != "gate")),
    "the closed form from k = 0": changed(P, "closed_form", lambda s: s.func(s.body, s.index, 0, s.upper)),
    "the closed form with its transport turned": changed(
        P, "closed_form", sub(square("M", T, K), Transpose(square("M", T, K)))
    ),
    "a gradient without the last step": changed(P, "forward", lambda s: s.func(s.body, s.index, 1, LAST - 1)),
    "a gradient with the loss of the step before": changed(
        P, "forward", sub(Signal("delta", n, 1, T), Signal("delta", n, 1, T - 1))
    ),
    "the start at S": changed(P, "start", lambda _: Signal("S", *P.of.shape, sympy.Integer(1))),
    "leaks from the step k itself": changed(TRACE, "", sub(K + 1, K)),
    "a trace driven by the state after": changed(TRACE, "trace", sub(GATED.states[0].before, GATED.states[0].after)),
    "a trace without its leak": changed(TRACE, "trace", lambda s: MatAdd(s.args[0].args[-1], s.args[1])),
    "what is dropped, by A alone": changed(
        TRACE, "dropped", lambda s: MatAdd(MatMul(square("A", T), s.args[0].args[-1]), s.args[1])
    ),
    "a first order driven by itself": changed(
        FIRST, "recursion_1", sub(Signal("P_0", *P.of.shape, T - 1), Signal("P_1", *P.of.shape, T - 1))
    ),
    "a first order with B in front": changed(FIRST, "", lambda s: s.xreplace({square("B", I): square("A", I)})),
    "lags from t = l": changed(LAGS, "", lambda s: s.func(s.body, s.index, LAG, s.upper)),
    "lags with the local term of t": changed(
        LAGS, "", lambda s: s.func(s.body.xreplace({T - LAG - 1: T - LAG}), *s.args[1:])
    ),
    "lags without the transposition": changed(
        LAGS, "", lambda s: s.xreplace({Transpose(square("M", T, T - LAG)): square("M", T, T - LAG)})
    ),
    "all lags but the last": changed(LAGS, "all", lambda s: s.func(s.body, s.index, 2, s.upper)),
    "a recursion in l at the wrong step": changed(
        LAGS, "recursion", sub(square("J", T - LAG + 1), square("J", T - LAG))
    ),
    "a rest with the order of the step itself": changed(
        REST, "", sub(square("M", I - 1, K, sympy.Integer(1)), square("M", I, K, sympy.Integer(1)))
    ),
    "a rest with B on the other side": changed(
        REST,
        "",
        lambda _: MatMul(
            EPS**2,
            MatrixSum(MatMul(square("M", T, I), square("M", I - 1, K, sympy.Integer(1)), square("B", I)), I, K + 1, T),
        ),
    ),
    "a rest of the wrong power": changed(REST, "", lambda s: MatMul(EPS, *s.args[1:])),
    "the recursion of a rest without eps B": changed(
        REST,
        "recursion",
        lambda s: MatAdd(
            MatMul(square("A", T), square("E", T - 1, K)),
            s.args[0] if s.args[0].has(square("B", T)) and not s.args[0].has(square("E", T - 1, K)) else s.args[1],
        ),
    ),
}


@pytest.mark.sweep(8)
@pytest.mark.parametrize("slip", SLIPS)
def test_a_planted_slip_is_refuted(slip: str) -> None:
    """An index off by one, a term dropped, factors in another order, a limit moved."""
    certificate = verify(SLIPS[slip])
    assert certificate.verdict == REFUTED, certificate.statement


def test_the_lstm_without_its_cell_state_is_refuted() -> None:
    """The local term of h alone, or a Jacobian with an empty block."""
    whole = sg.influence(SEVERAL, "U_f")
    own = next(item for item in whole.equations if item.left.name == "S")
    blocks = own.right.blocks
    for row in range(2):
        empty = [[sympy.ZeroMatrix(*blocks[q, 0].shape) if q == row else blocks[q, 0]] for q in range(2)]
        moved = replace(own, right=sympy.BlockMatrix(empty))
        wrong = replace(whole, equations=tuple(moved if item is own else item for item in whole.equations))
        assert verify(wrong).verdict == REFUTED


def test_which_parameters_have_a_trace() -> None:
    """Reset weights of the original GRU reach every unit: no trace of one number per entry, and it says so."""
    cell = sg.cell("gru_original")
    with_trace = {str(p.name) for p in cell.parameters if _traced(sg.truncate(sg.influence(cell, str(p.name))))}
    assert with_trace == {str(p.name) for p in cell.parameters} - {"W_r", "U_r", "b_r"}
    assert "acts on several units" in sg.truncate(sg.influence(cell, "U_r")).remark
    assert not _traced(sg.truncate(P, "drive"))


@pytest.mark.parametrize(("name", "parameter"), [("multi_gate", "W_g"), ("gru_original", "U_r"), ("lstm", "U_f")])
def test_snap_1_is_a_truncation_that_is_proved(name: str, parameter: str) -> None:
    """The diagonal split; where an entry acts on several units, it says that this is not SnAp-1."""
    cell = sg.cell(name)
    found = sg.result(cell, f"truncation:{parameter}:diagonal:0")
    assert verify(found).proved
    assert ("This is SnAp-1" in found.remark) == (name != "gru_original")
    assert ("This is not SnAp-1" in found.remark) == (name == "gru_original")
    assert _traced(found) == (name == "multi_gate")


@pytest.mark.parametrize("key", ["dropped", "trace", "trace_closed_form", "d"])
def test_slips_in_snap_1_are_refuted(key: str) -> None:
    """The diagonal of the retention alone, a term that is lost, a trace that forgets too late."""
    wrong = changed(sg.truncate(P, "diagonal"), key, lambda value: MatAdd(value, value))
    assert verify(wrong).verdict == REFUTED


def test_traces_with_a_scalar_in_front() -> None:
    """The leak of a low-rank network stands in S_k and in the order 0: it counts once."""
    assert verify(sg.truncate(sg.influence(sg.cell("low_rank"), "P"))).proved


def _traced(derived: sg.Derivation) -> bool:
    return any(item.key == "trace" for item in derived.claims)


def test_exact_truncations_and_bad_input() -> None:
    """minGRU: order 0 is everything; what is no influence, no split, no order, no parameter is named."""
    exact = sg.truncate(sg.influence(sg.cell("mingru"), "W_z"))
    assert exact.relation is sg.Relation.EQUAL
    assert verify(exact).proved
    with pytest.raises(DefinitionError, match="truncate takes an influence"):
        sg.truncate(sg.jacobian(GATED))
    with pytest.raises(DefinitionError, match="whole number from 0 to 12; found -1"):
        sg.truncate(P, order=-1)
    with pytest.raises(DefinitionError, match="rest takes a split"):
        sg.rest(sg.jacobian(GATED))
    with pytest.raises(UnknownNameError, match="'W_q' is not a known"):
        sg.influence(GATED, "W_q")
    with pytest.raises(UnknownNameError, match="not of the form truncation:PARAMETER:KEEP:ORDER"):
        sg.result(GATED, "truncation:W_r")
    with pytest.raises(UnknownNameError, match="'W_q' is not a known parameter"):
        sg.result(GATED, "lag:W_q")
