"""The Jacobian of several states, written out in blocks, multiplied over time."""

from __future__ import annotations

import pytest
from sympy import Symbol
from sympy.matrices.expressions import BlockMatrix, DiagMatrix, Identity, MatAdd, MatMul, MatrixExpr, ZeroMatrix

import symgate as sg
from symgate.language import Signal
from symgate.language.sequences import J, K, MatrixSum, OrderedProduct, T
from symgate.proof.certificate import Verdict
from symgate.proof.decision import decide
from symgate.proof.decision.bodies import Bodies


def written_out(cell: sg.Cell, factor: int = 1) -> OrderedProduct:
    """The product of the Jacobian in blocks, the first of them times a factor."""
    whole = sg.result(cell, "transport").equation("J").right
    blocks = [[whole.blocks[i, j] for j in range(whole.blocks.shape[1])] for i in range(whole.blocks.shape[0])]
    if factor != 1:
        blocks[-1][0] = MatMul(factor, blocks[-1][0])
    return OrderedProduct(BlockMatrix(blocks), J, K + 1, T)


@pytest.mark.parametrize("name", ["lstm", "cornn", "lem"])
def test_the_transport_as_the_product_of_the_jacobian_in_blocks(name: str) -> None:
    cell = sg.cell(name)

    assert sg.check(cell, written_out(cell), "transport").verdict is Verdict.PROVED
    assert sg.check(cell, written_out(cell, factor=2), "transport").verdict is Verdict.REFUTED


def test_a_matrix_that_knows_an_index_around_it_gets_no_name() -> None:
    """Its meaning would be another one for each value of the index."""
    i, n = Symbol("i", integer=True), Symbol("n", integer=True, positive=True)
    blocks = BlockMatrix([[Signal("P", n, n, J), Signal("Q", n, n, i)], [ZeroMatrix(n, n), Signal("P", n, n, J)]])
    product = OrderedProduct(blocks, J, K + 1, T)
    around, alone = Bodies(), Bodies()

    assert around.named(MatrixSum(product, i, 1, T)) == MatrixSum(product, i, 1, T)
    assert not around.definitions
    assert alone.named(product) != product
    assert list(alone.definitions.values()) == [blocks]


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("name", ["lstm", "cornn"])
def test_a_block_of_a_product_is_not_the_product_of_the_blocks(name: str, beside: bool) -> None:
    """E J_t E M_(t-1) E is not E M_t E where the states feed one another, whatever product stands beside it."""
    cell = sg.cell(name)
    jacobian = sg.result(cell, "transport").equation("J")
    sizes = [state.after.shape[0] for state in cell.states]

    def first(block: MatrixExpr) -> BlockMatrix:
        rows = [[block if p == q == 0 else ZeroMatrix(n, m) for q, m in enumerate(sizes)] for p, n in enumerate(sizes)]
        return BlockMatrix(rows)

    E, J_t = first(Identity(sizes[0])), jacobian.left.xreplace({J: T})
    left = MatMul(E, J_t, E, OrderedProduct(jacobian.left, J, K + 1, T - 1), E)
    right = MatMul(E, OrderedProduct(jacobian.left, J, K + 1, T), E)
    if beside:
        square = next(p for p in cell.parameters if getattr(p, "shape", ()) == (sizes[0], sizes[0]))
        other = first(
            OrderedProduct(MatMul(2, DiagMatrix(cell.states[0].before.xreplace({T: J})), square), J, K + 1, T)
        )
        left, right = MatAdd(left, other), MatAdd(right, other)

    found = decide(cell, left, right, definitions={jacobian.left: jacobian.right}, given=((K + 1, T),))
    assert not found.equal


def test_a_name_that_stands_in_a_claim_is_never_given() -> None:
    """A product of a symbol that is called like one of ours is one of that symbol."""
    cell = sg.cell("lstm")
    whole = sg.result(cell, "transport").equation("J").right
    product = OrderedProduct(whole, J, K + 1, T)
    (given,) = _names(product, ())
    other = OrderedProduct(Signal(given, *whole.shape, J), J, K + 1, T)

    assert _names(product, (other,)) != [given]
    assert not decide(cell, product, other, given=((K, T),)).equal


def _names(expr: MatrixExpr, beside: tuple[MatrixExpr, ...]) -> list[str]:
    bodies = Bodies([expr, *beside])
    bodies.named(expr)
    return [str(symbol.name) for symbol in bodies.definitions]
