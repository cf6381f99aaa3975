"""Lines of torch whose values are written into memory that is there: ``r = torch.sigmoid(a)`` with ``out=r``.

Comes in: a line as the writer wrote it, and the names whose values fill their whole memory, each row of it.  Goes out:
calls that allocate as little as they can.  New memory has to be mapped and cleared before it is filled; over the steps
of a sequence that is most of what a short step costs.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

#: Functions of one array that write where they are told.
UNARY = frozenset(
    f"torch.{name}" for name in ("sigmoid", "tanh", "exp", "expm1", "sqrt", "sin", "cos", "erf", "abs", "sign")
)
#: A cotangent times a slope, and what writes it where it is told.
SLOPES = {name: f"{name}.grad_input" for name in ("torch.ops.aten.sigmoid_backward", "torch.ops.aten.tanh_backward")}
OPERATORS: dict[type[ast.operator], str] = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}


class Placing:
    """Rewrites lines.

    Args:
        arrays: the names of all arrays.
        rows: of those the names of vectors with rows, whose values have the shape of the memory that they are kept in.
        spent: names whose memory may be overwritten by the first product that is added to them.
    """

    def __init__(self, arrays: Collection[str], rows: Collection[str], spent: Collection[str] = ()) -> None:
        self.arrays, self.rows, self.spent = arrays, rows, spent

    def line(self, line: str, placed: Collection[str] = ()) -> list[str]:
        """The line, its value written into the memory of its name where the name is one of ``placed``."""
        name, _, text = line.partition(" = ")
        node = ast.parse(text, mode="eval").body
        return self.into(name, node) if name in placed else [f"{name} = {self.text(node)}"]

    def new(self, lines: Iterable[str]) -> set[str]:
        """The names of lines whose values have memory of their own, all rows and units of it."""
        found = set()
        for line in lines:
            name, _, text = line.partition(" = ")
            node = ast.parse(text, mode="eval").body
            own = isinstance(node, ast.BinOp) or _called(node, "torch.addmm") or _called(node, "torch.matmul")
            if own and self._full(node):
                found.add(name)
        return found

    def into(self, name: str, node: ast.expr) -> list[str]:
        """Statements that write a value into the memory of a name."""
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            found = self._operator(name, node)
        elif isinstance(node, ast.Call):
            found = self._call(name, node)
        elif isinstance(node, ast.UnaryOp) and self._full(node.operand):
            found = [f"torch.neg({self.text(node.operand)}, out={name})"]
        else:
            found = None
        return found or [f"{name}.copy_({self.text(node)})"]

    def text(self, node: ast.expr) -> str:
        """A value; products are added to sums in place where these were computed for that."""
        if _called(node, "torch.addmm"):
            start, left, right = node.args  # type: ignore[attr-defined]
            if self._new(start) or (isinstance(start, ast.Name) and start.id in self.spent):
                own = self.text(start)
                own = own if isinstance(start, (ast.Name, ast.Call)) else f"({own})"
                return f"{own}.addmm_({self.text(left)}, {self.text(right)}{_alpha(node)})"
        return ast.unparse(node)

    def _operator(self, name: str, node: ast.BinOp) -> list[str] | None:
        """A sum, a difference, a product or a quotient."""
        left, right = node.left, node.right
        later = _is_product(left) and not _is_product(right) and isinstance(node.op, ast.Add)
        if isinstance(node.op, (ast.Add, ast.Mult)) and self._is_array(right) and (later or not self._is_array(left)):
            left, right = right, left
        if isinstance(node.op, (ast.Add, ast.Sub)) and _is_product(right):
            first, second = right.left, right.right  # type: ignore[attr-defined]
            if self._is_array(left) and self._is_array(first) and self._is_array(second):
                pair = f"{self.text(first)}, {self.text(second)}"
                pair += ", value=-1" if isinstance(node.op, ast.Sub) else ""
                if isinstance(left, ast.Name) and self._full(node):
                    return [f"torch.addcmul({left.id}, {pair}, out={name})"]
                return [*self.into(name, left), f"{name}.addcmul_({pair})"]
        if self._full(node) and self._is_array(left):
            return [f"torch.{OPERATORS[type(node.op)]}({self.text(left)}, {self.text(right)}, out={name})"]
        return None

    def _call(self, name: str, node: ast.Call) -> list[str] | None:
        """A call of a function."""
        called = ast.unparse(node.func)
        if called == "torch.addmm":
            start, left, right = node.args
            product = f"{self.text(left)}, {self.text(right)}{_alpha(node)}"
            if isinstance(start, ast.Name):
                return [f"torch.addmm({start.id}, {product}, out={name})"]
            return [*self.into(name, start), f"{name}.addmm_({product})"]
        if not self._full(node):
            return None
        given = ", ".join(self.text(part) for part in node.args)
        if called in UNARY or called == "torch.matmul":
            return [f"{called}({given}, out={name})"]
        if called in SLOPES:
            return [f"{SLOPES[called]}({given}, grad_input={name})"]
        return None

    def _new(self, node: ast.expr) -> bool:
        """Whether a value has memory of its own, as large as a sum with a product."""
        return isinstance(node, (ast.BinOp, ast.Call)) and self._full(node)

    def _full(self, node: ast.expr) -> bool:
        """Whether a value has all rows and all units; False where that does not show."""
        if isinstance(node, ast.Name):
            return node.id in self.rows
        if isinstance(node, ast.BinOp):
            return self._full(node.left) or self._full(node.right)
        if isinstance(node, ast.UnaryOp):
            return self._full(node.operand)
        if isinstance(node, ast.Call) and not _called(node, "torch.sum"):
            return _called(node, "torch.addmm") or any(self._full(part) for part in node.args)
        return False

    def _is_array(self, node: ast.expr) -> bool:
        return any(isinstance(part, ast.Name) and part.id in self.arrays for part in ast.walk(node))


def _called(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == name


def _is_product(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def _alpha(node: ast.expr) -> str:
    return "".join(f", {key.arg}={ast.unparse(key.value)}" for key in getattr(node, "keywords", ()))
