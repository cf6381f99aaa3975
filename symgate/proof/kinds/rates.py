"""Judges of effective learning rates and preconditioners.

In the retention split A_t is diagonal, with the leak on it.  Then the diagonal of M^(0) multiplies by the leak, that of
M^(1) obeys d_t = leak_t (.) d_{t-1} + dg(B_t) (.) dg(M^(0)_{t-1}), and a rate of order m is eta times it.
"""

from __future__ import annotations

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalOf,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import ETA, I, K, Largest, Smallest, moved
from symgate.language.sequences import J as INDEX
from symgate.proof.kinds.goals import (
    MAIN,
    Goals,
    claim,
    defined,
    fact,
    left_is,
    matrix,
    relation_is,
    same,
    total_size,
)
from symgate.proof.kinds.transports import BEFORE, LATER, START, error_term, orders, parts_of_jacobian
from symgate.records import Derivation, Parting, Relation


def rate(derivation: Derivation) -> Goals:
    """Of the retention split a rate per unit; of the drive split the factor of the gates."""
    own = derivation.parameters
    keep = own.keep if isinstance(own, Parting) else ()
    yield left_is(derivation, rate_symbol(derivation))
    yield from parts_of_jacobian(derivation)
    if keep == ("retention",):
        yield from _retention(derivation)
    elif keep == ("drive",):
        yield from _drive(derivation)
    else:
        yield fact(MAIN, "the split is one that rates are for", holds=False)


def rate_symbol(derivation: Derivation) -> Expr:
    """eta_{t,k}, a vector where the right side is one."""
    index = sympy.Tuple(T, K)
    return Signal("eta", total_size(derivation.cell), 1, index) if derivation.shape else ScalarSignal("eta", index)


def diagonal_step(derivation: Derivation, key: str) -> Goals:
    """A_t is diagonal, so the diagonals of the orders obey recursions of their own."""
    size, names = total_size(derivation.cell), defined(derivation)
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    z, X = MatrixSymbol("z", size, 1), MatrixSymbol("X", size, size)
    leak = DiagonalOf(A)
    kept = (MatMul(A, DiagMatrix(z)), DiagMatrix(HadamardProduct(leak, z)))
    yield same(derivation, key, "A_t is diagonal", kept, names)
    w = MatrixSymbol("w", size, 1)
    left = DiagonalOf(MatAdd(MatMul(DiagMatrix(w), X), MatMul(B, DiagMatrix(z))))
    right = MatAdd(HadamardProduct(w, DiagonalOf(X)), HadamardProduct(DiagonalOf(B), z))
    yield same(derivation, key, "the recursion of the diagonal of the first order, A_t being diagonal", (left, right))


def _retention(derivation: Derivation) -> Goals:
    size, names = total_size(derivation.cell), defined(derivation)
    A, B = matrix(derivation, "A", T), matrix(derivation, "B", T)
    terms = [_column(term, size) for _, term in derivation.named_terms]
    zero = ZeroMatrix(size, 1)
    yield from diagonal_step(derivation, MAIN)
    yield same(derivation, MAIN, "order 0 at t = k", (moved(terms[0], START), MatMul(ETA, OneMatrix(size, 1))), names)
    step = HadamardProduct(DiagonalOf(A), moved(terms[0], BEFORE))
    yield same(derivation, MAIN, "order 0 from t - 1 to t", (terms[0], step), names, (LATER,))
    if derivation.relation is Relation.EQUAL:
        yield fact(MAIN, "it has one term", len(terms) == 1)
        yield same(derivation, MAIN, "B is zero", (B, ZeroMatrix(*B.shape)), names)
    else:
        yield relation_is(derivation, Relation.APPROXIMATELY)
        yield fact(MAIN, "it has two terms", len(terms) == 2)
        yield same(derivation, MAIN, "order 1 at t = k", (moved(terms[-1], START), zero), names)
        added = HadamardProduct(DiagonalOf(B), moved(terms[0], BEFORE))
        step = MatAdd(HadamardProduct(DiagonalOf(A), moved(terms[-1], BEFORE)), added)
        yield same(derivation, MAIN, "order 1 from t - 1 to t", (terms[-1], step), names, (LATER,))
        yield from error_term(derivation, MAIN, 1)
    cell = derivation.cell
    taken = {*cell.symbols, *(str(part.symbol.name) for part in cell.assignments)}
    for key, usual, letter in (("leak", "leak", "A"), ("own", "r", "B")):
        item = claim(derivation, key)
        if item is not None:
            name = usual
            if key == "own" and name in taken:
                name = str(getattr(item.left, "name", ""))  # the cell has an r of its own
                yield fact(key, "its left side is a name of its own", name.startswith("own") and name not in taken)
            yield relation_is(derivation, Relation.EQUAL, key=key)
            yield left_is(derivation, Signal(name, size, 1, I), key=key)
            sides = (item.right, DiagonalOf(matrix(derivation, letter, I)))
            yield same(derivation, key, f"the diagonal of {letter}", sides, names)


