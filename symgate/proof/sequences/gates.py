"""The gates that are said to realise a schedule or a diagonal do so: g_j = 1 - s_{j-1}/s_j, and (1 - g)^(t-k) = d."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy
from sympy import Expr
from sympy.matrices.expressions import HadamardPower, MatMul, MatrixExpr, OneMatrix

from symgate.language import T
from symgate.language.sequences import J as INDEX
from symgate.language.sequences import K
from symgate.proof.sequences.generic import GenericEntries
from symgate.records import Derivation

Steps = Iterator[tuple[str, Any, Any]]

#: How many steps a schedule with cases is followed for.
_FOLLOWED = 9


def realised_schedules(derivation: Derivation, entries: GenericEntries) -> Steps:
    """For each named schedule s_k, its gate is 1 - s_{j-1}/s_j at a generic step j."""
    equations = {item.key: item.right for item in derivation.equations}
    for label, gate in equations.items():
        is_gate, _, name = label.rpartition("gate_")
        if is_gate or f"schedule_{name}" not in equations:
            continue
        schedule = equations[f"schedule_{name}"]
        needed = 1 - schedule.xreplace({K: INDEX - 1}) / schedule.xreplace({K: INDEX})
        if gate.has(sympy.Piecewise):
            yield from _case_by_case(label, gate, needed)
        else:
            yield label, entries.of(gate), entries.of(needed)


def _case_by_case(label: str, gate: Expr, needed: Expr) -> Steps:
    """A schedule with cases, at every step and for every step at which it may switch."""
    (switch,) = sorted((gate.free_symbols & needed.free_symbols) - _lasting(gate), key=str)
    for c in range(1, _FOLLOWED):
        for j in range(1, _FOLLOWED):
            at = {switch: sympy.Integer(c), INDEX: sympy.Integer(j)}
            yield label, sympy.expand(gate.subs(at)), sympy.expand(needed.subs(at))


def _lasting(gate: Expr) -> set[Any]:
    """The symbols of the values of the cases, not of their conditions, and the step."""
    values = [value for piece in gate.atoms(sympy.Piecewise) for value, _ in piece.args]
    return {INDEX}.union(*(value.free_symbols for value in values))


def realised_diagonal(derivation: Derivation) -> Steps:
    """The constant gate of a diagonal d > 0: 1 minus it is a root of d, and the root's (t - k)-th power is d."""
    for label, gate in ((item.key, item.right) for item in derivation.claims):
        if label == "gate":
            roots = gate.atoms(HadamardPower) if isinstance(gate, MatrixExpr) else (1 - gate).atoms(sympy.Pow)
            powers = [root for root in roots if root.exp.has(T)]
            yield label, [sympy.expand(root.exp * (T - K)) for root in powers if root.exp * (T - K) == 1], [1]
            yield label, _remainder(gate, powers), 1


def _remainder(gate: Expr, powers: list[Expr]) -> Any:
    """The gate plus its root: 1, or the vector of ones told as 1."""
    if len(powers) != 1:
        return None
    if not isinstance(gate, MatrixExpr):
        return gate + powers[0]
    ones = [part for part in gate.args if not part.has(HadamardPower)]
    taken = [part for part in gate.args if part.has(HadamardPower)]
    whole = len(ones) == 1 and isinstance(ones[0], OneMatrix) and taken == [MatMul(-1, powers[0])]
    return 1 if whole else None
