"""Work is counted, never timed: the same call spends the same work on any machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from symgate.errors import SymgateError

T = TypeVar("T")


class BudgetExceededError(SymgateError):
    """A decision would need more work than its budget allows; ``needed`` is a lower estimate of the whole."""

    def __init__(self, needed: int, allowed: int, of: str = "operations") -> None:
        """Say how much was asked and how much allowed."""
        self.needed = needed
        super().__init__(f"would need about {needed} {of}, {allowed} are allowed; allow more with budget=")


_OPERATIONS, _TERMS = 1_200_000, 60_000


@dataclass(frozen=True)
class Budget:
    """What a decision may cost.

    Attributes:
        operations: the largest number of operations on factors of terms; the default is about five seconds of one
            core.
        terms: the largest number of terms of one sum, which bounds the memory.
        spent: how many of the operations other comparisons of the same result have used.
    """

    operations: int = _OPERATIONS
    terms: int = _TERMS
    spent: int = 0

    @classmethod
    def of(cls, given: Budget | int, /) -> Budget:
        """A budget as it is given; of a number of operations, with terms in proportion."""
        if isinstance(given, Budget):
            return given
        return cls(operations=given, terms=max(_TERMS, given * _TERMS // _OPERATIONS))


@dataclass(frozen=True)
class Cost:
    """What was done within a budget, and so what any budget must allow for the same to be done.

    Attributes:
        work: operations counted.
        highest: the most operations that were expected at any time, those counted before included.
        widest: the most terms that a sum was expected to have.
    """

    work: int
    highest: int
    widest: int

    def fits(self, budget: Budget) -> bool:
        """Whether a budget allows it."""
        return self.highest <= budget.operations - budget.spent and self.widest <= budget.terms


class Meter:
    """Counts the work of one decision against its budget."""

    def __init__(self, budget: Budget) -> None:
        """Start at nothing."""
        self.budget = budget
        self.work = 0
        self.exceeded = False
        self._left = budget.operations - budget.spent
        self._highest = self._widest = 0

    @property
    def cost(self) -> Cost:
        """What was done so far."""
        return Cost(self.work, max(self._highest, self.work), self._widest)

    def repeat(self, cost: Cost) -> None:
        """Count what was done elsewhere, at the start of a decision whose budget it fits."""
        self.work, self._highest, self._widest = cost.work, cost.highest, cost.widest

    @contextmanager
    def measured(self, costs: list[Cost]) -> Iterator[None]:
        """What is done within this is appended to ``costs``, and counted as ever."""
        work, highest, widest = self.work, self._highest, self._widest
        self._highest = self._widest = 0
        try:
            yield
            costs.append(Cost(self.work - work, max(self._highest, self.work) - work, self._widest))
        finally:
            self._highest, self._widest = max(highest, self._highest), max(widest, self._widest)

    def again(self, cost: Cost) -> bool:
        """Count what was done before, where the budget allows it; whether it does."""
        if self.work + cost.highest > self._left or cost.widest > self.budget.terms:
            return False
        self._highest = max(self._highest, self.work + cost.highest)
        self._widest = max(self._widest, cost.widest)
        self.work += cost.work
        return True

    def attempt(self, operations: int, work: Callable[[], T]) -> T | None:
        """What a piece of work gives within so many operations; None where it needs more.

        Raises:
            BudgetExceededError: the budget itself allows less, and that is not enough.
        """
        left, end = self._left, self.work + operations
        highest, widest = self._highest, self._widest
        self._left = min(left, end)
        try:
            return work()
        except BudgetExceededError:
            if left < end:
                raise
            self.exceeded = False
            self._highest, self._widest = max(highest, end), widest
            return None
        finally:
            self._left = left

    def spend(self, operations: int) -> None:
        """Count operations.

        Raises:
            BudgetExceededError: the budget is used up.
        """
        self.work += operations
        if self.work > self._left:
            self.exceeded = True
            raise BudgetExceededError(self.budget.spent + self.work, self.budget.operations)

    def expect(self, terms: int) -> None:
        """Refuse a sum before it is written out.

        Raises:
            BudgetExceededError: so many terms are more than the budget allows.
        """
        if terms > self._widest:
            self._widest = terms
            if terms > self.budget.terms:
                self.exceeded = True
                raise BudgetExceededError(terms, self.budget.terms, "terms of one sum")
        self._highest = max(self._highest, self.work + terms)
        if self.work + terms > self._left:
            self.exceeded = True
            raise BudgetExceededError(self.budget.spent + self.work + terms, self.budget.operations)
