r"""Which symbols a printed formula holds, and what each means: the rows of "where" sentences and of notation tables.

What comes in are the objects that are printed; what goes out are rows in a fixed order, one for every symbol that
occurs and none for what does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatrixSymbol,
    OneMatrix,
)

from symgate.language import Map, ScalarMap, ScalarSignal, Signal, T, Vec
from symgate.language.sequences import HadamardRun
from symgate.records import Cell, Derivation, Kind
from symgate.tex.latex_words import LatexWords
from symgate.tex.layout import on_one_line, plain
from symgate.tex.left_sides import left_side
from symgate.tex.meanings import OURS, meanings
from symgate.tex.prose import escape
from symgate.tex.spelling import function_word, greek
from symgate.tex.statement import printer_for
from symgate.tex.style import Style

#: What is said of a state at the time of the step, and at any other but that before it.
AFTER = "state after the step"


@dataclass(frozen=True)
class Row:
    """A symbol in LaTeX, its meaning (LaTeX text) and its size in LaTeX; "" where it has none."""

    symbol: str
    meaning: str
    size: str = ""


def function_latex(name: str) -> str:
    """The name of a function in LaTeX."""
    word = function_word(name)
    letter = greek(word)
    if letter or word in ("tanh", "sin", "cos"):
        return f"\\{letter or word}"
    return rf"\operatorname{{{word.replace('_', chr(92) + '_')}}}" if len(word) > 1 else word


def rows(cell: Cell, items: Sequence[tuple[Cell | Derivation, Sequence[Any]]], style: Style) -> list[Row]:
    """One row for every symbol that is printed, and none for another.

    Args:
        cell: the recurrence.
        items: what is printed, each with the nodes of its display and of the definitions below it.
        style: how symbols are spelled.
    """
    words = LatexWords(style)
    nodes = list(dict.fromkeys(node for _, printed in items for node in printed))
    derived = [(item, printed) for item, printed in items if isinstance(item, Derivation)]
    many = max(derived, key=lambda pair: not pair[0].one_step)[0] if derived else cell
    printer = printer_for(many, words)
    of_cell = printer.context.is_of_cell
    present = {str(node.name) for node in nodes if _is_symbol(node) and of_cell(node)}
    before = {state.before for state in cell.states}
    later = {str(node.name) for node in nodes if isinstance(node, Signal) and node not in before and of_cell(node)}
    found = [
        Row(printer.piece(_dated(symbol, nodes)).text, meaning, size_latex(symbol, printer))
        for symbol, meaning in cell_symbols(cell)
        if (symbol in nodes if symbol in before else str(symbol.name) in (later if meaning == AFTER else present))
    ]
    found += [Row(printer.piece(size).text, "size of a vector") for size in cell.dimensions if size in nodes]
    functions = {node.function for node in nodes if isinstance(node, (Map, ScalarMap))}
    found += [Row(function_latex(name), function_meaning(bound)) for name, bound in cell.functions if name in functions]
    found += _left_sides([item for item, _ in derived if item.one_step], words)
    for item, printed in derived:
        found += _ours(item, printed, printer_for(item, words))
    if not derived:
        found += [Row(printer.piece(T).text, "step")] if T in nodes else []
    return _merged([*found, *_signs(nodes, printer)])


def _dated(symbol: Any, nodes: Sequence[Any]) -> Any:
    """A signal at a time that is printed: x_k in a formula that never says t."""
    if not isinstance(symbol, Signal) or symbol in nodes or T in nodes:
        return symbol
    others = [node for node in nodes if isinstance(node, Signal) and node.name == symbol.name]
    return min(others, key=lambda node: len(str(node)), default=symbol)


def _is_symbol(node: Any) -> bool:
    return isinstance(node, (MatrixSymbol, ScalarSignal, sympy.Symbol))


def _ours(item: Derivation, nodes: Sequence[Any], printer: Any) -> list[Row]:
    """The rows of our own symbols in a derivation: times, arrays, numbers, signs."""
    return [
        Row(symbol, meaning, size_latex(node, printer) if node is not None else "")
        for symbol, meaning, node in meanings(
            item, nodes, lambda symbol: plain(printer.piece(symbol).text), printer.context.is_of_cell
        )
    ]


def _merged(found: Sequence[Row]) -> list[Row]:
    """Each row once; what several results have at different times has one, at the plainest; M(epsilon) beside M."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in found:
        own = row.meaning in OURS and row.size
        key = (row.meaning, row.size, row.symbol[-1]) if own else (row.symbol, row.meaning)
        if key not in seen or len(row.symbol) < len(seen[key].symbol):
            seen[key] = row
    return list(seen.values())


