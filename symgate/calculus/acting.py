"""The differential of a matrix Y: a sum of terms that are linear in what varies, read off what Y does to a vector.

A matrix is what it does to a vector: Y b, for a vector b that stands for any (the *probe*), is a vector, and the rules
know its differential in normal form.  Each word of that is linear in b, and b is taken out of it:

    P (M (.) dV) R       b stands behind dV            V a matrix; also (M (.) dV)'
    (J dV) r'            b stands in a scalar r'b
    p (J dV)' E          b stands in a row, in front of dV
    P diag(J dV) E       b stands in a diagonal

P and R are products of diagonals, letters and rank-one matrices; J is in normal form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
)

from symgate.calculus.normal import Seed, Tail, Words, add, column_of_ones, row_of_ones
from symgate.calculus.polynomial import ONE, UNIT, Monomial, Polynomial, freeze, hadamard, plus, split, times
from symgate.errors import NotDerivedError
from symgate.language import Dot, Signal
from symgate.language.matrices import multiplied, transposed

#: Factors of a product, from left to right.
Factors = tuple[MatrixExpr, ...]


class Shape(Enum):
    """How a term holds what varies."""

    BETWEEN = "P (M (.) dV) R"
    ROW = "(J dV) r'"
    COLUMN = "p (J dV)' E"
    DIAGONAL = "P diag(J dV) E"


@dataclass(frozen=True)
class Front:
    """P: a coefficient, then letters, each with the vector behind it."""

    lead: frozenset[tuple[Monomial, Any]]
    steps: tuple[tuple[MatrixExpr, Monomial], ...] = ()

    @property
    def coefficients(self) -> tuple[Polynomial, ...]:
        """The diagonals, one more than there are letters."""
        return (dict(self.lead), *({vectors: sympy.S.One} for _, vectors in self.steps))

    @property
    def letters(self) -> tuple[MatrixExpr, ...]:
        """The letters between them."""
        return tuple(letter for letter, _ in self.steps)


@dataclass(frozen=True)
class Term:
    """One term of a differential.

    Attributes:
        shape: which of the four.
        front: P, or the column p as P of the vector of ones; of ROW it is 1.
        inner: J in normal form; nothing where dV stands between.
        rights: the sum R (or E, or the one row r) as coefficients in scalars with their factors; no factor for I.
        seed: of BETWEEN, mask and transposition of dV.
    """

    shape: Shape
    front: Front
    inner: tuple[tuple[Tail, frozenset[Any]], ...]
    rights: tuple[tuple[frozenset[Any], Factors], ...]
    seed: Seed | None = None

    @property
    def words(self) -> Words:
        """J."""
        return {tail: dict(lead) for tail, lead in self.inner}


def probe(size: Expr) -> Signal:
    """The vector that stands for any; no name of a cell ends in an underscore."""
    return Signal("probe_", size, 1)


def terms_of(words: Words, vector: Signal) -> list[Term]:
    """The terms of dY, from the differential of Y b with the probe b.

    Raises:
        NotDerivedError: a word holds the probe where it cannot be taken out.
    """
    betweens: dict[Any, dict[Factors, Polynomial]] = {}
    others: dict[Any, list[Words]] = {}
    for tail, lead in words.items():
        for monomial, number in lead.items():
            shape, front, seed, factors, inner = _taken(tail, monomial, number, vector)
            if shape is Shape.BETWEEN:
                rows = betweens.setdefault((front.steps, seed), {})
                rows[factors] = plus([rows.get(factors, {}), dict(front.lead)])
            else:
                others.setdefault((shape, front, factors), []).append(inner)
    found = [term for (steps, own), rows in betweens.items() for term in _merged(steps, own, rows)]
    for (shape, front, factors), parts in _fronts(others):
        through = tuple((tail, freeze(lead)) for tail, lead in add(parts).items())
        found.append(Term(shape, front, through, ((freeze(ONE), factors),)))
    return sorted(found, key=_order)


def _order(term: Term) -> tuple[Any, ...]:
    """What stands beside dV alone first, then short ones; only the order on the page hangs on it."""
    shapes = list(Shape)
    return (shapes.index(term.shape), len(term.front.steps), str(term.front.letters), str(term.rights))


def _fronts(others: dict[Any, list[Words]]) -> Iterator[tuple[Any, list[Words]]]:
    """Terms that differ in the coefficient of the front alone, with these added."""
    gathered: dict[Any, list[Any]] = {}
    for (shape, front, factors), parts in others.items():
        inner = frozenset((tail, freeze(lead)) for tail, lead in add(parts).items())
        gathered.setdefault((shape, front.steps, factors, inner), []).append((front, parts))
    for (shape, steps, factors, inner), items in gathered.items():
        lead = plus(dict(front.lead) for front, _ in items)
        if lead and inner:
            yield (shape, Front(freeze(lead), steps), factors), items[0][1]


def _taken(
    tail: Tail, monomial: Monomial, number: Any, vector: Signal
) -> tuple[Shape, Front, Seed | None, Factors, Words]:
    """One word with the probe taken out: its shape, the front, the seed, the factors E or the row r, and J."""
    scalars, vectors = split(monomial)
    inside = next((atom for atom, _ in scalars if atom.has(vector)), None)
    if inside is not None:
        rest = tuple(item for item in monomial if item[0] != inside)
        if tail.seed is not None and not tail.seed.transposed:  # dV b r' is dV between
            own = (hadamard(tail.seed.vector, tail.seed.size), Transpose(_row(inside, vector)))
            front = Front(freeze({rest: number}), tail.steps)
            return Shape.BETWEEN, front, replace(tail.seed, vector=UNIT), own, {}
        return Shape.ROW, Front(freeze(ONE)), None, (_row(inside, vector),), {tail: {rest: number}}
    here, rest, factors = _out(vectors, vector)
    if here:
        return Shape.DIAGONAL, Front(freeze({scalars: number})), None, factors, {tail: {rest: sympy.S.One}}
    lead = freeze({monomial: number})
    for place, (letter, after) in enumerate(tail.steps):
        here, rest, factors = _out(after, vector)
        if not here:
            continue
        inner: Words = {Tail(tail.steps[place + 1 :], tail.seed): {rest: sympy.S.One}}
        steps = tail.steps[:place]
        if not row_of_ones(letter):
            return Shape.DIAGONAL, Front(lead, (*steps, (letter, UNIT))), None, factors, inner
        if not steps or not column_of_ones(steps[-1][0]):
            break
        return Shape.COLUMN, Front(lead, steps), None, factors, inner
    if tail.seed is not None:
        here, rest, factors = _out(tail.seed.vector, vector)
        if here:
            own = (DiagMatrix(hadamard(rest, tail.seed.size)), *factors) if rest else factors
            seed = replace(tail.seed, vector=UNIT)
            return Shape.BETWEEN, Front(lead, tail.steps), seed, own, {}
    raise NotDerivedError(
        "The differential of a matrix state is not derived yet where a product of matrices meets a function or a sum "
        f"over all entries; found a term that {vector} cannot be taken out of."
    )


def _out(monomial: Monomial, vector: Signal) -> tuple[bool, Monomial, Factors]:
    """Whether a vector monomial holds the probe; what is left, and E of the factor E b."""
    for atom, power in monomial:
        if atom.has(vector):
            if power != 1:
                break
            return True, tuple(item for item in monomial if item[0] != atom), tuple(_factors(atom, vector))
    return False, monomial, ()


def _factors(expr: Expr, vector: Signal) -> list[MatrixExpr]:
    """E of a vector E b.

    Raises:
        NotDerivedError: the vector is not such a product.
    """
    if expr == vector:
        return []
    if isinstance(expr, MatMul):
        *front, last = expr.args
        return [*front, *_factors(last, vector)]
    if isinstance(expr, HadamardProduct):
        others = [arg for arg in expr.args if not arg.has(vector)]
        (own,) = (arg for arg in expr.args if arg.has(vector))
        return [DiagMatrix(others[0] if len(others) == 1 else HadamardProduct(*others)), *_factors(own, vector)]
    raise NotDerivedError(f"The differential of a matrix state through {type(expr).__name__} is not derived yet.")


def _row(scalar: Expr, vector: Signal) -> MatrixExpr:
    """r of a scalar r'b.

    Raises:
        NotDerivedError: the scalar is no dot product.
    """
    if not isinstance(scalar, Dot):
        raise NotDerivedError(f"The differential of a matrix state through {type(scalar).__name__} is not derived yet.")
    own, other = scalar.args if scalar.args[0].has(vector) else scalar.args[::-1]
    for factor in _factors(own, vector):
        other = multiplied(transposed(factor), other)
    return other


def _merged(steps: Any, seed: Seed, rows: dict[Factors, Polynomial]) -> Iterator[Term]:
    """Terms P dV R_i whose coefficients are multiples of one another: P dV (R_1 + s R_2 + ...), s a scalar."""
    left = {factors: lead for factors, lead in rows.items() if lead}
    while left:
        base = min(left.values(), key=lambda lead: (len(lead), max(len(monomial) for monomial in lead)))
        found = []
        for factors, lead in list(left.items()):
            ratio = _ratio(lead, base)
            if ratio is not None:
                found.append((freeze(ratio), factors))
                del left[factors]
        ordered = sorted(found, key=lambda pair: (len(pair[1]), str(pair)))
        yield Term(Shape.BETWEEN, Front(freeze(base), steps), (), tuple(ordered), seed)


def _ratio(lead: Polynomial, base: Polynomial) -> Polynomial | None:
    """The scalar monomial s with lead = s base; None where there is none, or it would divide by a factor of base."""
    if len(lead) != len(base):
        return None
    for monomial, number in lead.items():
        for other, value in base.items():
            inverse = tuple((atom, -power) for atom, power in other)
            scalars, vectors = split(times(monomial, inverse))
            held = {atom for atom, power in other if power > 0}
            if vectors or any(power < 0 and atom in held for atom, power in scalars):
                continue
            ratio = {scalars: number / value}
            if freeze(plus({times(scalars, m): v * number / value} for m, v in base.items())) == freeze(lead):
                return ratio
    return None


def through_weights(tail: Tail) -> bool:
    """Whether a word passes through a parameter matrix, in its letters or behind its seed."""
    atoms = [atom for atom, _ in tail.seed.vector] if tail.seed is not None else []
    held = {node for atom in atoms for node in atom.atoms(MatrixSymbol)}
    weights = any(not isinstance(node, Signal) and 1 not in node.shape for node in held)
    return weights or not all(isinstance(letter, OneMatrix) for letter, _ in tail.steps)
