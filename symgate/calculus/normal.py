"""The normal form: a sum of words diag(c) L_1 diag(m_1) L_2 diag(m_2) ..., optionally ending in a seed.

A word has a *lead* c, a polynomial in scalars and vectors, and a *tail*: letters L_i (a matrix, its
transpose, or the row or column of ones), each followed by a monomial m_i of vectors.  Adjacent diagonals
merge into one monomial; a rank-one matrix c r' is diag(c) 1 1' diag(r); a closed scalar 1' diag(u) ... 1
becomes a dot product in the lead.  Words with equal tails add their leads.  So a matrix, as a polynomial
expression over its atoms, has one normal form, and equality is equality of dicts.

The *seed* closes the differential with respect to a matrix P: the word then acts as A dP b (or A dP' b).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.calculus.polynomial import (
    ONE,
    UNIT,
    Monomial,
    Polynomial,
    apply,
    dot,
    freeze,
    plus,
    polynomial,
    product,
    refuse_more,
    split,
)
from symgate.errors import UnsupportedNodeError
from symgate.language import Vec, is_scalar, is_vector
from symgate.language.matrices import is_entrywise


@dataclass(frozen=True)
class Seed:
    """The end of a word that is linear in dP: (M (.) dP) b, or (M (.) dP)' b where ``transposed``; M None for ones."""

    vector: Monomial
    size: Expr
    transposed: bool = False
    mask: Expr | None = None


@dataclass(frozen=True)
class Tail:
    """What follows the leading diagonal: (letter, monomial) steps, then the seed if there is one."""

    steps: tuple[tuple[MatrixExpr, Monomial], ...] = ()
    seed: Seed | None = None


Words = Mapping[Tail, Polynomial]

NOTHING: Words = {}
IDENTITY: Words = {Tail(): ONE}


def row_of_ones(letter: MatrixExpr) -> bool:
    """Whether the letter is 1', which opens a scalar."""
    return isinstance(letter, OneMatrix) and letter.shape[0] == 1


def column_of_ones(letter: MatrixExpr) -> bool:
    """Whether the letter is 1, which closes a scalar.  (No vector has the concrete size 1: the builder sees to it.)"""
    return isinstance(letter, OneMatrix) and letter.shape[0] != 1


def add(parts: Iterable[Words]) -> Words:
    """The sum: equal tails add their leads.

    Raises:
        DefinitionError: the derivative has too many terms.
    """
    leads: dict[Tail, list[Polynomial]] = {}
    for part in parts:
        for tail, lead in part.items():
            leads.setdefault(tail, []).append(lead)
    summed = {tail: same[0] if len(same) == 1 else plus(same) for tail, same in leads.items()}
    found = {tail: lead for tail, lead in summed.items() if lead}
    refuse_more(sum(map(len, found.values())))
    return found


def scale_rows(factor: Polynomial, words: Words) -> Words:
    """diag(factor) times the words; a scalar factor scales them."""
    if not factor:
        return NOTHING
    return {tail: product([factor, lead]) for tail, lead in words.items()}


def prepend(letter: MatrixExpr, words: Words) -> Words:
    """letter times the words; what the new letter closes becomes a scalar of the lead."""
    parts = []
    for tail, lead in words.items():
        for monomial, number in lead.items():
            scalars, vectors = split(monomial)
            steps = ((letter, vectors), *tail.steps)
            factor: Polynomial = {scalars: number}
            if row_of_ones(letter):
                closing = next((i for i, (name, _) in enumerate(steps) if column_of_ones(name)), None)
                if closing is not None:
                    factor = product([factor, _close(steps[:closing])])
                    steps = steps[closing + 1 :]
            parts.append({Tail(steps, tail.seed): factor})
    return add(parts)


def _close(steps: tuple[tuple[MatrixExpr, Monomial], ...]) -> Polynomial:
    """The scalar 1' diag(m_0) L_1 diag(m_1) ... 1, as a dot product."""
    (row, first), *rest = steps
    vector: Polynomial = {rest[-1][1] if rest else first: ONE[UNIT]}
    for index in range(len(rest) - 1, -1, -1):
        vector = apply(rest[index][0], vector)
        if index > 0:
            vector = product([{rest[index - 1][1]: ONE[UNIT]}, vector])
    left: Polynomial = {first: ONE[UNIT]} if rest else ONE
    return dot(left, vector, row.shape[1])


