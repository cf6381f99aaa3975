"""Several states as one: blocks and their terms, where an expansion ends, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy.matrices.expressions import BlockMatrix, DiagMatrix, Identity, MatrixSymbol, ZeroMatrix

import symgate as sg
from symgate.cells import LIBRARY, stack
from symgate.derive.exactness import exact_order
from symgate.derive.states import grid
from symgate.errors import DefinitionError, UnknownNameError
from symgate.language import T
from symgate.language.sequences import HadamardRun, K, OrderedProduct
from symgate.records import Relation

SEVERAL = [cell for cell in LIBRARY if len(cell.states) > 1]


@pytest.mark.parametrize("cell", SEVERAL, ids=lambda cell: cell.name)
def test_the_blocks_are_the_jacobians_of_one_state_by_one(cell: sg.Cell) -> None:
    """Term by term; a block that has no such term is zero."""
    J = sg.state_jacobian(cell)

    assert J.shape == (sum(state.after.shape[0] for state in cell.states),) * 2
    for (i, of), (j, by) in itertools.product(enumerate(cell.states), repeat=2):
        own = sg.jacobian(cell, by.name, of.name).terms
        for name, term in J.terms.items():
            assert term.blocks[i, j] == own.get(name, ZeroMatrix(of.after.shape[0], by.after.shape[0]))
        assert set(own) - {"none"} <= set(J.terms)


def test_of_one_state_it_is_the_jacobian() -> None:
    assert sg.state_jacobian(sg.cell("gru")) == sg.jacobian(sg.cell("gru"))


@pytest.mark.parametrize(
    ("name", "last"),
    [
        *((name, 0) for name in ("mingru", "minlstm", "rg_lru", "ssm", "lru")),
        *(("qrnn", 1), ("lstm", None), ("lstm_1997", None), ("cornn", None), ("gru", None)),
    ],
)
def test_retention_splits_say_where_they_are_exact(name: str, last: int | None) -> None:
    parted = sg.split(sg.cell(name), "retention")

    assert parted.exact_from == last
    assert ("Exact" in parted.remark) == (last is not None)
    for order in (0, 1, 2):
        found = sg.expand(parted, order)
        assert found.relation is (Relation.EQUAL if last is not None and order >= last else Relation.APPROXIMATELY)
        assert (f"order eps^{order + 1}" in found.remark) == (found.relation is Relation.APPROXIMATELY)
    assert sg.remainder(parted).exact_from == last


def test_layers_of_exact_cells_are_exact_from_their_depth() -> None:
    """One layer feeds the next: a change can pass from layer to layer at most depth - 1 times."""
    layer = sg.cell("mingru")
    for depth in (2, 3, 4):
        assert sg.split(stack("deep", *[layer] * depth), "retention").exact_from == depth - 1


def _zeros(pattern: np.ndarray, name: str) -> BlockMatrix:
    """A matrix of 1 x 1 blocks with zeros where the pattern has none."""
    n = MatrixSymbol(name, 2, 2).shape[0]
    return grid(
        [
            [MatrixSymbol(f"{name}_{i}{j}", n, n) if entry else ZeroMatrix(n, n) for j, entry in enumerate(row)]
            for i, row in enumerate(pattern)
        ]
    )


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.booleans(), min_size=2 * n * n, max_size=2 * n * n)))
def test_the_last_order_is_that_of_arbitrary_numbers(entries: list[bool]) -> None:
    """Against the expansion itself, summed over positive numbers: orders vanish exactly from there on."""
    n = int((len(entries) / 2) ** 0.5)
    A, B = (np.array(part).reshape(n, n) for part in np.split(np.array(entries), 2))
    steps = n * n + n  # a cycle through B may be n steps long, and n rounds of it are an order that has no end
    orders = [np.eye(n)] + [np.zeros((n, n))] * (steps + 1)
    seen = [True] + [False] * (steps + 1)
    for _ in range(steps):
        orders = [A @ M + (B @ orders[m - 1] if m else 0) for m, M in enumerate(orders)]
        seen = [old or bool(M.any()) for old, M in zip(seen, orders, strict=True)]
    highest = max(m for m, found in enumerate(seen) if found)

    found = exact_order(_zeros(A, "A"), _zeros(B, "B"))

    assert found == (None if highest >= n else highest)


def test_a_jacobian_that_is_retention_alone_is_split() -> None:
    """B = 0 and the zeroth order collapsed; what else keeps everything is still refused."""
    parted = sg.split(sg.cell("mingru"), "retention")
    M = sg.expand(parted, 0).expr

    assert parted.terms["B"].is_ZeroMatrix
    assert isinstance(M, DiagMatrix)
    assert isinstance(M.args[0], HadamardRun)
    assert sg.effective_learning_rate(sg.cell("mingru")).relation is Relation.EQUAL
    for name, keep in (("plain", "drive"), ("qrnn", ("retention", "cell")), ("cornn", "gate")):
        with pytest.raises(UnknownNameError, match="keeps all"):
            sg.split(sg.cell(name), keep)
    with pytest.raises(UnknownNameError, match="keeps none"):
        sg.split(sg.cell("mingru"), "drive")


def test_the_zeroth_order_of_the_lstm_collapses() -> None:
    """A product of forget gates for c, nothing for h; a coupling of states leaves an ordered product."""
    square = sg.expand(sg.split(sg.cell("lstm"), "retention"), 0).expr
    rate = sg.effective_learning_rate(sg.cell("lstm")).terms["order_0"]

    assert isinstance(square.blocks[1, 1].args[0], HadamardRun)
    assert square.blocks[1, 1].args[0].body.name == "f"
    assert rate.blocks[1, 0].args[1] == square.blocks[1, 1].args[0]
    weight, identity = square.blocks[0, 0].args
    assert isinstance(identity, Identity)
    assert [weight.xreplace({T: K + lag}) for lag in (0, 1, 7)] == [1, 0, 0]
    assert square.blocks[0, 1].is_ZeroMatrix
    assert sg.expand(sg.split(sg.cell("cornn"), "retention"), 0).expr.has(OrderedProduct)


def test_what_has_no_meaning_for_several_states_is_refused() -> None:
    lstm = sg.cell("lstm")

    with pytest.raises(DefinitionError, match="needs a cell with a single state; cell 'lstm' has h, c"):
        sg.analogy(lstm, "momentum")
    with pytest.raises(DefinitionError, match="runs through several states"):
        sg.effective_learning_rate(lstm, "drive")
    with pytest.raises(UnknownNameError, match="state_jacobian takes all of them"):
        sg.jacobian(lstm)
    with pytest.raises(UnknownNameError, match="is not one"):
        sg.split(sg.jacobian(lstm, "c", "c"), "retention")
