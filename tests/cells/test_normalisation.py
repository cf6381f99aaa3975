"""Layer normalisation as an option on every cell: torch, complex step, the typed cells, proofs, slips, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import symgate as sg
from symgate.cells import LIBRARY, normalised, pre_activations, stack
from symgate.errors import DefinitionError, NameRefusedError, UnknownNameError
from symgate.numeric.load import lambdify
from symgate.proof import slips
from symgate.records import Cell, Derivation
from tests.oracles import complex_step, draw_point, environment, evaluate, sizes_of

ROUTES = ("decision", "modular")
NORMALISABLE = [cell for cell in LIBRARY if pre_activations(cell)]
#: The name given holds another normalised name: entry by entry these have more terms than is practical.
NESTED = {"gru": "a", "gru_original": "a", "mgu": "a", "lstm_peephole": "a_o", "lem": "a_y"}

#: Those, and the cells of arXiv:2512.05790, which test_library proves under their own names.
PROVED_ELSEWHERE = {*NESTED, "leaky", "scalar_gate", "multi_gate"}


def named(item: object) -> str:
    return str(getattr(item, "name", item))


def blocks(cell: Cell) -> list[Derivation]:
    """The Jacobian of every state by every state."""
    return [sg.jacobian(cell, wrt=by.name, of=of.name) for of in cell.states for by in cell.states]


def test_which_names_are_pre_activations() -> None:
    """A named vector, made of a matrix times a vector, inside a nonlinearity."""
    assert {cell.name: pre_activations(cell) for cell in LIBRARY if cell.name in {"gru", "lstm", "scalar_gate"}} == {
        "scalar_gate": ("a",),  # its gate is one number
        "gru": ("a_r", "a_z", "a"),  # v is not the argument of a function
        "lstm": ("a_i", "a_f", "a_g", "a_o"),  # s, the cell state, has no matrix
    }
    assert {cell.name for cell in LIBRARY} - {cell.name for cell in NORMALISABLE} == {
        *("leaky_norm", "scalar_gate_norm", "multi_gate_norm"),  # there already
        *("lru", "low_rank"),  # linear in what has a name
        "dale",  # the rates are functions of the state
        *("lstm_projected", "lstm_zoneout"),  # what goes through a function has no name of its own
    }


@pytest.mark.parametrize("name", ["leaky", "scalar_gate", "multi_gate"])
def test_the_cells_of_the_sequel_are_the_normalised_ones(name: str) -> None:
    """The option gives, symbol by symbol, what arXiv:2512.05790 has and the files of these cells type out."""
    typed, found = sg.cell(f"{name}_norm"), sg.cell(name, layer_norm=True)

    assert replace(found, source=typed.source) == typed


@pytest.mark.parametrize("cell", NORMALISABLE, ids=named)
def test_forward_with_torchs_layer_norm(cell: Cell) -> None:
    """The published equations, each pre-activation less its bias passed through torch.nn.functional.layer_norm."""
    torch = pytest.importorskip("torch")
    new = normalised(cell)
    point = draw_point(new, n=5, m=3, seed=3)
    sizes = sizes_of(cell, n=5, m=3)
    values = environment(cell, {name: point[name] for name in cell.symbols}, sizes)
    for item in cell.assignments:
        value = evaluate(item.expr, values, sizes)
        if item.symbol.name in pre_activations(cell):
            short = item.symbol.name.removeprefix("a_")
            bias = next((arg for arg in item.expr.args if arg in cell.parameters and arg.shape[1] == 1), None)
            shift = values[bias] if bias is not None else point[f"beta_{short}"][:, None]
            bare = value - shift if bias is not None else value
            tensors = (torch.tensor(part[:, 0]) for part in (bare, point[f"gamma_{short}"][:, None], shift))
            p, gamma, beta = tensors
            value = torch.nn.functional.layer_norm(p, (5,), gamma, beta).numpy()[:, None]
        values[item.symbol] = value
    wanted = [evaluate(state.update, values, sizes)[:, 0] for state in cell.states]

    stepped = lambdify(new)(**point)

    for found, own in zip(stepped if isinstance(stepped, tuple) else (stepped,), wanted, strict=True):
        assert_allclose(found, own, rtol=1e-12, atol=1e-14)


def test_jacobian_of_a_normalised_gru_by_torchs_autograd() -> None:
    """A normalised candidate that holds a normalised gate, typed with torch's functions."""
    torch = pytest.importorskip("torch")
    cell = sg.cell("gru", layer_norm=True)
    point = draw_point(cell, n=5, m=3, seed=4)
    t = {name: torch.tensor(value) for name, value in point.items()}

    def norm(p: object, gamma: str, beta: str) -> object:
        return torch.nn.functional.layer_norm(p, (5,), t[gamma], t[beta])

    def step(x: object) -> object:
        r = torch.sigmoid(norm(t["W_r"] @ t["u"] + t["U_r"] @ x, "gamma_r", "b_r"))
        z = torch.sigmoid(norm(t["W_z"] @ t["u"] + t["U_z"] @ x, "gamma_z", "b_z"))
        c = torch.tanh(norm(t["W_c"] @ t["u"] + r * (t["U_c"] @ x + t["d_c"]), "gamma_a", "b_c"))
        return (1 - z) * c + z * x

    assert_allclose(lambdify(cell)(**point), step(t["x"]).numpy(), rtol=1e-12)
    wanted = torch.autograd.functional.jacobian(step, t["x"]).numpy()
    assert_allclose(lambdify(sg.jacobian(cell))(**point), wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.sweep(8)
@pytest.mark.parametrize("cell", NORMALISABLE, ids=named)
def test_every_derivative_agrees_with_complex_step(cell: Cell) -> None:
    """Jacobians and vector-Jacobian products by every state, input and parameter, as generated code."""
    new = normalised(cell)
    sizes = sizes_of(new, n=4, m=3)
    point = draw_point(new, n=4, m=3, seed=1)
    drawn = np.random.default_rng(2).standard_normal(8)
    expected: dict[tuple[str, str], np.ndarray] = {}
    for item in sg.objects(new):
        key = (item.wrt.name, item.of.name)
        if key not in expected:
            expected[key] = complex_step(new, point, item.wrt.name, sizes, of=item.of.name)
        J = expected[key]
        if item.cotangent is None:
            assert_allclose(lambdify(item)(**point), J, rtol=1e-10, atol=1e-12, err_msg=item.name)
        else:
            lam = drawn[: len(J)]
            wanted = (lam @ J).reshape(np.shape(point[item.wrt.name]), order="F")
            assert_allclose(lambdify(item)(**point, lam=lam), wanted, rtol=1e-10, atol=1e-12, err_msg=item.name)


@pytest.mark.sweep(10)
@pytest.mark.parametrize("cell", [cell for cell in NORMALISABLE if cell.name not in PROVED_ELSEWHERE], ids=named)
def test_every_state_jacobian_is_proved(cell: Cell) -> None:
    """For all sizes, by two routes that share nothing with the calculus."""
    for block in blocks(normalised(cell)):
        sg.verify(block, routes=ROUTES).require()


@pytest.mark.parametrize("name", NESTED)
def test_nested_ones_hold_at_random_points(name: str) -> None:
    """Exact modulo random primes up to n = 32, which alone is not a proof."""
    for block in blocks(sg.cell(name, layer_norm=True)):
        assert all(item.passed for item in sg.verify(block, routes=("modular",)).evidence)


def test_the_parts_of_a_nested_one_are_proved() -> None:
    """The outer normalisation of the GRU without the inner ones, and the inner ones without the outer."""
    for names in (("a",), ("a_r", "a_z")):
        sg.verify(sg.jacobian(sg.cell("gru", layer_norm=names)), routes=ROUTES).require()


@pytest.mark.parametrize("name", ["plain", "gru", "ugrnn"])
def test_every_slip_is_refuted(name: str) -> None:
    """Also with the factor K left out, which is the slip that a formula without normalisation makes."""
    new = sg.cell(name, layer_norm=True)
    for block in blocks(new):
        planted = list(slips(block))
        missed = [slip for slip in planted if sg.verify(slip.derivation, routes=("modular",)).verdict != "refuted"]
        assert [(slip.kind, slip.place) for slip in missed] == []
    bare = sg.jacobian(sg.cell(name), wrt=new.states[0].name, of=new.states[0].name)
    assert sg.verify(replace(bare, cell=new), routes=("modular",)).verdict == "refuted"


def test_what_a_normalisation_forgets() -> None:
    """The same number added to every pre-activation changes nothing, so the Jacobian has no direction 1 to its left."""
    cell = sg.cell("plain", phi="identity", layer_norm=True)
    point = draw_point(cell, n=6, m=3, seed=5) | {"gamma_a": np.ones(6)}
    moved = point | {"W_i": point["W_i"] + 1.5}

    assert_allclose(lambdify(cell)(**moved), lambdify(cell)(**point), rtol=1e-10)
    assert_allclose(np.ones(6) @ lambdify(sg.jacobian(cell))(**point), 0, atol=1e-14)


@pytest.mark.parametrize("cell", NORMALISABLE, ids=named)
def test_one_unit_and_saturation(cell: Cell) -> None:
    """Of one unit nothing is left but the shift, so no term goes through it; huge weights stay finite."""
    new = normalised(cell)
    for n, size in ((1, 1.0), (3, 1e3)):
        point = draw_point(new, n=n, m=2, seed=8)
        for name in point:
            if name.startswith(("W", "U", "V", "b_")):
                point[name] = size * point[name]
        for block in blocks(new):
            assert np.isfinite(lambdify(block)(**point)).all(), block.name
    alone = sg.cell("plain", layer_norm=True)
    assert_allclose(lambdify(sg.jacobian(alone))(**draw_point(alone, n=1, m=2)), 0, atol=1e-14)


def test_stacks_and_chosen_names() -> None:
    """Normalised layers on top of one another are the normalised stack; names choose."""
    first = stack("both", sg.cell("multi_gate", layer_norm=True), sg.cell("lstm", layer_norm="a_f"))
    second = normalised(stack("both", sg.cell("multi_gate"), sg.cell("lstm")), ("a_1", "a_g_1", "a_f_2"))
    point = draw_point(first, n_1=4, n_2=3, m=2, seed=6)
    same = {"gamma_g_1": "gamma_g_1", "gamma_a_1": "gamma_a_1", "gamma_f_2": "gamma_f_2"}

    assert set(first.symbols) == set(second.symbols) >= set(same)
    for one, other in zip(lambdify(first)(**point), lambdify(second)(**point), strict=True):
        assert_allclose(one, other, rtol=1e-13)
    with_state = sg.cell("lstm", layer_norm=("a_i", "a_f", "a_g", "a_o", "s"))  # Ba et al. normalise s as well
    assert {"gamma_s", "beta_s"} < set(with_state.symbols)


def test_refusals() -> None:
    c = sg.CellBuilder("unnamed")
    x, phi = c.state("x"), c.function("phi")
    c.next(x, phi(c.matrix("W", "n", "n") @ x))
    unnamed = c.build()

    with pytest.raises(DefinitionError, match=r"'unnamed' has no pre-activation.*Name one, a = c\.let\("):
        normalised(unnamed)
    with pytest.raises(DefinitionError, match="'lru' has no pre-activation"):
        sg.cell("lru", layer_norm=True)
    with pytest.raises(DefinitionError, match="'a_g' of cell 'scalar_gate' is one number"):
        sg.cell("scalar_gate", layer_norm="a_g")
    with pytest.raises(UnknownNameError, match="'a_h' is not a known named intermediate of cell 'gru'"):
        sg.cell("gru", layer_norm=("a_h",))
    with pytest.raises(NameRefusedError, match=r"'gamma_a' is already.*is cell 'plain_norm' normalised already"):
        normalised(sg.cell("plain", layer_norm=True), "a")
    c = sg.CellBuilder("scalars")
    x, w = c.state("x"), c.vector("w", "n")
    with pytest.raises(DefinitionError, match=r"runs over the units of a vector; .* is a scalar"):
        sg.cells.layer_norm(c, "a", w.T @ x, w, w)
