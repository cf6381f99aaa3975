"""Formulas as text: ``latex``, ``mathml`` and ``text`` of a cell, a derivation or an expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symgate.errors import unknown
from symgate.notation import Notation
from symgate.records import Derivation
from symgate.tex.latex_words import LatexWords
from symgate.tex.layout import visible_width
from symgate.tex.mathml_words import MathmlWords, row
from symgate.tex.plain_words import PlainWords
from symgate.tex.rows import left_text, right_side
from symgate.tex.statement import Line, further_lines, lines, where_lines
from symgate.tex.style import DEFAULT, Style, styled


def latex(obj: Any, style: Style | None = None, *, lhs: bool = True, notation: Notation | None = None) -> str:
    r"""The LaTeX of a formula, without dollar signs; it needs amsmath.

    Args:
        obj: a derivation, an expression (both on one line); a cell (its equations, ``aligned``), or several
            derivations, such as ``sg.gradient(cell)``.
        style: the choices of typesetting.
        lhs: whether to write the left side, such as ``\frac{\partial \mathbf{x}_{t}}{...} =``.
        notation: the author's names and conventions; default: those of the style.

    Returns:
        ASCII text, the same bytes for the same input.

    Raises:
        TypeError: ``obj`` is not one of these.
        UnsupportedNodeError: an expression outside the language of ``symgate.language``.

    Law: ``tests/tex/test_formulas.py``; every formula is compiled by TeX in ``tests/tex/test_check.py``.
    """
    words = LatexWords(styled(style, notation))
    stated = lines(obj, words, lhs=lhs)
    if len(stated) == 1:
        left = left_text(stated[0])
        return (f"{left} {words.relation(stated[0].relation.value)} " if left else "") + right_side(stated[0].terms)
    rows = [
        (f"{left_text(line)} &{words.relation(line.relation.value)} " if lhs else "& ") + right_side(line.terms)
        for line in stated
    ]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def further(
    obj: Derivation, style: Style | None = None, *, markup: str = "latex", notation: Notation | None = None
) -> tuple[tuple[str, str], ...]:
    """The further equations of a derivation, such as recursions, each with its label in words.

    Args:
        obj: a derivation.
        style: how they are spelled.
        markup: "latex", "mathml" or "text".
        notation: the author's names and conventions; default: those of the style.

    Raises:
        UnknownNameError: no such markup.
    """
    style = styled(style, notation)
    if markup not in FORMATS:
        raise unknown("markup", markup, FORMATS)
    measured = further_lines(obj, LatexWords(style))
    if markup == "latex":
        words = LatexWords(style)
        return tuple(
            (label, f"{left_text(line)} {words.relation(line.relation.value)} {right_side(line.terms)}")
            for label, line in measured
        )
    if markup == "text":
        plainly = PlainWords(style)
        return tuple((label, _text_line(line, plainly)) for label, line in further_lines(obj, plainly))
    found = further_lines(obj, MathmlWords(style))
    pairs = zip(found, measured, strict=True)
    return tuple((label, _math([line], [wide], style, lhs=True)) for (label, line), (_, wide) in pairs)


def introduced(obj: Derivation, style: Style | None = None, *, markup: str = "text") -> tuple[str, ...]:
    """What the names of a derivation stand for, such as A_j, in plain text or as MathML.

    Raises:
        UnknownNameError: another markup than "text" and "mathml".
    """
    style = style or DEFAULT
    if markup not in ("text", "mathml"):
        raise unknown("markup", markup, ("text", "mathml"))
    if markup == "text":
        plainly = PlainWords(style)
        return tuple(_text_line(line, plainly) for line in where_lines(obj, plainly))
    pairs = zip(where_lines(obj, MathmlWords(style)), where_lines(obj, LatexWords(style)), strict=True)
    return tuple(_math([line], [wide], style, lhs=True) for line, wide in pairs)


def mathml(obj: Any, style: Style | None = None, *, lhs: bool = True, notation: Notation | None = None) -> str:
    """A formula as a ``<math display="block">`` element of Presentation MathML Core, ASCII only.

    Args and errors: as for ``latex``.  Long sums and cells are tables of rows.
    """
    style = styled(style, notation)
    words, measure = MathmlWords(style), LatexWords(style)
    return _math(lines(obj, words, lhs=lhs), lines(obj, measure, lhs=lhs), style, lhs=lhs)


def _math(stated: list[Line], wide: list[Line], style: Style, *, lhs: bool) -> str:
    """Equations as one element; ``wide`` are the same in LaTeX, which says how wide they are."""
    words, measure = MathmlWords(style), LatexWords(style)
    rows = [
        part for line, other in zip(stated, wide, strict=True) for part in _mathml_rows(line, other, words, measure)
    ]
    if len(rows) == 1:
        body = row(*(part for part in rows[0] if part))
    else:
        cells = "".join(_table_row(parts, lhs=lhs) for parts in rows)
        body = f'<mtable displaystyle="true">{cells}</mtable>'
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{body}</math>'


def _mathml_rows(line: Line, wide: Line, words: MathmlWords, measure: LatexWords) -> list[tuple[str, str, str]]:
    """The rows of one equation (left side, relation, part of the sum), filled to the width of the style."""
    room = words.style.width - (visible_width(left_text(wide)) + 3 if wide.left else 0)
    ends = [0]
    for place in range(1, len(line.terms)):
        if visible_width(measure.total(wide.terms[ends[-1] : place + 1])) > room:
            ends.append(place)
    pieces = [line.terms[start:end] for start, end in zip(ends, [*ends[1:], len(line.terms)], strict=True)]
    left, relation = (line.left.text, words.relation(line.relation.value)) if line.left else ("", "")
    rows = [(left, relation, words.total(pieces[0]))]
    for (negative, first), *others in pieces[1:]:
        sign = f'<mspace width="2em"></mspace><mo form="infix">{"&#x2212;" if negative else "+"}</mo>'
        rows.append(("", "", sign + words.total([(False, first), *others])))
    return rows


def _table_row(parts: tuple[str, str, str], *, lhs: bool) -> str:
    left, relation, right = parts
    tight, spaced = "padding-left:0;padding-right:0", "padding-left:0.28em;padding-right:0.28em"
    cells = f'<mtd style="text-align:right;{tight}">{left}</mtd><mtd style="{spaced}">{relation}</mtd>' if lhs else ""
    return f'<mtr>{cells}<mtd style="text-align:left;{tight}"><mrow>{right}</mrow></mtd></mtr>'


def text(obj: Any, style: Style | None = None, *, lhs: bool = True) -> str:
    """A formula as plain text, spelled as in Python; a long sum has one term on each line.

    ``*`` multiplies entry by entry or by a scalar, ``@`` is the matrix product, ``dphi`` is the derivative
    of phi, ``x_prev`` the state before the step and ``x`` the state after it.

    Args and errors: as for ``latex``.
    """
    words = PlainWords(style or DEFAULT)
    return "\n".join(_text_line(line, words) for line in lines(obj, words, lhs=lhs))


def _text_line(line: Line, words: PlainWords) -> str:
    left = f"{line.left.text} {words.relation(line.relation.value)}" if line.left else ""
    whole = f"{left} {words.total(line.terms)}".strip()
    if len(whole) <= words.style.width or len(line.terms) == 1:
        return whole
    pad = " " * max(len(left) - 1, 0)
    head = f"{left} {words.total(line.terms[:1])}".strip()
    rest = [f"{pad}{'-' if negative else '+'} {piece.text}" for negative, piece in line.terms[1:]]
    return "\n".join([head, *rest])


#: The three ways of writing, by name.
FORMATS: dict[str, Callable[..., str]] = {"latex": latex, "mathml": mathml, "text": text}
