"""What the analogies state along a trajectory: gates as a schedule, as momentum, as a diagonal preconditioner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol

from symgate.language import T as NOW
from symgate.language.sequences import ETA, LAST, K
from symgate.proof.sequences.laws import law, named
from symgate.proof.sequences.paths import Laws, Path, time_letters
from symgate.proof.sequences.products import adjoint, expansion_terms, tied
from symgate.proof.sequences.statements import (
    MAIN,
    Check,
    Open,
    Statements,
    at_times,
    diagonal,
    equation,
    head,
    left_side,
    main,
    remaining,
    scaled,
    words,
)
from symgate.proof.tables import Table
from symgate.records import Equation, Relation, Standing, add_up


def schedule(path: Path) -> Statements:
    """The weight of a step is eta times the zeroth order; gates 1 - s_{j-1}/s_j multiply to s_k/s_t, whatever s."""
    derivation = path.derivation
    yield from left_side(derivation)
    yield from tied(path)
    orders, entries = path.orders(1), path.moments()
    eta = path.values[ETA] if ETA in path.values else path.drawn(ETA)
    scalar = not isinstance(derivation.expr, MatrixExpr)
    if derivation.relation is Relation.EQUAL:
        yield from main(
            path,
            entries,
            derivation.expr,
            lambda times: scaled(
                path, eta, diagonal(path, orders[path.transport(times["t"], times["k"], 0)], scalar=scalar)
            ),
            (NOW, K),
        )
    else:
        yield Open(MAIN, "a schedule is equal to its closed form, or nothing is said")
    examples = {item.key: item for item in derivation.equations if item.standing is Standing.EXAMPLE}
    symbol = _schedule_symbol(path)
    for item in derivation.claims:
        example = examples.get(item.key.replace("gate_", "schedule_")) if item.key.startswith("gate_") else None
        if symbol is None and (item.key.startswith("gate") or item.relation is not Relation.EQUAL):
            yield Open(item.key, "there is no schedule that it speaks of")
        elif symbol is None or not item.key.startswith("gate"):
            yield from equation(path, path.moments({} if symbol is None else _arbitrary(path, symbol)), item)
        elif item.key == "gate":
            yield from _realises(path, item, symbol, {}, _arbitrary(path, symbol))
        elif example is None:
            yield Open(item.key, "there is no schedule that it speaks of")
        else:
            meant = law(example.left, example.right, 0, path.steps)
            yield from _realises(path, item, symbol, dict([meant]) if meant else {}, {})


def _schedule_symbol(path: Path) -> Expr | None:
    """The name of the schedule: what the examples choose, or else what the gate is said to be made of."""
    chosen = [item.left for item in path.derivation.equations if item.standing is Standing.EXAMPLE]
    return chosen[0] if chosen else None


def _arbitrary(path: Path, symbol: Any) -> dict[Any, Any]:
    """An arbitrary schedule s_0..s_T."""
    drawn = {named(symbol, j): path.draw(f"{symbol.name}[{j}]", 0, 0) for j in range(path.steps + 1)}
    return {place: abs(value) for place, value in drawn.items()} if path.algebra.ordered else drawn


def _realises(path: Path, item: Equation, symbol: Any, laws: Laws, timed: Mapping[Any, Any]) -> Statements:
    """prod_j (1 - right side at j) = s_k/s_t, j = k+1..t: what it means that the gate realises the schedule."""
    if item.relation is not Relation.EQUAL:
        yield Open(item.key, f"the relation {item.relation.value} has no judge here")
        return
    algebra = path.algebra
    entries = path.moments(timed, laws=laws)
    found = head(item.left)
    index = None if found is None else found[1].index
    if found is None or not isinstance(index, sympy.Symbol):
        yield Open(item.key, f"its left side {item.left} is not a gate at a step")
        return
    known = [letter for expr in (item.right, *(own.expr for own in laws.values())) for letter in time_letters(expr)]
    others = tuple(dict.fromkeys(letter for letter in known if letter not in {index, K}))
    minus = sympy.S.NegativeOne
    for j in range(1, path.steps + 1):
        for more in at_times(path, others):

            def sides(j: int = j, more: Mapping[Any, int] = more) -> tuple[Any, Any]:
                # Letters of a choice, such as the step of a switch, are numbers in the schedule as well.
                moved = {name: replace(own, also=tuple(more.items())) for name, own in laws.items()}
                here = path.moments(timed, laws=moved) if more and moved else entries
                times = {**more, index: j}
                gate = algebra.product([here.at(item.right, times), algebra.power(here.at(found[0], times), -1)])
                kept = algebra.total([algebra.one, algebra.product([algebra.number(minus), gate])])
                before, after = (here.signal(symbol.xreplace({symbol.index: sympy.Integer(q)})) for q in (j - 1, j))
                return kept, algebra.product([before, algebra.power(after, -1)])

            yield Check(item.key, {**words(more), "j": j}, sides)


def momentum(path: Path) -> Statements:
    """The adjoint itself, and its first two terms as a heavy-ball step for any buffer."""
    yield from adjoint(path)
    derivation = path.derivation
    by_key = {item.key: item for item in derivation.equations}
    ball, buffer = by_key.get("heavy_ball"), by_key.get("buffer")
    if ball is None:
        return
    found = head(ball.left)
    if buffer is None or found is None or ball.relation is Relation.AT_MOST:
        yield Open(ball.key, "there is no buffer that it speaks of")
        return
    if ball.relation is Relation.EQUAL:  # then it holds for the true lambda, not only at zeroth order
        yield from equation(path, path.moments(path.adjoints), ball)
    zeroth = add_up([term for _, term in derivation.named_terms[:2]])
    size, s = tuple(derivation.of.shape), buffer.left.index
    for step in range(1, path.steps + 1):

        def sides(step: int = step) -> tuple[Any, Any]:
            k = path.steps - step
            later = path.adjoints["lam", size, (k + 1,)]
            before = path.moments({("lam", size, (k + 1,)): later})
            times = {s: step - 1, **_last(path)}
            held = path.moments(
                {named(found[1], step - 1): before.at(buffer.right, times), ("lam", size, (k + 1,)): later}
            )
            back = held.at(zeroth, {K: k, **_last(path)})
            now = path.moments({("lam", size, (k,)): back}).at(buffer.right, {s: step, **_last(path)})
            factor = held.at(found[0], {s: step, **_last(path)})
            return held.at(ball.right, {s: step, **_last(path)}), scaled(path, factor, now)

        yield Check(ball.key, {"s": step}, sides)


def _last(path: Path) -> dict[sympy.Symbol, int]:
    return {LAST: path.steps}


def adam(path: Path) -> Statements:
    """Both orders of the transport; constant gates 1 - d^(1/l) multiply to d."""
    yield from left_side(path.derivation)
    yield from tied(path)
    entries = path.moments()
    yield from expansion_terms(path, entries, path.orders(1))
    if path.derivation.relation is Relation.EQUAL:
        yield from main(
            path,
            entries,
            path.derivation.expr,
            lambda times: path.transports[path.transport(times["t"], times["k"])],
            (NOW, K),
        )
    elif path.derivation.relation is not Relation.APPROXIMATELY:
        yield Open(MAIN, f"orders are equal or approximate; {path.derivation.relation.value} has no judge")
    for item in path.derivation.claims:
        if item.key == "gate" and item.relation is Relation.EQUAL:
            yield from _constant_gate(path, item)
    yield from remaining(path, entries, {"gate"})


def _constant_gate(path: Path, item: Equation) -> Statements:
    """(1 - right side)^(t - k) is the diagonal d, for any d that is a power of that order."""
    symbols = (*item.right.atoms(MatrixSymbol), *item.right.atoms(sympy.Symbol))
    brought = [node for node in symbols if node in path.values and node not in path.cell.parameters]
    algebra = path.algebra
    found = head(item.left)
    if len(brought) != 1 or found is None:
        yield Open(item.key, "it does not speak of one diagonal")
        return
    d = brought[0]
    for t, k in path.pairs():
        if t == k:
            continue

        def sides(t: int = t, k: int = k) -> tuple[Any, Any]:
            root, power = path.values[d], t - k
            entries = path.moments(values={d: _raised(path, root, power)}, roots={d: (root, power)})
            times = {NOW: t, K: k}
            inverse = algebra.power(entries.at(found[0], times), -1)
            gate = scaled(path, inverse, entries.at(item.right, times))
            minus = algebra.number(sympy.S.NegativeOne)
            if isinstance(gate, Table):
                items = [line.get(0, algebra.zero) for line in gate.lines]
                kept = Table(1, [{0: algebra.total([algebra.one, algebra.product([minus, x])])} for x in items])
            else:
                kept = algebra.total([algebra.one, algebra.product([minus, gate])])
            return _raised(path, kept, power), entries.of(d)

        yield Check(item.key, {"t": t, "k": k}, sides)


def _raised(path: Path, value: Any, power: int) -> Any:
    if not isinstance(value, Table):
        return path.algebra.power(value, power)
    zero = path.algebra.zero
    return Table(
        value.cols,
        [{j: path.algebra.power(line.get(j, zero), power) for j in range(value.cols)} for line in value.lines],
    )
