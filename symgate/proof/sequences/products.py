"""What transport, expansions, adjoints and gradients state along a trajectory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr

from symgate.language import Signal
from symgate.language import T as NOW
from symgate.language.sequences import EPS, LAST, K, at
from symgate.proof.held import kept_part, kept_terms
from symgate.proof.sequences.laws import named
from symgate.proof.sequences.moments import Moments
from symgate.proof.sequences.paths import Path, time_letters
from symgate.proof.sequences.statements import MAIN, Check, Open, Statements, left_side, main, remaining, scaled
from symgate.proof.sequences.states import whole
from symgate.records import Derivation, Order, Relation


def transport(path: Path) -> Statements:
    """The closed form is dx_t/dx_k."""
    yield from left_side(path.derivation)
    if path.derivation.relation is not Relation.EQUAL:
        yield Open(MAIN, "a transport is equal to its closed form, or nothing is said")
        return
    entries = path.moments(path.transports)
    yield from main(
        path,
        entries,
        path.derivation.expr,
        lambda times: path.transports[path.transport(times["t"], times["k"])],
        (NOW, K),
    )
    yield from remaining(path, entries, set())


def tied(path: Path) -> Statements:
    """A_j + B_j is the derivative of the step, A_j what the split keeps: else an expansion is one of something else."""
    for j in range(1, path.steps + 1):

        def sides(j: int = j) -> tuple[Any, Any]:
            whole_step = path.transports[path.transport(j, j - 1)]
            return path.plain.added(path.matrix("A", j), path.matrix("B", j)), whole_step

        yield Check(MAIN, {"j": j}, sides)
    keep = kept_terms(path.derivation)
    for j in range(1, path.steps + 1) if keep is not None else ():

        def parts(j: int = j) -> tuple[Any, Any]:
            step = {symbol: path.plain.of(at(symbol, sympy.Integer(j))) for symbol in path.cell.symbols.values()}
            return path.matrix("A", j), kept_part(path.cell, keep or (), path.algebra, path.sizes, step, path.work)

        yield Check("A", {"j": j}, parts)


def expansion(path: Path) -> Statements:
    """Each order is what has B that often; all of them are the transport where it is said to be equal."""
    derivation = path.derivation
    yield from left_side(derivation)
    yield from tied(path)
    assert isinstance(derivation.parameters, Order)
    highest = max(derivation.parameters.order, 1)
    orders = path.orders(highest + 1)
    entries = path.moments({**path.transports, **orders})
    if len(derivation.named_terms) == derivation.parameters.order + 1 and not derivation.expr.has(EPS):
        yield from expansion_terms(path, entries, orders)
        whole_form = derivation.expr
    else:
        whole_form = derivation.expr.xreplace({EPS: sympy.S.One})
        yield from main(path, entries, derivation.expr, lambda times: _by_powers(path, orders, times), (NOW, K))
    if derivation.relation is Relation.EQUAL:
        yield from main(
            path,
            entries,
            whole_form,
            lambda times: path.transports[path.transport(times["t"], times["k"])],
            (NOW, K),
        )
    elif derivation.relation is not Relation.APPROXIMATELY:
        yield Open(MAIN, f"an expansion is equal or approximate; {derivation.relation.value} has no judge")
    yield from remaining(path, entries, set(), highest)


def expansion_terms(path: Path, entries: Moments, orders: Mapping[Any, Any]) -> Statements:
    """The terms, in order, are the orders of the transport."""
    for m, (_, term) in enumerate(path.derivation.named_terms):
        yield from main(
            path,
            entries,
            term,
            lambda times: orders[path.transport(times["t"], times["k"], times["m"])],
            (NOW, K),
            {"m": m},
        )


def _by_powers(path: Path, orders: Mapping[Any, Any], times: Mapping[str, int]) -> Any:
    """sum_m eps^m M^(m)_{t,k} up to the order of the expansion."""
    assert isinstance(path.derivation.parameters, Order)
    eps = path.values.get(EPS, path.algebra.one)
    total = None
    for m in range(path.derivation.parameters.order + 1):
        term = scaled(path, path.algebra.power(eps, m), orders[path.transport(times["t"], times["k"], m)])
        total = term if total is None else path.plain.added(total, term)
    return total


def adjoint(path: Path) -> Statements:
    """The recursion, or a closed form, gives dL/dx_k."""
    derivation = path.derivation
    yield from left_side(derivation)
    entries = path.moments({**path.transports, **path.adjoints})
    if derivation.relation is not Relation.EQUAL:
        yield Open(MAIN, "an adjoint is equal to its recursion, or nothing is said")
    else:
        yield from main(
            path, entries, derivation.expr, lambda times: _lam(path, derivation.of, times), _letters(derivation, K)
        )
    yield from pieces(path)
    yield from remaining(path, entries, {"heavy_ball"})


def _letters(derivation: Derivation, *own: sympy.Symbol) -> tuple[sympy.Symbol, ...]:
    """The letters of the left side, and those that it does not give: the formula is said for all of them."""
    free = (letter for letter in time_letters(derivation.expr) if letter in {NOW, K})
    return tuple(dict.fromkeys((*own, *free)))


def _lam(path: Path, of: Expr, times: Mapping[str, int]) -> Any:
    """lambda_k of all states, or of the one that the left side names."""
    own = named(of, times["k"])
    return path.adjoints.get(own, path.adjoints["lam", (path.size, sympy.S.One), (times["k"],)])


def pieces(path: Path) -> Statements:
    """What lambda and delta of all states are said to be made of is what they are."""
    timed = {**path.adjoints}
    for k in range(path.steps + 1):
        timed.pop(("lam", (path.size, sympy.S.One), (k,)))
    if len(path.cell.states) == 1:
        return
    entries = path.moments(timed)
    for item in path.derivation.definitions:
        name = str(getattr(item.left, "name", ""))
        index = getattr(item.left, "index", None)
        if name not in {"lam", "delta"} or not isinstance(index, sympy.Symbol):
            continue
        for k in range(path.steps + 1):
            column = whole(path.cell, name, sympy.Integer(k))[Signal(name, path.size, 1, sympy.Integer(k))]

            def sides(item: Any = item, k: int = k, column: Any = column) -> tuple[Any, Any]:
                return entries.at(item.right, {item.left.index: k}), entries.of(column)

            yield Check(item.key, {"k": k}, sides)


def gradient(path: Path) -> Statements:
    """Every form is the derivative of the loss through the whole recurrence."""
    derivation = path.derivation
    yield from pieces(path)
    yield from left_side(derivation)
    entries = path.moments({**path.transports, **path.adjoints})
    if derivation.relation is not Relation.EQUAL:
        yield Open(MAIN, "a gradient is equal to its closed form, or nothing is said")
    else:
        yield from main(path, entries, derivation.expr, lambda _: path.gradient, _letters(derivation))
    done = set()
    for item in derivation.claims:
        factor = item.left.coeff(derivation.of) if isinstance(derivation.of, sympy.Symbol) else sympy.S.Zero
        if item.relation is not Relation.EQUAL or factor == 0 or item.left != factor * derivation.of:
            continue
        done.add(item.key)

        def sides(item: Any = item, factor: Any = factor) -> tuple[Any, Any]:
            times = {LAST: path.steps}
            return entries.at(item.right, times), scaled(path, entries.at(factor, times), path.gradient)

        yield Check(item.key, {"T": path.steps}, sides)
    yield from remaining(path, entries, done)


def jacobians(path: Path) -> Statements:
    """What is called J_j is the derivative of the step, whether or not another statement speaks of it."""
    for item in path.derivation.definitions:
        index = getattr(item.left, "index", None)
        if str(getattr(item.left, "name", "")) != "J" or not isinstance(index, sympy.Symbol):
            continue
        if tuple(item.left.shape) != (path.size, path.size):
            continue
        for j in range(1, path.steps + 1):

            def sides(item: Any = item, j: int = j) -> tuple[Any, Any]:
                right = path.plain.at(item.right, {item.left.index: j})
                return right, path.transports[path.transport(j, j - 1)]

            yield Check(item.key, {index.name: j}, sides)
