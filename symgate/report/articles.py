"""What the page shows of one object: its formula, what was proved of it, LaTeX and code to copy.

In: entries, derivations, figures.  Out: values for the templates; formulas are ``Markup``, everything else is text.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from sympy import Expr

from symgate.codegen import source
from symgate.language.continuous import Discretisation
from symgate.proof import Certificate
from symgate.records import Derivation
from symgate.report.figures import NARROW, Drawn
from symgate.report.gather import Entry
from symgate.report.modules import module_path
from symgate.report.over_time import has_code
from symgate.report.wording import SCHEME_NAMES, kind_in_words, shape_in_words, witness_lines
from symgate.templates import Markup
from symgate.tex import further, latex, mathml
from symgate.tex.inline import html_of
from symgate.tex.paper import remark
from symgate.tex.style import DEFAULT

Values = dict[str, Any]


def article(entry: Entry, heading: str = "") -> Values:
    """One object; ``heading`` stands in place of its short name."""
    derivation, certificate = entry.derivation, entry.certificate
    coded = has_code(derivation)
    return {
        "name": derivation.name,
        "heading": heading or entry.key,
        "kind": kind_in_words(derivation),
        "shape": _shape(shape_in_words(derivation)),
        "verdict": certificate.verdict,
        "formula": formula(derivation),
        "remark": said(derivation),
        "module": module_path(derivation) if coded else "",
        "code": source(derivation) if coded else "",
        "latex": latex(derivation),
        "further": _further(derivation),
        "terms": _terms(derivation),
        "statement": certificate.statement,
        "evidence": [(item.route, item.detail) for item in certificate.evidence],
        "witness": witness_lines(certificate),
    }


def said(derivation: Derivation) -> Markup | str:
    """What is said of a result over many steps, its formulas as MathML."""
    if derivation.one_step or not derivation.remark:
        return derivation.remark
    return Markup(html_of(remark(derivation, DEFAULT, lambda words: words.replace("$", ""))))


def formula(shown: Any) -> Markup:
    """MathML, which its printer has escaped."""
    return Markup(mathml(shown))


def drawing(item: Drawn) -> Values:
    """A figure with its caption."""
    return {
        "stem": item.stem,
        "title": item.title,
        "caption": Markup(html_of(item.caption)),
        "narrow": item.stem in NARROW,
    }


def scheme(found: Discretisation, certificate: Certificate) -> Values:
    """One way to step the continuous equation."""
    return {
        "name": found.name,
        "heading": f"{SCHEME_NAMES[found.scheme]} Euler",
        "verdict": certificate.verdict,
        "statement": certificate.statement,
        "formulas": [
            ("leak of the cell", formula(found.alpha)),
            ("time constant of a gate value", formula(found.gate_time)),
            ("local error, to order h^2", formula(found.error)),
        ],
    }


def _further(derivation: Derivation) -> list[tuple[str, Markup]]:
    """The names that a formula introduces, and the equations that belong to it."""
    named = [("where", _equation(item.left, item.right)) for item in derivation.definitions if not item.label]
    return named + [(label, Markup(shown)) for label, shown in further(derivation, markup="mathml")]


def _equation(left: Expr, right: Expr) -> Markup:
    """Two expressions with an equals sign between them."""
    parts = [Markup(re.sub(r"^<math[^>]*>|</math>$", "", mathml(side))) for side in (left, right)]
    return Markup('<math display="block"><mrow>{}<mo>=</mo>{}</mrow></math>').format(*parts)


def _shape(words: str) -> Markup:
    """``n x n**2`` with a cross and a raised 2."""
    powers = re.sub(r"\*\*(\d+)", r"<sup>\1</sup>", escape(words))
    return Markup(powers.replace(" x ", " &times; ").replace("*", " "))


def _terms(derivation: Derivation) -> list[tuple[str, Markup]]:
    """The named terms, where there is more than one."""
    named = derivation.named_terms
    return [(name, formula(term)) for name, term in named] if len(derivation.terms) > 1 else []
