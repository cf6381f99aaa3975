"""Equations in plain ASCII text, for docstrings and for the digest: ``diag(1 - g) + diag(g*dphi(a)) @ W_r``.

It is the spelling that claims are read in, so that a docstring can be checked; nothing is shared with other printers.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    DiagonalOf,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from symgate.errors import UnsupportedNodeError
from symgate.language import BEFORE, Dot, Map, ScalarMap, ScalarSignal, Signal, Vec
from symgate.records import Cell, Derivation, Kind

SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4


def equation(subject: Derivation | Cell) -> list[str]:
    """The equations of a derivation or a cell, one term per line; x_prev is x[t-1], every other signal is at t."""
    if isinstance(subject, Cell):
        return [f"{_named(state.after)} = {spell(state.update)}" for state in subject.outcomes]
    if subject.in_blocks:
        return [*_blocks(subject), *_parts(subject)]
    above, below = _named(subject.of), _named(subject.wrt)
    if subject.kind is Kind.KRONECKER:
        above = f"vec({above})" if _is_matrix(subject.of) else above
        below = f"vec({below})" if _is_matrix(subject.wrt) else below
    left = f"d{above}/d{below}"
    if subject.kind is Kind.DIAGONAL:
        left = f"diagonal({left})"
    if subject.kind is Kind.VJP and subject.cotangent is not None:
        along = f"[{subject.cotangent.name}]" if _is_matrix(subject.of) else f" @ {subject.cotangent.name}"
        left = f"({left}).T{along}"
    if subject.kind is Kind.JVP and subject.cotangent is not None:
        left += f"[{subject.cotangent.name}]" if _is_matrix(subject.of) else f" {subject.cotangent.name}"
    lines = []
    for place, (name, term) in enumerate(subject.named_terms):
        text = spell(term)
        sign = "  - " if text.startswith("-") else "  + "
        lines.append(f"{sign + text.removeprefix('-') if place else f'{left} = {text}'}    # {name}")
    return [*lines, *_parts(subject)]


def _parts(subject: Derivation) -> Iterator[str]:
    """The named parts of a derivative of one step; a block of the Jacobian of all states is not written again."""
    states = {state.name: state for state in subject.cell.states}
    for item in subject.definitions if subject.one_step or subject.kind is Kind.STATE_JACOBIAN else ():
        of, _, by = item.key.partition("/")
        if subject.in_blocks and of in states and by in states:
            yield f"{_named(item.left)} = d{_named(states[of].after)}/d{_named(states[by].before)}"
        else:
            yield f"{_named(item.left)} = {spell(item.right)}"


def _is_matrix(symbol: Expr) -> bool:
    """Whether a symbol has more than one column."""
    return isinstance(symbol, MatrixExpr) and symbol.shape[1] != 1


def _blocks(subject: Derivation) -> Iterator[str]:
    """The blocks of a matrix over several states, term by term."""
    for i, of in enumerate(subject.cell.states):
        for j, by in enumerate(subject.cell.states):
            parts = [(name, block(expr, i, j)) for name, expr in subject.named_terms]
            kept = [(name, part) for name, part in parts if not isinstance(part, ZeroMatrix)] or parts[:1]
            for place, (name, part) in enumerate(kept):
                left = "  + " if place else f"d{_named(of.after)}/d{_named(by.before)} = "
                yield f"{left}{spell(part)}" + ("" if isinstance(part, ZeroMatrix) else f"    # {name}")


def block(expr: Expr, i: int, j: int) -> Expr:
    """A block of a matrix over several states; one without blocks is zero throughout."""
    return expr.blocks[i, j] if isinstance(expr, BlockMatrix) else ZeroMatrix(1, 1)


def definitions(cell: Cell) -> list[str]:
    """The named intermediates."""
    return [f"{item.symbol.name} = {spell(item.expr)}" for item in cell.assignments]


def spell(expr: Expr) -> str:
    """An expression in plain text."""
    return _spell(expr)[0]


def _named(symbol: Expr) -> str:
    """A name; a state before the step is x_prev."""
    before = isinstance(symbol, (Signal, ScalarSignal)) and symbol.index == BEFORE
    return f"{symbol.name}_prev" if before else str(symbol.name)


def _at(expr: Expr, level: int) -> str:
    text, found = _spell(expr)
    return text if found >= level else f"({text})"


def _spell(expr: Expr) -> tuple[str, int]:
    """Text and precedence."""
    if isinstance(expr, (MatrixSymbol, ScalarSignal, sympy.Symbol)):
        return _named(expr), ATOM
    if isinstance(expr, (Map, ScalarMap)):
        order = {0: "", 1: "d"}.get(expr.order, f"d{expr.order}")
        return f"{order}{expr.function}({spell(expr.argument)})", ATOM
    if isinstance(expr, Dot):
        return f"dot({spell(expr.args[0])}, {spell(expr.args[1])})", ATOM
    if isinstance(expr, DiagMatrix):
        return f"diag({spell(expr.args[0])})", ATOM
    if isinstance(expr, (Vec, DiagonalOf)):
        return f"{'vec' if isinstance(expr, Vec) else 'diagonal'}({spell(expr.args[0])})", ATOM
    if isinstance(expr, HadamardPower):
        return f"{_at(expr.base, ATOM)}**{_at(expr.exp, ATOM)}", POWER
    if isinstance(expr, Transpose):
        return f"{_at(expr.args[0], ATOM)}.T", ATOM
    if isinstance(expr, Identity):
        return "eye", ATOM
    if isinstance(expr, OneMatrix):
        rows, cols = expr.shape
        return ("ones", ATOM) if cols == 1 else ("ones.T", ATOM) if rows == 1 else ("ones @ ones.T", PRODUCT)
    if isinstance(expr, ZeroMatrix):
        return "0", ATOM
    if isinstance(expr, KroneckerProduct):
        return f"kron({', '.join(spell(part) for part in expr.args)})", ATOM
    if isinstance(expr, HadamardProduct):
        return "*".join(_at(part, POWER) for part in expr.args), PRODUCT
    if isinstance(expr, MatMul):
        return _product(expr)
    if isinstance(expr, (MatAdd, sympy.Add)):
        return _sum(expr), SUM
    if isinstance(expr, sympy.Mul):
        number, rest = expr.as_coeff_mul()
        parts = [*([str(number)] if abs(number) != 1 else []), *sorted(_at(part, POWER) for part in rest)]
        return ("-" if number == -1 else "") + "*".join(parts), SUM if number.is_negative else PRODUCT
    if isinstance(expr, sympy.Pow):
        return f"{_at(expr.base, ATOM)}**{_at(expr.exp, ATOM)}", POWER
    if expr.is_number:
        text = str(expr)
        return text, ATOM if text.isdigit() else SUM if text.startswith("-") else PRODUCT
    raise UnsupportedNodeError(f"There is no plain text for the node {type(expr).__name__}: {expr}.")


def _product(expr: MatMul) -> tuple[str, int]:
    """A word: scalars, then factors joined by @."""
    scalars = [part for part in expr.args if not isinstance(part, MatrixExpr)]
    scalar = sympy.Mul(*scalars)
    word = " @ ".join(_at(part, POWER) for part in expr.args if isinstance(part, MatrixExpr))
    if scalar == 1:
        return word, PRODUCT
    if scalar == -1:
        return f"-{word}", SUM
    return f"{_at(scalar, PRODUCT)}*{word}", PRODUCT


def _sum(expr: Expr) -> str:
    """Terms in order (scalars: numbers first, then by spelling), minus signs pulled out."""
    parts = expr.args
    if not isinstance(expr, MatAdd):
        parts = sorted(parts, key=lambda part: (not part.is_number, spell(part)[0] == "-", spell(part)))
    text = ""
    for part in parts:
        term = "1" if isinstance(part, OneMatrix) else spell(part)
        if not text:
            text = term
        elif term.startswith("-"):
            text += f" - {term[1:]}" if not isinstance(part, (MatAdd, sympy.Add)) else f" + ({term})"
        else:
            text += f" + {term}"
    return text
