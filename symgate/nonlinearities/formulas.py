"""What a formula of a user may hold, and where such a function has no derivative or no value."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from hashlib import blake2b

import sympy
from sympy import Expr, S

from symgate.errors import UnsupportedNodeError
from symgate.nonlinearities.record import Z, away_from_kinks

#: The nodes that every target of code generation spells.
NODES = (
    *(sympy.Add, sympy.Mul, sympy.Pow, sympy.Number, sympy.NumberSymbol, sympy.exp, sympy.log),
    *(sympy.sin, sympy.cos, sympy.tan, sympy.asin, sympy.acos, sympy.atan),
    *(sympy.sinh, sympy.cosh, sympy.tanh, sympy.asinh, sympy.acosh, sympy.atanh, sympy.erf),
    *(sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Heaviside),
    *(sympy.Piecewise, sympy.functions.elementary.piecewise.ExprCondPair, sympy.core.relational.Relational),
    *(sympy.And, sympy.Or, sympy.Not, sympy.logic.boolalg.BooleanTrue, sympy.logic.boolalg.BooleanFalse),
)

#: Reciprocals that are written with the functions above.
_RECIPROCALS = {
    sympy.sec: lambda z: 1 / sympy.cos(z),
    sympy.csc: lambda z: 1 / sympy.sin(z),
    sympy.cot: lambda z: 1 / sympy.tan(z),
    sympy.sech: lambda z: 1 / sympy.cosh(z),
    sympy.csch: lambda z: 1 / sympy.sinh(z),
    sympy.coth: lambda z: 1 / sympy.tanh(z),
    sympy.erfc: lambda z: 1 - sympy.erf(z),
}

#: How far beside a point one-sided slopes are taken, and from which difference on they differ.
ORDINARY = (
    "0.3717",
    "-0.6313",
    "1.2149",
    "-1.7717",
    "2.5903",
    "-3.1291",
    "0.0517",
    "5.2903",
    "61.3",
    "-58.7",
    "997",
    "-1003",
)
BESIDE = (sympy.Rational(-1, 8), sympy.Rational(1, 8))
#: Where between two points, away from the middle, in which odd functions vanish.
BETWEEN = sympy.Rational(3, 8)
#: How many points follow from the formulas, and up to where an error function is compared.
DRAWN, FAR = 6, 100
NEARLY = sympy.Rational(1, 10**40)
NEAR, APART = sympy.Rational(1, 10**20), sympy.Rational(1, 10**12)


def usual(formula: Expr) -> Expr:
    """The formula with secants and the like written by the functions that every target has."""
    for function, spelled in _RECIPROCALS.items():
        formula = formula.replace(function, spelled)
    return formula


def check(name: str, formula: Expr, slope: Expr | None) -> None:
    """Refuse a formula that some target cannot write: f, f' and f'' are looked at.

    Raises:
        UnsupportedNodeError: the message names the node.
    """
    first = away_from_kinks(formula.diff(Z)) if slope is None else slope
    for order, expr in enumerate((formula, first, away_from_kinks(first.diff(Z)))):
        marks = "'" * order
        if expr.has(sympy.I, S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity):
            raise UnsupportedNodeError(
                f"The formula of {name!r} is not a finite real function: {name}{marks} = {expr}."
            )
        for node in sympy.preorder_traversal(expr):
            if not (isinstance(node, NODES) or node == Z):
                raise UnsupportedNodeError(
                    f"The formula of {name!r} contains {type(node).__name__} ({node}) in {name}{marks}, which not "
                    "every target of code generation has. Use exp, log, powers, trigonometric and hyperbolic "
                    "functions, Abs, Max, Min, Piecewise, erf; or give the slope yourself."
                )


def kinks(formula: Expr) -> tuple[Expr, ...] | None:
    """Where a formula jumps or has two slopes, in order; None where that could not be found out."""
    found: list[Expr] = []
    for switch in _switches(formula):
        points = sympy.solveset(switch, Z, S.Reals)
        if not isinstance(points, sympy.FiniteSet) and points is not S.EmptySet:
            return None
        found += [point for point in points if point not in found and _turns(formula, point)]
    return tuple(sorted(found, key=lambda point: point.evalf()))


def _switches(formula: Expr) -> Iterator[Expr]:
    """What changes its sign where a branch changes."""
    for node in sympy.preorder_traversal(formula):
        if isinstance(node, (sympy.Abs, sympy.sign, sympy.Heaviside)):
            yield node.args[0]
        elif isinstance(node, (sympy.Max, sympy.Min)):
            yield from (a - b for place, a in enumerate(node.args) for b in node.args[:place])
        elif isinstance(node, sympy.core.relational.Relational):
            yield node.lhs - node.rhs


def _turns(formula: Expr, point: Expr) -> bool:
    """Whether the values, or the slopes, on both sides of a point differ."""

    def value(shift: Expr) -> Expr:
        return formula.subs(Z, point + shift).evalf(60)

    left, right = (value(-NEAR) - value(-2 * NEAR)) / NEAR, (value(2 * NEAR) - value(NEAR)) / NEAR
    return bool(abs(value(NEAR) - value(-NEAR)) > APART or abs(left - right) > APART)


def domain(name: str, formula: Expr) -> list[str]:
    """What the arguments must satisfy for the formula to have a value, in words."""
    found: dict[str, None] = {}
    for node in sympy.preorder_traversal(formula):
        if isinstance(node, sympy.log) and not node.args[0].is_positive:
            found[_all(name, node.args[0], "positive")] = None
        elif isinstance(node, sympy.Pow) and not node.exp.is_Integer and not node.base.is_positive:
            if node.base != sympy.E:
                found[_all(name, node.base, "positive")] = None
        elif isinstance(node, sympy.Pow) and node.exp.is_negative and not node.base.is_nonzero:
            if not (node.base.is_positive or sympy.solveset(node.base, Z, S.Reals) is S.EmptySet):
                found[_all(name, node.base, "nonzero")] = None
        elif isinstance(node, (sympy.asin, sympy.acos, sympy.atanh)):
            found[_all(name, node.args[0], "between -1 and 1")] = None
        elif isinstance(node, sympy.acosh):
            found[_all(name, node.args[0] - 1, "positive")] = None
    return list(found)


def _all(name: str, expr: Expr, what: str) -> str:
    return f"every argument of {name} is {what}" if expr == Z else f"{expr} is {what} for every argument z of {name}"


def _between(exprs: tuple[Expr, ...]) -> list[Expr]:
    """A number between every two neighbours among the points where a branch of some expression changes."""
    found: set[Expr] = set()
    for switch in {switch for expr in exprs for switch in _switches(expr)}:
        points = sympy.solveset(switch, Z, S.Reals)
        found |= set(points) if isinstance(points, sympy.FiniteSet) else set()
    ends = sorted((sympy.Rational(str(point.evalf(30))) for point in found if point.is_number), key=float)
    return [low + (high - low) * BETWEEN for low, high in itertools.pairwise(ends) if high > low]


def disagreement(formula: Expr, slope: Expr) -> Expr | None:
    """A point at which a slope is not the derivative of the formula; None where the two agree at every point tried.

    They are compared in the ordinary range, far out, beside every number that a branch compares with, between every
    two points where a branch changes, and at points that follow from both, which no slope can be made to fit.  Floats
    in them are taken as rounded.
    """
    true = away_from_kinks(formula.diff(Z))
    ends = {end for expr in (true, slope) for rel in expr.atoms(sympy.core.relational.Relational) for end in rel.args}
    beside = [end + step for end in sorted(ends - {Z}, key=sympy.default_sort_key) if end.is_Number for step in BESIDE]
    points = map(sympy.Rational, (*ORDINARY, *_drawn(true, slope), *beside, *_between((formula, true, slope))))
    has_error = any(expr.has(sympy.erf) for expr in (true, slope))
    far = FAR if has_error else sympy.oo  # far out 1 + erf(z) has no digit left, and evalf looks for one without end
    return next((point for point in points if abs(point) < far and _differ(true, slope, point)), None)


def _differ(true: Expr, slope: Expr, point: Expr) -> bool:
    """Whether two formulas have different values at a point; a difference that is one product may be ever so small."""
    gap, at = true - slope, {Z: sympy.Float(point, 60)}
    rounded = gap.has(sympy.Float)
    left, right = (expr.evalf(30 if rounded else 50, subs=at) for expr in (true, slope))
    if not (left.is_Number and right.is_Number and left.is_finite):
        return False
    small = sympy.S.Zero if gap.is_Add or rounded else gap.subs(Z, point).evalf(30)
    return bool(
        abs(left - right) > (APART if rounded else NEARLY) * (1 + abs(left)) or (small.is_Number and small != 0)
    )


def _drawn(true: Expr, slope: Expr) -> Iterator[Expr]:
    """Points from -10 to 10 that follow from a derivative and a slope."""
    for number in range(DRAWN):
        word = f"{number}|{sympy.srepr(true)}|{sympy.srepr(slope)}"
        found = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
        yield sympy.Rational(found % (2 * 10**9) - 10**9, 10**8)
