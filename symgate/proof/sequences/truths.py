"""The true derivatives along a trajectory: dual numbers are carried through all steps at once.

In: a path with its values.  Out: transports, adjoints, gradients and influences of the whole recurrence, with new
variables at every state (x_k + e_k) and for one parameter.  Orders of an expansion are the coefficients of eps in the
product of A_j + eps B_j.  No closed form is used.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import sympy

from symgate.language.sequences import at
from symgate.proof.dual import Dual
from symgate.proof.sequences.laws import Place, place
from symgate.proof.sequences.moments import Moments
from symgate.proof.sequences.states import columns, parts, places, shaped
from symgate.proof.tables import Table, concrete

if TYPE_CHECKING:
    from symgate.proof.sequences.paths import Path


class Carried(NamedTuple):
    """What dual numbers carry.

    Attributes:
        slopes: by step, the derivatives of all states by the state at every earlier step and by the parameter.
        loss: the derivative of the loss by every variable; variables have numbers, which are quick to look up.
    """

    slopes: dict[int, list[dict[int, Any]]]
    loss: dict[int, Any]


def _state(path: Path, step: int, entry: int) -> int:
    """The number of the variable at an entry of all states after a step: from 0 on."""
    return step * path.rows + entry


def _parameter(p: int, q: int, rows: int) -> int:
    """The number of the variable at an entry of the parameter, column by column: from -1 on down."""
    return ~(p + q * rows)


def carried(path: Path) -> Carried:
    """The derivatives of all states at every step, and of the loss, as dual numbers have them."""
    dual, algebra = Dual(path.algebra), path.algebra
    wrt = path.derivation.wrt if path.derivation.wrt in path.cell.parameters else None

    def lifted(value: Any, *, own: bool = False) -> Any:
        if not isinstance(value, Table):
            return (value, {_parameter(0, 0, 1): algebra.one} if own else None)
        lines = [
            {j: (item, {_parameter(i, j, value.rows): algebra.one} if own else None) for j, item in line.items()}
            for i, line in enumerate(value.lines)
        ]
        return Table(value.cols, lines)

    values = {symbol: lifted(value, own=symbol == wrt) for symbol, value in path.values.items()}
    timed = {where: lifted(value) for where, value in path.given.items()}
    entries = Moments(dual, path.sizes, values, {}, work=path.work, timed=timed, laws=path.recurrence)
    found: dict[int, list[dict[Any, Any]]] = {}
    slopes: list[tuple[Any, dict[Any, Any]]] = []
    for j in range(path.steps + 1 + path.wide):
        found[j] = []
        deltas = parts(path.cell, "delta", sympy.Integer(j))
        path.work.spend(path.rows * path.rows * (j + 1))
        after = [at(state.after, sympy.Integer(j)) for state in path.cell.states]
        tables = [entries.signal(symbol) for symbol in after]  # all of them before any gets new variables
        for symbol, table, delta, span in zip(after, tables, deltas, places(path.cell, path.sizes), strict=True):
            moved = []
            high = len(table.lines)
            for i, (value, slope) in enumerate(columns(table, dual.zero)):
                moved.append((value, {**(slope or {}), _state(path, j, span.start + i): algebra.one}))
            lines = [{q: moved[p + q * high] for q in range(table.cols)} for p in range(high)]
            entries.timed[place(symbol)] = Table(table.cols, lines)
            found[j] += [slope for _, slope in moved]
            weights = columns(path.given[place(delta)], algebra.zero)
            if j <= path.steps:
                slopes += [(weight, slope) for weight, (_, slope) in zip(weights, moved, strict=True)]
    gathered: dict[int, list[tuple[Any, Any]]] = {}
    for weight, slope in slopes:
        for key, value in slope.items():
            gathered.setdefault(key, []).append((weight, value))
    return Carried(found, {key: algebra.dot(pairs) for key, pairs in gathered.items()})


def transports(path: Path) -> dict[Place, Table]:
    """The true M_{t,k} for 0 <= k <= t <= T."""
    found: dict[Place, Table] = {}
    for t, k in product(range(path.steps + 1 + path.wide), repeat=2):
        if k > t:
            continue
        first = _state(path, k, 0)
        lines = [
            {i: slope[first + i] for i in range(path.rows) if first + i in slope} for slope in path.carried.slopes[t]
        ]
        found[path.transport(t, k)] = Table(path.rows, lines)
    return found


def adjoints(path: Path) -> dict[Place, Table]:
    """The true lambda_k of all states, and of each."""
    loss = path.carried.loss
    found: dict[Place, Table] = {}
    for k in range(path.steps + 1):
        back = [{0: loss.get(_state(path, k, i), path.algebra.zero)} for i in range(path.rows)]
        found["lam", (path.size, sympy.S.One), (k,)] = Table(1, back)
        spans = places(path.cell, path.sizes)
        for part, span in zip(parts(path.cell, "lam", sympy.Integer(k)), spans, strict=True):
            found[place(part)] = shaped(Table(1, back[span]), part, path.sizes)
    return found


def gradient(path: Path) -> Any:
    """dL/d(wrt), L = sum_t dot(delta_t, x_t) over t = 1..T."""
    loss, shape = path.carried.loss, getattr(path.derivation.wrt, "shape", ())
    if not shape:
        return loss.get(_parameter(0, 0, 1), path.algebra.zero)
    rows, cols = (concrete(part, path.sizes) for part in shape)
    keys = [[_parameter(p, q, rows) for q in range(cols)] for p in range(rows)]
    return Table(cols, [{q: loss[key] for q, key in enumerate(row) if key in loss} for row in keys])


def influences(path: Path) -> dict[Place, Table]:
    """The true P_t = dx_t/d(wrt) for t = 0 .. T; a column for each entry of the parameter, column by column."""
    shape = getattr(path.derivation.wrt, "shape", (sympy.S.One, sympy.S.One))
    rows, cols = (concrete(part, path.sizes) for part in shape)
    found: dict[Place, Table] = {}
    for t in range(path.steps + 1):
        lines = [{~key: value for key, value in slope.items() if key < 0} for slope in path.carried.slopes[t]]
        found["P", (path.size, shape[0] * shape[1]), (t,)] = Table(rows * cols, lines)
    return found


def orders(path: Path, highest: int) -> dict[Place, Table]:
    """The true M^(m)_{t,k} up to an order: coefficients of eps in the product of A_j + eps B_j."""
    square = (path.size, path.size)
    found: dict[Place, Table] = {}
    A, B = ({j: path.matrix(name, j) for j in range(1, path.steps + 1)} for name in "AB")
    zero = Table(path.rows, [{} for _ in range(path.rows)])
    for k in range(path.steps + 1):
        powers = [path.plain.of(sympy.Identity(path.size)), *[zero] * highest]
        for t in range(k, path.steps + 1):
            if t > k:
                times = [(path.times(A[t], power), path.times(B[t], power)) for power in powers]
                powers = [
                    kept if m == 0 else path.plain.added(kept, times[m - 1][1]) for m, (kept, _) in enumerate(times)
                ]
            found |= {("M", square, (t, k, m)): power for m, power in enumerate(powers)}
    return found
