"""Parity with torch.nn: forward, state Jacobian and all parameter gradients, from its weights, to 1e-12."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.errors import ShapeError, UnknownNameError
from symgate.interop.weights import BLOCKS
from symgate.numeric.load import lambdify
from symgate.records import Cell

torch = pytest.importorskip("torch")
N, M, STEPS = 5, 3, 7
MAKERS: dict[str, Callable[..., Any]] = {
    "rnn": torch.nn.RNN,
    "rnn relu": lambda *sizes, **options: torch.nn.RNN(*sizes, nonlinearity="relu", **options),
    "gru": torch.nn.GRU,
    "lstm": torch.nn.LSTM,
}


def made(name: str, **options: Any) -> Any:
    torch.manual_seed(0)
    return MAKERS[name](M, N, **options).double()


def inputs(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((STEPS, M))


def start(cell: Cell, seed: int = 2) -> list[np.ndarray]:
    return list(0.5 * np.random.default_rng(seed).standard_normal((len(cell.states), N)))


def stepped(cell: Cell, params: dict[str, np.ndarray]) -> Callable[..., list[np.ndarray]]:
    """The step of the cell, its states as a list."""
    f = lambdify(cell)

    def step(states: list[np.ndarray], u: np.ndarray) -> list[np.ndarray]:
        after = f(u=u, **params, **dict(zip((s.name for s in cell.states), states, strict=True)))
        return list(after) if len(cell.states) > 1 else [after]

    return step


def in_torch(states: list[np.ndarray], **options: Any) -> Any:
    """The states as torch wants them: h, or (h, c), each (1, n)."""
    tensors = [torch.tensor(state)[None].requires_grad_(**options) for state in states]
    return tensors[0] if len(tensors) == 1 else tuple(tensors)


def tupled(states: Any) -> tuple[Any, ...]:
    return states if isinstance(states, tuple) else (states,)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", MAKERS)
def test_forward(name: str, bias: bool) -> None:
    module = made(name, bias=bias)
    cell, params = sg.interop.from_torch(module)
    step, states, u = stepped(cell, params), start(cell), inputs()

    outputs, last = module(torch.tensor(u), in_torch(states))

    for t in range(STEPS):
        states = step(states, u[t])
        assert_allclose(states[0], outputs[t].detach().numpy(), rtol=1e-12, atol=1e-14)
    for state, wanted in zip(states, tupled(last), strict=True):
        assert_allclose(state, wanted[0].detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", MAKERS)
def test_every_block_of_the_state_jacobian(name: str) -> None:
    module = made(name)
    cell, params = sg.interop.from_torch(module)
    states, u = start(cell), inputs()[0]
    values = dict(zip((s.name for s in cell.states), states, strict=True))

    def after(*before: Any) -> Any:
        packed = before[0][None] if len(before) == 1 else tuple(state[None] for state in before)
        return tuple(state[0] for state in tupled(module(torch.tensor(u)[None], packed)[1]))

    found = torch.autograd.functional.jacobian(after, tuple(torch.tensor(state) for state in states))

    for of, row in zip(cell.states, found, strict=True):
        for by, block in zip(cell.states, row, strict=True):
            J = lambdify(sg.jacobian(cell, wrt=by.name, of=of.name))(u=u, **params, **values)
            assert_allclose(J, block.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", MAKERS)
def test_all_parameter_gradients(name: str) -> None:
    """Backpropagation through time from the derived vector-Jacobian products, against torch's autograd."""
    module = made(name)
    cell, params = sg.interop.from_torch(module)
    step, states, u = stepped(cell, params), start(cell), inputs()
    weights = np.random.default_rng(3).standard_normal((STEPS, N))
    outputs, _ = module(torch.tensor(u), in_torch(states))
    (torch.tensor(weights) * outputs).sum().backward()

    path = [states]
    for t in range(STEPS):
        path.append(step(path[-1], u[t]))
    names = [state.name for state in cell.states]
    pull = {(of, by): lambdify(sg.vjp(cell, by, of)) for of in names for by in (*names, *params)}
    lam = dict.fromkeys(names, np.zeros(N))
    gradient = {key: np.zeros_like(value) for key, value in params.items()}
    for t in reversed(range(STEPS)):
        lam[names[0]] = lam[names[0]] + weights[t]
        here = dict(zip(names, path[t], strict=True)) | params
        for key, value in gradient.items():
            gradient[key] = value + sum(pull[of, key](u=u[t], lam=lam[of], **here) for of in names)
        lam = {by: sum(pull[of, by](u=u[t], lam=lam[of], **here) for of in names) for by in names}

    for key, wanted in torch_gradients(name.split(maxsplit=1)[0], module).items():
        assert_allclose(gradient.pop(key), wanted, rtol=1e-12, atol=1e-13, err_msg=key)
    assert not gradient


