"""A derivation: a formula as a sum of named terms, the equations that belong to it, and the arguments of its kind."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import BlockMatrix, MatAdd

from symgate.errors import unknown
from symgate.records.cells import Cell, State
from symgate.records.equations import ONE_STEP, Equation, Kind, Relation, Standing
from symgate.records.showing import shortened, shown


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
        name: a plain name for files and functions, such as "multi_gate_jacobian_x"; nothing depends on it.
        kind: the kind of result.
        of: what is differentiated, such as x_t; for a result over many steps, the left side.
        wrt: with respect to what: x_{t-1}, u_t or a parameter.
        named_terms: (name, SymPy matrix expression) in declaration order; the right side is their sum.
        cell: the recurrence.
        parameters: the arguments of the kind, such as the split and the order of an expansion.
        cotangent: the vector lambda of a vector-Jacobian product; else None.
        assumptions: what the formula assumes, in words.
        source: where the recurrence is published.
        relation: the relation between the two sides.
        equations: the definitions of the names that the right side introduces, such as A_j, and further claims that
            belong to the result, such as recursions.
        remark: for readers: what is exact and what is a proxy or an approximation, with its error term.
        exact_from: for a split or an expansion, the order at which the expansion becomes exact, since all higher orders
            are zero; None if there is no such order.
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
        return f"Derivation {self.name!r}: {what}\n  {shortened(f'terms {terms}')}"

    def _repr_latex_(self) -> str | None:
        return shown(self, "latex")


def add_up(parts: list[Expr]) -> Expr:
    """The sum of scalars or of matrices of equal shape, unevaluated where they are matrices."""
    if len(parts) == 1:
        return parts[0]
    if not hasattr(parts[0], "shape"):
        return sympy.Add(*parts)
    flat = [arg for part in parts for arg in (part.args if isinstance(part, MatAdd) else (part,))]
    return MatAdd(*flat)


@dataclass(frozen=True, repr=False)
class WholeProduct(Cell):
    """J v or J' lambda of all states at once, as a step over the names of a cell: what it gives for each state.

    Attributes:
        kind: JVP, or VJP.
        along: the tangent or the cotangent of each state, arguments beside those of the cell.
        gradients: for each parameter what J' lambda by it is; empty where the product is by the states.
    """

    kind: Kind = Kind.JVP
    along: tuple[Expr, ...] = ()
    gradients: tuple[State, ...] = ()

    @property
    def outcomes(self) -> tuple[State, ...]:
        """What one call gives: something for each state, or the gradient by each parameter."""
        return self.gradients or self.states
