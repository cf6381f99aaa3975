"""Schedules agree with one another, and a plan says where it does not apply."""

from __future__ import annotations

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from symgate.cells import CELLS, LIBRARY, cell
from symgate.codegen import source
from symgate.derive import jacobian
from symgate.numeric.load import lambdify, load_module, times
from symgate.records import Cell
from tests.codegen.numba_in_python import uncompiled
from tests.oracles import draw_point


def points(one: Cell, batch: tuple[int, ...], n: int = 6, m: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    moving = {"x": rng.standard_normal((*batch, n)), "u": rng.standard_normal((*batch, m))}
    return {**draw_point(one, n=n, m=m), **moving}


def module_of(one: Cell) -> object:
    J = jacobian(one)
    return load_module(source(J), J.name)


@pytest.mark.sweep(12)
@pytest.mark.parametrize("one", CELLS, ids=lambda one: one.name)
@pytest.mark.parametrize("batch", [(), (3,), (4,), (65,), (2, 40), (0,)])
def test_schedules_agree(one: Cell, batch: tuple[int, ...]) -> None:
    """The stacked product, the row blocks, the plan, the factored form and the terms."""
    f, given = lambdify(jacobian(one)), points(one, batch)
    J = f(**given)
    assert J.shape == (*batch, 6, 6)
    assert_allclose(sum(f.terms(**given).values()), J, rtol=1e-13, atol=1e-15)
    module, name = module_of(one), jacobian(one).name
    factored = getattr(module, f"{name}_factored")(**given)
    whole = sum(c[..., :, None] * (np.eye(6) if W is None else W) for c, W in factored)
    assert_allclose(np.broadcast_to(whole, J.shape), J, rtol=1e-13, atol=1e-15)
    plan = getattr(module, f"{name}_plan")(**given)
    assert_allclose(plan(**{key: given[key] for key in plan._shapes}), J, rtol=1e-13, atol=1e-15)
    strided = np.full((*batch, 6, 12), np.nan)[..., ::2]
    assert_allclose(f(**given, out=strided), J, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("one", CELLS, ids=lambda one: one.name)
def test_products_without_the_jacobian(one: Cell) -> None:
    given, v = points(one, (5,)), np.random.default_rng(2).standard_normal((5, 6))
    J = lambdify(jacobian(one))(**given)
    product = times(jacobian(one))
    assert_allclose(lambdify(product)(**given, tangent=v), np.einsum("bij,bj->bi", J, v), rtol=1e-12, atol=1e-14)
    assert "(..., n, n)" not in lambdify(product).source.split('"""')[1].split("result")[1]


def test_a_plan_knows_its_shapes_its_thread_and_its_weights() -> None:
    one = cell("multi_gate")
    module, given = module_of(one), points(one, (5,))
    plan = module.multi_gate_jacobian_x_plan(**given)
    moving = {"x": given["x"], "u": given["u"]}
    with pytest.raises(ValueError, match=r"x must have shape \(5, 6\).*found \(4, 6\)"):
        plan(x=given["x"][:4], u=given["u"])
    with pytest.raises(ValueError, match=r"u must have.*float64.*float32"):
        plan(x=given["x"], u=given["u"].astype(np.float32))
    with pytest.raises(TypeError, match="u is missing"):
        plan(x=given["x"])
    with pytest.raises(TypeError, match="W_r is a weight"):
        plan(**moving, W_r=given["W_r"])
    errors: list[str] = []

    def elsewhere() -> None:
        try:
            plan(**moving)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "thread" in errors[0]
    before = plan(**moving).copy()
    assert not plan.stale()
    given["W_r"][0, 0] += 1
    assert plan.stale()
    assert_array_equal(plan(**moving), before)
    plan.refresh()
    assert not plan.stale()
    assert_allclose(plan(**moving), lambdify(jacobian(one))(**given), rtol=1e-13)
    plan.refresh(W_r=np.zeros((6, 6)))
    assert_allclose(
        plan(**moving), lambdify(jacobian(one))(**{**given, "W_r": np.zeros((6, 6))}), rtol=1e-13, atol=1e-15
    )


@pytest.mark.parametrize("name", ["plain", "gru_original"])
def test_a_plan_is_not_copied(name: str) -> None:
    """Its parts are views of one memory: a copy would compute in one array and return another."""
    J = jacobian(cell(name))
    plan = getattr(module_of(cell(name)), f"{J.name}_plan")(**points(cell(name), (5,)))
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            copied(plan)


def test_a_structure_that_is_no_sum_of_words_has_no_plan() -> None:
    kronecker = source(jacobian(cell("multi_gate"), "W_r"))
    assert "_plan" not in kronecker
    assert "_sum_of_words" not in kronecker


@pytest.fixture(params=["numpy", "numba"])
def module(request: pytest.FixtureRequest) -> ModuleType:
    """The Jacobian of the multi gate, for both targets that have plans."""
    J = jacobian(cell("multi_gate"))
    return (uncompiled if request.param == "numba" else load_module)(source(J, request.param), J.name)


def test_a_plan_in_several_chunks(module: ModuleType) -> None:
    """More points than fit in a chunk, the last chunk smaller; new weights between two calls."""
    one = cell("multi_gate")
    given = points(one, (7, 11), n=64)
    moving = {"x": given["x"], "u": given["u"]}
    plan = module.multi_gate_jacobian_x_plan(**given)
    if hasattr(plan, "_step"):
        inner = getattr(plan, "_inner", plan._step)
        assert 1 < inner < 77
        assert 77 % inner
    expected = lambdify(jacobian(one))(**given)
    assert_allclose(plan(**moving), expected, rtol=1e-12, atol=1e-14)
    given["W_g"] *= 1.5
    plan.refresh()
    assert_allclose(plan(**moving), lambdify(jacobian(one))(**given), rtol=1e-12, atol=1e-14)
    with pytest.raises(AssertionError):
        assert_allclose(plan(**moving), expected, rtol=1e-6)


@pytest.mark.sweep(12)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"x": (5,)},
        {"x": (5,), "u": (5,)},
        {"x": (5, 1), "u": (4,)},
        {"x": (0,)},
        {"x": (5,), "b_g": (5,)},
        {"x": (5, 1), "W_r": (3,)},
        {"W_r": (3,), "V_g": (3,)},
    ],
    ids=str,
)
def test_a_plan_for_any_batch_axes(module: ModuleType, shapes: dict[str, tuple[int, ...]], dtype: type) -> None:
    """States, inputs and weights with batch axes of their own, or with none."""
    one, rng = cell("multi_gate"), np.random.default_rng(4)
    given = {name: np.asarray(value, dtype) for name, value in draw_point(one, n=6, m=2).items()}
    given |= {name: rng.standard_normal((*axes, *given[name].shape)).astype(dtype) for name, axes in shapes.items()}
    plan = module.multi_gate_jacobian_x_plan(**given)
    other = {name: rng.standard_normal(given[name].shape).astype(dtype) for name in ("x", "u")}
    expected = lambdify(jacobian(one))(**{**given, **other})
    value = plan(**other)
    assert value.dtype == dtype
    assert value.shape == expected.shape
    tolerance = {"rtol": 1e-12, "atol": 1e-14} if dtype is np.float64 else {"rtol": 2e-5, "atol": 1e-6}
    assert_allclose(value, expected, **tolerance)


