"""The registry of nonlinearities: one entry holds the function, its derivative, its TeX and its kernels.

An entry without a formula is *opaque*: it stands for any differentiable function, so what is
derived with it holds for every one.  Numbers need a formula; a cell binds an opaque name to one.

The NumPy kernels are written for saturation: finite and accurate for every float, NaN in gives
NaN out.  Writing s'(z) as e/(1+e)^2 with e = exp(-|z|) costs nothing; the textbook s(z)(1-s(z))
has no correct digit left from |z| = 37 on, and exp overflows at z = -1000.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import sympy

from symgate.errors import DefinitionError, NameRefusedError, unknown
from symgate.names import check_name
from symgate.nonlinearities import formulas
from symgate.nonlinearities.activations import activations, condition
from symgate.nonlinearities.basic import basic
from symgate.nonlinearities.record import Nonlinearity, Z

__all__ = ["Nonlinearity", "Z", "nonlinearity", "register_nonlinearity", "registered_nonlinearities", "root"]

_REGISTRY: dict[str, Nonlinearity] = {entry.name: entry for entry in [*basic(), *activations()]}
#: The names of roots, which need no call of ``register_nonlinearity``.
_ROOT = re.compile(r"root_([3-9]|[1-5][0-9]|6[0-4])")
_DOMAINS = ("real", "positive", "nonnegative", "nonzero")


def nonlinearity(name: str) -> Nonlinearity:
    """The registered nonlinearity of that name.

    Raises:
        UnknownNameError: there is none; the message names the nearest ones.
    """
    try:
        return _REGISTRY[known(name)]
    except (KeyError, TypeError):
        raise unknown("nonlinearity", name, _REGISTRY, "Add one with sg.register_nonlinearity.") from None


def known(name: str) -> str:
    """The name; that of a root comes into the registry, so that a cell that holds one is read in another process."""
    if match := _ROOT.fullmatch(name):
        root(int(match[1]))
    return name


def registered_nonlinearities() -> tuple[str, ...]:
    """The names in the registry, in the order of registration."""
    return tuple(_REGISTRY)


def root(q: int) -> Nonlinearity:
    """The q-th root of a positive number, under the name ``root_q``; of q = 2 it is ``sqrt``."""
    if q == 2:
        return _REGISTRY["sqrt"]
    name = f"root_{q}"
    if name not in _REGISTRY:
        formula, slope = Z ** sympy.Rational(1, q), Z ** (sympy.Rational(1, q) - 1) / q
        assumption = condition(name, "positive", ())
        latex = rf"\operatorname{{root\_{q}}}"
        _REGISTRY[name] = Nonlinearity(name, latex, formula, slope, assumption=assumption, domain="positive")
    return _REGISTRY[name]


def register_nonlinearity(
    name: str,
    formula: Callable[[sympy.Symbol], sympy.Expr] | None,
    *,
    latex: str | None = None,
    slope: Callable[[sympy.Symbol], sympy.Expr] | None = None,
    surrogate: bool = False,
    domain: str | None = None,
    kinks: Sequence[float] | None = None,
    value_rule: Callable[[sympy.Expr], sympy.Expr] | None = None,
) -> Nonlinearity:
    """Add a nonlinearity in one call: ``register_nonlinearity("swish", lambda z: z / (1 + sympy.exp(-z)))``.

    Args:
        name: a plain name that is not yet taken.
        formula: a function from a real SymPy symbol to a SymPy expression in that symbol alone,
            or None for an opaque function.
        latex: the *letters* under which formulas print it; they are set upright.  Default: ``name``.
        slope: the derivative in another form; or, with ``surrogate``, your own choice of slope in its place, such as
            the surrogate gradient of a spike; every certificate then says that it is not the derivative.
        surrogate: whether ``slope`` is not the derivative.
        domain: "real", "positive", "nonnegative" or "nonzero"; default: read off the formula.
        kinks: where the derivative does not exist; default: read off the formula.
        value_rule: f' as a polynomial in y = f(z), such as ``lambda y: 1 - y**2``.

    Returns:
        The new entry.  Its derivative is computed; source for every target is printed from both.

    Raises:
        NameRefusedError: the name is not plain or already taken, or ``latex`` is not a plain name.
        TypeError: ``formula`` or ``slope`` did not return a SymPy expression in its argument.
        UnsupportedNodeError: the formula contains something that not every target can compute.
        DefinitionError: the slope or the value rule is not the derivative, or an option makes no sense.
    """
    check_name(name, "nonlinearity")
    if name in _REGISTRY or _ROOT.fullmatch(name):
        raise NameRefusedError(f"A nonlinearity {name!r} is already registered. Choose another name.")
    shown = rf"\operatorname{{{check_name(latex if latex is not None else name, 'printed nonlinearity')}}}"
    shown = shown.replace("_", r"\_")
    if formula is None:
        if slope or surrogate or domain or kinks or value_rule:
            raise DefinitionError(f"{name!r} has no formula: an opaque function has no slope, domain, kinks or rule.")
        entry = Nonlinearity(name, shown)
    else:
        expression = formulas.usual(_called(name, "formula", formula))
        own = formulas.usual(_called(name, "slope", slope)) if slope is not None else None
        formulas.check(name, expression, own)
        _agree(name, expression, own, surrogate=surrogate, value_rule=value_rule)
        points, words = _conditions(name, expression, surrogate=surrogate, domain=domain, kinks=kinks)
        entry = Nonlinearity(
            name,
            shown,
            expression,
            slope=own,
            value_rule=value_rule,
            assumption=words,
            domain=domain or "real",
            kinks=points,
            surrogate=surrogate,
        )
    _REGISTRY[name] = entry
    return entry


def _called(name: str, what: str, formula: Callable[[sympy.Symbol], sympy.Expr]) -> sympy.Expr:
    """What the user's function gives for the symbol."""
    if not callable(formula):
        raise TypeError(
            f"The {what} of {name!r} must be a function, such as lambda z: z / (1 + z**2); found {formula!r}."
        )
    try:
        found = formula(Z)
    except TypeError as error:
        raise TypeError(
            f"The {what} of {name!r} does not take a SymPy symbol ({error}). Write it with functions of SymPy, such as "
            "sympy.tanh(z) in place of numpy.tanh(z)."
        ) from None
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        found = sympy.Rational(repr(found))
    if not isinstance(found, sympy.Expr) or found.free_symbols - {Z}:
        raise TypeError(
            f"The {what} of {name!r} must return a SymPy expression in its argument alone; found {found!r}."
        )
    return found


