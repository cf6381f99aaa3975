"""How many index letters a term can carry: the size at which an identity settles all sizes.

Written out in indices, an expression is a sum of terms, each a product of atoms (entries of symbols,
values of nonlinearities) with free and summed index letters.  ``measure`` bounds, for an expression
and for its derivative, over all terms:

* letters: distinct index letters per dimension, free and summed together, Kronecker deltas merged;
* ones, size, below: factors of the vector of ones per dimension (two of them can leave a sum that no atom
  carries, such as 1'1 = n), factors n, and divisions by n: what makes a coefficient depend on the size;
* degree and poles: the polynomial degree and the degree below the line, for error probabilities.

It is a recursion in which products add and sums take the maximum.  ``docs/proof.md`` has the theorem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices import expressions as me

from symgate.errors import UnsupportedNodeError
from symgate.language.nodes import Dot, Map, ScalarMap, ScalarSignal, Vec
from symgate.records import Derivation

#: Keys of a count: ("letter", n), ("ones", n), ("size", n), ("below", n), ("degree", None), ("poles", None).
Count = Counter[tuple[str, Any]]
DEGREE, POLES = ("degree", None), ("poles", None)


@dataclass(frozen=True)
class Measure:
    """Bounds over the terms of an expression, and over those of its derivative (None: it does not vary)."""

    terms: Count
    slope: Count | None = None


@dataclass(frozen=True)
class Settling:
    """The sizes that settle all sizes, and the degrees behind error probabilities.

    Attributes:
        letters: the largest number of letters per dimension.
        extra: how many further sizes per dimension decide coefficients that depend on the size.
        degree: the degree of the identity in entries and function values, denominators cleared.
        inner: the same for the arguments of functions.
    """

    letters: dict[Expr, int]
    extra: dict[Expr, int]
    degree: int
    inner: int


@dataclass
class Letters:
    """Measures expressions of one derivation.

    Attributes:
        derivation: whose recurrence and right side are measured.
        keep_names: whether named intermediates count as atoms.
        arguments: bounds over everything that a function is applied to or that stands below a line.
    """

    derivation: Derivation
    keep_names: bool
    arguments: Count = field(default_factory=Counter)
    bases: set[Expr] = field(default_factory=set)
    known: dict[Expr, Measure] = field(default_factory=dict)

    def settling(self) -> Settling:
        """The sizes that settle the identity "derivative of the recurrence = right side" for all sizes."""
        d = self.derivation
        target = d.of
        if d.cotangent is not None:
            target = Dot(d.cotangent, d.of) if isinstance(d.of, me.MatrixExpr) else d.cotangent * d.of
        sides = [self.of(target).slope or Counter(), self.of(d.expr).terms]
        total = largest(*sides)
        both = largest(total, self.arguments)
        dims = d.cell.dimensions
        poles = len(self.bases)
        return Settling(
            letters={dim: max(1, both["letter", dim]) for dim in dims},
            extra={dim: both["ones", dim] // 2 + both["size", dim] + both["below", dim] for dim in dims},
            degree=total[DEGREE] + poles * total[POLES],
            inner=self.arguments[DEGREE] + poles * self.arguments[POLES],
        )

    @singledispatchmethod
    def of(self, expr: Any) -> Measure:
        """The bounds for an expression.

        Raises:
            UnsupportedNodeError: a node outside the shape language.
        """
        raise UnsupportedNodeError(f"proof cannot count the letters of {type(expr).__name__} in {expr}.")

    @of.register(sympy.Number)
    @of.register(me.ZeroMatrix)
    def _constant(self, expr: Any) -> Measure:
        return Measure(Counter())

    @of.register
    def _identity(self, expr: me.Identity) -> Measure:
        return Measure(_letters(expr.shape[:1]))

    @of.register
    def _ones(self, expr: me.OneMatrix) -> Measure:
        return Measure(_letters(expr.shape) + Counter({("ones", s): 1 for s in expr.shape if not s.is_Integer}))

    @of.register(sympy.Symbol)
    @of.register(ScalarSignal)
    @of.register(me.MatrixSymbol)
    def _symbol(self, expr: Any) -> Measure:
        """A symbol is an atom with the letters of its shape; a defined name varies as its definition does."""
        if expr in self.derivation.cell.dimensions:
            return Measure(Counter({("size", expr): 1}))
        if expr not in self.known:
            atom = _letters(getattr(expr, "shape", ())) + Counter({DEGREE: 1})
            definition = self.derivation.cell.definitions.get(expr)
            if definition is None or expr == self.derivation.wrt:
                self.known[expr] = Measure(atom, atom if expr == self.derivation.wrt else None)
            else:
                inner = self.of(definition)
                self.known[expr] = Measure(atom, inner.slope) if self.keep_names else inner
        return self.known[expr]

    @of.register(Map)
    @of.register(ScalarMap)
    def _map(self, expr: Any) -> Measure:
        """A value is an atom with the letter of its row; its derivative has the letters of the argument's as well."""
        inner = self.of(expr.argument)
        self.arguments |= inner.terms
        row = _letters(getattr(expr, "shape", ()))
        atom = row + Counter({DEGREE: 1})
        return Measure(atom, None if inner.slope is None else atom + inner.slope - row)

    @of.register(sympy.Pow)
    @of.register(me.HadamardPower)
    def _power(self, expr: Any) -> Measure:
        base, exponent = expr.base, int(expr.exp)
        inner = self.of(base)
        if exponent >= 0:
            return self._product([inner] * exponent, Counter()) if exponent else Measure(Counter())
        if not inner.terms[DEGREE]:
            return Measure(Counter({("below", dim): -exponent * count for dim, count in _powers(base).items()}))
        self.bases.add(base)
        self.arguments |= inner.terms
        size = Counter({POLES: -exponent * max(1, inner.terms[DEGREE])})
        once = Counter({POLES: max(1, inner.terms[DEGREE])})
        plain = inner.terms if isinstance(base, (sympy.Add, sympy.Mul, me.MatrixExpr)) else Counter()
        letters = Counter({key: count * -exponent for key, count in plain.items() if key[0] == "letter"})
        return Measure(size + letters, None if inner.slope is None else size + once + letters + inner.slope)

    @of.register
    def _dot(self, expr: Dot) -> Measure:
        return self._product([self.of(arg) for arg in expr.args], _letters(expr.args[0].shape[:1]))

    @of.register
    def _hadamard(self, expr: me.HadamardProduct) -> Measure:
        shared: Count = Counter()
        for _ in expr.args[1:]:
            shared += _letters(expr.shape)
        return self._product([self.of(arg) for arg in expr.args], shared)

    @of.register
    def _matrix_product(self, expr: me.MatMul) -> Measure:
        matrices = [arg for arg in expr.args if isinstance(arg, me.MatrixExpr)]
        shared: Count = Counter()
        for arg in matrices[1:]:
            shared += _letters(arg.shape[:1])
        return self._product([self.of(arg) for arg in expr.args], shared)

    @of.register(sympy.Mul)
    @of.register(me.KroneckerProduct)
    def _free_product(self, expr: Any) -> Measure:
        return self._product([self.of(arg) for arg in expr.args], Counter())

    @of.register(me.DiagMatrix)
    @of.register(me.DiagonalOf)
    @of.register(me.Transpose)
    @of.register(Vec)
    def _same(self, expr: Any) -> Measure:
        return self.of(expr.args[0])

    @of.register(sympy.Add)
    @of.register(me.MatAdd)
    def _sum(self, expr: Any) -> Measure:
        parts = [self.of(arg) for arg in expr.args]
        slopes = [part.slope for part in parts if part.slope is not None]
        return Measure(largest(*(part.terms for part in parts)), largest(*slopes) if slopes else None)

    @staticmethod
    def _product(parts: Sequence[Measure], shared: Mapping[Any, int]) -> Measure:
        """Counts add; letters that two factors share count once; the derivative hits one factor."""
        every: Count = Counter()
        for part in parts:
            every += part.terms
        hits = [_minus(every, part.terms) + part.slope for part in parts if part.slope is not None]
        slopes = [_minus(hit, shared) for hit in hits]
        return Measure(_minus(every, shared), largest(*slopes) if slopes else None)


def largest(*counts: Count) -> Count:
    """The largest of each count."""
    result: Count = Counter()
    for count in counts:
        result |= count
    return result


def _powers(base: Expr) -> dict[Expr, int]:
    """The power of each size in a constant below a line: n, or 1'1 = n.

    Raises:
        UnsupportedNodeError: another constant that depends on the size, such as 1 + n.
    """
    if base.is_number:
        return {}
    if isinstance(base, sympy.Symbol):
        return {base: 1}
    if isinstance(base, Dot) and all(isinstance(arg, me.OneMatrix) for arg in base.args):
        return {size: 1 for size in base.args[0].shape[:1] if not size.is_Integer}
    raise UnsupportedNodeError(f"1/({base}) depends on the size in a way that no finite number of sizes settles.")


def _letters(shape: Sequence[Expr]) -> Count:
    """One letter for each symbolic size of a shape; a size that is a number carries none."""
    result: Count = Counter()
    for size in shape:
        if not size.is_Integer:
            result["letter", size] += 1
    return result


def _minus(left: Mapping[Any, int], right: Mapping[Any, int]) -> Count:
    result = Counter(left)
    result.subtract(right)
    return +result
