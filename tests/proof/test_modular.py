"""The modular route: what it accepts, what it refuses, what it leaves open, and what it costs."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import sympy
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    OneMatrix,
)

import symgate as sg
from symgate.catalogue import listed
from symgate.cells import normalised
from symgate.claims.reading.reader import read
from symgate.derive.results import result
from symgate.errors import SymgateError
from symgate.language import CellBuilder, Dot, Map, ScalarMap, sigma, tanh
from symgate.language.nodes import Signal
from symgate.language.sequences import EPS, ETA, LAST, I, K, MatrixSum, OrderedProduct
from symgate.language.sequences import J as INDEX
from symgate.proof import visits
from symgate.proof.modular import opinion
from symgate.proof.witness import find
from symgate.records import Cell, Derivation, Relation

MERSENNE = 2**61 - 1
N, M = sympy.symbols("n m", integer=True, positive=True)


def claimed(cell: Cell | str, name: str, claim: object) -> Derivation:
    """An object with a claim, text or expression, in the place of its terms."""
    truth = result(sg.cell(cell) if isinstance(cell, str) else cell, name)
    expr = read(claim, truth).expr if isinstance(claim, str) else claim
    return replace(truth, named_terms=(("claim", expr),))


def plus(cell: str, name: str, *more: sympy.Expr) -> Derivation:
    """An object with something added to its right side."""
    truth = result(sg.cell(cell), name)
    return replace(truth, named_terms=(*truth.named_terms, *((f"more_{q}", item) for q, item in enumerate(more))))


@pytest.mark.sweep(1)
@pytest.mark.parametrize("name", ["gru", "scalar_gate", "lstm_1997"])
def test_every_object_passes_with_every_claim_compared(name: str) -> None:
    cell = sg.cell(name)
    for title in listed(cell):
        try:
            truth = result(cell, title)
        except SymgateError:
            continue
        found = opinion(truth)

        assert found.passed, (title, found.detail)
        assert found.error_probability is not None
        assert 0 < found.error_probability < 1e-6
        assert {item.key for item in found.statements} >= {"main", *(item.key for item in truth.claims)}
        assert all(item.agrees and item.checks for item in found.statements)
        assert any(dict(size)["n"] != dict(size)["m"] for size in found.sizes)


@pytest.mark.parametrize("name", ["transport", "adjoint"])
def test_denominators_that_are_met_again_and_again_do_not_spoil_the_bound(name: str) -> None:
    """Layer normalisation over many steps: every entry is divided by the same few numbers."""
    found = opinion(result(normalised(sg.cell("lem")), name))

    assert found.passed
    assert found.error_probability is not None
    assert found.error_probability < 1e-6


def test_a_bound_that_says_nothing_is_not_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "error_probability", lambda *_: 1.5)

    found = opinion(result(sg.cell("plain"), "transport"))

    assert found.passed is None
    assert found.error_probability is None
    assert "nothing is concluded" in found.detail


def test_the_same_call_says_the_same_and_another_seed_draws_anew() -> None:
    truth = result(sg.cell("gru"), "transport")

    assert opinion(truth).to_dict(seconds=False) == opinion(truth).to_dict(seconds=False)
    assert opinion(truth, seed=1).passed


ONE_PRIME = {
    "multiple of the transport": plus("plain", "transport", MERSENNE * result(sg.cell("plain"), "transport").expr),
    "multiple of I": plus("plain", "transport", MatMul(MERSENNE, Identity(N))),
    "a half modulo the prime": plus(
        "leaky", "gradient:b", MatMul(sympy.Integer(2) ** 60 - sympy.Rational(1, 2), OneMatrix(N, 1))
    ),
    "one step": plus("plain", "x", MatMul(MERSENNE * (MERSENNE + 2), Identity(N))),
    "a rate": replace(
        result(sg.cell("leaky"), "rate:drive"),
        named_terms=(
            ("order_0", ETA * (MERSENNE + sympy.Symbol("alpha", real=True)) ** (sympy.Symbol("t", integer=True) - K)),
        ),
    ),
}


@pytest.mark.parametrize("kind", ONE_PRIME)
def test_no_multiple_of_a_prime_is_nothing(kind: str) -> None:
    found = opinion(ONE_PRIME[kind])

    assert found.passed is False
    assert find(ONE_PRIME[kind]) is not None


T = sympy.Symbol("t", integer=True)
FEW_STEPS = {
    "zero up to four steps": plus("plain", "transport", MatMul(sympy.prod(T - K - q for q in range(5)), Identity(N))),
    "from the sixth step on": plus("leaky", "gradient:b", MatrixSum(Signal("lam", N, 1, K), K, 6, LAST)),
    "up to four steps": plus("leaky", "gradient:b", MatrixSum(Signal("lam", N, 1, K), K, sympy.Min(LAST, 4) + 1, LAST)),
    "a ninth step": plus("plain", "transport", MatMul(sympy.KroneckerDelta(T - K, 9), Identity(N))),
}


@pytest.mark.parametrize("kind", FEW_STEPS)
def test_trajectories_cross_every_limit_of_the_claim(kind: str) -> None:
    """What holds for T <= 4 alone is refuted, with a witness beyond."""
    found, case = opinion(FEW_STEPS[kind]), find(FEW_STEPS[kind])

    assert found.passed is False
    assert case is not None
    assert case.times["T"] > 4


def test_a_size_that_hides_in_an_evaluated_function_is_seen() -> None:
    """id(dot(id'(b), id'(b))) is n; a polynomial in it vanishes at a few sizes, not at those that are drawn."""
    cell = sg.cell("plain")
    b, W = cell.symbols["b"], cell.symbols["W_r"]
    slope = Map("identity", 1, b)
    size = ScalarMap("identity", 0, Dot(slope, slope))
    wrong = plus("plain", "x", MatMul((size - 1) * (size - 2) * (size - 3), W))
    both = KroneckerProduct(OneMatrix(N, 1), OneMatrix(M, 1))
    pair = ScalarMap("identity", 0, Dot(both, both))

    assert opinion(wrong).passed is False
    assert opinion(plus("plain", "x", MatMul(pair - N * M, W))).passed


def test_sizes_that_are_given_do_not_replace_different_ones() -> None:
    """1_n' phi(s 1_n) = 1_m' phi(s 1_m) holds at n = m only."""
    c = CellBuilder("with_s")
    x, u, phi, s, W = c.state("x", "n"), c.input("u", "m"), c.function("phi"), c.scalar("s"), c.matrix("W", "n", "m")
    c.next(x, phi(x) * s + W @ u)
    truth = result(c.build(), "x")
    letter = truth.cell.symbols["s"]
    sums = [Dot(OneMatrix(size, 1), Map("phi", 0, MatMul(letter, OneMatrix(size, 1)))) for size in (N, M)]
    wrong = replace(truth, named_terms=(*truth.named_terms, ("more", MatMul(sums[0] - sums[1], Identity(N)))))
    dims = truth.cell.dimensions

    assert opinion(wrong, sizes=[dict.fromkeys(dims, 3)]).passed is False


def named_functions() -> Cell:
    """A function called tanh that is sin, and phi that is tanh; no builder writes such a cell, but a record may."""
    c = CellBuilder("names")
    x, phi, own = c.state("x", "n"), c.function("phi", default="tanh"), c.function("own", default="sin")
    c.next(x, phi(x) + own(x))
    cell = c.build()
    before = cell.symbols["x"]
    (state,) = cell.states
    moved = replace(state, update=state.update.xreplace({Map("own", 0, before): Map("tanh", 0, before)}))
    return replace(cell, states=(moved,), functions=(("phi", "tanh"), ("tanh", "sin")))


def test_a_function_is_what_it_is_bound_to() -> None:
    cell = named_functions()
    x = cell.symbols["x"]
    ones, one = OneMatrix(N, 1), sympy.Integer(-1)

    def claim(first: Map, second: Map) -> Derivation:
        """1 - first^2 for the slope of phi, and a slope for the function called tanh."""
        square = MatAdd(ones, MatMul(one, HadamardProduct(first, first)))
        return claimed(cell, "x", MatAdd(DiagMatrix(square), DiagMatrix(second)))

    assert opinion(claim(Map("phi", 0, x), Map("tanh", 1, x))).passed
    assert opinion(claim(Map("tanh", 0, x), Map("tanh", 1, x))).passed is False
    assert opinion(claim(Map("phi", 0, x), Map("phi", 1, x))).passed is False
    assert opinion(claim(Map("phi", 0, x), Map("cos", 0, x))).passed is not False  # cos = sin' is not known here


def named_scalars() -> Cell:
    """Parameters called eta and epsilon, and a let called r."""
    c = CellBuilder("letters")
    x, u = c.state("x", "n"), c.input("u", "n")
    eta, epsilon, W = c.scalar("eta"), c.scalar("epsilon"), c.matrix("W_r", "n", "n")
    g = c.let("g", sigma(W @ x + epsilon * u), role="gate")
    c.next(x, (1 - g) * x + eta * g * tanh(u + x))
    return c.build()


@pytest.mark.parametrize("cell", [named_scalars(), sg.cell("plain").bind(phi="identity")], ids=lambda cell: cell.name)
def test_what_the_package_prints_passes_whatever_its_letters(cell: Cell) -> None:
    for name in listed(cell):
        try:
            truth = result(cell, name)
        except SymgateError:
            continue
        assert opinion(truth).passed, name


TRUE = {
    "value rule over time": ("plain", "transport", "matprod(diag(1-x[j]**2) @ W_r for j in range(t,k,-1))"),
    "another index": ("plain", "gradient:W_r", "sum((dphi(a[i])*lam[i]) @ x[i-1].T for i in range(1,T+1))"),
    "a factor in front": (
        "leaky",
        "gradient:W_r",
        "alpha*sum((dphi(a[k])*lam[k]) @ x[k-1].T for k in range(1, T+1))",
    ),
    "a scalar parameter": ("leaky", "gradient:alpha", "sum(lam[k].T @ (phi(a[k]) - x[k-1]) for k in range(1, T+1))"),
    "a gate's value rule": (
        "multi_gate",
        "gradient:b_g",
        "sum(g[k]*(1-g[k])*(phi(a[k])-x[k-1])*lam[k] for k in range(1,T+1))",
    ),
}


@pytest.mark.parametrize("kind", TRUE)
def test_true_claims_in_other_words_pass(kind: str) -> None:
    assert opinion(claimed(*TRUE[kind])).passed


def triangle(outer: sympy.Symbol, inner: sympy.Symbol, *, later_first: bool) -> Derivation:
    """dL/db of the plain cell as a double sum over the triangle k <= t, in either order, with these letters."""
    cell = sg.cell("plain")
    later, earlier = (outer, inner) if later_first else (inner, outer)
    slope = Map("phi", 1, Signal("a", N, 1, earlier))
    transport = Signal("M", N, N, sympy.Tuple(later, earlier))
    body = HadamardProduct(slope, MatMul(sympy.Transpose(transport), Signal("delta", N, 1, later)))
    bounds = (1, outer) if later_first else (outer, LAST)
    return claimed(cell, "gradient:b", MatrixSum(MatrixSum(body, inner, *bounds), outer, 1, LAST))


@pytest.mark.parametrize("later_first", [True, False])
@pytest.mark.parametrize("letters", [(K, I), (I, K), (T, K), (K, T), (INDEX, T)], ids=str)
def test_double_sums_over_the_triangle_pass_in_both_orders(
    letters: tuple[sympy.Symbol, sympy.Symbol], later_first: bool
) -> None:
    assert opinion(triangle(*letters, later_first=later_first)).passed


def test_bounds_with_min_and_max_are_evaluated() -> None:
    """Up to Min(T, 3) and from Max(4, 1) on is the whole sum; up to Min(T, 4) twice counts one step twice."""
    truth = result(sg.cell("leaky"), "gradient:b")
    body, index = truth.expr.body, truth.expr.index

    def parts(cut: int) -> Derivation:
        first = MatrixSum(body, index, 1, sympy.Min(LAST, cut))
        return replace(truth, named_terms=(("a", first), ("b", MatrixSum(body, index, sympy.Max(4, 1), LAST))))

    assert opinion(parts(3)).passed
    assert opinion(parts(4)).passed is False


def test_a_relation_between_functions_that_is_not_known_is_left_open() -> None:
    """sigma(-z) = 1 - sigma(z) differs modulo a prime and not in numbers: no refutation."""
    c = CellBuilder("odd")
    x, b = c.state("x", "n"), c.vector("b", "n")
    c.next(x, sigma(b) * x)
    cell = c.build()
    own = cell.symbols["b"]
    true = DiagMatrix(MatAdd(OneMatrix(N, 1), MatMul(-1, Map("sigma", 0, MatMul(-1, own)))))
    found = opinion(claimed(cell, "x", true))

    assert found.passed is None
    assert "numbers of 50 digits do not" in found.detail
    assert find(claimed(cell, "x", true)) is None
    assert opinion(claimed(cell, "x", MatMul(2, true))).passed is False


def test_an_opaque_function_needs_no_numbers() -> None:
    """f' = 1 - f^2 for every f is refuted by the residues alone; the witness takes a function for which it fails."""
    c = CellBuilder("any")
    x, f = c.state("x", "n"), c.function("f")
    c.next(x, f(x))
    cell = c.build()
    value = Map("f", 0, cell.symbols["x"])
    wrong = claimed(cell, "x", DiagMatrix(MatAdd(OneMatrix(N, 1), MatMul(-1, HadamardProduct(value, value)))))
    case = find(wrong)

    assert opinion(wrong).passed is False
    assert case is not None
    assert case.functions == {"f": "sin"}


