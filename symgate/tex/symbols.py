r"""Which symbols a printed formula holds, and what each means: the rows of "where" sentences and of notation tables.

What comes in are the objects that are printed; what goes out are rows in a fixed order, one for every symbol that
occurs and none for what does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

from symgate.language import Map, ScalarMap, ScalarSignal, Signal, Vec
from symgate.language.sequences import HadamardRun
from symgate.records import Cell, Derivation, Kind
from symgate.tex.context import RUNS
from symgate.tex.latex_words import LatexWords
from symgate.tex.layout import on_one_line, plain
from symgate.tex.meanings import meanings, our_nodes
from symgate.tex.prose import escape
from symgate.tex.spelling import function_word, greek
from symgate.tex.statement import left_side, printer_for
from symgate.tex.style import Style


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


def expressions(item: Cell | Derivation) -> list[Any]:
    """Both sides of every equation that is printed with an object."""
    if isinstance(item, Cell):
        return [side for pair in item.definitions.items() for side in pair]
    sides = [side for equation in item.equations for side in (equation.left, equation.right)]
    cotangent = [item.cotangent] if item.cotangent is not None else []
    return [item.of, item.wrt, *cotangent, *(term for _, term in item.named_terms), *sides]


def nodes_in(exprs: Iterable[Any]) -> list[Any]:
    """Every node, times and limits included, sizes not, in order of appearance."""
    found: dict[Any, None] = {}
    stack = list(exprs)[::-1]
    while stack:
        node = stack.pop()
        if node in found:
            continue
        found[node] = None
        if isinstance(node, (Signal, ScalarSignal)):
            stack.append(node.index)
        elif isinstance(node, (Map, ScalarMap)):
            stack.append(node.argument)
        elif isinstance(node, RUNS):
            limits = node.limits if isinstance(node, (sympy.Sum, sympy.Product)) else [node.args[1:]]
            stack += [part for limit in limits for part in limit]
            stack.append(node.args[0])
        elif not isinstance(node, (MatrixSymbol, Identity, OneMatrix, sympy.matrices.expressions.ZeroMatrix)):
            stack += list(getattr(node, "args", ()))[::-1]
    return list(found)


def rows(cell: Cell, items: Sequence[Cell | Derivation], style: Style, *, also: Sequence[Any] = ()) -> list[Row]:
    """One row for every symbol in ``items`` and in the expressions ``also`` (definitions printed with them)."""
    words = LatexWords(style)
    nodes = nodes_in([expr for item in items for expr in expressions(item)] + list(also))
    present = {str(node.name) for node in nodes if isinstance(node, (MatrixSymbol, ScalarSignal, sympy.Symbol))}
    derived = [item for item in items if isinstance(item, Derivation)]
    one_step = [item for item in derived if item.one_step]
    printer = printer_for(max(derived, key=lambda item: not item.one_step) if derived else cell, words)
    found = [
        Row(printer.piece(symbol).text, meaning, size_latex(symbol, printer))
        for symbol, meaning in cell_symbols(cell, before=symbol_before(cell, nodes))
        if str(symbol.name) in present
    ]
    found += [Row(printer.piece(size).text, "size of a vector") for size in cell.dimensions if size in nodes]
    functions = {node.function for node in nodes if isinstance(node, (Map, ScalarMap))}
    found += [Row(function_latex(name), function_meaning(bound)) for name, bound in cell.functions if name in functions]
    found += _left_sides(one_step, words)
    own = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments)}
    own |= set() if any(not item.one_step for item in derived) else {"lam"}
    perturbed = [item for item in derived if item.kind in (Kind.EXPANSION, Kind.REMAINDER)]
    for group in ([item for item in derived if item not in perturbed], perturbed):
        found += _ours(group, printer_for(group[0], words), own) if group else []
    return list(dict.fromkeys([*found, *_signs(nodes)]))


def _ours(items: Sequence[Derivation], printer: Any, own: set[str]) -> list[Row]:
    """The rows of our own symbols in some derivations: times, arrays, signs."""
    mine = dict.fromkeys([*our_nodes(items), *nodes_in(side for item in items for side in expressions(item))])
    return [
        Row(symbol, meaning, size_latex(node, printer) if node is not None else "")
        for symbol, meaning, node in meanings(items, lambda symbol: plain(printer.piece(symbol).text), mine, own)
    ]


def symbol_before(cell: Cell, nodes: Sequence[Any]) -> bool:
    """Whether a state before the step stands in the formulas."""
    return any(state.before in nodes for state in cell.states)


def _signs(nodes: Sequence[Any]) -> list[Row]:
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
    if any(isinstance(node, sympy.KroneckerDelta) for node in nodes):
        rows.append(Row(r"\delta_{a,b}", "1 for $a = b$, else 0; a term with the factor 0 is left out"))
    return rows


def cell_symbols(cell: Cell, *, before: bool = True) -> list[tuple[Any, str]]:
    """Every symbol of the cell with its meaning, in order of declaration."""
    found: list[tuple[Any, str]] = []
    for state in cell.states:
        found += [(state.before, "state before the step")] if before else []
        found.append((state.after, "state after the step"))
    found += [(symbol, "input") for symbol in cell.inputs]
    found += [(symbol, "parameter") for symbol in cell.parameters]
    for item in cell.assignments:
        gate = item.role == "gate"
        found.append((item.symbol, "gate, or part of one" if gate else f"intermediate ({escape(item.role)})"))
    return found


def size_latex(symbol: Any, printer: Any) -> str:
    """The size of a symbol in LaTeX."""
    shape = [plain(printer.piece(size).text) for size in getattr(symbol, "shape", ())]
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
        if item.cotangent is not None:
            cotangent = printer.piece(item.cotangent).text
            meaning = "cotangent: the gradient of a loss by that state"
            found.setdefault("cotangent", Row(cotangent, meaning, size_latex(item.cotangent, printer)))
            product = rf"{cotangent}^{{\top}}{printer.piece(item.of).text}"
            found.setdefault("vjp", Row(left, f"gradient of ${product}$, in the shape of the variable"))
        elif item.kind is Kind.KRONECKER:
            found.setdefault("kronecker", Row(left, "Jacobian on the columns of the parameter stacked"))
        elif item.wrt in item.cell.parameters:
            found.setdefault("immediate", Row(left, "Jacobian with the state before the step held fixed"))
        else:
            found.setdefault("jacobian", Row(left, "Jacobian, rows for the numerator"))
    return list(found.values())
