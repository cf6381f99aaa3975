"""A derivative of one step as MathML in which the named terms can be told apart: a row for each, with a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symgate.errors import UnknownNameError
from symgate.notation import Notation
from symgate.records import Derivation
from symgate.tex.blocks import is_zero
from symgate.tex.left_sides import left_side
from symgate.tex.mathml_words import MathmlWords
from symgate.tex.statement import lines, printer_for
from symgate.tex.style import Style, styled

_MINUS = "&#x2212;"


def marked(
    obj: Derivation,
    classes: Mapping[str, str],
    style: Style | None = None,
    *,
    lhs: bool = True,
    notation: Notation | None = None,
) -> str:
    """A formula as a ``<math display="block">`` element with one row for each named term.

    Args:
        obj: a derivation whose left side is one derivative.
        classes: the class of the row of each term, by the name of the term.
        style: how it is spelled.
        lhs: whether the left side is written.
        notation: the author's names and conventions; default: those of the style.

    Raises:
        UnknownNameError: a term has no class.
    """
    missing = [name for name in obj.terms if name not in classes]
    if missing:
        raise UnknownNameError(f"The terms {', '.join(missing)} of {obj.name} have no class.")
    words = MathmlWords(styled(style, notation))
    left = left_side(obj, printer_for(obj, words)).text if lhs else ""
    relation = words.relation(obj.relation.value) if lhs else ""
    rows: list[str] = []
    for name, term in obj.named_terms:
        if is_zero(term) and len(obj.named_terms) > 1:
            continue
        terms = lines(replace(obj, named_terms=((name, term),)), words, lhs=False)[0].terms
        for place, (negative, piece) in enumerate(terms):
            sign = _sign(negative=negative, first=not rows and not place)
            start = (left, relation) if not rows else ("", "")
            rows.append(_row(*start, sign + words.total([(False, piece)]), classes[name]))
    body = f'<mtable displaystyle="true">{"".join(rows)}</mtable>'
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">{body}</math>'


def _sign(*, negative: bool, first: bool) -> str:
    if first:
        return f'<mo form="prefix">{_MINUS}</mo>' if negative else ""
    return f'<mo form="infix">{_MINUS if negative else "+"}</mo>'


def _row(left: str, relation: str, right: str, kind: str) -> str:
    """One row: left side, relation, and a term with its class."""
    tight, spaced = "padding-left:0;padding-right:0", "padding-left:0.28em;padding-right:0.28em"
    return (
        f'<mtr><mtd style="text-align:right;{tight}">{left}</mtd><mtd style="{spaced}">{relation}</mtd>'
        f'<mtd style="text-align:left;{tight}"><mrow class="{kind}">{right}</mrow></mtd></mtr>'
    )
