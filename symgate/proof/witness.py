"""A concrete case in which a formula is wrong: small sizes, small rationals, actual functions.

Where the recurrence has no transcendental function both numbers are exact.  Otherwise they are
computed to 50 and again to 80 digits, and they must differ by far more than those disagree.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.algebras import Algebra, Decimal, Rational
from symgate.proof.certificate import Witness
from symgate.proof.entries import Entries, Table
from symgate.proof.functions import BOUND, functions
from symgate.records import Derivation

#: Values that keep functions away from saturation and from kinks.
POOL = tuple(Fraction(p, q) for p, q in ((1, 2), (-1, 2), (1, 3), (-2, 3), (3, 4), (-1, 4), (1, 5), (-3, 5), (1, 1)))
#: A difference counts from here on, relative to the larger number; working precision is 1e-50.
CERTAIN = Fraction(1, 10**15)
DRAWS = 3


def find(derivation: Derivation, *, seed: int = 0) -> Witness | None:
    """The smallest case in which the right side differs from the derivative of the recurrence; None if none was met."""
    for sizes in _sizes(derivation):
        for number in range(DRAWS):
            source = random.Random(f"{seed}|{number}")  # noqa: S311  reproducible, not secret
            found = _judge(derivation, sizes, layout.filled(layout.leaves(derivation), sizes, _chooser(source)))
            if found is not None:
                return found
    return None


def _chooser(source: random.Random) -> Callable[[Expr, int, int], Fraction]:
    return lambda _symbol, _i, _j: source.choice(POOL)


def _sizes(derivation: Derivation) -> Iterator[dict[Expr, int]]:
    """Sizes from the smallest on."""
    dims = derivation.cell.dimensions
    for first, others in ((1, 1), (2, 1), (2, 2), (3, 2)):
        yield {dim: first if k == 0 else others for k, dim in enumerate(dims)}


def _judge(derivation: Derivation, sizes: Mapping[Expr, int], points: Mapping[Expr, Any]) -> Witness | None:
    """The entry that differs most at one point, once it is certain."""
    own = functions(derivation.cell, BOUND)
    exact = True
    try:
        claimed, true = _both(derivation, sizes, points, Rational(own))
    except (UnsupportedNodeError, ZeroDivisionError):
        exact = False
        try:
            claimed, true = _both(derivation, sizes, points, Decimal(own, 50))
        except (UnsupportedNodeError, ZeroDivisionError):
            return None
    key = max(sorted(claimed), key=lambda k: abs(claimed[k] - true[k]), default=None)
    if key is None or not _apart(claimed[key], true[key]):
        return None
    if not exact:
        again = _both(derivation, sizes, points, Decimal(own, 80))
        if _apart(again[0][key], claimed[key]) or _apart(again[1][key], true[key]):
            return None
    row, col = layout.position(derivation, key, sizes)
    return Witness(
        sizes={str(dim): size for dim, size in sizes.items()},
        values={symbol.name: _plain(value) for symbol, value in points.items()},
        functions={name: bound or "tanh" for name, bound in derivation.cell.functions},
        entry=(row + 1, col + 1),
        claimed=_text(claimed[key]),
        true=_text(true[key]),
        exact=exact,
    )


def _both(
    derivation: Derivation, sizes: Mapping[Expr, int], points: Mapping[Expr, Any], algebra: Algebra
) -> tuple[dict[layout.Key, Any], dict[layout.Key, Any]]:
    """The right side and the derivative of the recurrence, with every entry present in both."""

    def number(value: Any) -> Any:
        if isinstance(value, Table):
            return Table(value.cols, [{j: number(item) for j, item in line.items()} for line in value.lines])
        return algebra.number(sympy.Rational(value.numerator, value.denominator))

    values = {symbol: number(value) for symbol, value in points.items()}
    claimed = layout.claimed(derivation, Entries(algebra, sizes, values, derivation.cell.definitions))
    true = layout.differentiated(derivation, algebra, sizes, values)
    keys = sorted(claimed.keys() | true.keys())
    return {k: claimed.get(k, algebra.zero) for k in keys}, {k: true.get(k, algebra.zero) for k in keys}


def _apart(left: Any, right: Any) -> bool:
    """Whether two numbers differ beyond doubt."""
    margin = max(abs(left), abs(right), type(left)(1) if isinstance(left, Fraction) else 1)
    return bool(abs(left - right) * CERTAIN.denominator > margin)


def _text(value: Any) -> str:
    """A fraction as it is; a long decimal to 30 digits."""
    return str(value) if isinstance(value, Fraction) else sympy.Float(value, 40).n(30).__str__()


def _plain(value: Any) -> Any:
    """A drawn value as text, tables as lists of rows."""
    if isinstance(value, Table):
        return [[str(line[j]) for j in range(value.cols)] for line in value.lines]
    return str(value)
