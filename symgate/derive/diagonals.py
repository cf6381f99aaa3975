"""The diagonal of a Jacobian, in closed form: no matrix is formed."""

from __future__ import annotations

from dataclasses import replace

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
    ZeroMatrix,
)

from symgate.derive.jacobians import jacobian
from symgate.derive.states import blocks, grid
from symgate.errors import DefinitionError, UnsupportedNodeError
from symgate.language.matrices import factors, is_vector, parted, scaled, transposed
from symgate.records import Cell, Derivation, Kind, add_up


def diagonal(cell: Cell | str | Derivation, wrt: str | None = None, of: str | None = None) -> Derivation:
    """The diagonal of a Jacobian, (dy_i/dv_i)_i, by the same named terms.

    Args:
        cell: the recurrence, the name of a built-in one, or a Jacobian.
        wrt: with respect to what, as for ``jacobian``.
        of: what is differentiated; it has the same size as ``wrt``.

    Returns:
        A vector: diag(c) gives c, diag(c) W gives c (.) diagonal(W), u v' gives u (.) v, and U diag(p) V gives
        (U (.) V') p.  It is proved, printed and exported like the Jacobian.

    Raises:
        DefinitionError: the Jacobian is not square.
        UnsupportedNodeError: a term is a product of more than two matrices.
    """
    J = cell if isinstance(cell, Derivation) else jacobian(cell, wrt, of, written_out=True)
    if J.kind is Kind.JACOBIAN and J.definitions:
        J = jacobian(J.cell, str(J.wrt.name), str(J.of.name), written_out=True)
    if J.kind is not Kind.JACOBIAN or J.shape[0] != J.shape[1] or not is_vector(J.wrt):
        raise DefinitionError(
            f"A diagonal needs a square Jacobian with respect to a vector; {J.name} has the shape {J.shape}."
        )
    terms = tuple((name, add_up([_word(part, J.shape[0]) for part in _words(expr)])) for name, expr in J.named_terms)
    return replace(J, name=J.name.replace("_jacobian", "_diagonal", 1), kind=Kind.DIAGONAL, named_terms=terms)


def diagonal_parts(whole: Derivation) -> tuple[MatrixExpr, MatrixExpr]:
    """A state Jacobian as its diagonal and the rest, A and B; of several states the diagonal of every block.

    Raises:
        UnsupportedNodeError: a term is a product of more than two matrices.
    """
    square = [[_parted(words) for words in row] for row in _block_words(whole)]
    return grid([[own for own, _ in row] for row in square]), grid([[rest for _, rest in row] for row in square])


def _block_words(whole: Derivation) -> list[list[list[MatrixExpr]]]:
    """The words of all terms, block by block; a block of zeros keeps one."""
    parts = [blocks(term) for term in whole.terms.values()]
    count = range(len(parts[0]))
    return [[[word for part in parts for word in _words(part[i][j])] for j in count] for i in count]


def _parted(words: list[MatrixExpr]) -> tuple[MatrixExpr, MatrixExpr]:
    """The diagonal of a sum of words as a matrix, and what is left of it; a block that is not square has none."""
    rows, cols = words[0].shape
    words = [word for word in words if not isinstance(word, ZeroMatrix)]
    nothing = ZeroMatrix(rows, cols)
    if not words or rows != cols:
        return nothing, add_up(words) if words else nothing
    if len(words) == 1 and _is_kronecker(words[0]):
        return _parted_kronecker(words[0], nothing)
    vectors = [_word(word, rows) for word in words]
    left = [
        part
        for word, vector in zip(words, vectors, strict=True)
        if not _is_diagonal(word)
        for part in (word, MatMul(-1, DiagMatrix(vector)))
    ]
    return DiagMatrix(add_up(vectors)), add_up(left) if left else nothing


def _is_kronecker(word: MatrixExpr) -> bool:
    """Whether a word is s P (x) Q, of a matrix state on its stacked columns."""
    matrices = _flat(word)[1]
    return len(matrices) == 1 and isinstance(matrices[0], KroneckerProduct) and matrices[0].shape[1] != 1


