"""Schedules agree with one another, and a plan says where it does not apply."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from symgate.cells import CELLS, cell
from symgate.codegen import source
from symgate.derive import jacobian
from symgate.numeric.load import lambdify, load_module, times
from symgate.records import Cell
from tests.oracles import draw_point


def points(one: Cell, batch: tuple[int, ...], n: int = 6, m: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    moving = {"x": rng.standard_normal((*batch, n)), "u": rng.standard_normal((*batch, m))}
    return {**draw_point(one, n=n, m=m), **moving}


def module_of(one: Cell) -> object:
    J = jacobian(one)
    return load_module(source(J), J.name)


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


def test_a_structure_that_is_no_sum_of_words_has_no_plan() -> None:
    kronecker = source(jacobian(cell("multi_gate"), "W_r"))
    assert "_plan" not in kronecker
    assert "_sum_of_words" not in kronecker
