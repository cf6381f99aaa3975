"""Sums of words diag(c) W in generated modules: two schedules, and plans, as text."""

from __future__ import annotations

#: Module-level names of these parts.
NAMES = ("_words", "_sum_of_words", "_stack", "_stacked", "_aligned", "_fold", "_Plan", "get_ident")

SUM_OF_WORDS = '''
def _sum_of_words(result, words):
    """Write the sum of diag(c) W over the words (c, W) into ``result``; W None is the identity.

    Four points or more with the same weights: row i of the matrices is [c_1 .. c_K][:, i] times the K rows
    W_1[i] .. W_K[i], so the whole batch is one stacked product.  Otherwise row blocks are scaled, word by word.
    """
    rows, columns = result.shape[-2:]
    shared = all(W is None or W.ndim == 2 for _, W in words)
    if shared and result.size >= 4 * rows * columns and result.flags.c_contiguous:
        stack = _stack(words, rows, columns, result.dtype)
        coefficients = _aligned((*result.shape[:-1], len(words)), result.dtype)
        for place, (c, _) in enumerate(words):
            coefficients[..., place] = c
        _stacked(result.reshape(-1, rows, columns), coefficients.reshape(-1, rows, len(words)), stack)
        return
    step = max(1, 32768 // columns)
    dense = [(np.broadcast_to(c, result.shape[:-1]), W) for c, W in words if W is not None]
    for first in range(0, rows, step):
        block = np.s_[..., first : first + step, :]
        for place, (c, W) in enumerate(dense):
            scale = c[..., first : first + step, None]
            factor = W if W.shape[-2] == 1 else W[block]
            if place:
                result[block] += scale * factor
            else:
                np.multiply(scale, factor, out=result[block])
    for c, W in words:
        if W is None:
            _diagonal(result)[...] += c


def _stack(words, rows, columns, dtype):
    """The rows of all weights side by side, (rows, K, columns): entry i holds W_1[i] .. W_K[i]."""
    stack = _aligned((rows, len(words), columns), dtype)
    stack[...] = 0
    for place, (_, W) in enumerate(words):
        if W is None:
            np.einsum("iki->ki", stack)[place] = 1
        else:
            stack[:, place] = W
    return stack


def _stacked(result, coefficients, stack):
    """One product (rows, B, K) by (rows, K, columns), in chunks of the batch B that stay in cache."""
    _, rows, columns = result.shape
    step = max(8, 131072 // (rows * columns))
    for first in range(0, len(result), step):
        part = slice(first, first + step)
        np.matmul(coefficients[part].transpose(1, 0, 2), stack, out=result[part].transpose(1, 0, 2))
'''

#: What plans of every target share.
BUFFERS = '''
def _aligned(shape, dtype):
    """A new array that begins on a line of the cache: products written to it are up to a quarter faster."""
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.empty(size + 64, np.uint8)
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
'''

#: Methods that the plans of every target have.
METHODS = '''
    def stale(self):
        """Whether an array of weights no longer holds the values that this plan computes with."""
        return any(not np.array_equal(array, self._kept[name]) for name, array in self._weights.items())

    def _take(self, weights):
        """Copy the weights, new ones or the new values of the same arrays."""
        self._own()
        for name in weights:
            if name not in self._weights:
                raise TypeError(f"{name} is no weight of this plan; those are {', '.join(self._weights)}")
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
'''

PLAN = '''
class _Plan:
    """Buffers for one set of shapes and one dtype, with the weights laid out once; it belongs to one thread.

    Call it with what moves (states and inputs, of the shapes and the dtype it was made for): it returns its own
    buffer, which the next call overwrites.  The weights are those given when it was made, or to ``refresh``;
    ``stale()`` says whether one of these arrays has changed since.

    Where no weight has batch axes, the points go through in chunks that stay in cache: one product gives every sum
    W v + V u + b in ``affine``, and one writes the sum of words.
    """

    def __init__(self, words, affine, shape, moving, given, size, batch, dtype):
        self._words, self._affine, self._thread = words, affine, get_ident()
        self._frame = size, batch, dtype
        self._moving = {name: array for name, array in given.items() if name in moving}
        self._shapes = {name: array.shape for name, array in self._moving.items()}
        self._weights = {name: array for name, array in given.items() if name not in moving}
        self._given = dict(given)
        self.result = _aligned(shape, dtype)
        self.refresh()

    def refresh(self, **weights):
        """Take new weights, or the new values of the same arrays."""
        self._take(weights)
        self._given.update(self._kept)
        matrices = {name: array for name, array in self._kept.items() if array.ndim == 2}
        self._given.update({name: np.asfortranarray(W) for name, W in matrices.items()})  # for v @ W.T
        self._stack = None
        if all(array.ndim == len(_SHAPES[name]) for name, array in self._kept.items()):
            self._lay_out()

    def __call__(self, **moving):
        self._own()
        if moving.keys() != self._shapes.keys():
            self._refuse(moving)
        for name, value in moving.items():
            self._moving[name] = self._fitting(name, value, self._shapes[name])
        if self._stack is None:
            _sum_of_words(self.result, self._words({**self._given, **self._moving}, *self._frame))
            return self.result
        points = {name: self._points(name) for name in self._shapes}
        for first in range(0, len(self._flat), self._step):
            part = slice(first, first + self._step)
            result = self._flat[part]
            coefficients = self._coefficients[: len(result)]
            for place, (c, _) in enumerate(self._of(points, part, len(result))):
                coefficients[..., place] = c
            np.matmul(coefficients.transpose(1, 0, 2), self._stack, out=result.transpose(1, 0, 2))
        return self.result

    def _lay_out(self):
        """The weights of all words side by side, those of all affine sums, and buffers for a chunk of the points."""
        size, _, dtype = self._frame
        rows, columns = self.result.shape[-2:]
        self._flat = self.result.reshape(int(np.prod(self.result.shape[:-2])), rows, columns)
        self._step = max(1, min(len(self._flat), max(8, 131072 // max(1, rows * columns))))
        self._places = {}
        if self._affine:
            buffers = _fold(self._affine, self._kept, self._shapes, self._step, dtype)
            self._places, self._moved, self._folded, self._sums = buffers
        points = {name: self._points(name) for name in self._shapes}
        words = self._of(points, slice(0, 1), min(1, len(self._flat)))
        self._stack = _stack(words, rows, columns, dtype)
        self._coefficients = _aligned((self._step, rows, len(words)), dtype)

    def _points(self, name):
        """What moves as one row for each point."""
        array, core, batch = self._moving[name], len(_SHAPES[name]), self._frame[1]
        whole = batch + array.shape[array.ndim - core :]
        array = array if array.shape == whole else np.broadcast_to(array, whole)
        return array.reshape(len(self._flat), *whole[len(batch) :])

    def _of(self, points, part, count):
        """The words of a chunk of the points."""
        size, _, dtype = self._frame
        for name, array in points.items():
            self._given[name] = array[part]
        sums = None
        if self._affine:
            moved = self._moved[:count]
            for name, place in self._places.items():
                moved[:, place] = self._given[name]
            sums = np.matmul(moved, self._folded, out=self._sums[:, :count])
        return self._words(self._given, size, (count,), dtype, sums)
'''
