"""What a torch module holds beside its formulas."""

from __future__ import annotations

from typing import Any

import torch

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


sequence = _forward = _keeping = _backward = _stand_in


def _by_step(value, steps, batch):
    """Rows of all steps as one tensor for each step."""
    return value.reshape((steps, batch, *value.shape[1:])).unbind(0)


def _steps_of_a_block(state, steps):
    """How many steps are taken together: on a CPU a thousand rows, which stay in cache; elsewhere all."""
    return max(1, min(steps, 1024 // max(1, state.shape[0]))) if state.device.type == "cpu" else steps


def _opened(arguments):
    """Every argument with its rows, the steps and the batch axes; an error names what does not fit."""
    named = dict(zip(_SHAPES, arguments))
    first = next(iter(named))
    for name, value in named.items():
        _plain(name, value)
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{name} must be a tensor; found {type(value).__name__}")
        if value.layout != torch.strided:
            raise TypeError(f"{name} is a sparse Tensor; pass {name}.to_dense()")
        if value.is_complex():
            raise TypeError(
                f"{name} must hold real numbers, float32 or float64 (whole numbers are converted); found dtype "
                f"{value.dtype}"
            )
        if value.device != named[first].device:
            raise TypeError(f"{name} is on {value.device}, but {first} is on {named[first].device}; move one")
    single = all(value.dtype == torch.float32 for value in named.values())
    named = {name: value.to(torch.float32 if single else torch.float64) for name, value in named.items()}
    steps, batch, length, lead = _fitted(named, torch.broadcast_shapes)
    opened = []
    for name, value in named.items():
        core = tuple(value.shape[len(lead[name]) :])
        if _KINDS[name] == "input":
            if lead[name][1:] != batch:
                value = value.reshape((steps,) + (1,) * (len(batch) + 1 - len(lead[name])) + lead[name][1:] + core)
            value = value.expand((steps, *batch, *core)).reshape((steps * length, *core))
        elif _KINDS[name] == "state":
            value = value.expand((*batch, *core)).reshape((length, *core))
        opened.append(value)
    return steps, batch, opened


class _Run(torch.autograd.Function):
    """All steps with their adjoint.

    With ``create_graph=True`` the way backward is taken by autograd through the recurrence once more, so that second
    derivatives are right.
    """

    @staticmethod
    def forward(ctx, steps, *arguments):
        states, steady, moving = _keeping(steps, arguments)
        ctx.steps, ctx.counts = steps, (len(arguments), len(states), len(steady))
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*arguments, *states, *steady, *moving)
        return tuple(whole[1:] for whole in states)

    @staticmethod
    def backward(ctx, *lams):
        saved, steps, (given, several, fixed) = ctx.saved_tensors, ctx.steps, ctx.counts
        arguments, rest = saved[:given], saved[given:]
        if torch.is_grad_enabled():
            return None, *_again(steps, arguments, lams, ctx.needs_input_grad[1:])
        states, steady, moving = rest[:several], rest[several : several + fixed], rest[several + fixed :]
        return None, *_backward(steps, lams, arguments, states, steady, moving, ctx.needs_input_grad[1:])


def _again(steps, arguments, lams, wanted):
    """The cotangents by autograd through the recurrence, to be differentiated again."""
    with torch.enable_grad():
        states = [torch.stack(values) for values in _forward(steps, arguments)]
        pairs = [(state, lam) for state, lam in zip(states, lams) if lam is not None and state.requires_grad]
        chosen = [value for value, want in zip(arguments, wanted) if want]
        if not pairs:
            return (None,) * len(arguments)
        outputs, cotangents = zip(*pairs)
        found = iter(torch.autograd.grad(outputs, chosen, cotangents, create_graph=True, allow_unused=True))
    return tuple(next(found) if want else None for want in wanted)


def _self_check() -> int:
    """Check first and second derivatives with torch's gradcheck; print what failed, and count it."""
    generator, sizes, failed = torch.Generator().manual_seed(0), {}, []

    def drawn(name):
        lead = {"state": (2,), "input": (3, 2), "parameter": ()}[_KINDS[name]]
        own = [axis if isinstance(axis, int) else sizes.setdefault(axis, 2 + len(sizes)) for axis in _SHAPES[name]]
        value = torch.randn((*lead, *own), generator=generator, dtype=torch.float64)
        return (0.3 + 0.5 * value.abs()).requires_grad_()

    point = tuple(drawn(name) for name in _SHAPES)
    checks = {"gradcheck": torch.autograd.gradcheck, "gradgradcheck": torch.autograd.gradgradcheck}
    for name, check in checks.items():
        try:
            with torch.random.fork_rng(devices=[]):  # it draws directions from the default generator
                torch.default_generator.manual_seed(0)
                check(lambda *arguments: sequence(*arguments, **_STEPS), point, atol=1e-6, rtol=1e-5)
        except Exception as error:
            print(f"{name}: {error}")
            failed.append(name)
    # autograd through the same recurrence, operation by operation
    outputs = sequence(*point, **_STEPS)
    lams = tuple(torch.randn(value.shape, generator=generator, dtype=value.dtype) for value in outputs)
    ours = torch.autograd.grad(outputs, point, lams, allow_unused=True, materialize_grads=True)
    steps, batch, opened = _opened(point)
    flat = [lam.reshape(steps or 3, -1, *lam.shape[len(batch) + 1 :]) for lam in lams]
    theirs = [
        torch.zeros_like(v) if g is None else g
        for g, v in zip(_again(steps or 3, opened, flat, [True] * len(opened)), opened)
    ]
    for name, own, other in zip(_SHAPES, ours, theirs):
        other = other.detach().reshape(own.shape)
        if not torch.allclose(own, other, rtol=1e-10, atol=1e-10 * (1 + float(other.abs().max()))):
            failed.append(f"gradient by {name}")
    outcome = f"; failed: {', '.join(failed)}" if failed else ""
    total = 2 + len(_SHAPES)
    print(f"{total - len(failed)} of {total} checks passed{outcome}")
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(1 if _self_check() else 0)
