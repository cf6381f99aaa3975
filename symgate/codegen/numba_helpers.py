"""What a numba module holds beside its formulas, as text."""

from __future__ import annotations

#: Module-level names of these parts.
NAMES = ("_run", "_flat", "_row_times", "_transposed_times", "_decay", "_Plan", "get_ident")

HELPERS = {
    "_run": '''
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
        array = array.reshape(points, *whole[len(batch) :])
    return array if array.flags.c_contiguous and array.flags.writeable else array.copy("C")
''',
    "_decay": '''
#: log 2 in two parts, the first with few bits, and 1.5 * 2^52.
_LOG2, _LOG2_REST, _ROUND = 0.693147180369123816490, 1.90821492927058770002e-10, 6755399441055744.0


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
''',
    "_row_times": '''
@njit(error_model="numpy", fastmath={"reassoc", "contract"})
def _row_times(W, i, v):
    """Row i of W times v."""
    total = 0.0
    for k in range(len(v)):
        total += W[i, k] * v[k]
    return total
''',
    "_transposed_times": '''
@njit(error_model="numpy")
def _transposed_times(W, v, result):
    """W' v, written to ``result``."""
    for i in range(len(result)):
        result[i] = 0.0
    for k in range(len(v)):
        for i in range(len(result)):
            result[i] += W[k, i] * v[k]
''',
}

PLAN = '''
class _Plan:
    """Arguments laid out once for one set of shapes and one dtype; it belongs to one thread.

    Call it with what moves (states and inputs, of the shapes and the dtype it was made for): it returns its own
    buffer, which the next call overwrites.  The weights are those given when it was made, or to ``refresh``;
    ``stale()`` says whether one of these arrays has changed since.

    For four points or more whose weights have no batch axes, one matrix product gives every sum W v + V u + b in
    ``affine``, and the loop ``summed`` takes them, with the arguments ``rest``.
    """

    def __init__(self, loop, summed, affine, rest, function, given, batch, shape, dtype, moving):
        self._loop, self._summed, self._affine, self._rest = loop, summed, affine, rest
        self._thread, self._batch, self._points = get_ident(), batch, math.prod(batch)
        shapes, self._needed = _CALLS[function]
        self._cores = {name: len(axes) for name, axes in shapes.items()}
        self._shapes = {name: given[name].shape for name in self._needed if name in moving}
        self._weights = {name: given[name] for name in self._needed if name not in moving}
        self.result = _aligned(shape, dtype)
        self._space = self.result.reshape(self._points, *shape[len(batch) :])
        self._given = {name: self._laid_out(name, given[name]) for name in self._shapes}
        self.refresh()

    def refresh(self, **weights):
        """Take new weights, or the new values of the same arrays."""
        self._own()
        for name, value in weights.items():
            if name not in self._weights:
                raise TypeError(f"{name} is no weight of this plan; those are {', '.join(self._weights)}")
            self._weights[name] = self._fitting(name, value, self._weights[name].shape)
        self._kept = {name: array.copy("C") for name, array in self._weights.items()}
        self._given.update({name: self._laid_out(name, array) for name, array in self._kept.items()})
        shared = all(array.ndim == self._cores[name] for name, array in self._kept.items())
        self._places = None
        if self._affine and shared and self._points >= 4:
            buffers = _fold(self._affine, self._kept, self._shapes, self._points, self.result.dtype)
            self._places, self._rows, self._folded, self._sums = buffers

    def stale(self):
        """Whether an array of weights no longer holds the values that this plan computes with."""
        return any(not np.array_equal(array, self._kept[name]) for name, array in self._weights.items())

    def __call__(self, **moving):
        self._own()
        for name in moving:
            if name not in self._shapes:
                known = "a weight, fixed in this plan: use refresh" if name in self._weights else "unknown to this plan"
                raise TypeError(f"{name} is {known}")
        for name, shape in self._shapes.items():
            if name not in moving:
                raise TypeError(f"{name} is missing; this plan needs {', '.join(self._shapes)}")
            self._given[name] = self._laid_out(name, self._fitting(name, moving[name], shape))
        if self._places is None:
            self._loop(*[self._given[name] for name in self._needed], self._space)
        else:
            for name, place in self._places.items():
                self._rows[:, place] = self._given[name]
            np.matmul(self._rows, self._folded, out=self._sums)
            self._summed(*self._sums, *[self._given[name] for name in self._rest], self._space)
        return self.result

    def _laid_out(self, name, array):
        array = _flat(array, self._cores[name], self._batch, self._points)
        if name in self._shapes:
            return array
        aligned = _aligned(array.shape, array.dtype)
        aligned[...] = array
        return aligned

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
'''
