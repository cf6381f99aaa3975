"""The second opinion on a derivation over many steps: exact values along whole trajectories."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from sympy import Expr

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof.certificate import Evidence
from symgate.proof.sequences.claims import BY_KIND, claims
from symgate.proof.sequences.compare import differ
from symgate.proof.sequences.timed import OutsideError
from symgate.proof.sequences.trajectories import Trajectory
from symgate.records import Derivation

KINDS = tuple(BY_KIND)

#: Lengths of trajectories, each with the sizes it is checked at.
STEPS = (1, 2, 3, 4)
SIZES = ((1, 1), (2, 1), (3, 2), (2, 3))


def along_trajectories(derivation: Derivation, *, seed: int = 0) -> Evidence:
    """The route: trajectories long enough for every term of the derivation."""
    steps, sizes = STEPS, SIZES
    longest = len(derivation.named_terms) + 1
    if longest > max(steps):
        steps, sizes = (*steps, longest), (*sizes, (2, 1))
    return trajectories(derivation, steps, sizes, seed)


def trajectories(derivation: Derivation, steps: Sequence[int], sizes: Sequence[Sequence[int]], seed: int) -> Evidence:
    """Exact comparison modulo a prime, along trajectories of T steps with arbitrary values.

    No error probability is stated: the degree of a whole trajectory in its values is not bounded here.
    """
    start, checks = time.perf_counter(), 0
    done: list[tuple[tuple[str, int], ...]] = []

    def found(detail: str, *, passed: bool | None) -> Evidence:
        seconds = time.perf_counter() - start
        return Evidence("modular", passed, detail, tuple(done), checks, seconds=seconds)

    try:
        for length, numbers in zip(steps, sizes, strict=True):
            dims = enumerate(derivation.cell.dimensions)
            at = {dim: numbers[q % len(numbers)] + q // len(numbers) for q, dim in dims}
            done.append((("T", length), *((str(dim), size) for dim, size in at.items())))
            path = Trajectory(derivation, length, at, f"{seed}|{derivation.cell.name}|{length}")
            for label, claimed, true in claims(path):
                checks += 1
                if differ(claimed, true):
                    return found(f"{label} differs along a trajectory of {length} steps at {shown(at)}", passed=False)
    except OutsideError as error:
        return found(f"{error}, along a trajectory of {length} steps", passed=False)
    except (UnsupportedNodeError, ShapeError, ZeroDivisionError) as error:
        return found(str(error), passed=None)
    detail = f"{checks} equations between whole matrices hold exactly modulo 2^61 - 1 along {len(done)} trajectories"
    return found(detail, passed=True)


def shown(sizes: Mapping[Expr, int]) -> str:
    """Sizes in words."""
    return ", ".join(f"{name} = {value}" for name, value in sizes.items())
