"""The learnability window: how many samples a lag needs, which lag N samples reach, where envelopes come from.

A lag l is found by the mean of N samples once f(l) is above epsilon sigma N^(-1/kappa), kappa = alpha/(alpha-1) for
noise of tail index alpha between 1 and 2, and 2 for finite variance.  The exponent is a property of the sample mean.
"""

from __future__ import annotations

import sympy
from sympy import Expr

from symgate.derive.states import free_name
from symgate.errors import unknown
from symgate.language import ScalarSignal
from symgate.language.sequences import LAG
from symgate.records import ByLaw, Cell, Derivation, Equation, Kind, Relation, definition

#: C, tau, beta and kappa of the laws; N samples; varsigma, the standard deviation of one of them.
C, TAU, BETA, KAPPA, SAMPLES, SIGMA = sympy.symbols("C tau beta kappa N varsigma", positive=True)
#: The margin of detection.
MARGIN = sympy.Symbol("epsilon", positive=True)
#: Parameters of the laws of gates and of rates.
A, B, THETA, LOW, HIGH = sympy.symbols("a b theta r_1 r_2", positive=True)

#: The decays of an envelope, with the condition under which the window begins at the first lag of its domain.
DECAYS = {
    "exponential": "c N^(1/kappa) is at least 1, with c = C/(epsilon sigma), so that lag 0 is reached",
    "power": "c N^(1/kappa) is at least 1, with c = C/(epsilon sigma), so that lag 1 is reached; lags from 1 on",
    "logarithmic": "(c N^(1/kappa))^(1/beta) is at least log 2, with c = C/(epsilon sigma), so that lag 2 is reached; "
    "lags from 2 on",
}

#: The laws of time scales, in words.
SPECTRA = {
    "beta": "gates drawn once for each unit from Beta(a, b), 1 - g kept (quenched): f(l) is the mean of (1 - g)^l",
    "annealed": "gates drawn anew for every step and unit from Beta(a, b), 1 - g kept: f(l) is (the mean of 1 - g)^l",
    "gamma": "rates 1/tau drawn once from a Gamma law of shape a and scale theta: f(l) is the mean of exp(-l/tau)",
    "log_uniform": "rates 1/tau between r_1 and r_2 whose logarithm is uniform, drawn once: f(l) is the mean of "
    "exp(-l/tau); l is real, E is the exponential integral of order 1",
}


def window(cell: Cell, decay: str) -> Derivation:
    """The learnability window of an envelope that decays by a law.

    Args:
        cell: whose envelope f is meant; the algebra is the same for every cell.
        decay: "exponential" C e^(-l/tau), "power" C l^(-beta), or "logarithmic" C / log(l)^beta.

    Returns:
        H_N, the lag at which f meets epsilon sigma N^(-1/kappa).  Claims: N_l, the samples that lag l needs, and the
        ratio of neighbouring lags, below 1, so that every shorter lag is found with fewer samples.

    Raises:
        UnknownNameError: there is no such decay.

    Source: arXiv:2512.05790.
    """
    if decay not in DECAYS:
        raise unknown("decay of an envelope", decay, DECAYS)
    reach = C * SAMPLES ** (1 / KAPPA) / (MARGIN * SIGMA)
    f = ScalarSignal(free_name(cell, "f", "envelope"), LAG)
    law: dict[str, tuple[Expr, Expr, Expr, Expr]] = {
        "exponential": (
            C * sympy.exp(-LAG / TAU),
            TAU * sympy.log(reach),
            (MARGIN * SIGMA / C) ** KAPPA * sympy.exp(KAPPA * LAG / TAU),
            sympy.exp(-1 / TAU),
        ),
        "power": (
            C * LAG**-BETA,
            reach ** (1 / BETA),
            (MARGIN * SIGMA / C) ** KAPPA * LAG ** (BETA * KAPPA),
            (LAG / (LAG + 1)) ** BETA,
        ),
        "logarithmic": (
            C * sympy.log(LAG) ** -BETA,
            sympy.exp(reach ** (1 / BETA)),
            (MARGIN * SIGMA / C) ** KAPPA * sympy.log(LAG) ** (BETA * KAPPA),
            (sympy.log(LAG) / sympy.log(LAG + 1)) ** BETA,
        ),
    }
    envelope, horizon, samples, ratio = law[decay]
    return Derivation(
        name=f"{cell.name}_window_{decay}",
        kind=Kind.WINDOW,
        of=ScalarSignal("H", SAMPLES),
        wrt=SAMPLES,
        named_terms=(("window", horizon),),
        cell=cell,
        parameters=ByLaw(decay),
        source="arXiv:2512.05790",
        equations=(
            definition(f, envelope),
            Equation("samples", ScalarSignal("N", LAG), samples, label="samples that lag l needs"),
            Equation("ratio", f.xreplace({LAG: LAG + 1}), ratio * f, label="from one lag to the next"),
        ),
        assumptions=(
            DECAYS[decay],
            "the estimator is the sample mean: the median needs about f(l)^(-2) samples for every kappa",
        ),
        remark=(
            "Identity: H_N is the lag at which the envelope f equals epsilon sigma N^(-1/kappa), and N_l is its "
            "inverse. That the envelope decays by this law is an assumption. The window is not empty if "
            f"{DECAYS[decay]}."
        ),
    )


