"""The same data through symgate's experiments and through the program in torch: how far the results lie apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from symgate.experiments.anisotropy_runs import AnisotropyJob
from symgate.experiments.checks import cell_of
from symgate.experiments.corrections import drawn_windows
from symgate.experiments.networks import Network, drawn_network
from symgate.experiments.profile_runs import ProfileJob
from symgate.experiments.specs import AnisotropySpec, ProfileSpec, Trained, TruncationSpec
from symgate.experiments.tasks import Task, task
from symgate.experiments.truncation_runs import TruncationJob

Array = np.ndarray
#: Results of symgate and of the program, by what they are.
Pairs = dict[str, tuple[Array, Array]]


def distance(ours: Array, theirs: Array) -> float:
    """The largest difference, over the largest entry; infinite where one is a number and the other is not."""
    own, other = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if own.shape != other.shape or (np.isfinite(own) != np.isfinite(other)).any():
        return np.inf
    held = np.isfinite(own)
    size = np.abs(own[held]).max(initial=0)
    return float(np.abs(own[held] - other[held]).max(initial=0) / (size or 1))


def profiles(cell: str, spec: ProfileSpec, seed: int) -> Pairs:
    """Losses on the way; profiles, predictors, fits, and the corrections of both splits at every checkpoint."""
    import torch

    from tests.reference import paper

    job = ProfileJob(cell_of(cell), seed, replace(spec, cells=(cell,), seeds=(seed,)))
    ours = job.run().arrays
    weights, batches, probes, picks = job.streams(4)
    network = drawn_network(
        job.cell, spec.n, spec.inputs, weights, {"alpha": spec.alpha} if cell == "leaky" else {}, start=spec.start
    )
    chosen = task(spec.task)
    probe = torch.tensor(chosen.draw(probes, spec.steps, spec.probe, spec.inputs).u)
    windows = _windows(drawn_windows(picks, spec.probe, spec.steps, spec.lags, spec.windows))
    trained, losses = paper.train(
        _handed(network), _batches(chosen, batches, spec), spec.optimiser, spec.rate, spec.checkpoints
    )
    found = [paper.profile(w, probe, spec.trim) for w in trained]
    theirs = {name: torch.stack([one[name] for one in found]).numpy() for name in found[0]}
    pairs = {name: (ours[name], value) for name, value in theirs.items()}
    pairs["losses"] = ours["losses"], np.array(losses)
    for place, split in enumerate((paper.gate_split, paper.retention_split)):
        if np.isnan(ours["first"][:, place]).all():
            continue  # a leak that stands still has no gate split
        each = [paper.corrections_by_lag([split(w, u) for u in probe], windows) for w in trained]
        own = np.stack([ours[name][:, place] for name in ("first", "missed_by_zeroth", "missed_by_first")], axis=1)
        pairs[split.__name__] = own, torch.stack(each).numpy()
    return pairs


def truncation(cell: str, spec: TruncationSpec, seed: int) -> Pairs:
    """Errors of every order by eps, and corrections by lag, along one frozen trajectory."""
    import torch

    from tests.reference import paper

    job = TruncationJob(cell_of(cell), seed, replace(spec, cells=(cell,), seeds=(seed,)))
    ours = job.run().arrays
    weights, inputs, picks = job.streams(3)
    w = _handed(drawn_network(job.cell, spec.n, spec.inputs, weights, start=spec.start))
    phases = torch.tensor(inputs.standard_normal(spec.inputs))
    u = paper.slow_inputs(phases, torch.tensor(inputs.standard_normal((spec.steps, spec.inputs))))
    split = paper.gate_split(w, u)
    terms = paper.orders(*split)
    errors = [[paper.truncation_error(terms, order, eps) for eps in spec.eps] for order in range(spec.highest + 1)]
    windows = _windows(drawn_windows(picks, 1, spec.steps, spec.lags, spec.windows))
    missed = paper.corrections_by_lag([split], windows).numpy()
    pairs = {name: (ours[name], missed[i]) for i, name in enumerate(("first", "missed_by_zeroth", "missed_by_first"))}
    return pairs | {"log error": (np.log(ours["error"]), np.log(np.array(errors)))}


def anisotropy(trained: Trained, name: str, spec: AnisotropySpec, seed: int) -> Pairs:
    """Losses on the way; AI and CE of products by lag and of per-example gradients at every checkpoint."""
    import torch

    from tests.reference import paper

    cell = cell_of(trained.cell)
    job = AnisotropyJob(cell, seed, replace(spec, networks=(trained,), tasks=(name,), seeds=(seed,)))
    ours = job.run().arrays
    weights, batches, probes, picks = job.streams(4)
    network = drawn_network(cell, spec.n, spec.inputs, weights, start=spec.start)
    chosen = task(name)
    probe = chosen.draw(probes, spec.steps, spec.gradients, spec.inputs)
    u, y = torch.tensor(probe.u), torch.tensor(probe.y[:, 0])
    windows = _windows(drawn_windows(picks, spec.gradients, spec.steps, spec.lags, spec.pairs))
    kept, losses = paper.train(
        _handed(network), _batches(chosen, batches, spec), trained.optimiser, trained.rate, spec.checkpoints
    )
    products = [paper.of_products(w, u, windows, spec.rank) for w in kept]
    gradients = [paper.of_gradients(w, (u, y), spec.rank) for w in kept]
    return {
        "losses": (ours["losses"], np.array(losses)),
        "products": (ours["products"], torch.stack(products).numpy()),
        "gradients": (ours["gradients"], torch.stack(gradients).numpy()),
    }


def _handed(network: Network) -> dict[str, Any]:
    """The weights as tensors under the names of the program; biases, which are 0 and stay there, are left out."""
    import torch

    weights = {name: value for name, value in network.params.items() if name not in ("b", "b_g")}
    return {name: torch.tensor(value) for name, value in weights.items()} | {"w_y": torch.tensor(network.weights[0])}


def _batches(chosen: Task, rng: np.random.Generator, spec: Any) -> Iterator[Any]:
    """The batches of training, each different, as many as there are losses."""
    import torch

    for _ in range(spec.iterations + 1):  # the last one is drawn for the last checkpoint, and moves nothing
        drawn = chosen.draw(rng, spec.steps, spec.batch, spec.inputs)
        yield torch.tensor(drawn.u), torch.tensor(drawn.y[:, 0])


def _windows(found: dict[int, tuple[Array, Array]]) -> dict[int, list[tuple[int, int]]]:
    return {lag: [(int(s), int(k)) for s, k in zip(*pair, strict=True)] for lag, pair in found.items()}
