"""Route (b): exact at random points modulo a large prime, at sizes far beyond those of route (a).

The derivative of the recurrence comes from dual numbers; nonlinearities are consistent random oracles.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence

from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.algebras import PRIME, Modular
from symgate.proof.certificate import Evidence
from symgate.proof.entries import Entries
from symgate.proof.functions import OPAQUE, functions
from symgate.proof.letters import Letters, Settling
from symgate.records import Derivation

ROUTE = "modular"

#: Pairs of sizes, cycled over the dimensions of a cell so that no two of them are always equal.
SIZES = ((1, 1), (2, 1), (2, 3), (5, 4), (8, 9), (32, 7))


def check(
    derivation: Derivation,
    level: str = OPAQUE,
    *,
    sizes: Sequence[Mapping[Expr, int]] | None = None,
    seed: int = 0,
) -> Evidence:
    """Compare the right side with the derivative of the recurrence, modulo the prime 2^61 - 1.

    Returns:
        passed: False is certain for opaque functions (no identity for every function fails at any point);
        True is wrong with at most the stated probability.
    """
    start = time.perf_counter()
    checks, done, worst = 0, [], 0.0
    try:
        settling = Letters(derivation, keep_names=False).settling()
        for at in default_sizes(derivation) if sizes is None else sizes:
            algebra, claimed, true = at_random_point(derivation, at, level, seed)
            done.append(tuple((str(dim), size) for dim, size in at.items()))
            checks += _count(derivation, at)
            for key in sorted(claimed.keys() | true.keys()):
                if claimed.get(key, 0) != true.get(key, 0):
                    row, col = layout.position(derivation, key, at)
                    detail = f"entry ({row + 1}, {col + 1}) differs at a random point, {layout.shown_sizes(at)}"
                    return Evidence(
                        ROUTE,
                        passed=False,
                        detail=detail,
                        sizes=tuple(done),
                        checks=checks,
                        seconds=time.perf_counter() - start,
                    )
            worst = max(worst, error_probability(settling, len(algebra.asked)))
    except UnsupportedNodeError as error:
        return Evidence(ROUTE, None, str(error), tuple(done), checks, seconds=time.perf_counter() - start)
    detail = (
        f"{checks} entries agree exactly modulo 2^61 - 1 at random points of {len(done)} sizes up to "
        f"{layout.shown_sizes(at)}; a wrong formula would pass one size with probability below {worst:.1g}"
    )
    return Evidence(
        ROUTE,
        passed=True,
        detail=detail,
        sizes=tuple(done),
        checks=checks,
        error_probability=worst,
        seconds=time.perf_counter() - start,
    )


def default_sizes(derivation: Derivation) -> list[dict[Expr, int]]:
    """The sizes of this route for the dimensions of the cell."""
    dims = derivation.cell.dimensions
    return [{dim: pair[k % 2] + (k // 2) * (pair[0] > 1) for k, dim in enumerate(dims)} for pair in SIZES]


def error_probability(settling: Settling, oracles: int) -> float:
    """A bound on the probability that a wrong formula agrees at a random point.

    Either two different arguments of functions collide (each pair with probability at most degree / PRIME),
    or the difference, a non-zero polynomial in independent uniform values, has a root there (Schwartz-Zippel).
    """
    pairs = oracles * (oracles - 1) // 2
    return (settling.degree + 2 * settling.inner * pairs) / PRIME


def at_random_point(
    derivation: Derivation, sizes: Mapping[Expr, int], level: str, seed: int
) -> tuple[Modular, dict[layout.Key, int], dict[layout.Key, int]]:
    """Both sides at one random point; drawn again where something below a line is zero."""
    for attempt in range(8):
        label = f"{seed}|{attempt}|{sorted((str(dim), size) for dim, size in sizes.items())}"
        values = draw(derivation, sizes, label)
        algebra = Modular(functions(derivation.cell, level), label)
        try:
            claimed = layout.claimed(derivation, Entries(algebra, sizes, values, derivation.cell.definitions))
            return algebra, claimed, layout.differentiated(derivation, algebra, sizes, values)
        except ZeroDivisionError:
            continue
    raise UnsupportedNodeError(f"{derivation.name} divides by zero at every point.")


def draw(derivation: Derivation, sizes: Mapping[Expr, int], label: str) -> dict[Expr, object]:
    """A uniform residue for every entry of every symbol."""
    source = random.Random(label)  # noqa: S311  reproducible, not secret
    return layout.filled(layout.leaves(derivation), sizes, lambda _symbol, _i, _j: source.randrange(PRIME))


def _count(derivation: Derivation, sizes: Mapping[Expr, int]) -> int:
    rows, cols = layout.expected_shape(derivation, sizes)
    return rows * cols
