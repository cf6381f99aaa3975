"""Work is counted, never timed: the same call spends the same work on any machine."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import SymgateError


class BudgetExceededError(SymgateError):
    """A decision would need more work than its budget allows; ``needed`` is a lower estimate of the whole."""

    def __init__(self, needed: int, allowed: int) -> None:
        """Say how much was asked and how much allowed."""
        self.needed = needed
        super().__init__(f"would need about {needed} operations, {allowed} are allowed; allow more with budget=")


@dataclass(frozen=True)
class Budget:
    """What a decision may cost.

    Attributes:
        operations: the largest number of operations on factors of terms; the default is about five seconds of one
            core.
        terms: the largest number of terms of one sum, which bounds the memory.
    """

    operations: int = 1_200_000
    terms: int = 60_000


class Meter:
    """Counts the work of one decision against its budget."""

    def __init__(self, budget: Budget) -> None:
        """Start at nothing."""
        self.budget = budget
        self.work = 0

    def spend(self, operations: int) -> None:
        """Count operations.

        Raises:
            BudgetExceededError: the budget is used up.
        """
        self.work += operations
        if self.work > self.budget.operations:
            raise BudgetExceededError(self.work, self.budget.operations)

    def expect(self, terms: int) -> None:
        """Refuse a sum before it is written out.

        Raises:
            BudgetExceededError: so many terms are more than the budget allows.
        """
        if terms > self.budget.terms:
            raise BudgetExceededError(self.work + terms, self.budget.operations)
        if self.work + terms > self.budget.operations:
            raise BudgetExceededError(self.work + terms, self.budget.operations)
