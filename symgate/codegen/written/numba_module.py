"""What a numba module holds beside its formulas and those of NumPy."""

from __future__ import annotations

import math
from _thread import get_ident
from collections.abc import Callable

import numpy as np
from numba import njit

from symgate.codegen.written.plans import _aligned, _fold, _Held

#: By function: the shapes of its arguments, and which it needs.  A generated module writes its own.
_CALLS: dict[str, tuple[dict[str, tuple[str | int, ...]], tuple[str, ...]]] = {}
#: What the layers of a stack hand on, from the lowest up.  A generated module writes its own.
_LAYERS: dict[str, tuple[Callable[..., None], str | int]] = {}


def _run(loop, function, given, batch, results):
    """Call a compiled loop: all arrays contiguous and writeable, so that there is one compilation for each dtype."""
    shapes, needed = _CALLS[function]
    points = math.prod(batch)
    arrays = [_flat(given[name], len(shapes[name]), batch, points) for name in needed]
    spaces = [result if result.flags.c_contiguous else np.empty(result.shape, result.dtype) for result in results]
    loop(*arrays, *[space.reshape(points, *(space.shape[len(batch) :] or (1,))) for space in spaces])
    for result, space in zip(results, spaces):
        if space is not result:
            result[...] = space


def _flat(array, core, batch, points):
    """An argument as (points, ...), or (1, ...) where all points share it."""
    if array.ndim == core:
        array = array[None]
    else:
        whole = batch + array.shape[array.ndim - core :]
        array = array if array.shape == whole else np.broadcast_to(array, whole)
        array = array if len(batch) == 1 else array.reshape(points, *whole[len(batch) :])
    return array if array.flags.carray else array.copy("C")


def _layers(last, sizes):
    """The layers up to the one that hands on ``last``: its loop, what that reads, what it computes, and the length."""
    for name, (loop, length) in _LAYERS.items():
        yield loop, f"_{name}_loop", name, sizes.get(length, length)
        if name == last:
            return


def _put_layers(last, given, sizes, batch, dtype):
    """Put what the layers hand on beside the arguments, from the lowest layer up to this name."""
    points = math.prod(batch)
    for loop, reads, name, length in _layers(last, sizes):
        shapes, needed = _CALLS[reads]
        space = np.empty((points, length), dtype)
        loop(*[_flat(given[one], len(shapes[one]), batch, points) for one in needed], space)
        given[name] = space.reshape(*batch, length)


@njit(error_model="numpy", fastmath={"contract"})
def _decay(y):
    """exp(-y) and exp(-y) - 1 for y >= 0, to about one unit of the last place.

    exp(-y) = 2^-k e^r with |r| at most log(2)/2: the last bits of t hold k, and a power of two is made of its bits (as
    two factors, for those below the normal numbers).  No branch, no call: loops over it use vector instructions.
    """
    y = 800.0 if y > 800 else np.float64(y)
    t = y * 1.4426950408889634 + _ROUND
    r = (t - _ROUND) * _LOG2 - y + (t - _ROUND) * _LOG2_REST
    q = 1.6059043836821613e-10  # 1/13!, then down to 1/2!
    q = q * r + 2.08767569878681e-09
    q = q * r + 2.505210838544172e-08
    q = q * r + 2.755731922398589e-07
    q = q * r + 2.7557319223985893e-06
    q = q * r + 2.48015873015873e-05
    q = q * r + 0.0001984126984126984
    q = q * r + 0.001388888888888889
    q = q * r + 0.008333333333333333
    q = q * r + 0.041666666666666664
    q = q * r + 0.16666666666666666
    q = q * r + 0.5
    q = r + r * r * q
    k = np.float64(t).view(np.int64) & 0xFFFF
    one = np.int64((1023 - (k >> 1)) << 52).view(np.float64)
    two = np.int64((1023 - k + (k >> 1)) << 52).view(np.float64)
    return (one + one * q) * two, (one * two - 1) + one * two * q


#: log 2 in two parts, the first with few bits, and 1.5 * 2^52.
_LOG2, _LOG2_REST, _ROUND = 0.693147180369123816490, 1.90821492927058770002e-10, 6755399441055744.0


@njit(error_model="numpy", fastmath={"reassoc", "contract"})
def _row_times(W, i, v):
    """Row i of W times v."""
    total = 0.0
    for k in range(len(v)):
        total += W[i, k] * v[k]
    return total


