"""An expression over transposed symbols keeps its value; a planted transpose is seen."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from numpy.testing import assert_allclose
from sympy.matrices.expressions import MatrixSymbol

import symgate as sg
from symgate.language.flipped import Turn, as_columns, flipped, swapped, turned_over
from tests.oracles import draw_point, environment, evaluate, sizes_of

CELLS = [sg.cell(name) for name in ("leaky", "scalar_gate", "multi_gate", "gru", "leaky_norm")]


def is_array(symbol: object) -> bool:
    return isinstance(symbol, MatrixSymbol)


def transposed_values(values: dict) -> dict:
    """The values of the transposed symbols; vectors as rows."""
    return {
        swapped(symbol) if is_array(symbol) else symbol: np.atleast_2d(np.asarray(value)[:, None]).T
        if np.ndim(value) == 1
        else np.asarray(value).T
        for symbol, value in values.items()
    }


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_the_value_stays(cell: sg.Cell) -> None:
    """Every equation and every derivative of one step, at a random point; columns come out as rows."""
    sizes = sizes_of(cell, n=3, m=2)
    values = environment(cell, draw_point(cell, seed=5, n=3, m=2), sizes)
    others = transposed_values(values)
    exprs = [*cell.definitions.values(), *(term for item in sg.objects(cell) for _, term in item.named_terms)]
    for expr in exprs:
        if expr.has(sympy.KroneckerProduct) or any(str(node.name) == "lam" for node in expr.atoms(MatrixSymbol)):
            continue
        true = evaluate(expr, values, sizes)
        found = evaluate(flipped(expr, is_array), others, sizes)
        assert_allclose(np.broadcast_to(found, np.shape(true)), true, rtol=1e-9, atol=1e-12)
        back = as_columns(flipped(flipped(expr, is_array, Turn.COLUMNS), is_array))
        assert_allclose(evaluate(back, values, sizes), true, rtol=1e-9, atol=1e-12)


def test_a_column_comes_out_as_the_transpose_of_a_row() -> None:
    cell = sg.cell("leaky")
    row = turned_over(flipped(cell.definitions[cell.assignments[0].symbol], is_array, Turn.COLUMNS))
    assert row.shape[0] == 1
    assert not row.has(sympy.Transpose)


def test_a_symbol_that_is_not_chosen_stays() -> None:
    """The value with one matrix left as it is differs from that with all transposed."""
    cell = sg.cell("leaky")
    sizes = sizes_of(cell, n=3, m=2)
    values = environment(cell, draw_point(cell, seed=5, n=3, m=2), sizes)
    expr = sg.jacobian(cell).expr
    wrong = flipped(expr, lambda symbol: is_array(symbol) and str(symbol.name) != "W_r")
    found = evaluate(wrong, transposed_values(values) | {cell.symbols["W_r"]: values[cell.symbols["W_r"]].T}, sizes)
    assert not np.allclose(found, evaluate(expr, values, sizes))
