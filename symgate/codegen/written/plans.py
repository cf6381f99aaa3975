"""What the plans of every target share: memory, sums of fixed weights, and who may use a plan."""

from __future__ import annotations

from _thread import get_ident

import numpy as np


def _aligned(shape, dtype):
    """A new array that begins on a line of the cache: products written to it are up to a quarter faster."""
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.zeros(size + 64, np.uint8)  # what no point has written yet must not be infinite
    first = -memory.__array_interface__["data"][0] % 64
    return memory[first : first + size].view(dtype).reshape(shape)


def _fold(affine, kept, shapes, points, dtype):
    """Buffers for sums W v + V u + b of fixed weights, each (products, vectors) by name in ``affine``.

    Returns where each v stands in a row (v, u, 1); such rows, one for each point; the weights that give every sum in
    one product with them; and the sums.
    """
    places, last = {}, 0
    for name in dict.fromkeys(vector for products, _ in affine for _, vector in products):
        places[name] = slice(last, last + shapes[name][-1])
        last = places[name].stop
    length = len(kept[affine[0][0][0][0]])
    rows, weights = _aligned((points, last + 1), dtype), _aligned((len(affine), last + 1, length), dtype)
    rows[:, last], weights[...] = 1, 0
    for folded, (products, vectors) in zip(weights, affine):
        for matrix, name in products:
            folded[places[name]] += kept[matrix].T
        for name in vectors:
            folded[last] += kept[name]
    return places, rows, weights, _aligned((len(affine), points, length), dtype)


class _Held:
    """Weights that a plan computes with, and the refusals of every plan."""

    _weights: dict[str, np.ndarray]
    _shapes: dict[str, tuple[int, ...]]
    _thread: int
    result: np.ndarray

    def __reduce__(self):
        """Refuse copies and pickles: views of one memory would become arrays of their own."""
        raise TypeError("A plan cannot be copied or pickled; make another one from the same arguments.")

    def stale(self):
        """Whether an array of weights no longer holds the values that this plan computes with."""
        return any(not np.array_equal(array, self._kept[name]) for name, array in self._weights.items())

    def _take(self, weights):
        """Copy the weights, new ones or the new values of the same arrays."""
        self._own()
        for name in weights:
            if name not in self._weights:
                raise TypeError(f"{name} is not a weight of this plan; its weights are {', '.join(self._weights)}")
        taken = {name: self._fitting(name, value, self._weights[name].shape) for name, value in weights.items()}
        self._weights.update(taken)
        self._kept = {name: array.copy("C") for name, array in self._weights.items()}

    def _refuse(self, moving):
        for name in moving:
            if name not in self._shapes:
                known = "a weight, fixed in this plan: use refresh" if name in self._weights else "unknown to this plan"
                raise TypeError(f"{name} is {known}")
        name = next(name for name in self._shapes if name not in moving)
        raise TypeError(f"{name} is missing; this plan needs {', '.join(self._shapes)}")

    def _own(self):
        if get_ident() != self._thread:
            raise RuntimeError("This plan belongs to the thread that made it; make one for each thread")

    def _fitting(self, name, value, shape):
        array, dtype = np.asarray(value), self.result.dtype
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(
                f"{name} must have shape {shape} and dtype {dtype}, for which this plan was made; "
                f"found {array.shape} and {array.dtype}"
            )
        if type(value) is not np.ndarray and isinstance(value, np.ma.MaskedArray):
            raise ValueError(f"{name} is a masked array, and a mask has no meaning here; pass {name}.filled(...)")
        if np.may_share_memory(array, self.result):
            raise ValueError(f"{name} lies in the memory of this plan, which the call overwrites; pass a copy")
        return array
