"""Matrices that are written in blocks: layer normalisation, products of matrices, several states; and their plans."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import LIBRARY
from symgate.codegen import source
from symgate.codegen.writer.pieces import blocks_of
from symgate.codegen.writer.program import analyse
from symgate.exporting import times
from symgate.language import CellBuilder, sigma, tanh
from symgate.numeric.load import load_module
from symgate.records import Cell, Derivation
from tests.oracles import complex_step, draw_point

FEW = ("multi_gate_norm", "gru_original", "lem", "lstm_projected", "gru_d", "sru", "mingru")
CELLS = [pytest.param(c, id=c.name, marks=() if c.name in FEW else pytest.mark.full) for c in LIBRARY]
NORMALISED = [cell for cell in LIBRARY if cell.name.endswith("_norm")]


def jacobian(cell: Cell) -> Derivation:
    """The Jacobian of all states."""
    return sg.jacobian(cell) if len(cell.states) == 1 else sg.state_jacobian(cell)


def module(cell: Cell) -> tuple[ModuleType, str]:
    J = jacobian(cell)
    return load_module(source(J), J.name), J.name


def moved(cell: Cell, point: dict, batch: tuple[int, ...], seed: int) -> dict:
    """The point with states and inputs of a batch around it."""
    rng, names = np.random.default_rng(seed), [s.name for s in cell.states] + [str(u.name) for u in cell.inputs]
    return {
        name: value + 0.1 * np.abs(rng.standard_normal((*batch, *np.shape(value)))) if name in names else value
        for name, value in point.items()
    }


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("cell", CELLS)
def test_function_and_plan_are_the_sum_of_the_terms(cell: Cell, dtype: type) -> None:
    """One point, a few, and more than a chunk; weights for all, and weights for each point; two calls of a plan."""
    found, name = module(cell)
    sizes = {str(size): 3 + place for place, size in enumerate(cell.dimensions)}
    near = {key: np.asarray(value, dtype) for key, value in draw_point(cell, seed=2, **sizes).items()}
    for batch in ((), (3,), (2, 5)):
        points = [{k: v.astype(dtype) for k, v in moved(cell, near, batch, seed).items()} for seed in (0, 1)]
        plan = getattr(found, f"{name}_plan")(**points[0])
        for point in points:
            wanted = sum(getattr(found, f"{name}_terms")(**point).values())
            close = {"rtol": 50 * np.finfo(dtype).eps, "atol": 50 * np.finfo(dtype).eps * np.abs(wanted).max()}
            assert_allclose(getattr(found, name)(**point), wanted, **close)
            assert_allclose(plan(**{key: point[key] for key in plan._shapes}), wanted, **close)
    each = {key: np.broadcast_to(value, (2, 5, *near[key].shape)).copy() for key, value in points[1].items()}
    assert_allclose(getattr(found, name)(**each), wanted, **close)
    plan = getattr(found, f"{name}_plan")(**each)
    assert_allclose(plan(**{key: each[key] for key in plan._shapes}), wanted, **close)


@pytest.mark.parametrize("cell", NORMALISED, ids=lambda cell: cell.name)
def test_a_batch_of_a_normalised_cell_agrees_with_complex_step(cell: Cell) -> None:
    """In stacks: twenty points."""
    sizes = dict.fromkeys(cell.dimensions, 4)
    near = draw_point(cell, seed=4, **{str(size): number for size, number in sizes.items()})
    point = moved(cell, near, (20,), 0)
    values = sg.lambdify(sg.jacobian(cell))(**point)
    names = [cell.states[0].name, *(str(u.name) for u in cell.inputs)]
    for place in range(20):
        here = {**near, **{name: point[name][place] for name in names}}
        assert_allclose(values[place], complex_step(cell, here, "x", sizes), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("cell", NORMALISED, ids=lambda cell: cell.name)
def test_a_normalisation_is_two_rank_one_corrections(cell: Cell) -> None:
    """Of each normalised pre-activation one row for all points and one that moves; no product of two matrices."""
    (block,) = blocks_of(analyse(sg.jacobian(cell))) or ()
    count = sum(str(p.name).startswith("gamma") for p in cell.parameters)

    assert len(block.outers[None]) == count
    assert sum(letter is not None and letter.shape[0] == 1 for letter in block.words) >= count
    assert not block.products
    assert not block.others
    for derivation in (sg.vjp(cell, "x"), times(sg.jacobian(cell))):
        text = source(derivation)
        body = text[text.index(f"def {derivation.name}(") : text.index(f"def {derivation.name}_terms(")]
        assert " @ " not in body
        assert body.count("_matvec(_transposed(W_r), ") + body.count("_matvec(W_r, tangent)") == 1
        assert "_vecmat(" not in body


def test_words_with_a_common_left_matrix_share_its_product() -> None:
    """Of the Jacobian, of J v, and of J' lambda."""
    cell = sg.cell("gru_original")
    (block,) = blocks_of(analyse(sg.jacobian(cell))) or ()
    assert [len(inner.words) for inner in block.products.values()] == [2]
    for derivation, product, count in (
        (sg.vjp(cell, "x"), "_transposed(U_c)", 1),
        (times(sg.jacobian(cell)), "_matvec(U_c, ", 2),  # one of them in the step itself
    ):
        text = source(derivation)
        body = text[text.index(f"def {derivation.name}(") : text.index(f"def {derivation.name}_terms(")]
        assert body.count(product) == count


