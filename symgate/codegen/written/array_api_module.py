"""What an array API module holds beside its formulas; torch and jax modules take some of it."""

from __future__ import annotations

from symgate.codegen.written.sequences import _plain

#: By function: the shapes of its arguments, and which it needs.  A generated module writes its own.
_CALLS: dict[str, tuple[dict[str, tuple[str | int, ...]], tuple[str, ...]]] = {}


def _checked(function, *values):
    """The array namespace, sizes, batch axes, an array that knows dtype and device, and the arguments as real arrays.

    float32 stays float32 if every array is; anything else real is float64.
    """
    shapes, needed = _CALLS[function]
    arrays = {name: value for name, value in zip(shapes, values) if value is not None}
    for name in needed:
        if name not in arrays:
            raise TypeError(f"{name} must be an array; found None")
    for name, value in arrays.items():
        _plain(name, value)
    if not arrays:
        raise TypeError(f"{function} needs one array at least, to know the array library; pass {next(iter(shapes))}")
    arrays = {name: _array(value) for name, value in arrays.items()}
    xp = _namespace(arrays)
    sizes, batch, arrays = {}, (), _real(xp, arrays)
    for name, value in arrays.items():
        core, shape = shapes[name], tuple(value.shape)
        found = shape[len(shape) - len(core) :] if len(shape) >= len(core) else None
        for size, length in zip(core, found or ()):
            if length != (size if isinstance(size, int) else sizes.setdefault(size, length)):
                found = None
        if found is None:
            known = ", ".join(f"{size} = {sizes[size]}" for size in core if size in sizes)
            raise ValueError(f"{name} must have shape (..., {', '.join(map(str, core))}) with {known}; found {shape}")
        if 0 in found:
            wanted = ", ".join(map(str, core))
            raise ValueError(f"{name} must have shape (..., {wanted}) with every size 1 or more; found {shape}")
        batch = _broadcast(name, batch, shape[: len(shape) - len(core)])
    return xp, sizes, batch, next(iter(arrays.values())), [arrays.get(name) for name in shapes]


def _array(value):
    """The value; a number of NumPy before 2.1, which does not tell its library, as an array."""
    return value if hasattr(value, "__array_namespace__") or type(value).__module__ != "numpy" else value[...]


def _real(xp, arrays):
    """The arrays with one dtype, float32 if every one has it, else float64; an error names the argument."""
    kinds = [value.dtype for value in arrays.values()]
    if kinds[0] in (xp.float32, xp.float64) and all(kind == kinds[0] for kind in kinds):
        return arrays
    for name, kind in zip(arrays, kinds):
        whole, real = xp.isdtype(kind, ("bool", "integral")), xp.isdtype(kind, "real floating")
        if not whole and not (real and xp.finfo(kind).bits <= 64):
            raise TypeError(
                f"{name} must hold real numbers, float32 or float64 (whole numbers are converted); found dtype {kind}"
            )
    return {name: xp.astype(value, xp.float64) for name, value in arrays.items()}


def _namespace(arrays):
    """The array library of the arguments."""
    found = {}
    for name, value in arrays.items():
        if hasattr(value, "__array_namespace__"):
            space = value.__array_namespace__()
        else:
            try:
                from array_api_compat import array_namespace
            except ImportError:
                raise TypeError(f"{name} is a {type(value).__name__}, which needs array-api-compat") from None
            space = array_namespace(value)
        found.setdefault(space.__name__, (name, space))
    if len(found) > 1:
        names = " and ".join(name for name, _ in found.values())
        raise TypeError(f"{names} come from different array libraries; convert one")
    [(_, space)] = found.values()
    return space


def _broadcast(name, batch, other):
    """Two tuples of batch axes as one."""
    length = max(len(batch), len(other))
    pairs = list(zip((1,) * (length - len(batch)) + batch, (1,) * (length - len(other)) + other))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        raise ValueError(
            f"The batch axes of {name} do not broadcast with those of the arguments before it: {other}, {batch}"
        )
    return tuple(b if a == 1 else a for a, b in pairs)


def _ones(xp, like, *sizes):
    """Ones of the dtype and on the device of another array."""
    try:
        return xp.ones(sizes, dtype=like.dtype, device=like.device)
    except (AttributeError, TypeError, ValueError):  # a traced array has no device
        return xp.ones(sizes, dtype=like.dtype)


def _spread(xp, value, like, shape):
    """A result with every batch axis."""
    if not hasattr(value, "shape"):
        value = _ones(xp, like) * value
    return xp.broadcast_to(value, shape)


def _matvec(xp, W, v):
    """W v; a shared W is one matrix product for the whole batch."""
    if W.ndim == 2:
        return xp.matmul(v, xp.matrix_transpose(W))
    return xp.matmul(W, v[..., None])[..., 0]


def _vec(xp, M):
    """The columns of M, one below the other."""
    turned = xp.matrix_transpose(M)
    return xp.reshape(turned, (*turned.shape[:-2], turned.shape[-2] * turned.shape[-1]))


def _diagonal_of(xp, M):
    """The entries M_ii."""
    return xp.sum(xp.where(_eye(xp, M, M.shape[-1]) == 1, M, xp.zeros_like(M)), axis=-1)


def _diagonal(xp, v, eye):
    """diag(v); what is not finite stays on the diagonal."""
    return xp.where(eye == 1, v[..., None], xp.zeros_like(v[..., None]))


def _row_diagonal(xp, entries, eye):
    """b' (x) diag(v), from its nonzero entries (..., rows of v, entries of b)."""
    entries = entries * xp.ones_like(eye[:, :1])
    value = xp.where(eye[:, None, :] == 1, entries[..., None], xp.zeros_like(entries[..., None]))
    return xp.reshape(value, (*value.shape[:-2], value.shape[-2] * value.shape[-1]))


def _diagonal_row(xp, entries, eye):
    """diag(v) (x) b', from its nonzero entries (..., rows of v, entries of b)."""
    entries = entries * xp.ones_like(eye[:, :1])
    value = xp.where(eye[:, :, None] == 1, entries[..., None, :], xp.zeros_like(entries[..., None, :]))
    return xp.reshape(value, (*value.shape[:-2], value.shape[-2] * value.shape[-1]))


def _kron(xp, A, B):
    """A (x) B, by broadcasting."""
    blocks = A[..., :, None, :, None] * B[..., None, :, None, :]
    *batch, p, q, r, s = blocks.shape
    return xp.reshape(blocks, (*batch, p * q, r * s))


def _flat_outer(xp, u, v):
    """u (x) v for two vectors."""
    products = u[..., :, None] * v[..., None, :]
    return xp.reshape(products, (*products.shape[:-2], products.shape[-2] * products.shape[-1]))


def _eye(xp, like, n):
    """The identity, on the device of another array."""
    return xp.tril(xp.triu(_ones(xp, like, n, n)))