def _column(term: Expr, size: Expr) -> MatrixExpr:
    """A rate as a vector: a number is the same for every unit."""
    return term if isinstance(term, MatrixExpr) else MatMul(term, OneMatrix(size, 1))


def _drive(derivation: Derivation) -> Goals:
    """The rate is eta times the product of its own steps q_j, and A_j is q_j times what has no gate in it.

    A scalar q_j moves next to eta, so the rate is exact: prod_j A_j is the rate over eta times prod_j (A_j/q_j).  A
    vector does not commute with what stands between: the rate is a proxy.
    """
    names, terms = defined(derivation), derivation.named_terms
    yield fact(MAIN, "it has one term", len(terms) == 1)
    whole = terms[0][1]
    scalar = not isinstance(whole, MatrixExpr)
    yield relation_is(derivation, Relation.EQUAL if scalar else Relation.APPROXIMATELY)
    size = total_size(derivation.cell)
    one = ETA if scalar else MatMul(ETA, OneMatrix(size, 1))
    yield same(derivation, MAIN, "the rate at t = k", (moved(whole, START), one), names)
    last = moved(whole, {K: T - 1})
    step = last * moved(whole, BEFORE) / ETA if scalar else MatMul(1 / ETA, HadamardProduct(last, moved(whole, BEFORE)))
    yield same(derivation, MAIN, "the rate from t - 1 to t", (whole, step), names, (LATER,))
    yield from _factored(derivation, last)
    for m in (0, 1):
        item = claim(derivation, f"order_{m}")
        if item is not None:
            yield relation_is(derivation, Relation.EQUAL, key=item.key)
            yield left_is(derivation, matrix(derivation, "M", sympy.Tuple(T, K, sympy.Integer(m))), key=item.key)
            lower = [claim(derivation, "order_0").right] if m else []  # type: ignore[union-attr]
            yield from orders(derivation, item.key, [*lower, item.right])


def _factored(derivation: Derivation, last: Expr) -> Goals:
    """A_j is q_j, the rate of one step over eta, times what the derivation calls the ungated part."""
    item = claim(derivation, "factored")
    if item is None:
        yield fact(MAIN, "the factor of the gates is taken out of A", holds=False)
        return
    names = defined(derivation)
    A = matrix(derivation, "A", INDEX)
    ungated = [symbol for symbol in names if isinstance(symbol, Signal) and item.right.has(symbol)]
    yield relation_is(derivation, Relation.EQUAL, key=item.key)
    yield left_is(derivation, A, key=item.key)
    yield same(derivation, item.key, "both sides, with their definitions", (A, item.right), names)
    yield fact(MAIN, "the ungated part has a name", len(ungated) == 1)
    if len(ungated) == 1:
        factor = moved(last, {T: INDEX})
        scaled = MatMul(DiagMatrix(factor) if isinstance(factor, MatrixExpr) else factor, ungated[0])
        yield same(derivation, MAIN, "eta A_j is the rate of one step times it", (MatMul(ETA, A), scaled), names)


def preconditioner(derivation: Derivation) -> Goals:
    """P_{t,k} is the transposed zeroth order, which is diagonal; its condition number is a ratio of its entries."""
    size, names = total_size(derivation.cell), defined(derivation)
    P = matrix(derivation, "P", sympy.Tuple(T, K))
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, P)
    yield from parts_of_jacobian(derivation)
    yield from diagonal_step(derivation, MAIN)
    expr = derivation.expr
    yield same(derivation, MAIN, "I at t = k", (moved(expr, START), Identity(size)), names)
    step = MatMul(moved(expr, BEFORE), Transpose(matrix(derivation, "A", T)))
    yield same(derivation, MAIN, "the step from t - 1 to t", (expr, step), names, (LATER,))
    item = claim(derivation, "condition")
    if item is not None:
        yield relation_is(derivation, Relation.EQUAL, key=item.key)
        yield left_is(derivation, ScalarSignal("kappa", sympy.Tuple(T, K)), key=item.key)
        yield from _condition(derivation, item.right, expr)


def _condition(derivation: Derivation, kappa: Expr, P: MatrixExpr) -> Goals:
    """Of a multiple of I it is 1; of a diagonal with entries above 0 the largest over the smallest."""
    size, names = P.shape[0], defined(derivation)
    if kappa == 1:
        own = DiagonalOf(P)
        mean = MatMul(OneMatrix(1, size), own)
        spread = MatMul(OneMatrix(size, 1), mean)
        yield same(derivation, "condition", "P is a multiple of I", (spread, MatMul(size, own)), names)
        return
    largest, smallest = kappa.atoms(Largest), kappa.atoms(Smallest)
    form = len(largest) == len(smallest) == 1
    yield fact("condition", "it is the largest entry over the smallest", form)
    if form:
        (top,), (low,) = largest, smallest
        yield fact("condition", "it is their ratio", kappa == top / low)
        for node in (top, low):
            sides = (DiagMatrix(node.args[0]), P)
            yield same(derivation, "condition", "the entries are those of P", sides, names)
