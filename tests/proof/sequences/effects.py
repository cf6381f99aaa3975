"""What a slip does to the value of a formula over many steps, without any judge of symgate.

In: a result and the same result with one slip in it.  Out: whether the two have the same value along random
trajectories, in the 60 digits of ``tests.truth``: J_j, M_{t,k} and lambda_k are differences of the unrolled recurrence;
A_j and B_j are what the result without the slip says that they are, and orders are sums over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise, product
from typing import Any

import sympy
from mpmath import mp
from sympy.matrices.expressions import DiagonalOf, MatMul, MatrixSymbol

from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import ETA, LAST, ORDER, STEP, I, J, K
from symgate.language.sequences import T as NOW
from symgate.proof.certificate import Certificate, Verdict
from symgate.proof.slips import Slip
from symgate.records import Derivation, Kind, Order, Relation, Standing
from tests.truth.judged import Target, gap, scope, sizes_for, trajectory
from tests.truth.oracle import CLOSE, Trajectory
from tests.truth.trees import indices, is_matrix
from tests.truth.values import DIGITS, OutsideError, Scope, UnknownError, eye, filled

MAIN = "main"
#: Which of the sizes of ``tests.truth``, and over how many steps: n = 2, n = 3, and n = 1.
PLACES = ((1, 3), (0, 4), (2, 5))
#: Names whose values the trajectory has by itself.
OWN = frozenset({"J", "M", "lam", "delta"})


class Effect(Enum):
    """What a slip does."""

    WRONG = "it has another value at some point"
    NONE = "it has the same value at every point"
    NO_VALUE = "it has the same value wherever it has one, and reaches for what has no meaning at another point"


@dataclass(frozen=True)
class Statement:
    """One equation: the main one, or one that is printed with it."""

    key: str
    left: Any
    right: Any
    relation: Relation


def statements(derivation: Derivation) -> list[Statement]:
    """The main equation, and every other one in order."""
    main = Statement(MAIN, derivation.of, derivation.expr, derivation.relation)
    others = (Statement(item.key, item.left, item.right, item.relation) for item in derivation.equations)
    return [main, *others]


@dataclass
class Values:
    """The numbers of a result along one trajectory.

    Attributes:
        derivation: the result without a slip: it says what the names in its equations are.
        path: the trajectory; u, x and what is named in the step may have any value before its start and after its end.
    """

    derivation: Derivation
    path: Trajectory
    _known: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.target = Target(self.derivation.cell, "transport")
        self.meaning = {
            str(item.left.name): (item.left.index, item.right)
            for item in self.derivation.definitions
            if str(item.left.name) not in OWN
        }
        self.free = {str(item.left.name) for item in self.derivation.equations if item.standing is Standing.EXAMPLE}
        cell = self.derivation.cell
        states = [state.after for state in cell.states]
        self.symbols = {str(item.name): item for item in (*cell.inputs, *cell.definitions, *states)}
        names = {str(state.name) for state in states}
        self.steps = {name: 0 if name in names else 1 for name in self.symbols}  # the first of each
        if self.derivation.kind is Kind.REMAINDER:  # the bound, which its recursion calls r
            name = self.derivation.equation("recursion").left
            self.meaning[str(name.name)] = (name.index, self.derivation.expr)

    def of(self, expr: Any, times: dict[sympy.Symbol, int]) -> Any:
        """The value of an expression.

        Raises:
            OutsideError: it has none at these times.
            UnknownError: it holds something that has no rule here.
        """
        plain = scope(self.target, self.path, times)

        def leaf(name: str, when: tuple[int, ...]) -> Any:
            if (name, when) not in self._known:
                found = self._named(name, when) if when else self._wanted(name)
                self._known[name, when] = plain.leaf(name, when) if found is None else found
            return self._known[name, when]

        return Scope(leaf, self.path.sizes, self.path.functions, times).of(expr)

    def _wanted(self, name: str) -> Any | None:
        """A vector that is given, such as a diagonal that a gate is to realise; None for any other symbol."""
        symbols = {item.name: item for one in self.derivation.equations for item in one.right.atoms(MatrixSymbol)}
        if name not in symbols or name in self.path.parameters:
            return None
        half, rest = mp.mpf(1) / 2, mp.mpf(3) / 10
        return half + rest * self.path.random(name, *self.path._shape(symbols[name]))

    def _named(self, name: str, when: tuple[int, ...]) -> Any | None:
        """A name that the result defines, M_{t,k} and its orders, and what is free; None for any other."""
        if name == "M":
            return self._transport(*when)
        if name in self.free:  # a schedule of which the result gives examples may be any
            return self.path.positive(f"{name}|{when}")
        if name in self.steps and not self.steps[name] <= when[0] <= self.path.steps:
            return self.path.random(f"{name}|{when}", *self.path._shape(self.symbols[name]))
        if name not in self.meaning:
            return None
        index, meaning = self.meaning[name]
        letters = index.args if isinstance(index, sympy.Tuple) else (index,)
        if len(when) > 1 and not 0 <= when[1] <= when[0] <= self.path.steps:
            raise OutsideError(f"there is no {name} at {when}")
        return self.of(meaning, {**dict(zip(letters, when, strict=True)), LAST: self.path.steps})

    def _transport(self, t: int, k: int, m: int | None = None) -> Any:
        """M_{t,k}, or its order m; in a remainder the B_j of M_{t,k} stand with an epsilon."""
        bounded = self.derivation.kind is Kind.REMAINDER
        if m is None and not bounded:
            return self.path.transport(t, k)
        if not 0 <= k <= t <= self.path.steps or (m is not None and m < 0):
            raise OutsideError(f"there is no M at {t}, {k}, {m}")
        orders = self._orders(t, k)
        if m is not None:
            return orders[m] if m < len(orders) else 0 * orders[0]
        return sum((self.path.positive("epsilon") ** q * order for q, order in enumerate(orders)), 0 * orders[0])

    def _orders(self, t: int, k: int) -> list[Any]:
        """What the products of A_j and B_j, j = k+1..t, with 0, 1, 2, ... of the B_j sum to."""
        rows = sum(self.path.rows)
        found, zero, matrix = [eye(rows)], filled(rows, rows, 0), sympy.Symbol("q", integer=True)
        for j in range(k + 1, t + 1):
            A, B = (self.of(Signal(name, 1, 1, matrix), {matrix: j}) for name in "AB")
            padded = [zero, *found, zero]
            found = [A @ same + B @ lower for lower, same in pairwise(padded)]
        return found


def moments(values: Values, left: Any) -> Iterator[dict[sympy.Symbol, int]]:
    """Every value of the times that are free on the left side of an equation."""
    last, free = values.path.steps, indices(left)
    span = {NOW: range(last + 1), K: range(last + 1), J: range(1, last + 1), I: range(1, last + 1)}
    span |= {STEP: range(1, last + 1), ORDER: range(last + 1)}
    letters = [letter for letter in span if letter in free]
    for times in product(*(span[letter] for letter in letters)):
        found = dict(zip(letters, times, strict=True))
        if found.get(K, 0) <= found.get(NOW, last):
            yield {**found, LAST: last}


def effect(truth: Derivation, wrong: Derivation) -> Effect:
    """What the slip in ``wrong`` does to the one equation of ``truth`` that it changes.

    A bound on a remainder obeys a recursion from a start, so that another value, a larger one too, is wrong.

    Raises:
        UnknownError: the equation holds something that has no rule here.
    """
    mp.dps = DIGITS
    pairs = [(a, b) for a, b in zip(statements(truth), statements(wrong), strict=True) if a != b]
    assert len(pairs) == 1, "one slip changes one equation"
    found: set[Effect | None] = set()
    for place, steps in PLACES:
        own = truth.parameters
        last = max(steps, own.order + 2) if isinstance(own, Order) else steps
        values = Values(truth, trajectory(truth.cell, sizes_for(truth.cell, place), last, 0))
        found |= {_compared(values, *pairs[0], times) for times in moments(values, pairs[0][0].left)}
        if Effect.WRONG in found:
            return Effect.WRONG
    if found == {None}:
        raise UnknownError("it has no value at any point")
    return Effect.NO_VALUE if Effect.NO_VALUE in found else Effect.NONE


def _compared(values: Values, right: Statement, slipped: Statement, times: dict[sympy.Symbol, int]) -> Effect | None:
    """At one point; None where the equation without the slip has no value, so that it says nothing there."""
    try:
        known = values.of(right.right, times)
        side = None if slipped.relation is right.relation else values.of(_side(values.derivation, right), times)
    except OutsideError:
        return None
    try:
        found = values.of(slipped.right, times) if side is None else side
    except OutsideError:
        return Effect.NO_VALUE
    factor = 1 if slipped.left == right.left else _factor(slipped.left)  # the left side is what the right side was
    return Effect.WRONG if gap(factor * found, known) > CLOSE else Effect.NONE


def _factor(slipped: Any) -> int:
    """The number by which the left side was multiplied."""
    factor, _ = slipped.as_coeff_mmul() if is_matrix(slipped) else slipped.as_coeff_Mul()
    return int(factor)


def _side(derivation: Derivation, statement: Statement) -> Any:
    """The left side of an approximation or a bound as what has a value; eta_{t,k} is eta times dg(M_{t,k})."""
    if derivation.kind is not Kind.RATE or isinstance(statement.left, ScalarSignal):
        return statement.left
    size = statement.left.shape[0]
    return MatMul(ETA, DiagonalOf(Signal("M", size, size, sympy.Tuple(NOW, K))))


def done_by(truth: Derivation, wrong: Derivation) -> Effect:
    """What a slip does; in an equation that is not read here, such as the gate of a cosine schedule, it is wrong."""
    try:
        return effect(truth, wrong)
    except UnknownError:
        return Effect.WRONG


def fits(truth: Derivation, slip: Slip, certificate: Certificate) -> bool:
    """Whether a certificate says of a result with a slip what its values say: not equal is refuted, and equal is not.

    What has no meaning, such as lambda_{T+1}, is refuted, or not compared.
    """
    done, verdict = done_by(truth, slip.derivation), certificate.verdict
    if done is Effect.NONE:
        return verdict in {Verdict.PROVED, Verdict.UNDECIDED}
    meaningless = done is Effect.NO_VALUE and "has no meaning there" in str(certificate)
    return verdict is Verdict.REFUTED or (verdict is Verdict.UNDECIDED and meaningless)
