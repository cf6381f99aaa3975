"""A matrix as a sum of pieces, each of which is written to its place in few passes over memory.

What a batch of points shares stands apart from what depends on a point: a block of the matrix is

    sum_k diag(c_k) W_k  +  sum_W W (.) (sum_r d_r v_r')  +  sum_p diag(c_p) U_p (a sum of both kinds)  +  the rest,

where the letters W, U are parameters, the identity, or rows that depend on parameters alone.  Columns times rows alone
have no letter, as the two corrections of a layer normalisation; with a letter, d v' is what scales its rows and its
columns: diag(d) W diag(v) = W (.) d v'.  Words with a common left matrix share its product.  What is a block d times
over, as the new h of an LSTM by its new cell, is that block with its rows scaled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.codegen.writer.program import Program
from symgate.codegen.writer.rewrite import leaves
from symgate.codegen.writer.vectors import is_zero
from symgate.codegen.writer.words import hadamard, split
from symgate.language import is_vector
from symgate.records import Cell

#: Columns by letter; None is the identity.
Words = dict[Expr | None, list[Expr]]
#: By letter, the columns d of each row v'; None has ones in every place.
Outers = dict[Expr | None, dict[Expr, list[Expr]]]


@dataclass
class Inner:
    """What a matrix is multiplied by: words, and letters with rows and columns scaled."""

    words: Words = field(default_factory=dict)
    outers: Outers = field(default_factory=dict)


@dataclass
class Block:
    """A block of the matrix, and the pieces that it is the sum of.

    Attributes:
        at: its first row and column.
        shape: its size.
        words: the columns c that scale the rows of each letter.
        outers: letters by which columns d times rows v' are multiplied entry by entry; the rows move.
        products: (c, U) with what U is multiplied by; c is None where nothing is scaled.
        others: words of another form.
        multiple: the place of an earlier block, and the column that scales its rows: the product is a part of this one.
    """

    at: tuple[Expr, Expr]
    shape: tuple[Expr, Expr]
    words: Words = field(default_factory=dict)
    outers: Outers = field(default_factory=dict)
    products: dict[tuple[Expr | None, Expr], Inner] = field(default_factory=dict)
    others: list[Expr] = field(default_factory=list)
    multiple: tuple[int, Expr] | None = None


def blocks_of(program: Program) -> tuple[Block, ...] | None:
    """The blocks of the result of a derivation, zeros left out; None where it is not written so.

    That is what has a Kronecker product, one row or column, a cotangent, parts that are matrices, or matrix states.
    """
    if not _is_suited(program):
        return None
    parameters, blocks = set(program.cell.parameters), []
    for result in program.results:
        block = Block(result.at or (sympy.S.Zero, sympy.S.Zero), result.shape)
        for _, expr in result.summed:
            for word in expr.args if isinstance(expr, MatAdd) else (expr,):
                if word.has(KroneckerProduct):
                    return None
                if not is_zero(word):
                    _put(block, word, parameters)
        _without_idle_products(block)
        if block.words or block.outers or block.products or block.others:
            blocks.append(block)
    return _with_multiples(blocks)


def _with_multiples(blocks: list[Block]) -> tuple[Block, ...]:
    """The blocks, those that hold a multiple of another one last and without the words of that one."""
    sources: dict[int, tuple[int, Expr]] = {}
    for place, block in enumerate(blocks):
        for at, other in enumerate(blocks):
            scale = None if at == place or at in sources or place in sources else _quotient(block, other)
            if scale is not None and all(at != place for at, _ in sources.values()):
                sources[place] = at, scale
    order = sorted(range(len(blocks)), key=lambda place: place in sources)
    found = []
    for place in order:
        block = blocks[place]
        if place in sources:
            at, scale = sources[place]
            words = {letter: columns for letter, columns in block.words.items() if letter not in blocks[at].words}
            block = replace(block, words=words, multiple=(order.index(at), scale))
        found.append(block)
    return tuple(found)


def _quotient(block: Block, other: Block) -> Expr | None:
    """The column d such that a block holds every word of another one, of two or more and nothing else, d times."""
    alone = not (other.outers or other.products or other.others)
    if not alone or len(other.words) < 2 or not set(other.words) <= set(block.words):
        return None
    pairs = [(block.words[letter], columns) for letter, columns in other.words.items()]
    if any(len(columns) > 1 for pair in pairs for columns in pair):
        return None
    factors = [(_factors(own[0]), _factors(columns[0])) for own, columns in pairs]
    rest = factors[0][0] - factors[0][1]
    if not rest or any(own != theirs + rest for own, theirs in factors):
        return None
    parts = list(rest.elements())
    columns = [part for part in parts if isinstance(part, MatrixExpr)]
    return _column([part for part in parts if not isinstance(part, MatrixExpr)], columns, block.shape[0])


def _factors(column: Expr) -> Counter[Expr]:
    """The scalars and the columns that a column is the product of, entry by entry."""
    scalars, factors = split(column)
    if len(factors) != 1:
        return Counter([column])
    (inner,) = factors
    return Counter([*scalars, *(inner.args if isinstance(inner, HadamardProduct) else (inner,))])


def _is_suited(program: Program) -> bool:
    """Whether all that is asked for is matrices of a cell of vectors, with names for vectors and scalars alone."""
    subject = program.subject
    if isinstance(subject, Cell) or subject.cotangent is not None or subject.cell.matrix_states:
        return False
    if any(isinstance(item.left, MatrixExpr) and item.left.shape[1] != 1 for item in subject.definitions):
        return False
    return all(result.kind == "matrix" and 1 not in result.shape for result in program.results)


def _put(block: Block, word: Expr, parameters: set[Expr]) -> None:
    """Add a word to the pieces of its block."""
    scalars, factors = split(word)
    factors = [factor for factor in factors if not isinstance(factor, Identity)]
    at = next((place for place, factor in enumerate(factors) if factor.shape[1] == 1), None)
    if at is not None:
        column, row = _product(scalars, factors[: at + 1]), _product([], factors[at + 1 :])
        fixed = set(leaves(row)) <= parameters
        (block.words if fixed else block.outers.setdefault(None, {})).setdefault(row, []).append(column)
        return
    diagonals, rest = _leading(factors)
    if not rest or (len(rest) == 1 and _is_letter(rest[0], parameters)):
        letter = rest[0] if rest else None
        block.words.setdefault(letter, []).append(_column(scalars, diagonals, block.shape[0]))
        return
    inner, last = _leading(rest[1:])
    ends, beyond = _leading(last[1:])
    if _is_letter(rest[0], parameters) and not beyond and (not last or _is_letter(last[0], parameters)):
        key = (hadamard(*diagonals) if diagonals else None, rest[0])
        product = block.products.setdefault(key, Inner())
        column = _column(scalars, inner, rest[0].shape[1])
        letter = last[0] if last else None
        columns = product.outers.setdefault(letter, {}).setdefault(hadamard(*ends), []) if ends else None
        (product.words.setdefault(letter, []) if columns is None else columns).append(column)
        return
    block.others.append(word)


def _without_idle_products(block: Block) -> None:
    """Write diag(c) U diag(d) as U (.) c d', where the product of U with another matrix is not formed anyway."""
    for (scale, letter), inner in list(block.products.items()):
        if not inner.outers and set(inner.words) == {None}:
            column = _column([], [] if scale is None else [scale], letter.shape[0])
            for row in inner.words[None]:
                block.outers.setdefault(letter, {}).setdefault(row, []).append(column)
            del block.products[scale, letter]


def _is_letter(factor: Expr, parameters: set[Expr]) -> bool:
    """Whether a factor is a parameter with two axes, or its transpose."""
    inner = factor.args[0] if isinstance(factor, Transpose) else factor
    return isinstance(inner, MatrixSymbol) and inner in parameters and not is_vector(inner) and 1 not in inner.shape


def _leading(factors: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The columns of the diagonals that a product begins with, and the rest."""
    count = next((k for k, factor in enumerate(factors) if not isinstance(factor, DiagMatrix)), len(factors))
    return [factor.args[0] for factor in factors[:count]], factors[count:]


def _column(scalars: list[Expr], columns: list[Expr], size: Expr) -> Expr:
    """A scalar times an elementwise product of columns."""
    column = hadamard(*columns) if columns else OneMatrix(size, 1)
    return MatMul(sympy.Mul(*scalars), column) if scalars else column


def _product(scalars: list[Expr], factors: list[Expr]) -> Expr:
    """A product of scalars and matrices."""
    if len(factors) == 1 and not scalars:
        return factors[0]
    return MatMul(*([sympy.Mul(*scalars)] if scalars else []), *factors)
