"""The one-step derivatives that a derivation over many steps is built from, each to be proved on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatAdd, MatMul, MatrixExpr, ZeroMatrix

from symgate.errors import UnsupportedNodeError
from symgate.language import Signal, T
from symgate.language.sequences import K, MatrixSum
from symgate.proof.sequences.states import parts
from symgate.records import Cell, Derivation, Kind, Relation, add_up


def one_steps(derivation: Derivation) -> Iterator[Derivation]:
    """The state Jacobian J_t, or A_t + B_t, or the vector-Jacobian product summed in a gradient, at time t.

    Of several states each block of the Jacobian, or the vector-Jacobian product of each.
    """
    cell = derivation.cell
    if derivation.kind is Kind.GRADIENT and derivation.cotangent is not None:
        for q in range(len(cell.states)):
            yield _pulled(derivation, q)
        return
    local = [item.right.xreplace({item.left.index: T}) for item in derivation.definitions if str(item.left.name) == "S"]
    for expr in local:
        yield from _local(derivation, expr)
    if derivation.kind in {Kind.STATE_JACOBIAN, Kind.SPLIT}:
        terms = list(derivation.named_terms)
    else:
        pairs = [(item.left, item.right) for item in derivation.definitions]
        factors = [(symbol, expr) for symbol, expr in pairs if str(symbol.name) in {"A", "B", "J"}]
        terms = [(str(symbol.name), expr.xreplace({symbol.index: T})) for symbol, expr in factors]
    for i, of in enumerate(cell.states):
        for j, by in enumerate(cell.states):
            own = tuple((name, _block(cell, expr, i, j)) for name, expr in terms)
            mark = by.name if len(cell.states) == 1 else f"{of.name}_{by.name}"
            yield replace(
                _bare(derivation),
                name=f"{cell.name}_jacobian_{mark}",
                kind=Kind.JACOBIAN,
                of=of.after,
                wrt=by.before,
                named_terms=own,
                cotangent=None,
            )


def _local(derivation: Derivation, expr: MatrixExpr) -> Iterator[Derivation]:
    """The immediate derivative of each state by the parameter, in the Kronecker form for a matrix."""
    cell, shape = derivation.cell, getattr(derivation.wrt, "shape", ())
    rows = [expr] if len(cell.states) == 1 else [row[0] for row in expr.blocks.tolist()]
    for state, part in zip(cell.states, rows, strict=True):
        mark = "" if len(cell.states) == 1 else f"{state.name}_"
        yield replace(
            _bare(derivation),
            name=f"{cell.name}_jacobian_{mark}{derivation.wrt.name}",
            kind=Kind.KRONECKER if shape and shape[1] != 1 else Kind.JACOBIAN,
            of=state.after,
            named_terms=(("local", part),),
            cotangent=None,
        )


def _bare(derivation: Derivation) -> Derivation:
    return replace(derivation, equations=(), remark="", relation=Relation.EQUAL, exact_from=None)


def _block(cell: Cell, expr: Expr, i: int, j: int) -> Expr:
    """The block of a matrix over all states; what is written as zero is zero in every block."""
    if len(cell.states) == 1:
        return expr
    if isinstance(expr, BlockMatrix) and expr.blockshape == (len(cell.states), len(cell.states)):
        return expr.blocks[i, j]
    scalars = [part for part in expr.args if not isinstance(part, MatrixExpr)] if isinstance(expr, MatMul) else []
    if scalars and len(expr.args) == len(scalars) + 1:
        return MatMul(*scalars, _block(cell, expr.args[-1], i, j))
    shape = (cell.states[i].after.shape[0], cell.states[j].after.shape[0])
    if isinstance(expr, ZeroMatrix):
        return ZeroMatrix(*shape)
    raise UnsupportedNodeError(
        f"A factor over several states is a matrix of their blocks; found {type(expr).__name__}."
    )


def _pulled(derivation: Derivation, q: int) -> Derivation:
    """The vector-Jacobian product of one state: the words of the gradient that hold its lambda."""
    cell, state = derivation.cell, derivation.cell.states[q]
    own = parts(cell, "lam", K)
    terms = []
    for name, term in derivation.named_terms:
        body = term.body if isinstance(term, MatrixSum) else term.function
        words = body.args if isinstance(body, (MatAdd, sympy.Add)) else (body,)
        mine = [word for word in words if word.has(own[q]) or not word.has(*own)]
        if mine:
            moved = add_up(mine).xreplace({own[q]: Signal("lam", own[q].shape[0], 1, K)}).xreplace({K: T})
            terms.append((name, moved))
    if not terms:
        shape = getattr(derivation.wrt, "shape", ())
        terms = [("none", ZeroMatrix(*shape) if shape else sympy.S.Zero)]
    mark = "" if len(cell.states) == 1 else f"{state.name}_"
    return replace(
        _bare(derivation),
        name=f"{cell.name}_vjp_{mark}{derivation.wrt.name}",
        kind=Kind.VJP,
        of=state.after,
        named_terms=tuple(terms),
        cotangent=Signal("lam", own[q].shape[0], 1, T),
    )