def _agree(
    name: str,
    formula: sympy.Expr,
    slope: sympy.Expr | None,
    *,
    surrogate: bool,
    value_rule: Callable[[sympy.Expr], sympy.Expr] | None,
) -> None:
    """Refuse a slope or a rule that is not the derivative, and a surrogate without a slope."""
    if surrogate and slope is None:
        raise DefinitionError(f"surrogate=True needs the slope of {name!r}, as in slope=lambda z: ....")
    if slope is not None and not surrogate and (at := formulas.disagreement(formula, slope)) is not None:
        raise DefinitionError(
            f"The slope of {name!r} is not its derivative at z = {at}. For a surrogate gradient say surrogate=True."
        )
    if value_rule is not None:
        rule = value_rule(formula)
        at = formulas.disagreement(formula, rule) if isinstance(rule, sympy.Expr) else Z
        y = sympy.Symbol("y")
        if at is not None or surrogate or not sympy.sympify(value_rule(y), strict=True).is_polynomial(y):
            raise DefinitionError(
                f"The value rule of {name!r} must give its derivative as a polynomial in y = {name}(z)."
            )


def _conditions(
    name: str,
    formula: sympy.Expr,
    *,
    surrogate: bool,
    domain: str | None,
    kinks: Sequence[float] | None,
) -> tuple[tuple[sympy.Expr, ...], str]:
    """The kinks, and all that a derivation has to say."""
    if domain is not None and domain not in _DOMAINS:
        raise DefinitionError(f"The domain of {name!r} is one of {', '.join(_DOMAINS)}; found {domain!r}.")
    if surrogate:
        return (), f"{name}' is the surrogate slope given with {name}, which is not its derivative"
    points = tuple(sympy.Rational(repr(kink)) for kink in kinks) if kinks is not None else formulas.kinks(formula)
    parts = [condition(name, domain, ())] if domain else formulas.domain(name, formula)
    parts.append(
        condition(name, "real", points)
        if points is not None
        else f"no argument of {name} lies between two branches of it"
    )
    return points or (), " and ".join(part for part in parts if part)
