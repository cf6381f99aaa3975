"""Stacked cells: two layers of torch, proofs of every block, names, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import LIBRARY, stack
from symgate.errors import DefinitionError, NameRefusedError, ShapeError
from symgate.numeric.load import lambdify
from symgate.records import Cell
from tests.oracles import complex_step, draw_point
from tests.reference import REFERENCE

SIZES = {"n_1": 4, "n_2": 3, "m": 2, "n": 4}


def point_of(cell: Cell) -> tuple[dict, dict]:
    sizes = {size: SIZES[str(size)] for size in cell.dimensions}
    return sizes, draw_point(cell, seed=3, **{str(size): number for size, number in sizes.items()})


@pytest.mark.parametrize("upper", ["multi_gate", "gru", "lstm", "qrnn", "ssm"])
@pytest.mark.parametrize("lower", ["scalar_gate", "lstm", "lru"])
def test_a_stack_is_one_layer_after_the_other(lower: str, upper: str) -> None:
    """The step against the published recurrences in turn; every block against complex step."""
    cell = stack("both", sg.cell(lower), sg.cell(upper))
    sizes, point = point_of(cell)

    def layer(name: str, k: int, u: np.ndarray) -> dict[str, np.ndarray]:
        own = {key.removesuffix(f"_{k}"): value for key, value in point.items() if key.endswith(f"_{k}")}
        after = REFERENCE[name](**own, u=u)
        return after if isinstance(after, dict) else {"x": after}

    first = layer(lower, 1, point["u"])
    second = layer(upper, 2, next(iter(first.values())))
    stepped = lambdify(cell)(**point)

    for value, wanted in zip(stepped, [*first.values(), *second.values()], strict=True):
        assert_allclose(value, wanted, rtol=1e-12, atol=1e-14)
    for of in cell.states:
        for by in cell.states:
            J = lambdify(sg.jacobian(cell, wrt=by.name, of=of.name))(**point)
            assert_allclose(J, complex_step(cell, point, by.name, sizes, of=of.name), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("layers", [("gru", "gru"), ("multi_gate", "lstm"), ("mingru", "rg_lru")])
def test_every_block_is_proved(layers: tuple[str, str]) -> None:
    cell = stack("both", *map(sg.cell, layers))
    for of in cell.states:
        for by in cell.states:
            J = sg.jacobian(cell, wrt=by.name, of=of.name)
            sg.verify(J, routes=("decision", "modular")).require()
            if of.name.endswith("_1") and by.name.endswith("_2"):
                assert list(J.terms) == ["none"]


def test_two_layers_of_torch() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = torch.nn.GRU(2, 4, num_layers=2).double()
    params = {}
    for k in (0, 1):
        _, own = sg.interop.from_torch(module, k)
        params |= {f"{name}_{k + 1}": value for name, value in own.items()}
    cell = stack("both", sg.cell("gru"), sg.cell("gru"))
    rng = np.random.default_rng(1)
    u, states = rng.standard_normal(2), rng.standard_normal((2, 4))

    def after(h: object) -> object:
        return module(torch.tensor(u)[None], h)[1]

    values = {"u": u, "x_1": states[0], "x_2": states[1], **params}
    assert_allclose(np.array(lambdify(cell)(**values)), after(torch.tensor(states)).detach().numpy(), rtol=1e-12)
    whole = torch.autograd.functional.jacobian(after, torch.tensor(states)).numpy()
    for of in (0, 1):
        for by in (0, 1):
            J = lambdify(sg.jacobian(cell, wrt=f"x_{by + 1}", of=f"x_{of + 1}"))(**values)
            assert_allclose(J, whole[of, :, by], rtol=1e-12, atol=1e-15)


def test_functions_are_shared_unless_layers_bind_them_differently() -> None:
    same = stack("same", sg.cell("plain"), sg.cell("multi_gate"))
    mixed = stack("mixed", sg.cell("plain", phi="relu"), sg.cell("multi_gate"), sg.cell("lstm"))

    assert same.functions == (("phi", "tanh"),)
    assert mixed.functions == (("phi_1", "relu"), ("phi_2", "tanh"), ("psi", "tanh"))
    assert [state.name for state in mixed.states] == ["x_1", "x_2", "h_3", "c_3"]
    assert [str(size) for size in mixed.dimensions] == ["n_1", "n_2", "n_3", "m"]


@pytest.mark.parametrize("cell", [item for item in LIBRARY if len(item.inputs) > 1], ids=lambda cell: cell.name)
def test_a_layer_above_another_has_one_input(cell: Cell) -> None:
    """Masks and elapsed times have no place in what a layer below gives."""
    with pytest.raises(DefinitionError, match="A layer above another has one input"):
        stack("both", cell, cell)


@pytest.mark.sweep(6)
@pytest.mark.parametrize("cell", [item for item in LIBRARY if len(item.inputs) == 1], ids=lambda cell: cell.name)
def test_any_cell_stacks_on_itself(cell: Cell) -> None:
    both = stack("both", cell, cell)
    assert len(both.symbols) == 2 * len(cell.symbols) - 1
    assert len(sg.objects(both)) == 2 * len(both.states) * len(both.symbols)


def test_what_cannot_be_stacked_is_refused() -> None:
    c = sg.CellBuilder("fixed")
    x, u = c.state("x", "n"), c.input("u", 3)
    c.next(x, c.matrix("W", "n", 3) @ u + x)
    fixed = c.build()
    c = sg.CellBuilder("free")
    x = c.state("x", "n")
    c.next(x, c.matrix("W", "n", "n") @ x)
    free = c.build()
    plain = sg.cell("plain")

    with pytest.raises(DefinitionError, match="at least two layers; found 1"):
        stack("one", plain)
    with pytest.raises(DefinitionError, match="cell 'free' has 0"):
        stack("none", plain, free)
    with pytest.raises(ShapeError, match="layer 2 has size 3, the state below has size n_1"):
        stack("sizes", plain, fixed)
    with pytest.raises(NameRefusedError):
        stack("not a name", plain, plain)
    assert list(stack("driven", free, plain).symbols) == ["x_1", "x_2", "W_1", "W_r_2", "W_i_2", "b_2"]
