"""Expansions of the transport in the size of the perturbation: J_j = A_j + eps B_j, M = sum_m eps^m M^(m).

The order m collects the ways to take B at m of the t - k steps and A at the others, later steps left:

    M^(m) = sum_{k < i_1 < ... < i_m <= t} (prod_{j > i_m} A_j) B_{i_m} ... B_{i_1} (prod_{j < i_1} A_j).

Where A is a multiple of I or diagonal nothing of the products is left but powers and products of numbers, and
the first order becomes a sum over time of vectors or of rank-one kernels on the weights.  A dense A that is one product
is written out, its scalars as powers and products in front.
"""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
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

from symgate.calculus import normal_form
from symgate.calculus.display import Gathered, expression, factored, gather, joined, scaled
from symgate.catalogue import HIGHEST
from symgate.derive.runs import DIAGONAL, SCALAR, Kept, kept_by, sum_over
from symgate.derive.splits import kept_names as _keep
from symgate.derive.splits import over_steps, said
from symgate.derive.states import blocks, grid, is_zero
from symgate.derive.transports import transport_symbol
from symgate.derive.written import Written, first_order, written
from symgate.errors import DefinitionError, UnsupportedNodeError
from symgate.language import Signal, T
from symgate.language.matrices import parted as split_scalar
from symgate.language.sequences import ORDER, I, K, at, depends_on_time
from symgate.records import Derivation, Equation, Kind, Order, Relation, add_up


def expand(split: Derivation, order: int = 1) -> Derivation:
    """Expand the transport of a split Jacobian, J_j = A_j + eps B_j, to a given order in eps.

    Args:
        split: from :func:`symgate.split`.
        order: the highest order p that is written out, 0 to 12.

    Returns:
        sum_{m <= p} eps^m M^(m)_{t,k}, (n, n), with the terms "order_0", "order_1", ... (without eps^m), each a
        closed form with symbolic t and k.  ``claims`` holds the recursion and, where the closed form collapsed,
        the general form of the first order, which is the Frechet derivative of the product.

    Raises:
        DefinitionError: ``split`` is not a split, or ``order`` is out of range.

    Source: arXiv:2508.12121; the remainder is bounded by :func:`symgate.remainder`.
    """
    if split.kind is not Kind.SPLIT:
        raise DefinitionError(
            f"expand takes a split J = A + B from sg.split; {split.name} has terms {list(split.terms)}."
        )
    if type(order) is not int or not 0 <= order <= HIGHEST:
        raise DefinitionError(f"The order of an expansion is a whole number from 0 to {HIGHEST}; found {order!r}.")
    size = split.shape[0]
    part = kept_by(split)
    shown = written(part, split.terms["A"])
    named = []
    for m in range(order + 1):
        closed = collapsed(shown, split.terms["B"]) if m == 1 else None
        if split.exact_from is not None and m > split.exact_from:
            closed = ZeroMatrix(size, size)
        named.append((f"order_{m}", closed if closed is not None else nested(part if m > 1 else shown, size, m)))
    further = [Equation("recursion", _order(size, ORDER, T), _recursion(size), label="recursion")]
    general = nested(replace(part, kind="dense"), size, 1)
    if order >= 1:
        further.append(
            Equation("frechet", _order(size, sympy.S.One, T), general, label="first order = Frechet derivative")
        )
    exact = split.exact_from is not None and order >= split.exact_from
    return Derivation(
        name=split.name.replace("_split_", "_expansion_") + f"_order_{order}",
        kind=Kind.EXPANSION,
        of=transport_symbol(size),
        wrt=split.wrt,
        named_terms=tuple(named),
        cell=split.cell,
        assumptions=split.assumptions,
        source=split.source,
        relation=Relation.EQUAL if exact else Relation.APPROXIMATELY,
        parameters=Order(_keep(split), order),
        equations=(*over_steps(split), *further),
        remark=_claim(split, order, part),
        exact_from=split.exact_from,
    )


