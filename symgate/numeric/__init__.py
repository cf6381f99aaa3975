"""Generated functions at work: loading, trajectories, products of Jacobians, gradients, spectra.

Arrays carry their batch axes in front, any number of them: inputs (..., T, m) give states
(..., T + 1, n) with x_t at index t, and stacks of Jacobians (..., T, n, n) with J_t = dx_t/dx_{t-1} at
index t - 1.  A batch of sequences is (B, T, m); one sequence (T, m) has no batch axis in any result.
M_{t,k} = J_t ... J_{k+1} carries from step k to step t: later factors stand on the left, M_{t,t} = I.
Several states lie side by side in the order of declaration, (..., T + 1, N) and (..., T, N, N): a trajectory cuts
them by name, ``trajectory.state("c")``, ``trajectory.block(J, "h", "c")``, ``trajectory.slices``.
"""

from symgate.numeric.bounds import remainder_bound
from symgate.numeric.curvature import gauss_newton_product, hessian_product, tangent_trajectory
from symgate.numeric.diagonal import diagonal_first_order, diagonal_words, first_order
from symgate.numeric.equilibria import FixedPoints, fixed_points
from symgate.numeric.exponents import Lyapunov, lyapunov
from symgate.numeric.gradients import adjoint, example_gradients, loss_gradient
from symgate.numeric.influences import InfluenceRun, influence
from symgate.numeric.lags import LagGradients, lag_gradients
from symgate.numeric.lanczos import Eigenpairs
from symgate.numeric.load import GeneratedFunction, export, lambdify, term_functions
from symgate.numeric.measures import anisotropy_index, energy_concentration, gradient_anisotropy
from symgate.numeric.norms import log_sensitivities, sensitivities
from symgate.numeric.products import expand_product, expansion_orders, transport
from symgate.numeric.rates import EffectiveRates, effective_learning_rates
from symgate.numeric.sharpness import CurvatureSpectrum, curvature_spectrum
from symgate.numeric.spectra import Spectra, singular_spectra
from symgate.numeric.stacks import jacobian_terms, jacobians, split
from symgate.numeric.trajectories import Trajectory, rollout

__all__ = [
    "CurvatureSpectrum",
    "EffectiveRates",
    "Eigenpairs",
    "FixedPoints",
    "GeneratedFunction",
    "InfluenceRun",
    "LagGradients",
    "Lyapunov",
    "Spectra",
    "Trajectory",
    "adjoint",
    "anisotropy_index",
    "curvature_spectrum",
    "diagonal_first_order",
    "diagonal_words",
    "effective_learning_rates",
    "energy_concentration",
    "example_gradients",
    "expand_product",
    "expansion_orders",
    "export",
    "first_order",
    "fixed_points",
    "gauss_newton_product",
    "gradient_anisotropy",
    "hessian_product",
    "influence",
    "jacobian_terms",
    "jacobians",
    "lag_gradients",
    "lambdify",
    "log_sensitivities",
    "loss_gradient",
    "lyapunov",
    "remainder_bound",
    "rollout",
    "sensitivities",
    "singular_spectra",
    "split",
    "tangent_trajectory",
    "term_functions",
    "transport",
]
