"""A matrix as a sum of words diag(c) W: what a generated module computes first, whatever the schedule.

The letters W are parameters, the identity, or a row that all units share; the coefficients c are all that
depends on the point.  A derivation with another word in it (a product of two matrices, a Kronecker product) has
no such form, and its code is written term by term.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
)

from symgate.codegen.writer.program import Program
from symgate.codegen.writer.vectors import is_zero
from symgate.language import is_vector


@dataclass(frozen=True)
class Word:
    """One summand diag(coefficient) letter.

    Attributes:
        term: the named term that it belongs to.
        coefficient: a column.
        letter: a parameter, its transpose (a row for a vector), or None for the identity.
    """

    term: str
    coefficient: Expr
    letter: Expr | None


def words_of(program: Program) -> tuple[Word, ...] | None:
    """The words of the result, in order; None where it is no such sum or has no letter but the identity."""
    (result, *others) = program.results
    if others or result.kind != "matrix":
        return None
    found: list[Word] = []
    for name, expr in result.terms:
        for part in expr.args if isinstance(expr, MatAdd) else (expr,):
            if is_zero(part):
                continue
            split = _split(part, set(program.cell.parameters))
            if split is None:
                return None
            found.append(Word(name, *split))
    return tuple(found) if any(word.letter is not None for word in found) else None


def _split(expr: Expr, parameters: set[Expr]) -> tuple[Expr, Expr | None] | None:
    """The coefficient and the letter of one word; None where it is no such word."""
    parts = _flat(expr)
    scalars = [part for part in parts if not isinstance(part, MatrixExpr)]
    factors = [part for part in parts if isinstance(part, MatrixExpr) and not isinstance(part, Identity)]
    if 1 in expr.shape:
        return None
    letter = factors.pop() if factors and not isinstance(factors[-1], DiagMatrix) else None
    if letter is not None and (letter.args[0] if isinstance(letter, Transpose) else letter) not in parameters:
        return None
    column = factors.pop() if letter is not None and letter.shape[0] == 1 else OneMatrix(expr.shape[0], 1)
    if not is_vector(column) or not all(isinstance(factor, DiagMatrix) for factor in factors):
        return None
    columns = [factor.args[0] for factor in factors] + [column] * (not isinstance(column, OneMatrix))
    entries = [part for item in columns for part in (item.args if isinstance(item, HadamardProduct) else (item,))]
    vector = HadamardProduct(*entries) if len(entries) > 1 else (entries or [column])[0]
    return (MatMul(sympy.Mul(*scalars), vector) if scalars else vector), letter


def _flat(expr: Expr) -> list[Expr]:
    """The factors of a product, in order."""
    if isinstance(expr, MatMul):
        return [factor for part in expr.args for factor in _flat(part)]
    return [expr]


def split(expr: Expr) -> tuple[list[Expr], list[Expr]]:
    """The scalars and the matrices of a product, in order."""
    scalars: list[Expr] = []
    factors: list[Expr] = []
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, MatMul):
            stack.extend(reversed(node.args))
        elif isinstance(node, MatrixExpr):
            factors.append(node)
        else:
            scalars.append(node)
    return scalars, factors


def hadamard(*parts: Expr) -> Expr:
    """An elementwise product of vectors, flat and without ones."""
    flat = [item for part in parts for item in (part.args if isinstance(part, HadamardProduct) else (part,))]
    kept = [item for item in flat if not isinstance(item, OneMatrix)] or flat[:1]
    return HadamardProduct(*kept) if len(kept) > 1 else kept[0]
