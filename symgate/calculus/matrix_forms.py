"""The differential of a matrix in three forms: its action on a change, the product with a cotangent, Kronecker.

action      dV -> dY, such as f dC (I - b k k')
pullback    L -> the gradient of sum(L (.) Y), of the shape of V, such as f L (I - b k k')
kronecker   dvec(Y)/dvec(V), vec stacking columns, such as f (I - b k k')' (x) I
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
)

from symgate.calculus.acting import Factors, Shape, Term
from symgate.calculus.display import Gathered, chain, factored, gather, joined, matrix_expr, scaled
from symgate.calculus.normal import Words, column_of_ones, row_of_ones
from symgate.calculus.polynomial import scalar_expr
from symgate.calculus.pullback import pulled_back
from symgate.errors import NotDerivedError
from symgate.language import Dot, Vec
from symgate.language.matrices import is_entrywise, is_vector, parted, transposed

#: Rows and columns of Y.
Size = tuple[Expr, Expr]


def action(terms: Sequence[Term], shape: Size, change: Expr) -> MatrixExpr:
    """dY for a change dV of the shape of V."""
    return _sum([_acting(term, shape, change) for term in terms])


def _acting(term: Term, shape: Size, change: Expr) -> MatrixExpr:
    rows = shape[0]
    if term.shape is Shape.BETWEEN:
        scalar, front = _front(term, rows)
        return scaled(scalar, *front, _varying(term, change), *_rights(term))
    if term.shape is Shape.ROW:
        return scaled(sympy.S.One, moved(term.words, rows, change), Transpose(_row(term)))
    scalar, front = _front(term, rows)
    size = _inner_size(term, shape)
    vector = moved(term.words, size, change)
    if term.shape is Shape.COLUMN:
        return scaled(scalar, _column(term, rows), *_turned([vector]), *_factors(term))
    number = _filled(vector)
    if number is not None and (front or _factors(term)):
        return scaled(scalar * number, *front, *_factors(term))
    return scaled(scalar, *front, DiagMatrix(vector), *_factors(term))


def _filled(vector: Expr) -> Expr | None:
    """The scalar s of a vector s 1; None of any other."""
    parts = vector.args if isinstance(vector, MatAdd) else (vector,)
    numbers = []
    for part in parts:
        scalar, matrices = parted(part)
        if len(matrices) != 1 or not isinstance(matrices[0], OneMatrix):
            return None
        numbers.append(scalar)
    return sympy.Add(*numbers)


def pullback(terms: Sequence[Term], shape: Size, cotangent: MatrixExpr) -> Expr | None:
    """The gradient of sum(cotangent (.) Y) by V; None where nothing varies."""
    parts = [part for term in terms for part in [_pulled(term, shape, cotangent)] if part is not None]
    if not parts:
        return None
    return _sum(parts) if isinstance(parts[0], MatrixExpr) else sympy.Add(*parts)


def _pulled(term: Term, shape: Size, cotangent: MatrixExpr) -> Expr | None:
    rows = shape[0]
    scalar, front = _front(term, rows)
    if term.shape is Shape.BETWEEN:
        assert term.seed is not None
        found = scaled(scalar, *_turned(front), cotangent, *_turned(_rights(term)))
        found = transposed(found) if term.seed.transposed else found
        return found if term.seed.mask is None else HadamardProduct(term.seed.mask, found)
    if term.shape is Shape.ROW:
        return pulled_back(term.words, rows, scaled(sympy.S.One, cotangent, _row(term)))
    size = _inner_size(term, shape)
    if term.shape is Shape.COLUMN:
        row = [*_factors(term), *_turned([cotangent]), _column(term, rows)]
        return pulled_back(term.words, size, scaled(scalar, *row))
    return pulled_back(term.words, size, _on_diagonal(scalar, front, _factors(term), cotangent))


def _on_diagonal(scalar: Expr, front: list[MatrixExpr], factors: list[MatrixExpr], cotangent: MatrixExpr) -> MatrixExpr:
    """The diagonal of P' L E': the gradient by z of sum(L (.) P diag(z) E)."""
    left, letters = _outer_diagonal(front, at=0)
    right, others = _outer_diagonal(factors, at=-1)
    if len(letters) + len(others) > 1 or not all(map(is_entrywise, [*letters, *others])):
        return scaled(scalar, DiagonalOf(MatMul(*_turned(front), cotangent, *_turned(factors))))
    if letters:  # (L (.) Lambda)' c for diag(c) L diag(z)
        masked = transposed(HadamardProduct(letters[0], cotangent))
        ones = left or [OneMatrix(cotangent.shape[0], 1)]
        return scaled(scalar, *[DiagMatrix(part) for part in right], masked, joined(ones, cotangent.shape[0]))
    if others:  # c (.) (N (.) Lambda) e for diag(c) diag(z) N diag(e)
        masked = HadamardProduct(others[0], cotangent)
        image = scaled(sympy.S.One, masked, joined(right or [OneMatrix(cotangent.shape[1], 1)], cotangent.shape[1]))
        return scaled(scalar, joined([*left, image], cotangent.shape[0]))
    return scaled(scalar, joined([*left, *right, DiagonalOf(cotangent)], cotangent.shape[0]))


def _outer_diagonal(factors: list[MatrixExpr], at: int) -> tuple[list[MatrixExpr], list[MatrixExpr]]:
    """The vector of a diagonal at one end, and the other factors."""
    if factors and isinstance(factors[at], DiagMatrix):
        rest = factors[1:] if at == 0 else factors[:-1]
        return [factors[at].args[0]], rest
    return [], factors


def kronecker(terms: Sequence[Term], shape: Size, count: Expr) -> MatrixExpr:
    """dvec(Y)/dvec(V) by a V with ``count`` entries.

    Raises:
        NotDerivedError: a term has no such form in the notation.
    """
    return _sum([_kron(term, shape, count) for term in terms])


def _kron(term: Term, shape: Size, count: Expr) -> MatrixExpr:
    rows, cols = shape
    scalar, front = _front(term, rows)
    if term.shape is Shape.BETWEEN:
        assert term.seed is not None
        if term.seed.transposed:
            raise NotDerivedError("The Kronecker form of dC -> dC' is not derived yet; the action is.")
        left = scaled(sympy.S.One, *(front or [Identity(rows)]))
        right = transposed(scaled(sympy.S.One, *(_rights(term) or [Identity(cols)])))
        mask = [] if term.seed.mask is None else [DiagMatrix(Vec(term.seed.mask))]
        if not (front or _rights(term)):
            return scaled(scalar, *(mask or [Identity(rows * cols)]))
        return scaled(scalar, KroneckerProduct(right, left), *mask)
    if term.shape is Shape.ROW:
        return KroneckerProduct(_row(term), matrix_expr(term.words, rows, count))
    size = _inner_size(term, shape)
    inner = matrix_expr(term.words, size, count)
    if term.shape is Shape.COLUMN:
        return scaled(
            scalar, KroneckerProduct(scaled(sympy.S.One, *_turned(_factors(term)), inner), _column(term, rows))
        )
    _, letters = _outer_diagonal(front, at=0)
    _, others = _outer_diagonal(_factors(term), at=-1)
    whole = scaled(sympy.S.One, *front, *_factors(term)) if letters or others else None
    if len(letters) + len(others) != 1 or whole is None or not is_entrywise(whole):
        raise NotDerivedError("The Kronecker form of a diagonal between matrices is not derived yet; the action is.")
    spread = KroneckerProduct(inner, OneMatrix(rows, 1)) if letters else KroneckerProduct(OneMatrix(cols, 1), inner)
    return scaled(scalar, DiagMatrix(Vec(whole)), spread)


def moved(words: Words, rows: Expr, change: Expr) -> Expr:
    """J dV for J in normal form: a vector, or a scalar where J is a row."""
    parts = [_moved_word(word, rows, change) for word in gather(words)]
    return _sum(parts) if isinstance(parts[0], MatrixExpr) else sympy.Add(*parts)


def _moved_word(word: Gathered, rows: Expr, change: Expr) -> Expr:
    scalar: Expr = sympy.S.One
    parts: list[MatrixExpr] = []
    if word.seed is not None:
        vector, size, turned, mask = word.seed
        coefficient, factors = factored(vector, size)
        matrix = change if mask is None else HadamardProduct(mask, change)
        scalar *= coefficient
        parts = [scaled(sympy.S.One, transposed(matrix) if turned else matrix, joined(factors, size))]
    elif isinstance(change, MatrixExpr):
        parts = [change]
    else:
        scalar *= change
    for place in reversed(range(len(word.coefficients))):
        size = word.letters[place - 1].shape[1] if place else rows
        coefficient, factors = factored(word.coefficients[place], size)
        scalar, parts = scalar * coefficient, [*factors, *parts]
        if not place:
            break
        letter = word.letters[place - 1]
        if column_of_ones(letter):
            parts = []
        elif row_of_ones(letter):
            *front, last = parts
            scalar *= Dot(joined(front, size), last)
            parts = []
        else:
            parts = [scaled(sympy.S.One, letter, joined(parts, size))]
    return scaled(scalar, joined(parts, rows))


def _front(term: Term, rows: Expr) -> tuple[Expr, list[MatrixExpr]]:
    """P: its scalar and its factors."""
    return chain(Gathered(term.front.coefficients, term.front.letters, None), rows)


def _column(term: Term, rows: Expr) -> MatrixExpr:
    """p, P of the vector of ones."""
    (column,) = _front(term, rows)[1] or [OneMatrix(rows, 1)]
    return column


def _varying(term: Term, change: Expr) -> MatrixExpr:
    assert term.seed is not None
    matrix = change if term.seed.mask is None else HadamardProduct(term.seed.mask, change)
    return transposed(matrix) if term.seed.transposed else matrix


def _rights(term: Term) -> list[MatrixExpr]:
    """R as factors; none for I."""
    if len(term.rights) == 1 and dict(term.rights[0][0]) == {(): 1}:
        return list(term.rights[0][1])
    parts = []
    for coefficient, factors in term.rights:
        size = term.seed.size if term.seed is not None and not term.seed.transposed else _height(term, factors)
        parts.append(scaled(scalar_expr(dict(coefficient)), *(factors or [Identity(size)])))
    return [_sum(parts)]


def _height(term: Term, factors: Factors) -> Expr:
    """The rows of R where dV stands transposed."""
    known = [others[0].shape[0] for _, others in term.rights if others]
    return factors[0].shape[0] if factors else known[0]


def _factors(term: Term) -> list[MatrixExpr]:
    """E."""
    return list(term.rights[0][1])


def _row(term: Term) -> MatrixExpr:
    """r, a column."""
    return term.rights[0][1][0]


def _inner_size(term: Term, shape: Size) -> Expr:
    """The number of entries of J dV."""
    if term.shape is Shape.COLUMN:
        return _factors(term)[0].shape[0] if _factors(term) else shape[1]
    return term.front.letters[-1].shape[1] if term.front.letters else shape[0]


def _turned(factors: Sequence[MatrixExpr]) -> list[MatrixExpr]:
    """The transpose of a product, factor by factor."""
    found: list[MatrixExpr] = []
    for factor in reversed(factors):
        if is_vector(factor):
            found.append(Transpose(factor))
            continue
        if isinstance(factor, Transpose) and is_vector(factor.arg):
            found.append(factor.arg)
            continue
        found.append(transposed(factor))
    return found


def _sum(parts: Sequence[MatrixExpr]) -> MatrixExpr:
    flat = [arg for part in parts for arg in (part.args if isinstance(part, MatAdd) else (part,))]
    return flat[0] if len(flat) == 1 else MatAdd(*flat)
