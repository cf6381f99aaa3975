"""Vector expressions as code, and the values that are computed once and named."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    ZeroMatrix,
)

from symgate.codegen.writer.backend import POWER, Code, Spelling
from symgate.codegen.writer.kernels import FAMILIES, Kernels
from symgate.codegen.writer.products import scale
from symgate.codegen.writer.program import Program, fresh
from symgate.codegen.writer.rewrite import MINUS_ONE, leaves
from symgate.codegen.writer.scalars import Scalars
from symgate.errors import UnsupportedNodeError
from symgate.language import Map, ScalarMap, Vec


class Vectors(Scalars):
    """Writes vectors; products of matrices with them are written by the class that inherits."""

    def __init__(self, backend: Spelling, program: Program, kernels: Kernels) -> None:
        super().__init__(backend)
        self.lines: list[str] = []
        self.sizes: set[str] = set()
        self.taken = set(program.taken)
        self.program = program
        self.names = {symbol: name for symbol, _, name in program.intermediates}
        self._kernels = kernels
        self._ranks = _ranks(program)
        self._hoisted: dict[Expr, Code] = {}
        maps = [node for expr in program.expressions for node in sympy.preorder_traversal(expr) if _is_map(node)]
        self._uses = Counter(maps)
        self._arguments = Counter(positive(node.argument) for node in self._uses)

    @abstractmethod
    def word(self, expr: Expr) -> Code:
        """A product."""

    @abstractmethod
    def matrix(self, expr: Expr) -> Code:
        """A matrix made entry by entry."""

    def quotient(self, expr: HadamardProduct, kind: str = "vector") -> Code:
        """A product entry by entry; negative powers go below the line."""
        value = self.vector if kind == "vector" else self.matrix
        below = [part for part in expr.args if isinstance(part, HadamardPower) and part.exp.is_negative]
        above = [value(part) for part in expr.args if part not in below]
        code = self.product(above, kind) if above else Code("1", number=True)
        if not below:
            return code
        divisor = [positive_power(value(part.base), -int(part.exp), kind) for part in below]
        return self.backend.join("quotient", kind, code, self.product(divisor, kind))

    def raised(self, base: Code, exponent: int) -> Code:
        """A whole power entry by entry, negative ones as a quotient."""
        if exponent > 0:
            return positive_power(base, exponent, base.kind)
        below = positive_power(base, -exponent, base.kind)
        return self.backend.join("quotient", base.kind, Code("1", number=True), below)

    def let(self, preferred: str, value: Code) -> Code:
        """Give a value a local name."""
        name = fresh(preferred, self.taken)
        self.lines.append(f"{name} = {value:bare}")
        return Code(name, kind=value.kind)

    def scalar(self, expr: Expr) -> Code:
        """A scalar; what is made of sizes alone is a number like a literal one."""
        code = super().scalar(expr)
        sizes = expr.free_symbols
        if not sizes or not sizes.issubset(self.program.cell.dimensions):
            return code
        self.sizes |= {str(size) for size in sizes}
        return replace(code, number=True)

    def vector(self, expr: Expr) -> Code:
        """An expression with one column, as a vector."""
        if isinstance(expr, MatrixSymbol):
            return Code(self.names.get(expr, str(expr.name)), kind="vector")
        if isinstance(expr, Map):
            return self.map(expr)
        if isinstance(expr, HadamardProduct):
            return self.quotient(expr)
        if isinstance(expr, HadamardPower):
            return self.raised(self.vector(expr.base), int(expr.exp))
        if isinstance(expr, Vec):
            return self.backend.join("vec", "vector", self.matrix(expr.args[0]))
        if isinstance(expr, DiagonalOf):
            return self.backend.join("diagonal of", "vector", self.matrix(expr.args[0]))
        if isinstance(expr, MatAdd):
            return self._sum_of_vectors(expr)
        if isinstance(expr, OneMatrix):
            return self.ones("vector", expr.shape[:1])
        if isinstance(expr, ZeroMatrix):
            return self.product([Code("0", number=True), self.ones("vector", expr.shape[:1])], "vector")
        code = self.word(expr)
        if code.kind == "scalar":
            return self.backend.join("scalar to vector", "vector", code)
        if code.kind != "vector":
            raise UnsupportedNodeError(f"Expected a column; {expr} is {code.kind} of shape {expr.shape}.")
        return code

    def map(self, node: Expr) -> Code:
        """A nonlinearity of a vector or scalar; computed once if it occurs again or has a name."""
        kind = ("vector" if node.shape[1] == 1 else "matrix") if isinstance(node, Map) else "scalar"
        if node in self._hoisted:
            return self._hoisted[node]
        members = self._family(node)
        if sum(self._uses[member] > 0 for member in members) > 1:
            base = self._argument(members[0].argument, kind)
            places = [self._place(member) if self._uses[member] else "_" for member in members]
            self.lines.append(f"{', '.join(places)} = {self._kernels.family(node.function)}({base:bare})")
            self._hoisted |= {
                member: Code(place, kind=kind) for member, place in zip(members, places, strict=True) if place != "_"
            }
            return self._hoisted[node]
        argument = self._argument(node.argument, kind)
        kernel = self._kernels.name(node.function, node.order)
        value = self.backend.join("map", kind, Code(kernel), argument)
        if node not in self.program.labels and self._uses[node] < 2:
            return value
        self._hoisted[node] = self.let(self.program.labels.get(node) or self._title(node), value)
        return self._hoisted[node]

    def _family(self, node: Expr) -> list[Expr]:
        """The values that one kernel gives together with this one; nothing where there is no such kernel."""
        base = positive(node.argument)
        if node.function not in self._kernels.families or base.is_number:
            return []
        at = {
            1: base,
            -1: MatMul(MINUS_ONE, base) if isinstance(node, Map) else sympy.Mul(MINUS_ONE, base, evaluate=False),
        }
        members = [type(node)(node.function, order, at[sign]) for order, sign in FAMILIES[node.function][0]]
        return members if node in members else []

    def _place(self, node: Expr) -> str:
        """A local name for a value: that of the intermediate it defines, its label, or a title."""
        for symbol, definition, name in self.program.intermediates:
            if definition == node and symbol in self.names:
                return name
        return fresh(self.program.labels.get(node) or self._title(node), self.taken)

    def _argument(self, expr: Expr, kind: str) -> Code:
        """What a kernel is applied to; a compound argument of several kernels is computed once."""
        base = positive(expr)
        if base not in self._hoisted:
            if base.is_number:
                return self.backend.join("number to array", kind, Code(self.program.dtype), self.scalar(expr))
            value = {"vector": self.vector, "matrix": self.matrix, "scalar": self.scalar}[kind](base)
            if self._arguments[base] > 1 and len(leaves(base)) > 1:
                value = self.let("pre_activation", value)
            self._hoisted[base] = value
        value = self._hoisted[base]
        return value if base is expr else self.backend.join("negative", kind, value)

    def _title(self, node: Expr) -> str:
        """A readable name for a repeated value, such as dtanh_a for tanh'(a)."""
        base = positive(node.argument)
        inner = [self.names.get(leaf, str(leaf.name)) for leaf in leaves(base)]
        sign = "" if base is node.argument else "minus_"
        return "d" * node.order + node.function.replace(" ", "_") + (f"_{sign}{inner[0]}" if len(inner) == 1 else "")

    def _sum_of_vectors(self, expr: MatAdd) -> Code:
        """A sum of vectors, in which a vector of ones may be a plain number."""
        terms = [self.coefficient(part) for part in expr.args if not is_zero(part)]
        if not terms:
            return self.vector(ZeroMatrix(*expr.shape))
        only_ones = all(isinstance(part, OneMatrix) for _, _, part in terms)
        light = [None if isinstance(part, OneMatrix) else self.scaled_ones(part) for _, _, part in terms]
        plain = [ones is not None or isinstance(term[2], OneMatrix) for ones, term in zip(light, terms, strict=True)]
        full = not all(plain)
        items = []
        for ones, (sign, number, part) in zip(light, terms, strict=True):
            if isinstance(part, OneMatrix) and not only_ones:
                value = self.number(number)
            else:
                whole = self.vector(part) if ones is None or not full else ones
                value = scale(self, self.number(number), whole)
            items.append((sign, value))
        return self.sum(items, "vector")

    def scaled_ones(self, expr: Expr) -> Code | None:
        """A scalar times ones, beside other vectors, in fewer entries; None where it is an array like any other."""
        return None

    def coefficient(self, expr: Expr) -> tuple[str, Expr, Expr]:
        """The sign, the absolute number in front, and the rest of a term."""
        if isinstance(expr, MatMul) and expr.args[0].is_number and len(expr.args) > 1:
            number = expr.args[0]
            rest = expr.args[1] if len(expr.args) == 2 else MatMul(*expr.args[1:])
            return ("-", -number, rest) if number.is_negative else ("+", number, rest)
        return "+", sympy.S.One, expr

    def ones(self, kind: str, sizes: tuple[Expr, ...]) -> Code:
        """An array of ones."""
        return self.backend.ones(kind, self.program.dtype, *(self.size(size) for size in sizes))

    def size(self, size: Expr) -> str:
        """A size in code: a literal, a name, or a product of them."""
        self.sizes |= {str(symbol) for symbol in size.free_symbols}
        if size.is_Integer or size.is_Symbol:
            return str(size)
        if isinstance(size, (sympy.Mul, sympy.Add)):
            mark = " * " if isinstance(size, sympy.Mul) else " + "
            parts = [self.size(part) for part in size.args]
            return mark.join(sorted(f"({part})" if " + " in part else part for part in parts))
        if isinstance(size, sympy.Pow) and size.exp.is_Integer:
            return " * ".join([self.size(size.base)] * int(size.exp))
        raise UnsupportedNodeError(f"A size is a whole number, a symbol or a product of them; found {size}.")

    def atom(self, symbol: Expr) -> Code:
        """A scalar symbol."""
        return Code(self.names.get(symbol, str(symbol.name)))

    def rank(self, expr: Expr) -> int:
        """Where the first declared symbol of an expression stands in the cell."""
        return min((self._ranks.get(leaf, len(self._ranks)) for leaf in leaves(expr)), default=-1)


def positive_power(base: Code, exponent: int, kind: str) -> Code:
    """A whole power."""
    return base if exponent == 1 else Code(f"{base}**{exponent}", POWER, kind)


def positive(expr: Expr) -> Expr:
    """z of an argument -z."""
    if isinstance(expr, (MatMul, sympy.Mul)) and expr.args[0] == MINUS_ONE and len(expr.args) == 2:
        return expr.args[1]
    return expr


def _is_map(node: object) -> bool:
    return isinstance(node, (Map, ScalarMap))


def is_zero(expr: Expr) -> bool:
    """Whether an expression is the number or the matrix zero."""
    return expr == 0 or isinstance(expr, ZeroMatrix)


def _ranks(program: Program) -> dict[Expr, int]:
    """Declaration order of every symbol."""
    cell = program.cell
    return {symbol: rank for rank, symbol in enumerate([*cell.symbols.values(), *cell.definitions])}
