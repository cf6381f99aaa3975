r"""An appendix ready to ``\input``: the recurrence, the results, what was proved, the source as BibTeX.

What comes in are a cell, results of it and what was said about each (``symgate.proof`` is right of here, so the
sentences are handed in); what goes out is LaTeX without a preamble.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from symgate.notation import Notation
from symgate.records import Cell, Derivation
from symgate.templates import Source, fill
from symgate.tex.equations import definitions, equation, functions, further_equations
from symgate.tex.latex_words import macro_definitions
from symgate.tex.paper import caption, notation_table, remark
from symgate.tex.prose import escape
from symgate.tex.style import Style, styled

#: The width of a column in points: article in one column, and one of two.
COLUMNS = {1: 345, 2: 240}
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5}|[a-z-]+/\d{7})")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def appendix(
    cell: Cell,
    results: Sequence[Derivation],
    *,
    statements: Mapping[str, str] | None = None,
    style: Style | None = None,
    notation: Notation | None = None,
    columns: int = 1,
    version: str = "",
) -> str:
    r"""The LaTeX of an appendix; it needs amsmath, and longtable in one column.

    Args:
        cell: the recurrence.
        results: what is derived of it, in order.
        statements: what was established about each result, in words, by its name.
        style: how formulas are spelled; its width gives way to that of the column.
        notation: the author's names and conventions.
        columns: 1 (345 pt) or 2 (240 pt each).
        version: of the package, for the statement of proof.

    Raises:
        ValueError: another number of columns.
    """
    if columns not in COLUMNS:
        raise ValueError(f"A page has 1 or 2 columns; found {columns!r}.")
    style = replace(styled(style, notation), width=Style.for_points(COLUMNS[columns]).width)
    key, entry = bibtex(cell)
    statements = statements or {}
    return fill(
        "symgate.tex:appendix.tex.j2",
        escape,
        cell=cell.name,
        packages="amsmath" if columns == 2 else "amsmath and longtable",
        macros=_commented(macro_definitions(style)) if style.macros else "",
        bibtex=_commented(entry) if entry else "",
        key=Source(key),
        recurrence=Source(equation(cell, style, label=f"eq:{cell.name}")),
        functions=Source(functions(cell, style)),
        results=[(Source(caption(item, style)), Source(equation(item, style))) for item in results],
        definitions=Source(definitions(results, style)),
        further=[_further(item, style, several=len(results) > 1) for item in results],
        proofs=[(item.name, statements[item.name]) for item in results if item.name in statements],
        version=version,
        notation=Source(notation_table(cell, style, [cell, *results], columns=columns)),
    )


def _further(item: Derivation, style: Style, *, several: bool) -> dict[str, Source]:
    """The further equations of a result, of which it is said what they belong to, and its remark."""
    equations = further_equations(item, style)
    of = caption(item, style).removeprefix("\\paragraph{").rstrip("}.:") if several and equations else ""
    return {"of": Source(of), "equations": Source(equations), "remark": Source(remark(item, style))}


def _commented(text: str) -> Source:
    """Lines that TeX does not read."""
    return Source("\n".join(f"%   {line}" for line in text.rstrip().splitlines()))


def bibtex(cell: Cell) -> tuple[str, str]:
    """The key and the BibTeX entry of the source of a cell; ("", "") without one."""
    source = cell.source.split(";")[0].strip()
    year = _YEAR.search(source)
    if not source or not year:
        return "", ""
    authors = source[: year.start()].strip(" ,(")
    people = [name.strip() for name in re.split(r",|&| and ", authors.replace("et al.", "and others")) if name.strip()]
    first = re.sub("[^A-Za-z]", "", people[0]) if people else "source"
    key = f"{first}{year[0]}"
    lines = [f"@misc{{{key},", f"  author = {{{escape(' and '.join(people))}}},", f"  year = {{{year[0]}}},"]
    if found := _ARXIV.search(source):
        lines += [f"  eprint = {{{found[1]}}},", "  archivePrefix = {arXiv},"]
    lines += [f"  note = {{{escape(source)}}}", "}"]
    return key, "\n".join(lines)
