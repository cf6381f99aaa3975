"""Expressions as text for statements, by their structure alone, in the spelling that claims are read in.

SymPy's own ``str`` multiplies out and evaluates on the way, which costs much for a large claim, and raises on some.
Every name carries its time: ``diag(g[t]*dphi(a[t])) @ W_r``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy.matrices.expressions import HadamardPower, HadamardProduct, MatAdd, MatMul, MatrixExpr
from sympy.printing.str import StrPrinter

_JOINED = (sympy.Add, sympy.Mul, sympy.Pow, MatAdd, MatMul, HadamardProduct, HadamardPower)


class _Plain(StrPrinter):  # type: ignore[misc]
    """Brackets around everything that is joined of parts; nothing is asked of the parts."""

    printmethod = "_as_claims_are_read"  # not the spelling that the nodes have for SymPy

    def __init__(self, names: Mapping[Any, str]) -> None:
        super().__init__()
        self.names = names

    def _print_Symbol(self, expr: Any) -> str:
        return self.names.get(expr) or str(expr.name)

    def parenthesize(self, item: Any, level: int, strict: bool = False) -> str:  # noqa: FBT001, FBT002
        """The item, in brackets where it is a sum, a product or a power."""
        text = str(self._print(item))
        return f"({text})" if isinstance(item, _JOINED) else text

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        """The terms in the order that SymPy gives to numbers, of matrices in theirs."""
        terms = expr.args if isinstance(expr, MatAdd) else self._as_ordered_terms(expr, order=order)
        first, *rest = (str(self._print(term)) for term in terms)
        return first + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in rest)

    def _print_MatMul(self, expr: Any) -> str:
        """The factors in their order; SymPy negates a product to see its sign, and so evaluates all that is in it."""
        first, *rest = expr.args
        factors = rest if first == -1 else expr.args
        scalars = [self.parenthesize(arg, 0) for arg in factors if not isinstance(arg, MatrixExpr)]
        matrices = " @ ".join(self.parenthesize(arg, 0) for arg in factors if isinstance(arg, MatrixExpr))
        return ("-" if first == -1 else "") + "*".join([*scalars, matrices])

    def _print_HadamardProduct(self, expr: Any) -> str:
        return "*".join(self.parenthesize(arg, 0) for arg in expr.args)

    def _print_HadamardPower(self, expr: Any) -> str:
        return f"{self.parenthesize(expr.base, 0)}**{self.parenthesize(expr.exp, 0)}"

    def _print_Map(self, expr: Any) -> str:
        order = {0: "", 1: "d"}.get(expr.order, f"d{expr.order}")
        return f"{order}{expr.function}({self._print(expr.argument)})"

    _print_ScalarMap = _print_Map

    def _print_Signal(self, expr: Any) -> str:
        index = expr.index
        parts = tuple(index) if isinstance(index, sympy.Tuple) else (index,)
        return f"{expr.name}[{', '.join(str(self._print(part)) for part in parts)}]"

    _print_ScalarSignal = _print_Signal

    def _print_MatrixSymbol(self, expr: Any) -> str:
        return str(expr.name)

    def _print_Transpose(self, expr: Any) -> str:
        return f"{self.parenthesize(expr.args[0], 0)}.T"

    def _print_Identity(self, _: Any) -> str:
        return "eye"

    def _print_OneMatrix(self, expr: Any) -> str:
        rows, cols = expr.shape
        return "ones" if cols == 1 else "ones.T" if rows == 1 else "ones @ ones.T"

    def _print_BlockMatrix(self, expr: Any) -> str:
        rows, cols = expr.blockshape
        inside = (", ".join(str(self._print(expr.blocks[i, j])) for j in range(cols)) for i in range(rows))
        return "block([" + ", ".join(f"[{row}]" for row in inside) + "])"

    def _call(self, name: str, expr: Any) -> str:
        return f"{name}({', '.join(str(self._print(arg)) for arg in expr.args)})"

    def _print_DiagMatrix(self, expr: Any) -> str:
        return self._call("diag", expr)

    def _print_Dot(self, expr: Any) -> str:
        return self._call("dot", expr)

    def _print_Vec(self, expr: Any) -> str:
        return self._call("vec", expr)

    def _print_Norm(self, expr: Any) -> str:
        return self._call("norm", expr)

    def _print_KroneckerProduct(self, expr: Any) -> str:
        return self._call("kron", expr)

    def _print_KroneckerDelta(self, expr: Any) -> str:
        return f"delta[{', '.join(str(self._print(arg)) for arg in expr.args)}]"

    def _over_time(self, call: str, body: Any, index: Any, lower: Any, upper: Any) -> str:
        ends = f"{upper}, {lower - 1}, -1" if call == "matprod" else f"{lower}, {upper + 1}"
        return f"{call}({self._print(body)} for {index} in range({ends}))"

    def _print_OrderedProduct(self, expr: Any) -> str:
        return self._over_time("matprod", *expr.args)

    def _print_MatrixSum(self, expr: Any) -> str:
        return self._over_time("sum", *expr.args)

    def _print_Sum(self, expr: Any) -> str:
        body, (index, lower, upper) = expr.args[0], expr.args[1]
        return self._over_time("sum" if isinstance(expr, sympy.Sum) else "prod", body, index, lower, upper)

    _print_Product = _print_Sum

    def _print_DiagonalOf(self, expr: Any) -> str:
        return self._call("diagonal", expr)

    def _print_HadamardRun(self, expr: Any) -> str:
        return self._over_time("prod", *expr.args)


def plain(expr: Any, names: Mapping[Any, str] | None = None) -> str:
    """An expression as text; ``names`` are symbols that are spelled otherwise than they are called."""
    return str(_Plain(names or {}).doprint(expr))
