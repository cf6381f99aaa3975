"""What a decision says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sympy import Expr


class Outcome(Enum):
    """What became of the comparison of two expressions."""

    EQUAL = "equal"  # a proof, at every size and every time of the stated domain
    DIFFERENT = "different"  # the canonical forms differ: no proof, and no refutation either
    UNDECIDED = "undecided"  # outside the language, or beyond the budget


class Level(Enum):
    """What may be used of the nonlinearities, from the strongest statement to the weakest."""

    OPAQUE = "opaque"  # nothing: it holds for any differentiable functions
    RULES = "rules"  # what is known of the registered functions that are written by their name
    BOUND = "bound"  # also of those that the cell binds its opaque functions to


@dataclass(frozen=True)
class Decision:
    """The outcome of one comparison.

    Attributes:
        outcome: equal, different or undecided.
        level: what was used of the functions, where equal; the last level tried otherwise.
        work: operations counted, the same on every machine.
        reason: why it is undecided, or the first term in which the forms differ; empty where equal.
        needed: an estimate of the work, where the budget was exceeded.
        letters: for each size the largest number of index letters of a term of the difference, free ones
            included: a witness, where there is one, lies at a size from here...
        degrees: ... to this many more: the degree of the coefficients in that size.
        terms: how many terms the difference has; 0 where equal.
    """

    outcome: Outcome
    level: Level
    work: int
    reason: str = ""
    needed: int | None = None
    letters: Mapping[Expr, int] = field(default_factory=dict)
    degrees: Mapping[Expr, int] = field(default_factory=dict)
    terms: int = 0

    @property
    def equal(self) -> bool:
        """Whether the two are proved equal."""
        return self.outcome is Outcome.EQUAL
