"""What modules of array libraries share: what is no array, and the shapes of sequences."""

from __future__ import annotations

#: By argument, its shape.  A generated module writes its own.
_SHAPES: dict[str, tuple[str | int, ...]] = {}
#: By argument: "state", "input" or "parameter".  A generated module writes its own.
_KINDS: dict[str, str] = {}


def _plain(name, value):
    """Refuse what is no array, or holds more than numbers side by side."""
    for turned in ("toarray", "todense"):
        if hasattr(value, turned):
            raise TypeError(f"{name} is a sparse {type(value).__name__}; pass {name}.{turned}()")
    if not hasattr(value, "shape") or not hasattr(value, "dtype"):
        raise TypeError(f"{name} must be an array; found {type(value).__name__}")
    if hasattr(value, "filled"):
        raise TypeError(f"{name} is a masked array, and a mask has no meaning here; pass {name}.filled(...)")


def _fitted(named, broadcast_shapes):
    """The steps, the batch axes, how many elements they have, and the axes before each shape; or an error."""
    sizes = {}
    for name, value in named.items():
        core, shape = _SHAPES[name], tuple(value.shape)
        own = shape[len(shape) - len(core) :] if len(shape) >= len(core) else (None,) * len(core)
        if any(n != (axis if isinstance(axis, int) else sizes.setdefault(axis, n)) for axis, n in zip(core, own)):
            known = ", ".join(f"{axis} = {sizes[axis]}" for axis in core if axis in sizes)
            raise ValueError(f"{name} must have shape (..., {', '.join(map(str, core))}) with {known}; found {shape}")
        if 0 in own:
            wanted = ", ".join(map(str, core))
            raise ValueError(f"{name} must have shape (..., {wanted}) with every size 1 or more; found {shape}")
    lead = {name: tuple(value.shape[: value.ndim - len(_SHAPES[name])]) for name, value in named.items()}
    batch = broadcast_shapes(
        *(axes for name, axes in lead.items() if _KINDS[name] == "state"),
        *(axes[1:] for name, axes in lead.items() if _KINDS[name] == "input"),
    )
    inputs = [name for name in named if _KINDS[name] == "input"]
    for name, axes in lead.items():
        if _KINDS[name] == "parameter" and axes:
            raise ValueError(f"{name} has no batch axes; found shape {tuple(named[name].shape)}")
        if _KINDS[name] == "input" and (not axes or axes[0] != lead[inputs[0]][0] or axes[0] == 0):
            raise ValueError(
                f"{name} has time in front of all batch axes, (T, ..., {', '.join(map(str, _SHAPES[name]))}), with T "
                f"of {inputs[0]} and not 0; found shape {tuple(named[name].shape)}"
            )
    steps, length = (lead[inputs[0]][0] if inputs else None), 1
    for axis in batch:
        length *= axis
    return steps, batch, length, lead
