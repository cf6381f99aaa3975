"""Rewritings for print keep the value, are proved where they apply everywhere, and a wrong one is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose
from sympy.matrices.expressions import BlockMatrix

import symgate as sg
from symgate.language.sequences import K
from symgate.tex import definitions, equation
from symgate.tex.partial_products import named, spelled_out
from symgate.tex.shorter import carried_out, centred, shorter
from tests.oracles import draw_point, environment, evaluate, sizes_of
from tests.tex.test_timed import FIXED, TIMES, moments
from tests.tex.timed import value_at

NORM = [sg.cell(name) for name in ("leaky_norm", "scalar_gate_norm", "multi_gate_norm")]
OVER_TIME = [
    sg.result(sg.cell(cell), name)
    for cell, name in (
        ("lstm", "expansion:retention:1"),
        ("lstm", "rate:retention"),
        ("sru", "expansion:gate:1"),
        ("qrnn", "expansion:retention:1"),
        ("multi_gate", "expansion:retention:2"),
        ("lem", "expansion:retention:1"),
    )
]


@pytest.mark.parametrize("cell", NORM, ids=lambda cell: cell.name)
def test_what_is_centred_adds_up_to_zero(cell: sg.Cell) -> None:
    """The named vectors that are dropped in sums are those that are v - mean v, and their sums are 0 in numbers."""
    sizes = sizes_of(cell, n=4, m=2)
    values = environment(cell, draw_point(cell, seed=1, n=4, m=2), sizes)
    found = centred(cell)
    assert found
    for symbol, value in values.items():
        if str(symbol.name) in found:
            assert abs(value.sum()) < 1e-12
    assert not centred(sg.cell("gru"))


@pytest.mark.parametrize("cell", NORM, ids=lambda cell: cell.name)
def test_dropping_zero_sums_keeps_the_value(cell: sg.Cell) -> None:
    """Every derivative of one step, at a random point; and the formula becomes shorter."""
    sizes = sizes_of(cell, n=4, m=2)
    values = environment(cell, draw_point(cell, seed=2, n=4, m=2), sizes)
    for item in sg.objects(cell):
        if item.cotangent is not None:
            continue
        short = shorter(item)
        assert_allclose(evaluate(short.expr, values, sizes), evaluate(item.expr, values, sizes), rtol=1e-9, atol=1e-12)
    item = sg.jacobian(cell, "W_r")
    assert shorter(item) != item


@pytest.mark.parametrize("name", ["x", "vjp:W_r"])
def test_without_zero_sums_it_is_proved(name: str) -> None:
    """The derivation that is printed is judged like any other; with a term too few it is not proved."""
    item = shorter(sg.result(NORM[0], name))
    assert sg.verify(item).proved

    if len(item.named_terms) > 1:
        assert not sg.verify(replace(item, named_terms=item.named_terms[:-1])).proved


@pytest.mark.parametrize("item", OVER_TIME, ids=lambda item: item.name)
def test_deltas_and_names_keep_the_value(item: sg.Derivation) -> None:
    """At four pairs of times, with the names spelled out again; t = k among them."""
    short = spelled_out(named(carried_out(shorter(item))))
    for given in TIMES:
        times = FIXED | given
        for (_, one), (_, other) in zip(short.named_terms, item.named_terms, strict=True):
            for part, true in zip(blocks(one), blocks(other), strict=True):
                expected = value_at(true, moments(times, true))
                found = value_at(part, moments(times, part))
                assert_allclose(np.broadcast_to(found, expected.shape), expected, rtol=1e-9, atol=1e-12)


def blocks(expr: sympy.Basic) -> list[sympy.Basic]:
    """The blocks of a matrix over several states; a sum over time of such matrices is left out, it is not rewritten."""
    if isinstance(expr, BlockMatrix):
        return [part for part in expr.blocks if not isinstance(part, sympy.ZeroMatrix)]
    return [] if expr.has(BlockMatrix) else [expr]


def test_sums_over_deltas_are_carried_out() -> None:
    item = sg.result(sg.cell("lstm"), "expansion:retention:1")
    assert any(expr.has(sympy.KroneckerDelta(K, sympy.Symbol("i", integer=True) - 1)) for _, expr in item.named_terms)
    short = carried_out(item)
    i = sympy.Symbol("i", integer=True)
    deltas = {node for _, expr in short.named_terms for node in expr.atoms(sympy.KroneckerDelta)}
    assert deltas
    assert all(i not in node.free_symbols for node in deltas)


def test_names_are_defined_below() -> None:
    """A partial product that occurs twice has a name, which is defined; one that occurs once has none."""
    item = sg.result(sg.cell("multi_gate"), "expansion:retention:1")
    shown, below = equation(item), definitions(item)
    assert r"\boldsymbol{\pi}_{t,i}" in shown
    assert r"\bigodot" not in shown
    assert r"\boldsymbol{\pi}_{t,i} &= \bigodot_{j=i+1}^{t}(\mathbf{1}-\mathbf{g}_{j})" in below
    single = sg.result(sg.cell("leaky"), "transport")
    assert named(single) == single


def test_a_sum_of_ones_and_numbers_is_not_centred() -> None:
    """Every shape of a sum with ones in it is looked at, whatever its factors are."""
    c = sg.CellBuilder("own", source="a test")
    x, w = c.state("x", "n"), c.vector("w", "n")
    c.let("p", 2 * c.ones("n") - x)
    q = c.let("q", -(w + x) + 2 * c.ones("n"))
    c.next(x, sg.language.tanh(q))
    cell = c.build()

    assert centred(cell) == frozenset()
    assert sg.text(sg.result(cell, "x"))
