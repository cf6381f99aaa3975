"""The target torch against torch's autograd through the recurrences typed a second time."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from types import ModuleType  # noqa: E402 - torch first, so that the file skips without it
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

import symgate as sg  # noqa: E402
from symgate.cells import cell, renamed  # noqa: E402
from symgate.codegen.torch.module import class_name  # noqa: E402
from symgate.exporting import trained  # noqa: E402
from symgate.interop.autodiff import kernels  # noqa: E402
from symgate.numeric.load import load_module  # noqa: E402
from symgate.proof.recurrences import RECURRENCES  # noqa: E402
from symgate.records import Cell  # noqa: E402
from tests.codegen.training.cases import STEPS, cells, cotangents, loss, point, two_layers  # noqa: E402


def module(one: Cell) -> ModuleType:
    return load_module(trained(one, "torch"), f"{one.name}_torch")


def typed(one: Cell) -> Any:
    """One step in torch, from the paper."""
    table = kernels("torch")
    table |= {own: table[other] for own, other in one.functions if other is not None}
    return lambda **values: RECURRENCES[one.name](table, **values)


@pytest.mark.parametrize("one", cells())
def test_gradients_are_those_of_autograd_through_the_published_step(one: Cell) -> None:
    values = {name: torch.tensor(value, requires_grad=True) for name, value in point(one).items()}
    lams = {name: torch.tensor(value) for name, value in cotangents(one, point(one)).items()}
    every = list(values.values())
    total = loss(one, values, lams, typed(one))
    wanted = torch.autograd.grad(total, every, allow_unused=True, materialize_grads=True)

    found = module(one).sequence(*every)
    whole = sum((lams[state.name] * value).sum() for state, value in zip(one.states, found, strict=True))

    assert float(whole.detach()) == pytest.approx(float(total.detach()), rel=1e-12)
    for name, own, other in zip(values, torch.autograd.grad(whole, every), wanted, strict=True):
        assert own.shape == other.shape, name
        torch.testing.assert_close(own, other, rtol=1e-10, atol=1e-11, msg=name)


@pytest.mark.parametrize("one", cells(("multi_gate", "s6", "slstm", "ltc", "dale")))
def test_blocks_of_steps_change_nothing(one: Cell) -> None:
    """Three steps as a block of two and one of one."""
    values = [torch.tensor(value, requires_grad=True) for value in point(one).values()]
    lams = [torch.tensor(value) for value in cotangents(one, point(one)).values()]
    given, found = module(one), []
    for steps in (STEPS, 2):
        vars(given)["_steps_of_a_block"] = lambda *_, steps=steps: steps
        states = given.sequence(*values)
        found.append([*states, *torch.autograd.grad(states, values, lams)])

    for whole, parted in zip(*found, strict=True):
        torch.testing.assert_close(whole, parted, rtol=1e-12, atol=1e-13)


def test_a_slip_between_blocks_is_seen() -> None:
    """Rows of the second block written over those of the first."""
    text = trained(cell("s6"), "torch")
    slip = ("Delta_whole[first * batch : last * batch]", "Delta_whole[: (last - first) * batch]")
    assert slip[0] in text
    values = [torch.tensor(value, requires_grad=True) for value in point(cell("s6")).values()]
    found = []
    for own in (text, text.replace(*slip, 1)):
        given = load_module(own, "s6_blocks")
        vars(given)["_steps_of_a_block"] = lambda *_: 2
        found.append(torch.autograd.grad(sum(x.sum() for x in given.sequence(*values)), values))
    assert any(float((own - other).abs().max()) > 1e-3 for own, other in zip(*found, strict=True))


@pytest.mark.parametrize("one", cells(("leaky_norm", "lstm")))
def test_every_module_checks_itself(one: Cell) -> None:
    """gradcheck, gradgradcheck, and autograd operation by operation."""
    assert module(one)._self_check() == 0


def test_a_stack_checks_itself() -> None:
    assert module(two_layers())._self_check() == 0


def test_what_was_drawn_before_changes_nothing_in_the_self_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directions of gradgradcheck come from torch's default generator, which stays where it was."""
    own, seen = module(cell("plain")), []
    monkeypatch.setattr(torch.autograd, "gradgradcheck", lambda *_, **__: seen.append(float(torch.rand(()))))
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        assert own._self_check() == 0
        assert torch.equal(torch.get_rng_state(), before)
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("plain", lambda: torch.nn.RNN(3, 5)),
        ("gru", lambda: torch.nn.GRU(3, 5)),
        ("lstm", lambda: torch.nn.LSTM(3, 5)),
        ("lstm_projected", lambda: torch.nn.LSTM(3, 5, proj_size=2)),
    ],
)
def test_training_is_that_of_torchs_own_module(name: str, own: Any) -> None:
    """The state_dict loads, and after 50 steps of Adam the weights are the same to 1e-10."""
    torch.manual_seed(0)
    reference = own().double()
    one = cell(name)
    sizes = {"n": 5, "m": 3, **({"k": 2} if name == "lstm_projected" else {})}
    ours = getattr(module(one), class_name(one))(**sizes, dtype=torch.float64)
    assert not ours.load_state_dict(reference.state_dict()).missing_keys
    u = torch.randn(9, 4, 3, dtype=torch.float64)
    target = torch.randn(9, 4, reference.proj_size or 5, dtype=torch.float64)
    for net in (reference, ours):
        optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
        for _ in range(50):
            optimiser.zero_grad()
            ((net(u)[0] - target) ** 2).mean().backward()
            optimiser.step()
    for key, value in reference.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[key], value, rtol=0, atol=1e-10)