@njit(error_model="numpy")
def _transposed_times(W, v, result):
    """W' v, written to ``result``."""
    for i in range(len(result)):
        result[i] = 0.0
    for k in range(len(v)):
        for i in range(len(result)):
            result[i] += W[k, i] * v[k]


def _points(array, points):
    """Vectors as (points, n)."""
    return array.reshape(points, array.shape[-1])


def _whole(array, shape):
    """The array with this shape, contiguous."""
    return array if array.shape == shape and array.flags.c_contiguous else np.array(np.broadcast_to(array, shape))


class _Plan(_Held):
    """Arguments laid out once for one set of shapes and one dtype; it belongs to one thread.

    Call it with what moves (states and inputs, of the shapes and the dtype it was made for): it returns its own
    buffer, which the next call overwrites.  The weights are those given when it was made, or to ``refresh``;
    ``stale()`` says whether one of these arrays has changed since.

    For four points or more whose weights have no batch axes there are three steps: one matrix product for every sum
    W v + V u + b in ``affine``; ``columns``, which takes these sums and the arguments ``rest``, for the coefficients;
    and ``written``, which takes them and the weights ``letters``, for the sum of words.  Of a stack, the ``layers``
    below come first; what ``loop`` reads then has a name of its own in the table of calls.
    """

    def __init__(
        self, loop, columns, written, affine, rest, letters, function, given, batch, shape, dtype, moving, *below
    ):
        self._loop, self._columns, self._written = loop, columns, written
        self._affine, self._rest, self._letters = affine, rest, letters
        self._thread, self._batch, self._points = get_ident(), batch, math.prod(batch)
        shapes, self._needed = _CALLS[function]
        self._cores = {name: len(axes) for name, axes in shapes.items()}
        self._shapes = {name: given[name].shape for name in self._needed if name in moving}
        self._weights = {name: given[name] for name in self._needed if name not in moving}
        self.result = _aligned(shape, dtype)
        self._space = self.result.reshape(self._points, *shape[len(batch) :])
        self._given = {name: self._laid_out(name, given[name]) for name in self._shapes}
        layers, reads = below or ((), function)
        self._reads, self._layers = _CALLS[reads][1], []
        for one, table, name, length in layers:
            self._given[name] = _aligned((self._points, length), dtype)
            self._layers.append((one, _CALLS[table][1], name))
        self.refresh()

    def refresh(self, **weights):
        """Take new weights, or the new values of the same arrays."""
        self._take(weights)
        self._given.update({name: self._laid_out(name, array) for name, array in self._kept.items()})
        shared = all(array.ndim == self._cores[name] for name, array in self._kept.items())
        self._places = None
        if self._affine and shared and self._points >= 4:
            shapes = {name: array.shape for name, array in self._given.items()}
            buffers = _fold(self._affine, self._kept, shapes, self._points, self.result.dtype)
            self._places, self._rows, self._folded, self._sums = buffers
            self._coefficients = _aligned((len(self._letters), self._points, self.result.shape[-2]), self.result.dtype)
            matrices = [self._matrix(*letter) for letter in self._letters if letter is not None]
            self._steps = self._coefficients, *matrices, self._space

    def __call__(self, **moving):
        self._own()
        if moving.keys() != self._shapes.keys():
            self._refuse(moving)
        for name, shape in self._shapes.items():
            self._given[name] = self._laid_out(name, self._fitting(name, moving[name], shape))
        for loop, reads, name in self._layers:
            loop(*[self._given[one] for one in reads], self._given[name])
        if self._places is None:
            self._loop(*[self._given[name] for name in self._reads], self._space)
        else:
            for name, place in self._places.items():
                self._rows[:, place] = self._given[name]
            np.matmul(self._rows, self._folded, out=self._sums)
            self._columns(*self._sums, *[self._given[name] for name in self._rest], *self._coefficients)
            self._written(*self._steps)
        return self.result

    def _matrix(self, name, transposed):
        """A weight of the words, or the row that every row of it is."""
        found = self._kept[name].T if transposed else self._kept[name]
        matrix = _aligned(self.result.shape[-2:], self.result.dtype)
        matrix[...] = found
        return matrix

    def _laid_out(self, name, array):
        array = _flat(array, self._cores[name], self._batch, self._points)
        if name in self._shapes:
            return array
        aligned = _aligned(array.shape, array.dtype)
        aligned[...] = array
        return aligned
