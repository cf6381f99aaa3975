"""A cell run and differentiated by jax: an oracle through time that nobody here wrote."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import sympy
from sympy.matrices import expressions as me

from symgate.language import Dot, Map, ScalarMap
from symgate.records import Cell


def functions() -> dict[str, Any]:
    """Elementwise functions of jax by the names of the registry."""
    import jax
    from jax import numpy as jnp
    from jax.scipy import special

    plain = {
        name: getattr(jnp, name) for name in ("tanh", "sin", "cos", "exp", "expm1", "sqrt", "log", "abs", "square")
    }
    of_networks = {"sigma": "sigmoid", "silu": "silu", "log_sigmoid": "log_sigmoid", "hard_sigmoid": "hard_sigmoid"}
    of_networks |= {name: name for name in ("softplus", "relu", "mish", "elu", "selu", "leaky_relu", "relu6")}
    of_networks |= {"hard_tanh": "hard_tanh", "softsign": "soft_sign"}
    return {
        **plain,
        **{name: getattr(jax.nn, theirs) for name, theirs in of_networks.items()},
        "phi": jnp.tanh,
        "psi": jnp.tanh,
        "erf": special.erf,
        "gelu": functools.partial(jax.nn.gelu, approximate=False),
        "gelu_tanh": functools.partial(jax.nn.gelu, approximate=True),
        "reciprocal": lambda z: 1 / z,
        "identity": lambda z: z,
        "root_3": lambda z: z ** (1 / 3),
        "step": lambda z: (z > 0) * 1.0,
    }


def value(expr: Any, known: Mapping[Any, Any], sizes: Mapping[Any, int]) -> Any:
    """An expression in jax; columns are (n, 1)."""
    from jax import numpy as jnp

    if expr in known:
        return known[expr]
    parts = [value(arg, known, sizes) for arg in expr.args if isinstance(arg, (sympy.Expr, me.MatrixExpr))]
    match expr:
        case sympy.Number():
            return float(expr)
        case sympy.Symbol() if expr in sizes:
            return float(sizes[expr])
        case me.OneMatrix() | me.ZeroMatrix():
            return float(isinstance(expr, me.OneMatrix)) * jnp.ones([int(size.subs(sizes)) for size in expr.shape])
        case me.MatAdd() | sympy.Add():
            return sum(parts[1:], parts[0])
        case me.MatMul():  # a sympy.Mul as well
            result = 1.0
            for part in parts:
                result = result @ part if jnp.ndim(result) and jnp.ndim(part) else result * part
            return result
        case me.HadamardProduct() | sympy.Mul():
            result = parts[0]
            for part in parts[1:]:
                result = result * part
            return result
        case sympy.Pow() | me.HadamardPower():
            return parts[0] ** int(expr.exp)
        case me.DiagMatrix():
            return jnp.diag(parts[0][:, 0])
        case me.Transpose():
            return parts[0].T
        case Dot():
            return (parts[0].T @ parts[1])[0, 0]
        case Map() | ScalarMap():
            return functions()[expr.function](value(expr.argument, known, sizes))
    raise AssertionError(f"jax is not told of {type(expr).__name__}")


def gradients(
    cell: Cell, point: Mapping[str, Any], inputs: Mapping[str, Any], pushes: Any, sizes: Mapping[Any, int]
) -> dict[str, Any]:
    """The gradient of the sum over steps and states of pushes_t' x_t by every parameter, by ``jax.grad``.

    ``pushes`` is an array for the one state, or arrays by the name of the state.
    """
    import jax
    from jax import numpy as jnp

    pushed = pushes if isinstance(pushes, Mapping) else {cell.states[0].name: pushes}
    steps = len(next(iter(pushed.values())))

    def loss(params: dict[str, Any]) -> Any:
        states = {state.before: _column(jnp.asarray(point[state.name])) for state in cell.states}
        total = 0.0
        for t in range(steps):
            known = {cell.symbols[name]: _column(item) for name, item in params.items()} | states
            known |= {cell.symbols[name]: _column(jnp.asarray(item[t])) for name, item in inputs.items()}
            for item in cell.assignments:
                known[item.symbol] = value(item.expr, known, sizes)
            states = {state.before: value(state.update, known, sizes) for state in cell.states}
            for state in cell.states:
                total = total + (_column(jnp.asarray(pushed[state.name][t])) * states[state.before]).sum()
        return total

    params = {str(p.name): jnp.asarray(point[str(p.name)]) for p in cell.parameters}
    return dict(jax.grad(loss)(params))


def _column(item: Any) -> Any:
    return item[:, None] if item.ndim == 1 else item
