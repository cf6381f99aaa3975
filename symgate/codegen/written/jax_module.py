"""What a jax module holds beside its formulas."""

from __future__ import annotations

from typing import Any

import jax
from jax import numpy as jnp

from symgate.codegen.written.sequences import _fitted, _plain

#: By argument, its shape.  A generated module writes its own.
_SHAPES: dict[str, tuple[str | int, ...]] = {}
#: By argument: "state", "input" or "parameter".  A generated module writes its own.
_KINDS: dict[str, str] = {}
#: How many steps, where no input says so.
_STEPS: dict[str, int] = {}


def _stand_in(*arguments: Any, **named: Any) -> Any:
    """What a generated module defines itself."""
    raise NotImplementedError


sequence = _forward = _backward = _stand_in


def _by_step(value, steps, batch):
    """Rows of all steps as an array that is scanned over its first axis."""
    return jnp.reshape(value, (steps, batch, *value.shape[1:]))


def _rows(value):
    """The first two axes as one: of steps and rows, or of blocks and what they have."""
    return jnp.reshape(value, (value.shape[0] * value.shape[1], *value.shape[2:]))


def _blocks(values, count):
    """Values of all steps, or rows of them, as one value for each block."""
    return tuple(jnp.reshape(value, (count, value.shape[0] // count, *value.shape[1:])) for value in values)


def _steps_of_a_block(state, steps):
    """How many steps are taken together: on a CPU some hundred rows, which stay in cache; elsewhere all."""
    most = max(1, 512 // max(1, state.shape[0])) if jax.default_backend() == "cpu" else steps
    return max(count for count in range(1, min(most, steps) + 1) if steps % count == 0)


def _before(arguments, states):
    """The states before every step."""
    return tuple(jnp.concatenate([x[None], after[:-1]]) for x, after in zip(arguments, states))


def _one_before(t, first, after):
    """A state before step t + 1, read where it lies, so that no copy of all steps is made."""
    return jnp.where(t == 0, first, jax.lax.dynamic_index_in_dim(after, jnp.maximum(t - 1, 0), keepdims=False))


def _opened(arguments):
    """Every argument with its rows, the steps and the batch axes; an error names what does not fit."""
    named = dict(zip(_SHAPES, arguments))
    for name, value in named.items():
        _plain(name, value)
        real = any(jnp.issubdtype(value.dtype, kind) for kind in (jnp.bool_, jnp.integer, jnp.floating))
        if not real or value.dtype.itemsize > 8:
            raise TypeError(
                f"{name} must hold real numbers, float32 or float64 (whole numbers are converted); found dtype "
                f"{value.dtype}"
            )
    single = all(value.dtype == jnp.float32 for value in named.values())
    kind = jnp.float32 if single else jnp.zeros(0).dtype  # float64, where jax has been told to have it
    named = {name: value if value.dtype == kind else jnp.asarray(value, kind) for name, value in named.items()}
    steps, batch, length, lead = _fitted(named, jnp.broadcast_shapes)
    opened = []
    for name, value in named.items():
        core = tuple(value.shape[len(lead[name]) :])
        if _KINDS[name] == "input":
            if lead[name][1:] != batch:
                ones = (1,) * (len(batch) + 1 - len(lead[name]))
                value = jnp.reshape(value, (steps, *ones, *lead[name][1:], *core))
            value = jnp.reshape(jnp.broadcast_to(value, (steps, *batch, *core)), (steps * length, *core))
        elif _KINDS[name] == "state":
            value = jnp.reshape(jnp.broadcast_to(value, (*batch, *core)), (length, *core))
        opened.append(value)
    return steps, batch, tuple(opened)


def _run(steps, arguments):
    return _forward(steps, arguments)[0]


def _run_forward(steps, arguments):
    states, steady, moving = _forward(steps, arguments)
    return states, (arguments, states, steady, moving)


def _run_backward(steps, saved, lams):
    return (_backward(steps, lams, *saved),)


_run = jax.custom_vjp(_run, nondiff_argnums=(0,))
_run.defvjp(_run_forward, _run_backward)


def _self_check() -> int:
    """Compare first and second derivatives with jax's own through the recurrence, alone and under jit and vmap."""
    jax.config.update("jax_enable_x64", True)
    keys, sizes, failed = iter(jax.random.split(jax.random.key(0), 99)), {}, []

    def drawn(name):
        lead = {"state": (2,), "input": (3, 2), "parameter": ()}[_KINDS[name]]
        own = [axis if isinstance(axis, int) else sizes.setdefault(axis, 2 + len(sizes)) for axis in _SHAPES[name]]
        return 0.3 + 0.5 * jnp.abs(jax.random.normal(next(keys), (*lead, *own), jnp.float64))

    point = tuple(drawn(name) for name in _SHAPES)
    lams = [jax.random.normal(next(keys), value.shape) for value in sequence(*point, **_STEPS)]

    def ours(*arguments):
        return sum(jnp.sum(lam * value) for lam, value in zip(lams, sequence(*arguments, **_STEPS)))

    def theirs(*arguments):
        steps, _, rows = _opened(arguments)
        return sum(
            jnp.sum(lam * jnp.reshape(value, lam.shape)) for lam, value in zip(lams, _forward(steps or 3, rows)[0])
        )

    every = tuple(range(len(point)))
    wanted = jax.jit(jax.grad(theirs, every))(*point)
    found = {"": jax.jit(jax.grad(ours, every))(*point)}
    twice = [jnp.stack([value, value]) for value in point]
    found["under vmap, "] = [value[1] for value in jax.jit(jax.vmap(jax.grad(ours, every)))(*twice)]

    def along(loss):
        return lambda *arguments: sum(jnp.sum(g * v) for g, v in zip(jax.grad(loss, every)(*arguments), point))

    tables = [(where, values, wanted) for where, values in found.items()]
    second = [jax.jit(jax.grad(along(loss), every))(*point) for loss in (ours, theirs)]
    tables.append(("second, ", *second))
    for where, values, expected in tables:
        for name, own, other in zip(_SHAPES, values, expected):
            if not jnp.allclose(own, other, rtol=1e-10, atol=1e-10 * (1 + float(jnp.max(jnp.abs(other))))):
                failed.append(f"{where}gradient by {name}")
    outcome = f"; failed: {', '.join(failed)}" if failed else ""
    total = len(tables) * len(_SHAPES)
    print(f"{total - len(failed)} of {total} checks passed{outcome}")
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(1 if _self_check() else 0)
