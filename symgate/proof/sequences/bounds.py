"""What the bound on a remainder states along a trajectory.

The bound that the rules |X + Y| <= |X| + |Y| and |X Y| <= |X| |Y| give is, for any norms a_j = |A_j|, b_j = |B_j|,

    sum_{m > p} eps^m [eps^m] prod_j (a_j + eps b_j),

an identity between polynomials in a_j, b_j and eps.  A claim equal to it is a true bound.  A claim that differs may
still be one: real numbers, where every state has size 1, refute it if the remainder is larger in the norm infinity, the
largest sum of the absolute values in a row; of one state every norm is the absolute value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.language import Signal
from symgate.language import T as NOW
from symgate.language.sequences import EPS, K, Norm
from symgate.proof.sequences.laws import Law, OutsideError
from symgate.proof.sequences.moments import Moments
from symgate.proof.sequences.paths import Path
from symgate.proof.sequences.products import tied
from symgate.proof.sequences.statements import MAIN, Check, Open, Statements, at_times, head, main, remaining, words
from symgate.proof.tables import Table
from symgate.records import Order, Relation


def bound(path: Path) -> Statements:
    """The closed form is the bound that the rules of norms give, and obeys its recursion, for arbitrary norms."""
    derivation = path.derivation
    assert isinstance(derivation.parameters, Order)
    order = derivation.parameters.order
    yield from tied(path)
    yield from _named_remainder(path, order)
    if path.algebra.ordered:
        if path.rows == len(path.cell.states):
            yield from _in_numbers(path)
        return
    norms = _Norms(path)
    entries = path.moments(laws=_rest_law(path), norms=norms)
    if derivation.relation is Relation.AT_MOST:
        yield from main(
            path, entries, derivation.expr, lambda times: norms.rest(times["t"], times["k"], order), (NOW, K), soft=True
        )
    else:
        yield Open(MAIN, "a remainder is at most its bound; that it is equal to it is not compared")
    yield from remaining(path, entries, set())


class _Norms:
    """Arbitrary numbers for the norms of A_j and B_j."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[tuple[str, int], Any] = {}

    def of(self, name: str, j: int) -> Any:
        """|A_j| or |B_j|."""
        key = (name, j)
        if key not in self.known:
            self.known[key] = self.path.draw(f"norm of {name}[{j}]", 0, 0)
        return self.known[key]

    def __call__(self, entries: Moments, node: Expr) -> Any:
        """The norm at a node that is A_j or B_j at a step that is there."""
        matrix = node.args[0]
        if not isinstance(matrix, Signal) or str(matrix.name) not in {"A", "B"}:
            raise UnsupportedNodeError(f"{node} is the norm of something else than A_j or B_j")
        j = entries.whole_number(matrix.index)
        if j not in self.path.around():
            raise OutsideError(f"it reaches for {matrix.name}[{j}], which has no meaning there")
        return self.of(str(matrix.name), j)

    def rest(self, t: int, k: int, order: int) -> Any:
        """The part of order above p of prod_j (a_j + eps b_j), j = k+1..t."""
        algebra = self.path.algebra
        powers = [algebra.one]
        for j in range(k + 1, t + 1):
            a, b = self.of("A", j), self.of("B", j)
            above = [algebra.product([a, power]) for power in powers] + [algebra.zero]
            powers = [
                algebra.total([above[m], algebra.product([b, powers[m - 1]])]) if m else above[0]
                for m in range(len(powers) + 1)
            ]
        eps = self.path.values.get(EPS, algebra.one)
        parts = [algebra.product([algebra.power(eps, m), powers[m]]) for m in range(order + 1, len(powers))]
        return algebra.total([algebra.zero, *parts])


def _rest_law(path: Path) -> dict[Any, Law]:
    """The name that the recursion gives to the closed form, such as r_{t,k}."""
    for item in path.derivation.claims:
        found = head(item.left)
        if item.key == "recursion" and found is not None and tuple(getattr(found[1].index, "args", ())) == (NOW, K):
            own = Law((NOW, K), path.derivation.expr, 0, path.steps, descending=True)
            return {(str(found[1].name), tuple(getattr(found[1], "shape", ()))): own}
    return {}


def _named_remainder(path: Path, order: int) -> Statements:
    """The left side is the norm of what the orders up to p leave of the transport, with J_j = A_j + eps B_j."""
    of = path.derivation.of
    if not isinstance(of, Norm):
        yield Open(MAIN, f"its left side {of} is not the norm of a remainder")
        return
    highest = max(path.steps, order) + 1
    orders = path.orders(highest)
    eps = path.values.get(EPS, path.algebra.one)
    inner = of.args[0]
    for times in at_times(path, (NOW, K)):
        t, k = times[NOW], times[K]

        def sides(t: int = t, k: int = k, times: Mapping[Any, int] = times) -> tuple[Any, Any]:
            terms = [_power(path, eps, m, orders[path.transport(t, k, m)]) for m in range(highest + 1)]
            whole, rest = terms[0], None
            for m, term in enumerate(terms[1:], start=1):
                whole = path.plain.added(whole, term)
                rest = rest if m <= order else term if rest is None else path.plain.added(rest, term)
            entries = path.moments({**orders, path.transport(t, k): whole})
            return entries.at(inner, times), rest

        yield Check(MAIN, words(times), sides)


def _power(path: Path, eps: Any, m: int, table: Table) -> Table:
    factor, product = path.algebra.power(eps, m), path.algebra.product
    return Table(table.cols, [{j: product([factor, item]) for j, item in line.items()} for line in table.lines])


def _in_numbers(path: Path) -> Statements:
    """Both sides are numbers: the remainder itself, and the claim with the norms infinity of A_j, B_j."""
    highest = path.steps + 1
    orders = path.orders(highest)
    eps = abs(path.values[EPS]) if EPS in path.values else path.algebra.one

    def norm(entries: Moments, node: Expr) -> Any:
        lines, algebra = entries.table(node.args[0]).lines, path.algebra
        return max(algebra.total([algebra.zero, *(abs(item) for item in line.values())]) for line in lines)

    entries = path.moments(values={EPS: eps}, norms=norm, laws=_rest_law(path))
    yield from remaining(path, entries, set())
    for times in at_times(path, (NOW, K)):
        t, k = times[NOW], times[K]

        def sides(t: int = t, k: int = k, times: Mapping[Any, int] = times) -> tuple[Any, Any]:
            whole = orders[path.transport(t, k, 0)]
            for m in range(1, highest + 1):
                whole = path.plain.added(whole, _power(path, eps, m, orders[path.transport(t, k, m)]))
            own = path.moments({**orders, path.transport(t, k): whole}, values={EPS: eps}, norms=norm)
            return entries.at(path.derivation.expr, times), own.at(path.derivation.of, times)

        yield Check(MAIN, words(times), sides, path.derivation.relation)
