"""The records that cross from one layer to the next: a cell, and what was derived from it.

Frozen, hashable, picklable; they hold SymPy expressions and know no algorithm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatAdd

from symgate.errors import NotDerivedError, UnknownNameError, unknown

#: How cells and derivations show themselves in a notebook; ``symgate/__init__`` puts the printers here.
PRESENTERS: dict[str, Callable[[Any], str]] = {}


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


def shown(obj: Any, markup: str) -> str | None:
    """What an object shows of itself in "latex" or "html"; None where no printer is there."""
    show = PRESENTERS.get(markup)
    return show(obj) if show else None


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
        written: (name, LaTeX) for names that are printed otherwise than they are spelled.
        outputs: what is computed beside the states, which claims may name; it is no part of what a cell is.
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

    def __repr__(self) -> str:
        parts = [
            ("state", [state.name for state in self.states]),
            ("input", [str(item.name) for item in self.inputs]),
            ("parameter", [str(item.name) for item in self.parameters]),
            ("intermediate", [str(item.symbol.name) for item in self.assignments]),
        ]
        rows = [f"{word}{'s' if len(names) > 1 else ''} {', '.join(names)}" for word, names in parts if names]
        return "\n".join([f"Cell {self.name!r}", *(f"  {_cut(row)}" for row in rows)])

    def _repr_latex_(self) -> str | None:
        return shown(self, "latex")

    @property
    def symbols(self) -> dict[str, Expr]:
        """States (before the step), inputs and parameters by name: the arguments of every function of the cell."""
        every = [state.before for state in self.states] + [*self.inputs, *self.parameters]
        return {str(symbol.name): symbol for symbol in every}

    @property
    def definitions(self) -> dict[Expr, Expr]:
        """Each named intermediate, and each state after the step, with its definition."""
        named = {item.symbol: item.expr for item in self.assignments}
        return named | {state.after: state.update for state in self.states}

    @property
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


class Kind(Enum):
    """What a derivation is: what its left side stands for, and so what its right side must equal."""

    JACOBIAN = "jacobian"  # dx_t/dv of one step, v a vector or a scalar, numerator layout
    KRONECKER = "kronecker"  # dx_t/dvec(V) of one step, on the column-major vec of a matrix
    VJP = "vjp"  # (dx_t/dv)' lambda, of the shape of v
    JVP = "jvp"  # (dx_t/dv) tangent
    DIAGONAL = "diagonal"  # the entries dx_i/dv_i of one step, v of the size of x
    STATE_JACOBIAN = "state jacobian"  # dz_t/dz_{t-1} of all states z, in blocks
    SPLIT = "split"  # J = A + B
    TRANSPORT = "transport"  # M_{t,k} = dx_t/dx_k
    ADJOINT = "adjoint"  # lambda_k = dL/dx_k
    GRADIENT = "gradient"  # dL/dtheta
    EXPANSION = "expansion"  # M_{t,k} by orders of B
    REMAINDER = "remainder"  # a bound on what an expansion leaves out
    REST = "rest"  # what an expansion leaves out, exactly
    INFLUENCE = "influence"  # P_t = dx_t/dtheta, forward in time
    TRUNCATION = "truncation"  # the influence by orders of B
    LAG = "lag"  # Gamma_l, the part of dL/dtheta from lag l
    RATE = "rate"  # eta_{t,k}
    PRECONDITIONER = "preconditioner"  # P_{t,k}
    SCHEDULE = "schedule"  # gates as a schedule of the learning rate
    MOMENTUM = "momentum"  # gates as a heavy ball
    ADAM = "adam"  # gates as a diagonal preconditioner
    WINDOW = "learnability window"  # H_N, the lag that N samples reach
    ENVELOPE = "envelope"  # f(l), from a law of time scales


@dataclass(frozen=True, repr=False)
class WholeProduct(Cell):
    """J v or J' lambda of all states at once, as a step over the names of a cell: what it gives for each state.

    Attributes:
        kind: JVP, or VJP.
        along: the tangent or the cotangent of each state, arguments beside those of the cell.
    """

    kind: Kind = Kind.JVP
    along: tuple[Expr, ...] = ()


#: The kinds that are derivatives of one step with respect to one symbol.
ONE_STEP = frozenset({Kind.JACOBIAN, Kind.KRONECKER, Kind.VJP, Kind.JVP, Kind.DIAGONAL})


class Relation(Enum):
    """How the two sides of an equation are related."""

    EQUAL = "="
    APPROXIMATELY = "~"  # equal up to the error term that the derivation names
    AT_MOST = "<="


class Standing(Enum):
    """What an equation is: something to be proved, the introduction of a name, or a choice made to illustrate."""

    CLAIM = "claim"
    DEFINITION = "definition"
    EXAMPLE = "example"


@dataclass(frozen=True)
class Equation:
    """One equation that is printed with a result.

    Attributes:
        key: which equation of its kind it is; a plain word that readers do not see.
        left, right: the two sides.
        relation: what stands between them.
        standing: a CLAIM is judged; a DEFINITION introduces the symbol on its left; an EXAMPLE chooses a value
            for it, and other equations may say what follows.
        label: for readers only.
    """

    key: str
    left: Expr
    right: Expr
    relation: Relation = Relation.EQUAL
    standing: Standing = Standing.CLAIM
    label: str = ""


def definition(left: Expr, right: Expr) -> Equation:
    """left := right, under the name of what it defines."""
    return Equation(str(getattr(left, "name", left)), left, right, standing=Standing.DEFINITION)


@dataclass(frozen=True)
class Nothing:
    """A kind that takes no argument, such as the transport."""


@dataclass(frozen=True)
class Partial:
    """A derivative of the state (or name) ``of`` by ``wrt``."""

    of: str
    wrt: str


@dataclass(frozen=True)
class ByParameter:
    """A gradient of the loss by a parameter."""

    parameter: str


@dataclass(frozen=True)
class Parting:
    """A split of the Jacobian: the names of the terms that form A."""

    keep: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """An expansion in a split, to an order."""

    keep: tuple[str, ...]
    order: int


@dataclass(frozen=True)
class Truncated:
    """An influence by a parameter, expanded in a split, to an order."""

    parameter: str
    keep: tuple[str, ...]
    order: int


@dataclass(frozen=True)
class ByLaw:
    """A window or an envelope by the name of a law: of a decay, or of time scales."""

    law: str


Parameters = Nothing | ByLaw | Partial | ByParameter | Parting | Order | Truncated


@dataclass(frozen=True, repr=False)
class Derivation:
    """A derived formula: left side = sum of named terms, and the equations that belong to it.

    Attributes:
        name: a plain name for files and functions, such as "multi_gate_jacobian_x"; nothing is decided by it.
        kind: what it is.
        of: what is differentiated, x_t; of many steps the left side.
        wrt: with respect to what: x_{t-1}, u_t or a parameter.
        named_terms: (name, SymPy matrix expression) in declaration order; the right side is their sum.
        cell: the recurrence.
        parameters: the arguments of the kind, such as the split and the order of an expansion.
        cotangent: the vector lambda of a vector-Jacobian product; else None.
        assumptions: what the formula takes for granted, in words.
        source: where the recurrence is published.
        relation: what stands between the sides.
        equations: the definitions of the names that the right side introduces, such as A_j, and further claims that
            belong to the result, such as recursions.
        remark: for readers: what is exact and what is a proxy or an approximation, with its error term.
        exact_from: of a split or an expansion, the order from which on no further order is left, so that the
            expansion to it is exact; None where there is no such order.
    """

    name: str
    kind: Kind
    of: Expr
    wrt: Expr
    named_terms: tuple[tuple[str, Expr], ...]
    cell: Cell
    parameters: Parameters = Nothing()
    cotangent: Expr | None = None
    assumptions: tuple[str, ...] = ()
    source: str = ""
    relation: Relation = Relation.EQUAL
    equations: tuple[Equation, ...] = ()
    remark: str = ""
    exact_from: int | None = None

    @property
    def definitions(self) -> tuple[Equation, ...]:
        """The equations that introduce a name."""
        return tuple(item for item in self.equations if item.standing is Standing.DEFINITION)

    @property
    def claims(self) -> tuple[Equation, ...]:
        """The further equations that must hold, the main one aside."""
        return tuple(item for item in self.equations if item.standing is Standing.CLAIM)

    def equation(self, key: str) -> Equation:
        """The equation of that key.

        Raises:
            UnknownNameError: there is none.
        """
        by_key = {item.key: item for item in self.equations}
        if key not in by_key:
            raise unknown(f"equation of {self.name}", key, by_key)
        return by_key[key]

    @property
    def terms(self) -> dict[str, Expr]:
        """The right side term by term; a term's name survives into LaTeX, code and plots."""
        return dict(self.named_terms)

    @property
    def expr(self) -> Expr:
        """The right side: the sum of the terms, in declaration order."""
        return add_up([term for _, term in self.named_terms])

    @property
    def shape(self) -> tuple[Expr, ...]:
        """The shape of the right side; () for a scalar."""
        return tuple(getattr(self.named_terms[0][1], "shape", ()))

    @property
    def one_step(self) -> bool:
        """Whether it is a derivative of one step by one symbol, in one or two terms."""
        return self.kind in ONE_STEP or (self.kind is Kind.SPLIT and not self.in_blocks)

    @property
    def in_blocks(self) -> bool:
        """Whether it is about all states at once, one below the other."""
        return isinstance(self.wrt, BlockMatrix)

    def term(self, name: str) -> Expr:
        """One named term.

        Raises:
            UnknownNameError: the derivation has no term of that name.
        """
        if name not in self.terms:
            raise unknown(f"term of {self.name}", name, self.terms)
        return self.terms[name]

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.shape)) or "a number"
        terms = ", ".join(self.terms)
        what = f"{self.kind.value} of cell {self.cell.name!r}, {size}"
        return f"Derivation {self.name!r}: {what}\n  {_cut(f'terms {terms}')}"

    def _repr_latex_(self) -> str | None:
        return shown(self, "latex")


def _cut(row: str, width: int = 100) -> str:
    """A row of a short description."""
    return row if len(row) <= width else row[: width - 4].rstrip(", ") + ", ..."


def add_up(parts: list[Expr]) -> Expr:
    """The sum of scalars or of matrices of equal shape, unevaluated where they are matrices."""
    if len(parts) == 1:
        return parts[0]
    if not hasattr(parts[0], "shape"):
        return sympy.Add(*parts)
    flat = [arg for part in parts for arg in (part.args if isinstance(part, MatAdd) else (part,))]
    return MatAdd(*flat)
