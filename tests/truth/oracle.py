"""The oracle: what the objects of a cell are, by central differences of the unrolled recurrence in 60 digits.

The recurrence is read with the plain interpreter of ``values``; weights, states, inputs and loss gradients are
random, and the inputs differ from step to step. Nothing of the calculus, the derivations or the proofs of symgate
is used.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any

import numpy as np
import sympy
from mpmath import mp
from sympy.matrices import expressions as me

from symgate.language import UPDATE, Dot, ScalarSignal, Signal
from symgate.records import Cell
from tests.truth.values import DIGITS, OutsideError, Scope, UnknownError, eye, filled

#: The step of a central difference: its error is H^2 f'''/6, that of rounding 10^-DIGITS/H.
H_EXPONENT = 20
#: Below this, relative to what is compared, two values are one.
CLOSE = mp.mpf(10) ** -25
#: How much of a large number in a claim a difference may leave where the number multiplies what is 0.
ROUNDING = mp.mpf(10) ** -40

NEAR = "near "


@dataclass(frozen=True)
class Moved:
    """States that move in a part of an update: the path of one named term.

    Attributes:
        values: the moved states before the step, by name.
        role: "retention" (direct, entry by entry), or the role of the assignments through which they are seen.
    """

    values: dict[str, np.ndarray]
    role: str


@dataclass
class Trajectory:
    """A cell run over some steps with random numbers.

    Attributes:
        cell: the recurrence.
        sizes: the sizes, by name.
        steps: T.
        seed: of all numbers.
    """

    cell: Cell
    sizes: dict[str, int]
    steps: int
    seed: int = 0
    _known: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mp.dps = DIGITS
        self.h = mp.mpf(10) ** -H_EXPONENT
        self.functions = {name: bound or "opaque" for name, bound in self.cell.functions}
        self.states = [state.name for state in self.cell.states]
        self.rows = [self._size(state.before.shape[0]) for state in self.cell.states]
        self.parameters = {str(p.name): self.random(str(p.name), *self._shape(p)) for p in self.cell.parameters}
        self.start = np.vstack([self.random(f"{s}|0", n, 1) for s, n in zip(self.states, self.rows, strict=True)])

    # numbers

    def _size(self, size: Any) -> int:
        return int(size.xreplace({s: sympy.Integer(self.sizes[str(s)]) for s in size.free_symbols}))

    def _shape(self, symbol: Any) -> tuple[int, ...]:
        return tuple(map(self._size, getattr(symbol, "shape", ())))

    def random(self, label: str, *shape: int) -> Any:
        """Random numbers between -1 and 1 with all digits, the same for the same label."""
        rng = random.Random(f"{self.seed}|{label}|{shape}")
        draw = lambda: mp.mpf(rng.randrange(-(10**40), 10**40)) / 10**40  # noqa: E731
        if not shape:
            return draw()
        found = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            found[place] = draw()
        return found

    def positive(self, label: str) -> Any:
        """A random number between 0.2 and 0.8."""
        return mp.mpf(1) / 2 + self.random(label) * 3 / 10

    def input(self, name: str, t: int) -> np.ndarray:
        """An input at a step."""
        key = ("input", name, t)
        if key not in self._known:
            symbol = next(item for item in self.cell.inputs if str(item.name) == name)
            self._known[key] = self.random(f"{name}|{t}", *self._shape(symbol))
        return self._known[key]

    def loss(self, t: int) -> np.ndarray:
        """delta_t of all states, one below the other."""
        key = ("loss", t)
        if key not in self._known:
            self._known[key] = self.random(f"delta|{t}", sum(self.rows), 1)
        return self._known[key]

    def parts(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """A stacked vector, state by state."""
        ends = np.cumsum([0, *self.rows])
        return {name: z[ends[q] : ends[q + 1]] for q, name in enumerate(self.states)}

    # the recurrence

    def _scope(self, t: int, before: dict[str, Any], named: dict[str, Any], parameters: dict[str, Any]) -> Scope:
        inputs = {str(item.name) for item in self.cell.inputs}

        def leaf(name: str, times: tuple[int, ...]) -> Any:
            if name in parameters:
                return parameters[name]
            if name in inputs:
                return self.input(name, *times)
            return before[name] if name in before else named[name]

        return Scope(leaf, self.sizes, self.functions, {sympy.Symbol("t", integer=True): t})

    def step(
        self, z: np.ndarray, t: int, parameters: dict[str, Any] | None = None, moved: Moved | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """The states after step t, and every named intermediate; of a named term where only its path is moved."""
        parameters = self.parameters if parameters is None else parameters
        before = self.parts(z)
        named: dict[str, Any] = {}
        scope = self._scope(t, before, named, parameters)
        for item in self.cell.assignments:
            named[str(item.symbol.name)] = scope.of(item.expr)
        if moved is None:
            return np.vstack([scope.of(state.update) for state in self.cell.states]), named
        other: dict[str, Any] = {}
        along = self._scope(t, moved.values, other, parameters)
        for item in self.cell.assignments:
            other[str(item.symbol.name)] = along.of(item.expr)
        seen = {str(item.symbol.name) for item in self.cell.assignments if item.role == moved.role}
        mixed = {name: other[name] if name in seen else value for name, value in named.items()}
        near = moved.values if moved.role == "retention" else before
        far = moved.values if moved.role == "drive" else before
        both = self._scope(t, far | {NEAR + name: value for name, value in near.items()}, mixed, parameters)
        updates = [_nearby(state.update, self.states) for state in self.cell.states]
        return np.vstack([both.of(update) for update in updates]), mixed

    @cached_property
    def path(self) -> tuple[list[np.ndarray], list[dict[str, Any]]]:
        """The states after 0, 1, ..., T steps, and the intermediates of every step (none at 0)."""
        states, names = [self.start], [{}]
        for t in range(1, self.steps + 1):
            z, named = self.step(states[-1], t)
            states.append(z)
            names.append(named)
        return states, names

    @cached_property
    def tame(self) -> bool:
        """Whether no state is so large, as exp(exp(exp(x))) is, that differences lose their digits."""
        z = self.start
        for t in range(1, self.steps + 1):
            z, _ = self.step(z, t)
            if any(abs(value) > 10**4 for value in z.ravel()):
                return False
        return True

    def unrolled(self, z: np.ndarray, k: int, t: int) -> list[np.ndarray]:
        """The states after k, ..., t steps from the state z after k."""
        found = [z]
        for j in range(k + 1, t + 1):
            found.append(self.step(found[-1], j)[0])
        return found

    # derivatives

    def difference(self, f: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
        """df/dx by central differences; columns as the column-major vec of x."""
        columns = []
        for place in np.ndindex(x.T.shape):
            moved = []
            for sign in (1, -1):
                other = x.copy()
                other[place[::-1]] += sign * self.h
                moved.append(f(other))
            columns.append((moved[0] - moved[1]) / (2 * self.h))
        return np.hstack([column.reshape(-1, 1) for column in columns])

    def remembered(self, key: Any, make: Callable[[], Any]) -> Any:
        """A value that is computed once."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def transport(self, t: int, k: int) -> np.ndarray:
        """M_{t,k} = dz_t/dz_k, by differences of the unrolled recurrence."""
        if not 0 <= k <= t <= self.steps:
            raise OutsideError(f"there is no transport from {k} to {t}")

        def make() -> list[np.ndarray]:
            n = sum(self.rows)
            f = lambda z: np.vstack(self.unrolled(z, k, self.steps))  # noqa: E731
            whole = self.difference(f, self.path[0][k])
            return [whole[j * n : (j + 1) * n] for j in range(self.steps - k + 1)]

        return self.remembered(("M", k), make)[t - k]

    def term(self, role: str, j: int) -> np.ndarray:
        """A named term of the Jacobian of step j: the derivative along the paths of that name."""
        if not 1 <= j <= self.steps:
            raise OutsideError(f"there is no step {j}")
        z = self.path[0][j - 1]
        f = lambda moved: self.step(z, j, moved=Moved(self.parts(moved), role))[0]  # noqa: E731
        return self.remembered(("term", role, j), lambda: self.difference(f, z))

    def jacobian(self, j: int) -> np.ndarray:
        """J_j = dz_j/dz_{j-1}."""
        if not 1 <= j <= self.steps:
            raise OutsideError(f"there is no step {j}")
        return self.transport(j, j - 1)

    def by_parameter(self, name: str, j: int) -> np.ndarray:
        """d+z_j/dtheta on the column-major vec."""

        def f(value: np.ndarray) -> np.ndarray:
            given = value if np.ndim(self.parameters[name]) else value[0, 0]
            return self.step(self.path[0][j - 1], j, {**self.parameters, name: given})[0]

        value = self.parameters[name]
        array = value if np.ndim(value) else np.array([[value]], dtype=object)
        return self.remembered(("P", name, j), lambda: self.difference(f, array))

    def by_input(self, name: str, j: int) -> np.ndarray:
        """d+z_j/du_j."""
        before = self.path[0][j - 1]  # on the path of the inputs as they are, whoever asks for it first

        def f(value: np.ndarray) -> np.ndarray:
            held = self._known[("input", name, j)]
            self._known[("input", name, j)] = value if np.ndim(held) else value[0, 0]
            try:
                return self.step(before, j)[0]
            finally:
                self._known[("input", name, j)] = held

        value = self.input(name, j)
        array = value if np.ndim(value) else np.array([[value]], dtype=object)
        return self.remembered(("U", name, j), lambda: self.difference(f, array))

    def total_loss(self, z: np.ndarray, k: int, parameters: dict[str, Any] | None = None) -> np.ndarray:
        """sum_{t >= k} delta_t' z_t from the state z after k steps, as a 1 x 1 array."""
        total = self.loss(k).T @ z if k or parameters is None else filled(1, 1, 0)
        for t in range(k + 1, self.steps + 1):
            z = self.step(z, t, parameters)[0]
            total = total + self.loss(t).T @ z
        return total

    def adjoint(self, k: int) -> np.ndarray:
        """lambda_k = dL/dz_k with the later losses."""
        if not 0 <= k <= self.steps:
            raise OutsideError(f"there is no adjoint at {k}")
        f = lambda z: self.total_loss(z, k)  # noqa: E731
        return self.remembered(("lam", k), lambda: self.difference(f, self.path[0][k]).T)

    def gradient(self, name: str) -> Any:
        """dL/dtheta of the whole loss, in the shape of theta."""
        value = self.parameters[name]
        array = value if np.ndim(value) else np.array([[value]], dtype=object)

        def f(moved: np.ndarray) -> np.ndarray:
            given = moved if np.ndim(value) else moved[0, 0]
            return self.total_loss(self.start, 0, {**self.parameters, name: given})

        found = self.remembered(("gradient", name), lambda: self.difference(f, array))
        return found.reshape(array.shape, order="F") if np.ndim(value) else found[0, 0]

    # splits

    def split(self, kept: tuple[str, ...], j: int) -> tuple[np.ndarray, np.ndarray]:
        """A_j and B_j: the named terms that are kept, and the rest of the Jacobian.

        Raises:
            UnknownError: a name is part of the update itself; which paths through it are kept is not known here.
        """
        if any(item.role == UPDATE for item in self.cell.assignments):
            raise UnknownError("the oracle does not look through names of the update")
        A = reduce(lambda found, role: found + self.term(role, j), kept, filled(*[sum(self.rows)] * 2, 0))
        return A, self.jacobian(j) - A

    def orders(self, kept: tuple[str, ...], t: int, k: int) -> list[np.ndarray]:
        """The coefficients of eps^0, eps^1, ... in the product of the A_j + eps B_j, later factors left."""
        if not 0 <= k <= t <= self.steps:
            raise OutsideError(f"there is no product from {k} to {t}")

        def make() -> list[np.ndarray]:
            n = sum(self.rows)
            if t == k:
                return [eye(n)]
            before, (A, B) = self.orders(kept, t - 1, k), self.split(kept, t)
            zero = filled(n, n, 0)
            return [A @ low + B @ high for low, high in zip([*before, zero], [zero, *before], strict=True)]

        return self.remembered(("orders", kept, t, k), make)


def _nearby(expr: Any, states: list[str]) -> Any:
    """An update in which a state seen entry by entry, not through a matrix or a dot product, bears another name."""
    if isinstance(expr, Signal):
        return Signal(NEAR + expr.name, *expr.shape, expr.index) if expr.name in states else expr
    if isinstance(expr, (Dot, sympy.Symbol, sympy.Number, me.MatrixSymbol, ScalarSignal)) or not expr.args:
        return expr
    if isinstance(expr, me.MatMul) and any(hasattr(arg, "shape") and arg.shape[1] != 1 for arg in expr.args):
        return expr.func(*(arg if hasattr(arg, "shape") else _nearby(arg, states) for arg in expr.args))
    return expr.func(*(_nearby(arg, states) if isinstance(arg, sympy.Expr) else arg for arg in expr.args))
