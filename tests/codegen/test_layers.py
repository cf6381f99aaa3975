"""Code of stacks: modules of whole ones, each block written once, of every target, against differences and autodiff."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate import exporting
from symgate.cells import stack
from symgate.codegen import source
from symgate.errors import UnsupportedNodeError
from symgate.exporting import exported
from symgate.numeric.load import load_module
from symgate.records import Cell
from tests.codegen.numba_in_python import uncompiled
from tests.oracles import complex_step, draw_point


def tower(name: str, layers: int) -> Cell:
    """That many layers of one cell."""
    return stack("tower", *[sg.cell(name)] * layers)


def sized(cell: Cell) -> tuple[dict, dict]:
    """Sizes, no two neighbours equal, and a point."""
    sizes = {size: 2 + place % 3 for place, size in enumerate(cell.dimensions)}
    return sizes, draw_point(cell, seed=7, **{str(size): number for size, number in sizes.items()})


def several(cell: Cell) -> tuple[dict, list[dict], dict]:
    """Sizes, five points with weights in common, and the same as a batch; the lowest state and the input vary."""
    sizes, point = sized(cell)
    points = [{**point, "x_1": (1 - 0.1 * k) * point["x_1"], "u": (1 + k) * point["u"]} for k in range(5)]
    return sizes, points, {**point, **{name: np.stack([here[name] for here in points]) for name in ("x_1", "u")}}


@pytest.mark.parametrize("target", ["numpy", "array_api"])
@pytest.mark.parametrize("name", ["leaky", "lstm"])
def test_the_module_of_a_stack_checks_itself(name: str, target: str) -> None:
    """Jacobian, terms, step backward and training through time, against differences of the step."""
    module = load_module(exported(tower(name, 3), target), f"{name}_{target}")

    assert module._self_check() == 0


def test_the_module_of_loops_over_a_stack_checks_itself() -> None:
    """For numba: products with tangents and cotangents of all states, every gradient, blocks that pass one layer."""
    text = exported(tower("leaky", 3), "numba")
    module = uncompiled(text, "tower_numba")

    assert module._self_check() == 0
    for name in ("jacobian_times", "transposed_times", "jacobian_x_2_x_1", "gradients"):
        assert name in module.__all__
    assert "jacobian_x_3_x_1" not in module.__all__


def test_the_check_of_a_module_of_loops_catches_a_wrong_gradient() -> None:
    """A cotangent of the first layer twice."""
    text = exported(tower("leaky", 3), "numba")
    at = text.index("def _gradients_loop(")
    wrong = text[:at] + text[at:].replace("lam_a_1[i_] = ", "lam_a_1[i_] = 2 * ", 1)

    assert wrong != text
    assert uncompiled(wrong, "wrong")._self_check() == 1


def test_loops_of_a_block_are_given_what_the_layers_below_hand_on() -> None:
    """Blocks and terms by complex step at each point of a batch; no loop repeats a layer below its own."""
    cell = tower("gru", 4)
    sizes, points, batch = several(cell)
    text = exported(cell, "numba")
    module = uncompiled(text, "tower_numba")

    for of, by in ((1, 1), (2, 1), (3, 3), (4, 3), (4, 4)):
        name = f"jacobian_x_{of}_x_{by}"
        found = getattr(module, name)(**batch)
        wanted = np.stack([complex_step(cell, here, f"x_{by}", sizes, of=f"x_{of}") for here in points])
        assert_allclose(np.broadcast_to(found, wanted.shape), wanted, rtol=1e-11, atol=1e-13, err_msg=name)
        terms = getattr(module, f"{name}_terms")(**batch)
        assert_allclose(sum(terms.values()), found, rtol=1e-12, atol=1e-14, err_msg=name)
    loop = text[text.index("def _jacobian_x_4_x_3_loop(") : text.index("def jacobian_x_4_x_3_terms(")]
    assert "U_r_3" in loop
    assert "u_3" in loop
    assert "U_r_2" not in loop


def test_plans_of_a_block_are_given_what_the_layers_below_hand_on() -> None:
    """For one point and for several, also after weights of the lowest layer have changed."""
    cell = tower("gru", 3)
    _, points, batch = several(cell)
    module = uncompiled(exported(cell, "numba"), "tower_numba")
    other = {"U_r_1": 2 * batch["U_r_1"], "b_c_1": batch["b_c_1"] - 1}

    for layer, given in ((1, batch), (2, batch), (3, batch), (3, points[0])):
        name = f"jacobian_x_{layer}_x_{layer}"
        plan = getattr(module, f"{name}_plan")(**given)
        moving = {key: 0.5 * given[key] for key in plan._shapes}
        for weights in ({}, other):
            plan.refresh(**weights)
            wanted = getattr(module, name)(**{**given, **moving, **weights})
            assert_allclose(plan(**moving), wanted, rtol=1e-11, atol=1e-13, err_msg=name)


def test_the_check_of_a_module_of_loops_catches_a_wrong_layer() -> None:
    """A slip in what the first layer hands on to the loops of blocks: every block above it is wrong."""
    text = exported(tower("leaky", 3), "numba")
    at = text.index("def _u_2_loop(")
    wrong = text[:at] + text[at:].replace("u_2_[i_] = ", "u_2_[i_] = 0.5 + ", 1)

    assert wrong != text
    assert uncompiled(wrong, "wrong")._self_check() >= 3


def test_two_layers_keep_their_loops_whole() -> None:
    """A loop of its own for the lower of two layers would cost more than it spares."""
    assert "_LAYERS" not in exported(tower("leaky", 2), "numba")
    assert "_LAYERS" not in source(sg.jacobian(tower("leaky", 3), "x_3", "x_3"), "numba")


@pytest.mark.parametrize(
    "slip",
    [
        ("u_2_dot = (1 - alpha_1)", "u_2_dot = (2 - alpha_1)"),
        ("lam_u_2 = ", "lam_u_2 = 2 * "),
    ],
)
def test_the_check_of_a_module_catches_a_wrong_product(slip: tuple[str, str]) -> None:
    """A slip in the tangent, or in the cotangent, that one layer hands to the next."""
    text = exported(tower("leaky", 3), "numpy")
    at = text.index("def jacobian_times(")
    wrong = text[:at] + text[at:].replace(*slip, 1)

    assert wrong != text
    assert load_module(wrong, "wrong")._self_check() > 0


def test_the_check_of_a_module_catches_a_wrong_block() -> None:
    """D of the wrong layer in one block."""
    text = exported(tower("leaky", 3), "numpy")
    wrong = text.replace("D_x3_u3 @ J_x2_x1", "D_x3_u3 @ (2 * J_x2_x1)")

    assert wrong != text
    assert load_module(wrong, "wrong")._self_check() > 0


@pytest.mark.parametrize("target", ["numpy", "array_api"])
def test_blocks_and_terms_of_a_batch(target: str) -> None:
    """With a batch axis in some arguments: blocks by complex step at each point, and terms that add up."""
    cell = tower("multi_gate", 4)
    sizes, point = sized(cell)
    batch = {**point, "x_2": np.stack([point["x_2"], 0.5 * point["x_2"]])}
    J = sg.state_jacobian(cell)
    module = load_module(source(J, target), "stack")
    found = getattr(module, J.name)(**batch)

    for place in (0, 1):
        here = {**point, "x_2": batch["x_2"][place]}
        rows = [[complex_step(cell, here, by.name, sizes, of=of.name) for by in cell.states] for of in cell.states]
        assert_allclose(found[place], np.block(rows), rtol=1e-11, atol=1e-13)
    terms = getattr(module, f"{J.name}_terms")(**batch)
    assert set(terms) == {"retention", "drive", "gate", "layer"}
    assert_allclose(sum(terms.values()), found, rtol=1e-12, atol=1e-14)


def test_the_size_of_a_module_grows_with_the_blocks() -> None:
    """Twice the layers: at most four times the text of the function, and each block is written once."""
    small, large = (source(sg.state_jacobian(tower("leaky", layers))) for layers in (8, 16))

    assert len(large) < 4 * len(small)
    whole = large[large.index("def tower_jacobian(") : large.index("def tower_jacobian_terms(")]
    assert whole.count("D_x9_u9 @ J_x8_x3") == 1
    assert len(exported(tower("leaky", 16), "numpy")) < 400_000
    small, large = (exported(tower("leaky", layers), "numba") for layers in (4, 8))
    assert len(large) < 3 * len(small)
    assert len(exported(tower("gru", 16), "numba")) < 1_500_000


def test_a_module_of_loops_derives_only_the_blocks_that_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of six layers eleven blocks, not the 36 of which it leaves out 25."""
    derived = []

    def counted(*given: object) -> object:
        derived.append(given)
        return sg.jacobian(*given)

    monkeypatch.setattr(exporting, "jacobian", counted)
    exporting.whole.cache_clear()
    exported(tower("leaky", 6), "numba")
    assert len(derived) == 11


