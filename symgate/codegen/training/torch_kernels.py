"""Elementwise functions of torch: its own where they lose no digits, formulas over these elsewhere."""

from __future__ import annotations

from typing import ClassVar

from symgate.codegen.array_api_kernels import ArrayKernels
from symgate.nonlinearities import Nonlinearity

#: (function, order) -> torch's function of that value.
OWN: dict[tuple[str, int], str] = {
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
    ("log_sigmoid", 0): "torch.nn.functional.logsigmoid",
}

#: What is written here: smooth, so that it can be differentiated again, and exact where a gate saturates.
SOURCES: dict[tuple[str, int], str] = {
    ("sigma", 1): "torch.sigmoid(z) * torch.sigmoid(-z)",
    ("tanh", 1): "torch.cosh(z).pow(-2)",
    ("softplus", 0): "-torch.nn.functional.logsigmoid(-z)",
    ("log_sigmoid", 1): "torch.sigmoid(-z)",
    ("silu", 0): "torch.nn.functional.silu(z)",
}

#: Slopes as functions of the value.
FROM_VALUE = {"slope of sigma": "y * (1 - y)", "slope of tanh": "1 - y * y", "slope of relu": "(y > 0).to(y.dtype)"}
#: torch's functions of (cotangent, value) that multiply with such a slope in one pass.
TIMES_SLOPE = {"slope of sigma": "torch.ops.aten.sigmoid_backward", "slope of tanh": "torch.ops.aten.tanh_backward"}


class TorchKernels(ArrayKernels):
    """Writes those that torch lacks."""

    call: ClassVar[str] = "{name}({argument})"

    def name(self, function: str, order: int) -> str:
        """The name of f^(order)."""
        if function in FROM_VALUE:
            return self.slope(function)
        return OWN.get((function, order)) or super().name(function, order)

    def slope(self, function: str) -> str:
        """The name of f' as a function of the value y of f."""
        formula = FROM_VALUE[function]
        return self.keep(
            (function, 0),
            f"_{function.replace(' ', '_')}",
            lambda name: [f"def {name}(y):", f'    """The {function}, from its value."""', f"    return {formula}"],
        )

    def write(self, entry: Nonlinearity, order: int) -> list[str]:
        """One function."""
        name, own = self.names[entry.name, order], SOURCES.get((entry.name, order))
        if own is not None:
            return [
                f"def {name}(z):",
                f'    """{entry.name}{chr(39) * order}(z), entry by entry."""',
                f"    return {own}",
            ]
        return [line.replace("(xp, z)", "(z)").replace("xp.", "torch.") for line in super().write(entry, order)]
