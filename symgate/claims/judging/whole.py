"""Slips that go through a whole formula: a path left out, a gate in place of another, the other convention of a gate.

Each is derived, not guessed: the wrong formula is that of the recurrence in which the slip was made.  A hit agrees at a
random point modulo a prime.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from typing import Any

import sympy
from sympy import Expr, MatrixSymbol
from sympy.matrices.expressions import HadamardProduct, MatMul, OneMatrix

from symgate.claims.judging.diagnosis import Diagnosis, Point, Slip
from symgate.claims.reading.build import negated, product, total
from symgate.derive import jacobian, vjp
from symgate.errors import SymgateError
from symgate.language import Map, Signal
from symgate.records import Cell, Derivation, Kind

_MOST = 12
_JACOBIANS = (Kind.JACOBIAN, Kind.KRONECKER)


def whole_slips(claim: Expr, truth: Derivation) -> tuple[Diagnosis, ...]:
    """The slips through the whole formula that give the claim; () for objects that are not a derivative of one step."""
    if truth.kind not in (*_JACOBIANS, Kind.VJP) or tuple(getattr(claim, "shape", ())) != truth.shape:
        return ()
    point = Point(truth)
    try:
        wanted, right = point.residue(claim), point.residue(truth.expr)
    except (SymgateError, ZeroDivisionError):
        return ()
    found: list[Diagnosis] = []
    for slip, wrong in _candidates(truth):
        try:
            if isinstance(wrong, Derivation):  # names of the claim mean what the other recurrence says
                other = Point(wrong)
                hit = wanted != right and other.residue(claim) == other.residue(wrong.expr)
            else:
                hit = point.residue(wrong) == wanted != right
        except (SymgateError, ZeroDivisionError, AttributeError, TypeError):
            continue
        if hit:
            found.append((slip,))
    return tuple(found[:2])


def _candidates(truth: Derivation) -> Iterator[tuple[Slip, Expr | Derivation]]:
    for make in (_paths, _gates, _exchanges, _resets, _states):
        try:
            yield from make(truth)
        except (SymgateError, AttributeError, TypeError):
            continue


def _names(truth: Derivation) -> tuple[str, str]:
    return str(truth.of.name), str(truth.wrt.name)


def _derived(cell: Cell, truth: Derivation) -> Derivation:
    """The same object of another recurrence."""
    of, wrt = _names(truth)
    return (vjp if truth.kind is Kind.VJP else jacobian)(cell, wrt, of)


def _paths(truth: Derivation) -> Iterator[tuple[Slip, Expr]]:
    """The truth without what passes through one intermediate."""
    of, wrt = _names(truth)
    for item in truth.cell.assignments[:_MOST]:
        name = str(item.symbol.name)
        if not isinstance(item.symbol, Signal) or name in (of, wrt):
            continue
        pairs = ((name, of), (wrt, name))
        if truth.kind is Kind.VJP:
            outer, inner = (vjp(truth.cell, *pair, written_out=True) for pair in pairs)
            through = inner.expr.xreplace({inner.cotangent: outer.expr.xreplace({outer.cotangent: truth.cotangent})})
        else:
            through = product(*(jacobian(truth.cell, *pair, written_out=True).expr for pair in pairs))
        yield Slip("path_missing", name), total([truth.expr, negated(through)])


def _is_gate(item: Any) -> bool:
    return isinstance(item.symbol, Signal) and isinstance(item.expr, Map) and item.expr.function == "sigma"


def has_several_gates(cell: Cell) -> bool:
    """Whether more than one intermediate is the sigma of something."""
    return sum(map(_is_gate, cell.assignments)) > 1


def _gates(truth: Derivation) -> Iterator[tuple[Slip, Expr]]:
    """One gate, and what it is the sigma of, in place of another."""
    gates = [item for item in truth.cell.assignments if _is_gate(item)]
    for right, wrong in permutations(gates[:_MOST], 2):
        swap = {right.symbol: wrong.symbol, right.expr.argument: wrong.expr.argument}
        place = f"{wrong.symbol.name} for {right.symbol.name}"
        yield Slip("gate_for_gate", place), truth.expr.xreplace({right.symbol: wrong.symbol})
        yield Slip("gate_for_gate", place), truth.expr.xreplace(swap)


def _with(cell: Cell, change: Any) -> Cell:
    """The cell with its definitions changed."""
    return replace(
        cell,
        assignments=tuple(replace(item, expr=change(item.expr)) for item in cell.assignments),
        states=tuple(replace(state, update=change(state.update)) for state in cell.states),
    )


def _exchanges(truth: Derivation) -> Iterator[tuple[Slip, Derivation]]:
    """The recurrence in which a gate and one minus it change places."""
    for item in truth.cell.assignments[:_MOST]:
        if _is_gate(item):
            other = total([OneMatrix(item.symbol.shape[0], 1), negated(item.symbol)])
            cell = _with(truth.cell, lambda expr, gate=item.symbol, one=other: expr.xreplace({gate: one}))
            yield Slip("exchanged", str(item.symbol.name)), _derived(cell, truth)


def _resets(truth: Derivation) -> Iterator[tuple[Slip, Derivation]]:
    """The other of the two gated recurrent units: the reset gate before or after the matrix."""
    for place, change in (("before", _before), ("after", _after)):
        cell = _with(truth.cell, change)
        if cell != truth.cell:
            yield Slip("other_reset", place), _derived(cell, truth)


def _after(expr: Any) -> Any:
    """U (r (.) h) as r (.) U h."""
    if isinstance(expr, MatMul) and len(expr.args) == 2 and isinstance(expr.args[1], HadamardProduct):
        matrix, (gate, *rest) = expr.args[0], expr.args[1].args
        inner = rest[0] if len(rest) == 1 else HadamardProduct(*rest)
        return HadamardProduct(gate, MatMul(matrix, inner))
    return _inside(expr, _after)


def _before(expr: Any) -> Any:
    """r (.) U h as U (r (.) h)."""
    if isinstance(expr, HadamardProduct) and len(expr.args) == 2 and isinstance(expr.args[1], MatMul):
        gate, inner = expr.args
        if len(inner.args) == 2 and inner.args[1].shape == gate.shape:
            return MatMul(inner.args[0], HadamardProduct(gate, inner.args[1]))
    return _inside(expr, _before)


def _inside(expr: Any, change: Any) -> Any:
    if isinstance(expr, (MatrixSymbol, sympy.Symbol)) or not isinstance(expr, sympy.Basic) or not expr.args:
        return expr
    parts = [change(arg) for arg in expr.args]
    return expr if all(new is old for new, old in zip(parts, expr.args, strict=True)) else expr.func(*parts)


def _states(truth: Derivation) -> Iterator[tuple[Slip, Expr]]:
    """A state after the step in place of the function value that it is made of, as h for tanh(c)."""
    for state in truth.cell.states:
        for value in sorted(state.update.atoms(Map), key=str):
            if value.order == 0 and value != state.update:
                swapped = _values(truth.expr, value).xreplace({value: state.after})
                yield Slip("state_for_value", f"{state.name} for {value}"), swapped


def _values(expr: Any, value: Map) -> Any:
    """Slopes of tanh by its values, so that the value can be seen in them."""
    if (
        isinstance(expr, Map)
        and expr.order == 1
        and expr.function == value.function == "tanh"
        and expr.args[2] == value.args[2]
    ):
        return total([OneMatrix(*value.shape), negated(HadamardProduct(value, value))])
    return _inside(expr, lambda part: _values(part, value))
