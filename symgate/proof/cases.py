"""One case of a derivation: sizes, and over many steps their number, as numbers, with arbitrary values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from sympy import Expr

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.algebras import Algebra
from symgate.proof.entries import Entries
from symgate.proof.held import kept_part, kept_terms
from symgate.proof.sequences.claims import BY_KIND, statements
from symgate.proof.sequences.laws import Met, OutsideError, constants
from symgate.proof.sequences.paths import Draw, Path
from symgate.proof.sequences.statements import MAIN, Check, Open, Statements
from symgate.proof.tables import Table
from symgate.proof.work import TooMuchError, Work
from symgate.records import Cell, Derivation, Equation, Kind, Relation

#: What has a meaning at one step: derivatives of one state by one symbol, and matrices over all states.
ONE_STEP = layout.KINDS | {Kind.STATE_JACOBIAN}
KINDS = ONE_STEP | BY_KIND.keys()
#: The lengths of trajectories that are always visited.
FIRST = (1, 2, 3, 4)


@dataclass
class Case:
    """A derivation at numbers.

    Attributes:
        derivation: what is judged.
        steps: T; None for one step.
        sizes: the size of each dimension.
        algebra: what scalars are.
        draw: arbitrary values.
        work: counts operations against the budget.
        wide: whether names have values by convention where they have no meaning (``paths.py``).
        met: as in ``paths.py``.
    """

    derivation: Derivation
    steps: int | None
    sizes: Mapping[Expr, int]
    algebra: Algebra
    draw: Draw
    work: Work = field(default_factory=Work)
    wide: bool = False
    met: Met = field(default_factory=dict, repr=False)

    @cached_property
    def path(self) -> Path:
        """The trajectory of a derivation over many steps."""
        assert self.steps is not None
        about = self.derivation, self.steps, self.sizes, self.algebra, self.draw, self.work
        return Path(*about, wide=self.wide, met=self.met)

    def statements(self) -> Statements:
        """Every comparison, and what is not compared."""
        return self._one_step() if self.steps is None else statements(self.path)

    def evaluated(self) -> Iterator[tuple[Check | Open, tuple[Any, Any] | Exception | None]]:
        """Every statement with both values, or why it has none.

        A statement all of whose times reach for something without a meaning is evaluated once more with the
        conventions: the sum from k - 1 on of M_{t,k}' delta_t differs from lambda_k under any reading.

        Raises:
            TooMuchError: the budget does not cover it.
            ZeroDivisionError: something below a line is 0.
        """
        seen: dict[str, bool] = {}
        for item, pair in self._each():
            if isinstance(item, Check):
                seen[item.key] = seen.get(item.key, False) or not isinstance(pair, OutsideError)
            yield item, pair
        missing = [key for key, reached in seen.items() if not reached]
        if missing and not self.wide:
            again = replace(self, wide=True)
            for item, pair in again._each():  # noqa: SLF001  the same case
                if item.key in missing and isinstance(item, Check):
                    yield replace(item, by_convention=True), pair
            if self.steps is not None:
                self.path.used |= again.path.used
                self.path.given |= again.path.given

    def _each(self) -> Iterator[tuple[Check | Open, tuple[Any, Any] | Exception | None]]:
        for item in self.statements():
            if isinstance(item, Open):
                yield item, None
                continue
            try:
                pair = item.sides()
            except TooMuchError:
                raise
            except (UnsupportedNodeError, ShapeError) as error:
                yield item, error
            else:
                yield item, pair

    @cached_property
    def values(self) -> dict[Expr, Any]:
        """The values of the symbols of one step."""
        symbols = layout.leaves(self.derivation)
        for symbol in symbols:
            rows, cols = (self._size(part) for part in getattr(symbol, "shape", (1, 1)))
            self.work.spend(rows * cols)
        return layout.filled(symbols, self.sizes, lambda symbol, i, j: self.draw(layout.called(symbol), i, j))

    def _size(self, part: Any) -> int:
        return Entries(self.algebra, self.sizes, {}, {}).size(part) if isinstance(part, Expr) else int(part)

    def _one_step(self) -> Statements:
        derivation = self.derivation
        entries = Entries(self.algebra, self.sizes, self.values, layout.meanings(derivation), work=self.work)
        if derivation.relation is not Relation.EQUAL:
            yield Open(MAIN, f"a derivative is equal to its closed form; {derivation.relation.value} has no judge here")
        else:
            yield Check(MAIN, {}, lambda: self._main(entries))
        keep = kept_terms(derivation)
        if keep is not None and len(derivation.named_terms) == 2:
            yield Check("A", {}, lambda: self._kept(entries, keep))
        for item in derivation.claims:
            if item.relation is Relation.EQUAL:
                yield Check(item.key, {}, partial(_both, entries, item))
            else:
                yield Open(item.key, f"the relation {item.relation.value} has no judge here")

    def _main(self, entries: Entries) -> tuple[Any, Any]:
        claimed = entries.of(self.derivation.expr)
        true = layout.truth(self.derivation, self.algebra, self.sizes, self.values, self.work)
        table = claimed if isinstance(claimed, Table) else Table(1, [{0: claimed}])
        if (table.rows, table.cols) != (true.rows, true.cols):
            raise ShapeError(
                f"{self.derivation.name} must be {true.rows} x {true.cols} at the sizes "
                f"{layout.shown_sizes(self.sizes)}; its right side is {table.rows} x {table.cols}."
            )
        return table, true

    def _kept(self, entries: Entries, keep: tuple[str, ...]) -> tuple[Any, Any]:
        """The first part of a split, and what the split says that it keeps."""
        derivation = self.derivation
        part = kept_part(derivation.cell, keep, self.algebra, self.sizes, self.values, self.work)
        return entries.table(derivation.named_terms[0][1]), part

    def shown(self) -> dict[str, Any]:
        """The arbitrary values by name: of one step all of them, of many those that were looked up."""
        if self.steps is None:
            return {str(symbol.name): value for symbol, value in self.values.items()}
        used = self.path.used
        found = {self.path.called(symbol): value for symbol, value in self.path.values.items() if symbol in used}
        timed = [(place, value) for place, value in self.path.given.items() if place in used]
        for (name, _, moment), value in sorted(timed, key=lambda pair: (pair[0][0], pair[0][2])):
            found[f"{name}[{', '.join(map(str, moment))}]"] = value
        return found


def _both(entries: Entries, item: Equation) -> tuple[Any, Any]:
    """The right side of an equation and its left side."""
    return entries.of(item.right), entries.of(item.left)


def at_sizes(cell: Cell, numbers: tuple[int, ...]) -> dict[Expr, int]:
    """Sizes from two numbers: neighbours among the dimensions get different ones; a state of one number has size 1.

    An author's formula for that number is never refuted for what it would say of several.
    """
    ones = of_numbers(cell)
    found = {dim: numbers[q % len(numbers)] + q // len(numbers) for q, dim in enumerate(cell.dimensions)}
    return {dim: 1 if dim in ones else size for dim, size in found.items()}


def of_numbers(cell: Cell) -> frozenset[Expr]:
    """The sizes of states of one number."""
    return frozenset(state.after.shape[0] for state in cell.numbers)


def lengths(derivation: Derivation) -> tuple[int, ...]:
    """The number of steps beyond four at which every limit in the formulas has been crossed, if there is one.

    A formula may change at T = c for every whole number c that stands beside a time letter, and a polynomial such as
    (t-k)(t-k-1)...(t-k-4) vanishes up to its last root, so two steps beyond the largest are taken.  Orders of an
    expansion need as many steps as factors.
    """
    exprs = [term for _, term in derivation.named_terms]
    exprs += [side for item in derivation.equations for side in (item.left, item.right)]
    sizes = frozenset(derivation.cell.dimensions)
    largest = max([*constants(iter(exprs), sizes), len(derivation.named_terms) - 1], default=0) + 2
    return (largest,) if largest > FIRST[-1] else ()
