"""Readers for the printed formulas: LaTeX and plain text back to numbers, as a mathematician reads them.

They know the conventions of notation and nothing of the printer: juxtaposition binds tighter than the signs
of the Hadamard and Kronecker products, which bind tighter than + and -, and do not mix without parentheses.
"""

from __future__ import annotations

import ast
import re
from typing import ClassVar

import numpy as np

from tests.oracles import FUNCTIONS

Value = np.ndarray


def multiply(left: Value, right: Value) -> Value:
    """A product as written side by side; a row times a column is a number."""
    if np.ndim(left) == 0 or np.ndim(right) == 0:
        return left * right
    product = left @ right
    return np.asarray(product[0, 0]) if product.shape == (1, 1) else product


def hadamard(left: Value, right: Value) -> Value:
    if np.shape(left) != np.shape(right):
        raise ValueError(f"entry by entry on {np.shape(left)} and {np.shape(right)}")
    return left * right


class LatexReader:
    """Reads one right side."""

    heads: ClassVar[dict[str, str]] = {
        rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}": name for name in FUNCTIONS
    }
    heads |= {rf"\{name}": name for name in ("sigma", "tanh", "phi", "sin", "cos", "exp", "log")}
    heads |= {"H": "step", r"\operatorname{id}": "identity"}

    #: What ends a product.
    stops: ClassVar[tuple[str, ...]] = ("+", "-", ")", "}", r"\odot", r"\otimes", r"\right)")
    stops += (r"\bigr", r"\Bigr", r"\biggr", r"\rVert", r"\rvert")

    def __init__(self, text: str, names: dict[str, Value], n: int) -> None:
        self.text = re.sub(r"\\,|\s+", " ", text).strip()
        self.place = 0
        self.names = {"n": np.asarray(float(n))} | names
        self.names |= {r"\mathbf{1}": np.ones((n, 1)), r"\mathbf{I}": np.eye(n), r"\mathbf{0}": np.zeros(())}
        self.n = n

    def read(self) -> Value:
        value = self.sum()
        self.skip()
        if self.place != len(self.text):
            raise ValueError(f"unread: {self.text[self.place :]!r}")
        return value

    def skip(self) -> None:
        while self.text[self.place : self.place + 1] == " ":
            self.place += 1

    def take(self, *options: str) -> str:
        """The first of the options that stands here, consumed; "" for none."""
        self.skip()
        for option in options:
            if self.text.startswith(option, self.place):
                self.place += len(option)
                return option
        return ""

    def sum(self) -> Value:
        negative = self.take("-")
        value = -self.term() if negative else self.term()
        while sign := self.take("+", "-"):
            if self.text[self.place : self.place + 1] in "+-":
                raise ValueError("two signs side by side")
            other = self.term()
            if np.shape(value) != np.shape(other):
                raise ValueError(f"sum of {np.shape(value)} and {np.shape(other)}")
            value = value + other if sign == "+" else value - other
        return value

    def term(self) -> Value:
        value, used = self.product(), ""
        while sign := self.take(r"\odot", r"\otimes"):
            if used and used != sign:
                raise ValueError("two kinds of products without parentheses")
            used, other = sign, self.product()
            value = hadamard(value, other) if sign == r"\odot" else np.kron(value, other)
        return value

    def product(self) -> Value:
        value = self.factor()
        while True:
            self.skip()
            if self.place == len(self.text) or self.text.startswith(self.stops, self.place):
                return value
            value = multiply(value, self.factor())

    def factor(self) -> Value:
        value = self.primary()
        raised = False
        while self.take("^{"):
            if raised:
                raise ValueError("double superscript")
            raised = True
            if self.take(r"\top}"):
                value = value.T
            else:
                entrywise = self.take(r"\odot")
                exponent = int(re.match(r"\s*(-?\d+)\}", self.text[self.place :])[1])
                self.place = self.text.index("}", self.place) + 1
                if bool(entrywise) != (np.ndim(value) == 2):
                    raise ValueError("the kind of power does not fit")
                value = value**exponent
        return value

    def primary(self) -> Value:
        self.skip()
        for head, name in self.heads.items():
            match = re.compile(re.escape(head) + r"('*)(?=\(|\\[bB]igg?l\(|\\left\()").match(self.text, self.place)
            if match:
                self.place = match.end()
                return FUNCTIONS[name][len(match[1])](self.group())
        if self.take(r"\operatorname{diag}"):
            return np.diag(self.group()[:, 0])
        if self.take(r"\operatorname{vec}"):
            return self.primary().reshape((-1, 1), order="F")
        if fence := self.take(r"\lvert", r"\bigl\lvert", r"\Bigl\lvert", r"\biggl\lvert"):
            value = abs(self.sum())
            assert self.take(fence.replace("l\\lvert", "r\\rvert") if fence != r"\lvert" else r"\rvert")
            return value
        name = self.take(*sorted(self.names, key=len, reverse=True))
        if name:
            return self.names[name]
        if self.take(r"\frac{"):
            above = self.sum()
            assert self.take("}{")
            below = self.sum()
            assert self.take("}")
            return above / below
        number = re.compile(r"\d+").match(self.text, self.place)
        if number:
            self.place = number.end()
            return np.asarray(float(number[0]))
        return self.group()

    def group(self) -> Value:
        opened = self.take(r"\left(", r"\bigl(", r"\Bigl(", r"\biggl(", "(")
        if not opened:
            raise ValueError(f"unexpected: {self.text[self.place :]!r}")
        value = self.sum()
        closed = {"(": ")", r"\left(": r"\right)"}.get(opened, opened.replace("l(", "r)"))
        if not self.take(closed):
            raise ValueError(f"{opened} is not closed by {closed} at {self.text[self.place :]!r}")
        return value


def read_text(text: str, names: dict[str, Value], n: int) -> Value:
    """Plain text as Python reads it: operators and their precedence are those of the language."""
    names = {"n": np.asarray(float(n))} | names | {"eye": np.eye(n), "ones": np.ones((n, 1))}

    def of(node: ast.expr) -> Value:
        match node:
            case ast.Constant():
                return np.asarray(float(node.value))
            case ast.Name():
                return names[node.id]
            case ast.UnaryOp(op=ast.USub()):
                return -of(node.operand)
            case ast.Attribute(attr="T"):
                return of(node.value).T
            case ast.Subscript():
                return names[ast.unparse(node)]
            case ast.Call(func=ast.Name(id="diag")):
                return np.diag(of(node.args[0])[:, 0])
            case ast.Call(func=ast.Name(id="vec")):
                return of(node.args[0]).reshape((-1, 1), order="F")
            case ast.Call(func=ast.Name(id="kron")):
                return np.kron(of(node.args[0]), of(node.args[1]))
            case ast.Call(func=ast.Name(id=name)):
                derivative = name.startswith("d") and name not in FUNCTIONS
                return FUNCTIONS[name[1:] if derivative else name][derivative](of(node.args[0]))
            case ast.BinOp():
                left, right = of(node.left), of(node.right)
                match node.op:
                    case ast.MatMult():
                        return multiply(left, right)
                    case ast.Mult():
                        return left * right if 0 in (np.ndim(left), np.ndim(right)) else hadamard(left, right)
                    case ast.Add():
                        return left + right
                    case ast.Sub():
                        return left - right
                    case ast.Div():
                        return left / right
                    case ast.Pow():
                        return left**right
        raise ValueError(f"unexpected: {ast.dump(node)}")

    return of(ast.parse(re.sub(r"\s+", " ", text).strip(), mode="eval").body)
