"""Polynomials over scalars and vectors under the Hadamard product: the coefficients of the normal form.

Vectors of one size, multiplied entry by entry, form a commutative algebra over the scalars with the
vector of ones as unit.  So a scalar g, a vector alpha and a value phi(a) are all *atoms*, a monomial is a
sorted tuple of (atom, exponent), and a polynomial is a dict from monomials to rational coefficients.
Equal coefficients have equal dicts; that is what makes equality of normal forms a comparison of dicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, reduce
from typing import Any

import sympy
from sympy import Expr, Rational
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.errors import DefinitionError, UnsupportedNodeError
from symgate.language import Dot, Map, ScalarMap, ScalarSignal, Vec, is_vector
from symgate.language.matrices import scaled

Monomial = tuple[tuple[Expr, int], ...]
Polynomial = Mapping[Monomial, Rational]

UNIT: Monomial = ()
ONE: Polynomial = {UNIT: sympy.S.One}
ZERO: Polynomial = {}

#: How many terms a derivative may have: the Jacobian of six stacked LSTMs has as many.
LARGEST = 4096


@lru_cache(maxsize=65536)
def atom_key(atom: Expr) -> tuple[Any, ...]:
    """The order of atoms in a monomial: scalars, then vectors; names, then function values, then products."""
    if isinstance(atom, (MatrixSymbol, ScalarSignal, sympy.Symbol)):
        kind = 0
    elif isinstance(atom, (Map, ScalarMap)):
        kind = 1
    else:
        kind = 2
    return (isinstance(atom, MatrixExpr), kind, sympy.sstr(atom))


def monomial_key(monomial: Monomial) -> tuple[Any, ...]:
    """The order of monomials: by degree, then by atoms."""
    return (sum(abs(power) for _, power in monomial), tuple((atom_key(atom), power) for atom, power in monomial))


def times(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials."""
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((a, p) for a, p in powers.items() if p), key=lambda item: atom_key(item[0])))


def plus(parts: Iterable[Polynomial]) -> Polynomial:
    """The sum of polynomials."""
    total: dict[Monomial, Rational] = {}
    for part in parts:
        for monomial, number in part.items():
            total[monomial] = total.get(monomial, sympy.S.Zero) + number
    return {monomial: number for monomial, number in total.items() if number != 0}


