"""The letter count: exact on the formulas of the paper, and no smaller than what brute force finds."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from sympy.matrices.expressions import DiagMatrix, MatMul, OneMatrix, Transpose

from symgate.cells import cell
from symgate.derive import jacobian, vjp
from symgate.errors import UnsupportedNodeError
from symgate.language import CellBuilder, Dot, Map
from symgate.proof import PROVED, UNDECIDED, entrywise, layout, modular, verify
from symgate.proof.entries import Entries
from symgate.proof.functions import functions
from symgate.proof.letters import Letters
from symgate.proof.symbolic import Symbolic, expanded
from symgate.records import Cell, Derivation, Kind
from tests.strategies import cells

COUNTS = {
    ("multi_gate", "x"): {"n": 2, "m": 1},
    ("multi_gate", "u"): {"n": 1, "m": 1},
    ("multi_gate", "W_r"): {"n": 2, "m": 1},
    ("multi_gate", "b"): {"n": 1, "m": 1},
    ("scalar_gate", "w_g"): {"n": 2, "m": 1},
}


@pytest.mark.parametrize(("name", "wrt"), COUNTS)
def test_counts_of_the_paper(name: str, wrt: str) -> None:
    """J_ij carries i and j; its sums over inputs stay inside the values of nonlinearities."""
    counted = Letters(jacobian(cell(name), wrt), keep_names=True).settling()
    assert {str(dim): count for dim, count in counted.letters.items()} == COUNTS[name, wrt]


def test_longer_words_need_larger_sizes() -> None:
    """diag(s) W W W carries i, k, l, j."""
    J = jacobian(cell("plain"))
    W = J.cell.symbols["W_r"]
    slope = DiagMatrix(Map("phi", 1, J.cell.assignments[0].symbol))
    longer = replace(J, named_terms=(("claim", MatMul(slope, W, W, W)),))

    counted = Letters(longer, keep_names=True).settling()

    assert {str(dim): count for dim, count in counted.letters.items()} == {"n": 4, "m": 1}
    assert set(counted.extra.values()) == {0}


def test_arguments_of_functions_count() -> None:
    """phi'(W W x) written out carries three letters, though as an atom it has one."""
    J = jacobian(cell("plain"), "b")
    W, x = J.cell.symbols["W_r"], J.cell.symbols["x"]
    claim = replace(J, named_terms=(("claim", DiagMatrix(Map("phi", 1, MatMul(W, W, x)))),))
    n = J.of.shape[0]
    assert Letters(claim, keep_names=True).settling().letters[n] == 3


def test_a_sum_that_no_atom_carries_needs_more_sizes() -> None:
    """1'1 = n: a coefficient linear in n is settled by one size more; 2 is n at n = 2 alone."""
    builder = CellBuilder("own")
    x, s, ones = builder.state("x", "n"), builder.scalar("s"), builder.ones("n")
    builder.next(x, x + s * (ones.T @ ones) * ones)
    J = jacobian(builder.build(), "s")
    n = J.of.shape[0]
    vector = OneMatrix(n, 1)
    for factor in (n, Dot(vector, vector)):
        right = replace(J, named_terms=(("claim", MatMul(factor, vector)),))
        assert Letters(right, keep_names=True).settling().extra[n] >= 1
        assert entrywise.check(right).passed
        assert modular.check(right).passed
    wrong = replace(J, named_terms=(("claim", MatMul(2, vector)),))
    assert entrywise.check(wrong).passed is False
    assert modular.check(wrong).passed is False


def test_a_mean_divides_by_the_size() -> None:
    """(1'x/n) 1: its Jacobian 11'/n is settled by one size more."""
    builder = CellBuilder("own")
    x, ones = builder.state("x", "n"), builder.ones("n")
    builder.next(x, (ones.T @ x) / (ones.T @ ones) * ones)
    J = jacobian(builder.build())
    assert Letters(J, keep_names=True).settling().extra[J.of.shape[0]] >= 1
    assert verify(J).verdict == PROVED


def test_another_division_by_the_size_is_left_open() -> None:
    """1/(1 + n) is neither polynomial nor a power: undecided, not proved."""
    builder = CellBuilder("own")
    x, ones = builder.state("x", "n"), builder.ones("n")
    builder.next(x, x / (1 + ones.T @ ones))
    J = jacobian(builder.build())
    with pytest.raises(UnsupportedNodeError, match="depends on the size"):
        Letters(J, keep_names=True).settling()
    assert verify(J).verdict == UNDECIDED