def column(vector: Polynomial, size: Expr, scalar: Words) -> Words:
    """vector times a row: what a scalar's differential does to the vector it scales."""
    return scale_rows(vector, prepend(OneMatrix(size, 1), scalar))


def row(vector: Polynomial, size: Expr, words: Words) -> Words:
    """vector' times the words."""
    return prepend(OneMatrix(1, size), scale_rows(vector, words))


def seeded(vector: Polynomial, size: Expr, *, transposed: bool, mask: Expr | None = None) -> Words:
    """(M (.) dP) b, or with its transpose, as words, one for each monomial of b."""
    parts = []
    for monomial, number in vector.items():
        scalars, vectors = split(monomial)
        parts.append({Tail((), Seed(vectors, size, transposed, mask)): {scalars: number}})
    return add(parts)


def normal_form(expr: MatrixExpr) -> Words:
    """The normal form of a matrix expression of the notation.

    Raises:
        UnsupportedNodeError: the expression holds a node outside the notation.
    """
    if isinstance(expr, ZeroMatrix):
        return NOTHING
    if isinstance(expr, MatAdd):
        return add(map(normal_form, expr.args))
    if isinstance(expr, KroneckerProduct):
        return _kronecker(expr)
    factors = list(expr.args) if isinstance(expr, MatMul) else [expr]
    words: Words = IDENTITY
    mask = _mask(factors[-1]) if len(factors) > 1 and isinstance(factors[-2], KroneckerProduct) else None
    if mask is not None:
        factors.pop()
    if isinstance(factors[-1], KroneckerProduct):
        words = _kronecker(factors.pop(), mask)
    for factor in reversed(factors):
        words = _factor(factor, words)
    return words


def _mask(factor: Expr) -> Expr | None:
    """M of diag(vec M)."""
    inner = factor.args[0] if isinstance(factor, DiagMatrix) else None
    return inner.args[0] if isinstance(inner, Vec) else None


def matrix_times(matrix: Expr, words: Words) -> Words:
    """A matrix made entry by entry, or a product or a sum of such, times the words."""
    return _factor(matrix, words)


def _factor(factor: Expr, words: Words) -> Words:
    """factor times the words."""
    if is_scalar(factor):
        return scale_rows(polynomial(factor), words)
    if isinstance(factor, Identity):
        return words
    if isinstance(factor, DiagMatrix):
        return scale_rows(polynomial(factor.args[0]), words)
    if isinstance(factor, MatAdd):
        return add(_factor(part, words) for part in factor.args)
    if isinstance(factor, MatMul):
        for part in reversed(factor.args):
            words = _factor(part, words)
        return words
    if isinstance(factor, Transpose) and is_vector(factor.arg):
        return row(polynomial(factor.arg), factor.arg.shape[0], words)
    if is_vector(factor):
        return column(polynomial(factor), factor.shape[0], words)
    if isinstance(factor, OneMatrix) and factor.shape[0] != 1:
        return column(ONE, factor.shape[0], row(ONE, factor.shape[1], words))
    if isinstance(factor, OneMatrix) or is_entrywise(factor):
        return prepend(factor, words)
    raise UnsupportedNodeError(f"{factor} ({type(factor).__name__}) is not a factor of the notation.")


def _kronecker(expr: KroneckerProduct, mask: Expr | None = None) -> Words:
    """b' (x) A is the differential A dP b; A (x) b' is A dP' b; in front of diag(vec M) M (.) dP for dP."""
    first, last = expr.args[0], expr.args[-1]
    transposed = not (isinstance(first, Transpose) and is_vector(first.arg))
    vector, matrix = (last, first) if transposed else (first, last)
    if len(expr.args) != 2 or not (isinstance(vector, Transpose) and is_vector(vector.arg)):
        raise UnsupportedNodeError(f"{expr} is not of the form b' (x) A or A (x) b'.")
    size = vector.arg.shape[0]
    ends = seeded(polynomial(vector.arg), size, transposed=transposed, mask=mask)
    words = normal_form(matrix)
    return add(
        {Tail(tail.steps, end.seed): product([lead, factor])}
        for tail, lead in words.items()
        for end, factor in ends.items()
    )


def equal(left: Words, right: Words) -> bool:
    """Whether two normal forms are the same."""
    return {tail: freeze(lead) for tail, lead in left.items()} == {tail: freeze(lead) for tail, lead in right.items()}