def chained(count: int) -> Derivation:
    W = sg.cell("plain").symbols["W_r"]
    chain = MatMul(*[W] * count)
    return plus("plain", "x", chain, MatMul(-1, chain))


def cubed() -> Derivation:
    cell = sg.cell("plain")
    b, W = cell.symbols["b"], cell.symbols["W_r"]
    high, wide = KroneckerProduct(b, b, b), KroneckerProduct(W, W, W)
    gap = Dot(high, MatMul(wide, high)) - Dot(b, MatMul(W, b)) ** 3
    return plus("plain", "x", MatMul(gap, Identity(N)))


def long_sum() -> Derivation:
    total = MatrixSum(Identity(N), I, 0, 9998)
    return plus("plain", "transport", total, MatMul(-1, total))


@pytest.mark.parametrize("wrong", [chained(60), cubed(), long_sum()], ids=["chain", "kronecker", "sum"])
@pytest.mark.parametrize("budget", [3_000_000, 100_000, 1000, 10])
def test_work_is_bounded(wrong: Derivation, budget: int) -> None:
    """Within the budget it passes, beyond it says how much it would need, and never takes long."""
    start = time.process_time()
    found = opinion(wrong, budget=budget)

    assert time.process_time() - start < 5
    assert found.passed is not False
    if found.passed is None:
        assert f"would need about {found.needed} operations, {budget} are allowed" in found.detail
        assert found.needed is not None
        assert found.needed > budget


