r"""Block matrices inside sums over time under the name of the order of an expansion that they are.

    sum_i [A_t ... A_{i+1} in blocks] B_i [A_{i-1} ... A_{k+1} in blocks]  =  sum_i M^{(0)}_{t,i} B_i M^{(0)}_{i-1,k}

What comes in is a derivation, what goes out is one with the same meaning, in which M^{(0)} is defined.
Law: ``tests/tex/test_folded.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatMul

from symgate.language import Signal, T
from symgate.language.sequences import K, MatrixSum
from symgate.records import Derivation, Kind, definition


def folded(derivation: Derivation) -> Derivation:
    """The derivation with M^{(0)} in the place of the block matrices that it is, where a sum over time holds some."""
    if derivation.kind not in {Kind.EXPANSION, Kind.TRUNCATION}:
        return derivation
    inside = next((found for _, term in derivation.named_terms for found in _runs(term)), None)
    if inside is None:
        return derivation
    run, index = inside
    if derivation.kind is Kind.EXPANSION and derivation.named_terms[0][1] != run.xreplace({index: K}):
        return derivation
    terms = tuple(
        (name, term if isinstance(term, BlockMatrix) else _folded(term, run, index))
        for name, term in derivation.named_terms
    )
    whole = definition(_order_zero(run, T, K), run.xreplace({index: K}))
    added = () if derivation.kind is Kind.EXPANSION else (whole,)
    return replace(derivation, named_terms=terms, equations=(*added, *derivation.equations))


def _runs(term: Any) -> Iterator[tuple[BlockMatrix, sympy.Symbol]]:
    """The block matrix at the left of a product under a sum over time, with the index of that sum."""
    for node in sympy.preorder_traversal(term):
        if isinstance(node, MatrixSum) and isinstance(node.body, MatMul):
            first = next(arg for arg in node.body.args if getattr(arg, "is_Matrix", False) or hasattr(arg, "shape"))
            square = isinstance(first, BlockMatrix) and first.blockshape[0] == first.blockshape[1]
            if square and node.index in first.free_symbols and len(node.body.args) > 1:
                yield first, node.index


def _folded(term: Expr, run: BlockMatrix, index: sympy.Symbol) -> Expr:
    """The term with every matrix that is the run between two of its times under its name."""
    steps = sorted({node.index for node in sympy.preorder_traversal(term) if isinstance(node, MatrixSum)}, key=str)
    uppers, lowers = [T, *(step - 1 for step in steps)], [*steps, K]
    names = {
        run.xreplace({T: upper, index: lower}): _order_zero(run, upper, lower)
        for upper, lower in product(uppers, lowers)
        if upper != lower - 1
    }
    return term.xreplace(names)


def _order_zero(run: BlockMatrix, upper: Expr, lower: Expr) -> Signal:
    rows, cols = run.shape
    return Signal("M", rows, cols, sympy.Tuple(upper, lower, sympy.Integer(0)))
