"""How a NumPy module writes a matrix in blocks, each a sum of pieces; and plans that do.

What the points share comes as ``letters``: for each block its rows, its columns, the letters W of words diag(c) W
(None is I), (U, [V]), and the place of an earlier block, or None.  What each point has comes as ``columns``: for each
block the columns c, pairs (d, v) of d v', pairs (c, [d]) of diag(c) U (sum of diag(d) V), matrices, and the d by which
the rows of the earlier block are scaled before it is added.
"""

from __future__ import annotations

import numpy as np

from symgate.codegen.written.numpy_module import _diagonal, _Plan, _shared, _stack
from symgate.codegen.written.plans import _aligned

#: By argument, its shape.  A generated module writes its own.
_SHAPES: dict[str, tuple[str | int, ...]] = {}


def _sum_of_blocks(result, letters, columns):
    """Write every block into ``result``, in chunks of the points that stay in cache where all weights are shared."""
    result[...] = 0
    batch, shape = result.shape[:-2], result.shape[-2:]
    count = result.size // (shape[0] * shape[1])
    if count < 4 or not result.flags.c_contiguous or not _shared(_every(letters)):
        for (rows, wide, own, products, source), (*values, scale) in zip(letters, columns):
            block, alone = result[..., rows, wide], source is None
            if not alone:
                np.multiply(scale[..., :, None], result[..., letters[source][0], letters[source][1]], out=block)
            _add_pieces(block, alone, own, products, *values)
        return
    columns = _scaled(letters, columns)
    letters = _repeated(letters)
    whole, step = result.reshape(count, *shape), _chunk(letters, columns, count)
    blocks = _laid_out(letters, columns, count, step, result.dtype)
    for block, values in zip(blocks, columns):
        block.take(values, count, batch)
    for first in range(0, count, step):
        for block in blocks:
            block.write(whole, slice(first, first + step))


def _repeated(letters):
    """The letters with those of the earlier block that a block scales among its own."""
    return [
        (rows, wide, own if source is None else [*own, *letters[source][2]], products)
        for rows, wide, own, products, source in letters
    ]


def _scaled(letters, columns):
    """The columns with those of the earlier block, scaled, among those of a block."""
    return [
        (words if scale is None else [*words, *(scale * c for c in columns[source][0])], *values)
        for (*_, source), (words, *values, scale) in zip(letters, columns)
    ]


def _padded(count):
    """How many columns to keep for so many: NumPy does not hand products over one column to BLAS."""
    return 2 if count == 1 else count


def _every(letters):
    """The weights of all blocks."""
    return [W for _, _, own, products, _ in letters for W in (*own, *(V for U, inner in products for V in (U, *inner)))]


