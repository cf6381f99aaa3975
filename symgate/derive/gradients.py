"""Backpropagation through time: the adjoint recursion and the gradient of every parameter.

For a loss L = sum_t l_t(x_t) with delta_t = dl_t/dx_t (a column),

    lambda_k = delta_k + J_{k+1}' lambda_{k+1},  lambda_T = delta_T,
    dL/dtheta = sum_k (d+x_k/dtheta)' lambda_k = sum_t sum_{k<=t} (d+x_k/dtheta)' M_{t,k}' delta_t.

Of several states each has its own loss gradient delta^s and adjoint lambda^s,

    lambda^s_k = delta^s_k + sum_r (J^{rs}_{k+1})' lambda^r_{k+1},

which are delta and lambda, one below the other.

Of a matrix state delta and lambda are matrices of its shape, dl_t/dC_t and dL/dC_t, and (J_{k+1})' lambda_{k+1} is
what the step does to a matrix, such as f (lambda - b lambda k k').
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr, ZeroMatrix

from symgate.cells import as_cell
from symgate.derive.carrying import replaced, sides_of, transported
from symgate.derive.jacobians import assumptions, jacobian, vjp
from symgate.derive.letters import over_many_steps
from symgate.derive.states import selector, stacked, stacked_jacobian, summed, term_names, total_size
from symgate.errors import NotDerivedError, unknown
from symgate.language import Signal, T
from symgate.language.sequences import LAST, K, MatrixSum, at, of_state, stacked_columns
from symgate.language.sequences import J as INDEX
from symgate.records import ByParameter, Cell, Derivation, Equation, Kind, add_up, definition, shown

#: The loss.
LOSS = sympy.Symbol("L", real=True)


@dataclass(frozen=True, repr=False)
class Gradient:
    """The gradient of a loss by every parameter of a cell.

    Attributes:
        cell: the recurrence.
        adjoint: the recursion for lambda_k = dL/dx_k, backward in time.
        parameters: for each parameter the gradient in outer-product form, and as a double sum.
    """

    cell: Cell
    adjoint: Derivation
    parameters: tuple[Derivation, ...]

    def __repr__(self) -> str:
        names = ", ".join(str(item.wrt.name) for item in self.parameters)
        return f"Gradient of a loss of cell {self.cell.name!r}, by {names}; the adjoint is .adjoint"

    def _repr_html_(self) -> str | None:
        return shown(self, "html")

    def __getitem__(self, name: str) -> Derivation:
        """The gradient by the parameter of that name.

        Raises:
            UnknownNameError: the cell has no such parameter.
        """
        by_name = {str(item.wrt.name): item for item in self.parameters}
        if name not in by_name:
            raise unknown(f"parameter of cell {self.cell.name!r}", name, by_name)
        return by_name[name]

    def __iter__(self) -> Iterator[Derivation]:
        """The adjoint recursion, then every gradient."""
        return iter((self.adjoint, *self.parameters))


def gradient(cell: Cell | str) -> Gradient:
    """Backpropagation through time, as closed forms.

    Returns:
        The adjoint recursion (n entries, loss per state) and the gradient of every parameter (loss per
        parameter, of its shape), with symbolic T.

    Source: arXiv:2508.12121, section 2; the chain rule.  Law: ``tests/proof/sequences/test_judge.py``.
    """
    cell = as_cell(cell)
    return Gradient(cell, adjoint(cell), tuple(parameter_gradient(cell, str(item.name)) for item in cell.parameters))


def adjoint(cell: Cell) -> Derivation:
    """The recursion lambda_k = delta_k + J_{k+1}' lambda_{k+1}, with J' lambda in its named terms.

    Of several states the terms are columns, one state below the other: the recursion of each is a row.  Of a matrix
    state lambda and delta are matrices of its shape; among several states, its columns stand below one another.
    """
    over_many_steps(cell, matrix=True, several=True)
    delta, lam = (whole(cell, name, K) for name in ("delta", "lam"))
    last = {K: LAST}
    terms = [("loss", _every(cell, "delta"))]
    names = tuple(jacobian(cell).terms) if len(cell.states) == 1 else term_names(cell)
    terms += [(name, at(_column([_back(cell, s.name, name) for s in cell.states]), K + 1)) for name in names]
    defined, closed = _closed(cell)
    return Derivation(
        name=f"{cell.name}_adjoint",
        kind=Kind.ADJOINT,
        of=lam,
        wrt=_column([state.before for state in cell.states]),
        named_terms=tuple(terms),
        cell=cell,
        assumptions=assumptions(cell),
        source=cell.source,
        equations=(
            *defined,
            *by_state(cell),
            Equation("start", lam.xreplace(last), delta.xreplace(last), label="start"),
            *closed,
        ),
        remark="Identity: the chain rule, read backward in time.",
    )


def _closed(cell: Cell) -> tuple[tuple[Equation, ...], tuple[Equation, ...]]:
    """What the names in the closed form mean, and the closed form; nothing where there is none in the notation."""
    delta, lam = whole(cell, "delta", T), whole(cell, "lam", K)
    sides = sides_of(cell)
    if sides is not None:
        right = MatrixSum(sides.back(delta), T, K, LAST)
        return (), (Equation("closed_form", lam, right, label="closed form"),)
    try:
        J = stacked_jacobian(cell)
    except NotDerivedError:
        return (), ()
    size = total_size(cell)
    right = MatrixSum(transported(size, stacked_columns(delta)), T, K, LAST)
    factor = definition(Signal("J", size, size, INDEX), at(summed(list(J.terms.values())), INDEX))
    return (factor,), (Equation("closed_form", stacked_columns(lam), right, label="closed form"),)


def whole(cell: Cell, name: str, index: Expr) -> Signal:
    """delta or lambda of all states: of one state of its shape, of several a column of all entries."""
    if len(cell.states) == 1:
        rows, cols = cell.states[0].after.shape
        return Signal(name, rows, cols, index)
    return Signal(name, total_size(cell), 1, index)


def _column(parts: list[MatrixExpr]) -> MatrixExpr:
    """Of one state its part, of several the entries of all, one below the other."""
    return parts[0] if len(parts) == 1 else stacked([stacked_columns(part) for part in parts])


def of_one(cell: Cell, name: str, index: Expr, state: str) -> Signal:
    """delta or lambda of one state, such as delta^h; of a single state it has no mark."""
    rows, cols = cell.state(state).after.shape
    return of_state(name, state, rows, index, several=len(cell.states) > 1, cols=cols)


def _every(cell: Cell, name: str) -> MatrixExpr:
    """delta or lambda of all states, one below the other."""
    return _column([of_one(cell, name, K, state.name) for state in cell.states])


def by_state(cell: Cell) -> tuple[Equation, ...]:
    """What delta and lambda of all states stand for."""
    if len(cell.states) == 1:
        return ()
    return tuple(definition(whole(cell, name, K), _every(cell, name)) for name in ("delta", "lam"))


def _back(cell: Cell, by: str, term: str) -> MatrixExpr:
    """sum_r (J^{r,by})' lambda^r, of the terms of that name, at time t."""
    parts = [(state.name, vjp(cell, by, state.name, written_out=True)) for state in cell.states]
    found = [_marked(cell, of, pull, pull.terms[term]) for of, pull in parts if term in pull.terms]
    return add_up(found) if found else ZeroMatrix(*cell.state(by).after.shape)