def _signs(nodes: Sequence[Any], printer: Any) -> list[Row]:
    """The signs that occur."""
    kinds = {type(node) for node in nodes}
    rows = []
    if DiagMatrix in kinds:
        rows.append(Row(r"\operatorname{diag}(\cdot)", "diagonal matrix of a vector"))
    if kinds & {HadamardProduct, HadamardPower, HadamardRun}:
        rows.append(Row(r"\odot", "product entry by entry"))
    if KroneckerProduct in kinds:
        rows.append(Row(r"\otimes", "Kronecker product"))
    if Vec in kinds:
        rows.append(Row(r"\operatorname{vec}", "the columns of a matrix, one below the other"))
    if any(isinstance(node, (Map, ScalarMap)) and node.order for node in nodes):
        rows.append(Row(r"(\cdot)'", "derivative of a function, entry by entry"))
    if any(isinstance(node, OneMatrix) for node in nodes):
        rows.append(Row(r"\mathbf{1}", "vector of ones"))
    if any(isinstance(node, Identity) for node in nodes):
        rows.append(Row(r"\mathbf{I}", "identity matrix"))
    deltas = [node for node in nodes if isinstance(node, sympy.KroneckerDelta)]
    if deltas:
        rows.append(
            Row(
                printer.piece(deltas[0]).text,
                "1 where its two times are equal, else 0; a term with the factor 0 is left out",
            )
        )
    return rows


def cell_symbols(cell: Cell) -> list[tuple[Any, str]]:
    """Every symbol of the cell with its meaning, in order of declaration."""
    found: list[tuple[Any, str]] = []
    for state in cell.states:
        found += [(state.before, "state before the step"), (state.after, AFTER)]
    found += [(symbol, "input") for symbol in cell.inputs]
    found += [(symbol, "parameter") for symbol in cell.parameters]
    for item in cell.assignments:
        gate = item.role == "gate"
        found.append((item.symbol, "gate, or part of one" if gate else f"intermediate ({escape(item.role)})"))
    return found


def size_latex(symbol: Any, printer: Any) -> str:
    """The size of a symbol in LaTeX."""
    sizes = getattr(symbol, "shape", ())
    swapped = printer.context.is_flipped(symbol) and 1 not in sizes
    shape = [plain(printer.piece(size).text) for size in (sizes[::-1] if swapped else sizes)]
    if not shape:
        return "1"
    return shape[0] if shape[1] == "1" else rf"{shape[0]} \times {shape[1]}"


def function_meaning(bound: str | None) -> str:
    """What an opaque function is."""
    usual = f" (in numbers, ${function_latex(bound)}$)" if bound else ""
    return f"any differentiable function, entry by entry{usual}"


def _left_sides(derivations: Sequence[Derivation], words: LatexWords) -> list[Row]:
    """One row for each kind of left side among the derivations."""
    found: dict[str, Row] = {}
    for item in derivations:
        printer = printer_for(item, words)
        left = on_one_line(left_side(item, printer).text)
        if item.cotangent is not None and item.kind is Kind.JVP:
            change = printer.piece(item.cotangent).text
            meaning = f"change of ${printer.piece(item.wrt).text}$"
            found.setdefault(change, Row(change, meaning, size_latex(item.cotangent, printer)))
            found.setdefault("jvp", Row(left, "what that change makes of the numerator, to first order"))
        elif item.cotangent is not None:
            cotangent = printer.piece(item.cotangent).text
            meaning = "cotangent: the gradient of a loss by that state"
            found.setdefault("cotangent", Row(cotangent, meaning, size_latex(item.cotangent, printer)))
            product = rf"{cotangent}^{{\top}}{printer.piece(item.of).text}"
            found.setdefault("vjp", Row(left, f"gradient of ${product}$, in the shape of the variable"))
        elif item.kind is Kind.DIAGONAL:
            found.setdefault("diagonal", Row(left, "diagonal of the Jacobian, as a vector"))
        elif item.kind is Kind.KRONECKER:
            found.setdefault("kronecker", Row(left, "Jacobian on the columns of the parameter stacked"))
        elif item.wrt in item.cell.parameters:
            found.setdefault("immediate", Row(left, "Jacobian with the state before the step held fixed"))
        else:
            found.setdefault("jacobian", Row(left, "Jacobian, rows for the numerator"))
    return list(found.values())