def product(parts: Iterable[Polynomial]) -> Polynomial:
    """The product of polynomials."""
    return reduce(_product, parts, ONE)


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    if left is ONE or right is ONE:
        return right if left is ONE else left
    refuse_more(len(left) * len(right) // 16)
    found = plus({times(m, k): a * b} for m, a in left.items() for k, b in right.items())
    refuse_more(len(found))
    return found


def refuse_more(count: int) -> None:
    """Refuse a derivative that nobody reads and no code computes.

    Raises:
        DefinitionError: it has more than ``LARGEST`` terms.
    """
    if count > LARGEST:
        raise DefinitionError(
            f"A derivative has more than {LARGEST} terms when products are written out, as those of nested sums are. "
            "Differentiate in parts, by and of named intermediates: jacobian(cell, wrt='a', of='x')."
        )


def split(monomial: Monomial) -> tuple[Monomial, Monomial]:
    """A monomial as (its scalar atoms, its vector atoms)."""
    scalars = tuple(item for item in monomial if not isinstance(item[0], MatrixExpr))
    return scalars, monomial[len(scalars) :]


def polynomial(expr: Expr) -> Polynomial:
    """A scalar or vector expression as a polynomial in its atoms.

    Raises:
        UnsupportedNodeError: the expression holds a node outside the notation.
    """
    if isinstance(expr, MatrixExpr):
        return _vector(expr)
    return _scalar(expr)


def _scalar(expr: Expr) -> Polynomial:
    if expr.is_Rational:
        return {UNIT: expr} if expr != 0 else ZERO
    if isinstance(expr, sympy.Add):
        return plus(map(_scalar, expr.args))
    if isinstance(expr, sympy.Mul):
        return product(map(_scalar, expr.args))
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        return _power(_scalar(expr.base), int(expr.exp))
    if isinstance(expr, Dot):
        return dot(_vector(expr.args[0]), _vector(expr.args[1]), expr.args[0].shape[0])
    if isinstance(expr, (sympy.Symbol, ScalarSignal, ScalarMap)):
        return {((expr, 1),): sympy.S.One}
    raise UnsupportedNodeError(f"{expr} ({type(expr).__name__}) is not a scalar of the notation.")


def _vector(expr: MatrixExpr) -> Polynomial:
    if isinstance(expr, ZeroMatrix):
        return ZERO
    if isinstance(expr, OneMatrix):
        return ONE
    if isinstance(expr, MatAdd):
        return plus(map(_vector, expr.args))
    if isinstance(expr, HadamardProduct):
        return product(map(_vector, expr.args))
    if isinstance(expr, MatMul):
        scalars = [arg for arg in expr.args if not isinstance(arg, MatrixExpr)]
        *matrices, vector = [arg for arg in expr.args if isinstance(arg, MatrixExpr)]
        inner = _vector(vector)
        for matrix in reversed(matrices):
            inner = apply(matrix, inner)
        return product([*map(_scalar, scalars), inner])
    if isinstance(expr, HadamardPower) and is_vector(expr):
        return _vector_power(_vector(expr.base), expr)
    if isinstance(expr, (MatrixSymbol, Map, Vec, DiagonalOf)) and is_vector(expr):
        return {((expr, 1),): sympy.S.One}
    raise UnsupportedNodeError(f"{expr} ({type(expr).__name__}) is not a vector of the notation.")


def apply(matrix: MatrixExpr, vector: Polynomial) -> Polynomial:
    """matrix times vector, term by term; scalars come out."""
    if isinstance(matrix, Identity):
        return vector
    if isinstance(matrix, DiagMatrix):
        return product([_vector(matrix.args[0]), vector])
    if isinstance(matrix, MatAdd):
        return plus(apply(part, vector) for part in matrix.args)
    if isinstance(matrix, MatMul):
        for part in reversed([part for part in matrix.args if isinstance(part, MatrixExpr)]):
            vector = apply(part, vector)
        return product([*(_scalar(part) for part in matrix.args if not isinstance(part, MatrixExpr)), vector])
    if isinstance(matrix, OneMatrix):
        return dot(ONE, vector, matrix.shape[1])
    if isinstance(matrix, Transpose) and is_vector(matrix.arg):
        return dot(_vector(matrix.arg), vector, matrix.arg.shape[0])
    if is_vector(matrix):
        return product([_vector(matrix), vector])
    parts = []
    for monomial, number in vector.items():
        scalars, vectors = split(monomial)
        image = MatMul(matrix, hadamard(vectors, matrix.shape[1]))
        if isinstance(image.args[-1], MatMul):
            image = MatMul(matrix, *image.args[-1].args)
        parts.append({times(scalars, ((image, 1),)): number})
    return plus(parts)


def dot(left: Polynomial, right: Polynomial, size: Expr) -> Polynomial:
    """The dot product: bilinear, and 1'(u (.) v) for each product of monomials, under one canonical spelling."""
    parts = []
    for monomial, number in product([left, right]).items():
        scalars, vectors = split(monomial)
        if not vectors:
            parts.append(product([{scalars: number}, _scalar(size)]))
            continue
        (first, power), *rest = vectors
        lowered = ((first, power - 1),) if power > 1 else ()
        value = Dot(first if power > 0 else HadamardPower(first, power), hadamard((*lowered, *rest), size))
        parts.append({times(scalars, ((value, 1),)): number})
    return plus(parts)


def _power(base: Polynomial, exponent: int) -> Polynomial:
    if exponent >= 0:
        return product([base] * exponent)
    if len(base) == 1:
        ((monomial, number),) = base.items()
        return {tuple((atom, power * exponent) for atom, power in monomial): number**exponent}
    return {((scalar_expr(base), exponent),): sympy.S.One}


def _vector_power(base: Polynomial, expr: HadamardPower) -> Polynomial:
    """An integer power entry by entry; a sum below the line is an atom, under one canonical spelling."""
    exponent = int(expr.exp)
    if exponent >= 0:
        return product([base] * exponent)
    if len(base) == 1:
        ((monomial, number),) = base.items()
        return {tuple((atom, power * exponent) for atom, power in monomial): number**exponent}
    return {((vector_expr(base, expr.shape[0]), exponent),): sympy.S.One}


def vector_expr(poly: Polynomial, size: Expr) -> MatrixExpr:
    """A polynomial as a sum of vectors, in the order of its monomials."""
    terms = []
    for monomial in sorted(poly, key=monomial_key):
        scalars, vectors = split(monomial)
        terms.append(scaled(scalar_expr({scalars: poly[monomial]}), hadamard(vectors, size)))
    return terms[0] if len(terms) == 1 else MatAdd(*terms)


def hadamard(vectors: Monomial, size: Expr) -> MatrixExpr:
    """A monomial of vectors as a SymPy expression; the empty one is the vector of ones."""
    flat = [
        factor for atom, power in vectors for factor in ([atom] * power if power > 0 else [HadamardPower(atom, power)])
    ]
    if not flat:
        return OneMatrix(size, 1)
    return flat[0] if len(flat) == 1 else HadamardProduct(*flat)


def scalar_expr(poly: Polynomial) -> Expr:
    """A polynomial without vectors as a SymPy scalar."""
    terms = (number * sympy.Mul(*(atom**power for atom, power in monomial)) for monomial, number in poly.items())
    return sympy.Add(*terms)


def freeze(poly: Polynomial) -> frozenset[tuple[Monomial, Rational]]:
    """A hashable stand-in, equal for equal polynomials."""
    return frozenset(poly.items())
