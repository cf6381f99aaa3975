"""The target jax against jax's own differentiation through the recurrences typed a second time."""

from __future__ import annotations

import pytest

jax = pytest.importorskip("jax")

from collections.abc import Iterator  # noqa: E402 - jax first, so that the file skips without it
from types import ModuleType  # noqa: E402

import numpy as np  # noqa: E402

from symgate.cells import cell  # noqa: E402
from symgate.exporting import trained  # noqa: E402
from symgate.interop.autodiff import _double_precision, kernels  # noqa: E402
from symgate.numeric.load import load_module  # noqa: E402
from symgate.proof.recurrences import RECURRENCES  # noqa: E402
from symgate.records import Cell  # noqa: E402
from tests.codegen.training.cases import STEPS, cells, cotangents, loss, point  # noqa: E402


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    with _double_precision(jax):
        yield


def module(one: Cell) -> ModuleType:
    return load_module(trained(one, "jax"), f"{one.name}_jax")


@pytest.mark.parametrize("one", cells(("multi_gate_norm", "gru", "lstm_projected")))
def test_gradients_are_those_of_jax_through_the_published_step(one: Cell) -> None:
    """Under jit."""
    values, given = point(one), module(one)
    lams, states = cotangents(one, values), [state.name for state in one.states]
    table = kernels("jax")
    table |= {own: table[other] for own, other in one.functions if other is not None}

    def theirs(p: dict) -> object:
        return loss(one, p, lams, lambda **own: RECURRENCES[one.name](table, **own))

    def ours(p: dict) -> object:
        return sum((lams[name] * value).sum() for name, value in zip(states, given.sequence(**p), strict=True))

    arrays = {name: jax.numpy.asarray(value) for name, value in values.items()}
    wanted, found = (jax.jit(jax.grad(function))(arrays) for function in (theirs, ours))
    for name in values:
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-10, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("one", cells(("s6", "slstm")))
def test_blocks_of_steps_change_nothing(one: Cell) -> None:
    """Three steps as one block, and as three; the gradient by everything, inputs among it."""
    values, given, found = point(one), module(one), []
    lams = list(cotangents(one, values).values())
    arrays = {name: jax.numpy.asarray(value) for name, value in values.items()}
    for steps in (STEPS, 1):
        vars(given)["_steps_of_a_block"] = lambda *_, steps=steps: steps

        def total(p: dict) -> object:
            return sum((lam * value).sum() for lam, value in zip(lams, given.sequence(**p), strict=True))

        found.append(jax.grad(total)(arrays))
    for name in values:
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("one", cells(("scalar_gate",)))
def test_every_module_checks_itself(one: Cell) -> None:
    """First derivatives under jit and vmap, and second derivatives."""
    given = module(one)
    assert given._self_check() == 0


def test_what_does_not_fit_is_named() -> None:
    given, values = module(cell("gru")), {k: jax.numpy.asarray(v) for k, v in point(cell("gru")).items()}
    with pytest.raises(TypeError, match="b_r must be an array; found list"):
        given.sequence(**{**values, "b_r": [0.0] * 4})
    with pytest.raises(TypeError, match="custom_vjp"):
        jax.jvp(lambda x: given.sequence(**{**values, "x": x})[0], (values["x"],), (values["x"],))


def test_a_planted_slip_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    text = trained(cell("plain"), "jax")
    slip = ("jnp.matmul((lam_a).T, x)", "jnp.matmul((lam_a).T, 2 * x)")
    assert slip[0] in text
    assert load_module(text.replace(*slip, 1), "planted")._self_check() > 0
    assert "gradient by W_r" in capsys.readouterr().out