def _marked(cell: Cell, of: str, pull: Derivation, expr: Expr) -> Expr:
    """An expression in the cotangent of a step, in lambda of that state instead."""
    return expr.xreplace({pull.cotangent: of_one(cell, "lam", T, of)})


def parameter_gradient(cell: Cell, name: str) -> Derivation:
    """dL/dtheta as sum_k (d+x_k/dtheta)' lambda_k, and as the double sum over M_{t,k}; summed over the states."""
    pull, bodies = parameter_bodies(cell, name)
    named = tuple((term, over_time(body, K, 1, LAST)) for term, body in bodies.items())
    return Derivation(
        name=f"{cell.name}_gradient_{name}",
        kind=Kind.GRADIENT,
        of=LOSS,
        wrt=pull.wrt,
        named_terms=named,
        cell=cell,
        cotangent=whole(cell, "lam", K),
        assumptions=pull.assumptions,
        source=cell.source,
        parameters=ByParameter(name),
        equations=(*by_state(cell), *_double(cell, list(bodies.values()))),
        remark="Identity: both forms follow from the closed form of the adjoint.",
    )


def _double(cell: Cell, bodies: list[Expr]) -> tuple[Equation, ...]:
    """The double sum over t and k, lambda_k being carried back from t; nothing where no formula carries a matrix.

    Of a matrix state the recursion of lambda and its closed form stand beside it.
    """
    back = carried(cell)
    if back is None:
        return ()
    inner = replaced(add_up(bodies), back)
    words = inner.args if len(cell.states) > 1 and isinstance(inner, (MatAdd, sympy.Add)) else (inner,)
    double = add_up([over_time(over_time(word, K, 1, T), T, 1, LAST) for word in words])
    found = (Equation("double_sum", LOSS, double, label="double sum"),)
    if not cell.matrix_states:
        return found
    whole_of = adjoint(cell)
    recursion = Equation("recursion", whole_of.of, whole_of.expr, label="recursion of the adjoint")
    return (recursion, *(item for item in whole_of.claims if item.key == "closed_form"), *found)


def parameter_bodies(cell: Cell, name: str) -> tuple[Derivation, dict[str, Expr]]:
    """The vector-Jacobian product of the first state, and (d+x_k/dtheta)' lambda_k by term, summed over the states.

    Raises:
        NameRefusedError: the cell has a letter of the notation over many steps.
    """
    over_many_steps(cell, matrix=True, several=True)
    pulls = [(state.name, vjp(cell, name, state.name, written_out=True)) for state in cell.states]
    found: dict[str, list[Expr]] = {}
    for of, pull in pulls:
        for term, value in pull.terms.items():
            found.setdefault(term, []).append(at(_marked(cell, of, pull, value), K))
    if len(found) > 1:
        found.pop("none", None)
    return pulls[0][1], {term: add_up(values) for term, values in found.items()}


def carried(cell: Cell) -> dict[Expr, Expr] | None:
    """lambda of each state at k, as what is carried back from t; None where a matrix among them has no such formula."""
    if cell.matrix_states:
        sides = sides_of(cell)
        return None if sides is None else {whole(cell, "lam", K): sides.back(whole(cell, "delta", T))}
    size = total_size(cell)
    back = transported(size, whole(cell, "delta", T))
    if len(cell.states) == 1:
        return {whole(cell, "lam", K): back}
    names = [state.name for state in cell.states]
    return {of_one(cell, "lam", K, name): MatMul(selector(cell, name), *back.args) for name in names}


def over_time(body: Expr, index: sympy.Symbol, lower: Expr | int, upper: Expr) -> Expr:
    """The sum over an index, of scalars or of matrices."""
    if isinstance(body, MatrixExpr):
        return MatrixSum(body, index, lower, upper)
    return sympy.Sum(body, (index, lower, upper))
