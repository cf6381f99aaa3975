"""What learning rates and preconditioners state along a trajectory."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from symgate.errors import UnsupportedNodeError
from symgate.language import ScalarSignal, Signal
from symgate.language import T as NOW
from symgate.language.sequences import ETA, K
from symgate.proof.sequences.laws import named
from symgate.proof.sequences.paths import Path
from symgate.proof.sequences.products import tied
from symgate.proof.sequences.statements import (
    MAIN,
    Check,
    Open,
    Statements,
    Times,
    diagonal,
    head,
    introduced,
    left_side,
    main,
    remaining,
    scaled,
    transposed,
)
from symgate.proof.tables import Table
from symgate.records import Kind, Parting, Relation

#: The split in which a rate is what a unit retains.
_RETAINED = ("retention",)


def rate(path: Path) -> Statements:
    """Rates and preconditioners are what the orders of the transport say; a drive rate takes the gate out of A."""
    derivation = path.derivation
    yield from left_side(derivation)
    yield from tied(path)
    orders = path.orders(1)
    entries = path.moments({**path.transports, **orders})
    meanings = _meanings(path)
    by_retention = isinstance(derivation.parameters, Parting) and derivation.parameters.keep == _RETAINED
    if derivation.kind is Kind.PRECONDITIONER:
        yield from _preconditioner(path)
    elif by_retention:
        yield from _retention(path)
    else:
        yield from _drive(path)
    yield from introduced(path, path.plain, meanings)
    yield from remaining(path, entries, {"condition", *meanings})


def _meanings(path: Path) -> dict[str, Any]:
    """The leak is the diagonal of A_j, what is beyond it that of B_j."""
    return {
        "leak": lambda j: diagonal(path, path.matrix("A", j), scalar=False),
        "own": lambda j: diagonal(path, path.matrix("B", j), scalar=False),
    }


def _retention(path: Path) -> Statements:
    """eta times the diagonals of the orders, and of the transport itself where the rate is said to be exact."""
    derivation, entries, eta = path.derivation, path.moments(), _eta(path)
    orders = path.orders(max(1, len(derivation.named_terms)))

    def of(place: Any, scalar: bool) -> Any:  # noqa: FBT001  whether the claim is one number
        return scaled(path, eta, diagonal(path, place, scalar=scalar))

    def of_order(scalar: bool, times: Times) -> Any:  # noqa: FBT001  whether the claim is one number
        return of(orders[path.transport(times["t"], times["k"], times["m"])], scalar)

    for m, (_, term) in enumerate(derivation.named_terms):
        one = not isinstance(term, MatrixExpr)
        yield from main(
            path,
            entries,
            term,
            partial(of_order, one),
            (NOW, K),
            {"m": m},
        )
    if derivation.relation is Relation.EQUAL:
        one = not isinstance(derivation.expr, MatrixExpr)
        yield from main(
            path,
            entries,
            derivation.expr,
            lambda times: of(path.transports[path.transport(times["t"], times["k"])], one),
            (NOW, K),
        )
    elif derivation.relation is not Relation.APPROXIMATELY:
        yield Open(MAIN, f"a rate is equal or approximate; {derivation.relation.value} has no judge")


def _preconditioner(path: Path) -> Statements:
    """P is the transposed zeroth order; its condition number is a ratio of its largest and smallest entries."""
    derivation = path.derivation
    entries, orders = path.moments(), path.orders(1)
    if derivation.relation is Relation.EQUAL:
        yield from main(
            path,
            entries,
            derivation.expr,
            lambda times: transposed(orders[path.transport(times["t"], times["k"], 0)]),
            (NOW, K),
        )
    else:
        yield Open(MAIN, "a preconditioner is equal to its closed form, or nothing is said")
    for item in derivation.claims:
        if item.key != "condition":
            continue
        found = head(item.left)
        if found is None or item.relation is not Relation.EQUAL:
            yield Open(item.key, f"{item.left} {item.relation.value} ... is not a condition number")
            continue
        for t, k in path.pairs():

            def sides(item: Any = item, found: Any = found, t: int = t, k: int = k) -> tuple[Any, Any]:
                table, algebra = orders[path.transport(t, k, 0)], path.algebra
                items = [line.get(i, algebra.zero) for i, line in enumerate(table.lines)]
                if algebra.ordered and any(entry <= algebra.zero for entry in items):
                    raise UnsupportedNodeError("A condition number is stated only of a positive diagonal.")
                ratio = [algebra.extreme(items, largest=True), algebra.power(algebra.extreme(items, largest=False), -1)]
                times = {NOW: t, K: k}
                return entries.at(item.right, times), algebra.product([entries.at(found[0], times), *ratio])

            yield Check(item.key, {"k": k, "t": t}, sides, soft=True)


def _eta(path: Path) -> Any:
    return path.values[ETA] if ETA in path.values else path.drawn(ETA)


def _drive(path: Path) -> Statements:
    """The rate starts at eta, multiplies over steps, and its step q_j takes the gate out of A_j."""
    expr = path.derivation.expr
    vector = isinstance(expr, MatrixExpr)
    entries, eta = path.moments(), _eta(path)

    def value(t: int, k: int) -> Any:
        return entries.at(expr, {NOW: t, K: k})

    def start(t: int) -> tuple[Any, Any]:
        found = value(t, t)
        return found, Table(1, [{0: eta} for _ in found.lines]) if isinstance(found, Table) else eta

    def step(t: int, k: int) -> tuple[Any, Any]:
        last, earlier = value(t, t - 1), value(t - 1, k)
        both = path.plain.entrywise(last, earlier) if vector else path.algebra.product([last, earlier])
        return value(t, k), scaled(path, path.algebra.power(eta, -1), both)

    for t, k in path.pairs():
        if t == k:
            yield Check(MAIN, {"t": t, "k": k}, partial(start, t))
        else:
            yield Check(MAIN, {"t": t, "k": k}, partial(step, t, k))
    yield Check(MAIN, {"t": 1, "k": 0}, lambda: _free_of_gates(path, expr))
    if path.derivation.relation is Relation.APPROXIMATELY:
        yield Open(
            MAIN,
            "a proxy; the comparison is that it starts at eta, multiplies and takes the gate out of A_j",
            essential=False,
        )
    elif vector or path.derivation.relation is not Relation.EQUAL:
        yield Open(MAIN, "a rate per unit of factors that do not commute is a proxy, never equal")


def _free_of_gates(path: Path, expr: Expr) -> tuple[Any, Any]:
    """A_1 over its rate, for two arbitrary values of every gate in the rate."""
    letters = sorted(expr.atoms(Signal, ScalarSignal), key=str)
    parameters = [node for node in path.cell.parameters if expr.has(node)]
    found = []
    for word in ("one", "another"):
        gates = {named(node, 1): path.drawn(_renamed(node, word)) for node in letters}
        own = {node: path.drawn(_renamed(node, word)) for node in parameters}
        entries = path.moments(gates, values=own)
        A = entries.signal(Signal("A", path.size, path.size, sympy.S.One))
        q = entries.at(expr, {NOW: 1, K: 0})
        power, zero = path.algebra.power, path.algebra.zero
        inverse = (
            Table(path.rows, [{i: power(line.get(0, zero), -1)} for i, line in enumerate(q.lines)])
            if isinstance(q, Table)
            else None
        )
        found.append(path.times(inverse, A) if inverse is not None else scaled(path, power(q, -1), A))
    return found[0], found[1]


def _renamed(node: Expr, word: str) -> Expr:
    """A symbol of the same shape with a name of its own."""
    shape = getattr(node, "shape", ())
    name = f"{node} {word}"
    return sympy.MatrixSymbol(name, *shape) if shape else sympy.Symbol(name)