def _parted_kronecker(word: MatrixExpr, nothing: MatrixExpr) -> tuple[MatrixExpr, MatrixExpr]:
    """diag(P (x) Q) is diag(P) (x) diag(Q); the rest is (P - diag(P)) (x) Q where Q is diagonal."""
    scalar, (product,) = _flat(word)
    parts = [_parted(list(_words(part))) for part in product.args]
    own = [part if isinstance(part, Identity) else kept for part, (kept, _) in zip(product.args, parts, strict=True)]
    whole = scaled(scalar, KroneckerProduct(*own))
    mixed = [place for place, (_, rest) in enumerate(parts) if not isinstance(rest, ZeroMatrix)]
    if not mixed:
        return whole, nothing
    if len(mixed) > 1:
        return whole, add_up([word, MatMul(-1, whole)])
    own[mixed[0]] = parts[mixed[0]][1]
    return whole, scaled(scalar, KroneckerProduct(*own))


def _is_diagonal(word: MatrixExpr) -> bool:
    return all(isinstance(part, (DiagMatrix, Identity)) for part in _flat(word)[1])


def _words(expr: Expr) -> tuple[Expr, ...]:
    return tuple(expr.args) if isinstance(expr, MatAdd) else (expr,)


def _word(expr: Expr, size: Expr) -> Expr:
    """The diagonal of one word."""
    if isinstance(expr, ZeroMatrix):
        return ZeroMatrix(size, 1)
    scalar, matrices = _flat(expr)
    matrices = [part for part in matrices if not isinstance(part, Identity)]
    column = next((place for place, part in enumerate(matrices) if is_vector(part)), None)
    if column is not None:  # a column times a row
        left = _chain(matrices[: column + 1])
        right = _chain([transposed(part) for part in reversed(matrices[column + 1 :])])
        return scaled(scalar, _joined([left, right], size))
    full = [place for place, part in enumerate(matrices) if not isinstance(part, DiagMatrix)]
    outside = [
        part.args[0]
        for place, part in enumerate(matrices)
        if isinstance(part, DiagMatrix) and (not full or not full[0] < place < full[-1])
    ]
    if len(full) > 2:
        raise UnsupportedNodeError(f"The diagonal of {expr}, a product of {len(full)} matrices, has no short form.")
    if len(full) == 1:
        outside.append(_entries(matrices[full[0]]))
    if len(full) == 2:
        first, last = matrices[full[0]], transposed(matrices[full[1]])
        inner = [part.args[0] for part in matrices[full[0] + 1 : full[1]]]
        between = _joined(inner, first.shape[1])
        outside.append(MatMul(HadamardProduct(*factors(first), *factors(last)), between))
    return scaled(scalar, _joined(outside, size))


def _entries(matrix: MatrixExpr) -> MatrixExpr:
    """The diagonal of a matrix that is no product; of P (x) Q that of P (x) that of Q.

    Raises:
        UnsupportedNodeError: P or Q is not square.
    """
    if not isinstance(matrix, KroneckerProduct):
        return DiagonalOf(matrix)
    if any(part.shape[0] != part.shape[1] for part in matrix.args):
        raise UnsupportedNodeError(f"The diagonal of {matrix} has no short form: its factors are not square.")
    return KroneckerProduct(*(add_up([_word(word, part.shape[0]) for word in _words(part)]) for part in matrix.args))


def _flat(expr: Expr) -> tuple[Expr, list[MatrixExpr]]:
    """The scalar and all factors of a product, nested products opened."""
    scalar, matrices = parted(expr)
    flat: list[MatrixExpr] = []
    for part in matrices:
        inner, own = _flat(part) if isinstance(part, MatMul) and not is_vector(part) else (sympy.S.One, [part])
        scalar, flat = scalar * inner, [*flat, *own]
    return scalar, flat


def _chain(parts: list[MatrixExpr]) -> Expr:
    """A product that ends in a column, as a column."""
    *front, vector = parts
    for part in reversed(front):
        vector = (
            _joined([part.args[0], vector], part.shape[0]) if isinstance(part, DiagMatrix) else MatMul(part, vector)
        )
    return vector


def _joined(vectors: list[Expr], size: Expr) -> Expr:
    """The Hadamard product of vectors; of none the ones.  Numbers in front of them come out."""
    scalar: Expr = sympy.S.One
    kept: list[Expr] = []
    for vector in vectors:
        own, parts = parted(vector)
        core = parts[0] if len(parts) == 1 else MatMul(*parts)
        scalar *= own
        kept += [part for part in factors(core) if not isinstance(part, OneMatrix)]
    product = HadamardProduct(*kept) if len(kept) > 1 else (kept or [OneMatrix(size, 1)])[0]
    return scaled(scalar, product)
