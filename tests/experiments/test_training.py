"""Training: fresh batches, checkpoints that stay as they were, divergence that stops."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import symgate as sg
from symgate.errors import ShapeError, UnknownNameError
from symgate.experiments import TASKS, Checkpoint, drawn_network, optimiser, task, train
from symgate.experiments.networks import Network, given_network


def _network(name: str = "multi_gate", n: int = 8, m: int = 2) -> Network:
    return drawn_network(sg.cell(name), n, m, np.random.default_rng(0))


def _train(network: Network, name: str = "adding", rate: float = 0.05, **changed: object) -> list[Checkpoint]:
    sizes = {"steps": 12, "batch": 8, "channels": 2, "iterations": 20, "checkpoints": (0, 10, 20), **changed}
    return list(train(network, task(name), optimiser("sgd", rate), np.random.default_rng(1), **sizes))


def test_checkpoints_stay_as_they_were_and_the_start_is_untouched() -> None:
    """Each has arrays of its own."""
    network = _network()
    before = {name: value.copy() for name, value in network.arrays.items()}
    points = _train(network)

    assert [point.iteration for point in points] == [0, 10, 20]
    for name, value in before.items():
        assert_array_equal(network.arrays[name], value)
        assert_array_equal(points[0].network.arrays[name], value)
    assert not np.array_equal(points[1].network.params["W_r"], points[2].network.params["W_r"])
    assert [len(point.losses) for point in points] == [0, 10, 20]
    assert_array_equal(points[1].losses, points[2].losses[:10])
    assert len(set(points[2].losses)) == 20  # every batch differs


def test_fixed_parameters_do_not_move() -> None:
    """And the others do."""
    points = _train(_network(), fixed=("W_g", "b_g"))
    assert_array_equal(points[0].network.params["W_g"], points[-1].network.params["W_g"])
    assert not np.array_equal(points[0].network.params["V_g"], points[-1].network.params["V_g"])


def test_a_loss_that_is_no_number_stops_the_run() -> None:
    """The last checkpoint says at which iteration; nothing follows."""
    network = drawn_network(sg.cell("plain", phi="relu"), 8, 2, np.random.default_rng(0))
    points = _train(network, rate=1e6)
    assert points[-1].diverged
    assert points[-1].iteration < 20
    assert not np.isfinite(points[-1].losses[-1])
    assert np.isfinite(points[-1].losses[:-1]).all()
    assert not any(point.diverged for point in points[:-1])


@pytest.mark.parametrize("name", ["short", "sinmix", "ar2", "moving_average"])
def test_networks_learn(name: str) -> None:
    """A small network gets below a quarter of the variance of the target (short tasks; the others need longer)."""
    chosen = TASKS[name]
    assert chosen.variance is not None
    points = list(
        train(
            drawn_network(sg.cell("multi_gate"), 24, 1, np.random.default_rng(0)), chosen, optimiser("adam", 1e-2),
            np.random.default_rng(1), steps=max(12, chosen.steps), batch=32, channels=1, iterations=400,
            checkpoints=(400,),
        )
    )  # fmt: skip
    assert points[0].losses[-20:].mean() < 0.25 * chosen.variance


def test_drawn_networks_follow_the_rules() -> None:
    """Scales by fan-in or as given, biases 0, gains 1, what is given."""
    rng = np.random.default_rng(0)
    network = drawn_network(sg.cell("leaky"), 400, 3, rng, {"alpha": 0.8})
    assert network.params["alpha"] == 0.8
    assert network.params["alpha"].shape == ()
    assert not network.params["b"].any()
    assert abs(network.params["W_r"].std() - 0.05) < 1e-3
    assert abs(network.params["W_i"].std() - 3**-0.5) < 3e-2
    assert abs(drawn_network(sg.cell("plain"), 400, 3, rng, std=0.2).params["W_r"].std() - 0.2) < 1e-2
    norm = drawn_network(sg.cell("leaky_norm"), 4, 3, rng)
    assert_array_equal(norm.params["gamma_a"], np.ones(4))
    assert not drawn_network(sg.cell("gru", layer_norm=True), 4, 3, rng).params["d_c"].any()

    with pytest.raises(UnknownNameError, match="'aplha' is not a known parameter of cell 'leaky'"):
        drawn_network(sg.cell("leaky"), 4, 3, rng, {"aplha": 0.8})


def test_given_networks_take_their_size_from_the_weights() -> None:
    """And say where no weight has it."""
    network = _network()
    again = given_network(network.cell, network.params)
    assert again.weights.shape == (1, 8)
    assert not again.weights.any()
    with pytest.raises(ShapeError, match="is in none of the weights"):
        given_network(network.cell, {"V_g2": np.zeros((3, 3))})


@pytest.mark.parametrize("rate", [0.0, -1.0, np.inf, np.nan])
def test_learning_rates_are_positive(rate: float) -> None:
    """With what was found."""
    with pytest.raises(ShapeError, match="positive number"):
        optimiser("sgd", rate)


def test_unknown_optimisers_are_named() -> None:
    """With the nearest one."""
    with pytest.raises(UnknownNameError, match="'adm' is not a known optimiser"):
        optimiser("adm", 0.1)
