"""No two indices of a comparison are one: what is true only where they agree is not proved."""

from __future__ import annotations

from typing import Any

import pytest
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

import symgate as sg
from symgate.language import CellBuilder, Vec
from symgate.language.sequences import HadamardRun, OrderedProduct
from symgate.proof.decision import Decision, Layout, Outcome, decide, decide_step
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import CONSTANT, FREE, FRESH, PLACE
from tests.proof.decision.symbols import PLAIN, W, j, k, matrix, n, t


def _cell() -> sg.Cell:
    """C_t = M (.) C_{t-1} + W C_{t-1}, of square matrices."""
    c = CellBuilder("squares")
    C, mask, weight = c.state("C", ("n", "n")), c.matrix("M", "n", "n"), c.matrix("W", "n", "n")
    c.next(C, mask * C + weight @ C)
    return c.build()


CELL = _cell()
BEFORE, AFTER = CELL.states[0].before, CELL.states[0].after
M, V = CELL.symbols["M"], CELL.symbols["W"]
L, ONES, LINE = MatrixSymbol("L", n, n), OneMatrix(n, n), OneMatrix(n, 1)
#: 0 where the two indices agree, 1 elsewhere.
APART = MatAdd(ONES, MatMul(-1, Identity(n)))
VECTOR = Vec(APART)


def _at(row: str, col: str) -> Any:
    """APART at one index of the column (i, j) of a derivative and at one of (p, q), columns first."""
    left = {"i": KroneckerProduct(LINE, Identity(n)), "j": KroneckerProduct(Identity(n), LINE)}[row]
    right = {"p": KroneckerProduct(LINE, Identity(n)), "q": KroneckerProduct(Identity(n), LINE)}[col]
    return MatMul(left, APART, Transpose(right))


#: By the two indices of dC_ij/dV_pq that it tells apart.
ADDED = {
    "i j": MatMul(VECTOR, OneMatrix(1, n * n)),
    "p q": MatMul(OneMatrix(n * n, 1), Transpose(VECTOR)),
    **{f"{row} {col}": _at(row, col) for row in "ij" for col in "pq"},
}
TRUE = {
    BEFORE: MatAdd(DiagMatrix(Vec(M)), KroneckerProduct(Identity(n), V)),
    V: KroneckerProduct(Transpose(BEFORE), Identity(n)),
}


def _derivative(wrt: Any, claim: Any, layout: Layout) -> Decision:
    return decide_step(CELL, AFTER, wrt, claim, layout, cotangent=L)


@pytest.mark.parametrize("wrt", TRUE, ids=str)
@pytest.mark.parametrize("layout", [Layout.JACOBIAN, Layout.KRONECKER], ids=lambda layout: layout.name)
def test_four_indices_of_a_derivative(layout: Layout, wrt: Any) -> None:
    """Two of what is differentiated and two of the variable, each pair told apart."""
    assert _derivative(wrt, TRUE[wrt], layout).equal
    for pair, wrong in ADDED.items():
        assert _derivative(wrt, MatAdd(TRUE[wrt], wrong), layout).outcome is Outcome.DIFFERENT, pair


#: The gradient of dot(L, C_t), what a change L does, and the entries dC_ij/dC_ij.
PAIRS = {
    (Layout.VJP, BEFORE): (MatAdd(MatMul(Transpose(V), L), HadamardProduct(M, L)), APART),
    (Layout.VJP, V): (MatMul(L, Transpose(BEFORE)), APART),
    (Layout.ACTION, BEFORE): (MatAdd(MatMul(V, L), HadamardProduct(M, L)), APART),
    (Layout.ACTION, V): (MatMul(L, BEFORE), APART),
    (Layout.DIAGONAL, BEFORE): (Vec(MatAdd(M, MatMul(DiagMatrix(DiagonalOf(V)), ONES))), VECTOR),
}


@pytest.mark.parametrize(("layout", "wrt"), PAIRS, ids=str)
def test_two_indices_of_a_gradient_of_a_change_and_of_a_diagonal(layout: Layout, wrt: Any) -> None:
    true, wrong = PAIRS[layout, wrt]
    assert _derivative(wrt, true, layout).equal
    assert _derivative(wrt, MatAdd(true, wrong), layout).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize("pair", ADDED)
def test_four_indices_of_a_matrix_of_pairs(pair: str) -> None:
    """Its rows and columns run over the entries of a matrix."""
    square = KroneckerProduct(W, W)
    assert decide(PLAIN, square, square).equal
    assert decide(PLAIN, square, MatAdd(square, ADDED[pair])).outcome is Outcome.DIFFERENT


def test_two_indices_of_a_matrix_and_of_its_stacked_columns() -> None:
    """Also under a name, and in a name that stands in a claim."""
    name = matrix("X", j)
    for left, right in [(W, MatAdd(W, APART)), (Vec(W), Vec(MatAdd(W, APART)))]:
        assert decide(PLAIN, left, right).outcome is Outcome.DIFFERENT
        assert decide(PLAIN, left, left).equal
    for meaning, equal in [(W, True), (MatAdd(W, APART), False), (Transpose(W), False)]:
        assert decide(PLAIN, matrix("X", t), W, definitions={name: meaning}).equal is equal


@pytest.mark.parametrize("body", [matrix("P", j), MatAdd(matrix("P", j), Transpose(matrix("Q", j)))], ids=str)
def test_two_indices_of_a_matrix_that_is_multiplied_over_time(body: Any) -> None:
    """It is neither its transpose nor diagonal."""
    whole = OrderedProduct(body, j, k, t)
    diagonal = DiagMatrix(HadamardRun(DiagonalOf(body), j, k, t))

    assert decide(PLAIN, whole, OrderedProduct(Transpose(Transpose(body)), j, k, t), given=[(k, t)]).equal
    assert not decide(PLAIN, whole, OrderedProduct(Transpose(body), j, k, t), given=[(k, t)]).equal
    assert not decide(PLAIN, whole, diagonal, given=[(k, t)]).equal
    assert decide(PLAIN, OrderedProduct(DiagMatrix(DiagonalOf(body)), j, k, t), diagonal, given=[(k, t)]).equal


def test_letters_of_two_kinds_are_never_one() -> None:
    """One that is made fresh is no free one, no place and none of a term."""
    algebra = Algebra()
    kinds = [{algebra.letter("n", level, q) for q in range(1, 1000)} for level in (1, 2, PLACE, FREE, CONSTANT)]
    kinds.append({algebra.fresh("n") for _ in range(999)})
    assert len(set().union(*kinds)) == 6 * 999
    assert 2 < PLACE < FRESH < FREE < CONSTANT
