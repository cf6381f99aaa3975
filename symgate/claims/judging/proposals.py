"""Which single change of convention would make a claim true: proposed, with the line for a file; never applied.

true in denominator layout                      [notation] layout = "denominator"
true if f_t stands for diag(f_t)                [notation] diagonal = true
true if W_hh stands for its transpose           [notation] vectors = "row"
true with z and 1-z exchanged
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, MatrixSymbol
from sympy.matrices.expressions import DiagMatrix, OneMatrix

from symgate.claims.judging.diagnosis import Point
from symgate.claims.reading.build import negated, total, turned, with_transposes
from symgate.errors import SymgateError
from symgate.language import Map, Signal, T
from symgate.notation import PLAIN, Layout, Notation, Vectors
from symgate.records import Cell, Derivation
from symgate.tex import text


@dataclass(frozen=True)
class Proposal:
    """A convention under which a claim holds.

    Attributes:
        words: what it is, such as "true in denominator layout".
        notation: the convention as a record, to be kept in a file; the default where it is none of its fields.
    """

    words: str
    notation: Notation = PLAIN


def proposals(expr: Expr, truth: Derivation) -> Iterator[tuple[Proposal, Expr]]:
    """Conventions under which an expression is the object, each with what it then says; the simplest first.

    What is yielded agrees at a random point modulo a prime; that it holds is for the judge to decide.
    """
    point = Point(truth)
    try:
        wanted = point.residue(truth.expr)
    except (SymgateError, ZeroDivisionError):  # no value there, or more work than is allowed
        return
    for proposal, seen in _changes(expr, truth):
        if tuple(getattr(seen, "shape", ())) != truth.shape:
            continue
        try:
            if point.residue(seen) == wanted:
                yield proposal, seen
        except (SymgateError, ZeroDivisionError, AttributeError, TypeError, ValueError):
            continue


def agrees(expr: Expr, truth: Derivation) -> bool:
    """Whether an expression agrees with the object at a random point modulo a prime."""
    if tuple(getattr(expr, "shape", ())) != truth.shape:
        return False
    point = Point(truth)
    try:
        return point.residue(expr) == point.residue(truth.expr)
    except (SymgateError, ZeroDivisionError, AttributeError, TypeError, ValueError):
        return False


def _changes(expr: Expr, truth: Derivation) -> Iterator[tuple[Proposal, Expr]]:
    shape = tuple(getattr(expr, "shape", ()))
    if len(shape) == 2 and shape[1] == 1 and len(truth.shape) == 2 and truth.shape[0] == truth.shape[1] == shape[0]:
        shown = text(expr)
        yield Proposal(f"true if {shown} stands for diag({shown})", Notation(diagonal=True)), DiagMatrix(expr)
    if len(shape) == 2:
        yield Proposal("true in denominator layout", Notation(layout=Layout.DENOMINATOR)), turned(expr)
    flipped = list(_transposed_parameters(expr, truth.cell))
    yield from with_transposed_parameters(expr, truth.cell)
    for names, other in flipped:
        if len(shape) == 2:
            words = f"true in denominator layout with {names} standing for the transpose"
            rows = PLAIN.vectors if truth.cell.in_rows else Vectors.ROW
            yield Proposal(words, Notation(layout=Layout.DENOMINATOR, vectors=rows)), turned(other)
    for gate in _gates(truth.cell):
        yield Proposal(f"true with {gate.name} and 1-{gate.name} exchanged"), _exchanged(expr, gate)


def with_transposed_parameters(expr: Expr, cell: Cell) -> Iterator[tuple[Proposal, Expr]]:
    """An expression with parameters as their transposes."""
    for names, other in _transposed_parameters(expr, cell):
        words = f"true if {names} {'stands' if ' and ' not in names else 'stand'} for the transpose"
        rows = Proposal(f"{words} (row vectors)", Notation(vectors=Vectors.ROW))
        yield Proposal(words) if cell.in_rows else rows, other


def _transposed_parameters(expr: Expr, cell: Cell) -> Iterator[tuple[str, Expr]]:
    """Each square matrix parameter in the expression as its transpose, then all of them."""
    square = [
        item for item in cell.parameters if isinstance(item, MatrixSymbol) and item.shape[0] == item.shape[1] != 1
    ]
    there = [item for item in square if expr.has(item)]
    for item in there:
        yield str(item.name), with_transposes(expr, {item})
    if len(there) > 1:
        yield " and ".join(str(item.name) for item in there), with_transposes(expr, set(there))


def _gates(cell: Cell) -> list[Expr]:
    """Intermediates that are the sigma of something."""
    found = [item.symbol for item in cell.assignments if isinstance(item.expr, Map) and item.expr.function == "sigma"]
    return [symbol for symbol in found if isinstance(symbol, Signal)]


def _exchanged(expr: Any, gate: Any) -> Any:
    """The gate as one minus itself; its slope is then that of the other, the argument being the negative."""
    one = total([OneMatrix(gate.shape[0], 1), negated(gate)])
    return expr.xreplace({gate: one}) if gate.index == T else expr


def with_diagonals(proposal: Proposal) -> Proposal:
    """The same convention, with vectors in front of matrices as their diagonal matrices."""
    lead = proposal.words.removeprefix("true").strip()
    words = "true if a vector in front of a matrix stands for its diagonal matrix" + (f", {lead}" if lead else "")
    return Proposal(words, replace(proposal.notation, diagonal=True))
