"""A standalone document: sections of equations, their definitions and a notation table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sympy import Basic, Symbol
from sympy.matrices.expressions import MatrixSymbol

from symgate.catalogue import keep_name
from symgate.language import Quantity, ScalarSignal
from symgate.notation import Notation
from symgate.records import Cell, Derivation, Kind
from symgate.templates import Source, fill
from symgate.tex.equations import cell_of, equation, functions, further_equations, presented, used, where
from symgate.tex.latex_words import LatexWords, macro_definitions
from symgate.tex.meanings import OTHERWISE
from symgate.tex.noted import nodes_printed
from symgate.tex.prose import escape, sentence
from symgate.tex.statement import each, printer_for
from symgate.tex.style import DEFAULT, LETTER, Style, styled
from symgate.tex.symbols import rows

Item = Any  # a cell, a derivation or an expression
#: The width of one of two columns of an A4 page with margins of 2.5 cm, in points.
_COLUMN = 222
Section = tuple[str, Sequence[Item]]


def preamble(style: Style | None = None) -> str:
    """What stands before the formulas: packages of a plain TeX Live and, in a style with macros, their definitions."""
    packages = "\\usepackage{amsmath}\n\\usepackage{longtable}\n\\IfFileExists{bm.sty}{\\usepackage{bm}}{}\n"
    return packages + "\\allowdisplaybreaks\n" + macro_definitions(style or DEFAULT)


def document(
    items: Any,
    style: Style | None = None,
    *,
    title: str = "Closed forms of gated recurrences",
    remarks: Mapping[str, str] | None = None,
    columns: int = 1,
    notation: Notation | None = None,
) -> str:
    """A LaTeX document that compiles as it is.

    Args:
        items: what ``latex`` takes, put into one section for each cell; or sections (heading, items).
        style: how formulas are spelled.
        title: its title, plain text.
        remarks: a sentence of plain text to print below the object of that name, such as what was proved.
        columns: 1 or 2.
        notation: the author's names and conventions; default: those of the style.

    Returns:
        ASCII text, the same bytes for the same input.
    """
    style = styled(style, notation)
    return fill("symgate.tex:document.tex.j2", escape, **document_values(items, style, title, remarks, columns))


def document_values(
    items: Any, style: Style, title: str, remarks: Mapping[str, str] | None = None, columns: int = 1
) -> dict[str, Any]:
    """What the template of a document takes; the templates that extend it take more."""
    if columns not in (1, 2):
        raise ValueError(f"A page has 1 or 2 columns; found {columns!r}.")
    if columns == 1:
        style = replace(style, width=max(int(style.width * 10 / 10.95), 20))  # letters of 11 pt
    else:
        style = replace(style, width=min(style.width, Style.for_points(_COLUMN).width))
    return {
        "columns": columns,
        "preamble": Source(preamble(style).rstrip()),
        "title": title,
        "sections": [_section(*section, style, remarks or {}, columns) for section in _sections(items)],
    }


def _section(
    heading: str, members: Sequence[Item], style: Style, remarks: Mapping[str, str], columns: int
) -> dict[str, Any]:
    """A section: its entries, and a table of notation for each cell in it."""
    cells = {cell_of(item).name: cell_of(item) for item in members if isinstance(item, (Cell, Derivation))}
    return {
        "heading": heading,
        "entries": [Source(_entry(item, style, remarks)) for item in members],
        "notations": [
            {
                "of": cell.name if len(cells) > 1 else "",
                "table": Source(notation_table(cell, style, members, columns=columns)),
            }
            for cell in cells.values()
        ],
    }


def _sections(items: Any) -> list[Section]:
    """Sections as given; loose items under the name of their cell, which leads; expressions by themselves."""
    found: list[tuple[str, list[Item]]] = []
    by_cell: dict[str, list[Item]] = {}
    loose: list[Any] = []
    for item in [items] if isinstance(items, (Cell, Derivation, Basic, Quantity)) else items:
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
            found.append((item[0], each(item[1])))
            continue
        for part in each(item):
            if not isinstance(part, (Cell, Derivation)):
                loose.append(part)
                continue
            cell = cell_of(part)
            if cell.name not in by_cell:
                by_cell[cell.name] = [cell]
                found.append((cell.name.replace("_", " ").capitalize(), by_cell[cell.name]))
            if not isinstance(part, Cell):
                by_cell[cell.name].append(part)
    found += [("Expressions", loose)] if loose else []
    return [(heading, tuple(members)) for heading, members in found]


def _entry(item: Item, style: Style, remarks: Mapping[str, str]) -> str:
    """One object: a sentence, its equation, and a remark."""
    if not isinstance(item, (Cell, Derivation)):
        return equation(item, style)
    if isinstance(item, Cell):
        source = f" Source: {escape(item.source)}." if item.source else ""
        text = f"The recurrence.{source}\n{equation(item, style)}\n{functions(item, style)}"
    else:
        text = f"{caption(item, style)}\n{equation(item, style)}"
        if not item.one_step:
            text = "\n".join(part for part in (text, where(item, style), further_equations(item, style)) if part)
            text += f"\n{remark(item, style)}" if item.remark else ""
    further = remarks.get(item.name)
    return text.rstrip("\n") + (f"\n{escape(further)}" if further else "") + "\n"


def caption(derivation: Derivation, style: Style) -> str:
    """A sentence that says what the equation is."""
    if not derivation.one_step:
        return f"\\paragraph{{{_heading(derivation, style)}.}}"
    printer = printer_for(derivation, LatexWords(style))
    of, wrt = (printer.piece(symbol).text for symbol in (derivation.of, derivation.wrt))
    kinds = {
        Kind.KRONECKER: "Jacobian, on stacked columns,",
        Kind.VJP: "Vector-Jacobian product",
        Kind.DIAGONAL: "Diagonal",
    }
    kind = kinds.get(derivation.kind, "Jacobian")
    held = [printer.piece(state.before).text for state in derivation.cell.states]
    fixed = f", ${', '.join(held)}$ held fixed" if derivation.wrt in derivation.cell.parameters else ""
    names = [escape(name.replace("_", " ")) for name, _ in derivation.named_terms]
    terms = f" (terms: {', '.join(names)})" if len(names) > 1 else ""
    return f"{kind} of ${of}$ with respect to ${wrt}${fixed}{terms}:"


def remark(derivation: Derivation, style: Style, plain: Callable[[str], str] | None = None) -> str:
    """The remark of a derivation in LaTeX, with names as its formula shows them; "" for none.

    ``plain`` is for the words between the formulas; by default they are escaped for LaTeX.
    """
    if not derivation.remark or derivation.one_step:
        return ""
    printer = printer_for(derivation, LatexWords(style))
    names: dict[str, str] = {}
    for node in nodes_printed(derivation, style):
        if isinstance(node, (MatrixSymbol, ScalarSignal, Symbol)) and not printer.context.is_of_cell(node):
            kind = "scalar" if not isinstance(node, MatrixSymbol) else "vector" if 1 in node.shape else "matrix"
            spelling = printer.context.spelling_of(node)
            if not spelling.scripts:
                shown = printer.words.name(spelling, kind, None).text
                names.setdefault(str(node.name), shown)
                names.setdefault(OTHERWISE.get(str(node.name), str(node.name)), shown)
    return sentence(derivation.remark, names, plain)


#: What an equation over many steps is, where its own name says less.
_HEADINGS = {
    Kind.INFLUENCE: "Influence of ${of}$ on the state",
    Kind.LAG: "Gradient by ${of}$, lag by lag",
    Kind.GRADIENT: "Gradient by ${of}$",
    Kind.TRUNCATION: "Influence of ${of}$ to order {order}, {keep} kept whole",
    Kind.EXPANSION: "Expansion to order {order}, {keep} kept whole",
    Kind.REMAINDER: "Remainder to order {order}, {keep} kept whole",
    Kind.REST: "What the expansion to order {order} leaves out, {keep} kept whole",
    Kind.RATE: "Effective learning rate, {keep} kept whole",
    Kind.SCHEDULE: "Gates as a schedule of the learning rate",
    Kind.MOMENTUM: "Gates as momentum",
    Kind.ADAM: "Gates as a diagonal preconditioner",
    Kind.WINDOW: "Learnability window, decay {law}",
    Kind.ENVELOPE: "Envelope of the rates, law {law}",
    Kind.SPLIT: "Split of the Jacobian, {keep} kept whole",
}


def _heading(derivation: Derivation, style: Style) -> str:
    """What the equation of a derivation of many steps is, in a few words."""
    own = derivation.parameters
    said = {
        "keep": keep_name(getattr(own, "keep", ())).replace("_", " "),
        "order": getattr(own, "order", ""),
        "law": str(getattr(own, "law", "")).replace("_", " "),
        "of": "",
    }
    if derivation.wrt is not None:
        said["of"] = printer_for(derivation, LatexWords(style)).piece(derivation.wrt).text
    if derivation.kind in _HEADINGS:
        return _HEADINGS[derivation.kind].format(**said)
    words = derivation.name.removeprefix(derivation.cell.name).strip("_").split("_")
    return escape(" ".join(words).capitalize())


def notation_table(
    cell: Cell,
    style: Style | None = None,
    items: Sequence[Item] = (),
    *,
    columns: int = 1,
    notation: Notation | None = None,
) -> str:
    r"""A table of symbol, meaning and size: of a cell, or of exactly what occurs in ``items`` and their definitions.

    In one column it is a ``longtable``, in two (where TeX has none that breaks) a list.
    """
    style = styled(style, notation)
    shown = [
        presented(item, style) for item in items if isinstance(item, (Cell, Derivation)) and cell_of(item) == cell
    ] or [cell]
    found = rows(cell, [(item, _printed(item, style)) for item in shown], style)
    return fill(
        "symgate.tex:notation.tex.j2",
        Source,  # symbols, meanings and sizes are LaTeX already
        columns=columns,
        width=f"{max(style.width * 0.5, 14) * LETTER:.0f}",
        rows=found,
    )


def _printed(item: Cell | Derivation, style: Style) -> list[Any]:
    """The nodes of the display of an object and of the definitions below it."""
    return nodes_printed(item, style, used(item, style) if isinstance(item, Derivation) else ())
