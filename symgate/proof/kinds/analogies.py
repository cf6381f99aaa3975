"""Judges of the analogies to optimisers: gates as a schedule, as momentum, as Adam's diagonal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy
from sympy import Expr
from sympy.core.relational import Relational
from sympy.matrices.expressions import (
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
)

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import ETA, LAST, STEP, K, moved
from symgate.language.sequences import J as INDEX
from symgate.proof.decision import Budget, Decision, Layout, decide_step
from symgate.proof.held import RETENTION, Holding, terms_fit
from symgate.proof.kinds.goals import (
    MAIN,
    Goal,
    Goals,
    claim,
    defined,
    fact,
    left_is,
    matrix,
    relation_is,
    same,
)
from symgate.proof.kinds.gradients import recursion, vector
from symgate.proof.kinds.rates import diagonal_step, rate_symbol
from symgate.proof.kinds.transports import BEFORE, LATER, START, error_term, orders, parts_of_jacobian
from symgate.records import Derivation, Equation, Relation, Standing


def schedule(derivation: Derivation) -> Goals:
    """The weight of step k is eta times the product of the leaks; the gates that are given realise their schedules."""
    expr, names = derivation.expr, defined(derivation)
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, rate_symbol(derivation))
    yield from parts_of_jacobian(derivation)
    yield from diagonal_step(derivation, MAIN)
    A = matrix(derivation, "A", T)
    size, vectorial = A.shape[0], isinstance(expr, MatrixExpr)
    ones = OneMatrix(size, 1)
    full = (expr if vectorial else MatMul(expr, ones)), MatMul(ETA, ones)
    yield same(derivation, MAIN, "the weight at t = k", (moved(full[0], START), full[1]), names)
    step = HadamardProduct(DiagonalOf(A), moved(full[0], BEFORE))
    yield same(derivation, MAIN, "the weight from t - 1 to t", (full[0], step), names, (LATER,))
    yield from _gates(derivation)


def _gates(derivation: Derivation) -> Goals:
    """g_j = 1 - s_{j-1}/s_j, so that prod_j (1 - g_j) telescopes to s_k/s_t; each example by its own schedule."""
    gate, telescopes = claim(derivation, "gate"), claim(derivation, "telescopes")
    if gate is None or telescopes is None:
        return
    s = next((node for node in telescopes.right.atoms(ScalarSignal) if node.index == K), None)
    g = ScalarSignal("g", INDEX)
    needed = None if s is None else 1 - s.xreplace({K: INDEX - 1}) / s.xreplace({K: INDEX})
    for item in (gate, telescopes):
        yield relation_is(derivation, Relation.EQUAL, key=item.key)
    yield left_is(derivation, g, key="gate")
    if s is None or needed is None:
        yield fact("gate", "there is a schedule s", holds=False)
        return
    yield same(derivation, "gate", "1 - s_{j-1}/s_j", (gate.right, needed))
    product = sympy.Product(1 - needed, (INDEX, K + 1, T))
    written = (telescopes.left, product)
    yield same(derivation, "telescopes", "the product of 1 - g_j", written)
    given = (LATER,)
    last = s.xreplace({K: T - 1}) / s.xreplace({K: T})
    claimed = telescopes.right
    yield same(derivation, "telescopes", "the ratio at t = k", (moved(claimed, START), sympy.S.One))
    yield same(derivation, "telescopes", "from t - 1 to t", (claimed, moved(claimed, BEFORE) * last), None, given)
    examples = {item.key: item for item in derivation.equations if item.standing is Standing.EXAMPLE}
    for item in derivation.claims:
        name = item.key.removeprefix("gate_")
        if name == item.key:
            continue
        yield relation_is(derivation, Relation.EQUAL, key=item.key)
        yield left_is(derivation, g, key=item.key)
        example = examples.get(f"schedule_{name}")
        if example is None or example.left != s:
            yield fact(item.key, "its schedule is given", holds=False)
            continue
        value = example.right
        wanted = 1 - moved(value, {K: INDEX - 1}) / moved(value, {K: INDEX})
        yield fact(item.key, "1 - s_{j-1}/s_j of its schedule", all(_vanish(item.right - wanted)), essential=True)


def _vanish(gap: Expr) -> Iterator[bool]:
    """Whether a function of whole numbers is 0, in every case of its conditions.

    Conditions compare j - c with whole numbers, so j - c falls into finitely many cases: a number each, and beyond the
    largest of them on either side, where j stays a letter.  In each case the rest is a rational function of powers and
    cosines, which are taken for independent letters.
    """
    pieces = gap.atoms(sympy.Piecewise)
    if not pieces:
        yield _is_zero(gap)
        return
    conditions = {condition for piece in pieces for _, condition in piece.args if condition not in (True, False)}
    switches = {symbol for condition in conditions for symbol in condition.free_symbols} - {INDEX}
    if len(switches) != 1 or not all(isinstance(item, Relational) for item in conditions):
        yield False
        return
    (c,) = switches
    d = sympy.Symbol("d", integer=True)
    gaps = [sympy.expand((item.lhs - item.rhs).xreplace({INDEX: c + d})) for item in conditions]
    if not all(item.is_polynomial(d) and not item.has(c) and abs(sympy.Poly(item, d).LC()) == 1 for item in gaps):
        yield False
        return
    constants = [int(sum(abs(number) for number in sympy.Poly(item, d).all_coeffs())) for item in gaps]
    reach = max(constants, default=1) + 1
    for place in range(-reach, reach + 1):
        at = {INDEX: c + place}
        here = gap.replace(sympy.Piecewise, lambda *pairs, at=at: _chosen(pairs, at))
        yield _is_zero(sympy.expand((here if abs(place) == reach else here.xreplace(at)).doit()))


def _chosen(pairs: tuple[tuple[Expr, Any], ...], at: Mapping[Expr, Expr]) -> Expr:
    """The piece whose condition is the first to hold; no value where none of them does."""
    return next((value for value, condition in pairs if condition.xreplace(at) == True), sympy.nan)  # noqa: E712


def _is_zero(expr: Expr) -> bool:
    """Whether a rational function of numbers, cosines and powers b^t is 0; these are taken for independent letters."""
    letters: dict[Expr, Expr] = {}

    def letter(atom: Expr) -> Expr:
        return letters.setdefault(atom, sympy.Dummy(positive=True))

    def power(base: Expr, exponent: Expr) -> Expr:
        """b^(c + 2 t - s) as b^c (b^t)^2 / b^s."""
        found = sympy.S.One
        for part in sympy.Add.make_args(sympy.expand(exponent)):
            number, rest = part.as_coeff_Mul()
            whole = rest == 1 or not number.is_Integer
            found *= base**part if rest == 1 else letter(base**part) if whole else letter(base**rest) ** number
        return found

    plain = expr.replace(lambda node: isinstance(node, (sympy.cos, sympy.sin)), letter)
    flat = plain.replace(lambda node: node.is_Pow and not node.exp.is_Integer, lambda node: power(*node.as_base_exp()))
    return bool(sympy.cancel(sympy.together(flat)) == 0)


def momentum(derivation: Derivation) -> Goals:
    """The terms are the whole adjoint; without the rest, it is a heavy ball in v_s = lambda_{T-s}."""
    yield relation_is(derivation, Relation.EQUAL)
    yield from recursion(derivation)
    heavy = claim(derivation, "heavy_ball")
    buffer, beta = (_named(derivation, key) for key in ("buffer", "momentum"))
    if heavy is None or buffer is None or beta is None:
        yield fact("heavy_ball", "v and beta are defined", holds=False)
        return
    several = len(derivation.named_terms) > 2
    wanted = Relation.APPROXIMATELY if several else Relation.EQUAL
    yield relation_is(derivation, wanted, key="heavy_ball")
    yield left_is(derivation, buffer.left, key="heavy_ball")
    yield fact("heavy_ball", "v_s is lambda_{T-s}", buffer.right == vector(derivation, "lam", LAST - STEP))
    back = {STEP: LAST - K}
    at_k = moved(heavy.right, back)
    put = {moved(beta.left, back): moved(beta.right, back)}
    put[moved(buffer.left, {STEP: LAST - K - 1})] = vector(derivation, "lam", K + 1)
    terms = [term for _, term in derivation.named_terms[:2]]
    yield from _retained(derivation, terms[-1])
    words = "the loss and the retention of the adjoint; what is left is the error term"
    yield same(derivation, "heavy_ball", words, (at_k.xreplace(put), MatAdd(*terms)), defined(derivation))


def _retained(derivation: Derivation, term: Expr) -> Goals:
    """The second term of the adjoint is what the retention of step k + 1 makes of lambda_{k+1}."""
    cell = derivation.cell
    yield fact("heavy_ball", "it is about the retention split of one state", terms_fit(derivation))
    holding = Holding(cell, frozenset({RETENTION}))
    update, own = holding.update(cell.states[0].update), moved(term, {K: T - 1})

    def run(budget: Budget) -> Decision:
        before, lam = cell.states[0].before, vector(derivation, "lam", T)
        return decide_step(cell, update, before, own, Layout.VJP, cotangent=lam, held=holding.copies, budget=budget)

    yield Goal("heavy_ball", "the retention of the adjoint, all else held fixed", run)


def _named(derivation: Derivation, key: str) -> Equation | None:
    return next((item for item in derivation.definitions if item.key == key), None)


def adam(derivation: Derivation) -> Goals:
    """The terms are the orders 0 and 1 of the transport; a constant gate 1 - d^(1/(t-k)) gives the diagonal d."""
    yield left_is(derivation, matrix(derivation, "M", sympy.Tuple(T, K)))
    yield relation_is(derivation, Relation.APPROXIMATELY)
    yield fact(MAIN, "it has two orders", len(derivation.named_terms) == 2)
    yield from parts_of_jacobian(derivation)
    yield from diagonal_step(derivation, MAIN)
    yield from orders(derivation, MAIN, [term for _, term in derivation.named_terms])
    yield from error_term(derivation, MAIN, 1)
    item = claim(derivation, "gate")
    if item is not None:
        yield relation_is(derivation, Relation.EQUAL, key="gate")
        yield _root(derivation, item)


def _root(derivation: Derivation, item: Equation) -> Goal:
    """1 - g is the root of order t - k of d > 0, so its power of that order is d."""
    gate: Any = item.right
    vectorial = isinstance(gate, MatrixExpr)
    roots = gate.atoms(HadamardPower) if vectorial else {node for node in gate.atoms(sympy.Pow) if node.exp.has(T)}
    size = matrix(derivation, "M", T).shape[0]
    expected = Signal("g", size, 1, INDEX) if vectorial else ScalarSignal("g", INDEX)
    if len(roots) != 1 or item.left != expected:
        return fact("gate", "it is 1 minus a root of d", holds=False)
    (root,) = roots
    if sympy.expand(root.exp * (T - K)) != 1 or not isinstance(root.base, (MatrixSymbol, sympy.Symbol)):
        return fact("gate", "the root is of order t - k", holds=False)
    letter = MatrixSymbol("root", size, 1) if vectorial else sympy.Symbol("root", positive=True)
    one = OneMatrix(size, 1) if vectorial else sympy.S.One
    right = MatAdd(one, MatMul(-1, letter)) if vectorial else 1 - letter
    return same(derivation, "gate", "1 minus the root of d", (gate.xreplace({root: letter}), right))
