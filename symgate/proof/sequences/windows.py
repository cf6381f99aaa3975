"""What windows and envelopes state, in numbers: the law itself at the claimed lag, lag by lag.

Exact residues exist for envelopes that are rational in their letters, Gamma(z + m) being Gamma(z) z .. (z + m - 1);
powers with exponents that are letters, exponentials and logarithms have values in numbers of many digits only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import sympy
from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.language import ScalarSignal
from symgate.language.sequences import LAG
from symgate.proof.kinds.windows import DECAYS, LEVEL, RATIOS, SLOPES
from symgate.proof.numbers import Decimal
from symgate.proof.sequences.paths import Path
from symgate.proof.sequences.statements import MAIN, Check, Open, Statements, left_side
from symgate.records import ByLaw, Relation

#: The lags that are looked at.
LAGS = (2, 3, 5)


def window(path: Path) -> Statements:
    """The envelope at the claimed lag is the level of N samples; the level of the claimed N is the envelope."""
    derivation = path.derivation
    yield from left_side(derivation)
    law = _law(path)
    if law not in DECAYS or derivation.relation is not Relation.EQUAL:
        yield Open(MAIN, f"{law!r} is not a decay that is known here, or it is not said to be equal")
        return
    f = DECAYS[law]

    def horizon() -> tuple[Any, Any]:
        return _value(path, f.subs(LAG, derivation.expr), {}), _value(path, LEVEL, {})

    yield Check(MAIN, {}, horizon)
    for item in derivation.claims:
        name = derivation.definitions[0].left if derivation.definitions else None
        for lag in LAGS:

            def sides(item: Any = item, lag: int = lag, name: Any = name) -> tuple[Any, Any]:
                at = {LAG: sympy.Integer(lag)}
                if item.key == "samples":
                    own = LEVEL.subs(next(s for s in LEVEL.free_symbols if s.name == "N"), item.right)
                    return _value(path, own, at), _value(path, f, at)
                return _value(path, item.right.xreplace({name: f}), at), _value(path, f.xreplace({LAG: LAG + 1}), at)

            if item.relation is Relation.EQUAL and item.key in {"samples", "ratio"}:
                yield Check(item.key, {"l": lag}, sides)
            else:
                yield Open(item.key, "there is no judge for it")


def envelope(path: Path) -> Statements:
    """f(0) = 1 and the recursion, step by step; or the derivative by the lag."""
    derivation = path.derivation
    yield from left_side(derivation)
    law, f, expr = _law(path), derivation.of, derivation.expr
    if law not in {*RATIOS, *SLOPES} or derivation.relation is not Relation.EQUAL:
        yield Open(MAIN, f"{law!r} is not a law that is known here, or it is not said to be equal")
        return
    for lag in LAGS:
        yield Check(MAIN, {"l": lag}, partial(_main, path, law, expr, lag))
    if law in RATIOS:
        zero = {LAG: sympy.S.Zero}
        yield Check(MAIN, {"l": 0}, lambda: (_value(path, expr, zero), path.algebra.one))
    for item in derivation.claims:
        if item.key == "decay" and item.relation is Relation.APPROXIMATELY:
            yield Open(item.key, "an approximation at long lags", essential=False)
            continue
        if item.relation is not Relation.EQUAL or not isinstance(item.left, ScalarSignal):
            yield Open(item.key, f"the relation {item.relation.value} has no judge here")
            continue
        for lag in LAGS:

            def sides(item: Any = item, lag: int = lag) -> tuple[Any, Any]:
                at = {LAG: sympy.Integer(lag)}
                right = _value(path, item.right.xreplace({f: expr}), at)
                if str(item.left.name) != str(f.name):
                    return right, _value(path, SLOPES[law], at)
                return right, _value(path, expr.xreplace({LAG: item.left.index}), at)

            yield Check(item.key, {"l": lag}, sides)


def _main(path: Path, law: str, expr: Expr, lag: int) -> tuple[Any, Any]:
    """f(l+1) against the ratio times f(l); the derivative against its formula."""
    at = {LAG: sympy.Integer(lag)}
    if law in RATIOS:
        return _value(path, expr.xreplace({LAG: LAG + 1}), at), _value(path, RATIOS[law] * expr, at)
    return _value(path, sympy.diff(expr, LAG), at), _value(path, SLOPES[law], at)


def _law(path: Path) -> str:
    own = path.derivation.parameters
    return own.law if isinstance(own, ByLaw) else ""


def _value(path: Path, expr: Expr, at: Mapping[Expr, Expr]) -> Any:
    """The value of an expression: numbers of many digits, or residues where it is rational."""
    here = expr.xreplace(dict(at))
    algebra = path.algebra
    if isinstance(algebra, Decimal):
        return _number(path, here)
    return _rational(path, here)


def _letter(path: Path, symbol: Expr) -> Any:
    """A positive number for a letter."""
    drawn = path.drawn(symbol)
    return abs(drawn) if path.algebra.ordered else drawn


def _rational(path: Path, expr: Expr) -> Any:
    """Exact values of rational expressions and of Gamma."""
    algebra = path.algebra
    if expr.is_Rational:
        return algebra.number(expr)
    if expr.is_Symbol:
        return _letter(path, expr)
    if expr.is_Add or expr.is_Mul:
        join = algebra.total if expr.is_Add else algebra.product
        return join([_rational(path, arg) for arg in expr.args])
    if expr.is_Pow and expr.exp.is_Integer:
        return algebra.power(_rational(path, expr.base), int(expr.exp))
    if isinstance(expr, sympy.gamma):
        number, rest = sympy.expand(expr.args[0]).as_coeff_Add()
        if number.is_Integer and number >= 0 and rest != 0:
            steps = [_rational(path, rest + q) for q in range(int(number))]
            return algebra.product([path.drawn(sympy.Symbol(f"Gamma({rest})")), *steps])
    raise UnsupportedNodeError(f"{expr} has no exact value; the decision is by logarithms of positive letters.")


def _number(path: Path, expr: Expr) -> Any:
    """Numbers of many digits, with the actual functions."""
    own = path.algebra.context  # type: ignore[attr-defined]
    if expr.is_Rational:
        return path.algebra.number(expr)
    if expr.is_Symbol:
        return _letter(path, expr)
    args = [_number(path, arg) for arg in expr.args]
    if expr.is_Add:
        return own.fsum(args)
    if expr.is_Mul:
        return own.fprod(args)
    if expr.is_Pow:
        return _real(own, args[0] ** args[1])
    by_name = {"exp": own.exp, "log": own.log, "gamma": own.gamma, "expint": own.expint}
    found = by_name.get(type(expr).__name__)
    if found is None:
        raise UnsupportedNodeError(f"{type(expr).__name__} has no number here.")
    return _real(own, found(*args))


def _real(own: Any, value: Any) -> Any:
    """A real number.

    Raises:
        UnsupportedNodeError: it is not one, as the root or the logarithm of a negative number.
    """
    if isinstance(value, own.mpc):
        raise UnsupportedNodeError("A power or a function of it is not a real number here.")
    return value
