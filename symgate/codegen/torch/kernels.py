"""Elementwise functions of torch and jax: their own, and slopes as functions of the value that the way forward has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, final

from symgate.codegen.array_api.kernels import ArrayKernels
from symgate.nonlinearities import Nonlinearity


class ValueKernels(ArrayKernels):
    """Writes those that the library lacks."""

    call = "{name}({argument})"
    #: What the library's functions begin with.
    space: ClassVar[str]
    #: (function, order) -> the library's function of that value.
    own: ClassVar[Mapping[tuple[str, int], str]]
    #: (function, order) -> a formula; smooth, so that it can be differentiated again.
    sources: ClassVar[Mapping[tuple[str, int], str]]
    #: A slope as a function of the value y.
    value_slopes: ClassVar[Mapping[str, str]]

    def name(self, function: str, order: int) -> str:
        """The name of f^(order)."""
        if function in self.value_slopes:
            return self._slope(function)
        return self.own.get((function, order)) or super().name(function, order)

    def _slope(self, function: str) -> str:
        """The name of f' as a function of the value of f."""
        formula = self.value_slopes[function]
        return self.keep(
            (function, 0),
            f"_{function.replace(' ', '_')}",
            lambda name: [f"def {name}(y):", f'    """The {function}, from its value."""', f"    return {formula}"],
        )

    def write(self, entry: Nonlinearity, order: int) -> list[str]:
        """One function."""
        name, own = self.names[entry.name, order], self.sources.get((entry.name, order))
        if own is not None:
            what = f'    """{entry.name}{chr(39) * order}(z), entry by entry."""'
            return [f"def {name}(z):", what, f"    return {own}"]
        return [line.replace("(xp, ", "(").replace("xp.", self.space) for line in super().write(entry, order)]

    def module(self, name: str) -> str:
        """The spelling of a function of the library."""
        return super().module(name).replace("xp.", self.space)


@final
class TorchKernels(ValueKernels):
    """torch."""

    space: ClassVar[str] = "torch."
    own: ClassVar = {
        ("sigma", 0): "torch.sigmoid",
        ("tanh", 0): "torch.tanh",
        ("relu", 0): "torch.relu",
        ("exp", 0): "torch.exp",
        ("exp", 1): "torch.exp",
        ("expm1", 0): "torch.expm1",
        ("expm1", 1): "torch.exp",
        ("sin", 0): "torch.sin",
        ("sin", 1): "torch.cos",
        ("cos", 0): "torch.cos",
        ("sqrt", 0): "torch.sqrt",
        ("erf", 0): "torch.erf",
        ("abs", 0): "torch.abs",
        ("abs", 1): "torch.sign",
        ("softplus", 1): "torch.sigmoid",
        ("silu", 0): "torch.nn.functional.silu",
        ("log_sigmoid", 0): "torch.nn.functional.logsigmoid",
    }
    sources: ClassVar = {
        ("sigma", 1): "torch.sigmoid(z) * torch.sigmoid(-z)",
        ("tanh", 1): "torch.cosh(z).pow(-2)",
        ("softplus", 0): "-torch.nn.functional.logsigmoid(-z)",
        ("log_sigmoid", 1): "torch.sigmoid(-z)",
        ("silu", 1): "torch.sigmoid(z) * (1 + z * torch.sigmoid(-z))",
    }
    value_slopes: ClassVar = {
        "slope of sigma": "y * (1 - y)",
        "slope of tanh": "1 - y * y",
        "slope of relu": "(y > 0).to(y.dtype)",
    }


@final
class JaxKernels(ValueKernels):
    """jax."""

    space: ClassVar[str] = "jnp."
    own: ClassVar = {
        ("sigma", 0): "jax.nn.sigmoid",
        ("tanh", 0): "jnp.tanh",
        ("relu", 0): "jax.nn.relu",
        ("exp", 0): "jnp.exp",
        ("exp", 1): "jnp.exp",
        ("expm1", 0): "jnp.expm1",
        ("expm1", 1): "jnp.exp",
        ("sin", 0): "jnp.sin",
        ("sin", 1): "jnp.cos",
        ("cos", 0): "jnp.cos",
        ("sqrt", 0): "jnp.sqrt",
        ("erf", 0): "jax.scipy.special.erf",
        ("abs", 0): "jnp.abs",
        ("abs", 1): "jnp.sign",
        ("softplus", 0): "jax.nn.softplus",
        ("softplus", 1): "jax.nn.sigmoid",
        ("silu", 0): "jax.nn.silu",
        ("log_sigmoid", 0): "jax.nn.log_sigmoid",
    }
    sources: ClassVar = {
        ("sigma", 1): "jax.nn.sigmoid(z) * jax.nn.sigmoid(-z)",
        ("tanh", 1): "1 / jnp.cosh(z) ** 2",
        ("log_sigmoid", 1): "jax.nn.sigmoid(-z)",
        ("silu", 1): "jax.nn.sigmoid(z) * (1 + z * jax.nn.sigmoid(-z))",
    }
    value_slopes: ClassVar = {
        "slope of sigma": "y * (1 - y)",
        "slope of tanh": "1 - y * y",
        "slope of relu": "(y > 0).astype(y.dtype)",
    }
