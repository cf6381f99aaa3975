"""Judges of products over time: the transport, its expansions, the bound on what they leave out.

M_{t,k} is J_t ... J_{k+1}: M_{k,k} = I and M_{t,k} = J_t M_{t-1,k}.  Its part of order m obeys
M^(m)_t = A_t M^(m)_{t-1} + B_t M^(m-1)_{t-1}, M^(m)_{k,k} = [m = 0] I.  A closed form is right where it starts right
and takes this step.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Identity
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, ZeroMatrix

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import EPS, ORDER, I, K, MatrixSum, Norm, OrderedProduct, moved
from symgate.language.sequences import J as INDEX
from symgate.proof.kinds.goals import (
    MAIN,
    Definitions,
    Goal,
    Goals,
    claim,
    defined,
    fact,
    introduced,
    left_is,
    matrix,
    relation_is,
    same,
    total_size,
    written,
)
from symgate.proof.kinds.one_step import factor, jacobian_of_name, kept
from symgate.records import Derivation, Equation, Order, Relation

BEFORE = {T: T - 1}
START = {T: K}
#: A step has been taken; no step need have been taken.
LATER, ANY = (K + 1, T), (K, T)


def transport(derivation: Derivation) -> Goals:
    """The closed form starts at I and multiplies by J_t from the left; so does what is said of M."""
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, matrix(derivation, "M", sympy.Tuple(T, K)))
    J = introduced(derivation, "J")
    if J is not None:
        yield from jacobian_of_name(derivation, J.key, J.right, J.left.index)
    names, expr = defined(derivation), derivation.expr
    yield from product_of(derivation, MAIN, expr, matrix(derivation, "J", T), names)
    whole = {matrix(derivation, "M", sympy.Tuple(T, K)): product(derivation, "J")}
    for item in derivation.claims:
        yield relation_is(derivation, Relation.EQUAL, key=item.key)
        given = (ANY,) if item.key == "empty" else (LATER,)
        yield same(derivation, item.key, "both sides, M being the product", (item.left, item.right), whole, given)


def product(derivation: Derivation, name: str) -> MatrixExpr:
    """The ordered product of the matrices of that name from k + 1 to t."""
    return OrderedProduct(matrix(derivation, name, INDEX), INDEX, K + 1, T)


def product_of(derivation: Derivation, key: str, expr: Expr, step: MatrixExpr, names: Definitions) -> Goals:
    """A closed form is the product of the steps: I at t = k, and the step in front of it."""
    size = step.shape[0]
    yield same(derivation, key, "the start, I at t = k", (moved(expr, START), Identity(size)), names)
    taken = MatMul(step, moved(expr, BEFORE))
    yield same(derivation, key, "the step from t - 1 to t", (expr, taken), names, (LATER,))


def parts_of_jacobian(derivation: Derivation) -> Goals:
    """A_t + B_t is the Jacobian of the recurrence."""
    A, B = introduced(derivation, "A"), introduced(derivation, "B")
    if A is None or B is None:
        yield fact(MAIN, "A and B are defined", holds=False)
        return
    A_t, B_t = (written(derivation, moved(item.right, {item.left.index: T})) for item in (A, B))
    yield from factor(derivation, B.key, MatAdd(A_t, B_t))
    yield from kept(derivation, A.key, A_t)


def orders(derivation: Derivation, key: str, terms: list[Expr], first: int = 0) -> Goals:
    """The terms are the orders M^(first), ... of the product: start and step of each.

    A second order in A and B stands on the first one in A and B, one in B alone on the first one that it holds; either
    is proved beside one that is written out.
    """
    names = defined(derivation)
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    size = A.shape[0]
    for m, term in enumerate(terms):
        start = Identity(size) if m + first == 0 else ZeroMatrix(size, size)
        yield same(derivation, key, f"order {m + first} at t = k", (moved(term, START), start), names)
        step = [MatMul(A, moved(term, BEFORE))]
        if m:
            lower = terms[m - 1]
            if m == 2 and not first and term == general(A, B, 2) != lower:
                lower = general(A, B, 1)
                yield from orders(derivation, key, [product(derivation, "A"), lower])
            elif m == 2 and not first and (inner := _inner(term, B)) not in {None, lower}:
                yield from first_order(derivation, key, inner, terms[0])
                lower = inner
            step.append(MatMul(B, moved(lower, BEFORE)))
        sides = (term, MatAdd(*step) if len(step) > 1 else step[0])
        yield same(derivation, key, f"order {m + first} from t - 1 to t", sides, names, (LATER,))


def first_order(derivation: Derivation, key: str, term: Expr, before: Expr) -> Goals:
    """A closed form is the first order of the product, the zeroth order being known."""
    names = defined(derivation)
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    start = (moved(term, START), ZeroMatrix(*B.shape))
    yield same(derivation, key, "the first order in it at t = k", start, names)
    step = MatAdd(MatMul(A, moved(term, BEFORE)), MatMul(B, moved(before, BEFORE)))
    yield same(derivation, key, "the first order in it from t - 1 to t", (term, step), names, (LATER,))


def _inner(term: Expr, B: Signal) -> Expr | None:
    """Y_t of a sum of X_{t,i} B_i Y_{i-1}; None of a term that is written otherwise."""
    if not isinstance(term, MatrixSum) or not isinstance(term.body, MatMul):
        return None
    factors, own = term.body.args, B.xreplace({T: term.index})
    if own not in factors[:-1]:
        return None
    return moved(MatMul(*factors[factors.index(own) + 1 :]), {term.index: T + 1})


def general(A: Signal, B: Signal, m: int, upper: Expr = T) -> MatrixExpr:
    """M^(m) up to ``upper`` as nested sums over the steps at which B is taken, of products of the A_j in between."""
    steps = [I] if m == 1 else [sympy.Symbol(f"i_{q}", integer=True) for q in range(1, m + 1)]

    def run(lower: Expr, last: Expr) -> MatrixExpr:
        return OrderedProduct(A.xreplace({T: INDEX}), INDEX, lower, last)

    def nest(several: list[sympy.Symbol], last: Expr) -> MatrixExpr:
        if not several:
            return run(K + 1, last)
        *earlier, own = several
        body = MatMul(run(own + 1, last), B.xreplace({T: own}), nest(earlier, own - 1))
        return MatrixSum(body, own, K + len(several), last)

    return nest(steps, upper)


def error_term(derivation: Derivation, key: str, order: int) -> Goals:
    """What the orders to p leave out obeys E_t = (A + eps B) E_{t-1} + eps^(p+1) B M^(p)_{t-1}, whatever A and B."""
    size = total_size(derivation.cell)
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    M, before = matrix(derivation, "M", sympy.Tuple(T, K)), matrix(derivation, "M", sympy.Tuple(T - 1, K))
    earlier = [Signal("M", size, size, sympy.Tuple(T - 1, K, sympy.Integer(m))) for m in range(order + 1)]
    step = MatAdd(A, MatMul(EPS, B))
    taken = [MatMul(A, M) for M in earlier]
    for m in range(1, order + 1):
        taken[m] = MatAdd(taken[m], MatMul(B, earlier[m - 1]))
    kept = [MatMul(-(EPS**m), item) for m, item in enumerate(taken)]
    left = MatAdd(MatMul(step, before), *kept)
    rest = MatAdd(before, *(MatMul(-(EPS**m), item) for m, item in enumerate(earlier)))
    right = MatAdd(MatMul(step, rest), MatMul(EPS ** (order + 1), B, earlier[-1]))
    del M
    words = f"the recursion of the error term, of order {order + 1} in B"
    yield same(derivation, key, words, (left, right))


def expansion(derivation: Derivation) -> Goals:
    """Every order starts and steps as it must; what is left out is the error term, or nothing."""
    own = derivation.parameters
    terms = [term for _, term in derivation.named_terms]
    count = isinstance(own, Order) and own.order + 1 == len(terms)
    yield fact(MAIN, "it has a term for each order", count)
    yield left_is(derivation, matrix(derivation, "M", sympy.Tuple(T, K)))
    yield from parts_of_jacobian(derivation)
    yield from orders(derivation, MAIN, terms)
    if derivation.relation is Relation.EQUAL:
        yield ends(derivation, terms[-1])
    else:
        yield relation_is(derivation, Relation.APPROXIMATELY)
        yield from error_term(derivation, MAIN, len(terms) - 1)
    for item in derivation.claims:
        yield relation_is(derivation, Relation.EQUAL, key=item.key)
        if item.key == "recursion":
            yield from _recursion(derivation, item)
        elif item.key == "frechet":
            yield left_is(derivation, matrix(derivation, "M", sympy.Tuple(T, K, sympy.S.One)), key=item.key)
            yield from orders(derivation, item.key, [product(derivation, "A"), item.right])


def ends(derivation: Derivation, last: Expr) -> Goal:
    """Nothing is left beyond the last order: B_t M^(p)_{t-1} = 0."""
    B = matrix(derivation, "B", T)
    sides = (MatMul(B, moved(last, BEFORE)), ZeroMatrix(*B.shape))
    return same(derivation, MAIN, "nothing is left beyond the last order", sides, defined(derivation), (LATER,))


def _recursion(derivation: Derivation, item: Equation) -> Goals:
    """The recursion of M^(m) is the one that defines it."""
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    yield left_is(derivation, matrix(derivation, "M", sympy.Tuple(T, K, ORDER)), key=item.key)
    same_order, lower = (matrix(derivation, "M", sympy.Tuple(T - 1, K, m)) for m in (ORDER, ORDER - 1))
    right = MatAdd(MatMul(A, same_order), MatMul(B, lower))
    yield same(derivation, item.key, "the recursion that defines it", (item.right, right))


def remainder(derivation: Derivation) -> Goals:
    """The bound starts at 0 and takes the step of the error term in norms."""
    own = derivation.parameters
    order = own.order if isinstance(own, Order) else -1
    size = total_size(derivation.cell)
    M = matrix(derivation, "M", sympy.Tuple(T, K))
    left_out = [Signal("M", size, size, sympy.Tuple(T, K, sympy.Integer(m))) for m in range(order + 1)]
    expected = Norm(MatAdd(M, *(MatMul(-(EPS**m), item) for m, item in enumerate(left_out))))
    yield relation_is(derivation, Relation.AT_MOST)
    yield left_is(derivation, expected)
    yield from parts_of_jacobian(derivation)
    yield from error_term(derivation, MAIN, max(order, 0))
    a, b = (norm(name, T) for name in "AB")
    r, before = (ScalarSignal("r", sympy.Tuple(t, K)) for t in (T, T - 1))
    step = (a + EPS * b) * before + EPS ** (order + 1) * b * elementary(order, T - 1)
    closed = plain_norms(derivation.expr)
    yield same(derivation, MAIN, "the bound is 0 at t = k", (moved(closed, START), sympy.S.Zero))
    taken = step.xreplace({before: moved(closed, BEFORE)})
    yield same(derivation, MAIN, "the bound from t - 1 to t", (closed, taken), None, (LATER,))
    yield from _elementary_orders(derivation, order)
    recursion, start = claim(derivation, "recursion"), claim(derivation, "start")
    if recursion is not None:
        yield relation_is(derivation, Relation.EQUAL, key="recursion")
        yield left_is(derivation, r, key="recursion")
        sides = (plain_norms(recursion.right), step)
        yield same(derivation, "recursion", "the step of the bound", sides, None, (LATER,))
    if start is not None:
        yield relation_is(derivation, Relation.EQUAL, key="start")
        yield left_is(derivation, ScalarSignal("r", sympy.Tuple(K, K)), key="start")
        yield same(derivation, "start", "the start of the bound", (start.right, sympy.S.Zero))


def norm(name: str, index: Expr) -> ScalarSignal:
    """|A_j| or |B_j| as a number of which nothing is known."""
    return ScalarSignal(f"norm_{name}", index)


def plain_norms(expr: Expr) -> Expr:
    """An expression with such numbers for the norms of A_j and B_j."""

    def plain(node: Norm) -> Expr:
        inner = node.args[0]
        known = isinstance(inner, Signal) and str(inner.name) in {"A", "B"}
        return norm(str(inner.name), inner.index) if known else node

    return expr.replace(lambda node: isinstance(node, Norm), plain)


def elementary(order: int, upper: Expr) -> Expr:
    """The part of order m of prod_j (|A_j| + eps |B_j|), as nested sums over the steps at which B is taken."""
    a, b = (norm(name, INDEX) for name in "AB")
    steps = [sympy.Symbol(f"i_{q}", integer=True) for q in range(1, order + 1)]

    def nested(several: list[sympy.Symbol], last: Expr) -> Expr:
        if not several:
            return sympy.Product(a, (INDEX, K + 1, last))
        *earlier, own = several
        outer = sympy.Product(a, (INDEX, own + 1, last)) * b.xreplace({INDEX: own})
        return sympy.Sum(outer * nested(earlier, own - 1), (own, K + len(several), last))

    return nested(steps, upper)


def _elementary_orders(derivation: Derivation, order: int) -> Goals:
    """e_m(t) = |A_t| e_m(t-1) + |B_t| e_{m-1}(t-1), so that |M^(m)| <= e_m."""
    a, b = (norm(name, T) for name in "AB")
    for m in range(order + 1):
        own = elementary(m, T)
        step = a * elementary(m, T - 1)
        if m:
            step += b * elementary(m - 1, T - 1)
        yield same(derivation, MAIN, f"norms of order {m} from t - 1 to t", (own, step), None, (LATER,))
