"""What transport, expansions, adjoints and gradients claim along a trajectory."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr

from symgate.language import Signal
from symgate.proof.entries import Table
from symgate.proof.sequences.common import Claims, further, orders_of, split_is_tied, total, transport_of
from symgate.proof.sequences.states import whole
from symgate.proof.sequences.timed import TimedEntries
from symgate.proof.sequences.trajectories import Trajectory, placed
from symgate.records import Relation


def transport(path: Trajectory) -> Claims:
    """The ordered product is dx_t/dx_k, and obeys both recursions."""
    true = path.truths()
    entries = path.entries(true)
    for t, k in path.pairs():
        M = transport_of(path, t, k)
        yield f"M_({t},{k})", entries.of(placed(path.derivation.expr, t=t, k=k)), true[M]
        yield from further(path, entries, ("in_t", "in_k") if t > k else ("empty",), t=t, k=k)


def expansion(path: Trajectory) -> Claims:
    """Each order is the sum over the steps at which B is taken; all orders together are the transport."""
    plain, true = path.entries(), path.truths()
    yield from split_is_tied(path, plain, true)
    orders = [(m, term) for m, (_, term) in enumerate(path.derivation.named_terms)]
    highest = max(m for m, _ in orders)
    values = orders_of(path, plain, highest)
    entries = path.entries(values)
    for t, k in path.pairs():
        found = [entries.of(placed(term, t=t, k=k)) for _, term in orders]
        for (m, _), value in zip(orders, found, strict=True):
            yield f"order {m} of M_({t},{k})", value, values[transport_of(path, t, k, m)]
        if t - k <= highest or path.derivation.relation is Relation.EQUAL:
            yield f"all orders of M_({t},{k})", total(path, found), true[transport_of(path, t, k)]
        if t > k:
            yield from further(path, entries, ("frechet",), t=t, k=k)
            for m in range(1, highest + 1):
                yield from further(path, entries, ("recursion",), t=t, k=k, m=m)


def adjoint(path: Trajectory) -> Claims:
    """The recursion and its closed form give dL/dx_k."""
    true = path.truths()
    entries = path.entries(true)
    for k in range(path.steps):
        lam = true[Signal("lam", path.size, 1, sympy.Integer(k))]
        yield f"lambda_{k}", entries.of(placed(path.derivation.expr, k=k)), lam
        yield from further(path, entries, ("closed_form",), k=k, T=path.steps)
    yield from _parts(path, entries, true)
    yield from further(path, entries, ("start",), T=path.steps)


def _parts(path: Trajectory, entries: TimedEntries, true: Mapping[Expr, Table]) -> Claims:
    """What lambda and delta of all states are said to be made of is what they are."""
    for symbol, expr in ((item.left, item.right) for item in path.derivation.definitions):
        for k in range(path.steps + 1) if str(symbol.name) in {"lam", "delta"} else ():
            index = sympy.Integer(k)
            own = whole(path.cell, str(symbol.name), index)[symbol.xreplace({symbol.index: index})]
            yield f"{symbol.name} of all states at {k}", entries.of(placed(expr, k=k)), entries.of(own)
            if symbol.name == "lam":
                yield f"lambda_{k} of all states", entries.of(own), true[Signal("lam", path.size, 1, index)]


def gradient(path: Trajectory) -> Claims:
    """Both forms are the derivative of the loss through the whole recurrence."""
    true = path.truths()
    entries = path.entries(true)
    yield from _parts(path, entries, true)
    expected = path.gradient(path.derivation.wrt)
    yield "outer-product form", entries.of(placed(path.derivation.expr, T=path.steps)), expected
    for item in path.derivation.claims:
        yield item.key, entries.of(placed(item.right, T=path.steps)), expected
