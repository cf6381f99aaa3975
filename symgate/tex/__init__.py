"""Formulas for the paper: LaTeX, MathML and plain text of cells and derivations, and whole documents."""

from symgate.tex.appendix import appendix, bibtex
from symgate.tex.check import available_checkers, check_formulas, parse_strictly
from symgate.tex.display import html, notebook, notebook_where
from symgate.tex.equations import definitions, equation
from symgate.tex.formulas import further, introduced, latex, mathml, text
from symgate.tex.latex_words import macro_definitions
from symgate.tex.marked import marked
from symgate.tex.paper import document, notation_table, preamble
from symgate.tex.run import Fault, TexError, compile_pdf, compile_tex
from symgate.tex.style import Style

__all__ = [
    "Fault",
    "Style",
    "TexError",
    "appendix",
    "available_checkers",
    "bibtex",
    "check_formulas",
    "compile_pdf",
    "compile_tex",
    "definitions",
    "document",
    "equation",
    "further",
    "html",
    "introduced",
    "latex",
    "macro_definitions",
    "marked",
    "mathml",
    "notation_table",
    "notebook",
    "notebook_where",
    "parse_strictly",
    "preamble",
    "text",
]
