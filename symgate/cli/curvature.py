"""The analysis of curvature: what it prints, and the arrays and the figure that it leaves."""

from __future__ import annotations

from argparse import Namespace

import numpy as np

from symgate import numeric, plots
from symgate.cli import console
from symgate.cli.shown import Array, Shown, Told, tell_lost
from symgate.errors import ShapeError
from symgate.numeric.pieces import cut, finite_steps

#: States above this have squares, times what T steps make of them, beyond the floating point range.
LARGEST = 1e140


def curvature(path: numeric.Trajectory, options: Namespace, told: Told) -> Shown:
    """Leading eigenvalues of the Hessian and of Gauss-Newton of half the squared state; where the gradient lies."""
    path = _finite(path, options)
    curved = np.ones(path.after.shape)
    if options.loss == "last":
        curved[..., :-1, :] = 0
    entries = sum(value.size for name, value in path.params.items() if options.wrt in (None, name))
    count = options.k or max(1, min(5, entries))
    found = numeric.curvature_spectrum(
        path, curved * path.after, curved, count, wrt=options.wrt, seed=options.seed, told=told
    )
    shares = [found.shares(pairs) for pairs in (found.hessian, found.gauss_newton)]
    _print(path.cell.name, found, shares[0])
    arrays: dict[str, Array] = {"gradient": found.gradient, "along_gradient": found.along_gradient}
    arrays |= {"hessian_shares": shares[0], "gauss_newton_shares": shares[1]}
    for name, pairs in (("hessian", found.hessian), ("negative", found.negative), ("gauss_newton", found.gauss_newton)):
        arrays |= {name: pairs.values, f"{name}_errors": pairs.errors, f"{name}_vectors": pairs.vectors}
    return arrays, plots.curvature(found.hessian, found.negative, found.gauss_newton, *shares)


def _print(name: str, found: numeric.CurvatureSpectrum, shares: Array) -> None:
    """The table, and what follows from it."""
    heads, columns = ["i"], [[f"{i + 1}" for i in range(len(shares))]]
    for label, pairs in (
        ("largest of H", found.hessian),
        ("smallest of H", found.negative),
        ("largest of G", found.gauss_newton),
    ):
        heads += [label, "error"]
        columns += [[f"{value:.5g}" for value in pairs.values], [f"{value:.1g}" for value in pairs.errors]]
        if pairs is found.hessian:
            heads.append("share of the gradient")
            columns.append([f"{value:.3f}" for value in shares])
    title = f"{name}: H the Hessian, G Gauss-Newton, by the {len(found.gradient)} entries of {', '.join(found.shapes)}"
    console.table(heads, list(zip(*columns, strict=True)), title)
    along = found.along_gradient
    if np.isfinite(along).all():
        print(f"along the gradient g: g'Hg/g'g = {along[0]:.5g}, g'Gg/g'g = {along[1]:.5g}")
    else:
        print("The gradient is 0.")
    print(f"the longest stable step of gradient descent, 2 / (largest of H): {found.step_limit:.3g}")
    if not found.converged.all():
        print(f"not all converged after {found.products.max()} products; each value is correct up to its stated error")


def _finite(path: numeric.Trajectory, options: Namespace) -> numeric.Trajectory:
    """The steps after which the states of every sequence are finite, and their squares.

    Raises:
        ShapeError: the loss is taken after a step that is not finite, or the first step is not.
    """
    usable = finite_steps(path)
    small = (np.abs(path.x) < LARGEST).all(axis=-1)
    squared = np.where(small.all(axis=-1), path.steps, np.argmin(small, axis=-1) - 1)
    if (squared == path.steps).all():
        return path
    shortest = max(0, int(np.min(squared)))
    if options.loss == "last" or not shortest:
        raise ShapeError(
            f"The squared state of a sequence leaves the floating point range after step {shortest} of {path.steps}; "
            + ("use --loss every, or fewer steps." if shortest else "no step is left.")
        )
    tell_lost(usable < path.steps)
    print(f"only the loss of the first {shortest} steps is used")
    return cut(path, 0, shortest)
