"""One point: values drawn for every symbol, and the first statement that is certainly wrong there.

In: a derivation, a number of steps and sizes.  Out: a ``TimedWitness``, or None.  Where the recurrence has no
transcendental function both numbers are exact.  Otherwise they are computed to 50 and again to 80 digits, and they must
differ by far more than those disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from hashlib import blake2b
from typing import Any

import sympy
from sympy import Expr

from symgate.errors import ShapeError, UnsupportedNodeError
from symgate.proof import layout
from symgate.proof.algebras import Algebra
from symgate.proof.cases import Case
from symgate.proof.certificate import Witness
from symgate.proof.functions import BOUND, functions
from symgate.proof.numbers import Decimal, Rational
from symgate.proof.sequences.compare import first
from symgate.proof.sequences.paths import Draw
from symgate.proof.sequences.statements import MAIN, Check, Open
from symgate.proof.tables import Table
from symgate.proof.work import TooMuchError, Work
from symgate.records import Derivation, Relation

#: Values that keep functions away from saturation and from kinks.
POOL = tuple(Fraction(p, q) for p, q in ((1, 2), (-1, 2), (1, 3), (-2, 3), (3, 4), (-1, 4), (1, 5), (-3, 5), (1, 1)))
#: Values on both sides of kinks, further out.
WIDE = tuple(dict.fromkeys(value * factor for factor in (1, 3, 8) for value in POOL))
#: A difference counts from here on, relative to the larger number, or to 1e-25 where both are smaller; working
#: precision is 1e-50, and 80 digits must give the same two numbers.
CERTAIN, _SMALL = 10**15, 1e-25
Chosen = Callable[[Algebra], Draw]
#: Whether a difference counts at times that are numbers, by the names of their letters.
Where = Callable[[Mapping[str, int]], bool]


@dataclass(frozen=True)
class TimedWitness(Witness):
    """A case in which a statement of a derivation is wrong.

    Attributes:
        key: which statement: "main", or the key of the equation.
        times: over many steps the number of steps T and the times at which the sides differ; empty for one step.
    """

    key: str = MAIN
    times: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        where = "" if self.key == MAIN else f"in {self.key} "
        if not self.times:
            return f"{where}{super().__str__()}"
        times = ", ".join(f"{name} = {value}" for name, value in self.times.items())
        text = super().__str__().removeprefix("at ")
        return f"{where}at {times}, {text}"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, ready for JSON."""
        return super().to_dict() | {"key": self.key, "times": dict(self.times)}


def first_wrong(
    derivation: Derivation,
    steps: int | None,
    sizes: dict[Expr, int],
    chosen: Chosen,
    work: Work,
    where: Where | None,
) -> TimedWitness | None:
    """The first statement that is certainly wrong at one point."""
    own = functions(derivation.cell, BOUND)
    names = layout.function_names(derivation)
    exact = all(own.in_argument(name, 0) is not None for name in names)
    algebras: list[Algebra] = [*([Rational(own)] if exact else []), Decimal(own, 50)]
    for algebra in algebras:
        case = Case(derivation, steps, sizes, algebra, chosen(algebra), work)
        try:
            found = _first(case, where)
        except TooMuchError:
            raise
        except (UnsupportedNodeError, ZeroDivisionError):
            continue
        if found is None:
            return None
        item, entry, claimed, true = found
        if isinstance(algebra, Decimal) and not _confirmed(case, item, entry, chosen, (claimed, true)):
            return None
        return TimedWitness(
            sizes={str(dim): size for dim, size in sizes.items()},
            values={name: _plain(value) for name, value in case.shown().items()},
            functions={name: bound or "tanh" for name, bound in derivation.cell.functions},
            entry=entry,
            claimed=_text(claimed),
            true=_text(true),
            exact=isinstance(algebra, Rational),
            key=item.key,
            times={} if steps is None else {"T": steps, **{n: v for n, v in item.times.items() if n != "T"}},
        )
    return None


def _first(case: Case, where: Where | None) -> tuple[Check, tuple[int, int], Any, Any] | None:
    """The first comparison that is certainly wrong."""
    reason: Exception | None = None
    compared = False
    for item, pair in case.evaluated():
        if not isinstance(item, Check) or (where is not None and not where(item.times)):
            continue
        try:
            if not isinstance(pair, tuple):
                raise pair if pair is not None else UnsupportedNodeError("it has no values")
            _, found = first(*pair, partial(_apart, item.relation))
        except (UnsupportedNodeError, ShapeError) as error:
            reason = error
            continue
        compared = True
        if found is not None:
            return item, *found
    if not compared and isinstance(reason, UnsupportedNodeError):
        raise reason
    return None


def _confirmed(case: Case, item: Check, entry: tuple[int, int], chosen: Chosen, pair: tuple[Any, Any]) -> bool:
    """Whether 80 digits give the same two numbers."""
    algebra = Decimal(functions(case.derivation.cell, BOUND), 80)
    again = Case(case.derivation, case.steps, case.sizes, algebra, chosen(algebra), case.work)
    try:
        for other, values in again.evaluated():
            if isinstance(values, tuple) and _place(other) == _place(item):
                _, found = first(*values, partial(_apart, item.relation))
                if found is not None and found[0] == entry:
                    return all(not _unequal(old, new) for old, new in zip(pair, found[1:], strict=True))
    except (UnsupportedNodeError, ZeroDivisionError, ShapeError):
        return False
    return False


def _place(item: Check | Open) -> tuple[str, Any]:
    return item.key, None if isinstance(item, Open) else dict(item.times)


def chosen_from(label: str, pool: tuple[Fraction, ...], algebra: Algebra) -> Draw:
    """A rational of the pool for every entry of every symbol."""

    def draw(name: str, i: int, j: int) -> Any:
        data = blake2b(f"{label}|{name}|{i}|{j}".encode(), digest_size=8).digest()
        value = pool[int.from_bytes(data, "big") % len(pool)]
        return algebra.number(sympy.Rational(value.numerator, value.denominator))

    return draw


def _apart(relation: Relation, claimed: Any, true: Any) -> bool:
    """Whether two numbers contradict the relation beyond doubt."""
    if relation is Relation.AT_MOST:
        return _unequal(claimed, true) and bool(true > claimed)
    return _unequal(claimed, true)


def _unequal(left: Any, right: Any) -> bool:
    """Whether two numbers differ beyond doubt."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left != right
    return bool(abs(left - right) * CERTAIN > max(abs(left), abs(right), left * 0 + _SMALL))


def _text(value: Any) -> str:
    """A fraction as it is; a long decimal to 30 digits."""
    return str(value) if isinstance(value, (Fraction, int)) else str(sympy.Float(value, 40).n(30))


def _plain(value: Any) -> Any:
    """A drawn value as text, tables as lists of rows; every one is a member of the pool up to its sign."""
    if isinstance(value, Table):
        return [[_pooled(line[j]) for j in range(value.cols)] for line in value.lines]
    return _pooled(value)


def _pooled(value: Any) -> str:
    """The rational that a drawn number is."""
    if isinstance(value, Fraction):
        return str(value)
    return str(min((*WIDE, *(-item for item in WIDE)), key=lambda item: abs(value * item.denominator - item.numerator)))
