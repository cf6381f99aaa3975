"""Whether every name in a claim over many steps has a value: no step comes before the first or after the last.

A product of J_{j-1} from j = k + 1 asks for J_0 where k = 0, which no step defines. Where J is the same matrix at all
steps the canonical forms would not tell. So the names of a claim are looked up at all times of short trajectories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import sympy
from sympy import Expr, KroneckerDelta
from sympy.matrices.expressions import MatMul, MatrixExpr

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import LAST, POWER, K
from symgate.proof.plain import plain
from symgate.proof.sequences.laws import constants, letters_of
from symgate.proof.sequences.slips import OVER
from symgate.proof.sequences.states import parts
from symgate.records import Cell, Derivation, Kind

#: The longest trajectory that is looked at where a claim counts no steps, and how many names at most.
_LONGEST, _MOST = 4, 20_000
#: How many steps of sums and products at most, with a name in them or not.
_STEPS = 500_000
_FROM_ONE = frozenset("JAB")

Moment = Mapping[Any, int]


class _UnknownError(Exception):
    """A time that is no number here, or too many names: nothing is said."""


class _InverseError(Exception):
    """A matrix to a power below 0."""


class _StepsError(Exception):
    """More steps of sums and products than are looked at."""


class _Steps:
    """Counts the steps of sums and products."""

    def __init__(self) -> None:
        self.left = _STEPS

    def count(self, steps: int) -> None:
        """Count so many.

        Raises:
            _StepsError: they are too many.
        """
        self.left -= steps
        if self.left < 0:
            raise _StepsError(f"its sums and products have more than {_STEPS} steps, too many to look up all names")


def without_value(claim: Any, truth: Derivation, first: int = 0) -> str | None:
    """The first name or power without a value at a time at which the object has one, as words; None if there is none.

    ``first`` is the first time k at which the claim is stated.  Of too many names it is not known that there is none.
    """
    names = _first_times(truth.cell)
    left, steps = _MOST, _Steps()
    for moment in _moments(truth, first, _longest(claim), alone=LAST not in letters_of(claim)):
        try:
            for symbol, times in _used(claim, moment, steps):
                left -= 1
                if left < 0:
                    return f"it uses more than {_MOST} names, too many to check that each has a value"
                if not _has_value(symbol, times, moment[LAST], names):
                    at = ", ".join(map(str, times))
                    return f"it uses {symbol.name} at {at}, where it has no value ({_given(moment)})"
        except _StepsError as error:
            return str(error)
        except _InverseError as error:
            return f"{error} ({_given(moment)})"
        except _UnknownError:
            return None
    return None


def has_value(claim: Any, cell: Cell, times: Mapping[str, int]) -> bool:
    """Whether everything that a claim uses has a value at some times, by the names of their letters."""
    names = _first_times(cell)
    last = times.get(LAST.name, _LONGEST)
    moment = {letter: times.get(letter.name, last) for letter in (T, K, LAST)}
    try:
        used = islice(_used(claim, moment, _Steps()), _MOST)
        return all(_has_value(symbol, at, last, names) for symbol, at in used)
    except (_InverseError, _UnknownError, _StepsError):
        return False


def inverse_needed(claim: Any) -> str | None:
    """The first power of a matrix below 0 at times 0 <= k <= t <= T from t = 1 on, as words; None if there is none."""
    if not claim.has(POWER):
        return None
    steps = _Steps()
    for last in range(1, _longest(claim) + 1):
        for t in range(1, last + 1):
            for k in range(t + 1):
                moment = {T: t, K: k, LAST: last}
                try:
                    for _ in _used(claim, moment, steps):
                        pass
                except _StepsError as error:
                    return str(error)
                except _InverseError as error:
                    return f"{error} ({_given(moment)})"
                except _UnknownError:
                    continue
    return None


def _longest(claim: Any) -> int:
    """The longest trajectory that is looked at: all sums and products of a claim have terms there, and all cases.

    Claims are linear in their times: sums within one another begin at most as late as what they count adds up to.
    """
    times: list[Any] = []
    todo, deepest, seen = [(claim, 0)], 0, set[Any]()
    while todo:
        node, depth = todo.pop()
        if (node, depth) in seen or not isinstance(node, sympy.Basic):
            continue
        seen.add((node, depth))
        if isinstance(node, (Signal, ScalarSignal)):
            times.append(node.index)
            continue
        if isinstance(node, (sympy.Sum, sympy.Product, *OVER)) and not node.has(Signal, ScalarSignal):
            continue  # it uses nothing
        if isinstance(node, (sympy.Sum, sympy.Product)):
            times += [bound for _, *ends in node.limits for bound in ends]
            depth += len(node.limits)
        elif isinstance(node, OVER):
            times += [node.lower, node.upper]
            depth += 1
        deepest = max(deepest, depth)
        todo += [(arg, depth) for arg in node.args]
    counted = sum(number for number in constants(iter([sympy.Tuple(*times)]), frozenset()) if number > 1)
    return max(_LONGEST, max(deepest, 1) * counted + 2)


def _given(moment: Moment) -> str:
    return ", ".join(f"{letter} = {value}" for letter, value in moment.items())


def _first_times(cell: Cell) -> dict[str, int]:
    """The first time at which each name has a value; the gradients of the loss by the states have one from 0 on."""
    own = [part for name in ("lam", "delta") for part in (Signal(name, 1, 1, T), *parts(cell, name, T))]
    found = dict.fromkeys((str(symbol.name) for symbol in own), 0)
    found |= {str(symbol.name): 1 for symbol in (*cell.inputs, *(item.symbol for item in cell.assignments))}
    return found | dict.fromkeys(_FROM_ONE, 1) | {state.name: 0 for state in cell.states}


def _moments(truth: Derivation, first: int, longest: int, *, alone: bool) -> Iterator[dict[Any, int]]:
    """The times of trajectories of up to so many steps at which an object is stated.

    A claim that is ``alone`` says nothing of the last step: what it uses at t has a value where t is the last one, or
    nowhere.
    """
    for last in range(1, longest + 1):
        if truth.one_step:
            yield from ({T: t, LAST: last} for t in range(1, last + 1))
        elif truth.kind is Kind.GRADIENT:
            yield {LAST: last}
        elif truth.kind in {Kind.ADJOINT, Kind.MOMENTUM}:
            yield from ({K: k, LAST: last} for k in range(first, last))
        elif truth.kind is Kind.INFLUENCE:
            yield from ({T: t, LAST: last} for t in range(1, last + 1))
        else:
            starts = range(first, last + 1)
            yield from (
                {T: t, K: k, LAST: last} for k in starts for t in range(last if alone and last > 1 else k, last + 1)
            )


def _used(expr: Any, moment: Moment, steps: _Steps) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Every name with a time that an expression needs there; an empty product or sum needs none."""
    if isinstance(expr, (Signal, ScalarSignal)):
        index = expr.index
        yield expr, tuple(_number(time, moment) for time in (index if isinstance(index, sympy.Tuple) else (index,)))
    elif isinstance(expr, (sympy.Sum, sympy.Product)):
        yield from _joined(expr.function, [tuple(limits) for limits in expr.limits], moment, steps)
    elif isinstance(expr, OVER):
        factors = _number(expr.upper, moment) - _number(expr.lower, moment) + 1
        if expr.index == POWER and factors < 0:
            raise _InverseError(f"{plain(expr.body)} to the power {factors} is an inverse, which is not judged")
        yield from _joined(expr.body, [(expr.index, expr.lower, expr.upper)], moment, steps)
    elif not any(_is_zero(arg, moment) for arg in getattr(expr, "args", ()) if isinstance(expr, (sympy.Mul, MatMul))):
        for arg in getattr(expr, "args", ()):
            yield from _used(arg, moment, steps)


