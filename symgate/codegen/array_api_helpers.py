"""What an array API module holds beside its formulas, as text."""

from __future__ import annotations

ALWAYS = '''
def _checked(named, needed):
    """The array namespace, the sizes, the batch axes, and an array that knows dtype and device."""
    arrays = {name: value for name, value in named if value is not None}
    for name in needed:
        if name not in arrays:
            raise TypeError(f"{name} is missing")
    for name, value in arrays.items():
        if not hasattr(value, "shape") or not hasattr(value, "dtype"):
            raise TypeError(f"{name} must be an array; found {type(value).__name__}")
    xp = _namespace(arrays)
    sizes, batch, first = {}, (), needed[0]
    for name, value in arrays.items():
        if value.dtype != arrays[first].dtype:
            raise TypeError(f"{name} has dtype {value.dtype}, but {first} has {arrays[first].dtype}; convert one")
        core, shape = _SHAPES[name], tuple(value.shape)
        found = shape[len(shape) - len(core) :] if len(shape) >= len(core) else None
        for size, length in zip(core, found or ()):
            if length != (size if isinstance(size, int) else sizes.setdefault(size, length)):
                found = None
        if found is None:
            known = ", ".join(f"{size} = {sizes[size]}" for size in core if size in sizes)
            raise ValueError(f"{name} must have shape (..., {', '.join(map(str, core))}) with {known}; found {shape}")
        batch = _broadcast(name, batch, shape[: len(shape) - len(core)])
    if not xp.isdtype(arrays[first].dtype, "real floating"):
        raise TypeError(f"{first} must hold real floating numbers; found dtype {arrays[first].dtype}")
    return xp, sizes, batch, arrays[first]


def _namespace(arrays):
    """The array library of the arguments."""
    found = {}
    for name, value in arrays.items():
        if not hasattr(value, "__array_namespace__"):
            try:
                from array_api_compat import array_namespace
            except ImportError:
                raise TypeError(f"{name} is a {type(value).__name__}, which needs array-api-compat") from None
            return array_namespace(*arrays.values())
        found[value.__array_namespace__()] = name
    if len(found) > 1:
        raise TypeError(f"{' and '.join(found.values())} come from different array libraries")
    return next(iter(found))


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
'''

HELPERS = {
    "_matvec": '''
def _matvec(xp, W, v):
    """W v; a shared W is one matrix product for the whole batch."""
    if W.ndim == 2:
        return xp.matmul(v, xp.matrix_transpose(W))
    return xp.matmul(W, v[..., None])[..., 0]
''',
    "_diagonal": '''
def _diagonal(xp, v, n):
    """diag(v); what is not finite stays on the diagonal."""
    v = v * _ones(xp, v, n) if hasattr(v, "shape") else v
    eye = _eye(xp, v, n)
    return xp.where(eye, v[..., None], xp.zeros_like(v[..., None]))
''',
    "_row_diagonal": '''
def _row_diagonal(xp, entries, n):
    """b' (x) diag(v), from its nonzero entries (..., rows of v, entries of b)."""
    entries = entries * _ones(xp, entries, n, 1)
    eye = _eye(xp, entries, n)[:, None, :]
    value = xp.where(eye, entries[..., None], xp.zeros_like(entries[..., None]))
    return xp.reshape(value, (*value.shape[:-2], value.shape[-2] * value.shape[-1]))
''',
    "_diagonal_row": '''
def _diagonal_row(xp, entries, n):
    """diag(v) (x) b', from its nonzero entries (..., rows of v, entries of b)."""
    entries = entries * _ones(xp, entries, n, 1)
    eye = _eye(xp, entries, n)[:, :, None]
    value = xp.where(eye, entries[..., None, :], xp.zeros_like(entries[..., None, :]))
    return xp.reshape(value, (*value.shape[:-2], value.shape[-2] * value.shape[-1]))
''',
    "_kron": '''
def _kron(xp, A, B):
    """A (x) B, by broadcasting."""
    blocks = A[..., :, None, :, None] * B[..., None, :, None, :]
    *batch, p, q, r, s = blocks.shape
    return xp.reshape(blocks, (*batch, p * q, r * s))
''',
    "_flat_outer": '''
def _flat_outer(xp, u, v):
    """u (x) v for two vectors."""
    products = u[..., :, None] * v[..., None, :]
    return xp.reshape(products, (*products.shape[:-2], products.shape[-2] * products.shape[-1]))
''',
    "_eye": '''
def _eye(xp, like, n):
    """The identity as truth values, on the device of another array."""
    return xp.tril(xp.triu(_ones(xp, like, n, n))) == 1
''',
}

#: Ends the module of a whole cell: the step against its derivatives, by central differences and by duality.
SELF_CHECK = '''
def _self_check():
    """The largest relative disagreement of the derivatives with the step, on numbers drawn with NumPy."""
    import inspect

    import numpy as np

    rng, sizes = np.random.default_rng(0), {}
    drawn = {}
    for name, core in _SHAPES.items():
        shape = [size if isinstance(size, int) else sizes.setdefault(size, 3 + len(sizes)) for size in core]
        drawn[name] = np.asarray(0.5 * rng.standard_normal(shape))
    symbols = list(inspect.signature(step).parameters)
    point = {name: drawn[name] for name in symbols}

    def largest(values):
        return np.max(np.abs(values))

    def stepped(**moved):
        after = step(**{**point, **moved})
        return after if isinstance(after, tuple) else (after,)

    names = globals()
    states = symbols[: len(stepped())]
    h, errors = 1e-5, {}
    for place, of in enumerate(states):
        for by in states:
            mark = "" if len(states) == 1 else f"_{of}_{by}"
            J = names[f"jacobian{mark}"](**point)
            pushed, pulled = names[f"jacobian_times{mark}"], names[f"transposed_times{mark}"]
            tangent, cotangent = (list(inspect.signature(f).parameters)[-1] for f in (pushed, pulled))
            v, lam = drawn[tangent], drawn[cotangent]
            moved = [stepped(**{by: point[by] + sign * h * v})[place] for sign in (1, -1)]
            errors |= {
                f"J v against differences of the step{mark}": largest((moved[0] - moved[1]) / (2 * h) - J @ v) / 1e-9,
                f"jacobian_times{mark}": largest(pushed(**point, **{tangent: v}) - J @ v) / 1e-13,
                f"transposed_times{mark}": largest(pulled(**point, **{cotangent: lam}) - lam @ J) / 1e-13,
                f"jacobian{mark}_terms": largest(sum(names[f"jacobian{mark}_terms"](**point).values()) - J) / 1e-13,
            }
        for wrt in symbols:
            name = f"gradient_{wrt}" if len(states) == 1 else f"gradient_{of}_{wrt}"
            if name in names:
                d = np.asarray(rng.standard_normal(np.shape(point[wrt])))
                moved = [stepped(**{wrt: point[wrt] + sign * h * d})[place] for sign in (1, -1)]
                slope = lam @ (moved[0] - moved[1]) / (2 * h)
                errors[name] = abs(slope - np.sum(d * names[name](**point, **{cotangent: lam}))) / 1e-8
    failed = [name for name, error in errors.items() if not error <= 1]
    outcome = f"; failed: {', '.join(failed)}" if failed else ""
    print(f"{len(errors) - len(failed)} of {len(errors)} checks passed{outcome}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(_self_check())
'''
