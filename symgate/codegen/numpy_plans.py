"""Sums of words diag(c) W in generated NumPy modules: two schedules, and plans, as text."""

from __future__ import annotations

#: Module-level names of these parts.
NAMES = ("_words", "_sum_of_words", "_stack", "_stacked", "_Plan", "get_ident")

SUM_OF_WORDS = '''
def _sum_of_words(result, words):
    """Write the sum of diag(c) W over the words (c, W) into ``result``; W None is the identity.

    Four points or more with the same weights: row i of the matrices is [c_1 .. c_K][:, i] times the K rows
    W_1[i] .. W_K[i], so the whole batch is one stacked product.  Otherwise row blocks are scaled, word by word.
    """
    rows, columns = result.shape[-2:]
    shared = all(W is None or W.ndim == 2 for _, W in words)
    if shared and result.size >= 4 * rows * columns and result.flags.c_contiguous:
        _stacked(result, words, _stack(words, rows, columns, result.dtype), None)
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
    stack = np.zeros((rows, len(words), columns), dtype)
    for place, (_, W) in enumerate(words):
        if W is None:
            np.einsum("iki->ki", stack)[place] = 1
        else:
            stack[:, place] = W
    return stack


def _stacked(result, words, stack, coefficients):
    """One product (rows, B, K) by (rows, K, columns), in chunks of the batch B that stay in cache."""
    rows, columns = result.shape[-2:]
    flat = result.reshape(-1, rows, columns)
    if coefficients is None:
        coefficients = np.empty((len(flat), rows, len(words)), result.dtype)
    for place, (c, _) in enumerate(words):
        coefficients[:, :, place] = np.broadcast_to(c, result.shape[:-1]).reshape(-1, rows)
    step = max(8, 131072 // (rows * columns))
    for first in range(0, len(flat), step):
        part = np.s_[first : first + step]
        np.matmul(coefficients[part].transpose(1, 0, 2), stack, out=flat[part].transpose(1, 0, 2))
'''

PLAN = '''
class _Plan:
    """Buffers for one set of shapes and one dtype, with the weights laid out once; it belongs to one thread.

    Call it with what moves (states and inputs, of the shapes and the dtype it was made for): it returns its own
    buffer, which the next call overwrites.  The weights are those given when it was made, or to ``refresh``;
    ``stale()`` says whether one of these arrays has changed since.
    """

    def __init__(self, words, shape, moving, given, size, batch, dtype):
        self._frame, self._words, self._thread = (size, batch, dtype), words, get_ident()
        self._shapes = {name: array.shape for name, array in given.items() if name in moving}
        self._weights = {name: array for name, array in given.items() if name not in moving}
        self._given = dict(given)
        self.result = np.empty(shape, dtype)
        self._coefficients = None
        self.refresh()

    def refresh(self, **weights):
        """Take new weights, or the new values of the same arrays."""
        self._own()
        for name, value in weights.items():
            if name not in self._weights:
                raise TypeError(f"{name} is no weight of this plan; those are {', '.join(self._weights)}")
            self._weights[name] = self._fitting(name, value, self._weights[name].shape)
        self._kept = {name: array.copy("C") for name, array in self._weights.items()}
        self._given.update(self._kept)
        words = self._words(self._given, *self._frame)
        rows, columns = self.result.shape[-2:]
        shared = all(W is None or W.ndim == 2 for _, W in words)
        self._stack = None
        if shared and self.result.size >= 4 * rows * columns:
            self._stack = _stack(words, rows, columns, self.result.dtype)
            self._coefficients = np.empty((self.result.size // (rows * columns), rows, len(words)), self.result.dtype)
            matrices = {name: array for name, array in self._kept.items() if array.ndim == 2}
            self._given.update({name: np.asfortranarray(W) for name, W in matrices.items()})  # for v @ W.T

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
            self._given[name] = self._fitting(name, moving[name], shape)
        words = self._words(self._given, *self._frame)
        if self._stack is None:
            _sum_of_words(self.result, words)
        else:
            _stacked(self.result, words, self._stack, self._coefficients)
        return self.result

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
        if isinstance(value, np.ma.MaskedArray) or np.may_share_memory(array, self.result):
            raise ValueError(f"{name} must be a plain array outside the memory of this plan; found otherwise")
        return array
'''
