"""Two expressions of a cell compared, for all sizes and all times of a domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import sympy
from sympy import Expr, sympify
from sympy.matrices.expressions import MatrixExpr

from symgate.errors import ShapeError, SymgateError
from symgate.language.nodes import Signal
from symgate.language.sequences import HadamardRun, OrderedProduct
from symgate.proof.decision import ranges
from symgate.proof.decision.axes import axes, finest
from symgate.proof.decision.bodies import Bodies
from symgate.proof.decision.budget import Budget
from symgate.proof.decision.build_time import body
from symgate.proof.decision.canon import Algebra
from symgate.proof.decision.forms import TIME, Form, at_time
from symgate.proof.decision.multiples import is_diagonal
from symgate.proof.decision.outcome import Decision
from symgate.proof.decision.recurrence import Recurrence
from symgate.proof.decision.remembered import recurrence, remembered
from symgate.proof.decision.stacks import parted
from symgate.proof.decision.units import may_be_zero
from symgate.proof.decision.working import Working, sizes_in
from symgate.proof.nodes import nodes
from symgate.records import Cell


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
    work = Working(cell, algebra, [left, right, *definitions, *definitions.values()])

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
        builder.apart = True
        builder.ranged = [atom for atom, _ in domain]
        rows, cols = parted([finest([pair[side] for pair in sides]) for side in (0, 1)], recurrence.stacks)
        for row in builder.free(rows, 5):
            for col in builder.free(cols, 6):
                form = algebra.subtract(builder.at(left, row, col), builder.at(right, row, col))
                found.append(algebra.times(form, algebra.sum([(1, list(domain), ())])))
        for form, head in builder.bodies.items():
            recurrence.names[head] = recurrence.named_body(head, form)
        return found

    return work.judge(differences)


def may_hold_zero(cell: Cell, product: Expr, budget: Budget | None = None) -> bool:
    """Whether a factor of a product over time may be 0 at a time of its range, whatever the entries are.

    It is told of a product of scalars or vectors, and of products of such ones; of anything else it is not asked.
    """
    algebra = Algebra(budget)
    try:
        builder = recurrence(cell, algebra, sizes_in(cell, [product])).builder
        ranged = builder.ranged
        while isinstance(product, (sympy.Product, HadamardRun)):
            product, *limits = (
                product.args if isinstance(product, sympy.Product) else (product.args[0], product.args[1:])
            )
            for symbol, lower, upper in reversed(limits):
                ends = builder.time(lower), builder.time(upper)
                letter = builder.times[symbol] = algebra.fresh(TIME)
                ranged += (
                    ranges.at_most(algebra, ends[0], at_time(letter)),
                    ranges.at_most(algebra, at_time(letter), ends[1]),
                )
        if not ranged:
            return False
        rows, cols = axes(product) if isinstance(product, MatrixExpr) else ((), ())
        forms = (builder.at(product, row, col) for row in builder.free(rows, 5) for col in builder.free(cols, 6))
        return any(may_be_zero(form, ranges.bounds_of(ranged)) for form in forms)
    except SymgateError:
        return True


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
