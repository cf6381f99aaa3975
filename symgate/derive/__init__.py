"""What is derived from a cell: Jacobians, gradients, splits, expansions, learning rates, analogies, as records."""

from symgate.catalogue import SPLITS
from symgate.derive.analogies import ANALOGIES, analogy
from symgate.derive.continuous import continuous_time, retention_time
from symgate.derive.diagonals import diagonal
from symgate.derive.expansion import expand
from symgate.derive.gradients import Gradient, gradient
from symgate.derive.jacobians import assumptions, jacobian, objects, vjp
from symgate.derive.learning_rate import effective_learning_rate, preconditioner
from symgate.derive.remainders import remainder
from symgate.derive.results import build, result, results
from symgate.derive.splits import split
from symgate.derive.states import state_jacobian, term_names
from symgate.derive.transports import transport
from symgate.language.continuous import Discretisation

__all__ = [
    "ANALOGIES",
    "SPLITS",
    "Discretisation",
    "Gradient",
    "analogy",
    "assumptions",
    "build",
    "continuous_time",
    "diagonal",
    "effective_learning_rate",
    "expand",
    "gradient",
    "jacobian",
    "objects",
    "preconditioner",
    "remainder",
    "result",
    "results",
    "retention_time",
    "split",
    "state_jacobian",
    "term_names",
    "transport",
    "vjp",
]
