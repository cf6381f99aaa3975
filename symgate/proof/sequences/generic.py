"""The evaluator at times that are letters: what is needed to check one step of an induction.

At generic times t, k, i nothing is known of a signal, of a product over (k, i) or of a power with
exponent t - k but its name, so each gets an arbitrary residue that follows from the name.  A sum over i
becomes its body at one generic i times an arbitrary number that belongs to the bounds: two such sums are
equal where their bodies are.  An identity in arbitrary residues is an identity of the formulas, but for the
probability of a root (Schwartz-Zippel).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.matrices.expressions import (
    BlockMatrix,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
)

from symgate.errors import UnsupportedNodeError
from symgate.language import ScalarSignal, T
from symgate.language.sequences import HadamardRun, MatrixSum, Norm, OrderedProduct
from symgate.proof.algebras import Modular
from symgate.proof.entries import Table
from symgate.proof.functions import functions
from symgate.proof.sequences.timed import TimedEntries
from symgate.records import Derivation


class GenericEntries(TimedEntries):
    """Evaluates formulas over time at symbolic t and k.

    ``given`` holds values of symbols, such as a claimed closed form at t - 1.
    """

    def __init__(
        self, derivation: Derivation, sizes: Mapping[Expr, int], given: Mapping[Expr, Any] | None = None
    ) -> None:
        algebra = Modular(functions(derivation.cell), f"generic|{derivation.name}")
        super().__init__(algebra, sizes, dict(given or {}), {})
        self.derivation = derivation
        self.depth = 0

    def symbol(self, symbol: Expr) -> Any:
        """A given value, the meaning that ``where`` gives to the name, or an arbitrary value of its own."""
        if symbol not in self.values:
            meaning = self._meaning(symbol)
            self.values[symbol] = self._arbitrary(symbol) if meaning is None else self.of(meaning)  # type: ignore[index]
        return self.values[symbol]

    def _meaning(self, symbol: Expr) -> Expr | None:
        for name, expr in ((item.left, item.right) for item in self.derivation.definitions):
            if type(name) is type(symbol) and name.name == symbol.name and name.index != symbol.index:
                return expr.xreplace({name.index: symbol.index})
            if name == symbol:
                return expr
        return None

    def _arbitrary(self, node: Expr) -> Any:
        """An arbitrary value for a node, the same wherever the node is the same."""
        name = (
            sympy.srepr(node)
            if not isinstance(node, (MatrixExpr, ScalarSignal, Norm))
            else f"{type(node).__name__} {node}"
        )
        if not isinstance(node, MatrixExpr):
            return self.algebra.apply(name, 0, 0, -1)
        rows, cols = (self.size(part) for part in node.shape)
        lines = [{j: self.algebra.apply(name, 0, i * cols + j, -1) for j in range(cols)} for i in range(rows)]
        return Table(cols, lines)

    def of(self, expr: Any) -> Any:
        """The value of an expression at generic times.

        Raises:
            UnsupportedNodeError: a node that has no exact value.
        """
        match expr:
            case Norm() | sympy.Symbol():
                return self.symbol(expr)
            case KroneckerDelta():
                return self._delta(*expr.args)
            case sympy.cos():
                return self.algebra.apply(f"cos {sympy.expand(expr.args[0])}", 0, 0, -1)
            case OrderedProduct() | HadamardRun() | MatrixSum():
                return self._over(expr, expr.body, expr.index, expr.lower, expr.upper)
            case sympy.Product() | sympy.Sum():
                *inner, (index, lower, upper) = expr.limits
                body = type(expr)(expr.function, *inner) if inner else expr.function
                return self._over(expr, body, index, lower, upper)
            case HadamardPower() if not expr.exp.is_Integer:
                lines = [
                    {0: self._power_of(line.get(0, self.algebra.zero), expr.exp)}
                    for line in self.table(expr.base).lines
                ]
                return Table(1, lines)
            case sympy.Pow() if not expr.exp.is_Integer:
                return self._power_of(self.of(expr.base), expr.exp)
        return super().of(expr)

    def _delta(self, left: Expr, right: Expr) -> Any:
        """Kronecker's delta of two times.

        In the step of an induction t > k, and once the last step is peeled off every other index is below t: a delta
        of t and one of them is 0.  Of any others, which may agree or not, it is an arbitrary number of its own.
        """
        apart = sympy.expand(left - right)
        apart = -apart if apart.coeff(T) < 0 or (not apart.has(T) and apart.could_extract_minus_sign()) else apart
        if apart.is_Integer:
            return self.algebra.one if apart == 0 else self.algebra.zero
        if apart.coeff(T) == 1 and apart.as_coeff_Add()[0] >= 0:
            return self.algebra.zero
        return self.algebra.apply(f"delta {apart}", 0, 0, -1)

    def _over(self, expr: Expr, body: Expr, index: sympy.Symbol, lower: Expr, upper: Expr) -> Any:
        length = sympy.expand(upper - lower) + 1
        if length.is_Integer:
            return self._finite(expr, [body.xreplace({index: lower + q}) for q in range(max(int(length), 0))])
        if isinstance(expr, OrderedProduct):
            return self._within(self._arbitrary(expr), self.table(body.xreplace({index: T})))
        if not isinstance(expr, (MatrixSum, sympy.Sum)):
            return self._arbitrary(expr)
        here = sympy.Symbol(f"at_{self.depth}", integer=True)
        weight = self.algebra.apply(f"sum over {lower}..{upper} at depth {self.depth}", 0, 0, -1)
        self.depth += 1
        value = self.of(body.xreplace({index: here}))
        self.depth -= 1
        return self._weighted(weight, value)

    def _within(self, value: Table, factor: Table) -> Table:
        """A product of matrices whose zeros are those of every such factor: entries that no path leads to are zero."""
        size = range(factor.rows)
        reach = [{i, *(j for j, v in factor.lines[i].items() if v != self.algebra.zero)} for i in size]
        for k in size:
            for i in size:
                if k in reach[i]:
                    reach[i] |= reach[k]
        return Table(value.cols, [{j: v for j, v in value.lines[i].items() if j in reach[i]} for i in size])

    def _finite(self, expr: Expr, parts: list[Expr]) -> Any:
        """A sum or product of a known number of terms, in ascending order of the index."""
        if isinstance(expr, (sympy.Product, sympy.Sum)):
            values = [self.of(part) for part in parts]
            product = isinstance(expr, sympy.Product)
            return (
                self.algebra.product([self.algebra.one, *values])
                if product
                else self.algebra.total([self.algebra.zero, *values])
            )
        if isinstance(expr, OrderedProduct):
            parts.reverse()
            return self.of(MatMul(*parts) if len(parts) > 1 else parts[0] if parts else sympy.Identity(expr.shape[0]))
        join, empty = (MatAdd, sympy.ZeroMatrix) if isinstance(expr, MatrixSum) else (HadamardProduct, sympy.OneMatrix)
        return self.of(join(*parts) if len(parts) > 1 else parts[0] if parts else empty(*expr.shape))

    def _weighted(self, weight: Any, value: Any) -> Any:
        if not isinstance(value, Table):
            return self.algebra.product([weight, value])
        return Table(
            value.cols, [{j: self.algebra.product([weight, v]) for j, v in line.items()} for line in value.lines]
        )

    def _power_of(self, base: Any, exponent: Expr) -> Any:
        """base^(c + s) = base^c times an arbitrary number that belongs to base and the symbolic part s, or to -s."""
        number, letters = sympy.expand(exponent).as_coeff_Add()
        if not number.is_Integer:
            raise UnsupportedNodeError(f"proof evaluates whole powers only; found the exponent {exponent}.")
        turned = letters.could_extract_minus_sign()
        value = self.algebra.apply(f"power {-letters if turned else letters}", 0, base, -1)
        factors = [self.algebra.power(base, int(number)), self.algebra.power(value, -1) if turned else value]
        return self.algebra.product(factors)


def peel(expr: Expr) -> Expr:
    """The same expression with the last step t taken out of every product and sum over time that reaches it."""
    match expr:
        case OrderedProduct() if expr.upper == T:
            return MatMul(_last(expr), expr.func(expr.body, expr.index, expr.lower, T - 1))
        case HadamardRun() if expr.upper == T:
            return HadamardProduct(_last(expr), expr.func(expr.body, expr.index, expr.lower, T - 1))
        case MatrixSum() if expr.upper == T:
            return MatAdd(_last(expr), MatrixSum(peel(expr.body), expr.index, expr.lower, T - 1))
        case sympy.Product() if expr.limits[-1][2] == T:
            index, lower, _ = expr.limits[0]
            return expr.function.xreplace({index: T}) * sympy.Product(expr.function, (index, lower, T - 1))
        case sympy.Sum() if expr.limits[-1][2] == T:
            *inner, (index, lower, _) = expr.limits
            body = sympy.Sum(expr.function, *inner) if inner else expr.function
            return body.xreplace({index: T}) + sympy.Sum(peel(body), (index, lower, T - 1))
        case BlockMatrix():
            high, wide = expr.blockshape
            return BlockMatrix([[peel(expr.blocks[i, j]) for j in range(wide)] for i in range(high)])
    if not expr.args or isinstance(expr, (MatrixSymbol, ScalarSignal, KroneckerDelta)):
        return expr
    return expr.func(*(peel(arg) if isinstance(arg, (Expr, MatrixExpr)) else arg for arg in expr.args))


def _last(expr: OrderedProduct | HadamardRun | MatrixSum) -> Expr:
    return expr.body.xreplace({expr.index: T})
