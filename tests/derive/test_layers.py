"""Stacks of three layers and more: derived layer by layer, each part once, and equal to what is multiplied out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import stack
from symgate.derive.layers import handed_on, names_in
from symgate.language import CellBuilder, tanh
from symgate.numeric.load import lambdify
from symgate.records import Cell
from tests.oracles import complex_step, draw_point


def tower(name: str, layers: int) -> Cell:
    """That many layers of one cell."""
    return stack("tower", *[sg.cell(name)] * layers)


def sized(cell: Cell, seed: int = 0) -> tuple[dict, dict]:
    """Sizes, no two neighbours equal, and a point."""
    sizes = {size: 2 + place % 3 for place, size in enumerate(cell.dimensions)}
    return sizes, draw_point(cell, seed=seed, **{str(size): number for size, number in sizes.items()})


def whole(cell: Cell, sizes: dict, point: dict) -> np.ndarray:
    """The Jacobian of all states, by complex step through the recurrence."""
    rows = [[complex_step(cell, point, by.name, sizes, of=of.name) for by in cell.states] for of in cell.states]
    return np.block(rows)


MIXED = stack("mixed", sg.cell("lstm"), sg.cell("scalar_gate"), sg.cell("gru", layer_norm=True), sg.cell("qrnn"))
STACKS = {"plain": tower("plain", 3), "gru": tower("gru", 6), "mixed": MIXED}


@pytest.mark.parametrize("cell", STACKS.values(), ids=STACKS)
def test_the_jacobian_is_that_of_the_recurrence(cell: Cell) -> None:
    """J by its parts is the derivative by complex step, and so is what is multiplied out."""
    sizes, point = sized(cell, seed=3)
    short = sg.state_jacobian(cell)

    assert short.definitions
    assert_allclose(lambdify(short)(**point), whole(cell, sizes, point), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["multi_gate", "scalar_gate"])
def test_derivatives_by_every_symbol_are_those_that_are_multiplied_out(name: str) -> None:
    """The Jacobian of the uppermost state, and the product with a cotangent, by parts and without them."""
    cell = tower(name, 3)
    (_, point), top = sized(cell, seed=4), cell.states[-1].name
    for wrt in list(cell.symbols)[::4]:
        for derive in (sg.jacobian, sg.vjp):
            short, long = derive(cell, wrt, top), derive(cell, wrt, top, written_out=True)
            lam = {} if short.cotangent is None else {str(short.cotangent.name): point[top]}
            found, wanted = (np.asarray(lambdify(item)(**point, **lam)) for item in (short, long))
            assert_allclose(found, wanted, rtol=1e-11, atol=1e-13)


def test_two_layers_are_multiplied_out() -> None:
    """The product of two factors is what a paper prints, and its terms have the names of the upper layer."""
    J = sg.state_jacobian(tower("multi_gate", 2))

    assert not J.definitions
    assert "layer" not in J.terms


def test_a_part_is_written_once_and_the_size_grows_with_the_blocks() -> None:
    """Twice the layers have four times the blocks; no block holds more than its layer."""
    small, large = (sg.state_jacobian(tower("multi_gate", layers)) for layers in (8, 16))

    rights = [item.right for item in large.definitions]
    assert len(set(rights)) == len(rights)
    assert len(sg.latex(large)) < 4.5 * len(sg.latex(small))
    assert max(len(names_in(right)) for right in rights) < 20


def test_a_product_with_a_cotangent_goes_from_layer_to_layer() -> None:
    """The number of parts is that of the layers passed, and none holds a matrix of parts."""
    cell = tower("multi_gate", 12)
    found = sg.vjp(cell, "W_r_1", "x_12")

    assert [str(item.left.name) for item in found.definitions] == [f"lam_u{k}" for k in range(12, 1, -1)]
    assert all(item.left.shape[1] == 1 for item in found.definitions)


def test_what_a_layer_hands_on_is_found_in_a_stack_of_stacks() -> None:
    """A stack as a layer of another one: its own layers are passed too."""
    inner = tower("plain", 2)
    cell = stack("outer", inner, sg.cell("plain"), sg.cell("plain"))

    assert len(handed_on(cell)) == 3
    sizes, point = sized(cell, seed=5)
    J = sg.state_jacobian(cell)
    assert J.definitions
    assert_allclose(lambdify(J)(**point), whole(cell, sizes, point), rtol=1e-11, atol=1e-13)


def test_names_of_parts_that_a_cell_has_are_not_given_again() -> None:
    """A stack with an input D_x2_u2 has no part of that name: it is multiplied out."""
    own = CellBuilder("own")
    x, u = own.state("x", "n"), own.input("D_x2_u2", "n")
    own.next(x, tanh(own.matrix("W", "n", "n") @ x + u))
    cell = stack("taken", own.build(), own.build(), own.build())

    assert not sg.state_jacobian(cell).definitions
    sg.verify(sg.state_jacobian(cell)).require()


def test_splits_and_results_over_many_steps_are_multiplied_out() -> None:
    """Their terms are about ways within one step, which parts hide."""
    cell = tower("leaky", 3)

    split = sg.split(sg.state_jacobian(cell), "retention")
    assert split.named_terms == sg.split(cell, "retention").named_terms
    assert not split.definitions
    assert not any("D_x2" in str(item.right) for item in sg.transport(cell).definitions)
    assert not sg.diagonal(cell, "x_2", "x_2").definitions


@pytest.mark.full
def test_what_is_multiplied_out_over_many_layers_says_what_is_not() -> None:
    """A transport over eight layers has too many terms; the error names what keeps a part for each layer."""
    tower = sg.cells.stack("tower", *[sg.cell("multi_gate")] * 8)

    with pytest.raises(sg.SymgateError, match=r"multiplied out over the layers of a stack.*state_jacobian"):
        sg.transport(tower)
    assert len(sg.state_jacobian(tower).definitions) > 8
