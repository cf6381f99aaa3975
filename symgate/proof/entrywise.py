"""Route (a): entry by entry, exactly, with opaque nonlinearities, up to the sizes that settle all sizes.

The recurrence is written out in entries, ``sympy.diff`` differentiates those scalars, and the difference to the
right side is expanded.  ``letters.py`` says how large n must be for that to hold for every n.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.errors import UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.certificate import Evidence
from symgate.proof.entries import Entries, concrete
from symgate.proof.functions import BOUND, OPAQUE, RULES, functions
from symgate.proof.letters import Letters, Settling
from symgate.proof.symbolic import Symbolic, vanishes
from symgate.records import Derivation, Kind

ROUTE = "entrywise"


def check(derivation: Derivation, level: str = OPAQUE, *, time_limit: float = 20.0) -> Evidence:
    """Compare the right side with ``sympy.diff`` of the recurrence, exactly, at every settling size.

    Named intermediates stay atoms first, with their definitions inside for the derivative; where that fails they
    are multiplied out.  ``level`` is what may be used of the functions (``functions.py``).

    Returns:
        passed: True where the identity holds for all sizes; False where it fails as an identity in the
        atoms at this level; None where time ran out or the language is left.
    """
    start = time.perf_counter()
    deadline = start + time_limit
    attempts: list[Evidence] = []
    for keep_names in (True, False):
        try:
            found = _attempt(derivation, level, keep_names=keep_names, deadline=deadline)
        except UnsupportedNodeError as error:
            found = Evidence(ROUTE, None, str(error))
        attempts.append(found)
        if found.passed or time.perf_counter() > deadline:
            break
    last = attempts[-1]
    return Evidence(last.route, last.passed, last.detail, last.sizes, last.checks, seconds=time.perf_counter() - start)


def _attempt(derivation: Derivation, level: str, *, keep_names: bool, deadline: float) -> Evidence:
    settling = Letters(derivation, keep_names).settling()
    checks, done = 0, []
    patterns: set[tuple[int, ...]] = set()
    for sizes in grid(settling):
        algebra = Symbolic(functions(derivation.cell, level), keep_names=keep_names)
        done.append(tuple((str(dim), size) for dim, size in sizes.items()))
        for key, difference in _differences(derivation, algebra, sizes):
            if time.perf_counter() > deadline:
                detail = f"out of time at {layout.shown_sizes(sizes)} after {checks} entries that agree"
                return Evidence(ROUTE, None, detail, tuple(done), checks)
            checks += 1
            if not vanishes(difference):
                row, col = layout.position(derivation, key, sizes)
                detail = f"entry ({row + 1}, {col + 1}) differs at {layout.shown_sizes(sizes)}, {_WORDS[level]}"
                return Evidence(ROUTE, passed=False, detail=detail, sizes=tuple(done), checks=checks)
        if all(sizes[dim] >= count for dim, count in settling.letters.items()):
            patterns.add(tuple(algebra.pattern))
    if len(patterns) > 1:
        raise UnsupportedNodeError("Two arguments of a function agree at some sizes only, so no size settles all.")
    detail = (
        f"{checks} entries agree exactly up to {layout.shown_sizes(_spare(settling))}, {_WORDS[level]}; "
        f"{_reason(settling)}, so this settles all sizes"
    )
    return Evidence(ROUTE, passed=True, detail=detail, sizes=tuple(done), checks=checks)


def grid(settling: Settling) -> Iterator[dict[Expr, int]]:
    """The sizes to check: growing together up to the letter counts, then every combination of the extra ones.

    Up to 3 letters, one size more in every dimension follows, which the theorem does not need: a guard against a
    slip in the counts (beyond, the modular route at n = 32 has to serve).
    """
    letters, extra = settling.letters, settling.extra
    for size in range(1, max(letters.values(), default=1)):
        yield {dim: min(size, count) for dim, count in letters.items()}
    for more in product(*(range(extra[dim] + 1) for dim in letters)):
        yield {dim: count + step for (dim, count), step in zip(letters.items(), more, strict=True)}
    if letters and all(count <= 3 for count in letters.values()):
        yield _spare(settling)


def _differences(
    derivation: Derivation, algebra: Symbolic, sizes: dict[Expr, int]
) -> Iterator[tuple[layout.Key, Expr]]:
    """Each entry of "derivative of the recurrence minus right side", not yet expanded."""

    def atom(symbol: Expr, i: int, j: int) -> Expr:
        label = f"[{i + 1},{j + 1}]" if isinstance(symbol, MatrixExpr) else ""
        return sympy.Symbol(f"{symbol.name}{label}")

    values = layout.filled(layout.leaves(derivation), sizes, atom)
    entries = Entries(algebra, sizes, values, derivation.cell.definitions)
    right = layout.claimed(derivation, entries)
    scalars = layout.target(derivation, entries)
    for i, p, q in _keys(derivation, sizes):
        left = sympy.diff(scalars[i], atom(derivation.wrt, p, q))
        yield (i, p, q), left - right.get((i, p, q), sympy.S.Zero)


def _keys(derivation: Derivation, sizes: dict[Expr, int]) -> Iterator[layout.Key]:
    """Every entry up to size 2; beyond, one entry for each pattern of equal indices.

    Renaming index values turns an entry into any other with the same indices equal, symbols and all.
    """
    shape = list(getattr(derivation.wrt, "shape", (sympy.S.One, sympy.S.One)))
    scalar = derivation.kind is Kind.VJP or not isinstance(derivation.of, MatrixExpr)
    first = [sympy.S.One] if scalar else [derivation.of.shape[0]]
    dims = [*first, *shape]
    for key in product(*(range(concrete(dim, sizes)) for dim in dims)):
        fresh = all(
            dim not in sizes
            or index <= 1 + max((k for k, d in zip(key[:at], dims, strict=False) if d == dim), default=-1)
            for at, (index, dim) in enumerate(zip(key, dims, strict=True))
        )
        if derivation.kind is Kind.DIAGONAL and key[0] != key[1]:
            continue
        if fresh or max(sizes.values(), default=1) <= 2:
            yield key  # type: ignore[misc]


_WORDS = {
    OPAQUE: "for any differentiable functions",
    RULES: "using the value rules of the registered functions",
    BOUND: "using the functions that the cell is bound to",
}


def _spare(settling: Settling) -> dict[Expr, int]:
    """The largest sizes that are checked: one beyond what is needed, where that is cheap."""
    more = all(count <= 3 for count in settling.letters.values())
    return {dim: count + settling.extra[dim] + more for dim, count in settling.letters.items()}


def _reason(settling: Settling) -> str:
    """Why the checked sizes are enough, in words."""
    if not settling.letters:
        return "no size is symbolic"
    counts = ", ".join(f"{count} of size {dim}" for dim, count in settling.letters.items())
    extra = [f"{count} more of {dim}" for dim, count in settling.extra.items() if count]
    tail = f" and coefficients that depend on the size need {', '.join(extra)}" if extra else ""
    return f"no term carries more index letters than {counts}{tail}"
