"""Figures.  The only part that touches matplotlib, imported when a figure is drawn.

Every figure is drawn on its own canvas (no pyplot, no global state), in colours that colour-blind
readers can tell apart, with markers and line styles that survive grey print.  A function draws the arrays
it is given and computes nothing but their place on the page.
"""

from symgate.plots.analyses import fixed_points, gradient_angles, lag_profile, lyapunov_spectrum, remainders
from symgate.plots.canvas import COLOURS, DASHES, FORMATS, MARKERS, save, svg
from symgate.plots.curved import curvature
from symgate.plots.experiments import experiment_figures
from symgate.plots.many_steps import expansion_error, learning_rates, local_errors
from symgate.plots.one_step import derivation_times, jacobian_terms, spectra
from symgate.plots.optimisers import adam, momentum, schedule
from symgate.plots.spectrum import jacobian_spectrum

__all__ = [
    "COLOURS",
    "DASHES",
    "FORMATS",
    "MARKERS",
    "adam",
    "curvature",
    "derivation_times",
    "expansion_error",
    "experiment_figures",
    "fixed_points",
    "gradient_angles",
    "jacobian_spectrum",
    "jacobian_terms",
    "lag_profile",
    "learning_rates",
    "local_errors",
    "lyapunov_spectrum",
    "momentum",
    "remainders",
    "save",
    "schedule",
    "spectra",
    "svg",
]
