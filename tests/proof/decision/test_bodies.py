"""The Jacobian of several states, written out in blocks, multiplied over time."""

from __future__ import annotations

import pytest
from sympy import Symbol
from sympy.matrices.expressions import BlockMatrix, MatMul, ZeroMatrix

import symgate as sg
from symgate.language import Signal
from symgate.language.sequences import J, K, MatrixSum, OrderedProduct, T
from symgate.proof.certificate import Verdict
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
