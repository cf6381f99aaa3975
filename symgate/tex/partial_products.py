r"""Partial products of gates with names, where a display shows one of them more than once.

    pi_{t,i} = (1 - g_{i+1}) (.) ... (.) (1 - g_t)

In: a derivation.  Out: one with the same meaning, which defines among its equations what it names; ``spelled_out``
undoes the naming.  Law: ``tests/tex/test_shorter.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sympy
from sympy.matrices.expressions import BlockMatrix

from symgate.language import ScalarSignal, Signal, T
from symgate.language.sequences import HadamardRun
from symgate.records import Derivation, Equation, definition
from symgate.tex.rewriting import Rewriting

#: Letters for partial products, the first that the cell does not use.
_LETTERS = ("pi", "rho", "varpi", "chi")
_PLACE = sympy.Dummy("place", integer=True)


def named(derivation: Derivation) -> Derivation:
    """The derivation with a name for each partial product that occurs at least twice, defined among its equations."""
    runs = [run for _, term in derivation.named_terms for run in _runs(term)]
    bodies: dict[Any, int] = {}
    for run in runs:
        bodies[_body(run)] = bodies.get(_body(run), 0) + 1
    often = [body for body, count in bodies.items() if count > 1]
    if not often:
        return derivation
    taken = {*derivation.cell.symbols, *(str(item.symbol.name) for item in derivation.cell.assignments)}
    letter = next((one for one in _LETTERS if not any(_same(one, name) for name in taken)), "pi")
    names = {body: letter if len(often) == 1 else f"{letter}_{_mark(body, place)}" for place, body in enumerate(often)}
    naming = Rewriting(
        lambda expr: _name(names[_body(expr)], expr) if isinstance(expr, HadamardRun) and _body(expr) in names else expr
    ).walk
    terms = tuple((name, naming(expr)) for name, expr in derivation.named_terms)
    i = sympy.Symbol("i", integer=True)
    j = next(run.index for run in runs)
    added: list[Equation] = []
    for body, name in names.items():
        whole = HadamardRun(body.xreplace({_PLACE: j}), j, i + 1, T)
        added.append(definition(_name(name, whole), whole))
    return replace(derivation, named_terms=terms, equations=(*added, *derivation.equations))


def spelled_out(derivation: Derivation, letters: tuple[str, ...] = _LETTERS) -> Derivation:
    """The derivation with the names of partial products replaced by the products again."""
    bodies = {
        str(item.left.name): item.right
        for item in derivation.definitions
        if isinstance(item.right, HadamardRun) and str(item.left.name).split("_")[0] in letters
    }

    def undo(expr: Any) -> Any:
        if isinstance(expr, Signal) and str(expr.name) in bodies:
            run = bodies[str(expr.name)]
            return HadamardRun(run.body, run.index, expr.index[1] + 1, expr.index[0])
        return expr

    terms = tuple((name, Rewriting(undo).walk(expr)) for name, expr in derivation.named_terms)
    kept = tuple(item for item in derivation.equations if str(getattr(item.left, "name", "")) not in bodies)
    return replace(derivation, named_terms=terms, equations=kept)


def _body(run: HadamardRun) -> Any:
    """What is multiplied, whatever the running index is called."""
    return run.body.xreplace({run.index: _PLACE})


def _name(name: str, run: HadamardRun) -> Signal:
    return Signal(name, run.shape[0], 1, sympy.Tuple(run.upper, run.lower - 1))


def _runs(expr: Any) -> list[HadamardRun]:
    """The products over time in an expression, as often as they are printed."""
    found: list[HadamardRun] = []
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, HadamardRun):
            found.append(node)
        elif not isinstance(node, (Signal, ScalarSignal, sympy.MatrixSymbol)):
            stack += list(node.blocks) if isinstance(node, BlockMatrix) else list(getattr(node, "args", ()))
    return found


def _mark(body: Any, place: int) -> str:
    """A script for the product: the name of the one gate in it, else a number."""
    names = sorted(
        {str(node.name) for node in sympy.preorder_traversal(body) if isinstance(node, (Signal, ScalarSignal))}
    )
    return names[0].replace("_", "") if len(names) == 1 else str(place + 1)


def _same(letter: str, name: str) -> bool:
    return name.split("_", maxsplit=1)[0] == letter
