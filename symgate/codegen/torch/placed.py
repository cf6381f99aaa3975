"""Lines of torch whose values are written into memory that is there: ``r = torch.sigmoid(a)`` with ``out=r``.

Comes in: a line as the writer wrote it, and the names whose values fill their whole memory, each row of it.  Goes out:
calls that allocate as little as they can.  New memory has to be mapped and cleared before it is filled; over the steps
of a sequence that is most of what a short step costs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable
from typing import Any

#: Functions of one array that write where they are told.
UNARY = frozenset(
    f"torch.{name}" for name in ("sigmoid", "tanh", "exp", "expm1", "sqrt", "sin", "cos", "erf", "abs", "sign")
)
#: A cotangent times a slope, and what writes it where it is told.
SLOPES = {name: f"{name}.grad_input" for name in ("torch.ops.aten.sigmoid_backward", "torch.ops.aten.tanh_backward")}
#: Functions of several arrays that write where they are told.
FUSED = frozenset({"torch.matmul", "torch.lerp", "torch.addcmul"})
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
        node = _Fused(self._full).visit(ast.parse(text, mode="eval").body)
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
            if self._own(start):
                return f"{self._base(start)}.addmm_({self.text(left)}, {self.text(right)}{_further(node)})"
        found = self._with_product(node)
        if found is not None:
            start, pair = found
            return f"{self._base(start)}.addcmul_({pair})" if self._own(start) else f"torch.addcmul({start.id}, {pair})"
        return ast.unparse(node)

    def _own(self, node: ast.expr) -> bool:
        """Whether what is added to a value may be written over it."""
        return self._new(node) or (isinstance(node, ast.Name) and node.id in self.spent)

    def _base(self, node: ast.expr) -> str:
        """A value of which a method is called."""
        return self.text(node) if isinstance(node, (ast.Name, ast.Call)) else f"({self.text(node)})"

    def _with_product(self, node: ast.expr) -> tuple[Any, str] | None:
        """A name or new memory, and the two factors that are added to it, for a sum with a product of arrays."""
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
            return None
        start, product = node.left, node.right
        if isinstance(node.op, ast.Add) and _is_product(start) and not _is_product(product):
            start, product = product, start
        if not isinstance(product, ast.BinOp) or not _is_product(product):
            return None
        fits = self._is_array(product.left) and self._is_array(product.right) and self._full(node)
        if not fits or not (self._own(start) or (isinstance(start, ast.Name) and start.id in self.arrays)):
            return None
        sign = ", value=-1" if isinstance(node.op, ast.Sub) else ""
        return start, f"{self.text(product.left)}, {self.text(product.right)}{sign}"

    def _operator(self, name: str, node: ast.BinOp) -> list[str] | None:
        """A sum, a difference, a product or a quotient."""
        found = self._with_product(node)
        if found is not None:
            start, pair = found
            if isinstance(start, ast.Name):
                return [f"torch.addcmul({start.id}, {pair}, out={name})"]
            return [*self.into(name, start), f"{name}.addcmul_({pair})"]
        left, right = node.left, node.right
        if isinstance(node.op, (ast.Add, ast.Mult)) and self._is_array(right) and not self._is_array(left):
            left, right = right, left
        if self._full(node) and self._is_array(left):
            return [f"torch.{OPERATORS[type(node.op)]}({self.text(left)}, {self.text(right)}, out={name})"]
        return None

    def _call(self, name: str, node: ast.Call) -> list[str] | None:
        """A call of a function."""
        called = ast.unparse(node.func)
        if called == "torch.addmm":
            start, left, right = node.args
            product = f"{self.text(left)}, {self.text(right)}{_further(node)}"
            if isinstance(start, ast.Name):
                return [f"torch.addmm({start.id}, {product}, out={name})"]
            return [*self.into(name, start), f"{name}.addmm_({product})"]
        if not self._full(node):
            return None
        if called in UNARY and isinstance(node.args[0], (ast.BinOp, ast.UnaryOp)):
            return [*self.into(name, node.args[0]), f"{called}({name}, out={name})"]
        given = ", ".join(self.text(part) for part in node.args)
        if called in UNARY or called in FUSED:
            return [f"{called}({given}{_further(node)}, out={name})"]
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
        if isinstance(node, ast.Call) and not _called(node, "torch.sum") and not _called(node, "torch.mv"):
            return _called(node, "torch.addmm") or any(self._full(part) for part in node.args)
        return False

    def _is_array(self, node: ast.expr) -> bool:
        return any(isinstance(part, ast.Name) and part.id in self.arrays for part in ast.walk(node))


class _Fused(ast.NodeTransformer):
    """Mixtures z a + (1 - z) b, and (1 - z) b alone, as one call; signs where they cost least."""

    def __init__(self, full: Callable[[ast.expr], bool]) -> None:
        self.full = full

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        if isinstance(node.op, ast.Add) and _is_product(node.left) and _is_product(node.right):
            for first, second in ((node.left, node.right), (node.right, node.left)):
                mixed = self._mixed(first, second)
                if mixed is not None:
                    return mixed
        if isinstance(node.op, ast.Mult):
            for part, rest in ((node.left, node.right), (node.right, node.left)):
                gate = _complement(part)
                if gate is not None and isinstance(rest, ast.Name) and self.full(rest):
                    return _call_of("torch.addcmul", rest, gate, rest, value="-1")
            node = self._signed(node)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """The sum of a product with -a as the negative of a sum; the dot product with a vector that has no rows."""
        inner = node.args[0] if _called(node, "torch.sum") else None
        if isinstance(inner, ast.BinOp) and _is_product(inner):
            first, pair = _first(inner), (inner.left, inner.right)
            if self._negative(first):
                turned = _replaced(inner, first.operand)  # type: ignore[attr-defined]
                return ast.UnaryOp(ast.USub(), self.generic_visit(ast.Call(node.func, [turned, *node.args[1:]], [])))  # type: ignore[arg-type]
            names = all(isinstance(part, ast.Name) for part in pair)
            if (
                names
                and [ast.unparse(part) for part in node.args[1:]] == ["-1"]
                and self.full(pair[0]) != self.full(pair[1])
            ):
                return _call_of("torch.mv", *(pair if self.full(pair[0]) else pair[::-1]))
        return self.generic_visit(node)  # type: ignore[return-value]

    def _negative(self, node: ast.expr) -> bool:
        """Whether this is -a for an array a with rows."""
        return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and self.full(node.operand)

    def _signed(self, node: ast.BinOp) -> ast.BinOp:
        """-a b c with the sign at a factor without rows, where there is one."""
        first, place = _first(node), node
        while self._negative(first) and _is_product(place):
            if isinstance(place.right, ast.Name) and not self.full(place.right):
                small = ast.UnaryOp(ast.USub(), place.right)
                rest = _replaced(place.left, first.operand)  # type: ignore[attr-defined]
                turned = ast.BinOp(small, ast.Mult(), rest)
                return turned if place is node else _swapped(node, place, turned)
            place = place.left  # type: ignore[assignment]
        return node

    def _mixed(self, first: ast.expr, second: ast.expr) -> ast.expr | None:
        """z a + (1 - z) b for the products z a and (1 - z) b, or None."""
        for gate, end in _factors(first):
            for part, start in _factors(second):
                own = _complement(part)
                whole = self.full(start) or self.full(end)
                if own is not None and ast.dump(own) == ast.dump(gate) and whole:
                    return _call_of("torch.lerp", self.visit(start), self.visit(end), gate)
        return None


def _first(node: ast.expr) -> ast.expr:
    """The first factor of a product."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        node = node.left
    return node


