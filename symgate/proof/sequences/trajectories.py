"""What the closed forms must equal along a trajectory: derivatives of the whole recurrence, exactly.

A trajectory of T steps has arbitrary residues modulo a prime for weights, inputs and loss gradients, and
random oracles for the nonlinearities.  Transport, adjoint and gradients come from dual numbers carried
through all steps; orders of an expansion from summing over the subsets of steps at which B is taken.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, Transpose

from symgate.language import Dot, Signal, T
from symgate.language.sequences import EPS, ETA, LAG, LAST, ORDER, STEP, I, K, at, joined
from symgate.proof.algebras import PRIME, Algebra, Modular
from symgate.proof.dual import Dual
from symgate.proof.entries import Entries
from symgate.proof.functions import functions
from symgate.proof.layout import seeded
from symgate.proof.sequences.states import columns, cut, parts, places, total_size, whole
from symgate.proof.sequences.timed import TimedEntries
from symgate.proof.tables import Table, concrete
from symgate.records import Cell, Derivation


@dataclass
class Trajectory:
    """T steps of a cell with arbitrary values, and the true derivatives along it.

    Attributes:
        derivation: what is judged; its ``where`` gives meaning to A_j, B_j, J_j.
        steps: T.
        sizes: the size of each dimension.
        seed: everything random follows from it.
    """

    derivation: Derivation
    steps: int
    sizes: Mapping[Expr, int]
    seed: str
    values: dict[Expr, Any] = field(init=False)
    algebra: Algebra = field(init=False)

    def __post_init__(self) -> None:
        self.algebra = Modular(functions(self.cell), self.seed)
        source = random.Random(self.seed)  # noqa: S311  reproducible, not secret
        symbols: list[Expr] = [*self.cell.parameters, *self.states(0)]
        symbols += [at(item, sympy.Integer(j)) for j in range(1, self.steps + 1) for item in self.cell.inputs]
        symbols += [part for j in range(self.steps + 1) for part in parts(self.cell, "delta", sympy.Integer(j))]
        symbols += [ETA, EPS]
        self.values = {}
        for symbol in symbols:
            if hasattr(symbol, "shape"):
                rows, cols = (self.sizes.get(part, part) for part in symbol.shape)
                lines = [{j: source.randrange(PRIME) for j in range(int(cols))} for _ in range(int(rows))]
                self.values[symbol] = Table(int(cols), lines)
            else:
                self.values[symbol] = source.randrange(PRIME)

    @property
    def cell(self) -> Cell:
        """The recurrence."""
        return self.derivation.cell

    @property
    def size(self) -> Expr:
        """n, or the sum of the sizes of several states."""
        return total_size(self.cell)

    def states(self, j: int) -> list[Expr]:
        """The symbols of all states after step j, such as [x_j]."""
        return [at(state.after, sympy.Integer(j)) for state in self.cell.states]

    def names(self, first: int = 1) -> dict[Expr, Expr]:
        """The definitions of every named intermediate and state from step ``first`` on."""
        steps = [sympy.Integer(j) for j in range(first, self.steps + 1)]
        found = {at(symbol, j): at(expr, j) for j in steps for symbol, expr in self.cell.definitions.items()}
        for j in range(self.steps + 1):
            for name in ("delta", "lam"):
                found |= whole(self.cell, name, sympy.Integer(j))
        for j in steps:
            for item in self.derivation.definitions:
                if isinstance(item.left, Signal):
                    index = item.left.index
                    found[item.left.xreplace({index: j})] = item.right.xreplace({index: j})
        return found

    def entries(self, extra: Mapping[Expr, Any] | None = None) -> TimedEntries:
        """An evaluator along this trajectory; ``extra`` adds values, such as the true M_{t,k}."""
        return TimedEntries(self.algebra, self.sizes, {**self.values, **(extra or {})}, self.names())

    def truths(self) -> dict[Expr, Table]:
        """The true transport M_{t,k} for 0 <= k <= t <= T, and the true adjoint lambda_k, by dual numbers."""
        plain = self.entries()
        found: dict[Expr, Table] = {}
        dual = Dual(self.algebra)
        rows = concrete(self.size, self.sizes)
        for k in range(self.steps + 1):
            values = {**self.values, **{state: plain.table(state) for state in self.states(k)}}
            found_at: dict[int, list[dict[int, Any]]] = {t: [{} for _ in range(rows)] for t in range(k, self.steps + 1)}
            back: list[dict[int, Any]] = []
            for state, place in zip(self.states(k), places(self.cell, self.sizes), strict=True):
                entries = Entries(dual, self.sizes, seeded(values, state, dual), self.names(k + 1))
                high = concrete(state.shape[0], self.sizes)
                for t, lines in found_at.items():
                    after = [item for later in self.states(t) for item in columns(entries.table(later), dual.zero)]
                    for line, item in zip(lines, after, strict=True):
                        line.update({place.start + p + q * high: slope for (p, q), slope in (item[1] or {}).items()})
                loss = entries.of(self.loss(k))[1] or {}
                entries_of = ((i % high, i // high) for i in range(place.stop - place.start))
                back += [{0: loss.get(entry, self.algebra.zero)} for entry in entries_of]
            for t, lines in found_at.items():
                found[Signal("M", self.size, self.size, sympy.Tuple(t, k))] = Table(rows, lines)
            index = sympy.Integer(k)
            if len(self.cell.states) > 1 or not self.cell.matrix_states:
                found[Signal("lam", self.size, 1, index)] = Table(1, back)
            found |= cut(self.cell, "lam", index, self.sizes, Table(1, back))
        return found

    def loss(self, first: int) -> Expr:
        """sum_{t >= first} dot(delta_t, x_t): a loss with these gradients."""
        deltas = (parts(self.cell, "delta", sympy.Integer(t)) for t in range(first, self.steps + 1))
        pairs = (pair for delta in deltas for pair in zip(delta, self.states(int(delta[0].index)), strict=True))
        return sympy.Add(*(_paired(delta, state) for delta, state in pairs))

    def gradient(self, wrt: Expr) -> Any:
        """dL/d(wrt), L = sum_{t >= 1} dot(delta_t, x_t), by dual numbers through the whole recurrence."""
        dual = Dual(self.algebra)
        entries = Entries(dual, self.sizes, seeded(self.values, wrt, dual), self.names())
        slopes = entries.of(self.loss(1))[1] or {}
        if not hasattr(wrt, "shape"):
            return slopes.get((0, 0), self.algebra.zero)
        rows, cols = (int(self.sizes.get(part, part)) for part in wrt.shape)
        return Table(cols, [{q: slopes[p, q] for q in range(cols) if (p, q) in slopes} for p in range(rows)])

    def pairs(self) -> Iterator[tuple[int, int]]:
        """All (t, k) with 0 <= k <= t <= T."""
        return ((t, k) for t in range(self.steps + 1) for k in range(t + 1))

    def order(self, m: int, t: int, k: int) -> Expr:
        """M^(m)_{t,k} as a plain sum over the subsets of m steps at which B is taken."""
        terms = []
        for chosen in combinations(range(k + 1, t + 1), m):
            names = ["B" if j in chosen else "A" for j in range(t, k, -1)]
            letters = zip(names, range(t, k, -1), strict=True)
            factors = [Signal(name, self.size, self.size, sympy.Integer(j)) for name, j in letters]
            terms.append(joined(MatMul, factors, sympy.Identity(self.size)))
        return joined(MatAdd, terms, sympy.ZeroMatrix(self.size, self.size))


def _paired(delta: Any, state: Any) -> Expr:
    """The sum of the products of the entries."""
    return Dot(delta, state) if state.shape[1] == 1 else sympy.Trace(MatMul(Transpose(delta), state))


#: The symbolic times by name.
TIMES = {str(symbol): symbol for symbol in (T, K, I, LAG, LAST, ORDER, STEP)}


def placed(expr: Expr, **times: int) -> Expr:
    """An expression with its symbolic times t, k, T, ... replaced by numbers."""
    return expr.xreplace({TIMES[name]: sympy.Integer(value) for name, value in times.items()})
