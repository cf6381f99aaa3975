"""How torch spells the lines of a step: arrays have rows, parameters none."""

from __future__ import annotations

from typing import ClassVar, final

from symgate.codegen.array_api import ArrayApiBackend
from symgate.codegen.backend import ATOM, PRODUCT, Code, Spelling, Summand
from symgate.codegen.kernels import Kernels
from symgate.codegen.training.loops import LoopDialect
from symgate.codegen.training.torch_kernels import TorchKernels

_BASE = ArrayApiBackend()


@final
class TorchBackend(Spelling):
    """Writes torch."""

    spellings: ClassVar = {
        **{
            key: (text.replace("(xp, ", "(").replace("xp.", "torch."), level)
            for key, (text, level) in ArrayApiBackend.spellings.items()
        },
        "map": ("{0}({1:bare})", ATOM),
        "transpose": ("{0}.mT", ATOM),
        "dot": ("torch.sum({0:left} * {1:right}, -1)", ATOM),
        "sum": ("torch.sum({0:bare}, -1)", ATOM),
        "number to array": ("torch.ones_like(like[0, 0]) * ({1:bare})", PRODUCT),
        "matrix times vector": ("torch.matmul({1:bare}, {0}.mT)", ATOM),
        "row times matrix": ("torch.matmul({0:bare}, {1})", ATOM),
        "matrix times matrix": ("torch.matmul({0:bare}, {1:bare})", ATOM),
    }

    def join(self, key: str, kind: str, *operands: Code) -> Code:
        """The operands joined; a matrix that is turned twice is not turned."""
        found = super().join(key, kind, *operands)
        return Code(found.text.replace(".mT.mT", ""), found.level, found.kind, found.number, found.operands)

    def number(self, value: float) -> str:
        """The shortest literal that reads back the same."""
        return repr(value)

    def ones(self, kind: str, dtype: str, *sizes: str) -> Code:
        """Ones of the dtype and on the device of the arguments."""
        return Code(f"{dtype}.new_ones(({', '.join(sizes)},))", kind=kind)

    def settled(self, code: Code, dtype: str) -> Code:
        """Nothing to settle: no array is filled in."""
        return code

    def empty(self, batch: str, dtype: str, sizes: list[str]) -> str:
        """Arrays are not written to."""
        return _BASE.empty(batch, dtype, sizes)

    def fill(self, target: str, kind: str, summands: list[Summand]) -> list[str]:
        """One sum."""
        return [line.replace("(xp, ", "(") for line in _BASE.fill(target, kind, summands)]


@final
class TorchLoops(LoopDialect):
    """torch."""

    by_step: ClassVar[str] = "_by_step({0}, steps, batch)"
    rows: ClassVar[str] = "torch.cat({0})"
    wanted: ClassVar[str] = ", wanted"
    zeros: ClassVar[str] = "torch.zeros_like({0})"
    sums: ClassVar = {
        "vector": "torch.sum({0}, 0)",
        "matrix": "torch.sum({0}, 0)",
        "all": "torch.sum({0})",
        "dot": "torch.sum({0} * {1})",
        "outer": "torch.mm(({0}).mT, {1})",
    }

    def __init__(self) -> None:
        self.backend = TorchBackend()

    def kernels(self, taken: set[str]) -> Kernels:
        """The elementwise functions of a module."""
        return TorchKernels(taken)
