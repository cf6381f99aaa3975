"""The slips that are easy to make in formulas over many steps; each must be refuted.

Product in reversed order, a sum or a product over one step too many or too few at either end, the state after the
step in place of the one before, a transpose left out or put in, a wrong sign, a coefficient off by one per cent; an
approximation or a bound that is said to be equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, DiagonalOf, MatMul, MatrixExpr, MatrixSymbol, Transpose, ZeroMatrix

from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import HadamardRun, MatrixSum, OrderedProduct
from symgate.proof.slips import Slip
from symgate.records import Derivation, Equation, Relation, Standing

Rewrite = Callable[[Expr], Expr]
OVER = (OrderedProduct, HadamardRun, MatrixSum, sympy.Product, sympy.Sum)


def sequence_slips(derivation: Derivation) -> Iterator[Slip]:
    """Every known slip at every term, factor and equation of the derivation where it changes the text of the formula.

    Whether it changes the *value* as well is for the reader of the verdict: over a product of numbers, say, the
    reversed order is no error, and is left out.
    """
    names = frozenset(state.name for state in derivation.cell.states)
    own = {"state_after": after_step(names)} | (BLOCK_SLIPS if len(names) > 1 else {})
    for kind, rewrite in {**SLIPS, **own}.items():
        for name, term in derivation.named_terms:
            wrong = rewrite(term)
            if wrong != term and not _nothing(term):
                named = tuple((other, wrong if other == name else value) for other, value in derivation.named_terms)
                yield Slip(kind, f"term {name}", replace(derivation, named_terms=named))
        factors = _factors(derivation) if kind in IN_FACTORS or kind in BLOCK_SLIPS else ()
        for item in (*factors, *derivation.claims):
            wrong = rewrite(item.right)
            if wrong != item.right and not _nothing(item.right):
                word = "factor" if item.standing is Standing.DEFINITION else "claim"
                yield Slip(kind, f"{word} {item.key}", _with(derivation, item, replace(item, right=wrong)))
    for item in derivation.claims:
        if not _nothing(item.right):
            wrong = replace(item, left=_scaled(2)(item.left))
            yield Slip("left_doubled", f"claim {item.key}", _with(derivation, item, wrong))
        if item.relation is not Relation.EQUAL:
            changed = replace(item, relation=Relation.EQUAL)
            yield Slip("relation", f"claim {item.key}", _with(derivation, item, changed))
    if derivation.relation is not Relation.EQUAL:
        yield Slip("relation", "main", replace(derivation, relation=Relation.EQUAL))


def _factors(derivation: Derivation) -> list[Equation]:
    """The definitions whose meaning something else fixes: of matrices, and of names used elsewhere."""
    sides = [side for item in derivation.equations for side in (item.left, item.right)]
    named = [node.name for side in (derivation.expr, *sides) for node in side.atoms(Signal, ScalarSignal)]
    found = derivation.definitions
    return [item for item in found if item.left.has(MatrixSymbol) or named.count(item.left.name) > 1]


def _with(derivation: Derivation, old: Equation, new: Equation) -> Derivation:
    """The derivation with one equation exchanged."""
    return replace(derivation, equations=tuple(new if item is old else item for item in derivation.equations))


def _nothing(expr: Expr) -> bool:
    """Whether an expression is written as zero, which no scaling makes wrong."""
    if expr == 0:
        return True
    if isinstance(expr, BlockMatrix):
        return all(isinstance(part, ZeroMatrix) for part in expr.blocks)
    return isinstance(expr, ZeroMatrix)


def _everywhere(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """Rewrite the outermost nodes that ``change`` answers for."""
    new = change(expr)
    if new is not None:
        return new
    if not expr.args or isinstance(expr, (MatrixSymbol, ScalarSignal)):
        return expr
    if isinstance(expr, BlockMatrix):
        rows = [[expr.blocks[i, j] for j in range(expr.blockshape[1])] for i in range(expr.blockshape[0])]
        changed = [[_everywhere(part, change) for part in row] for row in rows]
        return expr if changed == rows else BlockMatrix(changed)
    parts = [_everywhere(arg, change) if isinstance(arg, (Expr, MatrixExpr)) else arg for arg in expr.args]
    return expr if all(a is b for a, b in zip(parts, expr.args, strict=True)) else expr.func(*parts)


def reversed_order(expr: Expr) -> Expr:
    """Earlier factors on the left: j becomes lower + upper - j."""

    def change(node: Expr) -> Expr | None:
        if not isinstance(node, OrderedProduct):
            return None
        mirrored = node.body.xreplace({node.index: node.lower + node.upper - node.index})
        return OrderedProduct(mirrored, node.index, node.lower, node.upper)

    return _everywhere(expr, change)


def swapped_factors(expr: Expr) -> Expr:
    """The matrix factors of a summand in the opposite order."""

    def change(node: Expr) -> Expr | None:
        if not isinstance(node, MatrixSum) or not isinstance(node.body, MatMul):
            return None
        matrices = [arg for arg in node.body.args if isinstance(arg, MatrixExpr)]
        if any(arg.shape[0] != arg.shape[1] for arg in matrices):
            return None
        scalars = [arg for arg in node.body.args if not isinstance(arg, MatrixExpr)]
        return MatrixSum(MatMul(*scalars, *reversed(matrices)), node.index, node.lower, node.upper)

    return _everywhere(expr, change)


def _bounds(shift_lower: int, shift_upper: int) -> Rewrite:
    def rewrite(expr: Expr) -> Expr:
        def change(node: Expr) -> Expr | None:
            if isinstance(node, MatrixSum) and node.body.has(MatrixSum):
                return node.func(_everywhere(node.body, change), node.index, node.lower, node.upper)
            if isinstance(node, sympy.Sum) and node.function.has(sympy.Sum):
                return node.func(_everywhere(node.function, change), *node.limits)
            if isinstance(node, (sympy.Product, sympy.Sum)):
                (index, lower, upper), *outer = node.limits
                return type(node)(node.function, (index, lower + shift_lower, upper + shift_upper), *outer)
            if isinstance(node, OVER):
                return node.func(node.body, node.index, node.lower + shift_lower, node.upper + shift_upper)
            return None

        return _everywhere(expr, change)

    return rewrite


def after_step(names: frozenset[str]) -> Rewrite:
    """x_j where x_{j-1} belongs, for the states of these names."""

    def change(node: Expr) -> Expr | None:
        if isinstance(node, Signal) and str(node.name) in names and node.index.is_Add:
            return Signal(node.name, node.shape[0], node.shape[1], node.index + 1)
        return None

    return lambda expr: _everywhere(expr, change)


def blocks_transposed(expr: Expr) -> Expr:
    """J^{ch} where J^{hc} belongs, and delta of c where that of h does: rows and columns of states mixed up."""

    def change(node: Expr) -> Expr | None:
        if not isinstance(node, BlockMatrix):
            return None
        high, wide = node.blockshape
        rows = [[node.blocks[i, j] for j in range(wide)] for i in range(high)]
        moved = rows[::-1] if wide == 1 else [list(row) for row in zip(*rows, strict=True)]
        if high != wide and wide > 1:
            return None
        return BlockMatrix(moved) if all(len({part.shape[0] for part in row}) == 1 for row in moved) else None

    return _everywhere(expr, change)


def coupling_lost(expr: Expr) -> Expr:
    """Every block off the diagonal left out: the states as if they did not feed one another."""

    def change(node: Expr) -> Expr | None:
        if not isinstance(node, BlockMatrix) or node.blockshape[0] != node.blockshape[1]:
            return None
        size = range(node.blockshape[0])
        return BlockMatrix(
            [[node.blocks[i, j] if i == j else ZeroMatrix(*node.blocks[i, j].shape) for j in size] for i in size]
        )

    return _everywhere(expr, change)


def transposed(expr: Expr) -> Expr:
    """Each square weight transposed, each transposed transport as it was."""

    def change(node: Expr) -> Expr | None:
        if isinstance(node, DiagonalOf):
            return node  # the diagonal does not know
        if (
            isinstance(node, Transpose)
            and isinstance(node.arg, MatrixSymbol)
            and node.arg.shape[0] == node.arg.shape[1]
        ):
            return node.arg
        square = isinstance(node, MatrixSymbol) and not isinstance(node, Signal) and node.shape[0] == node.shape[1]
        return Transpose(node) if square else None

    return _everywhere(expr, change)


def _scaled(factor: Any) -> Rewrite:
    def rewrite(expr: Expr) -> Expr:
        return MatMul(factor, expr) if isinstance(expr, MatrixExpr) else factor * expr

    return rewrite


SLIPS: dict[str, Rewrite] = {
    "reversed_order": reversed_order,
    "swapped_factors": swapped_factors,
    "one_step_too_many": _bounds(-1, 0),
    "one_step_too_few": _bounds(1, 0),
    "one_step_beyond": _bounds(0, 1),
    "one_step_short": _bounds(0, -1),
    "state_after": after_step(frozenset({"x"})),
    "transposed_weight": transposed,
    "wrong_sign": _scaled(sympy.S.NegativeOne),
    "one_percent": _scaled(sympy.Rational(101, 100)),
}
#: What goes wrong between several states.
BLOCK_SLIPS: dict[str, Rewrite] = {"blocks_transposed": blocks_transposed, "coupling_lost": coupling_lost}
IN_FACTORS = ("state_after", "transposed_weight", "wrong_sign", "one_percent")
