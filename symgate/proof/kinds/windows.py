"""Judges of learnability windows and envelopes: algebra of positive quantities, in their logarithms.

Every quantity here is a product of powers of positive letters, of exponentials and of logarithms.  Its logarithm is a
sum of letters with coefficients; two of them are equal where the difference expands to 0, the logarithm of each letter,
and of what is a sum, being an independent letter.  That holds where everything has a value: what has a power, is
divided by or has a logarithm must be positive by its form, so sqrt((a - b)^2) is not compared with a - b.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Expr

from symgate.language import ScalarSignal
from symgate.language.sequences import LAG
from symgate.proof.kinds.goals import MAIN, Goals, claim, defined, fact, left_is, relation_is
from symgate.records import ByLaw, Derivation, Relation, Standing

#: What each decay means, typed here and not taken from the derivation.
_C, _TAU, _BETA, _KAPPA, _N, _SIGMA, _EPS = sympy.symbols("C tau beta kappa N varsigma epsilon", positive=True)
_A, _B, _THETA, _LOW, _HIGH = sympy.symbols("a b theta r_1 r_2", positive=True)
DECAYS: Mapping[str, Expr] = {
    "exponential": _C / sympy.exp(LAG / _TAU),
    "power": _C / LAG**_BETA,
    "logarithmic": _C / sympy.log(LAG) ** _BETA,
}
#: f(l+1)/f(l) of each law of time scales; together with f(0) = 1 it fixes f.
RATIOS: Mapping[str, Expr] = {
    "beta": (_B + LAG) / (_A + _B + LAG),
    "annealed": _B / (_A + _B),
    "gamma": ((1 + _THETA * LAG) / (1 + _THETA + _THETA * LAG)) ** _A,
}
#: d f/d l of those that have no recursion, and what they are at long lags.
SLOPES: Mapping[str, Expr] = {
    "log_uniform": (sympy.exp(-_HIGH * LAG) - sympy.exp(-_LOW * LAG)) / (LAG * (sympy.log(_HIGH) - sympy.log(_LOW))),
}
TAILS: Mapping[str, Expr] = {
    "beta": sympy.gamma(_A + _B) / sympy.gamma(_B) / LAG**_A,
    "gamma": 1 / (_THETA * LAG) ** _A,
    "log_uniform": sympy.exp(-_LOW * LAG) / (_LOW * LAG * (sympy.log(_HIGH) - sympy.log(_LOW))),
}
#: The logarithm of the ratio of the largest rate and the smallest: positive.
_SPAN = sympy.log(_HIGH / _LOW)
#: The level that the envelope has to reach.
LEVEL = _EPS * _SIGMA / _N ** (1 / _KAPPA)


@dataclass
class _Logs:
    """Logarithms as sums over letters, the same letters for equal things."""

    letters: dict[Any, sympy.Symbol] = field(default_factory=dict)

    def of(self, expr: Expr) -> Expr:
        """log of a positive expression."""
        if expr.is_Mul:
            return sympy.Add(*(self.of(arg) for arg in expr.args))
        if isinstance(expr, sympy.exp):
            return self.value(expr.args[0])
        if expr.is_Pow:
            return sympy.expand(self.value(expr.exp) * self.of(expr.base))
        if isinstance(expr, sympy.gamma):
            return self._gamma(sympy.expand(expr.args[0]))
        if expr == 1:
            return sympy.S.Zero
        if expr.is_Add or isinstance(expr, sympy.log):
            return self._sum(expr)
        return self.letter(("log", self.value(expr)))

    def _sum(self, expr: Expr) -> Expr:
        """log of a sum as that of its content and of its factors."""
        over, under = sympy.fraction(sympy.together(self.value(expr)))
        parts = []
        for sign, part in ((1, over), (-1, under)):
            content, factors = sympy.factor_list(sympy.expand(part))
            parts += [] if content == 1 else [sign * self.letter(("log", content))]
            parts += [sign * power * self.letter(("log", sympy.expand(base))) for base, power in factors]
        return sympy.Add(*parts)

    def _gamma(self, argument: Expr) -> Expr:
        """log Gamma(z + m) = log Gamma(z) + log z + .. + log(z + m - 1), m the whole number in the argument."""
        number, _ = argument.as_coeff_Add()
        whole = int(number) if number.is_Integer and number > 0 else 0
        steps = [self.of(argument - q) for q in range(1, whole + 1)]
        return sympy.Add(self.letter(("gamma", argument - whole)), *steps)

    def value(self, expr: Expr) -> Expr:
        """A value with its logarithms replaced; the rest as it is."""
        if isinstance(expr, sympy.log):
            return self.of(expr.args[0])
        if expr.is_Atom or isinstance(expr, ScalarSignal):
            return expr
        if expr.is_Add or expr.is_Mul:
            return sympy.expand(expr.func(*(self.value(arg) for arg in expr.args)))
        if expr.is_Pow and expr.exp.is_Integer:
            return sympy.expand(self.value(expr.base) ** expr.exp)
        if isinstance(expr, sympy.exp) or expr.is_Pow:
            return self.letter(("value", sympy.expand(self.of(expr))))
        return self.letter(("value", expr))

    def letter(self, key: Any) -> sympy.Symbol:
        """A letter for a thing."""
        if key not in self.letters:
            self.letters[key] = sympy.Dummy(f"q{len(self.letters)}", positive=True)
        return self.letters[key]


def has_value(expr: Expr) -> bool:
    """Whether an expression is a number for all positive letters, by its form."""
    if not expr.args or isinstance(expr, ScalarSignal):
        return not expr.has(sympy.nan, sympy.zoo, sympy.oo)
    if not all(map(has_value, expr.args)):
        return False
    if expr.is_Pow:
        return (expr.exp.is_Integer and expr.exp >= 0) or _positive(expr.base)
    if isinstance(expr, (sympy.log, sympy.gamma, sympy.expint)):
        return _positive(expr.args[-1])
    return bool(expr.is_Add or expr.is_Mul or isinstance(expr, sympy.exp))


def _positive(expr: Expr) -> bool:
    """Whether what has a value is positive for all positive letters, by its form; log l for lags in its domain."""
    if expr.is_Number:
        return bool(expr.is_positive)
    if isinstance(expr, sympy.log):
        number, rest = expr.args[0].as_coeff_Add()
        return expr == _SPAN or (rest == LAG and number.is_Integer and number >= 0)
    if expr.is_Add:
        return all(map(_positive, expr.args)) or sympy.expand(expr - sympy.expand_log(_SPAN)) == 0
    if expr.is_Mul:
        return all(map(_positive, expr.args))
    if expr.is_Pow:
        return _positive(expr.base)
    return bool(expr.is_Symbol or isinstance(expr, (ScalarSignal, sympy.exp, sympy.gamma)))


def equal(left: Expr, right: Expr) -> bool:
    """Whether two positive quantities have the same logarithm, as functions of independent letters."""
    logs = _Logs()
    return has_value(left) and has_value(right) and bool(sympy.expand(logs.of(left) - logs.of(right)) == 0)


def same_value(left: Expr, right: Expr) -> bool:
    """Whether two sums of such quantities are the same."""
    logs = _Logs()
    if not (has_value(left) and has_value(right)):
        return False
    return bool(sympy.cancel(sympy.together(logs.value(left) - logs.value(right))) == 0)


def _essential(key: str, words: str, holds: bool) -> Any:  # noqa: FBT001  the outcome
    return fact(key, words, holds, essential=True)


def window(derivation: Derivation) -> Goals:
    """f(H_N) is the level; f(l) is the level of N_l samples; f(l+1)/f(l) is the ratio."""
    law = derivation.parameters.law if isinstance(derivation.parameters, ByLaw) else ""
    f = DECAYS.get(law)
    yield relation_is(derivation, Relation.EQUAL)
    yield left_is(derivation, ScalarSignal("H", _N))
    meanings = defined(derivation)
    name = next(iter(meanings), None)
    named = f is not None and len(meanings) == 1 and getattr(name, "index", None) == LAG
    yield fact(MAIN, "its decay is known and has one name", named)
    if f is None or name is None or not named:
        return
    yield _essential(derivation.definitions[0].key, "the envelope is the one of that name", equal(meanings[name], f))
    yield _essential(
        MAIN, "the envelope at H_N is epsilon sigma N^(-1/kappa)", equal(f.subs(LAG, derivation.expr), LEVEL)
    )
    samples, ratio = claim(derivation, "samples"), claim(derivation, "ratio")
    if samples is not None:
        yield relation_is(derivation, Relation.EQUAL, key="samples")
        yield left_is(derivation, ScalarSignal("N", LAG), key="samples")
        holds = equal(LEVEL.subs(_N, samples.right), f)
        yield _essential("samples", "with N_l samples the level is f(l)", holds)
    if ratio is not None:
        yield relation_is(derivation, Relation.EQUAL, key="ratio")
        yield left_is(derivation, name.xreplace({LAG: LAG + 1}), key="ratio")
        holds = equal(ratio.right.xreplace({name: f}), f.xreplace({LAG: LAG + 1}))
        yield _essential("ratio", "it is f(l+1) over f(l)", holds)


def envelope(derivation: Derivation) -> Goals:
    """f(0) = 1 and f(l+1)/f(l), or df/dl; both fix f, up to a constant in the last case."""
    law = derivation.parameters.law if isinstance(derivation.parameters, ByLaw) else ""
    f, expr = derivation.of, derivation.expr
    yield relation_is(derivation, Relation.EQUAL)
    yield fact(MAIN, "the left side is f at the lag", isinstance(f, ScalarSignal) and f.index == LAG)
    if law in RATIOS:
        after = expr.xreplace({LAG: LAG + 1})
        yield _essential(MAIN, "f(0) = 1", equal(expr.xreplace({LAG: sympy.S.Zero}), sympy.S.One))
        yield _essential(MAIN, "f(l+1)/f(l) of its law", equal(after, RATIOS[law] * expr))
    elif law in SLOPES:
        yield _essential(MAIN, "df/dl of its law", same_value(sympy.diff(expr, LAG), SLOPES[law]))
        yield _essential(MAIN, "it vanishes at long lags", _vanishes(expr))
    else:
        yield fact(MAIN, "its law is known", holds=False)
        return
    for item in derivation.claims:
        yield from _claim(derivation, law, item.key)


def _claim(derivation: Derivation, law: str, key: str) -> Goals:
    """One of the further claims of an envelope."""
    f, item = derivation.of, derivation.equation(key)
    if item.standing is not Standing.CLAIM:
        return
    if key == "decay" and law in TAILS:
        yield relation_is(derivation, Relation.APPROXIMATELY, key=key)
        yield left_is(derivation, f, key=key)
        yield _essential(key, "the tail of its law", equal(item.right, TAILS[law]))
        return
    known = {
        "start": (f.xreplace({LAG: sympy.S.Zero}), sympy.S.One),
        "recursion": (f.xreplace({LAG: LAG + 1}), RATIOS.get(law, sympy.nan) * f),
        "slope": (ScalarSignal("f_slope", LAG), SLOPES.get(law, sympy.nan)),
    }
    if key not in known:
        return
    left, right = known[key]
    yield relation_is(derivation, Relation.EQUAL, key=key)
    yield left_is(derivation, left, key=key)
    compare = same_value if key == "slope" else equal
    yield _essential(key, f"it is {right}", right is not sympy.nan and compare(item.right, right))


def _vanishes(expr: Expr) -> bool:
    """Whether nothing is left at long lags: every term has an exponential integral of a multiple of the lag."""
    found = [node for node in expr.atoms(sympy.expint) if node.args[0] == 1 and node.args[1].as_coeff_Mul()[1].has(LAG)]
    return bool(found) and sympy.expand(expr.xreplace(dict.fromkeys(found, sympy.S.Zero))) == 0
