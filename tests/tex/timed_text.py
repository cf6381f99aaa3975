"""A reader for plain text over time: what Python would make of it."""

from __future__ import annotations

import ast
import re
from math import prod

import numpy as np
import sympy

from tests.oracles import FUNCTIONS
from tests.tex.reading import Value, hadamard, multiply
from tests.tex.timed import N, drawn, shape_of


class TimedText:
    """Reads plain text at given times, as Python would run it."""

    def __init__(self, symbols: list[sympy.Basic]) -> None:
        self.shapes = {str(symbol.name): shape_of(symbol) for symbol in symbols}

    def read(self, text: str, times: dict[str, int]) -> Value:
        return self.of(ast.parse(re.sub(r"\s+", " ", text).strip(), mode="eval").body, times)

    def indexed(self, node: ast.expr, times: dict[str, int]) -> tuple[str, tuple[int, ...]]:
        assert isinstance(node, ast.Subscript)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return node.value.id, tuple(int(self.of(part, times)) for part in parts)

    def chain(self, node: ast.expr, times: dict[str, int]) -> Value:
        """Factors from left to right; ... goes down from the factor before it to the one behind it."""
        steps: list[tuple[ast.operator | None, ast.expr]] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.MatMult)):
            steps.append((node.op, node.right))
            node = node.left
        steps = [(None, node), *reversed(steps)]
        total = np.asarray(1.0)
        place = 0
        while place < len(steps):
            op, item = steps[place]
            following = [part for _, part in steps[place + 1 : place + 4]]
            dots = next((at for at, part in enumerate(following[:2]) if _dots(part)), None)
            named = [part for part in following[: dots or 0] if isinstance(part, ast.Subscript)]
            if dots is not None and isinstance(item, ast.Subscript) and len(named) == dots and self._same(item, named):
                (name, (first,)), (_, (last,)) = self.indexed(item, times), self.indexed(following[dots + 1], times)
                value = np.eye(N)
                for time in range(first, last - 1, -1):
                    value = value @ drawn(name, (time,), self.shapes[name])
                place += dots + 3
            else:
                value = self.of(item, times)
                place += 1
            entrywise = isinstance(op, ast.Mult) and 0 not in (np.ndim(total), np.ndim(value))
            total = hadamard(total, value) if entrywise else multiply(total, value)
        return total

    @staticmethod
    def _same(item: ast.Subscript, others: list[ast.expr]) -> bool:
        return all(other.value.id == item.value.id for other in others)

    def of(self, node: ast.expr, times: dict[str, int]) -> Value:
        match node:
            case ast.Constant():
                return np.asarray(float(node.value))
            case ast.Name(id="eye"):
                return np.eye(N)
            case ast.Name(id="ones"):
                return np.ones((N, 1))
            case ast.Name():
                return (
                    np.asarray(float(times[node.id])) if node.id in times else drawn(node.id, (), self.shapes[node.id])
                )
            case ast.Subscript():
                name, index = self.indexed(node, times)
                return drawn(name, index, self.shapes[name])
            case ast.Attribute(attr="T"):
                return self.of(node.value, times).T
            case ast.UnaryOp(op=ast.USub()):
                return -self.of(node.operand, times)
            case ast.Call(func=ast.Name(id=name), args=[ast.GeneratorExp(elt=body, generators=[loop])]):
                bounds = [int(self.of(part, times)) for part in loop.iter.args]
                values = [self.of(body, times | {loop.target.id: time}) for time in range(*bounds)]
                if name == "matprod":
                    return np.linalg.multi_dot([np.eye(N), *values, np.eye(N)])
                neutral = self.of(body, times | {loop.target.id: bounds[0]}) * 0 + (name != "sum")
                return sum(values, neutral) if name == "sum" else prod(values, start=neutral)
            case ast.Call(func=ast.Name(id=name)):
                value = self.of(node.args[0], times)
                calls = {"norm": lambda v: np.linalg.norm(v, 2), "abs": np.abs, "max": np.max, "min": np.min}
                calls |= {"diag": lambda v: np.diag(v[:, 0]), "diagonal": lambda v: np.diag(v)[:, None]}
                if name in calls:
                    return np.asarray(calls[name](value))
                derivative = name.startswith("d") and name not in FUNCTIONS
                return FUNCTIONS[name[1:] if derivative else name][derivative](value)
            case ast.BinOp(op=ast.Mult() | ast.MatMult()):
                return self.chain(node, times)
            case ast.BinOp():
                left, right = self.of(node.left, times), self.of(node.right, times)
                joins = {ast.Add: np.add, ast.Sub: np.subtract, ast.Div: np.divide, ast.Pow: np.power}
                return joins[type(node.op)](left, right)
        raise ValueError(f"unexpected: {ast.dump(node)}")


def _dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
