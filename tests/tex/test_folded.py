"""M^{(0)} in the place of the block matrices that it is: written out again, it is the derivation as it was."""

from __future__ import annotations

import pytest
import sympy
from sympy.matrices.expressions import BlockMatrix

import symgate as sg
from symgate.language import Signal, T
from symgate.language.sequences import K
from symgate.tex import Style, equation
from symgate.tex.folded import folded

CASES = [("lstm", "expansion:retention:2"), ("rwkv4", "expansion:retention:2"), ("lem", "truncation:W_d:retention:1")]


@pytest.mark.parametrize(("cell", "name"), CASES)
def test_written_out_again_it_is_the_same(cell: str, name: str) -> None:
    item = sg.result(sg.cell(cell), name)
    short = folded(item)
    assert short != item
    added = [equation_ for equation_ in short.equations if equation_ not in item.equations]
    whole = added[0].right if added else item.named_terms[0][1]
    assert isinstance(whole, BlockMatrix)
    for (_, one), (_, other) in zip(short.named_terms, item.named_terms, strict=True):
        names = [
            node
            for node in sympy.preorder_traversal(one)
            if isinstance(node, Signal) and isinstance(node.index, sympy.Tuple) and node.index[-1] == 0
        ]
        back = {node: whole.xreplace({T: node.index[0], K: node.index[1]}) for node in names}
        assert one.xreplace(back) == other


def test_what_has_no_such_sums_stays() -> None:
    for name in ("expansion:retention:1", "adjoint", "jacobian"):
        item = sg.result(sg.cell("lstm"), name)
        assert folded(item) is item


def test_a_nested_sum_is_short() -> None:
    shown = equation(sg.result(sg.cell("lstm"), "expansion:retention:2"), Style.for_points(345))
    assert r"\mathbf{M}^{(0)}_{t,l_{2}}\mathbf{B}_{l_{2}}" in shown
