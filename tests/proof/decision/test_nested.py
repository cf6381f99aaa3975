"""Products over time within one another, and matrices in blocks that are multiplied under a name."""

from __future__ import annotations

import pytest
from sympy import KroneckerDelta, Product, Symbol, symbols
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    Identity,
    MatAdd,
    MatMul,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

import symgate as sg
from symgate.language import Signal
from symgate.language.sequences import HadamardRun, J, K, MatrixSum, Norm, OrderedProduct, T
from symgate.proof.decision import Outcome, decide

N = Symbol("n", integer=True, positive=True)
R, S = symbols("r s", integer=True)
GIVEN = ((K, T),)


def P(time: object, name: str = "P") -> Signal:
    return Signal(name, N, N, time)


def g(time: object) -> Signal:
    return Signal("g", N, 1, time)


WHOLE = OrderedProduct(P(J), J, K + 1, T)
EMPTY = MatrixSum(WHOLE, R, T + 1, T)
RUN = HadamardRun(g(J), J, K + 1, T)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (OrderedProduct(MatAdd(P(J), EMPTY), J, K + 1, T), WHOLE),
        (OrderedProduct(MatAdd(P(S), WHOLE, MatMul(-1, WHOLE)), S, K + 1, T), WHOLE),
        (OrderedProduct(MatMul(P(R), OrderedProduct(P(J), J, K + 1, K)), R, K + 1, T), WHOLE),
        (OrderedProduct(OrderedProduct(P(J), J, S, S), S, K + 1, T), WHOLE),
        (HadamardRun(MatAdd(g(S), RUN, MatMul(-1, RUN)), S, K + 1, T), RUN),
        (
            OrderedProduct(MatAdd(P(R), WHOLE), R, K + 1, T),
            OrderedProduct(MatAdd(WHOLE, P(S)), S, K + 1, T),
        ),
    ],
)
def test_what_is_empty_or_cancels_within_a_product_is_gone(left: object, right: object) -> None:
    assert decide(sg.cell("plain"), left, right, given=GIVEN).equal


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (OrderedProduct(MatAdd(P(R), WHOLE), R, K + 1, T), WHOLE),
        (OrderedProduct(MatAdd(P(R), WHOLE), R, K + 1, T), OrderedProduct(MatAdd(P(R), P(T)), R, K + 1, T)),
        # the inner product knows the index of the outer one
        (OrderedProduct(OrderedProduct(P(J), J, K + 1, S), S, K + 1, T), WHOLE),
        (OrderedProduct(OrderedProduct(P(J), J, S, T), S, K + 1, T), OrderedProduct(WHOLE, S, K + 1, T)),
        (HadamardRun(HadamardRun(g(J), J, K + 1, S), S, K + 1, T), HadamardRun(RUN, S, K + 1, T)),
        (
            HadamardRun(HadamardRun(MatAdd(g(J), g(S)), J, K + 1, T), S, K + 1, T),
            HadamardRun(HadamardRun(MatMul(2, g(J)), J, K + 1, T), S, K + 1, T),
        ),
        (MatrixSum(OrderedProduct(MatAdd(P(J), P(R)), J, K + 1, T), R, 1, 2), MatMul(2, WHOLE)),
    ],
)
def test_products_within_one_another_that_differ_are_not_equal(left: object, right: object) -> None:
    assert not decide(sg.cell("plain"), left, right, given=GIVEN).equal


HIDDEN = (N - 1) * (N - 2) * (N - 3)


@pytest.mark.parametrize("row", [0, 1])
@pytest.mark.parametrize("col", [0, 1])
@pytest.mark.parametrize("name", ["lstm", "cornn"])
def test_products_of_matrices_that_differ_in_a_block_are_not_equal(name: str, row: int, col: int) -> None:
    """Not even where both stand under a name, and an entry of the whole is in no block."""
    cell = sg.cell(name)
    step = sg.result(cell, "transport").equation("J")
    blocks = [[step.right.blocks[i, j] for j in (0, 1)] for i in (0, 1)]
    same = OrderedProduct(BlockMatrix(blocks), J, K + 1, T)
    blocks[row][col] = MatAdd(
        blocks[row][col], MatMul(HIDDEN, DiagMatrix(cell.assignments[-1].symbol.xreplace({T: J})))
    )
    other = OrderedProduct(BlockMatrix(blocks), J, K + 1, T)
    whole = OrderedProduct(step.left, J, K + 1, T)
    known = {step.left: step.right}

    assert decide(cell, other, whole, definitions=known, given=GIVEN).outcome is Outcome.DIFFERENT
    if row == col == 0:
        assert decide(cell, same, whole, definitions=known, given=GIVEN).equal