def _chunk(letters, columns, points):
    """How many points are written at a time: about half a MiB of the largest block; all where none is full.

    BLAS wants 16 at least, and 64 where a block is one product, written once.
    """
    full = [
        (rows.stop - rows.start) * (wide.stop - wide.start)
        for (rows, wide, own, products), (_, outers, _, others) in zip(letters, columns)
        if products or outers or others or any(W is not None for W in own)
    ]
    passes = any(products for *_, products in letters) or any(outers or others for _, outers, _, others in columns)
    return max(16 if passes else 64, 65536 // max(full)) if full else points


def _add_pieces(result, first, letters, products, words, outers, scaled, others):
    """Add the pieces of a block one by one, whatever batch axes they have; at first it holds zeros."""
    for c, W in zip(words, letters):
        if W is not None and first:
            np.multiply(c[..., :, None], W, out=result)
            first = False
        elif W is not None:
            result += c[..., :, None] * W
    for c, W in zip(words, letters):
        if W is None:
            _diagonal(result)[...] += c
    for d, v in outers:
        result += d[..., :, None] * v[..., None, :]
    for (c, inner), (U, right) in zip(scaled, products):
        value = sum(U * d[..., None, :] if V is None else U @ (d[..., :, None] * V) for d, V in zip(inner, right))
        result += value if c is None else c[..., :, None] * value
    for value in others:
        result += value


def _laid_out(letters, columns, points, step, dtype):
    """The blocks, with room for so many points, of which ``step`` are written at a time."""
    return [
        _Block(rows, wide, own, products, len(outers), points, step, dtype)
        for (rows, wide, own, products), (_, outers, _, _) in zip(letters, columns)
    ]


class _Block:
    """One block: its letters side by side, and room for what some points have."""

    def __init__(self, rows, wide, letters, products, outers, points, step, dtype):
        height, width = rows.stop - rows.start, wide.stop - wide.start
        self._place = np.s_[:, rows, wide]
        self._words = _Words(letters, height, width, points, 0, dtype)
        self._products = [
            (U, _Words(inner, U.shape[1], width, points, step, dtype), np.zeros((points, height, 1), dtype))
            for U, inner in products
        ]
        count = _padded(outers)
        self._left, self._right = _aligned((points, height, count), dtype), _aligned((points, count, width), dtype)
        self._left[...], self._right[...] = 0, 0
        self._room = _aligned((step if count or products else 0, height, width), dtype)

    def take(self, values, count, batch):
        """The columns of the first ``count`` points."""
        words, outers, scaled, self._others = values
        self._words.take(words, count, batch)
        for place, (d, v) in enumerate(outers):
            self._left[:count].reshape(*batch, *self._left.shape[1:])[..., place] = d
            self._right[:count].reshape(*batch, *self._right.shape[1:])[..., place, :] = v
        for (_, inner, room), (c, own) in zip(self._products, scaled):
            room[:count].reshape(*batch, -1)[...] = 1 if c is None else c
            inner.take(own, count, batch)
        self._unscaled = [c is None for c, _ in scaled]
        self._batch = batch

    def write(self, whole, part, first=0):
        """Write the block of some points; the columns were taken for those from ``first`` on."""
        result = whole[part][self._place]
        count = len(result)
        own = slice(part.start - first, part.start - first + count)
        filled = self._words.write(result, own)
        for (U, inner, room), unscaled in zip(self._products, self._unscaled):
            value = result if not filled else self._room[:count]
            inner.times(U, own, value)
            if not unscaled:
                value *= room[own]
            if filled:
                result += value
            filled = True
        if self._left.shape[2]:
            value = result if not filled else self._room[:count]
            np.matmul(self._left[own], self._right[own], out=value)
            if filled:
                result += value
            filled = True
        for value in self._others:
            full = np.broadcast_to(value, (*self._batch, *result.shape[1:])).reshape(-1, *result.shape[1:])[own]
            if filled:
                result += full
            else:
                result[...] = full
            filled = True
        self._words.on_diagonal(result, own, filled)


class _Words:
    """A sum of words diag(c) W with the same letters for every point."""

    def __init__(self, letters, height, width, points, step, dtype):
        self._dense = any(W is not None for W in letters)
        count = _padded(len(letters)) if self._dense else len(letters)
        self._c = _aligned((points, height, count), dtype)
        self._c[...] = 0
        self._stack = _stack([(None, W) for W in letters] if self._dense else [], height, width, dtype, count)
        self._room = _aligned((step if self._dense else 0, height, width), dtype)

    def take(self, columns, count, batch):
        """The columns of the first ``count`` points."""
        room = self._c[:count].reshape(*batch, *self._c.shape[1:])
        for place, c in enumerate(columns):
            room[..., place] = c

    def write(self, result, own):
        """Write the sum where a letter is a matrix: row i is (c_1 .. c_K)_i times the rows W_1[i] .. W_K[i]."""
        if self._dense:
            np.matmul(self._c[own].transpose(1, 0, 2), self._stack, out=result.transpose(1, 0, 2))
        return self._dense

    def on_diagonal(self, result, own, filled):
        """Write the sum where the identity is the only letter."""
        if not self._dense and self._c.shape[2]:
            c, view = self._c[own], _diagonal(result)
            value = c[..., 0] if c.shape[2] == 1 else c.sum(axis=2)
            if filled:
                view += value
            else:
                view[...] = value

    def times(self, U, own, result):
        """U times the sum."""
        if not self._dense:
            np.multiply(U, self._c[own].sum(axis=2)[:, None, :], out=result)
            return
        room = self._room[: len(result)]
        self.write(room, own)
        np.matmul(U, room, out=result)


class _BlockPlan(_Plan):
    """As a plan of one sum of words, for a matrix in blocks; what is zero for all points is written once.

    Its result is a view to read from.
    """

    def __init__(self, letters, columns, affine, shape, moving, given, size, batch, dtype):
        self._letters = letters
        super().__init__(columns, affine, shape, moving, given, size, batch, dtype)
        self.result = self.result.view()
        self.result.flags.writeable = False

    def _whole(self):
        self._memory[...] = 0
        letters = self._letters(self._given, self._frame[0], self._frame[2])
        columns = self._words({**self._given, **self._moving}, *self._frame)
        _sum_of_blocks(self._memory, letters, columns)

    def _lay_out(self):
        shape, dtype = self.result.shape, self._frame[2]
        self._flat = self._memory.reshape(int(np.prod(shape[:-2])), *shape[-2:])
        self._sources = self._letters(self._given, self._frame[0], self._frame[2])
        letters = _repeated(self._sources)
        self._sums_of(1, dtype)
        points = {name: self._points(name) for name in self._shapes}
        values = _scaled(self._sources, self._of(points, slice(0, 1), min(1, len(self._flat))))
        self._inner = _chunk(letters, values, max(1, len(self._flat)))
        self._step = max(1, min(len(self._flat), max(self._inner, 8192 // max(1, shape[-2]))))
        self._inner = min(self._inner, self._step)
        self._sums_of(self._step, dtype)
        self._blocks = _laid_out(letters, values, self._step, self._inner, dtype)
        self._memory[...] = 0

    def _chunked(self, points, part):
        count = len(self._flat[part])
        for block, values in zip(self._blocks, _scaled(self._sources, self._of(points, part, count))):
            block.take(values, count, (count,))
        for first in range(part.start, part.start + count, self._inner):
            piece = slice(first, min(first + self._inner, part.start + count))
            for block in self._blocks:
                block.write(self._flat, piece, part.start)