def _claim(split: Derivation, order: int, part: Kept) -> str:
    """What is exact, in words."""
    last = split.exact_from
    kind = "block diagonal with diagonal blocks" if part.parts else part.kind
    zero = (
        " The delta with two times is the Kronecker delta: 1 where they are equal, else 0."
        if any(q.value == 0 for q in part.parts)
        else ""
    )
    if last is not None and order >= last:
        return f"{said(last)} A is {kind}.{zero}"
    more = "" if last is None else f" {said(last)}"
    return (
        f"Each order is an identity; their sum up to order {order} approximates the transport with an error of "
        f"order eps^{order + 1}, which the remainder bounds. The sum equals the transport where t - k <= {order}. "
        f"A is {kind}.{zero}{more}"
    )


def _order(size: Expr, m: Expr, later: Expr) -> Signal:
    """The symbol M^(m)_{later,k}; the order stands last in the index."""
    return Signal("M", size, size, sympy.Tuple(later, K, m))


def _recursion(size: Expr) -> MatrixExpr:
    """A_t M^(m)_{t-1,k} + B_t M^(m-1)_{t-1,k}."""
    A, B = Signal("A", size, size, T), Signal("B", size, size, T)
    return add_up([MatMul(A, _order(size, ORDER, T - 1)), MatMul(B, _order(size, ORDER - 1, T - 1))])


def nested(part: Kept, size: Expr, m: int) -> MatrixExpr:
    """The order m as m nested ordered sums over the steps where B is taken."""
    steps = [I] if m == 1 else [sympy.Symbol(f"i_{q}", integer=True) for q in range(1, m + 1)]
    return _nest(part, size, steps, T)


def _nest(part: Kept, size: Expr, steps: list[sympy.Symbol], upper: Expr) -> MatrixExpr:
    """prod A over (i_m, upper] B_{i_m} [the same with one step fewer, up to i_m - 1]."""
    if not steps:
        scalar, factors = part.run(K + 1, upper)
        return scaled(scalar, *(factors or [Identity(size)]))
    *earlier, last = steps
    scalar, factors = part.run(last + 1, upper)
    inner = _nest(part, size, earlier, last - 1)
    body = _times(scalar, [*factors, Signal("B", size, size, last)], inner)
    return sum_over(body, last, K + len(steps), upper)


def _times(scalar: Expr, factors: list[MatrixExpr], inner: MatrixExpr) -> MatrixExpr:
    """scalar * factors * inner, without an identity in between."""
    parts = list(inner.args) if isinstance(inner, MatMul) else [inner]
    return scaled(scalar, *factors, *(item for item in parts if not isinstance(item, Identity)))


def collapsed(part: Kept, B: MatrixExpr) -> MatrixExpr | None:
    """The first order with nothing left of the products of A, word by word of B; None where A is a dense sum."""
    if part.kind not in (SCALAR, DIAGONAL) and not isinstance(part, Written):
        return None
    if is_zero(B):
        return ZeroMatrix(*B.shape)
    if isinstance(part, Written):
        return first_order(part, B)
    parts = part.parts or (part,)
    square = blocks(B)
    return grid(
        [[_collapsed(left, right, square[p][q]) for q, right in enumerate(parts)] for p, left in enumerate(parts)]
    )


def _collapsed(left: Kept, right: Kept, B: MatrixExpr) -> MatrixExpr:
    """sum_i (prod_{j>i} A_j) B_i (prod_{j<i} A_j) for one block of B, A its own on either side."""
    if is_zero(B):
        return B
    terms = B.args if isinstance(B, MatAdd) else (B,)
    try:
        words = [word for term in terms for word in gather(normal_form(term))]
    except UnsupportedNodeError:  # a Kronecker product of a matrix state is no word
        return add_up([_between(left, right, term) for term in terms])
    return add_up([_collapsed_word(left, right, word, B.shape) for word in words])