def torch_gradients(kind: str, module: Any) -> dict[str, np.ndarray]:
    """torch's gradients under the names of the cell; both biases of a block have the gradient of their sum."""
    found = {}
    for k, name in enumerate(BLOCKS[kind]):
        W, U, b, d = (value.grad[k * N : (k + 1) * N].numpy() for value in module.parameters())
        if kind == "rnn":
            found |= {"W_r": U, "W_i": W, "b": b}
        else:
            found |= {f"W_{name}": W, f"U_{name}": U, f"b_{name}": b}
        if name == "c":
            found["d_c"] = d
        else:
            assert_allclose(b, d, rtol=1e-12, atol=1e-14)
    return found


def test_layers_directions_cells_and_prefixes() -> None:
    module = made("gru", num_layers=2, bidirectional=True)
    arrays = {f"encoder.{name}": value.detach().numpy() for name, value in module.named_parameters()}
    _, upper = sg.interop.from_torch(module, 1, reverse=True)
    _, same = sg.interop.from_torch_state_dict(arrays, "gru", layer=1, reverse=True, prefix="encoder.")

    assert upper["W_r"].shape == (N, 2 * N)
    assert_allclose(upper["W_z"], module.weight_ih_l1_reverse.detach().numpy()[N : 2 * N])
    assert all(np.array_equal(upper[name], same[name]) for name in upper)
    for name, single in {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}.items():
        one = single(M, N).double()
        cell, params = sg.interop.from_torch(one)
        assert cell.name == {"rnn": "plain"}.get(name, name)
        states, u = start(cell), inputs()[0]
        wanted = tupled(one(torch.tensor(u)[None], in_torch(states)))
        for state, value in zip(stepped(cell, params)(states, u), wanted, strict=True):
            assert_allclose(state, value[0].detach().numpy(), rtol=1e-12, atol=1e-14)