def test_targets_without_a_place_for_parts_say_so() -> None:
    """Loops over entries: of matrices an error that names the way out, of columns code."""
    cell = tower("leaky", 3)

    with pytest.raises(UnsupportedNodeError, match="written_out=True"):
        source(sg.state_jacobian(cell), "numba")
    assert "lam_u2" in source(sg.vjp(cell, "b_1", "x_3"), "numba")
    assert "def " in source(sg.state_jacobian(cell, written_out=True), "numba")


@pytest.mark.parametrize("layers", [2, 4, 8, 16])
def test_generated_results_are_those_of_automatic_differentiation(layers: int) -> None:
    """The Jacobian of all states by forward mode, and every gradient of the step by reverse mode, of jax."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    cell = tower("leaky", layers)
    point = draw_point(cell, seed=layers, **{str(size): 3 for size in cell.dimensions})
    names = [state.name for state in cell.states]
    module = load_module(source(cell, "array_api"), "step")
    step = partial(getattr(module, "tower_step"))  # noqa: B009  its name is that of the cell

    def after(z: object) -> object:
        own = dict(zip(names, jax.numpy.split(z, layers), strict=True))
        return jax.numpy.concatenate(step(**{**{k: jax.numpy.asarray(v) for k, v in point.items()}, **own}))

    z = jax.numpy.concatenate([jax.numpy.asarray(point[name]) for name in names])
    assert_allclose(sg.lambdify(sg.state_jacobian(cell))(**point), jax.jacfwd(after)(z), rtol=1e-11, atol=1e-13)

    top = f"x_{layers}"
    lam = np.linspace(-1, 1, 3)
    loss = lambda values: jax.numpy.dot(lam, step(**values)[-1])  # noqa: E731
    wanted = jax.grad(loss)({name: jax.numpy.asarray(value) for name, value in point.items()})
    for name in ("x_1", "W_r_1", "b_1", "alpha_1", "u"):
        pull = sg.vjp(cell, name, top)
        found = sg.lambdify(pull)(**point, **{str(pull.cotangent.name): lam})
        assert_allclose(np.squeeze(found), np.squeeze(wanted[name]), rtol=1e-11, atol=1e-13)
