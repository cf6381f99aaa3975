"""A trajectory of a cell with arbitrary values, at sizes and a number of steps that are numbers.

In: a derivation, sizes, an algebra and a draw of values.  Out: ``Path``: what every symbol is along it, and evaluators.
The steps before the first and beyond the last have values too, so that a formula that reaches there gives a number, and
the wrong one.  ``truths.py`` has the true derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import sympy
from sympy import Expr

from symgate.language import ScalarSignal, Signal
from symgate.language.sequences import LAST, K, at
from symgate.proof.algebras import Algebra
from symgate.proof.nodes import nodes
from symgate.proof.sequences import truths
from symgate.proof.sequences.laws import Law, Met, Place, law, letters_of, place
from symgate.proof.sequences.moments import Moments
from symgate.proof.sequences.states import parts, total_size, whole
from symgate.proof.tables import Table, concrete
from symgate.proof.work import Work
from symgate.records import Cell, Derivation

#: How many steps before the first and beyond the last have values.
BEYOND = 2
#: draw(name, i, j): an arbitrary scalar for an entry.
Draw = Callable[[str, int, int], Any]
Laws = dict[tuple[str, tuple[Any, ...]], Law]


@dataclass
class Path:
    """T steps of a cell at sizes that are numbers.

    Attributes:
        derivation: what is judged; its definitions give meaning to A_j, B_j, J_j.
        steps: T.
        sizes: the size of each dimension.
        algebra: what scalars are.
        draw: arbitrary values.
        work: counts operations against the budget.
        used: the symbols and places that were looked up.
        wide: whether transports go one step beyond the last, and names have values by convention where they have no
            meaning: an empty product is I, and no loss comes after the last step.
        met: the nodes of expressions by their id, which any other path may know too.
    """

    derivation: Derivation
    steps: int
    sizes: Mapping[Expr, int]
    algebra: Algebra
    draw: Draw
    work: Work = field(default_factory=Work)
    used: set[Any] = field(default_factory=set)
    wide: bool = False
    met: Met = field(default_factory=dict, repr=False)

    @property
    def cell(self) -> Cell:
        """The recurrence."""
        return self.derivation.cell

    @cached_property
    def size(self) -> Expr:
        """n, or the sum of the sizes of several states."""
        return total_size(self.cell)

    @cached_property
    def rows(self) -> int:
        """The number that ``size`` is."""
        return concrete(self.size, self.sizes)

    @cached_property
    def values(self) -> dict[Expr, Any]:
        """Every symbol without a time: parameters, and letters that the formulas bring along, such as eta."""
        brought = _brought(self.derivation)
        return {symbol: self.drawn(symbol) for symbol in (*self.cell.parameters, *brought)}

    @cached_property
    def given(self) -> dict[Place, Any]:
        """Everything with a time that is arbitrary: states up to the start, inputs, gradients of the losses."""
        states = [at(state.after, sympy.Integer(j)) for j in range(-BEYOND, 1) for state in self.cell.states]
        inputs = [at(item, sympy.Integer(j)) for j in self.around() for item in self.cell.inputs]
        deltas = [part for j in self.around() for part in parts(self.cell, "delta", sympy.Integer(j))]
        return {place(symbol): self.drawn(symbol) for symbol in (*states, *inputs, *deltas)}

    def around(self) -> range:
        """The steps that have values, those before the first and beyond the last included."""
        return range(1 - BEYOND, self.steps + BEYOND + 1)

    def drawn(self, symbol: Expr) -> Any:
        """An arbitrary value of the shape of a symbol; it follows from the name and the time alone.

        A letter of the formulas, such as the learning rate eta, is another one than a parameter of that name.
        """
        name, shape = self.called(symbol), getattr(symbol, "shape", ())
        if not shape:
            value = self.draw(name, 0, 0)
            return abs(value) if self.algebra.ordered and symbol.is_nonnegative else value
        rows, cols = (concrete(part, self.sizes) for part in shape)
        self.work.spend(rows * cols)
        return Table(cols, [{j: self.draw(name, i, j) for j in range(cols)} for i in range(rows)])

    def called(self, symbol: Expr) -> str:
        """The name of a symbol, apart from those of the cell."""
        own = isinstance(symbol, (Signal, ScalarSignal)) or symbol in self.cell.parameters
        return str(symbol) if own or str(symbol) not in self.cell.symbols else f"{symbol} of the formula"

    @cached_property
    def recurrence(self) -> Laws:
        """The names of the cell: a state from step 1 on, any other name wherever there are values."""
        after = {state.after for state in self.cell.states}
        last = self.steps + BEYOND
        found = {
            law(symbol, expr, 1 if symbol in after else 1 - BEYOND, last)
            for symbol, expr in self.cell.definitions.items()
        }
        return {name: item for pair in found if pair is not None for name, item in [pair]}

    @cached_property
    def laws(self) -> Laws:
        """The names of the cell, those that the derivation defines, and what lambda and delta of all states are."""
        found: Laws = {}
        for name in ("delta", "lam"):
            for symbol, column in whole(self.cell, name, K).items():
                found |= dict([_sure(law(symbol, column, 1 - BEYOND, self.steps + BEYOND))])
        for item in self.derivation.definitions:
            own = law(item.left, item.right, 1 - BEYOND, self.steps + BEYOND)
            if own is not None and own[0] not in found:
                found[own[0]] = replace(own[1], also=((LAST, self.steps),))
        return found | self.recurrence

    def moments(
        self,
        timed: Mapping[Place, Any] | None = None,
        *,
        laws: Laws | None = None,
        values: Mapping[Expr, Any] | None = None,
        **options: Any,
    ) -> Moments:
        """An evaluator along this trajectory; ``timed``, ``laws`` and ``values`` add to what is known.

        What the plain one has computed is not computed again, unless a value that is given now was used for it.
        """
        added, found, memory = timed or {}, self.given, dict[Any, Any]()
        plain: Moments | None = vars(self).get("plain")
        same = plain is not None and all(plain.timed.get(place, value) is value for place, value in added.items())
        if plain is not None and same and not (laws or values or options):
            found, memory = plain.timed, plain.remembered()
        return Moments(
            self.algebra,
            self.sizes,
            {**self.values, **(values or {})},
            {},
            work=self.work,
            timed={**found, **added},
            laws={**self.laws, **(laws or {})},
            used=self.used,
            beyond=self.convention if self.wide else None,
            memory=memory,
            met=self.met,
            **options,
        )

    @cached_property
    def plain(self) -> Moments:
        """The evaluator with nothing but the recurrence and the definitions."""
        return self.moments()

    @cached_property
    def carried(self) -> truths.Carried:
        """The slopes that dual numbers carried through all steps have."""
        return truths.carried(self)

    @cached_property
    def transports(self) -> dict[Place, Table]:
        """The true M_{t,k} for 0 <= k <= t <= T."""
        return truths.transports(self)

    @cached_property
    def adjoints(self) -> dict[Place, Table]:
        """The true lambda_k of all states, and of each."""
        return truths.adjoints(self)

    @cached_property
    def gradient(self) -> Any:
        """dL/d(wrt), L = sum_t dot(delta_t, x_t) over t = 1..T."""
        return truths.gradient(self)

    @cached_property
    def influences(self) -> dict[Place, Table]:
        """The true P_t = dx_t/d(wrt) for t = 0 .. T; a column for each entry of the parameter, column by column."""
        return truths.influences(self)

    def orders(self, highest: int) -> dict[Place, Table]:
        """The true M^(m)_{t,k} up to an order: coefficients of eps in the product of A_j + eps B_j."""
        if highest not in self._orders:
            self._orders[highest] = truths.orders(self, highest)
        return self._orders[highest]

    @cached_property
    def _orders(self) -> dict[int, dict[Place, Table]]:
        return {}

    def matrix(self, name: str, j: int) -> Table:
        """A_j, B_j or J_j as the derivation defines it."""
        return self.plain.table(Signal(name, self.size, self.size, sympy.Integer(j)))

    def times(self, left: Table, right: Table) -> Table:
        """The product of two tables."""
        return self.plain.multiplied(left, right, sympy.S.One)

    def convention(self, place: Place) -> Any:
        """What a name is at a time at which it has no meaning; None where there is no convention."""
        name, shape, moment = place
        if name == "M" and shape == (self.size, self.size) and len(moment) > 1 and moment[0] < moment[1]:
            empty = sympy.Identity if moment[2:] in {(), (0,)} else sympy.ZeroMatrix
            return self.plain.of(empty(*shape[: 1 if empty is sympy.Identity else 2]))
        if name.split("_")[0] == "lam" and len(moment) == 1 and moment[0] > self.steps:
            return self.plain.of(sympy.ZeroMatrix(*shape))
        return None

    def transport(self, *times: int) -> Place:
        """The place of M_{t,k}, or of M^(m)_{t,k} with a third number."""
        return ("M", (self.size, self.size), times)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """All (t, k) with 0 <= k <= t <= T."""
        return ((t, k) for t in range(self.steps + 1) for k in range(t + 1))


@lru_cache(maxsize=64)
def _brought(derivation: Derivation) -> tuple[Expr, ...]:
    """The symbols without a time in the formulas of a derivation that are not parameters of the cell."""
    exprs = [derivation.expr, *(side for item in derivation.equations for side in (item.left, item.right))]
    every = list(nodes(*exprs))
    own = {node for node in every if isinstance(node, sympy.Symbol) and not node.is_integer}
    own |= {node for node in every if isinstance(node, sympy.MatrixSymbol) and not isinstance(node, Signal)}
    return tuple(sorted(own - set(derivation.cell.parameters), key=str))


def time_letters(expr: Expr) -> tuple[sympy.Symbol, ...]:
    """The letters of whole value in an expression."""
    return tuple(letter for letter in letters_of(expr) if letter.is_integer)


def _sure(pair: tuple[tuple[str, tuple[Any, ...]], Law] | None) -> tuple[tuple[str, tuple[Any, ...]], Law]:
    assert pair is not None
    return pair
