"""A standalone document: sections of equations, their definitions and a notation table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from symgate.records import Cell, Derivation, Kind
from symgate.tex.equations import definitions, equation, function_latex, further_equations, where
from symgate.tex.formulas import latex
from symgate.tex.latex_words import LatexWords, macro_definitions
from symgate.tex.layout import on_one_line, plain
from symgate.tex.meanings import meanings
from symgate.tex.prose import escape, sentence
from symgate.tex.statement import left_side, printer_for
from symgate.tex.style import DEFAULT, Style

Item = Cell | Derivation
Section = tuple[str, Sequence[Item]]


def preamble(style: Style | None = None) -> str:
    """What stands before the formulas: packages of a plain TeX Live and, in a style with macros, their definitions."""
    packages = "\\usepackage{amsmath}\n\\usepackage{longtable}\n\\IfFileExists{bm.sty}{\\usepackage{bm}}{}\n"
    return packages + "\\allowdisplaybreaks\n" + macro_definitions(style or DEFAULT)


def document(
    items: Iterable[Item | Section],
    style: Style | None = None,
    *,
    title: str = "Closed forms of gated recurrences",
    remarks: Mapping[str, str] | None = None,
) -> str:
    """A LaTeX document that compiles as it is.

    Args:
        items: derivations and cells, put into one section for each cell; or sections (heading, items).
        style: how formulas are spelled.
        title: its title, plain text.
        remarks: a sentence of plain text to print below the object of that name, such as what was proved.

    Returns:
        ASCII text, the same bytes for the same input.
    """
    style = style or DEFAULT
    parts = ["\\documentclass[11pt,a4paper]{article}", "\\usepackage[margin=2.5cm]{geometry}", preamble(style).rstrip()]
    parts += [r"\setlength{\parindent}{0pt}", r"\setlength{\parskip}{4pt plus 1pt}"]
    parts += [r"\setlength{\emergencystretch}{4em}"]
    parts += [rf"\title{{{escape(title)}}}", r"\author{}", r"\date{}", r"\begin{document}", r"\maketitle"]
    for heading, members in _sections(items):
        parts += ["", rf"\section{{{escape(heading)}}}"]
        parts += [_entry(item, style, remarks or {}) for item in members]
        cells = {item.name: item for item in (_cell(member) for member in members)}
        for cell in cells.values():
            parts += [r"\subsection*{Notation" + (f" of {escape(cell.name)}" if len(cells) > 1 else "") + "}"]
            parts += [notation_table(cell, style, members)]
    return "\n".join([*parts, "", r"\end{document}", ""])


def _cell(item: Item) -> Cell:
    return item if isinstance(item, Cell) else item.cell


def _sections(items: Iterable[Item | Section]) -> list[Section]:
    """Sections as given; loose items under the name of their cell, which leads."""
    found: list[tuple[str, list[Item]]] = []
    by_cell: dict[str, list[Item]] = {}
    for item in items:
        if isinstance(item, tuple):
            found.append((item[0], list(item[1])))
            continue
        cell = _cell(item)
        if cell.name not in by_cell:
            by_cell[cell.name] = [cell]
            found.append((cell.name.replace("_", " ").capitalize(), by_cell[cell.name]))
        if not isinstance(item, Cell):
            by_cell[cell.name].append(item)
    return [(heading, tuple(members)) for heading, members in found]


def _entry(item: Item, style: Style, remarks: Mapping[str, str]) -> str:
    """One object: a sentence, its equation, and a remark."""
    if isinstance(item, Cell):
        source = f" Source: {escape(item.source)}." if item.source else ""
        text = f"The recurrence.{source}\n{equation(item, style)}\n{_functions(item)}"
    else:
        text = f"{_caption(item, style)}\n{equation(item, style)}"
        if not item.one_step:
            text = "\n".join(part for part in (text, where(item, style), further_equations(item, style)) if part)
            text += f"\n{sentence(item.remark)}" if item.remark else ""
    remark = remarks.get(item.name)
    return text.rstrip("\n") + (f"\n{escape(remark)}" if remark else "") + "\n"


def _functions(cell: Cell) -> str:
    """What the opaque functions of the cell stand for, without the definitions that its equation already holds."""
    return "\n".join(line for line in definitions(cell).splitlines() if line.startswith("Here "))


def _caption(derivation: Derivation, style: Style) -> str:
    """A sentence that says what the equation is."""
    if not derivation.one_step:
        return f"\\paragraph{{{_heading(derivation, style)}.}}"
    of, wrt = (latex(symbol, style) for symbol in (derivation.of, derivation.wrt))
    kinds = {Kind.KRONECKER: "Jacobian, on stacked columns,", Kind.VJP: "Vector-Jacobian product", Kind.DIAGONAL: "Diagonal"}
    kind = kinds.get(derivation.kind, "Jacobian")
    held = [latex(state.before, style) for state in derivation.cell.states]
    fixed = f", ${', '.join(held)}$ held fixed" if derivation.wrt in derivation.cell.parameters else ""
    names = [escape(name.replace("_", " ")) for name, _ in derivation.named_terms]
    terms = f" (terms: {', '.join(names)})" if len(names) > 1 else ""
    return f"{kind} of ${of}$ with respect to ${wrt}${fixed}{terms}:"


def _heading(derivation: Derivation, style: Style) -> str:
    """What the equation of a derivation of many steps is, in a few words."""
    if derivation.kind is Kind.GRADIENT:
        return rf"Gradient by ${latex(derivation.wrt, style)}$"
    words = derivation.name.removeprefix(derivation.cell.name).strip("_").split("_")
    if derivation.kind in {Kind.EXPANSION, Kind.REMAINDER} and len(words) > 3:
        kind, *kept, order, number = words
        return f"{kind.capitalize()} to {order} {number}, {escape(' '.join(kept))} kept whole"
    return escape(" ".join(words).capitalize())


def notation_table(cell: Cell, style: Style | None = None, items: Sequence[Item] = ()) -> str:
    r"""A ``longtable`` of symbol, meaning and size for a cell and for the derivations in ``items``."""
    style = style or DEFAULT
    printer = printer_for(cell, LatexWords(style))
    rows = [(printer.piece(symbol).text, meaning, _size(symbol, printer)) for symbol, meaning in _symbols(cell)]
    rows += [(function_latex(name), _function_meaning(bound), "") for name, bound in cell.functions]
    derived = [item for item in items if isinstance(item, Derivation) and item.cell == cell]
    rows += _left_sides([item for item in derived if item.one_step], style)
    many = [item for item in derived if not item.one_step]
    found = meanings(many, lambda symbol: plain(printer.piece(symbol).text))
    rows += [(symbol, meaning, _size(node, printer) if node is not None else "") for symbol, meaning, node in found]
    rows += [
        (r"\operatorname{diag}(\cdot)", "diagonal matrix of a vector", ""),
        (r"\odot,\ \otimes", "product entry by entry; Kronecker product", ""),
        (r"(\cdot)'", "derivative of a function, entry by entry", ""),
    ]
    lines = [r"\begin{longtable}{lp{9cm}l}", r"\hline", r"symbol & meaning & size \\", r"\hline", r"\endhead"]
    lines += [rf"${symbol}$ & {meaning} & {f'${size}$' if size else ''} \\" for symbol, meaning, size in rows]
    return "\n".join([*lines, r"\hline", r"\end{longtable}"])


def _symbols(cell: Cell) -> list[tuple[Any, str]]:
    """Every symbol of the cell with its meaning, in order of declaration."""
    found: list[tuple[Any, str]] = []
    for state in cell.states:
        found += [(state.before, "state before the step"), (state.after, "state after the step")]
    found += [(symbol, "input") for symbol in cell.inputs]
    found += [(symbol, "parameter") for symbol in cell.parameters]
    for item in cell.assignments:
        gate = item.role == "gate"
        found.append((item.symbol, "gate, or part of one" if gate else f"intermediate ({escape(item.role)})"))
    return found


def _size(symbol: Any, printer: Any) -> str:
    """The size of a symbol in LaTeX."""
    shape = [plain(printer.piece(size).text) for size in getattr(symbol, "shape", ())]
    if not shape:
        return "1"
    return shape[0] if shape[1] == "1" else rf"{shape[0]} \times {shape[1]}"


def _function_meaning(bound: str | None) -> str:
    usual = f" (in numbers, ${function_latex(bound)}$)" if bound else ""
    return f"any differentiable function, entry by entry{usual}"


def _left_sides(derivations: Sequence[Derivation], style: Style) -> list[tuple[str, str, str]]:
    """One row for each kind of left side among the derivations."""
    words = LatexWords(style)
    found: dict[str, tuple[str, str, str]] = {}
    for item in derivations:
        printer = printer_for(item, words)
        left = on_one_line(left_side(item, printer).text)
        parameter = item.wrt in item.cell.parameters
        if item.cotangent is not None:
            meaning = "cotangent: the gradient of a loss by that state"
            found.setdefault("cotangent", (printer.piece(item.cotangent).text, meaning, _size(item.cotangent, printer)))
        if item.kind is Kind.VJP:
            meaning = r"gradient of $\boldsymbol{\lambda}_{t}^{\top}\mathbf{x}_{t}$, in the shape of the variable"
            found.setdefault("vjp", (left, meaning, ""))
        elif item.kind is Kind.KRONECKER:
            found.setdefault("kronecker", (left, "Jacobian on the columns of the parameter stacked", ""))
        elif parameter:
            found.setdefault("immediate", (left, "Jacobian with the state before the step held fixed", ""))
        else:
            found.setdefault("jacobian", (left, "Jacobian, rows for the numerator", ""))
    return list(found.values())
