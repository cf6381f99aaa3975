"""The helper functions of a generated NumPy module, as text; a module holds those it calls.

Vectors are (..., n), matrices (..., p, q), scalars (...): batch axes lead and broadcast.
"""

from __future__ import annotations

#: Module-level names that every module may hold.
FRAME = ("Numbers", "_SHAPES", "_CALLS", "_SEEN", "_checked", "_result", "_delivered")

CHECKED = '''
def _checked(function, *values):
    """Arrays of one dtype, the sizes, and the batch axes; an error names the argument.

    float32 stays float32 if every array is; anything else real is float64. Plain numbers adapt.
    """
    shapes, needed = _CALLS[function]
    arguments = [(value.shape, value.dtype) if type(value) is np.ndarray else value is None for value in values]
    key = function, *arguments
    if key in _SEEN:
        return {name: value for name, value in zip(shapes, values) if value is not None}, *_SEEN[key]
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
    if all(found is True or found and found[1] == dtype and found[1].isnative for found in arguments):
        if len(_SEEN) >= 64:
            _SEEN.clear()
        _SEEN[key] = sizes, batch, dtype
    return {name: np.asarray(array, dtype=dtype) for name, array in arrays.items()}, sizes, batch, dtype


#: Sizes, batch axes and dtype of arguments seen before, by their shapes and dtypes: arrays of one dtype only.
_SEEN = {}
'''

RESULT = '''
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
'''

#: Helper name -> source; each is written only where it is called.
HELPERS = {
    "_transposed": '''
def _transposed(W):
    """W', batch axes kept."""
    return np.swapaxes(W, -1, -2)
''',
    "_matvec": '''
def _matvec(W, v):
    """W v; a shared W is one matrix product for the whole batch."""
    if W.ndim > 2:
        return (W @ v[..., None])[..., 0]
    if v.ndim < 3:
        return v @ W.T
    return (v.reshape(-1, v.shape[-1]) @ W.T).reshape(*v.shape[:-1], W.shape[0])
''',
    "_vecmat": '''
def _vecmat(v, W):
    """v' W; a shared W is one matrix product for the whole batch."""
    if W.ndim > 2:
        return (v[..., None, :] @ W)[..., 0, :]
    if v.ndim < 3:
        return v @ W
    return (v.reshape(-1, v.shape[-1]) @ W).reshape(*v.shape[:-1], W.shape[1])
''',
    "_dot": '''
def _dot(u, v):
    """u' v over the last axis."""
    return np.einsum("...i,...i->...", u, v)
''',
    "_vec": '''
def _vec(M):
    """The columns of M, one below the other."""
    return np.swapaxes(M, -1, -2).reshape(*M.shape[:-2], -1)
''',
    "_diagonal_of": '''
def _diagonal_of(M):
    """The entries M_ii."""
    return np.diagonal(M, axis1=-2, axis2=-1)
''',
    "_diagonal": '''
def _diagonal(J):
    """The diagonal of J, as a view to write to."""
    return np.einsum("...ii->...i", J)
''',
    "_block_diagonals": '''
def _block_diagonals(J):
    """The nonzero entries of b' (x) diag(v), (..., rows of v, entries of b), as a view to write to."""
    rows = J.shape[-2]
    return np.einsum("...iji->...ij", J.reshape(*J.shape[:-1], J.shape[-1] // rows, rows))
''',
    "_diagonal_blocks": '''
def _diagonal_blocks(J):
    """The nonzero entries of diag(v) (x) b', (..., rows of v, entries of b), as a view to write to."""
    rows = J.shape[-2]
    return np.einsum("...iij->...ij", J.reshape(*J.shape[:-1], rows, J.shape[-1] // rows))
''',
    "_kron": '''
def _kron(A, B):
    """A (x) B, by broadcasting."""
    blocks = A[..., :, None, :, None] * B[..., None, :, None, :]
    *batch, p, q, r, s = blocks.shape
    return blocks.reshape(*batch, p * q, r * s)
''',
    "_flat_outer": '''
def _flat_outer(u, v):
    """u (x) v for two vectors."""
    products = u[..., :, None] * v[..., None, :]
    return products.reshape(*products.shape[:-2], products.shape[-2] * products.shape[-1])
''',
}