def envelope(cell: Cell, spectrum: str) -> Derivation:
    """The envelope that a law of time scales gives.

    Args:
        cell: whose gates are meant.
        spectrum: "beta" or "annealed" (gates from a Beta law, drawn once or at every step), "gamma" or "log_uniform"
            (decay rates, drawn once).

    Returns:
        f(l), the mean of what is kept over l steps, with f(0) = 1 where it has a value there, its recursion in l or its
        derivative, and how it decays, approximately.  That it is the mean over the law is its definition, an integral
        that is not proved here.

    Raises:
        UnknownNameError: there is no such spectrum.

    Source: arXiv:2512.05790; the moments of the Beta and Gamma laws are classical.
    """
    if spectrum not in SPECTRA:
        raise unknown("spectrum of time scales", spectrum, SPECTRA)
    f = ScalarSignal(free_name(cell, "f", "envelope"), LAG)
    after, start = f.xreplace({LAG: LAG + 1}), f.xreplace({LAG: sympy.S.Zero})
    span = sympy.log(HIGH / LOW)
    law: dict[str, tuple[Expr, Expr | None, Expr | None]] = {
        "beta": (
            sympy.gamma(B + LAG) * sympy.gamma(A + B) / (sympy.gamma(B) * sympy.gamma(A + B + LAG)),
            (B + LAG) / (A + B + LAG),
            sympy.gamma(A + B) / sympy.gamma(B) * LAG**-A,
        ),
        "annealed": ((B / (A + B)) ** LAG, B / (A + B), None),
        "gamma": (
            (1 + THETA * LAG) ** -A,
            ((1 + THETA * LAG) / (1 + THETA * (LAG + 1))) ** A,
            (THETA * LAG) ** -A,
        ),
        "log_uniform": (
            (sympy.expint(1, LOW * LAG) - sympy.expint(1, HIGH * LAG)) / span,
            None,
            sympy.exp(-LOW * LAG) / (LOW * LAG * span),
        ),
    }
    value, ratio, tail = law[spectrum]
    proved = (
        "that f has this derivative and vanishes at long lags"
        if ratio is None
        else "that f has this start and recursion"
    )
    claims = [] if tail is None else [Equation("decay", f, tail, Relation.APPROXIMATELY, label="at long lags")]
    if ratio is not None:
        claims = [
            Equation("start", start, sympy.S.One, label="at lag 0"),
            Equation("recursion", after, ratio * f, label="from one lag to the next"),
            *claims,
        ]
    else:
        slope = -(sympy.exp(-LOW * LAG) - sympy.exp(-HIGH * LAG)) / (LAG * span)
        claims = [
            Equation("slope", ScalarSignal("f_slope", LAG), slope, label="derivative with respect to the lag"),
            *claims,
        ]
    return Derivation(
        name=f"{cell.name}_envelope_{spectrum}",
        kind=Kind.ENVELOPE,
        of=f,
        wrt=LAG,
        named_terms=(("envelope", value),),
        cell=cell,
        parameters=ByLaw(spectrum),
        source="arXiv:2512.05790",
        equations=tuple(claims),
        assumptions=(SPECTRA[spectrum],),
        remark=(
            f"By definition: {SPECTRA[spectrum]}. It is proved {proved}, which determines f at every lag; the decay at "
            "long lags is an approximation with a relative error of first order in 1/l."
            if spectrum != "annealed"
            else f"By definition: {SPECTRA[spectrum]}."
        ),
    )
