"""From SymPy's nodes to terms of a certificate: every node of the language has one spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me
from sympy.matrices.expressions.hadamard import HadamardPower

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Dot, Map, ScalarMap, Vec
from symgate.language.numbers import decimal
from symgate.proof.rocq.terms import Op, Sort, Term, const, slope_of

_N, _V, _M = Sort.NUMBER, Sort.VECTOR, Sort.MATRIX


@dataclass(frozen=True)
class Reader:
    """Turns expressions of one cell into terms.

    Attributes:
        symbols: the term of every symbol of the cell, of every name, and of a cotangent.
        sizes: the Coq name of every symbolic size.
        functions: the Coq name of every function.
        columns: whether the library knows Kronecker products with a column on the left.
    """

    symbols: Mapping[Expr, Term]
    sizes: Mapping[Expr, str]
    functions: Mapping[str, str]
    columns: bool = field(default=False, kw_only=True)

    def size(self, size: Expr) -> str:
        """A size as a natural number; a product in brackets."""
        if size in self.sizes:
            return self.sizes[size]
        if isinstance(size, sympy.Integer) and size >= 0:
            return str(size)
        if isinstance(size, sympy.Pow) and size.exp.is_Integer and size.exp > 0:
            return f"({' * '.join([self.size(size.base)] * int(size.exp))})"
        if isinstance(size, (sympy.Mul, sympy.Add)):
            return f"({f' {_SIGN[type(size)]} '.join(self.size(arg) for arg in size.args)})"
        raise UnsupportedNodeError(
            f"A certificate has whole sizes made of {', '.join(self.sizes.values())}; found {size}."
        )

    def of_sort(self, sort: Sort, expr: Any) -> Term:
        """A number, a vector or a matrix.

        Raises:
            UnsupportedNodeError: a node outside the language.
        """
        return {_N: self.number, _V: self.vector, _M: self.matrix}[sort](expr)

    def number(self, expr: Any) -> Term:
        """A scalar.

        Raises:
            UnsupportedNodeError: a node outside the language.
        """
        if expr in self.symbols:
            return self.symbols[expr]
        if expr in self.sizes:
            return const(f"INR {self.sizes[expr]}", _N)
        match expr:
            case sympy.Integer():
                return const(str(expr) if expr >= 0 else f"({expr})", _N)
            case sympy.Rational():
                return const(f"({expr.p} / {expr.q})", _N)
            case sympy.Float():
                return self.number(decimal(expr))
            case sympy.Add():
                return _added([self.number(arg) for arg in expr.args])
            case sympy.Mul():
                return self._product(expr)
            case sympy.Pow() if expr.exp.is_Integer and expr.exp != 0:
                base = self.number(expr.base)
                one = base if expr.exp > 0 else Term(Op.INVERSE, _N, (base,))
                return reduce(lambda a, b: Term(Op.TIMES, _N, (a, b)), [one] * abs(int(expr.exp)))
            case Dot():
                return Term(
                    Op.DOT,
                    _N,
                    (self.vector(expr.args[0]), self.vector(expr.args[1])),
                    (self.size(expr.args[0].shape[0]),),
                )
            case ScalarMap():
                return Term(Op.APPLY, _N, (self.number(expr.argument),), (self._function(expr),))
            case me.MatrixExpr() if expr.shape == (1, 1):
                return Term(Op.ENTRY, _N, (self.vector(expr),))
        raise UnsupportedNodeError(f"A certificate has no spelling for {type(expr).__name__} in {expr}.")

    def _product(self, expr: sympy.Mul) -> Term:
        """A product of numbers; a leading -1 is a sign."""
        sign, rest = (True, expr.args[1:]) if expr.args[0] == -1 else (False, expr.args)
        found = reduce(lambda a, b: Term(Op.TIMES, _N, (a, b)), map(self.number, rest))
        return Term(Op.OPP, _N, (found,)) if sign else found

    def vector(self, expr: Any) -> Term:
        """A column vector.

        Raises:
            UnsupportedNodeError: a node outside the language.
        """
        if expr in self.symbols:
            return self.symbols[expr]
        match expr:
            case me.OneMatrix():
                return const("ones", _V)
            case me.ZeroMatrix():
                return const("zeros", _V)
            case me.MatAdd():
                return _added([self.vector(arg) for arg in expr.args])
            case me.HadamardProduct():
                return reduce(lambda a, b: Term(Op.TIMES, _V, (a, b)), map(self.vector, expr.args))
            case HadamardPower() if expr.exp.is_Integer and expr.exp != 0:
                base = self.vector(expr.base)
                one = base if expr.exp > 0 else Term(Op.APPLY, _V, (base,), ("recip", self.size(expr.shape[0])))
                return reduce(lambda a, b: Term(Op.TIMES, _V, (a, b)), [one] * abs(int(expr.exp)))
            case me.MatMul():
                return self._chain(expr, _V)
            case me.KroneckerProduct() if self.columns and isinstance(expr.args[-1], me.OneMatrix):
                *left, ones = expr.args
                inner = self.vector(me.KroneckerProduct(*left) if len(left) > 1 else left[0])
                return Term(Op.REPEATED, _V, (inner,), (self.size(ones.shape[0]),))
            case Vec():
                return Term(Op.VECTORISED, _V, (self.matrix(expr.args[0]),), (self.size(expr.args[0].shape[0]),))
            case Map():
                return Term(
                    Op.APPLY, _V, (self.vector(expr.argument),), (self._function(expr), self.size(expr.shape[0]))
                )
        raise UnsupportedNodeError(f"A certificate has no spelling for {type(expr).__name__} in {expr}.")

    def matrix(self, expr: Any) -> Term:
        """A matrix.

        Raises:
            UnsupportedNodeError: a node outside the language.
        """
        if expr in self.symbols:
            return self.symbols[expr]
        match expr:
            case me.Identity():
                return const("eye", _M)
            case me.ZeroMatrix():
                return const("mzero", _M)
            case me.OneMatrix():
                return Term(Op.OUTER, _M, (const("ones", _V), const("ones", _V)))
            case me.MatAdd():
                return _added([self.matrix(arg) for arg in expr.args])
            case me.DiagMatrix():
                return Term(Op.DIAG, _M, (self.vector(expr.args[0]),))
            case me.Transpose():
                return Term(Op.TRANSPOSE, _M, (self.matrix(expr.args[0]),))
            case me.MatMul():
                return self._chain(expr, _M)
            case me.HadamardProduct():
                return reduce(lambda a, b: Term(Op.HADM, _M, (a, b)), map(self.matrix, expr.args))
            case Map():
                return Term(
                    Op.APPLY, _M, (self.matrix(expr.argument),), (self._function(expr), *map(self.size, expr.shape))
                )
            case me.KroneckerProduct():
                *left, right = expr.args
                inner = me.KroneckerProduct(*left) if len(left) > 1 else left[0]
                sizes = (self.size(right.shape[0]), self.size(right.shape[1]))
                return Term(Op.KRON, _M, (self._factor(inner), self._factor(right)), sizes)
        raise UnsupportedNodeError(f"A certificate has no spelling for {type(expr).__name__} in {expr}.")

    def _factor(self, expr: Any) -> Term:
        """A factor of a Kronecker product: a row by name, a column as a row turned, any other as a matrix."""
        if self.columns and expr.shape[1] == 1 and expr.shape[0] != 1:
            return Term(Op.TRANSPOSE, _M, (Term(Op.ROW, _M, (self.vector(expr),)),))
        return Term(Op.ROW, _M, (self._row(expr),)) if expr.shape[0] == 1 else self.matrix(expr)

    def _row(self, expr: Any) -> Term:
        """A row, as the vector of its entries."""
        if isinstance(expr, me.Transpose):
            return self.vector(expr.args[0])
        if isinstance(expr, me.OneMatrix):
            return const("ones", _V)
        raise UnsupportedNodeError(f"A certificate has no spelling for the row {expr}.")

    def _chain(self, expr: me.MatMul, sort: Sort) -> Term:
        """A product of numbers and matrices; where a column meets a row it falls into pieces."""
        numbers = [arg for arg in expr.args if not isinstance(arg, me.MatrixExpr)]
        pieces: list[list[Any]] = [[]]
        for arg in expr.args:
            if isinstance(arg, me.MatrixExpr):
                if pieces[-1] and arg.shape[0] == 1:
                    pieces.append([])
                pieces[-1].append(arg)
        first, *middle = pieces
        last = middle.pop() if middle else None
        scalars = [self.number(arg) for arg in numbers if arg != -1]
        scalars += [self._contracted(piece) for piece in middle]
        if sort is _V and last is not None:
            scalars.append(self._contracted(last))
            last = None
        if last is None:
            found = self._column(first) if sort is _V else self._matrices(first)
        else:
            found = Term(Op.OUTER, _M, (self._column(first), self._turned(last)))
        if scalars:
            found = Term(Op.SCALE, sort, (reduce(lambda a, b: Term(Op.TIMES, _N, (a, b)), scalars), found))
        return Term(Op.OPP, sort, (found,)) if -1 in numbers else found

    def _column(self, factors: list[Any]) -> Term:
        """W_1 W_2 ... v, from the right."""
        if not factors:
            raise UnsupportedNodeError("A certificate has no spelling for a row that meets nothing.")
        *left, v = factors
        return self._onto(left, self.vector(v))

    def _onto(self, left: list[Any], found: Term) -> Term:
        for factor in reversed(left):
            found = self.applied(self.matrix(factor), found, self.size(factor.shape[1]))
        return found

    def applied(self, matrix: Term, vector: Term, size: str) -> Term:
        """A matrix times a vector of that size."""
        return Term(Op.MV, _V, (matrix, vector), (size,))

    def _turned(self, factors: list[Any]) -> Term:
        """v' W_1 W_2 ... as the vector W_2' W_1' v."""
        found = self._row(factors[0])
        for factor in factors[1:]:
            turned = factor.args[0] if isinstance(factor, me.Transpose) else None
            matrix = self.matrix(turned) if turned is not None else Term(Op.TRANSPOSE, _M, (self.matrix(factor),))
            found = self.applied(matrix, found, self.size(factor.shape[0]))
        return found

    def _contracted(self, factors: list[Any]) -> Term:
        """v' W ... w, a number."""
        row, *rest = factors
        return Term(Op.DOT, _N, (self._row(row), self._column(rest)), (self.size(row.shape[1]),))

    def _matrices(self, factors: list[Any]) -> Term:
        *left, found = factors
        term = self.matrix(found)
        for factor in reversed(left):
            term = Term(Op.MM, _M, (self.matrix(factor), term), (self.size(factor.shape[1]),))
        return term

    def _function(self, node: Any) -> str:
        name = self.functions.get(node.function)
        if name is None or node.order > 1:
            raise UnsupportedNodeError(f"A certificate knows no derivative of order {node.order} of {node.function}.")
        return slope_of(name) if node.order else name


_SIGN = {sympy.Mul: "*", sympy.Add: "+"}


def _added(parts: list[Term]) -> Term:
    """A sum; what starts with a sign is subtracted."""
    found = parts[0]
    for part in parts[1:]:
        sign = part.op is Op.OPP
        found = Term(Op.SUB if sign else Op.ADD, part.sort, (found, part.args[0] if sign else part))
    return found
