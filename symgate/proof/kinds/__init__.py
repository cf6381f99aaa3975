"""The judge of each kind of result: which comparisons prove each of its statements.

A judge is a function from a derivation to goals.  A goal serves one statement (by its key); a statement is proved
where it has a goal and all its goals hold.  Each goal is a comparison of two expressions, or of an expression with the
derivative of the recurrence, in the decision procedure; a closed form over time is compared in its start and its step.
"""

from symgate.proof.kinds.goals import Goal, Unjudged
from symgate.proof.kinds.table import JUDGES

__all__ = ["JUDGES", "Goal", "Unjudged"]
