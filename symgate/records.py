"""The records that cross from one layer to the next: a cell, and what was derived from it.

Frozen, hashable, picklable; they hold SymPy expressions and know no algorithm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd

from symgate.errors import UnknownNameError, unknown

#: How a Derivation shows itself in a notebook; ``symgate/__init__`` puts the LaTeX printer here.
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
class Cell:
    """A recurrence: an ordered list of named assignments, then the update of every state.

    Attributes:
        name: a plain name, such as "multi_gate".
        source: where the recurrence is published.
        states, inputs, parameters: its symbols in declaration order.
        assignments: the named intermediates, each using earlier names only.
        functions: (name, bound nonlinearity or None) for each opaque function of the cell; results hold
            for every differentiable function, numbers use the bound one.
    """

    name: str
    source: str
    states: tuple[State, ...]
    inputs: tuple[Expr, ...]
    parameters: tuple[Expr, ...]
    assignments: tuple[Assignment, ...]
    functions: tuple[tuple[str, str | None], ...] = ()

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


@dataclass(frozen=True)
class Derivation:
    """A derived formula: left side = sum of named terms.

    Attributes:
        name: a plain name for files and functions, such as "multi_gate_jacobian_x".
        form: of one step "jacobian" (numerator layout), "kronecker" (a Jacobian on column-major vec of a
            matrix parameter), "vjp" (the product with a cotangent: gradient of dot(cotangent, of));
            of all states at once "blocks"; of many steps "transport", "expansion", "adjoint", "gradient", "bound",
            "rate", "analogy", "limit".
        of: what is differentiated, x_t; of many steps the left side.
        wrt: with respect to what: x_{t-1}, u_t or a parameter.
        named_terms: (name, SymPy matrix expression) in declaration order; the right side is their sum.
        cell: the recurrence.
        cotangent: the vector lambda of a "vjp"; else None.
        assumptions: what the formula takes for granted, in words.
        source: where the recurrence is published.
        relation: what stands between the sides: "=", "<=" or "~" (an approximation).
        where: (symbol, definition) of the names that the right side introduces, such as A_j.
        also: (label, left, right) of further equations that belong to the result, such as recursions.
        claim: in words, what is exact and what is a proxy or an approximation, with its error term.
        exact_from: of a split or an expansion, the order from which on no further order is left, so that the
            expansion to it is exact; None where there is no such order.
    """

    name: str
    form: str
    of: Expr
    wrt: Expr
    named_terms: tuple[tuple[str, Expr], ...]
    cell: Cell
    cotangent: Expr | None = None
    assumptions: tuple[str, ...] = ()
    source: str = ""
    relation: str = "="
    where: tuple[tuple[Expr, Expr], ...] = ()
    also: tuple[tuple[str, Expr, Expr], ...] = ()
    claim: str = ""
    exact_from: int | None = None

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

    def term(self, name: str) -> Expr:
        """One named term.

        Raises:
            UnknownNameError: the derivation has no term of that name.
        """
        if name not in self.terms:
            raise unknown(f"term of {self.name}", name, self.terms)
        return self.terms[name]

    def _repr_latex_(self) -> str | None:
        show = PRESENTERS.get("latex")
        return show(self) if show else None


def add_up(parts: list[Expr]) -> Expr:
    """The sum of scalars or of matrices of equal shape, unevaluated where they are matrices."""
    if len(parts) == 1:
        return parts[0]
    if not hasattr(parts[0], "shape"):
        return sympy.Add(*parts)
    flat = [arg for part in parts for arg in (part.args if isinstance(part, MatAdd) else (part,))]
    return MatAdd(*flat)
