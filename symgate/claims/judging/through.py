r"""Derivatives of a state by itself that count the paths through the other states of the step before.

An LSTM has h_{t-1} = o_{t-1} tanh(c_{t-1}): \partial c_t / \partial c_{t-1} of one step holds h_{t-1} fixed, and an
author who goes on with \partial h_{t-1} / \partial c_{t-1} does not.  In: a cell and a state.  Out: the cell in which
the other states before the step are what they are made of, their gates being inputs; its Jacobian counts these paths.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Expr

from symgate.claims.reading.our_terms import shifted
from symgate.claims.reading.reader import Reading
from symgate.derive import jacobian
from symgate.language import ScalarSignal, Signal, T
from symgate.records import Cell, Derivation, Kind

_BEFORE = "_before"


def counts_paths(truth: Derivation) -> bool:
    """Whether an object is the Jacobian of one of several states by itself, on which another one depends."""
    name = str(getattr(truth.of, "name", ""))
    own = truth.kind is Kind.JACOBIAN and str(getattr(truth.wrt, "name", "")) == name
    cell = truth.cell
    own = own and len(cell.states) > 1 and not cell.matrix_states and name in {state.name for state in cell.states}
    return own and bool(_made_of(cell, name))


def with_paths(reading: Reading, truth: Derivation) -> tuple[Reading, Derivation, str]:
    """The right side and the object in the cell that counts the paths, and in words which ones."""
    cell, name = truth.cell, str(truth.of.name)
    state, made, carried = cell.state(name), _made_of(cell, name), _carried(cell, name)
    held = _held(cell, name, made, carried)
    values = {**held, _carrier(cell, name).xreplace({T: T - 1}): state.before}
    values |= {_earlier(symbol): _earlier(expr).xreplace(values) for symbol, expr in carried.items()}
    before = {cell.state(key).before: _earlier(expr).xreplace(values) for key, expr in made.items()}
    fixed = [item.before for item in cell.states if item.name != name and item.name not in made]
    other = replace(
        cell,
        states=(replace(state, update=state.update.xreplace(before)),),
        inputs=(*cell.inputs, *held.values(), *fixed),
        assignments=tuple(replace(item, expr=item.expr.xreplace(before)) for item in cell.assignments),
    )
    words = " and ".join(f"{item}_(t-1)" for item in made)
    note = f"{words} is taken for what it is made of, so that the paths from {name}_(t-1) through it count"
    expr = reading.expr.xreplace(values).xreplace(before)
    return replace(reading, expr=expr), jacobian(other, name, name), note


def _carrier(cell: Cell, name: str) -> Expr:
    """The intermediate that has the value of a state after its step; the state itself where there is none."""
    state = cell.state(name)
    named = (item.symbol for item in cell.assignments if state.update in (item.expr, item.symbol))
    return next(named, state.after)


def _carried(cell: Cell, name: str) -> dict[Expr, Expr]:
    """The intermediates that depend on a state after its step, by what they are made of, down to it."""
    found: dict[Expr, Expr] = {}
    carrier = _carrier(cell, name)
    for item in cell.assignments:
        expr = item.expr.xreplace(found)
        if item.symbol != carrier and expr.has(carrier):
            found[item.symbol] = expr
    return found


def _made_of(cell: Cell, name: str) -> dict[str, Expr]:
    """The other states that depend on this one after its step, by what they are made of, down to it."""
    carried = _carried(cell, name)
    made = {item.name: item.update.xreplace(carried) for item in cell.states if item.name != name}
    return {key: expr for key, expr in made.items() if expr.has(_carrier(cell, name))}


def _earlier(expr: Expr) -> Expr:
    """What stands at step t, at step t - 1."""
    return shifted(expr, {str(item.name): -1 for item in expr.atoms(Signal, ScalarSignal)})


def _held(cell: Cell, name: str, made: dict[str, Expr], carried: dict[Expr, Expr]) -> dict[Expr, Expr]:
    """What else the step before has, such as its gates, each as an input of this step."""
    every = [_earlier(expr) for expr in (*made.values(), *carried.values())]
    used = {item for expr in every for item in expr.atoms(Signal, ScalarSignal)}
    used |= {_earlier(item.symbol) for item in cell.assignments if item.symbol not in carried}
    used -= {_carrier(cell, name).xreplace({T: T - 1})}
    return {item: item.func(_name(item), *item.args[1:-1], T) for item in sorted(used, key=str)}


def _name(symbol: Any) -> str:
    """The name of an input that stands for another name so many steps before."""
    return f"{symbol.name}{_BEFORE}" + str(T - symbol.index) * (T - symbol.index != 1)
