"""Displayed equations for a paper: numbered, broken where long, and the "where a_t = ..." that goes with them."""

from __future__ import annotations

import re
from typing import Any

from symgate.errors import NameRefusedError
from symgate.notation import Notation
from symgate.records import Cell, Derivation, Kind
from symgate.tex.blocks import wide
from symgate.tex.context import context_of, function_names, signal_names, symbol_names
from symgate.tex.folded import folded
from symgate.tex.introducing import introduced_by, introduces
from symgate.tex.latex_words import LatexWords
from symgate.tex.partial_products import named
from symgate.tex.prose import escape
from symgate.tex.rows import aligned, grouped, left_text, right_side
from symgate.tex.shorter import carried_out, shorter
from symgate.tex.statement import (
    Line,
    define,
    each,
    further_lines,
    lines,
    printer_for,
    where_lines,
)
from symgate.tex.style import Style, styled
from symgate.tex.symbols import function_latex
from symgate.tex.values import by_value

#: Displays of more rows than this may be broken across pages.
_TOGETHER = 6
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]*\Z")


def equation(
    obj: Any, style: Style | None = None, *, label: str | None = None, notation: Notation | None = None
) -> str:
    r"""A numbered equation, or one for each of several objects; in rows where it is wider than the style.

    What takes more than a few rows may run over to the next page; its number stands at the last row.

    Args:
        obj: what ``latex`` takes: a cell, a derivation, an expression, or several, such as ``sg.gradient(cell)``.
        style: how it is spelled, and at which width it is broken.
        label: the ``\label``; None names it after the object ("eq:plain_jacobian_x"), "" leaves it out.  Of
            several, "eq" becomes "eq-1", "eq-2".
        notation: the author's names and conventions; default: those of the style.

    Raises:
        NameRefusedError: a label with other characters than letters, digits and ``: . _ -``.

    Law: ``tests/tex/test_equations.py``.
    """
    words = LatexWords(styled(style, notation))
    items = each(obj)
    if len(items) > 1:
        marks = [label if not label else f"{label}-{place}" for place in range(1, len(items) + 1)]
        return "\n".join(equation(item, words.style, label=mark) for item, mark in zip(items, marks, strict=True))
    (item,) = items
    if label is None:
        label = f"eq:{item.name}" if isinstance(item, (Cell, Derivation)) else ""
    mark = rf"\label{{{check_label(label)}}}" if label else ""
    return _display(aligned(lines(presented(item, words.style), words), words), mark, numbered=True)


def presented(obj: Any, style: Style) -> Any:
    """A derivation as it is displayed: in few signs, with names for partial products where the style wants them."""
    if not isinstance(obj, Derivation):
        return obj
    short = carried_out(shorter(obj))
    if (
        wide([term for _, term in short.named_terms], context_of(short, style.notation), style)
        or obj.kind is Kind.TRUNCATION
    ):
        short = folded(short)
    return named(short) if style.products == "named" else short


def partial_products(derivation: Derivation) -> tuple[tuple[str, str], ...]:
    """The names of partial products that the display of a derivation introduces, each with the product, in LaTeX."""
    words = LatexWords(Style())
    shown = presented(derivation, words.style)
    own = [item for item in shown.definitions if item not in derivation.equations]
    printer = printer_for(shown, words)
    stated = [define(item.left, item.right, printer) for item in own]
    return tuple((left_text(line), right_side(line.terms)) for line in stated)


def check_label(label: object) -> str:
    """The label, if it is one.

    Raises:
        NameRefusedError: it holds something that TeX or a reader could take for markup.
    """
    if not isinstance(label, str) or not _LABEL.match(label):
        raise NameRefusedError(f"A label is made of letters, digits and : . _ -; found {label!r}.")
    return label


def definitions(obj: Any, style: Style | None = None, *, notation: Notation | None = None) -> str:
    r"""The text "where a_t = ... . Here phi is any differentiable function ...", in LaTeX.

    Of derivations, only the names that they use, and those that their definitions use, are defined.  An
    empty text where nothing needs a definition.
    """
    words = LatexWords(styled(style, notation))
    items = [presented(item, words.style) for item in each(obj) if isinstance(item, (Cell, Derivation))]
    rows: dict[str, Line] = {}
    sentences: dict[str, None] = {}
    for item in items:
        cell = cell_of(item)
        names = [part.symbol for part in cell.assignments] if isinstance(item, Cell) else used(item, words.style)
        introduced = [] if isinstance(item, Cell) else where_lines(item, words)
        printer = printer_for(item, words)
        defined = [*introduced, *(define(name, cell.definitions[name], printer) for name in names)]
        rows |= {left_text(line): line for line in defined if left_text(line) not in rows}
        own = [state.update for state in cell.states] if isinstance(item, Cell) else right_sides(item)
        exprs = [*(cell.definitions[name] for name in names), *own]
        present = {name for expr in exprs for name in function_names(expr)}
        sentences |= dict.fromkeys(_function_sentence(name, bound) for name, bound in cell.functions if name in present)
    return "\n".join([*([_where(list(rows.values()), words)] if rows else []), *sentences])