def _replaced(node: ast.expr, first: ast.expr) -> ast.expr:
    """A product with another first factor."""
    return ast.BinOp(_replaced(node.left, first), node.op, node.right) if isinstance(node, ast.BinOp) else first


def _swapped(node: ast.BinOp, old: ast.expr, new: ast.expr) -> ast.BinOp:
    """A product with another beginning."""
    return ast.BinOp(new if node.left is old else _swapped(node.left, old, new), node.op, node.right)  # type: ignore[arg-type]


def _factors(node: ast.expr) -> Iterable[tuple[ast.expr, ast.expr]]:
    """The two factors of a product, in both orders."""
    return ((node.left, node.right), (node.right, node.left)) if isinstance(node, ast.BinOp) else ()


def _complement(node: ast.expr) -> ast.expr | None:
    """z for 1 - z, of a column too."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) in {"(..., None)", "..., None"}:
        own = _complement(node.value)
        return None if own is None else ast.Subscript(own, node.slice, node.ctx)
    difference = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
    if difference and isinstance(node.left, ast.Constant) and node.left.value == 1:  # type: ignore[attr-defined]
        return node.right if isinstance(node.right, (ast.Name, ast.Subscript)) else None  # type: ignore[attr-defined]
    return None


def _call_of(name: str, *parts: ast.expr, **further: str) -> ast.expr:
    given = ", ".join([*map(ast.unparse, parts), *(f"{key}={value}" for key, value in further.items())])
    return ast.parse(f"{name}({given})", mode="eval").body


def _called(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == name


def _is_product(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def _further(node: ast.expr) -> str:
    return "".join(f", {key.arg}={ast.unparse(key.value)}" for key in getattr(node, "keywords", ()))
