"""What a NumPy module holds beside its formulas; a module holds those it calls.

Vectors are (..., n), matrices (..., p, q), scalars (...): batch axes lead and broadcast.
"""

from __future__ import annotations

from _thread import get_ident

import numpy as np

from symgate.codegen.written.plans import _aligned, _fold, _Held

#: By function: the shapes of its arguments, and which it needs.  A generated module writes its own.
_CALLS: dict[str, tuple[dict[str, tuple[str | int, ...]], tuple[str, ...]]] = {}
#: By argument, its shape.  A generated module writes its own.
_SHAPES: dict[str, tuple[str | int, ...]] = {}


def _checked(function, *values):
    """Arrays of one dtype, the sizes, and the batch axes; an error names the argument.

    float32 stays float32 if every array is; anything else real is float64. Plain numbers adapt.
    """
    shapes, needed = _CALLS[function]
    arguments = [(value.shape, value.dtype) if type(value) is np.ndarray else value is None for value in values]
    key = function, *arguments
    seen = _SEEN.get(key)
    if seen is not None:
        given, (absent, sizes, batch, dtype) = dict(zip(shapes, values)), seen
        for name in absent:
            del given[name]
        return given, sizes, batch, dtype
    arrays, sizes, batch, dtypes = {}, {}, (), []
    for name, value in zip(shapes, values):
        if value is None and name not in needed:
            continue
        if isinstance(value, np.ma.MaskedArray):
            raise TypeError(f"{name} is a masked array, and a mask has no meaning here; pass {name}.filled(...)")
        if hasattr(value, "toarray"):
            raise TypeError(f"{name} is a sparse {type(value).__name__}; pass {name}.toarray()")
        try:
            array = np.asarray(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(f"{name} cannot be read as an array of numbers: {error}") from None
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise TypeError(
                f"{name} must hold real numbers, float32 or float64 (whole numbers are converted); "
                f"found dtype {array.dtype}"
            )
        if not isinstance(value, (int, float)) or isinstance(value, np.generic):
            dtypes.append(array.dtype)
        core = shapes[name]
        wanted = f"(..., {', '.join(map(str, core))})" if core else "(...)"
        found = array.shape[array.ndim - len(core) :] if array.ndim >= len(core) else None
        fits = found is not None
        known = {}
        for size, length in zip(core, found or ()):
            expected, owner = (size, None) if isinstance(size, int) else sizes.setdefault(size, (length, name))
            fits = fits and length == expected
            if owner not in (None, name) or length != expected:
                known[size] = f"{size} = {expected} from {owner}"
        if not fits:
            reason = f" with {', '.join(known.values())}" if any(isinstance(size, str) for size in known) else ""
            raise ValueError(f"{name} must have shape {wanted}{reason}; found {array.shape}")
        if 0 in (found or ()):
            raise ValueError(f"{name} must have shape {wanted} with every size 1 or more; found {array.shape}")
        try:
            batch = np.broadcast_shapes(batch, array.shape[: array.ndim - len(core)])
        except ValueError:
            raise ValueError(
                f"The batch axes of {name} do not broadcast with those of the arguments before it: {name} has shape "
                f"{array.shape}, of which {array.shape[: array.ndim - len(core)]} are batch axes; before it: {batch}"
            ) from None
        arrays[name] = array
    single = bool(dtypes) and all(dtype.kind == "f" and dtype.itemsize == 4 for dtype in dtypes)
    dtype = np.dtype(np.float32 if single else np.float64)
    sizes = {size: length for size, (length, _) in sizes.items()}
    if all(found is True or (found and found[1] == dtype and found[1].isnative) for found in arguments):
        if len(_SEEN) >= 64:
            _SEEN.clear()
        _SEEN[key] = [name for name in shapes if name not in arrays], sizes, batch, dtype
    return {name: np.asarray(array, dtype=dtype) for name, array in arrays.items()}, sizes, batch, dtype


#: What was left out, sizes, batch axes and dtype of arguments seen before, by their shapes and dtypes: arrays of one
#: dtype only.
_SEEN = {}


def _few(function, *values):
    """Whether these are one to three points with weights in common, and were checked before by shapes and dtypes.

    Every argument that the formula needs is in it, so what they broadcast to is the shape of the result.
    """
    key = function, *[(value.shape, value.dtype) if type(value) is np.ndarray else value is None for value in values]
    found = _FEW.get(key)
    if found is None and key in _SEEN:
        (shapes, needed), batch = _CALLS[function], _SEEN[key][2]
        cores = {name: len(shapes[name]) for name in needed}
        lead = {name: value.shape[: value.ndim - cores[name]] for name, value in zip(shapes, values) if name in cores}
        found = len(batch) < 2 and sum(batch) < 4 and np.broadcast_shapes(*lead.values()) == batch
        found = found and not any(lead[name] for name, core in cores.items() if core == 2)
        if len(_FEW) >= 64:
            _FEW.clear()
        _FEW[key] = found
    return found


#: What ``_few`` found, by shapes and dtypes.
_FEW = {}


def _result(out, shape, dtype, arrays):
    """Where to compute: a new array, or ``out`` itself if no argument lives in its memory."""
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array; found {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"out must have shape {shape}; found {out.shape}")
    if out.dtype != dtype:
        raise TypeError(f"out must have dtype {dtype}, that of the arguments; found {out.dtype}")
    if not out.flags.writeable:
        raise ValueError("out is read-only; pass a writeable array")
    overlaps = any(np.may_share_memory(out, array) for array in arrays.values())
    return np.empty(shape, dtype) if overlaps else out


def _delivered(result, out):
    """The result, in ``out`` if there is one."""
    if out is None or result is out:
        return result
    out[...] = result
    return out


def _alike(name, value, state):
    """The cotangent as an array of the dtype of the state."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, and a mask has no meaning here; pass {name}.filled(...)")
    if hasattr(value, "toarray"):
        raise TypeError(f"{name} is a sparse {type(value).__name__}; pass {name}.toarray()")
    value = np.asarray(value)
    if value.dtype.kind not in "biuf" or value.dtype.itemsize > 8:
        raise TypeError(
            f"{name} must hold real numbers, float32 or float64 (whole numbers are converted); "
            f"found dtype {value.dtype}"
        )
    return value.astype(state.dtype)


def _for_products(W):
    """W with contiguous columns, which is what v @ W.T wants."""
    return np.asfortranarray(W) if W.ndim == 2 else W


def _transposed(W):
    """W', batch axes kept."""
    return np.swapaxes(W, -1, -2)


def _matvec(W, v):
    """W v; a shared W is one matrix product for the whole batch."""
    if W.ndim > 2:
        return (W @ v[..., None])[..., 0]
    if v.ndim < 3:
        return v.dot(W.T)  # half a microsecond less than v @ W.T
    return (v.reshape(-1, v.shape[-1]) @ W.T).reshape(*v.shape[:-1], W.shape[0])


def _vecmat(v, W):
    """v' W; a shared W is one matrix product for the whole batch."""
    if W.ndim > 2:
        return (v[..., None, :] @ W)[..., 0, :]
    if v.ndim < 3:
        return v.dot(W)
    return (v.reshape(-1, v.shape[-1]) @ W).reshape(*v.shape[:-1], W.shape[1])


def _dot(u, v):
    """u' v over the last axis."""
    return np.einsum("...i,...i->...", u, v)


def _vec(M):
    """The columns of M, one below the other."""
    return np.swapaxes(M, -1, -2).reshape(*M.shape[:-2], -1)


def _diagonal_of(M):
    """The entries M_ii."""
    return np.diagonal(M, axis1=-2, axis2=-1)


def _diagonal(J):
    """The diagonal of J, as a view to write to."""
    view = J.diagonal(0, -2, -1)
    view.flags.writeable = True
    return view


def _block_diagonals(J):
    """The nonzero entries of b' (x) diag(v), (..., rows of v, entries of b), as a view to write to."""
    rows = J.shape[-2]
    return np.einsum("...iji->...ij", J.reshape(*J.shape[:-1], J.shape[-1] // rows, rows))


def _diagonal_blocks(J):
    """The nonzero entries of diag(v) (x) b', (..., rows of v, entries of b), as a view to write to."""
    rows = J.shape[-2]
    return np.einsum("...iij->...ij", J.reshape(*J.shape[:-1], rows, J.shape[-1] // rows))


def _kron(A, B):
    """A (x) B, by broadcasting."""
    blocks = A[..., :, None, :, None] * B[..., None, :, None, :]
    *batch, p, q, r, s = blocks.shape
    return blocks.reshape(*batch, p * q, r * s)


def _flat_outer(u, v):
    """u (x) v for two vectors."""
    products = u[..., :, None] * v[..., None, :]
    return products.reshape(*products.shape[:-2], products.shape[-2] * products.shape[-1])


def _sum_of_words(result, words):
    """Write the sum of diag(c) W over the words (c, W) into ``result``; W None is the identity.

    Four points or more with the same weights: row i of the matrices is [c_1 .. c_K][:, i] times the K rows
    W_1[i] .. W_K[i], so the whole batch is one stacked product.  Otherwise row blocks are scaled, word by word.
    """
    *_, rows, columns = result.shape
    entries = rows * columns
    if result.size >= 4 * entries and result.flags.c_contiguous and _shared(W for _, W in words):
        count = max(2, len(words))
        stack = _stack(words, rows, columns, result.dtype, count)
        coefficients = _aligned((*result.shape[:-1], count), result.dtype)
        coefficients[..., -1] = 0
        for place, (c, _) in enumerate(words):
            coefficients[..., place] = c
        _stacked(result.reshape(-1, rows, columns), coefficients.reshape(-1, rows, count), stack)
        return
    if entries > 32768:
        _add_in_steps(result, words, max(1, 32768 // columns))
        return
    first, diagonals = True, []
    for c, W in words:
        if W is None:
            diagonals.append(c)
        elif first:
            np.multiply(c[..., None], W, out=result)
            first = False
        else:
            result += c[..., None] * W
    for c in diagonals:
        _diagonal(result)[...] += c


def _shared(letters):
    """Whether no weight has batch axes."""
    return all(W is None or W.ndim == 2 for W in letters)


def _add_in_steps(result, words, step):
    """Write words, some rows at a time, then those on the diagonal."""
    dense = [(np.broadcast_to(c, result.shape[:-1]), W) for c, W in words if W is not None]
    for first in range(0, result.shape[-2], step):
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


def _stack(words, rows, columns, dtype, count):
    """The rows of all weights side by side, (rows, K, columns): entry i holds W_1[i] .. W_K[i], zeros where K is more.

    NumPy does not hand products over one column to BLAS: K is at least 2.
    """
    stack = _aligned((rows, count, columns), dtype)
    stack[...] = 0
    for place, (_, W) in enumerate(words):
        if W is None:
            np.einsum("iki->ki", stack)[place] = 1
        else:
            stack[:, place] = W
    return stack


def _stacked(result, coefficients, stack):
    """One product (rows, B, K) by (rows, K, columns), in chunks of the batch B: in cache, and 16 points for BLAS.

    No more than 16 where matrices are a multiple of a page apart: their rows share a few lines of the cache.
    """
    _, rows, columns = result.shape
    step = 16 if result.strides[0] % 4096 == 0 else max(16, 131072 // (rows * columns))
    for first in range(0, len(result), step):
        part = slice(first, first + step)
        np.matmul(coefficients[part].transpose(1, 0, 2), stack, out=result[part].transpose(1, 0, 2))


def _spaced(shape, dtype):
    """A new array of matrices, large ones an odd number of lines of the cache apart.

    A stacked product writes a row of many matrices, then the next row of each: rows a power of two apart would all
    share a few lines of the cache.
    """
    *batch, rows, columns = shape
    points, entries = int(np.prod(batch)), rows * columns
    lines = -(-entries * dtype.itemsize // 64)
    apart = (lines | 1) * 64 // dtype.itemsize if lines >= 64 else entries
    return _aligned((points, apart), dtype)[:, :entries].reshape(shape)


class _Plan(_Held):
    """Buffers for one set of shapes and one dtype, with the weights laid out once; it belongs to one thread.

    Call it with what moves (states and inputs, of the shapes and the dtype it was made for): it returns its own
    buffer, which the next call overwrites; each matrix in it is contiguous, large ones are some bytes apart.  The
    weights are those given when it was made, or to ``refresh``; ``stale()`` says whether one of these arrays has
    changed since.

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
        self.result = self._memory = self._room(shape, dtype)
        self.refresh()

    def refresh(self, **weights):
        """Take new weights, or the new values of the same arrays."""
        self._take(weights)
        self._given.update(self._kept)
        matrices = {name: array for name, array in self._kept.items() if array.ndim == 2}
        self._given.update({name: np.asfortranarray(W) for name, W in matrices.items()})  # for v @ W.T
        self._laid_out = False
        if all(array.ndim == len(_SHAPES[name]) for name, array in self._kept.items()):
            self._lay_out()
            self._laid_out = True

    def __call__(self, **moving):
        self._own()
        if moving.keys() != self._shapes.keys():
            self._refuse(moving)
        for name, value in moving.items():
            self._moving[name] = self._fitting(name, value, self._shapes[name])
        if not self._laid_out:
            self._whole()
            return self.result
        points = {name: self._points(name) for name in self._shapes}
        for first in range(0, len(self._flat), self._step):
            self._chunked(points, slice(first, first + self._step))
        return self.result

    def _room(self, shape, dtype):
        """Memory for the result."""
        return _spaced(shape, dtype)

    def _whole(self):
        """All points at once, where weights have batch axes."""
        _sum_of_words(self.result, self._words({**self._given, **self._moving}, *self._frame))

    def _chunked(self, points, part):
        """Some points: their coefficients, then their matrices, a part of them at a time."""
        result = self._flat[part]
        coefficients = self._coefficients[: len(result)]
        for place, (c, _) in enumerate(self._of(points, part, len(result))):
            coefficients[..., place] = c
        for first in range(0, len(result), self._inner):
            inner = slice(first, first + self._inner)
            np.matmul(coefficients[inner].transpose(1, 0, 2), self._stack, out=result[inner].transpose(1, 0, 2))

    def _lay_out(self):
        """The weights of all words side by side, those of all affine sums, and buffers for a chunk of the points."""
        dtype = self._frame[2]
        rows, columns = self.result.shape[-2:]
        self._flat = self.result.reshape(int(np.prod(self.result.shape[:-2])), rows, columns)
        self._inner = max(64, 131072 // max(1, rows * columns))
        self._step = max(1, min(len(self._flat), max(self._inner, 8192 // max(1, rows))))
        self._sums_of(self._step, dtype)
        points = {name: self._points(name) for name in self._shapes}
        words = self._of(points, slice(0, 1), min(1, len(self._flat)))
        count = max(2, len(words))
        self._stack = _stack(words, rows, columns, dtype, count)
        self._coefficients = _aligned((self._step, rows, count), dtype)
        self._coefficients[..., -1] = 0

    def _sums_of(self, points, dtype):
        """Lay out the weights of all affine sums, for so many points at a time."""
        self._places = {}
        if self._affine:
            buffers = _fold(self._affine, self._kept, self._shapes, points, dtype)
            self._places, self._moved, self._folded, self._sums = buffers

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