def test_rows_and_columns_of_one_letter_are_scaled_by_one_matrix_of_rank_one() -> None:
    """A state that decays before it is used scales columns: no product of two matrices but U_c times one sum."""
    block, *_ = blocks_of(analyse(sg.state_jacobian(sg.cell("gru_d")))) or ()
    (product,) = block.products.values()

    assert not block.others
    assert [str(letter) for letter in block.outers] == ["U_z"]
    assert ([*product.words], [str(letter) for letter in product.outers]) == ([None], ["U_r"])


def test_a_block_that_is_another_one_with_its_rows_scaled_is_written_so() -> None:
    """The new h of an LSTM is o (.) psi of its new cell; where one word has another scale, all words are written."""
    *_, block = blocks_of(analyse(jacobian(sg.cell("lstm")))) or ()
    assert block.multiple is not None
    assert [str(letter) for letter in block.words] == ["U_o"]

    builder = CellBuilder("scaled_twice")
    h, c, b = builder.state("h", "n"), builder.state("c", "n"), builder.vector("b", "n")
    U, V = builder.matrix("U", "n", "n"), builder.matrix("V", "n", "n")
    first, second = builder.let("first", tanh(U @ h)), builder.let("second", sigma(V @ h))
    builder.next(h, b * first + b * (b * second))
    builder.next(c, first + second + 0 * c)
    assert all(block.multiple is None for block in blocks_of(analyse(jacobian(builder.build()))) or ())


def test_the_result_of_a_plan_cannot_be_written_to() -> None:
    """What is zero for all points is written once; so nobody else may write there."""
    cell = sg.cell("lstm")
    found, name = module(cell)
    point = draw_point(cell, seed=1, n=3, m=2)
    plan = getattr(found, f"{name}_plan")(**point)
    result = plan(**{key: point[key] for key in plan._shapes})

    with pytest.raises(ValueError, match="read-only"):
        result[...] = 1


def test_a_plan_takes_new_weights_and_refuses_what_does_not_fit() -> None:
    cell = sg.cell("multi_gate_norm")
    found, name = module(cell)
    point = moved(cell, draw_point(cell, seed=1, n=3, m=2), (9,), 0)
    plan, here = getattr(found, f"{name}_plan")(**point), {key: point[key] for key in ("x", "u")}
    point["W_g"] = 2 * point["W_g"]
    plan.refresh(W_g=point["W_g"])

    assert_allclose(plan(**here), getattr(found, name)(**point), rtol=1e-12, atol=1e-14)
    with pytest.raises(ValueError, match="x must have shape"):
        plan(x=point["x"][:4], u=point["u"])
