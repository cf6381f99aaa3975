"""Equality of expressions of a cell, decided in index notation for all sizes at once.

``decide(cell, left, right)`` compares two expressions (matrices, vectors or scalars; sums and products over time
may occur); ``decide_step(cell, of, wrt, claim, layout)`` compares a claim with the derivative of the recurrence,
which is taken here, on forms, by the scalar product and chain rules.  Equal canonical forms are a proof.  Different
forms refute nothing by themselves: ``Decision.letters`` and ``Decision.degrees`` say at which sizes to look for a
witness.  In an expression ``StepDerivative(of, wrt)`` stands for the exact derivative of one step.

    decide(cell, left, right, definitions={J_t: ...}, given=[Le(k, t)])

``definitions`` gives meaning to names (``J`` at one time letter means it at every time); ``given`` is the domain of
the free times.  What a definition by recursion claims is decided in two calls, base and step (``decide_induction``).
``docs/decision.md`` proves the procedure.
"""

from symgate.proof.decision.budget import Budget, BudgetExceededError
from symgate.proof.decision.decide import decide, may_hold_zero
from symgate.proof.decision.outcome import Decision, Level, Outcome
from symgate.proof.decision.steps import Layout, decide_step
from symgate.proof.decision.truth import StepDerivative

__all__ = [
    "Budget",
    "BudgetExceededError",
    "Decision",
    "Layout",
    "Level",
    "Outcome",
    "StepDerivative",
    "decide",
    "decide_step",
    "may_hold_zero",
]