def functions(cell: Cell, style: Style | None = None) -> str:
    """What the opaque functions of a cell stand for, without the definitions that its equation already holds."""
    return "\n".join(line for line in definitions(cell, style).splitlines() if line.startswith("Here "))


def cell_of(item: Cell | Derivation) -> Cell:
    """The cell that it is, or is derived from."""
    return item if isinstance(item, Cell) else item.cell


def where(derivation: Derivation, style: Style | None = None, *, notation: Notation | None = None) -> str:
    """The text "where A_j = ..." for the names that a derivation itself introduces; "" for none."""
    words = LatexWords(styled(style, notation))
    defined = where_lines(presented(derivation, words.style), words)
    return _where(defined, words) if defined else ""


def _where(defined: list[Line], words: LatexWords) -> str:
    rows: list[str] = []
    for place, (*head, tail) in enumerate(grouped(defined, words)):
        rows += [*head, tail + ("." if place == len(defined) - 1 else ",")]
    return f"where\n{_display(rows)}"


def _function_sentence(name: str, bound: str | None) -> str:
    shown = function_latex(name)
    usual = f" (in numbers, ${function_latex(bound)}$)" if bound else ""
    return (
        f"Here ${shown}$ is any differentiable function{usual}, applied entry by entry; ${shown}'$ is its derivative."
    )


def used(derivation: Derivation, style: Style) -> list[Any]:
    """The named intermediates that a derivation shows, directly or through definitions."""
    named = context_of(derivation).named

    def inside(node: Any) -> Any:
        by_its_value = by_value(node, named) if style.derivatives == "value" and node.order else None
        return node.argument if by_its_value is None else by_its_value

    wanted = {name for term in right_sides(derivation) for name in signal_names(term, inside)}
    found = []
    for item in reversed(derivation.cell.assignments):
        if str(item.symbol.name) in wanted:
            found.append(item.symbol)
            wanted |= symbol_names(item.expr)
    return found[::-1]


def right_sides(derivation: Derivation) -> list[Any]:
    """Every right side that is printed with a derivation: its terms, what it defines, its further equations."""
    introduced = introduced_by(derivation)
    kept = [item.right for item in derivation.equations if item in introduced or not introduces(item)]
    return [term for _, term in derivation.named_terms] + kept


def _display(rows: list[str], mark: str = "", *, numbered: bool = False) -> str:
    """Rows as a display; ``split`` keeps a few of them together, ``align`` lets many run over pages."""
    star = "" if numbered else "*"
    if len(rows) == 1:
        row = re.sub(r" &(=|\\le|\\approx|<) ", r" \1 ", rows[0], count=1).removeprefix("& ")
        return f"\\begin{{equation{star}}}{mark}\n{row}\n\\end{{equation{star}}}"
    if len(rows) <= _TOGETHER:
        body = "\\begin{split}\n" + " \\\\\n".join(rows) + "\n\\end{split}"
        return f"\\begin{{equation{star}}}{mark}\n{body}\n\\end{{equation{star}}}"
    ends = r" \notag \\" if numbered else r" \\"
    body = f"{ends}\n".join(rows) + mark
    return f"\\begingroup\\allowdisplaybreaks\n\\begin{{align{star}}}\n{body}\n\\end{{align{star}}}\n\\endgroup"


def further_equations(derivation: Derivation, style: Style | None = None, *, notation: Notation | None = None) -> str:
    """The further equations of a derivation as displays without numbers, each behind its label."""
    words = LatexWords(styled(style, notation))
    parts = []
    for label, line in further_lines(derivation, words):
        parts.append(f"{_sentence(label)}:\n{_display(aligned([line], words))}")
    return "\n".join(parts)


def _sentence(label: str) -> str:
    """A label as the start of a sentence."""
    shown = escape(label.replace("_", " "))
    return shown[:1].upper() + shown[1:]
