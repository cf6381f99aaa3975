"""From results over many steps to terms: signals at a time are names at the point that the step of that time meets.

``x_{j-1}``, ``u_j`` and ``a_j`` are ``x (here j)``, ``u (here j)`` and ``a (here j)``; parameters stand at those of the
trajectory.  Both bounds of a sum or a product belong to its range, as in the formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me
from sympy.matrices.expressions.hadamard import HadamardPower

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import ScalarSignal, Signal, T
from symgate.language.sequences import HadamardRun, MatrixSum, Norm, OrderedProduct
from symgate.proof.rocq.reading import Reader
from symgate.proof.rocq.terms import Op, Sort, Term, const

_N, _V, _M = Sort.NUMBER, Sort.VECTOR, Sort.MATRIX


@dataclass(frozen=True)
class TimeReader(Reader):
    """Turns expressions over many steps into terms.

    Attributes:
        here: the function from times to points.
        parameters: the parameters of the trajectory, by symbol, and other expressions with a spelling of their own.
        introduced: functions of time that the result introduces, such as A_j, by name: (Coq name, sort).
        letters: the Coq name of every time letter.
        norm: the name of the norm.
    """

    here: str = "here"
    parameters: Mapping[Expr, Term] = field(default_factory=dict)
    introduced: Mapping[str, tuple[str, Sort]] = field(default_factory=dict)
    letters: Mapping[Expr, str] = field(default_factory=dict)
    norm: str = ""

    def knowing(self, more: Mapping[Expr, Term], norm: str = "") -> TimeReader:
        """The same with more expressions that have a spelling of their own."""
        return replace(self, parameters={**self.parameters, **more}, norm=norm or self.norm)

    def applied(self, matrix: Term, vector: Term, size: str) -> Term:
        """A matrix times a vector; a diagonal one scales it entry by entry, turned or not."""
        inner = matrix.args[0] if matrix.op is Op.TRANSPOSE else matrix
        if inner.op is Op.DIAG and not self.columns:
            return Term(Op.TIMES, Sort.VECTOR, (inner.args[0], vector))
        return super().applied(matrix, vector, size)

    def time(self, expr: Expr) -> str:
        """A time, or a number of steps, as a natural number; a difference is read where it is not negative.

        Raises:
            UnsupportedNodeError: it is not a sum of letters and whole numbers.
        """
        added: list[str] = []
        taken: list[str] = []
        for part in sympy.Add.make_args(sympy.expand(expr)):
            factor, letter = part.as_coeff_Mul()
            if letter == 1 and factor.is_Integer:
                (added if factor > 0 else taken).append(str(abs(factor)))
            elif letter in self.letters and abs(factor) == 1:
                (added if factor > 0 else taken).append(self.letters[letter])
            else:
                raise UnsupportedNodeError(f"A certificate has no spelling for the time {expr}.")
        added.sort(key=str.isdigit)
        text = " + ".join(added or ["0"]) + "".join(f" - {item}" for item in taken)
        return f"({text})%nat" if len(added) + len(taken) > 1 else text

    def _timed(self, expr: Any) -> Term | None:
        """A symbol of the cell, a name or a function of time; None where it is none of them."""
        if expr in self.parameters:
            return self.parameters[expr]
        if not isinstance(expr, (Signal, ScalarSignal)):
            return None
        if str(expr.name) in self.introduced and not isinstance(expr.index, sympy.Tuple):
            name, sort = self.introduced[str(expr.name)]
            return Term(Op.NAME, sort, words=(name, self.time(expr.index)))
        for shift in (0, 1):
            letter = expr.index + shift
            own = expr.xreplace({expr.index: T - shift}) if letter.is_Symbol else None
            if own in self.symbols:
                term = self.symbols[own]
                return Term(term.op, term.sort, words=(term.words[0], f"({self.here} {self.time(letter)})"))
        raise UnsupportedNodeError(f"A certificate has no spelling for {expr}.")

    def _condition(self, condition: Any) -> str:
        """A comparison of two times."""
        left, right = map(self.time, condition.args)
        match condition:
            case sympy.StrictLessThan():
                return f"Nat.ltb {left} {right}"
            case sympy.StrictGreaterThan():
                return f"Nat.ltb {right} {left}"
            case sympy.Equality():
                return f"Nat.eqb {left} {right}"
        raise UnsupportedNodeError(f"A certificate has no spelling for the condition {condition}.")

    def _ranged(self, op: Op, body: Term, index: Expr, lower: Expr, upper: Expr, *size: str) -> Term:
        bounds = (self.time(lower), self.time(upper))
        return Term(op, body.sort, (body,), (*size, *bounds, self.letters[index]))

    def number(self, expr: Any) -> Term:
        """A scalar, perhaps over time."""
        known = self._timed(expr)
        if known is not None:
            return known
        match expr:
            case sympy.Sum() | sympy.Product() if len(expr.limits) == 1:
                op = Op.SUM if isinstance(expr, sympy.Sum) else Op.PRODUCT
                return self._ranged(op, self.number(expr.function), *expr.limits[0])
            case sympy.Pow() if _is_root(expr.exp):
                return Term(Op.ROOT, _N, (self.number(expr.base),), (self.time(1 / expr.exp),))
            case sympy.Pow() if not expr.exp.is_number:
                return Term(Op.POWER, _N, (self.number(expr.base),), (self.time(expr.exp),))
            case Norm() if self.norm:
                return Term(Op.APPLY, _N, (self.matrix(expr.args[0]),), (self.norm,))
            case sympy.KroneckerDelta():
                return Term(Op.DELTA, _N, words=tuple(map(self.time, expr.args)))
            case sympy.Piecewise() if len(expr.args) == 2 and expr.args[1].cond == sympy.true:
                (first, condition), (second, _) = expr.args
                return Term(Op.IF, _N, (self.number(first), self.number(second)), (self._condition(condition),))
            case sympy.cos():
                return Term(Op.APPLY, _N, (self.number(expr.args[0]),), ("cos",))
            case sympy.Symbol() if expr in self.letters:
                letter = self.letters[expr]
                return const(f"INR {letter}" if expr.is_integer else letter, _N)
        if expr == sympy.pi:
            return const("PI", _N)
        return super().number(expr)

    def vector(self, expr: Any) -> Term:
        """A column vector, perhaps over time."""
        known = self._timed(expr)
        if known is not None:
            return known
        match expr:
            case MatrixSum():
                return self._ranged(Op.SUM, self.vector(expr.body), expr.index, expr.lower, expr.upper)
            case HadamardRun():
                return self._ranged(Op.PRODUCT, self.vector(expr.body), expr.index, expr.lower, expr.upper)
            case HadamardPower() if _is_root(expr.exp):
                return Term(Op.ROOT, _V, (self.vector(expr.base),), (self.time(1 / expr.exp),))
            case HadamardPower() if not expr.exp.is_number:
                return Term(Op.POWER, _V, (self.vector(expr.base),), (self.time(expr.exp),))
            case me.DiagonalOf():
                return Term(Op.OWN, _V, (self.matrix(expr.arg),))
            case me.BlockMatrix():
                return self._stacked([self.vector(part) for part in expr.blocks], self._sizes(expr))
        return super().vector(expr)

    def matrix(self, expr: Any) -> Term:
        """A matrix, perhaps over time."""
        known = self._timed(expr)
        if known is not None:
            return known
        match expr:
            case MatrixSum():
                return self._ranged(Op.SUM, self.matrix(expr.body), expr.index, expr.lower, expr.upper)
            case OrderedProduct():
                size = self.size(expr.shape[0])
                return self._ranged(Op.PRODUCT, self.matrix(expr.body), expr.index, expr.lower, expr.upper, size)
            case me.BlockMatrix():
                return self._blocks(expr)
        return super().matrix(expr)

    def _blocks(self, expr: me.BlockMatrix) -> Term:
        rows = [
            reduce(
                lambda right, left: Term(Op.BESIDE, _M, (left[1], right), (left[0],)),
                list(zip(map(self.size, expr.colblocksizes), row, strict=True))[-2::-1],
                row[-1],
            )
            for row in (
                [self.matrix(expr.blocks[a, b]) for b in range(expr.blockshape[1])] for a in range(expr.blockshape[0])
            )
        ]
        sizes = list(map(self.size, expr.rowblocksizes))
        return reduce(
            lambda below, upper: Term(Op.ABOVE, _M, (upper[1], below), (upper[0],)),
            list(zip(sizes, rows, strict=True))[-2::-1],
            rows[-1],
        )

    def _sizes(self, expr: me.BlockMatrix) -> list[str]:
        return list(map(self.size, expr.rowblocksizes))

    def _stacked(self, parts: list[Term], sizes: list[str]) -> Term:
        return reduce(
            lambda below, upper: Term(Op.STACKED, _V, (upper[1], below), (upper[0],)),
            list(zip(sizes, parts, strict=True))[-2::-1],
            parts[-1],
        )


def _is_root(exponent: Expr) -> bool:
    """Whether an exponent is one over a number of steps."""
    return bool(exponent.is_Pow and exponent.exp == -1 and not exponent.base.is_number)


def letters_in(expressions: Iterable[Expr]) -> list[sympy.Symbol]:
    """The letters of times and numbers in expressions, in a fixed order: indices, bounds, exponents, constants."""
    found = {node for expr in expressions for node in sympy.preorder_traversal(expr) if isinstance(node, sympy.Symbol)}
    return sorted(found, key=lambda node: (str(node), sympy.srepr(node)))
