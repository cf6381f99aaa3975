"""How a NumPy module writes a matrix in blocks, each a sum of pieces; and plans that do.

What the points share comes as ``letters``: for each block its rows, its columns, the letters W of words diag(c) W
(None is I), the letters of outers W (.) (sum of d v') (None has ones in every place), (U, [W], [W of outers]) for
products of U with such a sum, and the place of an earlier block, or None.  What each point has comes as ``columns``:
for each block the columns c, for each letter of outers its pairs (d, v), for each product the c that scales its rows
with the columns and the pairs of the sum, matrices, and the d by which the rows of the earlier block are scaled before
it is added.
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
        for (rows, wide, *own, source), (*values, scale) in zip(letters, columns):
            block, alone = result[..., rows, wide], source is None
            if not alone:
                np.multiply(scale[..., :, None], result[..., letters[source][0], letters[source][1]], out=block)
            _add_pieces(block, alone, own, values)
        return
    columns = _scaled(letters, columns)
    letters = _repeated(letters)
    whole = result.reshape(count, *shape)
    step = _chunk(letters, columns, count, whole.strides[0])
    blocks = _laid_out(letters, columns, count, step, result.dtype)
    for block, values in zip(blocks, columns):
        block.take(values, count, batch)
    for first in range(0, count, step):
        for block in blocks:
            block.write(whole, slice(first, first + step))


def _repeated(letters):
    """The letters with those of the earlier block that a block scales among its own."""
    return [
        (rows, wide, own if source is None else [*own, *letters[source][2]], *others)
        for rows, wide, own, *others, source in letters
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
    parts = [part for _, _, *own, products, _ in letters for part in (own, *products)]
    return [W for part in parts for item in part for W in (item if isinstance(item, list) else [item])]


def _chunk(letters, columns, points, apart):
    """How many points, so many bytes ``apart``, are written at a time: about half a MiB of the largest block.

    BLAS wants 16 at least, and 64 where a block is one product, written once; but not more than 16 that are a multiple
    of a page apart, whose rows share a few lines of the cache.  All of them where no block is full.
    """
    full = [
        (rows.stop - rows.start) * (wide.stop - wide.start)
        for (rows, wide, own, outers, products), (*_, others) in zip(letters, columns)
        if products or outers or others or any(W is not None for W in own)
    ]
    passes = any(products or outers for *_, outers, products in letters) or any(others for *_, others in columns)
    return max(16 if passes or apart % 4096 == 0 else 64, 65536 // max(full)) if full else points


def _add_pieces(result, first, letters, columns):
    """Add the pieces of a block one by one, whatever batch axes they have; at first it holds zeros."""
    (letters, masks, products), (words, outers, scaled, others) = letters, columns
    for c, W in zip(words, letters):
        if W is not None and first:
            np.multiply(c[..., :, None], W, out=result)
            first = False
        elif W is not None:
            result += c[..., :, None] * W
    for W, pairs in zip(masks, outers):
        for d, v in pairs:
            value = d[..., :, None] * v[..., None, :]
            result += value if W is None else value * W
    for (c, *values), (U, *inner) in zip(scaled, products):
        factor = np.zeros((*result.shape[:-2], U.shape[-1], result.shape[-1]), result.dtype)
        _add_pieces(factor, True, (*inner, ()), (*values, (), ()))
        value = U @ factor
        result += value if c is None else c[..., :, None] * value
    for value in others:
        result += value
    for c, W in zip(words, letters):
        if W is None:
            _diagonal(result)[...] += c


def _laid_out(letters, columns, points, step, dtype):
    """The blocks, with room for so many points, of which ``step`` are written at a time."""
    rooms = {}
    return [_Block(own, values, points, step, rooms, dtype) for own, values in zip(letters, columns)]


def _three(rooms, step, height, width, dtype):
    """Three rooms for so many matrices, that blocks of one size have in common."""
    if (height, width) not in rooms:
        rooms[height, width] = _aligned((3, step, height, width), dtype)
    return rooms[height, width]


class _Block:
    """One block: its letters side by side, and room for what some points have."""

    def __init__(self, letters, values, points, step, rooms, dtype):
        (rows, wide, words, outers, products), (_, pairs, scaled, others) = letters, values
        height, width = rows.stop - rows.start, wide.stop - wide.start
        self._place = np.s_[:, rows, wide]
        self._sum = _Sum(words, outers, pairs, height, width, points, dtype)
        self._products = [
            _Product(own, inner, width, points, step, rooms, dtype) for own, (_, _, inner) in zip(products, scaled)
        ]
        passes = outers or products or others
        self._total, self._spare, _ = _three(rooms, step, height, width, dtype) if passes else (None, None, None)

    def take(self, values, count, batch):
        """The columns of the first ``count`` points."""
        words, outers, scaled, self._others = values
        self._sum.take(words, outers, count, batch)
        for product, own in zip(self._products, scaled):
            product.take(own, count, batch)
        self._batch = batch

    def write(self, whole, part, first=0):
        """Write the block of some points; the columns were taken for those from ``first`` on."""
        result = whole[part][self._place]
        own = slice(part.start - first, part.start - first + len(result))
        pieces = [*self._sum.pieces(), *(product.write for product in self._products)]
        pieces += [self._other(value) for value in self._others]
        if pieces:
            _add_up(pieces, own, result, self._total, self._spare)
        self._sum.on_diagonal(result, own, pieces)

    def _other(self, value):
        """What writes a matrix that each point has."""

        def write(own, result, _):
            shape = result.shape[1:]
            result[...] = np.broadcast_to(value, (*self._batch, *shape)).reshape(-1, *shape)[own]

        return write


def _add_up(pieces, own, result, total, spare):
    """Write the sum of pieces, in a room without gaps: a sum in place of a part of a matrix would be made in a copy."""
    *before, last = pieces
    if not before:
        last(own, result, None if spare is None else spare[: len(result)])
        return
    spare = spare[: len(result)]
    total = result if result.flags.c_contiguous else total[: len(result)]
    for place, piece in enumerate(before):
        piece(own, spare if place else total, spare)
        if place:
            total += spare
    last(own, spare, spare)
    np.add(total, spare, out=result)


class _Sum:
    """Words diag(c) W and outers W (.) (sum of d v'), with the same letters for every point."""

    def __init__(self, words, outers, pairs, height, width, points, dtype):
        self._words = _Words(words, height, width, points, dtype)
        self._outers = [_Outers(W, len(own), height, width, points, dtype) for W, own in zip(outers, pairs)]
        self.on_diagonal = self._words.on_diagonal

    def take(self, words, outers, count, batch):
        """The columns of the first ``count`` points."""
        self._words.take(words, count, batch)
        for item, pairs in zip(self._outers, outers):
            item.take(pairs, count, batch)

    def pieces(self):
        """What writes each piece, but words whose only letter is the identity."""
        return [*([self._words.write] if self._words.dense else []), *(item.write for item in self._outers)]


class _Product:
    """diag(c) U times a sum."""

    def __init__(self, letters, pairs, width, points, step, rooms, dtype):
        U, words, outers = letters
        self._U, self._sum = U, _Sum(words, outers, pairs, U.shape[1], width, points, dtype)
        self._scale = np.zeros((points, U.shape[0], 1), dtype)
        self._spare, self._factor = _three(rooms, step, U.shape[1], width, dtype)[1:]

    def take(self, values, count, batch):
        """The columns of the first ``count`` points."""
        scale, words, outers = values
        self._scaled = scale is not None
        if self._scaled:
            self._scale[:count].reshape(*batch, -1)[...] = scale
        self._sum.take(words, outers, count, batch)

    def write(self, own, result, spare):
        """Write the product of some points."""
        factor = self._factor[: len(result)]
        pieces = self._sum.pieces()
        for place, piece in enumerate(pieces):
            room = self._spare[: len(result)] if place else factor
            piece(own, room, room)
            if place:
                factor += room
        self._sum.on_diagonal(factor, own, pieces)
        if not self._scaled:
            np.matmul(self._U, factor, out=result)
            return
        value = result if result.flags.c_contiguous else spare
        np.matmul(self._U, factor, out=value)
        np.multiply(value, self._scale[own], out=result)


class _Outers:
    """W (.) (sum of d v'); ones in every place where W is None."""

    def __init__(self, W, count, height, width, points, dtype):
        self._W, count = W, _padded(count)
        self._left, self._right = _aligned((points, height, count), dtype), _aligned((points, count, width), dtype)
        self._left[...], self._right[...] = 0, 0

    def take(self, pairs, count, batch):
        """The columns and the rows of the first ``count`` points."""
        left, right = (room[:count].reshape(*batch, *room.shape[1:]) for room in (self._left, self._right))
        for place, (d, v) in enumerate(pairs):
            left[..., place], right[..., place, :] = d, v

    def write(self, own, result, spare):
        """Write it for some points."""
        value = result if self._W is None or result.flags.c_contiguous else spare
        np.matmul(self._left[own], self._right[own], out=value)
        if self._W is not None:
            np.multiply(value, self._W, out=result)


class _Words:
    """A sum of words diag(c) W with the same letters for every point."""

    def __init__(self, letters, height, width, points, dtype):
        self.dense = any(W is not None for W in letters)
        count = _padded(len(letters)) if self.dense else len(letters)
        self._c = _aligned((points, height, count), dtype)
        self._c[...] = 0
        self._stack = _stack([(None, W) for W in letters] if self.dense else [], height, width, dtype, count)

    def take(self, columns, count, batch):
        """The columns of the first ``count`` points."""
        room = self._c[:count].reshape(*batch, *self._c.shape[1:])
        for place, c in enumerate(columns):
            room[..., place] = c

    def write(self, own, result, _):
        """Write the sum where a letter is a matrix: row i is (c_1 .. c_K)_i times the rows W_1[i] .. W_K[i]."""
        np.matmul(self._c[own].transpose(1, 0, 2), self._stack, out=result.transpose(1, 0, 2))

    def on_diagonal(self, result, own, filled):
        """Write the sum where the identity is the only letter, beside what fills the block, if anything does."""
        if not self.dense and self._c.shape[2]:
            c, view = self._c[own], _diagonal(result)
            value = c[..., 0] if c.shape[2] == 1 else c.sum(axis=2)
            if filled:
                view += value
            else:
                view[...] = value


class _BlockPlan(_Plan):
    """As a plan of one sum of words, for a matrix in blocks; what is zero for all points is written once.

    Its result is a view to read from.
    """

    def __init__(self, letters, columns, affine, shape, moving, given, size, batch, dtype):
        self._letters = letters
        super().__init__(columns, affine, shape, moving, given, size, batch, dtype)
        self.result = self.result.view()
        self.result.flags.writeable = False

    def _room(self, shape, dtype):
        letters = self._letters(self._given, self._frame[0], dtype)
        passes = any(outers or products for *_, outers, products, _ in letters)
        return _aligned(shape, dtype) if passes else super()._room(shape, dtype)  # sums in place are slow with gaps

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
        self._inner = _chunk(letters, values, max(1, len(self._flat)), self._flat.strides[0])
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