def test_a_bidirectional_layer_in_reverse() -> None:
    """The backward direction read from the last step to the first."""
    module = made("gru", bidirectional=True)
    cell, params = sg.interop.from_torch(module, reverse=True)
    u, states = inputs(), [np.zeros(N)]
    outputs, _ = module(torch.tensor(u))
    for t in reversed(range(STEPS)):
        states = stepped(cell, params)(states, u[t])
        assert_allclose(states[0], outputs[t, N:].detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", MAKERS)
def test_two_layers_as_one_stacked_cell(name: str) -> None:
    """Forward over a sequence, and every block of the Jacobian of both layers by both."""
    module = made(name, num_layers=2)
    cell, params = sg.interop.from_torch_layers(module)
    names = [state.name for state in cell.states]
    per = len(names) // 2
    states, u = start(cell), inputs()

    def after(*before: Any) -> Any:
        """The states of both layers, in the order of the cell: (h_1, c_1, h_2, c_2) or (x_1, x_2)."""
        packed = tuple(torch.stack([before[i], before[per + i]]) for i in range(per))
        new = tupled(module(torch.tensor(u[0])[None], packed if per > 1 else packed[0])[1])
        return tuple(new[i][k] for k in (0, 1) for i in range(per))

    whole = torch.autograd.functional.jacobian(after, tuple(torch.tensor(state) for state in states))
    values = dict(zip(names, states, strict=True))
    for of, row in zip(names, whole, strict=True):
        for by, block in zip(names, row, strict=True):
            J = lambdify(sg.jacobian(cell, wrt=by, of=of))(u=u[0], **params, **values)
            assert_allclose(J, block.numpy(), rtol=1e-12, atol=1e-14, err_msg=f"d{of}/d{by}")
    step = stepped(cell, params)
    packed = tuple(torch.tensor(np.stack([states[i], states[per + i]])) for i in range(per))
    outputs, _ = module(torch.tensor(u), packed if per > 1 else packed[0])
    for t in range(STEPS):
        states = step(states, u[t])
        assert_allclose(states[per], outputs[t].detach().numpy(), rtol=1e-12, atol=1e-14)


def test_layers_that_form_no_stack() -> None:
    assert sg.interop.from_torch_layers(made("gru"))[0] == sg.cell("gru")
    with pytest.raises(ShapeError, match="bidirectional module is two recurrences"):
        sg.interop.from_torch_layers(made("gru", num_layers=2, bidirectional=True))
    with pytest.raises(UnknownNameError, match="recurrent module"):
        sg.interop.from_torch_layers(torch.nn.Linear(2, 2))


def test_the_arrays_are_the_callers_own() -> None:
    module = made("rnn")
    _, params = sg.interop.from_torch(module)
    params["W_r"][:] = 0
    assert module.weight_hh_l0.abs().min() > 0
    half = torch.nn.GRU(M, N).half()
    assert sg.interop.from_torch(half)[1]["W_r"].dtype == np.float32


def test_a_permuted_block_would_be_caught() -> None:
    """The parity above can fail: with the gates in the order of another library the step differs."""
    module = made("gru")
    cell, params = sg.interop.from_torch(module)
    swapped = params | {f"{k}_r": params[f"{k}_z"] for k in "WUb"} | {f"{k}_z": params[f"{k}_r"] for k in "WUb"}
    states, u = start(cell), inputs()[0]
    wanted = module(torch.tensor(u)[None], in_torch(states))[1][0].detach().numpy()

    assert np.max(np.abs(stepped(cell, swapped)(states, u)[0] - wanted)) > 1e-3


def test_what_does_not_fit_is_refused() -> None:
    arrays = {name: value.detach().numpy() for name, value in made("gru").named_parameters()}
    with pytest.raises(UnknownNameError, match=re.escape("'weight_ih_l1' is not a known array")):
        sg.interop.from_torch_state_dict(arrays, "gru", layer=1)
    with pytest.raises(ShapeError, match="4 blocks"):
        sg.interop.from_torch_state_dict(arrays, "lstm")
    with pytest.raises(UnknownNameError, match="kind of layer"):
        sg.interop.from_torch_state_dict(arrays, "transformer")
    with pytest.raises(UnknownNameError, match=r"model\.rnn"):
        sg.interop.from_torch(torch.nn.Linear(2, 2))
    with pytest.raises(ShapeError, match="Only an LSTM"):
        sg.interop.from_torch_state_dict({**arrays, "weight_hr_l0": np.zeros((2, 5))}, "gru")
    stacked = {name: np.stack([value, value]) for name, value in arrays.items()}
    with pytest.raises(ShapeError, match=re.escape("found (2, 15, 3), (2, 15, 5)")):
        sg.interop.from_torch_state_dict(stacked, "gru")
    with pytest.raises(ShapeError, match=re.escape("and each bias (15,); found (15, 3), (15, 5), (15,) and (14,)")):
        sg.interop.from_torch_state_dict({**arrays, "bias_hh_l0": np.zeros(14)}, "gru")


@pytest.mark.parametrize("bias", [True, False])
def test_an_lstm_with_projections(bias: bool) -> None:
    """Outputs, last states, and the gradient by every array of torch, of both layers."""
    torch.manual_seed(0)
    module = torch.nn.LSTM(M, N, num_layers=2, proj_size=2, bias=bias).double()
    feed = torch.tensor(inputs())
    first, (h_last, c_last) = module(feed)
    fed = inputs()
    for layer in range(2):
        cell, params = sg.interop.from_torch(module, layer)
        assert cell.name == "lstm_projected"
        found = sg.numeric.rollout(cell, params, fed)
        fed = found.state("h")[1:]
        assert_allclose(found.state("h")[-1], h_last[layer].detach().numpy(), rtol=1e-12, atol=1e-14)
        assert_allclose(found.state("c")[-1], c_last[layer].detach().numpy(), rtol=1e-12, atol=1e-14)
    assert_allclose(fed, first.detach().numpy(), rtol=1e-12, atol=1e-14)

    single = torch.nn.LSTM(M, N, proj_size=2, bias=bias).double()
    outputs, _ = single(feed)
    outputs.sum().backward()
    cell, params = sg.interop.from_torch(single)
    trajectory = sg.numeric.rollout(cell, params, inputs())
    gradients = sg.numeric.loss_gradient(trajectory, {"h": np.ones((STEPS, 2))})
    assert_allclose(gradients["W_p"], single.weight_hr_l0.grad.numpy(), rtol=1e-11, atol=1e-13)
    for place, name in enumerate("ifgo"):
        for own, theirs in (("U", single.weight_hh_l0), ("W", single.weight_ih_l0)):
            wanted = theirs.grad.numpy()[place * N : (place + 1) * N]
            assert_allclose(gradients[f"{own}_{name}"], wanted, rtol=1e-11, atol=1e-13)