@pytest.mark.parametrize("below", [False, True])
def test_triangular_products_differ_where_what_is_beside_the_diagonal_differs(below: bool) -> None:
    """With an empty block on the other side of the diagonal, under names on both sides."""
    cell = sg.cell("lstm")
    rows = [state.after.shape[0] for state in cell.states]

    def matrix(symbol: str) -> BlockMatrix:
        beside, zero = Signal(symbol, rows[0], rows[1], J), ZeroMatrix(rows[0], rows[1])
        first, last = (beside, zero) if not below else (zero, beside)
        return BlockMatrix([[Identity(rows[0]), first], [last, ZeroMatrix(rows[1], rows[1])]])

    size = sum(rows)
    one, two = (Signal(name, size, size, J) for name in ("X", "Y"))
    known = {one: matrix("P"), two: matrix("Q")}
    products = [OrderedProduct(name, J, K + 1, T) for name in (one, two)]

    assert not decide(cell, *products, definitions=known, given=GIVEN).equal
    known[two] = known[one]
    assert decide(cell, *products, definitions=known, given=GIVEN).equal


@pytest.mark.parametrize(
    ("rows", "is_identity"),
    [("I0 0I", True), ("II 0I", False), ("I0 II", False), ("0I I0", False), ("II II", False), ("I0 00", False)],
)
def test_the_identity_of_all_states_is_that_of_each_and_nothing_beside(rows: str, is_identity: bool) -> None:
    """Under a name that is defined in blocks, beside I of all states at once."""
    cell = sg.cell("cornn")
    n = cell.states[0].after.shape[0]
    blocks = [[Identity(n) if letter == "I" else ZeroMatrix(n, n) for letter in row] for row in rows.split()]
    X = Signal("X", 2 * n, 2 * n, J)
    left, right = X.xreplace({J: T}), Identity(2 * n)

    assert decide(cell, left, right, definitions={X: BlockMatrix(blocks)}).equal is is_identity
    square = MatMul(left, left)
    assert decide(cell, square, left, definitions={X: BlockMatrix(blocks)}).equal is (rows in {"I0 0I", "I0 00"})


@pytest.mark.parametrize(("one", "other", "equal"), [(1, 1, True), (1, 2, False), (2, 3, False), (-1, 1, False)])
def test_powers_over_time_are_told_by_their_base_and_their_ends(one: int, other: int, equal: bool) -> None:
    """b^(t-k) as a product over time, of a number, and of a symbol with a symbolic exponent within it."""
    cell = sg.cell("leaky")
    alpha = cell.symbols["alpha"]
    for base in (alpha, alpha + 1, alpha * Symbol("q")):
        left, right = (Product((c * base), (J, K + 1, T)) for c in (one, other))
        assert decide(cell, left, right, given=GIVEN).equal is equal
    for late in (1, -1):
        ends = Product(alpha + 1, (J, K + 1 + late, T + late))
        assert decide(cell, ends, Product(alpha + 1, (J, K + 1, T)), given=GIVEN).equal
        assert not decide(cell, ends, Product(alpha + 1, (J, K + 1 + late, T)), given=GIVEN).equal


def test_a_product_of_zeros_is_one_where_it_is_empty_and_zero_elsewhere() -> None:
    zeros = HadamardRun(MatAdd(g(J), MatMul(-1, g(J))), J, K + 1, T)
    ones = OneMatrix(N, 1)
    cell = sg.cell("plain")

    assert decide(cell, zeros, MatMul(KroneckerDelta(T, K), ones), given=GIVEN).equal
    assert decide(cell, zeros, ZeroMatrix(N, 1), given=((K + 1, T),)).equal
    assert not decide(cell, zeros, ZeroMatrix(N, 1), given=GIVEN).equal
    assert not decide(cell, zeros, ones, given=GIVEN).equal


def test_a_norm_is_of_all_entries_of_a_matrix() -> None:
    """Matrices with the same diagonal are told apart, as are a sum with P and one with its transpose."""
    cell = sg.cell("plain")
    first, second = P(T), P(T, "Q")
    whole = Norm(MatAdd(first, second))

    assert decide(cell, whole, Norm(MatAdd(second, first))).equal
    assert not decide(cell, whole, Norm(MatAdd(Transpose(first), second))).equal
    assert not decide(cell, whole, Norm(MatAdd(DiagMatrix(DiagonalOf(first)), second))).equal


POWERS = MatAdd(HadamardPower(g(J + 1), T - K), MatMul(-1, HadamardPower(g(J), T - K + 1)))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (OrderedProduct(MatAdd(P(J), DiagMatrix(POWERS)), J, K + 1, T), WHOLE),
        (HadamardRun(MatAdd(g(J), POWERS), J, K + 1, T), RUN),
        (OrderedProduct(DiagMatrix(MatAdd(g(J), POWERS)), J, K + 1, T), DiagMatrix(RUN)),
    ],
)
def test_a_power_within_a_product_is_not_a_product_over_its_time(left: object, right: object) -> None:
    """Of g_j^(t-k) in a product over j the base knows the time of the product: g_{j+1}^(t-k) is not g_j^(t-k+1)."""
    assert not decide(sg.cell("plain"), left, right, given=GIVEN).equal


@pytest.mark.parametrize("within", [POWERS, MatAdd(RUN, MatMul(-1, HadamardPower(g(J), T - K + 1)))])
def test_a_name_that_is_multiplied_does_not_lend_its_time_to_a_product_in_it(within: object) -> None:
    meaning = {P(J): DiagMatrix(MatAdd(OneMatrix(N, 1), within))}
    left = OrderedProduct(P(J), J, K + 1, T)
    assert not decide(sg.cell("plain"), left, Identity(N), definitions=meaning, given=GIVEN).equal
