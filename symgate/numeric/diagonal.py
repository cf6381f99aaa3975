"""First order of a product of J_j = diag(a_j) + B_j where B_j is a sum of words diag(c_j) W: no B_j, no J_j is formed.

With prefix and suffix products p_i = a_1 (.) ... (.) a_{i-1} and s_i = a_T (.) ... (.) a_{i+1},

    M^(1) = sum_i diag(s_i) B_i diag(p_i) = sum over words of W (.) (sum_i (s_i (.) c_i) p_i'),

one matrix product over time.  A gate may be 0, and products may underflow: nothing is divided by what is not a normal
number.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from symgate.codegen import source
from symgate.codegen.writer.program import analyse
from symgate.codegen.writer.words import Word, words_of
from symgate.derive import jacobian
from symgate.errors import ShapeError
from symgate.numeric.arrays import Array, real_array
from symgate.numeric.load import GeneratedFunction
from symgate.numeric.products import expansion_orders
from symgate.numeric.stacks import chosen, split
from symgate.numeric.trajectories import Trajectory
from symgate.records import Cell

#: A word diag(c_j) W for every step: c (..., T, n) or (..., T, 1); W (..., n, n), a row (..., 1, n), or None for I.
Words = Iterable[tuple[ArrayLike, ArrayLike | None]]


def first_order(trajectory: Trajectory, keep: str | Iterable[str] = "retention") -> Array:
    """M^(1) of the whole trajectory: the first order in eps of prod_j (A_j + eps B_j), J_j = A_j + B_j.

    Where the normal form of the Jacobian says that A is diagonal and B a sum of words diag(c) W, by
    ``diagonal_first_order``; else by the recursion of ``expansion_orders``.

    Args:
        trajectory: a trajectory; of several states the result has all of them side by side, by the recursion.
        keep: what A is, as for ``split``: "retention", "drive", "gate", or names of terms.

    Returns:
        (..., n, n).

    Raises:
        UnknownNameError: ``keep`` names a term that the Jacobian does not have.

    Law: ``tests/numeric/test_diagonal.py`` (against ``expansion_orders``).
    """
    found = diagonal_words(trajectory, keep) if trajectory.steps and not trajectory.cell.matrix_states else None
    if found is None:
        return expansion_orders(*split(trajectory, keep), 1)[1]
    return diagonal_first_order(*found)


def diagonal_words(
    trajectory: Trajectory, keep: str | Iterable[str] = "retention"
) -> tuple[Array, list[tuple[Array, Array | None]]] | None:
    """(a, words) of the split J_j = diag(a_j) + sum of diag(c_j) W, or None where it is not of that form.

    Arguments and errors as for ``first_order``; shapes as for ``diagonal_first_order``.
    """
    kept = chosen(trajectory.cell, keep)
    words = _words(trajectory.cell) if len(trajectory.cell.states) == 1 else None
    if words is None or any(word.letter is not None for word in words if word.term in kept):
        return None
    with np.errstate(all="ignore"):
        pairs = _factored(trajectory.cell)(**trajectory.arguments)
    a, moved = np.zeros_like(trajectory.before), []
    for word, (c, W) in zip(words, pairs, strict=True):
        if word.term in kept:
            a = a + c
        else:
            moved.append((c, W if W is None or W.ndim == 2 else W[..., 0, :, :]))  # batched: without the axis of time
    return a, moved


def diagonal_first_order(a: ArrayLike, words: Words) -> Array:
    """M^(1) of prod_j (diag(a_j) + eps B_j), B_j the sum of words diag(c_j) W; 2 T n^2 flops for each word.

    Args:
        a: the diagonals a_1 .. a_T, (..., T, n).
        words: pairs (c, W): c (..., T, n) or (..., T, 1), and W a matrix (..., n, n), a row (..., 1, n), or None for I.

    Returns:
        (..., n, n).  Where |a| <= 1, as for gates, nothing overflows, and what underflows does so in the result.  Else,
        where a product leaves the range of floats, the recursion over dense B_j steps in: it forms no suffixes.

    Raises:
        ShapeError: shapes that do not fit.
    """
    diagonals, pairs = real_array(a, "a"), [_checked(c, W) for c, W in words]
    if diagonals.ndim < 2:
        raise ShapeError(f"a needs shape (..., T, n), one diagonal per step; found {diagonals.shape}.")
    steps, n = diagonals.shape[-2:]
    dense = [(c, W) for c, W in pairs if W is not None]
    batch = _batch(diagonals, pairs)
    kind = np.result_type(diagonals, *(part for pair in pairs for part in pair if part is not None))
    with np.errstate(all="ignore"):
        calm = bool(np.fmax.reduce(np.abs(diagonals), axis=None, initial=0) <= 1)
        start = 2.0 ** (2 * np.finfo(diagonals.dtype).maxexp // 5) if calm else 1.0  # no denormals, which are slow
        before, after = _runs(diagonals, start)
        if not (calm or _in_range(before, after)):
            return _by_recursion(diagonals, pairs, (*batch, steps, n))
        sides = np.empty((*batch, len(dense), steps, n), kind)
        for place, (c, _) in enumerate(dense):
            np.multiply(after, c, out=sides[..., place, :, :])
        sums = np.matmul(np.swapaxes(sides, -1, -2), before[..., None, :, :])
        total = np.zeros((*batch, n, n), kind)
        for place, (_, W) in enumerate(dense):
            if place:
                total += W * sums[..., place, :, :]
            else:
                np.multiply(W, sums[..., place, :, :], out=total)
        for c in (c for c, W in pairs if W is None):
            np.einsum("...ii->...i", total)[...] += np.einsum("...ti,...ti->...i", after * c, before)
        total *= 1 / start**2
        return total


def _batch(a: Array, pairs: list[tuple[Array, Array | None]]) -> tuple[int, ...]:
    """The common batch axes, once all shapes fit."""
    square = a.shape[-1:] * 2
    if a.ndim == 2 and all(c.shape == a.shape and (W is None or W.shape == square) for c, W in pairs):
        return ()
    try:
        steps = np.broadcast_shapes(a.shape, *(c.shape for c, _ in pairs))
        whole = np.broadcast_shapes((*steps[:-2], *square), *(W.shape for _, W in pairs if W is not None))
    except ValueError:
        steps = whole = ()
    if steps[-2:] != a.shape[-2:] or whole[-2:] != square:
        shapes = [(c.shape, None if W is None else W.shape) for c, W in pairs]
        raise ShapeError(f"For a of shape {a.shape} words need c (..., T, n), W (..., n, n); found {shapes}.")
    return whole[:-2]


@lru_cache(maxsize=64)
def _words(cell: Cell) -> tuple[Word, ...] | None:
    return words_of(analyse(jacobian(cell)))


@lru_cache(maxsize=64)
def _factored(cell: Cell) -> GeneratedFunction:
    J = jacobian(cell)
    return GeneratedFunction(source(J), f"{J.name}_factored")


def _checked(c: ArrayLike, W: ArrayLike | None) -> tuple[Array, Array | None]:
    """A word as arrays."""
    coefficient, letter = real_array(c, "c"), None if W is None else real_array(W, "W")
    if coefficient.ndim < 2 or (letter is not None and letter.ndim < 2):
        shapes = coefficient.shape, None if letter is None else letter.shape
        raise ShapeError(f"A word needs c (..., T, n) and W (..., n, n); found {shapes[0]} and {shapes[1]}.")
    return coefficient, letter


def _runs(a: Array, start: float = 1.0) -> tuple[Array, Array]:
    """p_i = a_1 .. a_{i-1} and s_i = a_{i+1} .. a_T for i = 1..T, (..., T, n) each, times ``start``.

    A ``start`` above 1 says that no |a| is: then no product is smaller than that of all, and if that is a normal number
    the suffixes are its quotients by the prefixes, without loss; else they are multiplied up from the end.
    """
    least = float(np.finfo(a.dtype).tiny)
    prefixes = _running(a, start)
    before, whole = prefixes[..., :-1, :], prefixes[..., -1:, :]
    if start > 1 and np.abs(whole).min(initial=start) >= least:
        return before, start * whole / prefixes[..., 1:, :]
    after = _running(a[..., ::-1, :], start)[..., -2::-1, :]
    if start > 1:
        before[np.abs(before) < start * least], after[np.abs(after) < start * least] = 0, 0
    return before, after


def _running(a: Array, start: float) -> Array:
    """start, start a_1, start a_1 a_2, .., (..., T + 1, n)."""
    found = np.empty((*a.shape[:-2], a.shape[-2] + 1, a.shape[-1]), a.dtype)
    found[..., :1, :], found[..., 1:, :] = start, a
    return np.multiply.accumulate(found, axis=-2, out=found)


def _in_range(*runs: Array) -> bool:
    """Whether the two may be multiplied: none has left the range of floats where the other could bring it back."""
    sizes = np.abs(np.stack(runs))
    return bool((((sizes >= np.finfo(sizes.dtype).tiny) & (sizes < np.inf)) | np.isnan(sizes)).all())


def _by_recursion(a: Array, words: list[tuple[Array, Array | None]], shape: tuple[int, ...]) -> Array:
    """The same by B_j."""
    eye = np.eye(shape[-1])
    A, B = np.broadcast_to(a, shape)[..., None] * eye, np.zeros((*shape, shape[-1]))
    for c, W in words:
        B = B + np.broadcast_to(c, shape)[..., None] * (eye if W is None else W[..., None, :, :])
    return expansion_orders(A, B, 1)[1]