def test_training_is_that_of_plain_autograd() -> None:
    """The multi gate, which torch has not: 50 steps of gradient descent through lines typed here."""
    one = cell("multi_gate")
    torch.manual_seed(1)
    net = module(one).MultiGate(n=5, m=3, dtype=torch.float64)
    names = [str(symbol.name) for symbol in one.parameters]
    copies = [value.detach().clone().requires_grad_() for value in net.cell_parameters()]
    p = dict(zip(names, copies, strict=True))
    u, target = torch.randn(8, 4, 3, dtype=torch.float64), torch.randn(8, 4, 5, dtype=torch.float64)
    ours, theirs = torch.optim.SGD(net.parameters(), 0.3), torch.optim.SGD(p.values(), 0.3)
    for _ in range(50):
        ours.zero_grad()
        ((net(u)[0] - target) ** 2).mean().backward()
        ours.step()
        theirs.zero_grad()
        x, total = torch.zeros(4, 5, dtype=torch.float64), 0.0
        for now, wanted in zip(u, target, strict=True):
            g = torch.sigmoid(x @ p["W_g"].T + now @ p["V_g"].T + p["b_g"])
            x = (1 - g) * x + g * torch.tanh(x @ p["W_r"].T + now @ p["W_i"].T + p["b"])
            total = total + ((x - wanted) ** 2).sum() / target.numel()
        total.backward()
        theirs.step()
    for name, value in zip(names, net.cell_parameters(), strict=True):
        torch.testing.assert_close(value, p[name], rtol=0, atol=1e-10, msg=name)


def test_one_step_float32_and_no_batch() -> None:
    given = module(cell("lstm"))
    values = {name: torch.tensor(value, dtype=torch.float32) for name, value in point(cell("lstm")).items()}
    every = given.sequence(*values.values())
    values["u"] = values["u"][0]
    for one, all_steps in zip(given.step(*values.values()), every, strict=True):
        assert one.dtype == torch.float32
        torch.testing.assert_close(one, all_steps[0])
    net = given.LSTM(n=4, m=3)
    assert net(torch.zeros(STEPS, 3))[0].shape == (STEPS, 4)
    assert net(torch.zeros(STEPS, 2, 6, 3))[1][1].shape == (2, 6, 4)


def test_what_does_not_fit_is_named() -> None:
    given = module(cell("gru"))
    values = {name: torch.tensor(value) for name, value in point(cell("gru")).items()}
    for change, error, said in (
        ({"b_r": np.zeros(4)}, TypeError, "b_r must be a tensor; found ndarray"),
        ({"u": values["u"].to("meta")}, TypeError, "u is on meta, but x is on cpu"),
        ({"U_c": torch.zeros(5, 5, dtype=torch.float64)}, ValueError, r"U_c must have shape .* n = 4"),
        ({"u": values["u"][0, 0]}, ValueError, "u has time in front of all batch axes"),
        ({"d_c": values["d_c"] * 1j}, TypeError, "d_c must hold real numbers, float32 or float64"),
    ):
        with pytest.raises(error, match=said):
            given.sequence(*{**values, **change}.values())
    with pytest.raises(RuntimeError, match="setup_context"):
        torch.func.grad(lambda x: given.sequence(x, *list(values.values())[1:])[0].sum())(values["x"])


def test_a_planted_slip_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    text = trained(cell("gru"), "torch")
    slip = ("torch.mul(r, lam_a, out=lam_v)", "torch.mul(z, lam_a, out=lam_v)")
    assert slip[0] in text
    assert load_module(text.replace(*slip, 1), "planted")._self_check() > 0
    assert "failed: gradcheck" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["t", "steps", "lams", "batch", "wanted"])
def test_symbols_may_be_called_like_what_the_code_calls_its_own(name: str) -> None:
    """Parameters of such a name have their own gradients."""
    other = module(renamed(cell("multi_gate", phi="tanh"), b=name))
    assert other._self_check() == 0
    assert name in other._SHAPES


@pytest.mark.full
def test_it_is_compiled_as_one_graph() -> None:
    net = module(cell("gru")).GRU(n=4, m=3, dtype=torch.float64)
    u = torch.randn(4, 2, 3, dtype=torch.float64)
    found = []
    for run in (net, torch.compile(net, backend="aot_eager", fullgraph=True)):
        net.zero_grad()
        run(u)[0].square().sum().backward()
        found.append([weight.grad.clone() for weight in net.parameters()])
    for own, other in zip(*found, strict=True):
        torch.testing.assert_close(own, other, rtol=1e-12, atol=1e-14)


def test_a_rebound_cell_has_weights_of_its_own() -> None:
    """torch has no GRU with another nonlinearity, so no names of torch's."""
    given = module(cell("gru").bind(phi="sin"))
    assert hasattr(given.GRU(n=2, m=2), "U_c")
    assert hasattr(module(cell("plain").bind(phi="relu")).Plain(n=2, m=2), "weight_hh_l0")


def test_single_functions_are_refused_with_the_way_out(tmp_path: Any) -> None:
    with pytest.raises(sg.SymgateError, match=r"writes modules of whole cells.*array_api"):
        sg.export(sg.jacobian("gru"), "torch", tmp_path / "j.py")
    with pytest.raises(sg.SymgateError, match=r"numpy, array_api, numba, torch, jax, rocq"):
        sg.export(cell("gru"), "torhc", tmp_path / "g.py")
