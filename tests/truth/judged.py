"""Where a claim is true: its value and that of its object at one point after another.

An object is named as on the command line. Its value comes from the differences of ``oracle``, a claim's from the plain
reading of ``values``; what a claim may name besides the cell's own symbols (J, A, B, M, lam, delta, eta, epsilon) is
looked up in the same trajectory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from mpmath import mp

from symgate.records import Cell
from tests.truth.oracle import CLOSE, ROUNDING, Trajectory
from tests.truth.values import DIGITS, GLOBAL, OutsideError, Scope, UnknownError

#: What each split keeps whole.
SPLITS = {"drive": ("drive",), "retention": ("retention",), "gate": ("retention", "drive")}
#: The sizes at which claims are compared, in this order.
SIZES = ({"n": 3, "m": 2}, {"n": 2, "m": 3}, {"n": 1, "m": 4}, {"n": 4, "m": 1})
_INDEX = {name: sympy.Symbol(name, integer=True) for name in "tk"}
_END = sympy.Symbol("T", integer=True, positive=True)


@dataclass(frozen=True)
class Target:
    """What a claim is about.

    Attributes:
        cell: the recurrence.
        name: the object, such as "jacobian", "c/h", "vjp:c/W_r", "transport", "expansion:retention:1".
    """

    cell: Cell
    name: str

    @property
    def of(self) -> int:
        """The place of the state that is differentiated."""
        _, slash, _ = self.name.partition("/")
        state = self.name.split("/")[0].split(":")[-1]
        return [item.name for item in self.cell.states].index(state) if slash else 0

    @property
    def parts(self) -> list[str]:
        """The kind and its details, without the state that is differentiated."""
        *kind, last = self.name.split(":")
        return [*kind, last.split("/")[-1]]

    @property
    def whole(self) -> bool:
        """Whether it is the Jacobian of all states."""
        return self.name == "jacobian"

    @property
    def one_step(self) -> bool:
        """Whether it is about one step."""
        many = {"transport", "adjoint", "gradient", "expansion", "rate", "preconditioner", "analogy", "split"}
        return self.parts[0] not in many

    @property
    def kept(self) -> tuple[str, ...]:
        """The terms that a split keeps; those of the retention where the object names no split."""
        kind, *details = self.parts
        chosen = details[0] if kind in {"expansion", "rate", "split"} else "retention"
        roles = {"retention", "drive", *(item.role for item in self.cell.assignments)}
        return tuple(role for part in chosen.split("+") for role in SPLITS.get(part, (part,)) if role in roles)


@lru_cache(maxsize=64)
def trajectory(cell: Cell, sizes: tuple[tuple[str, int], ...], steps: int, seed: int) -> Trajectory:
    """The trajectory for a cell, kept for further claims about it."""
    return Trajectory(cell, dict(sizes), steps, seed)


def sizes_for(cell: Cell, place: int, extra: int | None = None) -> tuple[tuple[str, int], ...]:
    """Different sizes for the dimensions of a cell; ``extra`` for the first of them."""
    given = dict(SIZES[place % len(SIZES)])
    names = [str(dim) for dim in cell.dimensions]
    found = {name: given.get(name, 2 + (place + q) % 3) for q, name in enumerate(names)}
    if extra is not None and names:
        found[names[0]] = extra
    return tuple(found.items())


def moments(target: Target, steps: int) -> list[dict[sympy.Symbol, int]]:
    """The times at which an object over that many steps is compared."""
    kind = target.parts[0]
    end = {_END: steps}
    if target.one_step:
        return [{_INDEX["t"]: 1, **end}]
    if kind == "gradient":
        return [end]
    if kind == "adjoint" or target.name == "analogy:momentum":
        return [{_INDEX["k"]: k, **end} for k in range(steps)]
    pairs = [(t, k) for k in range(steps + 1) for t in range(k, steps + 1)]
    if steps > 4:
        pairs = [(t, k) for t, k in pairs if t == steps or k == 0]
    return [{_INDEX["t"]: t, _INDEX["k"]: k, **end} for t, k in pairs]


def scope(target: Target, path: Trajectory, times: dict[sympy.Symbol, int]) -> Scope:
    """Where the names of a claim have values."""
    cell, kept = target.cell, target.kept
    inputs = {str(item.name) for item in cell.inputs}
    names = {str(item.symbol.name) for item in cell.assignments}

    def leaf(name: str, when: tuple[int, ...]) -> Any:
        if not when:
            return path.parameters[name] if name in path.parameters else path.positive(name.removesuffix(GLOBAL))
        inside = all(0 <= t <= path.steps for t in when)
        if name in path.states and inside:
            return path.parts(path.path[0][when[0]])[name]
        if name in names or name in inputs:
            if not inside or when[0] < 1:
                raise OutsideError(f"there is no {name} at {when[0]}")
            return path.path[1][when[0]][name] if name in names else path.input(name, when[0])
        stem, _, state = name.partition("_")
        if target.one_step and stem == "lam" and when == (1,):
            return path.random("cotangent", path.rows[target.of], 1)
        if stem in {"delta", "lam"} and len(when) == 1 and inside:
            whole = path.loss(when[0]) if stem == "delta" else path.adjoint(when[0])
            return path.parts(whole)[state] if state else whole
        if name in {"J", "A", "B"} and len(when) == 1:
            return path.jacobian(*when) if name == "J" else path.split(kept, *when)["AB".index(name)]
        if name == "M" and len(when) == 2:
            return path.transport(*when)
        if name == "M" and len(when) == 3:
            return path.orders(kept, *when[:2])[when[2]]
        raise OutsideError(f"there is no {name} at {when}")

    return Scope(leaf, path.sizes, path.functions, times)


def truth(target: Target, path: Trajectory, times: dict[sympy.Symbol, int]) -> Any:
    """The value of an object at a point."""
    kind, *details = target.parts
    t, k = times.get(_INDEX["t"]), times.get(_INDEX["k"])
    if target.one_step:
        return _one_step(target, path)
    if kind == "transport":
        return path.transport(t, k)
    if kind == "adjoint" or target.name == "analogy:momentum":
        return path.adjoint(k)
    if kind == "gradient":
        return path.gradient(details[0])
    if kind == "split":
        raise OutsideError("a split is no claim by itself")
    orders = path.orders(target.kept, t, k)
    if kind == "expansion":
        eps = path.positive("epsilon")
        return sum((eps**m * orders[m] for m in range(1, min(int(details[1]), t - k) + 1)), orders[0])
    if kind == "preconditioner":
        return orders[0].T
    if target.name == "analogy:adam":
        return sum(orders[1:2], orders[0])
    return _rate(target, path, orders, t, k)


def _rate(target: Target, path: Trajectory, orders: list[np.ndarray], t: int, k: int) -> Any:
    """eta times the diagonal of the zeroth order (schedule), and of the first beside it (rate:retention)."""
    eta = path.positive("eta")
    if target.name == "rate:drive":
        raise OutsideError("the rate of the drive is defined by the gates, not by the product")
    zeroth = np.diagonal(orders[0])[:, None] * eta
    if target.name == "analogy:schedule":
        return zeroth
    first = np.diagonal(orders[1])[:, None] * eta if t > k else 0 * zeroth
    return zeroth + first


def _one_step(target: Target, path: Trajectory) -> Any:
    """A Jacobian of one step, its Kronecker form, or its product with a cotangent."""
    place = target.of
    if target.whole:
        return path.jacobian(1)
    ends = np.cumsum([0, *path.rows])
    rows = slice(ends[place], ends[place + 1])
    kind, *details = target.parts
    name = details[0] if kind == "vjp" else kind
    if name in path.states:
        q = path.states.index(name)
        whole, shape = path.jacobian(1)[:, ends[q] : ends[q + 1]], (path.rows[q], 1)
    elif name in path.parameters:
        whole, shape = path.by_parameter(name, 1), np.shape(path.parameters[name])
    else:
        whole, shape = path.by_input(name, 1), np.shape(path.input(name, 1))
    found = whole[rows]
    if kind != "vjp":
        return found
    pulled = found.T @ path.random("cotangent", path.rows[place], 1)
    return pulled.reshape(shape, order="F") if shape else pulled[0, 0]


def gap(claimed: Any, true: Any) -> Any:
    """How far two values are apart, relative to the larger one; shapes that differ are infinitely far."""
    if np.ndim(claimed) != np.ndim(true):
        both = [
            np.broadcast_to(np.asarray(v, dtype=object), np.shape(true) or np.shape(claimed)) for v in (claimed, true)
        ]
        claimed, true = both
    if np.shape(claimed) != np.shape(true):
        return mp.inf
    ours, theirs = np.atleast_1d(claimed).ravel(), np.atleast_1d(true).ravel()
    largest = max([abs(v) for v in (*ours, *theirs)] + [mp.mpf(1)])
    return max((abs(a - b) for a, b in zip(ours, theirs, strict=True)), default=mp.mpf(0)) / largest


@dataclass(frozen=True)
class Answer:
    """What the oracle says of a claim.

    Attributes:
        true: no difference was seen; None where the claim has no value at some point, and no difference elsewhere.
        where: where a difference or no value was seen.
    """

    true: bool | None
    where: str = ""


def answer(
    target: Target,
    claim: Any,
    steps: Sequence[int] = (4, 1, 7),
    places: Sequence[int] = (0, 1),
    seed: int = 0,
    sizes: Sequence[int] = (),
) -> Answer:
    """Whether a claim about an object is true, as far as differences at these points see.

    Args:
        target: the object.
        claim: an expression.
        steps: numbers of steps of the trajectories; of one step 1.
        places: which of ``SIZES``.
        sizes: further values of the first dimension, for claims that hide at small ones.
        seed: of the numbers.
    """
    mp.dps = DIGITS  # whatever else has computed in this process
    open_, compared, fast = "", False, False
    largest = max([1, *map(abs, claim.atoms(sympy.Rational))])
    close = min(max(CLOSE, largest * ROUNDING), mp.mpf(1) / 1000)
    for place, extra in [*((place, None) for place in places), *((0, size) for size in sizes)]:
        for last in (1,) if target.one_step else steps:
            if (place != places[0] or extra) and last > 4:
                continue
            given = sizes_for(target.cell, place, extra)
            path = trajectory(target.cell, given, last, seed)
            if not path.tame:
                fast = fast or last == max(steps)  # a claim may differ after so many steps alone
                continue
            compared = True
            for times in moments(target, last):
                where = f"{dict(given)}, {', '.join(f'{s} = {v}' for s, v in times.items())}"
                try:
                    found = gap(scope(target, path, times).of(claim), known_truth(target, path, times))
                except OutsideError as error:
                    open_ = open_ or f"{error} ({where})"
                    continue
                if found > close:
                    return Answer(False, f"{where}: {mp.nstr(found, 3)}")
    if fast or not compared:
        raise UnknownError("the states grow too fast for differences")
    return Answer(None if open_ else True, open_)


def known_truth(target: Target, path: Trajectory, times: dict[sympy.Symbol, int]) -> Any:
    """``truth``, computed once for each point."""
    key = ("truth", target.name, *sorted((str(s), v) for s, v in times.items()))
    return path.remembered(key, lambda: truth(target, path, times))


def points(target: Target, claim: Any, steps: int = 4, seed: int = 0) -> Iterator[tuple[str, Any, Any]]:
    """Every point with the claimed and the true value, for a closer look."""
    given = sizes_for(target.cell, 0)
    path = trajectory(target.cell, given, steps, seed)
    for times in moments(target, steps):
        yield str(times), scope(target, path, times).of(claim), known_truth(target, path, times)