def _between(left: Kept, right: Kept, term: MatrixExpr) -> MatrixExpr:
    """The same for one term of B, the products of A standing beside it."""
    (later, after), (earlier, before) = left.run(I + 1, T), right.run(K + 1, I - 1)
    scalar, matrices = split_scalar(at(term, I))
    return sum_over(scaled(later * scalar * earlier, *after, *matrices, *before), I, K + 1, T)


def _collapsed_word(left: Kept, right: Kept, word: Gathered, shape: tuple[Expr, Expr]) -> MatrixExpr:
    """The same for one word of B."""
    later, earlier, size = (I + 1, T), (K + 1, I - 1), shape[0]
    whole = expression([word], *shape)
    fixed = not any(depends_on_time(item) for item in _tail_of(word, size))
    coefficient, factors = factored(word.coefficients[0], size)
    S = [left.vector_run(*later)] if left.kind == DIAGONAL else []
    P = [right.vector_run(*earlier)] if right.kind == DIAGONAL else []
    scalar = (left.scalar_run(*later) if not S else 1) * (right.scalar_run(*earlier) if not P else 1)
    if not P and (not S or (fixed and word.letters)):
        if fixed and word.letters and not all(map(_constant, [coefficient, *factors, *S])):
            vector = joined([*S, *map(_at_i, factors)], size)
            return _in_front(sum_over(scaled(scalar * at(coefficient, I), vector), I, K + 1, T), word, size)
        return sum_over(scaled(scalar, *map(DiagMatrix, S), at(whole, I)), I, K + 1, T)
    plain = all(isinstance(item, (MatrixSymbol, Transpose)) for item in word.letters)
    if len(word.letters) == 1 and plain and not _inner(word, size):
        number = sympy.Mul(coefficient, *(factored(poly, size)[0] for poly in word.coefficients[1:]))
        before = scaled(scalar * at(number, I), joined([*S, *map(_at_i, factors)], size))
        outer = scaled(sympy.S.One, before, Transpose(*P))
        return HadamardProduct(word.letters[0], sum_over(outer, I, K + 1, T))
    if not word.letters:
        vector = joined([*S, *map(_at_i, factors), *P], size)
        return DiagMatrix(sum_over(scaled(scalar * at(coefficient, I), vector), I, K + 1, T))
    return sum_over(scaled(scalar, *map(DiagMatrix, S), at(whole, I), *map(DiagMatrix, P)), I, K + 1, T)


def _in_front(vector: MatrixExpr, word: Gathered, size: Expr) -> MatrixExpr:
    """A word whose leading diagonal is a sum over time: diag(vector) W ..., or vector r'."""
    scalar: Expr = sympy.S.One
    if isinstance(vector, MatMul) and not isinstance(vector.args[0], MatrixExpr):
        scalar, vector = vector.args[0], vector.args[1]
    bare = replace(word, coefficients=({(): sympy.S.One}, *word.coefficients[1:]))
    tail = expression([bare], size, size)
    parts = list(tail.args) if isinstance(tail, MatMul) else [tail]
    if isinstance(parts[0], OneMatrix):
        return scaled(scalar, vector, *parts[1:])
    return scaled(scalar, DiagMatrix(vector), *parts)


def _at_i(item: Expr) -> Expr:
    return at(item, I)


def _constant(item: Expr) -> bool:
    return not depends_on_time(item)


def _inner(word: Gathered, size: Expr) -> list[Expr]:
    """The factors of the diagonals behind the first letter."""
    return [item for poly in word.coefficients[1:] for item in factored(poly, size)[1]]


def _tail_of(word: Gathered, size: Expr) -> list[Expr]:
    """Everything in a word but its leading diagonal."""
    return [*word.letters, *_inner(word, size), *(factored(poly, size)[0] for poly in word.coefficients[1:])]
