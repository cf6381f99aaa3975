"""Work is counted, never timed: the same call spends the same work on any machine."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import SymgateError


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


class Meter:
    """Counts the work of one decision against its budget."""

    def __init__(self, budget: Budget) -> None:
        """Start at nothing."""
        self.budget = budget
        self.work = 0
        self._left = budget.operations - budget.spent

    def spend(self, operations: int) -> None:
        """Count operations.

        Raises:
            BudgetExceededError: the budget is used up.
        """
        self.work += operations
        if self.work > self._left:
            raise BudgetExceededError(self.budget.spent + self.work, self.budget.operations)

    def expect(self, terms: int) -> None:
        """Refuse a sum before it is written out.

        Raises:
            BudgetExceededError: so many terms are more than the budget allows.
        """
        if terms > self.budget.terms:
            raise BudgetExceededError(terms, self.budget.terms, "terms of one sum")
        if self.work + terms > self._left:
            raise BudgetExceededError(self.budget.spent + self.work + terms, self.budget.operations)