def test_what_a_plan_refuses_is_named(module: ModuleType) -> None:
    given = points(cell("multi_gate"), (5,))
    plan = module.multi_gate_jacobian_x_plan(**given)
    moving = {"x": given["x"], "u": given["u"]}
    bad: list[tuple[dict, type[Exception], str]] = [
        ({"x": given["x"][:4]}, ValueError, r"x must have shape \(5, 6\).*found \(4, 6\)"),
        ({"x": given["x"].astype(np.float32)}, ValueError, "x must have .*float64.*found .*float32"),
        ({"x": given["x"].astype(int)}, ValueError, "x must have .*found .*int64"),
        ({"x": np.ma.masked_array(given["x"], mask=given["x"] > 0)}, ValueError, "x is a masked array"),
        ({"x": None}, ValueError, "x must have shape"),
        ({"y": 1}, TypeError, "y is unknown to this plan"),
        ({"W_r": given["W_r"]}, TypeError, "W_r is a weight, fixed in this plan: use refresh"),
        ({"x": plan.result[:, :, 0]}, ValueError, "x lies in the memory of this plan"),
    ]
    for changed, error, message in bad:
        with pytest.raises(error, match=message):
            plan(**{**moving, **changed})
    with pytest.raises(TypeError, match="u is missing; this plan needs x, u"):
        plan(x=given["x"])
    with pytest.raises(TypeError, match="x is not a weight of this plan; its weights are W_r"):
        plan.refresh(x=given["x"])
    with pytest.raises(ValueError, match=r"W_r must have shape \(6, 6\)"):
        plan.refresh(b=np.ones(6), W_r=np.ones((5, 5)))
    assert not plan.stale()  # nothing was taken
    with pytest.raises(ValueError, match=r"W_r must have shape .* with n = 6"):
        module.multi_gate_jacobian_x_plan(**{**given, "W_r": np.ones((5, 5))})
    assert_allclose(plan(**moving), lambdify(jacobian(cell("multi_gate")))(**given), rtol=1e-12, atol=1e-14)


