"""What one change would make of a claim over many steps: another direction, bound, time or sign, a transpose.

The slips of an object's own closed form are found in ``sequences``; a claim in which the factors are written out, such
as ``matprod(diag(1 - h[j-1]**2) @ W for j in range(t, k, -1))``, has its slip in what the author wrote.  In: the
claim.  Out: each changed claim with the slip that the change takes back; the judge compares their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr, Transpose

from symgate.claims.judging.diagnosis import Slip
from symgate.claims.reading.our_terms import shifted
from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import OrderedProduct
from symgate.proof.sequences.slips import OVER, SLIPS
from symgate.tex import text

#: The slips and what takes each of them back.
_BACK = {kind: kind for kind in ("reversed_order", "swapped_factors", "transposed_weight")}
_BACK |= {"one_step_too_many": "one_step_too_few", "one_step_too_few": "one_step_too_many"}
_BACK |= {"one_step_beyond": "one_step_short", "one_step_short": "one_step_beyond"}


def repairs(claim: Expr) -> Iterator[tuple[Slip, Expr]]:
    """Claims that differ in one thing from this one, each with the slip of this one, the simplest first."""
    for kind, back in _BACK.items():
        changed = SLIPS[back](claim)
        if changed != claim:
            yield Slip(kind, "as written"), changed
    swapped = claim.xreplace({node: _swapped(node) for node in claim.atoms(OrderedProduct)})
    if swapped != claim:
        yield Slip("swapped_factors", "as written"), swapped
    yield Slip("wrong_sign", "as written"), SLIPS["wrong_sign"](claim)
    turned = SLIPS["reversed_order"](claim)
    if turned != claim and claim.shape[0] == claim.shape[1]:
        yield Slip("layout", "with the product in reversed order"), Transpose(turned)
    yield from _other_times(claim)


def _other_times(claim: Expr) -> Iterator[tuple[Slip, Expr]]:
    """Every name in a sum or product one step later or earlier: in the functions that hold it, then everywhere."""
    bodies = [node for node in sympy.preorder_traversal(claim) if isinstance(node, OVER)]
    for node in bodies:
        for part in _factors(node):
            for name in sorted({str(item.name) for item in part.atoms(Signal, ScalarSignal) if _runs(item, node)}):
                for by, kind in ((1, "one_step_early"), (-1, "one_step_late")):
                    changed = claim.xreplace({node: node.xreplace({part: shifted(part, {name: by})})})
                    if changed != claim:
                        yield Slip(kind, f"{name} in {text(part)}"), changed


def _swapped(node: OrderedProduct) -> Expr:
    """The factors of one step in the opposite order."""
    scalars = [part for part in _factors(node) if not isinstance(part, MatrixExpr)]
    matrices = [part for part in _factors(node) if isinstance(part, MatrixExpr)]
    return node.func(MatMul(*scalars, *reversed(matrices)), *node.args[1:])


def _factors(node: Any) -> list[Expr]:
    body = node.function if isinstance(node, (sympy.Sum, sympy.Product)) else node.body
    return list(body.args) if isinstance(body, (MatMul, sympy.Mul)) else [body]


def _runs(item: Any, node: Any) -> bool:
    """Whether the time of a name has the index of a sum or product."""
    letters = [limits[0] for limits in node.limits] if isinstance(node, (sympy.Sum, sympy.Product)) else [node.index]
    return bool(item.index.free_symbols & set(letters))