def test_a_sum_is_refused_after_one_term() -> None:
    """Ten million terms are not added up to find out that they are too many."""
    start = time.process_time()
    found = opinion(plus("plain", "x", MatrixSum(Identity(N), I, 1, 10**7)))

    assert found.passed is not True
    assert time.process_time() - start < 1


RELATIONS = {
    "approximation": "expansion:retention:1",
    "bound": "remainder:retention:1",
    "adam": "analogy:adam",
    "rate": "rate:retention",
}


@pytest.mark.parametrize("kind", RELATIONS)
def test_an_equals_sign_in_place_of_another_relation_is_refuted(kind: str) -> None:
    wrong = replace(result(sg.cell("multi_gate"), RELATIONS[kind]), relation=Relation.EQUAL)
    found, case = opinion(wrong), find(wrong)

    assert found.passed is not True
    assert case is not None
    assert case.key == "main"


def test_a_bound_that_is_too_small_is_refuted_and_one_that_is_too_large_is_left_open() -> None:
    truth = result(sg.cell("scalar_gate"), "remainder:retention:1")
    alone = replace(truth, equations=truth.definitions)
    half, double = (
        replace(alone, named_terms=(("bound", factor * truth.expr),)) for factor in (sympy.Rational(1, 2), 2)
    )

    assert opinion(alone).passed
    assert opinion(half).passed is False
    assert find(half) is not None
    assert opinion(double).passed is None
    assert find(double) is None


def test_epsilon_and_eta_of_the_package_are_no_parameters() -> None:
    """A parameter called eta is another letter than the learning rate."""
    cell = named_scalars()
    rate = result(cell, "rate:retention")

    assert rate.expr.has(ETA)
    assert ETA not in cell.parameters
    assert EPS not in cell.parameters
    swapped = replace(
        rate, named_terms=tuple((n, term.xreplace({ETA: cell.symbols["eta"]})) for n, term in rate.named_terms)
    )
    assert opinion(swapped).passed is False


def test_a_product_of_jacobians_needs_no_letter_of_its_own() -> None:
    """The transport with index k of its own, though k is the earlier time."""
    truth = result(sg.cell("plain"), "transport")
    J = OrderedProduct(Signal("J", N, N, T), T, K + 1, T)

    assert opinion(replace(truth, named_terms=(("product", J),))).passed
