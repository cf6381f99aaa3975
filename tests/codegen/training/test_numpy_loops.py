"""A whole step backward and training through time, of exported modules, against the recurrences as published."""

from __future__ import annotations

import tracemalloc
from types import ModuleType

import numpy as np
import pytest

from symgate.cells import cell
from symgate.language import CellBuilder, tanh
from symgate.numeric.load import load_module, whole
from symgate.records import Cell
from tests.codegen.training.cases import STEPS, cells, cotangents, point, slopes, two_layers

TARGETS = ("numpy", "array_api")


def module(one: Cell, target: str = "numpy") -> ModuleType:
    return load_module(whole(one, target), one.name)


def letters(one: Cell, given: ModuleType, lams: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cotangents under the names that the module has for them."""
    return dict(zip(given._LAMS, (lams[state.name] for state in one.states), strict=True))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("one", cells())
def test_all_cotangents_are_those_of_the_recurrence_as_published(one: Cell, target: str) -> None:
    """Complex step of the loss along one direction for each argument; three steps, then one alone."""
    given, values = module(one, target), point(one)
    lams = cotangents(one, values)

    states, tape = given.forward(**values)
    found = given.backward(tape, **letters(one, given, lams))

    assert set(found) == set(values)
    for name, (direction, slope) in slopes(one, values, lams).items():
        assert found[name].shape == np.shape(values[name]), name
        assert np.sum(found[name] * direction) == pytest.approx(slope, rel=1e-9, abs=1e-9), name
    assert {name: value.shape for name, value in states.items()} == {
        state.name: (STEPS, *values[state.name].shape) for state in one.states
    }

    inputs = {str(symbol.name) for symbol in one.inputs}
    first = {name: value[0] if name in inputs else value for name, value in values.items()}
    once = {name: lam[0] for name, lam in lams.items()}
    found = given.step_backward(**first, **letters(one, given, once))
    shaped = {name: value[None] if name in inputs else value for name, value in first.items()}
    for name, (direction, slope) in slopes(one, shaped, lams, steps=1).items():
        own = direction.reshape(np.shape(first[name]))
        assert np.sum(found[name] * own) == pytest.approx(slope, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("target", TARGETS)
def test_float32_stays_and_batch_axes_may_be_several_or_none(target: str) -> None:
    one = cell("gru")
    given, values = module(one, target), point(one)
    bare = {name: np.asarray(v[:, 0] if name == "u" else v[0] if name == "x" else v) for name, v in values.items()}
    wide = {**values, "u": np.stack([values["u"]] * 3, axis=1), "x": np.stack([values["x"]] * 3)}
    lam = cotangents(one, values)["x"]

    plain = given.backward(given.forward(**bare)[1], lam=lam[:, 0])
    many = given.backward(given.forward(**wide)[1], lam=np.stack([lam] * 3, axis=1))
    both = given.backward(given.forward(**values)[1], lam=lam)
    np.testing.assert_allclose(many["U_c"], 3 * both["U_c"], rtol=1e-12)
    np.testing.assert_allclose(plain["u"], both["u"][:, 0], rtol=1e-12, atol=1e-15)
    single = {name: np.asarray(value, np.float32) for name, value in values.items()}
    low = given.backward(given.forward(**single)[1], lam=np.asarray(lam, np.float32))
    assert {value.dtype for value in low.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(low["W_z"], both["W_z"], rtol=1e-3, atol=1e-5)


def test_a_stack_and_a_cell_without_inputs() -> None:
    """Layers feed one another within a step; without an input the number of steps is given."""
    assert module(two_layers())._self_check() == 0
    c = CellBuilder("alone")
    x, W = c.state("x", "n"), c.matrix("W", "n", "n")
    c.next(x, tanh(W @ x))
    for target in TARGETS:
        given = module(c.build(), target)
        assert given._self_check() == 0
        states, _ = given.forward(x=np.ones((2, 3)), W=np.eye(3), steps=4)
        assert states["x"].shape == (4, 2, 3)


def test_no_matrix_for_each_batch_element() -> None:
    """The peak stays below one array of shape (B, n, n)."""
    one, batch, n = cell("multi_gate"), 256, 128
    given, rng = module(one), np.random.default_rng(0)
    values = {
        name: rng.standard_normal([n if str(size) == "n" else 4 for size in symbol.shape if size != 1])
        for name, symbol in one.symbols.items()
    }
    values |= {"x": rng.standard_normal((batch, n)), "u": rng.standard_normal((batch, 4))}
    tracemalloc.start()
    given.step_backward(**values, lam=values["x"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * batch * n * n


@pytest.mark.parametrize("target", TARGETS)
def test_what_does_not_fit_is_named(target: str) -> None:
    one = cell("gru")
    given, values = module(one, target), point(one)
    with pytest.raises(ValueError, match=r"U_c is summed over the batch .* gradient_"):
        given.step_backward(**{**values, "u": values["u"][0], "U_c": np.stack([values["U_c"]] * 2)}, lam=values["x"])
    with pytest.raises(ValueError, match=r"u has time in front of all batch axes"):
        given.forward(**{**values, "u": values["u"][0, 0]})
    _, tape = given.forward(**values)
    with pytest.raises(ValueError, match=r"lam needs shape \(3, 2, 4\)"):
        given.backward(tape, lam=np.ones((2, 4)))
    with pytest.raises(ValueError, match="no step"):
        given.forward(**{**values, "u": values["u"][:0]})


@pytest.mark.parametrize(
    ("slip", "named"),
    [
        (("lam_v = r * lam_a", "lam_v = z * lam_a"), "step_backward"),
        (("by_W_z = np.matmul((lam_a_z)", "by_W_z = np.matmul((lam_a_r)"), "backward"),
    ],
)
def test_the_check_sees_a_planted_slip(slip: tuple[str, str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = whole(cell("gru"), "numpy")
    at = text.index("def _step_backward" if named == "step_backward" else "def _backward")
    assert slip[0] in text[at:]
    planted = load_module(text[:at] + text[at:].replace(*slip, 1), "planted")
    assert planted._self_check() == 1
    assert f"failed: {named}" in capsys.readouterr().out