def _is_zero(factor: Any, moment: Moment) -> bool:
    """Whether a factor is 0 there, as 1 - delta_{t,k} is where t = k: its product is 0, whatever stands beside it."""
    if not isinstance(factor, Expr) or not factor.has(KroneckerDelta) or isinstance(factor, MatrixExpr):
        return False
    return bool(factor.xreplace({letter: sympy.Integer(own) for letter, own in moment.items()}) == 0)


def _joined(body: Any, limits: list[Any], moment: Moment, steps: _Steps) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """The names in a body at every value of its indices; the last of the limits is the outermost."""
    if not limits:
        yield from _used(body, moment, steps)
        return
    *inner, (index, lower, upper) = limits
    values = range(_number(lower, moment), _number(upper, moment) + 1)
    steps.count(len(values))
    for value in values:
        yield from _joined(body, inner, {**moment, index: value}, steps)


def _number(time: Any, moment: Moment) -> int:
    value = time.xreplace({letter: sympy.Integer(own) for letter, own in moment.items()})
    if not value.is_Integer:
        raise _UnknownError
    return int(value)


def _has_value(symbol: Any, times: tuple[int, ...], last: int, names: Mapping[str, int]) -> bool:
    """Whether a name has a value; of names that are not the recurrence's nothing is said."""
    name = str(symbol.name)
    if name == "M" and len(times) > 1:
        return 0 <= times[1] <= times[0] <= last
    first = names.get(name)
    return first is None or all(first <= time <= last for time in times)
