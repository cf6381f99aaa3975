"""From the normal form back to SymPy: words as a paper prints them.

Common factors come out of a coefficient (sigma'(a_g) (.) (phi(a) - x)), sums over an inner monomial or a
seed are gathered, a diagonal of ones is left out, and a rank-one word is a column times a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, lcm

import sympy
from sympy import Expr, Rational
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.calculus.normal import Words, column_of_ones, row_of_ones
from symgate.calculus.polynomial import (
    ONE,
    Monomial,
    Polynomial,
    atom_key,
    freeze,
    hadamard,
    monomial_key,
    plus,
    scalar_expr,
    split,
)
from symgate.language import Vec


@dataclass(frozen=True)
class Gathered:
    """A word whose inner coefficients are polynomials: coefficients[0] L_1 coefficients[1] L_2 ..., then the seed.

    Attributes:
        coefficients: the diagonals, one more than there are letters.
        letters: the letters between them.
        seed: the polynomial b of (M (.) dP) b, its size, whether dP stands transposed, and M or None; None if the word
            has no seed.
    """

    coefficients: tuple[Polynomial, ...]
    letters: tuple[MatrixExpr, ...]
    seed: tuple[Polynomial, Expr, bool, Expr | None] | None


def content(poly: Polynomial) -> Rational:
    """The rational factor that leaves coprime integers, signed so that the first monomial is positive."""
    numbers = [poly[monomial] for monomial in sorted(poly, key=monomial_key)]
    size = Rational(gcd(*(int(q.p) for q in numbers)), lcm(*(int(q.q) for q in numbers)))
    positive = any(number > 0 for number in numbers)
    return size if positive else -size


def divided(poly: Polynomial, number: Rational) -> Polynomial:
    """The polynomial over a number."""
    return {monomial: value / number for monomial, value in poly.items()}


def gather(words: Words) -> list[Gathered]:
    """Gather words that differ in one inner monomial, or in the seed, into one word."""
    rows: list[list[Polynomial]] = []
    shapes: list[tuple[tuple[MatrixExpr, ...], tuple[Expr, bool, Expr | None] | None]] = []
    for tail, lead in words.items():
        inner: list[Polynomial] = [{vectors: sympy.S.One} for _, vectors in tail.steps]
        ends: list[Polynomial] = [{tail.seed.vector: sympy.S.One}] if tail.seed else []
        rows.append([lead, *inner, *ends])
        shapes.append(
            (
                tuple(letter for letter, _ in tail.steps),
                (tail.seed.size, tail.seed.transposed, tail.seed.mask) if tail.seed else None,
            )
        )
    longest = max((len(polys) for polys in rows), default=1)
    for place in range(longest - 1, 0, -1):
        merged: dict[object, int] = {}
        kept: list[int] = []
        alike: dict[int, list[Polynomial]] = {}
        for index, polys in enumerate(rows):
            if len(polys) > place:
                number = content(polys[0])
                polys[0], polys[place] = divided(polys[0], number), divided(polys[place], 1 / number)
                others = tuple(freeze(poly) for at, poly in enumerate(polys) if at != place)
                target = merged.setdefault((shapes[index], others), index)
                if target != index:
                    alike.setdefault(target, [rows[target][place]]).append(polys[place])
                    continue
            kept.append(index)
        for target, same in alike.items():
            rows[target][place] = plus(same)
        rows, shapes = [rows[i] for i in kept], [shapes[i] for i in kept]
    found = []
    for polys, (letters, end) in zip(rows, shapes, strict=True):
        if all(polys):
            cut = len(letters) + 1
            found.append(Gathered(tuple(polys[:cut]), letters, (polys[cut], *end) if end else None))
    return sorted(found, key=_word_key)


def _word_key(word: Gathered) -> tuple[object, ...]:
    """Short words first, then by letters; only the order on the page hangs on it."""
    first = min(map(monomial_key, word.coefficients[0]))
    seed = tuple(sorted(map(monomial_key, word.seed[0]))) if word.seed else ()
    return (len(word.letters), tuple(sympy.sstr(letter) for letter in word.letters), first, seed)


def factored(poly: Polynomial, size: Expr) -> tuple[Expr, list[MatrixExpr]]:
    """A coefficient as (scalar, Hadamard factors), with what all its terms share taken out."""
    number = content(poly)
    monomials = sorted(poly, key=monomial_key)
    shared: dict[Expr, int] = dict(monomials[0])
    for monomial in monomials[1:]:
        powers = dict(monomial)
        shared = {
            atom: (min if power > 0 else max)(power, powers[atom])
            for atom, power in shared.items()
            if atom in powers and (powers[atom] > 0) == (power > 0)
        }
    common: Monomial = tuple(sorted(shared.items(), key=lambda item: atom_key(item[0])))
    rest = {_quotient(monomial, shared): poly[monomial] / number for monomial in monomials}
    scalars, vectors = split(common)
    coefficient = number * scalar_expr({scalars: sympy.S.One})
    factors = [hadamard(vectors, size)] if vectors else []
    if rest != ONE:
        if any(split(monomial)[1] for monomial in rest):
            factors.append(vector_sum(rest, size))
        else:
            coefficient *= scalar_expr(rest)
    return coefficient, [part for factor in factors for part in _flat(factor)]


def _quotient(monomial: Monomial, shared: dict[Expr, int]) -> Monomial:
    lowered = ((atom, power - shared.get(atom, 0)) for atom, power in monomial)
    return tuple((atom, power) for atom, power in lowered if power)


def _flat(factor: MatrixExpr) -> tuple[MatrixExpr, ...]:
    return tuple(factor.args) if isinstance(factor, HadamardProduct) else (factor,)


def vector_sum(poly: Polynomial, size: Expr) -> MatrixExpr:
    """A polynomial as a sum of vectors: positive terms first, short ones before long ones."""
    order = sorted(poly, key=lambda monomial: (bool(poly[monomial] < 0), *monomial_key(monomial)))
    by_vector: dict[Monomial, dict[Monomial, Rational]] = {}
    for monomial in order:
        scalars, vectors = split(monomial)
        by_vector.setdefault(vectors, {})[scalars] = poly[monomial]
    terms = [scaled(scalar_expr(scalar), hadamard(vectors, size)) for vectors, scalar in by_vector.items()]
    return terms[0] if len(terms) == 1 else MatAdd(*terms)


def scaled(scalar: Expr, *factors: MatrixExpr) -> MatrixExpr:
    """A product with one leading coefficient, left out where it is 1."""
    flat = [part for factor in factors for part in (factor.args if isinstance(factor, MatMul) else (factor,))]
    for part in [part for part in flat if not isinstance(part, MatrixExpr)]:
        scalar *= part
    matrices = [part for part in flat if isinstance(part, MatrixExpr)]
    if scalar != 1:
        return MatMul(scalar, *matrices)
    return matrices[0] if len(matrices) == 1 else MatMul(*matrices)


def joined(factors: Sequence[MatrixExpr], size: Expr) -> MatrixExpr:
    """Hadamard factors as one vector; none of them is the vector of ones."""
    kept = [part for factor in factors for part in _flat(factor) if not isinstance(factor, OneMatrix)]
    if not kept:
        return OneMatrix(size, 1)
    return kept[0] if len(kept) == 1 else HadamardProduct(*kept)


def matrix_expr(words: Words, rows: Expr, cols: Expr) -> MatrixExpr:
    """The normal form as a SymPy matrix expression: a sum of words, Kronecker products where there is a seed."""
    return expression(gather(words), rows, cols)


def expression(gathered: Sequence[Gathered], rows: Expr, cols: Expr) -> MatrixExpr:
    """Gathered words as a SymPy matrix expression."""
    terms = [_matrix_word(word, rows) for word in gathered]
    if not terms:
        return ZeroMatrix(rows, cols)
    return terms[0] if len(terms) == 1 else MatAdd(*terms)


def _matrix_word(word: Gathered, rows: Expr) -> MatrixExpr:
    coefficient, factors = chain(word, rows)
    if word.seed is None:
        return scaled(coefficient, *(factors or [Identity(rows)]))
    vector, size, transposed, mask = word.seed
    scalar, parts = factored(vector, size)
    matrix = scaled(sympy.S.One, *(factors or [Identity(word.letters[-1].shape[1] if word.letters else rows)]))
    right = Transpose(joined(parts, size))
    pair = KroneckerProduct(matrix, right) if transposed else KroneckerProduct(right, matrix)
    return scaled(coefficient * scalar, pair, *([DiagMatrix(Vec(mask))] if mask is not None else []))


def chain(word: Gathered, rows: Expr) -> tuple[Expr, list[MatrixExpr]]:
    """The factors of a word from left to right, and its scalar coefficient."""
    scalar: Expr = sympy.S.One
    factors: list[MatrixExpr] = []
    size = rows
    for place, poly in enumerate(word.coefficients):
        letter = word.letters[place - 1] if place else None
        if letter is not None:
            size = letter.shape[1]
        if letter is not None and column_of_ones(letter):
            factors = [_column(factors, letter.shape[0])]
        elif letter is not None and not row_of_ones(letter):
            factors.append(letter)
        coefficient, parts = factored(poly, size)
        scalar *= coefficient
        if letter is not None and row_of_ones(letter):
            factors.append(Transpose(joined(parts, size)) if parts else OneMatrix(1, size))
        elif parts:
            factors.append(DiagMatrix(joined(parts, size)))
    return scalar, factors


def _column(factors: list[MatrixExpr], size: Expr) -> MatrixExpr:
    """The column that a chain of diagonals and matrices makes of the vector of ones."""
    vector: list[MatrixExpr] = []
    for factor in reversed(factors):
        if isinstance(factor, DiagMatrix):
            vector = [*_flat(factor.args[0]), *vector]
        else:
            vector = [scaled(sympy.S.One, factor, joined(vector, factor.shape[1]))]
    return joined(vector, size)