def test_a_plan_takes_lists_strides_and_arrays_that_cannot_be_written(module: ModuleType) -> None:
    given = points(cell("multi_gate"), (5,))
    expected = lambdify(jacobian(cell("multi_gate")))(**given)
    frozen = {name: np.repeat(value, 2, axis=-1)[..., ::2] for name, value in given.items()}
    for value in frozen.values():
        value.flags.writeable = False
    plan = module.multi_gate_jacobian_x_plan(**frozen)
    assert_allclose(plan(x=frozen["x"], u=frozen["u"]), expected, rtol=1e-12, atol=1e-14)
    assert_allclose(plan(x=given["x"].tolist(), u=given["u"]), expected, rtol=1e-12, atol=1e-14)


def test_a_plan_of_another_thread_is_refused(module: ModuleType) -> None:
    given = points(cell("multi_gate"), (5,))
    plan = module.multi_gate_jacobian_x_plan(**given)
    with ThreadPoolExecutor(1) as pool:
        for call in (lambda: plan(x=given["x"], u=given["u"]), plan.refresh):
            with pytest.raises(RuntimeError, match="belongs to the thread that made it"):
                pool.submit(call).result()
        mine = pool.submit(lambda: module.multi_gate_jacobian_x_plan(**given)(x=given["x"], u=given["u"]))
        assert_allclose(mine.result(), plan(x=given["x"], u=given["u"]), rtol=1e-13)


def moving_of(one: Cell) -> set[str]:
    return {state.name for state in one.states} | {str(u.name) for u in one.inputs}


@pytest.mark.sweep(10)
@pytest.mark.parametrize("target", ["numpy", "numba", "numba, compiled"])
@pytest.mark.parametrize("one", LIBRARY, ids=lambda one: one.name)
def test_every_plan_of_every_cell(one: Cell, target: str) -> None:
    """Jacobians by states and inputs, for numbers of points that fill fours and that do not."""
    if target == "numba, compiled":
        pytest.importorskip("numba")
        if one.name not in {"multi_gate", "scalar_gate", "lstm_peephole"}:
            pytest.skip("compiled for a gate of one number, and for a weight in several words")
    blocks = [jacobian(one, by, of.name) for of in one.states for by in sorted(moving_of(one))]
    text = {item.name: source(item, target.split(",", maxsplit=1)[0]) for item in blocks}
    planned = [item for item in blocks if f"def {item.name}_plan(" in text[item.name]]
    rng = np.random.default_rng(5)
    for item in planned[:2] if "compiled" in target else planned:
        found = (uncompiled if target == "numba" else load_module)(text[item.name], item.name)
        for count in (1, 4, 7):
            given = draw_point(one, n=5, m=3)
            given |= {name: rng.standard_normal((count, *given[name].shape)) for name in moving_of(one)}
            plan = getattr(found, f"{item.name}_plan")(**given)
            moved = {name: 0.5 * given[name] for name in plan._shapes}
            expected = lambdify(item)(**{**given, **moved})
            assert_allclose(plan(**moved), expected, rtol=1e-12, atol=1e-14, err_msg=f"{item.name}, {count} points")
