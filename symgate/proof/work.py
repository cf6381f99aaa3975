"""Work is counted, never timed, and counted before it is done: the same call ends the same way on any machine."""

from __future__ import annotations

from dataclasses import dataclass

from symgate.errors import UnsupportedNodeError

#: Operations between scalars that one opinion or one search for a witness may take.
OPERATIONS = 3_000_000


class TooMuchError(UnsupportedNodeError):
    """An evaluation would take more operations than are allowed; ``needed`` is a lower estimate."""

    def __init__(self, needed: int, allowed: int) -> None:
        self.needed = needed
        super().__init__(f"would need about {needed} operations, {allowed} are allowed; allow more with budget=")


@dataclass
class Work:
    """A counter of operations: every table is paid for, entry by entry, before it is built."""

    allowed: int = OPERATIONS
    spent: int = 0

    def spend(self, operations: int) -> None:
        """Pay for operations that follow.

        Raises:
            TooMuchError: the budget does not cover them.
        """
        self.spent += operations
        self.expect(0)

    def expect(self, operations: int) -> None:
        """Refuse what the rest of the budget does not cover, without paying.

        Raises:
            TooMuchError: it does not.
        """
        if self.spent + operations > self.allowed:
            raise TooMuchError(self.spent + operations, self.allowed)
