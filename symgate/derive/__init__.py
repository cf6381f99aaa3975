"""What is derived from a cell: Jacobians, gradients, splits, expansions, learning rates, analogies, as records."""

from symgate.catalogue import SPLITS
from symgate.derive.analogies import ANALOGIES, analogy
from symgate.derive.continuous import continuous_time, retention_time
from symgate.derive.diagonals import diagonal
from symgate.derive.expansion import expand
from symgate.derive.gradients import Gradient, gradient
from symgate.derive.influences import influence, truncate
from symgate.derive.jacobians import assumptions, jacobian, kronecker, objects, vjp
from symgate.derive.lag_sums import lags
from symgate.derive.learning_rate import effective_learning_rate
from symgate.derive.preconditioning import preconditioner
from symgate.derive.remainders import remainder
from symgate.derive.rests import rest
from symgate.derive.results import build, result, results
from symgate.derive.splits import split
from symgate.derive.states import state_jacobian, term_names
from symgate.derive.tangents import curvature, tangent
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
    "curvature",
    "diagonal",
    "effective_learning_rate",
    "expand",
    "gradient",
    "influence",
    "jacobian",
    "kronecker",
    "lags",
    "objects",
    "preconditioner",
    "remainder",
    "rest",
    "result",
    "results",
    "retention_time",
    "split",
    "state_jacobian",
    "tangent",
    "term_names",
    "transport",
    "truncate",
    "vjp",
]
