"""A cell: a recurrence as an ordered list of named assignments, and the update of every state."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatMul, MatrixExpr, OneMatrix

from symgate.errors import NotDerivedError, UnknownNameError, unknown
from symgate.records.showing import shortened, shown


@dataclass(frozen=True)
class Assignment:
    """A named intermediate: symbol = expr.

    Attributes:
        symbol: the name, an atom in every result (a Signal or a ScalarSignal at time t).
        expr: its definition, over earlier names, states, inputs and parameters.
        role: the name of the Jacobian term of a path that leaves the update through this name.
    """

    symbol: Expr
    expr: Expr
    role: str = "drive"


@dataclass(frozen=True)
class State:
    """A state variable: ``before`` is x_{t-1}, ``after`` is x_t, ``update`` the recurrence for x_t."""

    before: Expr
    after: Expr
    update: Expr

    @property
    def name(self) -> str:
        """The plain name of the state."""
        return str(self.before.name)


@dataclass(frozen=True)
class Output:
    """What is computed of a state and goes into the loss alone: o_t = V h_t + c, or V h_t.

    Attributes:
        name, state, matrix, bias: the plain names of o, h, V and c ("" for none).
    """

    name: str
    state: str
    matrix: str
    bias: str = ""

    @property
    def names(self) -> set[str]:
        """The names that it brings."""
        return {self.name, self.matrix, self.bias} - {""}


@dataclass(frozen=True, repr=False)
class Cell:
    """A recurrence: an ordered list of named assignments, then the update of every state.

    Attributes:
        name: a plain name, such as "multi_gate".
        source: where the recurrence is published.
        states, inputs, parameters: its symbols in declaration order.
        assignments: the named intermediates, each using earlier names only.
        functions: (name, bound nonlinearity or None) for each opaque function of the cell; results hold
            for every differentiable function, numbers use the bound one.
        written: (name, LaTeX) for names whose printed form differs from their spelling.
        in_rows: whether the cell was read from equations over row vectors; its matrices are then the author's even
            where vectors are rows.
        redated: whether the cell was read from equations with another time convention, such as x_{t+1} = F(x_t, u_t).
        outputs: quantities that are computed from the states and that claims may name; not part of the cell's identity.
        aside: (name, form of its equation) of names that were left out because no state depends on them, such as a
            softmax; not part of the cell's identity either.
    """

    name: str
    source: str
    states: tuple[State, ...]
    inputs: tuple[Expr, ...]
    parameters: tuple[Expr, ...]
    assignments: tuple[Assignment, ...]
    functions: tuple[tuple[str, str | None], ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    outputs: tuple[Output, ...] = field(default=(), compare=False)
    aside: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    redated: bool = field(default=False, compare=False)
    in_rows: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        parts = [
            ("state", [state.name for state in self.states]),
            ("input", [str(item.name) for item in self.inputs]),
            ("parameter", [str(item.name) for item in self.parameters]),
            ("intermediate", [str(item.symbol.name) for item in self.assignments]),
        ]
        rows = [f"{word}{'s' if len(names) > 1 else ''} {', '.join(names)}" for word, names in parts if names]
        return "\n".join([f"Cell {self.name!r}", *(f"  {shortened(row)}" for row in rows)])

    def _repr_latex_(self) -> str | None:
        return shown(self, "latex")

    @property
    def beside(self) -> tuple[object, ...]:
        """What it is told with and compared without, of which what is remembered of a cell must not lose sight."""
        return self.outputs, self.aside, self.redated, self.in_rows

    @property
    def symbols(self) -> dict[str, Expr]:
        """States (before the step), inputs and parameters by name: the arguments of every function of the cell."""
        every = [state.before for state in self.states] + [*self.inputs, *self.parameters]
        return {str(symbol.name): symbol for symbol in every}

    @property
    def outcomes(self) -> tuple[State, ...]:
        """What one call gives: each state after the step."""
        return self.states

    @property
    def definitions(self) -> dict[Expr, Expr]:
        """Each named intermediate, and each state after the step, with its definition."""
        named = {item.symbol: item.expr for item in self.assignments}
        return named | {state.after: state.update for state in self.states}

    @cached_property
    def dimensions(self) -> tuple[sympy.Symbol, ...]:
        """The symbolic sizes, such as (n, m), in order of first use."""
        found: dict[sympy.Symbol, None] = {}
        for symbol in self.symbols.values():
            for size in getattr(symbol, "shape", ()):
                found |= dict.fromkeys(sorted(size.free_symbols, key=str))
        return tuple(found)

    @property
    def matrix_states(self) -> tuple[State, ...]:
        """The states that are matrices."""
        return tuple(state for state in self.states if state.before.shape[1] != 1)

    @cached_property
    def numbers(self) -> tuple[State, ...]:
        """The states of one number: vectors of equal entries, of a size that covers 1 and that nothing else has."""
        filled = [state for state in self.states if _is_filled(state.update, state.after.shape)]
        others = [*self.inputs, *self.parameters, *(item.symbol for item in self.assignments)]
        others += [state.after for state in self.states if state not in filled]
        used = {size for symbol in others for size in getattr(symbol, "shape", ())}
        return tuple(state for state in filled if state.after.shape[0] not in used)

    def state(self, name: str | None = None) -> State:
        """The state of that name; of a cell with one state, that one.

        Raises:
            UnknownNameError: there is no such state, or several and none was named.
        """
        by_name = {state.name: state for state in self.states}
        if name is None and len(by_name) == 1:
            return self.states[0]
        if name is None:
            raise UnknownNameError(
                f"Which state of cell {self.name!r}? It has several: {', '.join(by_name)}. Name one, as in "
                f"of={next(iter(by_name))!r}; symgate.state_jacobian takes all of them at once."
            )
        if name not in by_name:
            raise unknown(f"state of cell {self.name!r}", name, by_name)
        return by_name[name]

    def bind(self, **functions: str) -> Cell:
        """The same cell with its opaque functions bound to others, such as ``cell.bind(phi="relu")``.

        Raises:
            UnknownNameError: the cell has no function of that name.
        """
        for name in functions:
            if name not in dict(self.functions):
                raise unknown(f"function of cell {self.name!r}", name, dict(self.functions))
        return replace(self, functions=tuple((name, functions.get(name, bound)) for name, bound in self.functions))


def vectors_only(cell: Cell, what: str) -> Cell:
    """The cell, where all of its states are vectors.

    Raises:
        NotDerivedError: one is a matrix; ``what`` is what was asked for.
    """
    if cell.matrix_states:
        names = ", ".join(state.name for state in cell.matrix_states)
        raise NotDerivedError(
            f"{what} of a matrix state is not derived yet; cell {cell.name!r} has {names}. There are its Jacobians "
            "(jacobian, kronecker), vector-Jacobian products (vjp), influences, gradients by lag, expansions, code, "
            "trajectories, their exponents and gradients through time; see docs/matrix-states.md."
        )
    return cell


def _is_filled(update: Expr, shape: tuple[Expr, ...]) -> bool:
    """Whether an update is a scalar times a vector of ones of a symbolic size."""
    matrices = [part for part in update.args if isinstance(part, MatrixExpr)]
    return isinstance(update, MatMul) and matrices == [OneMatrix(*shape)] and shape[1] == 1 and shape[0].is_Symbol
