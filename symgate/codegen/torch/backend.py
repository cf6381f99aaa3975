"""How torch spells the lines of a step: arrays have rows, parameters none."""

from __future__ import annotations

from typing import ClassVar, final

from sympy import Expr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, MatrixSymbol, Transpose

from symgate.codegen.array_api.target import ArrayApiBackend
from symgate.codegen.torch.kernels import TorchKernels
from symgate.codegen.training.loops import LoopDialect
from symgate.codegen.training.pieces import StepWriter
from symgate.codegen.writer.backend import ATOM, PRODUCT, Code, Spelling, Summand
from symgate.codegen.writer.fold import Writer
from symgate.codegen.writer.kernels import Kernels
from symgate.codegen.writer.program import Program
from symgate.language import Map, is_vector

_BASE = ArrayApiBackend()

#: torch's functions of (cotangent, value) that multiply with a slope in one pass.
TIMES_SLOPE = {"slope of sigma": "torch.ops.aten.sigmoid_backward", "slope of tanh": "torch.ops.aten.tanh_backward"}


class RowSpelling(Spelling):
    """What torch and jax have in common."""

    def join(self, key: str, kind: str, *operands: Code) -> Code:
        """The operands joined; a matrix that is turned twice is not turned."""
        found = super().join(key, kind, *operands)
        return Code(found.text.replace(".mT.mT", ""), found.level, found.kind, found.number, found.operands)

    def number(self, value: float) -> str:
        """The shortest literal that reads back the same."""
        return repr(value)

    def settled(self, code: Code, dtype: str) -> Code:
        """Nothing to settle: no array is filled in."""
        return code

    def empty(self, batch: str, dtype: str, sizes: list[str]) -> str:
        """Arrays are not written to."""
        return _BASE.empty(batch, dtype, sizes)

    def fill(self, target: str, kind: str, summands: list[Summand]) -> list[str]:
        """One sum."""
        return [line.replace("(xp, ", "(") for line in _BASE.fill(target, kind, summands)]


def spelled(space: str, *, matrices: bool = False) -> dict[str, tuple[str, int]]:
    """The spellings of arrays with rows, in a library whose functions begin with ``space``.

    Where ``matrices`` have rows too, a product with a vector tells them from those that all rows share.
    """
    products = {
        "matrix times vector": (space + "matmul({1:bare}, {0}.mT)", ATOM),
        "row times matrix": (space + "matmul({0:bare}, {1})", ATOM),
    }
    if matrices:
        products = {
            "matrix times vector": ("_matvec({0:bare}, {1:bare})", ATOM),
            "row times matrix": ("_matvec({1}.mT, {0:bare})", ATOM),
            "number to array": (space + "ones_like(like.ravel()[0]) * ({1:bare})", PRODUCT),
        }
    return {
        **{
            key: (text.replace("(xp, ", "(").replace("xp.", space), level)
            for key, (text, level) in ArrayApiBackend.spellings.items()
        },
        "map": ("{0}({1:bare})", ATOM),
        "transpose": ("{0}.mT", ATOM),
        "dot": (space + "sum({0:left} * {1:right}, -1)", ATOM),
        "sum": (space + "sum({0:bare}, -1)", ATOM),
        "number to array": (space + "ones_like(like[0, 0]) * ({1:bare})", PRODUCT),
        "matrix times matrix": (space + "matmul({0:bare}, {1:bare})", ATOM),
        **products,
    }


class TorchBackend(RowSpelling):
    """Writes torch."""

    spellings: ClassVar = spelled("torch.")

    def ones(self, kind: str, dtype: str, *sizes: str) -> Code:
        """Ones of the dtype and on the device of the arguments."""
        return Code(f"{dtype}.new_ones(({', '.join(sizes)},))", kind=kind)


@final
class TorchMatrices(TorchBackend):
    """Writes torch where matrices have rows."""

    spellings: ClassVar = spelled("torch.", matrices=True)


class TorchWriter(StepWriter):
    """Writes products added to a sum, and products with a slope, as one call each."""

    def quotient(self, expr: HadamardProduct, kind: str = "vector") -> Code:
        """A product entry by entry."""
        slopes = [part for part in expr.args if isinstance(part, Map) and part.function in TIMES_SLOPE]
        rest = [part for part in expr.args if not slopes or part is not slopes[0]]
        if kind != "vector" or not slopes or not self.has_rows(slopes[0]) or not all(map(self.has_rows, rest)):
            return super().quotient(expr, kind)
        lam = self.vector(rest[0] if len(rest) == 1 else HadamardProduct(*rest))
        value = self.vector(slopes[0].argument)
        return Code(f"{TIMES_SLOPE[slopes[0].function]}({lam:bare}, {value:bare})", kind="vector")

    def _sum_of_vectors(self, expr: MatAdd) -> Code:
        """A sum: what is no product of a matrix, then one product after the other added to it."""
        products = [part for part in expr.args if self._is_product(part)]
        rest = [part for part in expr.args if part not in products]
        if not products or not (rest or len(products) > 1):
            return super()._sum_of_vectors(expr)
        if rest:
            text = f"{self.vector(rest[0]) if len(rest) == 1 else super()._sum_of_vectors(MatAdd(*rest)):bare}"
        else:
            text = f"{self.vector(products.pop(0)):bare}"
        for part in products:
            *numbers, matrix, vector = part.args
            turned = matrix.args[0].name if isinstance(matrix, Transpose) else f"{matrix.name}.mT"
            alpha = f", alpha={self.number(numbers[0]).text}" if numbers else ""
            text = f"torch.addmm({text}, {self.vector(vector):bare}, {turned}{alpha})"
        return Code(text, kind="vector")

    def _is_product(self, part: Expr) -> bool:
        """Whether a summand is a matrix times a vector with rows, or a number times that."""
        if not isinstance(part, MatMul):
            return False
        *numbers, matrix, vector = part.args if len(part.args) > 1 else (None, part)
        symbol = matrix.args[0] if isinstance(matrix, Transpose) else matrix
        plain = isinstance(symbol, MatrixSymbol) and 1 not in symbol.shape and symbol not in self.rows
        return plain and is_vector(vector) and self.has_rows(vector) and all(n.is_Integer for n in numbers)


@final
class TorchLoops(LoopDialect):
    """torch."""

    zeros: ClassVar[str] = "torch.zeros_like({0})"
    sums: ClassVar = {
        "vector": "torch.sum({0}, 0)",
        "matrix": "torch.sum({0}, 0)",
        "all": "torch.sum({0})",
        "dot": "torch.sum({0} * {1})",
        "outer": "torch.mm(({0}).mT, {1})",
    }

    def __init__(self, *, matrices: bool = False) -> None:
        self.backend = TorchMatrices() if matrices else TorchBackend()

    def kernels(self, taken: set[str]) -> Kernels:
        """The elementwise functions of a module."""
        return TorchKernels(taken)

    def writer(self, program: Program, kernels: Kernels, rows: set[Expr]) -> Writer:
        """What writes expressions."""
        return TorchWriter(self.backend, program, kernels, rows)
