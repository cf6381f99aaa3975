"""Which names a formula introduces: the definitions that stand under "where" and need no label."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Symbol, Tuple
from sympy.matrices.expressions import MatrixSymbol

from symgate.language import ScalarSignal, Signal
from symgate.records import Derivation, Equation, Kind, Standing
from symgate.tex.blocks import block_names
from symgate.tex.context import walk


def introduces(item: Equation) -> bool:
    """Whether an equation defines a symbol of the formula and needs no label."""
    return item.standing is Standing.DEFINITION and not item.label


def introduced_by(derivation: Derivation) -> list[Equation]:
    """The definitions of symbols that the formula, its further equations or these definitions hold."""
    own = [item for item in derivation.equations if introduces(item)]
    shown = named_blocks(derivation)
    sides = [term for _, term in derivation.named_terms] + [derivation.of]
    sides += [side for item in derivation.equations if item not in own for side in (item.left, item.right)]
    found: list[Equation] = []
    seen = {look for side in sides for look in _looks(side)}
    while more := [item for item in own if item not in found and _look(item.left) in seen]:
        found += more
        seen |= {look for item in more for look in _looks(item.right)}
    return [item for item in own if item in found and item.left not in shown]


def named_blocks(derivation: Derivation) -> set[Expr]:
    """The names of blocks of a Jacobian of all states that other blocks are made of: each is printed as a block."""
    if derivation.kind is not Kind.STATE_JACOBIAN:
        return set()
    count = len(derivation.cell.states)
    names = {name for row in block_names(derivation.of, derivation.cell, count) for name in row}
    return names & {item.left for item in derivation.definitions}


def _look(symbol: Any) -> tuple[str, int]:
    """A symbol by its name and its number of times."""
    index = getattr(symbol, "index", None)
    return str(getattr(symbol, "name", "")), len(index) if isinstance(index, Tuple) else int(index is not None)


def _looks(expr: Any) -> set[tuple[str, int]]:
    return {_look(node) for node in walk(expr) if isinstance(node, (Signal, ScalarSignal, Symbol, MatrixSymbol))}
