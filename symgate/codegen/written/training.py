"""What NumPy and array API modules hold for a step backward and for training through time."""

from __future__ import annotations

from symgate.codegen.written.array_api_module import _array, _real
from symgate.codegen.written.sequences import _plain

#: By argument, its shape.  A generated module writes its own.
_SHAPES: dict[str, tuple[str | int, ...]] = {}
#: By argument: "state", "input" or "parameter".  A generated module writes its own.
_KINDS: dict[str, str] = {}


def _by_step(xp, value, steps, batch):
    """Rows of all steps as an array that is indexed by the step."""
    return xp.reshape(value, (steps, batch, *value.shape[1:]))


def _rows(xp, values):
    """The values of all steps as rows."""
    return xp.concat(values, axis=0)


def _opened(xp, arrays, axes, *, time):
    """Every argument with its rows: states and inputs over the batch, inputs over the steps before; and the steps."""
    ranks = {name: len(arrays[name].shape) - len(_SHAPES[name]) for name in _KINDS}
    for name, kind in sorted(_KINDS.items(), key=lambda item: item[1]):
        if kind == "parameter" and ranks[name]:
            raise ValueError(
                f"{name} is summed over the batch and has no batch axes here; found shape {tuple(arrays[name].shape)}. "
                f"The functions gradient_... take one {name} for each batch element"
            )
        if time and kind == "input" and ranks[name] != len(axes):
            wanted = f"(T, {', '.join(map(str, [*axes[1:], *_SHAPES[name]]))})".replace(", )", ")")
            raise ValueError(f"{name} has time in front of all batch axes, {wanted}; found {tuple(arrays[name].shape)}")
        if time and kind == "state" and ranks[name] >= max(len(axes), 1):
            raise ValueError(f"{name} is the state before the first step, without an axis for time")
    steps, batch = (axes[0], axes[1:]) if time else (1, axes)
    if steps == 0:
        raise ValueError("There is no step: an input needs a first axis, time, of length 1 or more")
    opened, length = [], 1
    for axis in batch:
        length *= axis
    for name, kind in _KINDS.items():
        value, core = arrays[name], arrays[name].shape[ranks[name] :]
        if kind != "parameter":
            lead = (steps, *batch) if kind == "input" else batch
            rows = steps * length if kind == "input" else length
            value = xp.reshape(xp.broadcast_to(value, (*lead, *core)), (rows, *core))
        opened.append(value)
    return steps, batch, length, tuple(opened)


def _shaped(xp, values, steps, batch):
    """Cotangents by name, each in the shape of its argument; ``steps`` in front of those of inputs, where given."""
    leads = {"state": batch, "input": batch if steps is None else (steps, *batch), "parameter": ()}
    return {
        name: value if kind == "parameter" else xp.reshape(value, (*leads[kind], *value.shape[1:]))
        for (name, kind), value in zip(_KINDS.items(), values)
    }


def _opened_lam(xp, name, value, state, batch, lead=None):
    """The cotangent of a state after the step with its rows, or for every step; zeros (over time None) for None."""
    if value is None:
        return xp.zeros_like(state) if lead is None else None
    core = state.shape[1:]
    value = _alike(xp, name, value, state)
    if lead is not None and tuple(value.shape) != (*batch, *core):
        found = tuple(value.shape)
        raise ValueError(f"{name} needs shape {(*batch, *core)}, as the states of all steps; found {found}")
    return xp.reshape(xp.broadcast_to(value, (*batch, *core)), (*(lead or state.shape[:1]), *core))


def _alike(xp, name, value, state):
    """The cotangent as an array of the dtype of the state."""
    _plain(name, value)
    return xp.astype(_real(xp, {name: _array(value)})[name], state.dtype)
