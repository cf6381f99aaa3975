"""Cells with several states over many steps: against complex step through the published recurrences."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose, assert_array_equal

import symgate as sg
from symgate import numeric
from symgate.cells import LIBRARY, stack
from symgate.errors import DefinitionError, ShapeError, UnknownNameError
from symgate.language import sigma, tanh
from tests.numeric.recurrence import complex_derivative, draw
from tests.oracles import FURTHER, environment, sizes_of
from tests.reference import REFERENCE

N, M, K, STEPS = 4, 3, 2, 6
CELLS = [cell for cell in LIBRARY if len(cell.states) > 1]
STACKED = stack("two_layers", sg.cell("lstm"), sg.cell("gru"))


def named(cell: sg.Cell) -> str:
    return cell.name


def published(cell: sg.Cell, params: dict, u: np.ndarray, start: np.ndarray) -> np.ndarray:
    """z_0 .. z_T of one sequence, (T + 1, N), by the reference; arguments may be complex."""
    names = [state.name for state in cell.states]
    inputs = [str(item.name) for item in cell.inputs]
    z = [start]
    for now in u:
        before = dict(zip(names, np.split(z[-1], ends(cell)[:-1]), strict=True))
        drives = dict(zip(inputs, np.split(now, np.cumsum(channels(cell))[:-1]), strict=True))
        after = REFERENCE[cell.name](**before, **drives, **params)
        z.append(np.concatenate([after[name] for name in names]))
    return np.array(z)


def width(symbol: sympy.Expr) -> int:
    """The length of a vector, 1 of a scalar."""
    sizes = FURTHER | {"n": N, "m": M, "k": K}
    return int(sizes.get(str(symbol.shape[0]), symbol.shape[0])) if hasattr(symbol, "shape") else 1


def ends(cell: sg.Cell) -> np.ndarray:
    """Where each state ends in the vector of all units."""
    return np.cumsum([width(state.before) for state in cell.states])


def channels(cell: sg.Cell) -> list[int]:
    """The width of each input."""
    return [width(item) for item in cell.inputs]


def by_name(cell: sg.Cell, u: np.ndarray) -> dict[str, np.ndarray]:
    """The inputs, which stand side by side in ``u``."""
    parts = np.split(u, np.cumsum(channels(cell))[:-1], axis=-1)
    return {str(item.name): part for item, part in zip(cell.inputs, parts, strict=True)}


def setting(cell: sg.Cell, seed: int = 0) -> tuple[dict, np.ndarray, np.ndarray, numeric.Trajectory]:
    """Parameters, inputs side by side, the initial state of all units, and the trajectory."""
    rng = np.random.default_rng(seed)
    params, u = draw(cell, N, M, seed, k=K), rng.normal(size=(STEPS, sum(channels(cell))))
    start = rng.normal(size=ends(cell)[-1])
    return params, u, start, numeric.rollout(cell, params, by_name(cell, u), start)


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_the_trajectory_is_the_published_recurrence(cell: sg.Cell) -> None:
    params, u, start, found = setting(cell)

    assert_allclose(found.x, published(cell, params, u, start), rtol=1e-12, atol=1e-13)
    for place, state in enumerate(cell.states):
        own = slice(ends(cell)[place] - width(state.before), ends(cell)[place])
        assert_array_equal(found.state(state.name), found.x[:, own])


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_transports_agree_with_complex_step(cell: sg.Cell) -> None:
    """J_t, its terms, its blocks, and M_{t,k} for every t and k."""
    params, u, _start, found = setting(cell, 1)
    J, terms = numeric.jacobians(found), numeric.jacobian_terms(found)

    assert_allclose(sum(terms.values()), J, rtol=1e-13, atol=1e-15)
    for t in range(1, STEPS + 1):
        for k in range(t):
            true = complex_derivative(lambda z, t=t, k=k: published(cell, params, u[k:t], z)[-1], found.x[k])
            assert_allclose(numeric.transport(J, t, k), true, rtol=1e-11, atol=1e-13)
    for of in cell.states:
        for by in cell.states:
            own = sg.lambdify(sg.jacobian(cell, by.name, of.name))(**found.arguments)
            assert_allclose(
                found.block(J, of.name, by.name), np.broadcast_to(own, (STEPS, width(of.after), width(by.before)))
            )


@pytest.mark.parametrize("cell", CELLS, ids=named)
def test_gradients_agree_with_complex_step(cell: sg.Cell) -> None:
    """Every parameter, the inputs and the initial states, for a loss on every state and step; and the adjoint."""
    params, u, start, found = setting(cell, 2)
    delta = np.random.default_rng(3).normal(size=(STEPS, start.size))
    names = [state.name for state in cell.states]

    inputs = [str(item.name) for item in cell.inputs]
    gradient = numeric.loss_gradient(found, delta, wrt=[*params, *inputs, *names])
    gradient["u"] = np.concatenate([gradient[name].reshape(STEPS, -1) for name in inputs], axis=-1)

    for name in [*params, "u"]:
        everything = {**params, "u": u}

        def through(moved: np.ndarray, name: str = name, everything: dict = everything) -> np.ndarray:
            now = {**everything, name: moved}
            return (published(cell, {key: now[key] for key in params}, now["u"], start)[1:] * delta).sum()

        true = complex_derivative(through, everything[name])
        assert_allclose(gradient[name], true, rtol=1e-10, atol=1e-12 * (1 + np.abs(true).max()), err_msg=name)
    true = complex_derivative(lambda z: (published(cell, params, u, z)[1:] * delta).sum(), start)
    assert_allclose(np.concatenate([gradient[name] for name in names]), true, rtol=1e-11, atol=1e-13)
    lam, J = numeric.adjoint(found, delta), numeric.jacobians(found)
    for k in range(STEPS + 1):
        carried = sum(numeric.transport(J, t, k).T @ delta[t - 1] for t in range(max(k, 1), STEPS + 1))
        assert_allclose(lam[k], carried, rtol=1e-11, atol=1e-13)


def test_a_planted_swap_of_states_is_told_apart() -> None:
    """The check of the test above objects to delta given to the wrong state."""
    _params, _u, _start, found = setting(sg.cell("lstm"), 2)
    delta = np.random.default_rng(3).normal(size=(STEPS, N))

    right = numeric.loss_gradient(found, {"h": delta})
    wrong = numeric.loss_gradient(found, {"c": delta})

    assert np.abs(right["U_f"] - wrong["U_f"]).max() > 1e-2 * np.abs(right["U_f"]).max()
    assert_allclose(right["U_o"], numeric.loss_gradient(found, np.hstack([delta, 0 * delta]))["U_o"])
    assert_array_equal(wrong["U_o"][:], numeric.loss_gradient(found, np.hstack([0 * delta, delta]))["U_o"])


@pytest.mark.parametrize("cell", [sg.cell("lstm"), STACKED], ids=named)
@pytest.mark.parametrize("batch", [(), (1,), (2, 3)])
def test_batches_are_their_sequences(cell: sg.Cell, batch: tuple[int, ...]) -> None:
    """Also where the states differ in size; a parameter with a batch axis keeps it."""
    rng = np.random.default_rng(4)
    sizes = {"n": 4, "m": 3, "n_1": 2, "n_2": 5}
    shapes = {str(p.name): [sizes[str(q)] for q in p.shape if q != 1] for p in cell.parameters}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    own = next(name for name in params if name.startswith("b_f"))
    each = {**params, own: rng.normal(size=(*batch, *shapes[own]))}
    u = rng.normal(size=(*batch, STEPS, 3))

    found = numeric.rollout(cell, each, u)
    delta = rng.normal(size=found.after.shape)
    gradient, J = numeric.loss_gradient(found, delta), numeric.jacobians(found)

    total = {name: np.zeros_like(value) for name, value in each.items()}
    for index in np.ndindex(batch):
        one = numeric.rollout(cell, {**params, own: each[own][index]}, u[index])
        assert_allclose(found.x[index], one.x, atol=1e-13)
        assert_allclose(J[index], numeric.jacobians(one), atol=1e-13)
        for name, value in numeric.loss_gradient(one, delta[index]).items():
            total[name][index if name == own else ...] += value
    for name, value in total.items():
        assert_allclose(gradient[name], value, atol=1e-11, err_msg=name)


def test_the_stack_is_its_notation() -> None:
    """Two layers of different sizes, by the plain reading of the definitions."""
    rng = np.random.default_rng(5)
    sizes = sizes_of(STACKED, n_1=2, n_2=5, m=3)
    params = {
        str(p.name): rng.normal(size=[int(sizes.get(q, q)) for q in p.shape if q != 1]) for p in STACKED.parameters
    }
    u = rng.normal(size=(STEPS, 3))

    def run(z: np.ndarray, last: int = STEPS) -> np.ndarray:
        for now in u[:last]:
            point = {**params, "u": now, "h_1": z[:2], "c_1": z[2:4], "x_2": z[4:]}
            values = environment(STACKED, point, sizes)
            z = np.concatenate([values[state.after][:, 0] for state in STACKED.states])
        return z

    start = rng.normal(size=9)
    found = numeric.rollout(STACKED, params, u, {"h_1": start[:2], "c_1": start[2:4], "x_2": start[4:]})

    assert list(found.slices.items()) == [("h_1", slice(0, 2)), ("c_1", slice(2, 4)), ("x_2", slice(4, 9))]
    assert_allclose(found.x[-1], run(start), rtol=1e-12)
    true = complex_derivative(run, start)
    assert_allclose(numeric.transport(numeric.jacobians(found), STEPS, 0), true, rtol=1e-11, atol=1e-13)


def test_the_rate_of_the_memory_is_the_product_of_its_forget_gates() -> None:
    """prod f_j for the cell state c of an LSTM, computed from the gates themselves; nothing is retained by h."""
    params, u, _, found = setting(sg.cell("lstm"), 6)
    h = found.state("h")[:-1]
    f = 1 / (1 + np.exp(-(u @ params["W_f"].T + h @ params["U_f"].T + params["b_f"])))

    rates = numeric.effective_learning_rates(found)

    for t in range(1, STEPS + 1):
        for lag in range(1, t + 1):
            assert_allclose(rates.zeroth[t, lag, found.slices["c"]], np.prod(f[t - lag : t], axis=0), rtol=1e-13)
            assert_array_equal(rates.zeroth[t, lag, found.slices["h"]], 0)
    J = numeric.jacobians(found)
    assert_allclose(rates.diagonal_of_product[5, 3], np.diag(numeric.transport(J, 5, 2)), rtol=1e-12)


@pytest.mark.parametrize("name", ["lru", "cornn"])
def test_states_that_retain_each_other_have_no_rate_per_unit(name: str) -> None:
    with pytest.raises(DefinitionError, match="couples its states"):
        numeric.effective_learning_rates(setting(sg.cell(name))[3])


def test_values_kept_on_the_way_give_the_same_gradients() -> None:
    params, u, start, found = setting(sg.cell("lstm_peephole"), 8)
    kept = numeric.rollout(sg.cell("lstm_peephole"), params, u, start, keep=True)
    delta = np.random.default_rng(9).normal(size=(STEPS, 2 * N))

    assert kept.kept
    for name, value in numeric.loss_gradient(kept, delta).items():
        assert_allclose(value, numeric.loss_gradient(found, delta)[name], rtol=1e-11, atol=1e-14)


def test_names_and_sizes_of_ones_own() -> None:
    """A parameter called lam_v, a size that is a number, a state that no parameter sizes, one that feeds nothing."""
    c = sg.CellBuilder("own")
    v, w, r, u = c.state("v", 3), c.state("w", "k"), c.state("r", "k"), c.input("u", "m")
    W, lam_v = c.matrix("W", 3, "m"), c.vector("lam_v", 3)
    a = c.let("a", W @ u + lam_v * v)
    c.next(v, tanh(a) + 0.5 * v)
    c.next(w, sigma(r) * w)
    c.next(r, 0.9 * r + w)
    cell = c.build()
    rng = np.random.default_rng(10)
    params, u = {"W": rng.normal(size=(3, 2)), "lam_v": rng.normal(size=3)}, rng.normal(size=(5, 2))
    start, delta = rng.normal(size=3 + 2 * 4), rng.normal(size=(5, 11))

    def run(z: np.ndarray, lam_v: np.ndarray = params["lam_v"]) -> np.ndarray:
        v, w, r = np.split(z, [3, 7])
        states = []
        for now in u:
            v, w, r = np.tanh(params["W"] @ now + lam_v * v) + 0.5 * v, w / (1 + np.exp(-r)), 0.9 * r + w
            states.append(np.concatenate([v, w, r]))
        return np.array(states)

    with pytest.raises(ShapeError, match="size k of the state 'w'"):
        numeric.rollout(cell, params, u)
    found = numeric.rollout(cell, params, u, dict(zip("vwr", np.split(start, [3, 7]), strict=True)))
    gradient = numeric.loss_gradient(found, delta, wrt=["lam_v", "v", "w", "r"])

    assert_allclose(found.after, run(start), rtol=1e-13)
    true = complex_derivative(lambda z: (run(z) * delta).sum(), start)
    assert_allclose(np.concatenate([gradient[name] for name in "vwr"]), true, rtol=1e-12)
    true = complex_derivative(lambda p: (run(start, p) * delta).sum(), params["lam_v"])
    assert_allclose(gradient["lam_v"], true, rtol=1e-12)
    J = complex_derivative(lambda z: run(z)[-1], start)
    assert_allclose(numeric.transport(numeric.jacobians(found), 5, 0), J, rtol=1e-12, atol=1e-15)


def test_what_runs_on_stacks_runs_on_several_states() -> None:
    """Splits, expansions, remainders and sensitivities, against dense linear algebra."""
    found = setting(sg.cell("qrnn"), 7)[3]
    J, (A, B) = numeric.jacobians(found), numeric.split(found, "retention")
    M = numeric.transport(J, STEPS, 0)

    assert_allclose(A + B, J, atol=1e-15)
    assert_allclose(numeric.expand_product(A, B, 1), M, atol=1e-14)  # exact from order 1 on
    assert np.abs(numeric.expand_product(A, B, 0) - M).max() > 1e-3
    norms = numeric.sensitivities(J)
    assert_allclose(norms[STEPS, 0], np.linalg.norm(M, 2), rtol=1e-7)


def test_single_precision_is_kept() -> None:
    cell = sg.cell("lstm")
    params = {name: value.astype(np.float32) for name, value in draw(cell, N, M).items()}
    found = numeric.rollout(cell, params, np.ones((STEPS, M), np.float32))

    assert found.x.dtype == numeric.jacobians(found).dtype == np.float32
    gradient = numeric.loss_gradient(found, np.ones((STEPS, 2 * N), np.float32))
    assert {value.dtype for value in gradient.values()} == {np.dtype(np.float32)}


def test_no_steps_leave_the_start() -> None:
    cell = sg.cell("lstm")
    found = numeric.rollout(cell, draw(cell, N, M), np.ones((2, 0, M)), {"c": np.ones(N)})

    assert_array_equal(found.x, np.tile(np.r_[np.zeros(N), np.ones(N)], (2, 1, 1)))
    assert numeric.jacobians(found).shape == (2, 0, 2 * N, 2 * N)
    assert_array_equal(numeric.loss_gradient(found, np.ones((2, 0, 2 * N)))["U_f"], 0)


def test_mistakes_are_named() -> None:
    cell = sg.cell("lstm")
    params, u, _, found = setting(cell)

    with pytest.raises(UnknownNameError, match=r"'d'.*h, c"):
        numeric.rollout(cell, params, u, {"d": np.ones(N)})
    with pytest.raises(ShapeError, match=r"h, c side by side, \(\.\.\., 8\)"):
        numeric.rollout(cell, params, u, np.ones(N))
    with pytest.raises(UnknownNameError, match="'d'"):
        numeric.adjoint(found, {"d": np.ones((STEPS, N))})
    with pytest.raises(ShapeError, match=r"delta of h needs shape \(6, 4\)"):
        numeric.adjoint(found, {"h": np.ones((STEPS, 2 * N))})
    with pytest.raises(ShapeError, match=r"\(\.\.\., 8, 8\)"):
        found.block(np.ones((N, N)), "h", "c")
    with pytest.raises(UnknownNameError, match="'d'"):
        found.state("d")
