"""The calls: what is compared, at which letters, at which level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import Any

import sympy
from sympy import Expr, Trace, sympify
from sympy.matrices.expressions import MatMul, MatrixExpr, Transpose

from symgate.errors import ShapeError, SymgateError
from symgate.language.nodes import Dot, Signal, T
from symgate.language.sequences import HadamardRun, OrderedProduct
from symgate.proof.decision import ranges
from symgate.proof.decision.axes import Index, axes, finest, paired
from symgate.proof.decision.bodies import Bodies
from symgate.proof.decision.budget import Budget, BudgetExceededError
from symgate.proof.decision.build import Builder
from symgate.proof.decision.build_time import body
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.compare import Comparison
from symgate.proof.decision.forms import FREE, TIME, Form, Kind
from symgate.proof.decision.multiples import is_diagonal
from symgate.proof.decision.outcome import Decision, Level, Outcome
from symgate.proof.decision.recurrence import Recurrence
from symgate.proof.decision.remembered import recurrence as started
from symgate.proof.decision.remembered import remembered
from symgate.proof.nodes import nodes
from symgate.records import Cell


class StepDerivative(MatrixExpr):  # type: ignore[misc]
    """The exact derivative of one step in numerator layout, dy/dx at the time ``index``: (rows of y, rows of x).

    ``of`` and ``wrt`` are symbols of the step at time t: a state after it or a name, by a vector.
    """

    def __new__(cls, of: Expr, wrt: Expr, index: Expr = T) -> StepDerivative:
        return sympy.Basic.__new__(cls, of, wrt, sympify(index, strict=True))

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """Rows of what is differentiated, rows of the variable."""
        return self.args[0].shape[0], self.args[1].shape[0]


def _step_entry(recurrence: Recurrence) -> Any:
    def entry(builder: Builder, expr: Any, row: Index, col: Index) -> Form:
        of, wrt, index = expr.args
        time = builder.time(index)
        clock = builder.algebra.letter(TIME, FREE, 0)

        def at_t(_: Any) -> Form:
            return recurrence.derivative(of, wrt, row, (col, ()))

        return builder.algebra.moved_form(builder.bound_as(T, clock, at_t), {clock: time})

    return entry


class Layout(Enum):
    """How a derivative of one step is laid out."""

    JACOBIAN = "numerator layout: (dy/dx)_ij = dy_i/dx_j"
    KRONECKER = "the columns run over column-major vec of the variable"
    VJP = "the gradient of dot(cotangent, of), of the shape of the variable"
    ACTION = "what a change of the variable does, of the shape of what is differentiated"
    DIAGONAL = "the entries dy_i/dx_i, one below the other"


def decide_step(
    cell: Cell,
    of: Expr,
    wrt: Expr,
    claim: Expr,
    layout: Layout = Layout.JACOBIAN,
    *,
    cotangent: Expr | None = None,
    held: Mapping[Expr, Expr] | None = None,
    budget: Budget | None = None,
) -> Decision:
    """Compare a claim with the derivative of one step of the recurrence.

    Args:
        cell: the recurrence.
        of: what is differentiated: a state after the step, a named intermediate, or an expression.
        wrt: a state before the step, an input, a parameter or a named intermediate.
        claim: the derivative that is claimed.
        layout: where each entry stands.
        cotangent: the vector or matrix of a vector-Jacobian product; of an action the change of the variable.
        held: names in ``of`` with the symbol of the step whose value each of them has; they do not vary.
        budget: how much work is allowed.

    Raises:
        ShapeError: the claim has not the shape of such a derivative.
        UnknownNameError: ``wrt`` is no symbol of the cell.
    """
    _check_shape(of, wrt, claim, layout)
    compared = (of, wrt, claim, layout, cotangent, tuple((held or {}).items()))
    return remembered(cell, compared, budget, partial(_step, cell, of, wrt, claim, layout, cotangent, held or {}))


def _step(
    cell: Cell,
    of: Expr,
    wrt: Expr,
    claim: Expr,
    layout: Layout,
    cotangent: Expr | None,
    held: Mapping[Expr, Expr],
    algebra: Algebra,
) -> Decision:
    """One comparison with the derivative of a step."""
    work = _Work(cell, algebra, [of, wrt, claim])

    def acting(recurrence: Recurrence) -> list[Form]:
        """Entry by entry: the sum of dY_ij/dV_pq dV_pq over all p, q."""
        builder = recurrence.builder
        high, wide = axes(wrt) if isinstance(wrt, MatrixExpr) else ((), ())

        def along(row: Index, col: Index) -> Form:
            return builder.summed(high + wide, lambda at: _moved(row, col, at[: len(high)], at[len(high) :]))

        def _moved(row: Index, col: Index, p: Index, q: Index) -> Form:
            return algebra.times(recurrence.derivative(of, wrt, row, (p, q), col), builder.at(cotangent, p, q))

        rows, cols = axes(of) if isinstance(of, MatrixExpr) else ((), ())
        return [
            algebra.subtract(along(row, col), builder.at(claim, row, col))
            for row in builder.free(rows, 5)
            for col in builder.free(cols, 6)
        ]

    def differences(recurrence: Recurrence) -> list[Form]:
        if layout is Layout.ACTION:
            return acting(recurrence)
        builder = recurrence.builder
        recurrence.hold(held)
        found = []
        high, wide = axes(wrt) if isinstance(wrt, MatrixExpr) else ((), ())
        for p in builder.free(high, 3):
            for q in builder.free(wide, 4):
                if layout is Layout.DIAGONAL:
                    true = recurrence.derivative(of, wrt, p, (p, q), q)
                    found.append(algebra.subtract(true, builder.at(claim, (*q, *p), ())))
                    continue
                if layout is Layout.VJP:
                    target = _paired(cotangent, of)
                    true = recurrence.derivative(target, wrt, (), (p, q))
                    found.append(algebra.subtract(true, builder.at(claim, p, q)))
                    continue
                rows, cols = axes(of) if isinstance(of, MatrixExpr) else ((), ())
                for row in builder.free(rows if cols else finest([rows, _rows(claim)]), 5):
                    for col in builder.free(cols, 6):
                        true = recurrence.derivative(of, wrt, row, (p, q), col)
                        found.append(algebra.subtract(true, builder.at(claim, (*col, *row), (*q, *p))))
        return found

    return work.judge(differences)


def decide(
    cell: Cell,
    left: Expr,
    right: Expr,
    *,
    definitions: Mapping[Expr, Expr] | None = None,
    given: Sequence[tuple[Expr | int, Expr | int]] = (),
    budget: Budget | None = None,
) -> Decision:
    """Compare two expressions of a cell, for all sizes and all times of a domain.

    Args:
        cell: whose symbols, names and functions they hold.
        left: a matrix, vector or scalar.
        right: one of the same shape.
        definitions: the meaning of further names, each at one time letter (or several) that stands for all times.
        given: pairs (a, b) of times, a <= b: the domain of the free times.
        budget: how much work is allowed.

    Raises:
        ShapeError: the shapes differ.
    """
    one, other = (tuple(getattr(side, "shape", (1, 1))) for side in (left, right))
    if any(sympy.expand(a - b) != 0 for a, b in zip(one, other, strict=True)):
        raise ShapeError(f"Only expressions of one shape are compared; found {one} and {other}.")
    meaning = definitions or {}
    compared = (left, right, tuple(meaning.items()), tuple(given))
    return remembered(cell, compared, budget, partial(_compare, cell, left, right, meaning, given))


def _compare(
    cell: Cell,
    left: Expr,
    right: Expr,
    definitions: Mapping[Expr, Expr],
    given: Sequence[tuple[Expr | int, Expr | int]],
    algebra: Algebra,
) -> Decision:
    """One comparison of two expressions."""
    bodies = Bodies([left, right, *definitions, *definitions.values()])
    left, right = bodies.named(left), bodies.named(right)
    definitions = {symbol: bodies.named(expr) for symbol, expr in definitions.items()} | bodies.definitions
    work = _Work(cell, algebra, [left, right, *definitions, *definitions.values()])

    def differences(recurrence: Recurrence) -> list[Form]:
        builder = recurrence.builder
        for expr in [left, right, *definitions.values()]:
            for node in nodes(expr):
                if isinstance(node, OrderedProduct) and isinstance(node.body, Signal):
                    body(builder, node)
        runs = {symbol for symbol in definitions if any(_runs_over(side, symbol) for side in (left, right))}
        written_out = any(_written_out(side) for side in (left, right))
        for symbol, expr in definitions.items():
            names = recurrence.every_named(symbol, expr)
            recurrence.names |= {name.head: replace(name, rank=int(symbol in runs)) for name in names}
            if written_out and len(names) == 1 and _may_be_multiplied(symbol) and not is_diagonal(algebra, names[0]):
                algebra.ordered.add(names[0].head)  # of several blocks none is multiplied by itself alone
        sides = [axes(side) if isinstance(side, MatrixExpr) else ((), ()) for side in (left, right)]
        domain = [
            (ranges.at_most(algebra, builder.time(sympify(a, strict=True)), builder.time(sympify(b, strict=True))), 1)
            for a, b in given
        ]
        found = []
        for row in builder.free(finest([pair[0] for pair in sides]), 5):
            for col in builder.free(finest([pair[1] for pair in sides]), 6):
                form = algebra.subtract(builder.at(left, row, col), builder.at(right, row, col))
                found.append(algebra.times(form, algebra.sum([(1, list(domain), ())])))
        for form, head in builder.bodies.items():
            recurrence.names[head] = recurrence.named_body(head, form)
        return found

    return work.judge(differences)


class _Work:
    """One decision: building, comparing, and what to say where it cannot be done."""

    def __init__(self, cell: Cell, algebra: Algebra, exprs: list[Expr]) -> None:
        self.cell, self.algebra, self.exprs = cell, algebra, exprs

    def judge(self, differences: object) -> Decision:
        """Whether all differences are 0; with an index of a matrix state as one letter, and where need be as a pair."""
        found = self._judge(differences)
        if found.equal or not self.cell.matrix_states:
            return found
        with paired(self.cell):
            again = self._judge(differences)
        return again if again.equal else found

    def _judge(self, differences: object) -> Decision:
        level = Level.OPAQUE
        try:
            recurrence = started(self.cell, self.algebra, _sizes(self.cell, self.exprs))
            recurrence.builder.extra[StepDerivative] = _step_entry(recurrence)
            forms = differences(recurrence)  # type: ignore[operator]
            comparison = Comparison(self.algebra, self.cell, recurrence.names | recurrence.updates)
            forms, level = comparison.prepared(forms)
            for form in forms:
                own, equal, rest = comparison.vanishes(form)
                if not equal:
                    return self._different(own, rest)
                level = max(level, own, key=list(Level).index)
        except BudgetExceededError as error:
            return Decision(Outcome.UNDECIDED, level, self.algebra.meter.work, str(error), needed=error.needed)
        except SymgateError as error:
            return Decision(Outcome.UNDECIDED, level, self.algebra.meter.work, str(error))
        return Decision(Outcome.EQUAL, level, self.algebra.meter.work)

    def _different(self, level: Level, rest: Form) -> Decision:
        letters, degrees = measured(rest)
        return Decision(
            Outcome.DIFFERENT,
            level,
            self.algebra.meter.work,
            "the canonical forms differ",
            letters=letters,
            degrees=degrees,
            terms=len(rest.terms),
        )


def _written_out(expr: Expr) -> bool:
    """Whether a product over time multiplies a formula, which may be the meaning of a name."""
    return any(isinstance(node, OrderedProduct) and not isinstance(node.body, Signal) for node in nodes(expr))


def _runs_over(expr: Expr, symbol: Expr) -> bool:
    """Whether a vector stands alone in a product over time: it is put in late, for written out it is told by no run."""
    bodies = (node.body for node in nodes(expr) if isinstance(node, HadamardRun))
    return any(isinstance(body, Signal) and body.name == symbol.name and body.shape == symbol.shape for body in bodies)


def _may_be_multiplied(symbol: Expr) -> bool:
    """Whether a name is a square matrix at one time."""
    square = isinstance(symbol, Signal) and bool(symbol.shape[0] == symbol.shape[1] != 1)
    return square and isinstance(symbol.index, sympy.Symbol)


def measured(form: Form) -> tuple[dict[Expr, int], dict[Expr, int]]:
    """Per size: the most letters of a term, and the spread of the powers of the size in the coefficients."""
    letters: dict[Expr, int] = {}
    low: dict[Expr, int] = {}
    high: dict[Expr, int] = {}
    for term, _ in form.terms:
        count: dict[Expr, int] = {}
        for letter in (*term.free, *term.bound):
            if isinstance(letter.space, Expr):
                count[letter.space] = count.get(letter.space, 0) + 1
        for size, number in count.items():
            letters[size] = max(letters.get(size, 0), number)
        for atom, power in term.factors:
            if atom.kind is Kind.SIZE:
                low[atom.head] = min(low.get(atom.head, 0), int(power))
                high[atom.head] = max(high.get(atom.head, 0), int(power))
    return letters, {size: high[size] - low[size] for size in high}


def _rows(claim: Expr) -> Index:
    return axes(claim)[0] if isinstance(claim, MatrixExpr) else ()


def _sizes(cell: Cell, exprs: list[Expr]) -> frozenset[Expr]:
    """Every symbol that is part of a size."""
    found = set(cell.dimensions)
    for node in nodes(*exprs):
        if isinstance(node, MatrixExpr):
            found.update(symbol for size in node.shape for symbol in sympy.sympify(size, strict=True).free_symbols)
    return frozenset(found)


def _paired(cotangent: Expr | None, of: Expr) -> Expr:
    """The scalar that a vector-Jacobian product is the gradient of: the sum of the products of the entries."""
    if not isinstance(of, MatrixExpr):
        return of * cotangent
    return Dot(cotangent, of) if of.shape[1] == 1 else Trace(MatMul(Transpose(cotangent), of))


def _check_shape(of: Expr, wrt: Expr, claim: Expr, layout: Layout) -> None:
    rows, cols = getattr(wrt, "shape", (sympy.S.One, sympy.S.One))
    height, width = getattr(of, "shape", (sympy.S.One, sympy.S.One))
    wanted = (rows, cols) if layout is Layout.VJP else (height * width, rows * cols)
    if layout is Layout.ACTION:
        wanted = (height, width)
    if layout is Layout.DIAGONAL:
        wanted = (rows * cols, sympy.S.One)
    shape = tuple(getattr(claim, "shape", (sympy.S.One, sympy.S.One)))
    if any(sympy.expand(a - b) != 0 for a, b in zip(wanted, shape, strict=True)):
        raise ShapeError(f"Such a derivative is {wanted[0]} x {wanted[1]}; the claim is {shape[0]} x {shape[1]}.")