@settings(max_examples=8, suppress_health_check=list(HealthCheck), deadline=None)
@given(cells(depth=2, intermediates=1))
def test_no_monomial_carries_more_index_values_than_counted(drawn: Cell) -> None:
    """Brute force at n = 4: expand every entry and count distinct index values, the free ones included."""
    for derivation in (jacobian(drawn), vjp(drawn, "A")):
        settling = Letters(derivation, keep_names=True).settling()
        for dim, found in _brute_force(derivation, dict.fromkeys(settling.letters, 4)).items():
            assert found <= settling.letters[dim]


def _brute_force(derivation: Derivation, sizes: dict) -> dict:
    """The largest number of distinct index values per dimension in one monomial of either side."""

    def atom(symbol: sympy.Expr, i: int, j: int) -> sympy.Symbol:
        return sympy.Symbol(f"{symbol.name}|{i}|{j}")

    algebra = Symbolic(functions(derivation.cell), keep_names=True)
    values = layout.filled(layout.leaves(derivation), sizes, atom)
    entries = Entries(algebra, sizes, values, derivation.cell.definitions)
    shapes = {symbol.name: symbol.shape for symbol in layout.leaves(derivation) if hasattr(symbol, "shape")}
    n = derivation.of.shape[0]
    right, target = layout.claimed(derivation, entries), layout.target(derivation, entries)
    most = dict.fromkeys(sizes, 0)
    for key in ((0, 0, 0), (0, 1, 0), (0, 0, 1)):
        i, p, q = key
        rows, cols = layout.variable_shape(derivation, sizes)
        if p >= rows or q >= cols:
            continue
        left = sympy.diff(target[i], atom(derivation.wrt, p, q))
        free = {(n, i)} if derivation.kind is not Kind.VJP else set()
        free |= {(dim, index) for dim, index in zip(derivation.wrt.shape, (p, q), strict=True) if dim in sizes}
        for side in (left, right.get(key, sympy.S.Zero)):
            for monomial in sympy.Add.make_args(expanded(side)):
                if monomial == 0:
                    continue
                carried = set(free)
                for factor in _factors(monomial):
                    carried |= _indices(factor, shapes, n)
                for dim in sizes:
                    most[dim] = max(most[dim], len({index for own, index in carried if own == dim}))
    return most


def _factors(monomial: sympy.Expr) -> list:
    return [part.base if isinstance(part, sympy.Pow) else part for part in sympy.Mul.make_args(monomial)]


def _indices(factor: sympy.Expr, shapes: dict, n: sympy.Symbol) -> set:
    """The index values an atom carries: those of its entry, or the row of a function's value."""
    if isinstance(factor, sympy.Function):
        return {(n, int(factor.args[1]))} if factor.args[1] >= 0 else set()
    if isinstance(factor, sympy.Symbol) and "|" in factor.name:
        name, i, j = factor.name.split("|")
        return {(dim, int(k)) for dim, k in zip(shapes.get(name, ()), (i, j), strict=False) if dim.is_Symbol}
    return set()


def test_brute_force_bites() -> None:
    """The oracle above sees the letters it should: J of the multi gate carries two."""
    derivation = jacobian(cell("multi_gate"))
    found = _brute_force(derivation, dict.fromkeys(derivation.cell.dimensions, 4))
    assert found[derivation.of.shape[0]] == 2
    outer = MatMul(Transpose(OneMatrix(3, 1)), OneMatrix(3, 1))
    assert outer.shape == (1, 1)


def test_arguments_that_agree_at_one_size_only_settle_nothing() -> None:
    """f(n x) and f(2 x) are one value at n = 2: that size is not taken for all."""
    builder = CellBuilder("own")
    x, ones = builder.state("x", "n"), builder.ones("n")
    f = builder.function("f", default="tanh")
    builder.next(x, f((ones.T @ ones) * x) + f(2 * x))
    J = jacobian(builder.build())

    found = entrywise.check(J)

    assert found.passed is not True
    assert "some sizes only" in found.detail
    assert modular.check(J).passed
