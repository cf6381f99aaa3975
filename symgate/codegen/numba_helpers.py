"""What a numba module holds beside its formulas, as text."""

from __future__ import annotations

#: Module-level names of these parts.
NAMES = ("_run", "_flat", "_row_times", "_transposed_times", "_decay")

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
''',
    "_flat": '''
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
