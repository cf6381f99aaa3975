"""One object on the page: its formula, what was proved, LaTeX and code to copy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from sympy import Expr

from symgate.codegen import source
from symgate.records import Derivation
from symgate.report.figures import Drawn
from symgate.report.gather import Entry
from symgate.report.modules import module_path
from symgate.report.over_time import has_code
from symgate.report.wording import kind_in_words, shape_in_words, witness_lines
from symgate.tex import further, latex, mathml
from symgate.tex.inline import html_of

_SIGNS = {"proved": "&#10003;", "refuted": "&#10007;", "undecided": "?"}


def article(entry: Entry, heading: str = "") -> str:
    """One object; ``heading`` stands in place of its short name."""
    derivation, certificate = entry.derivation, entry.certificate
    name = derivation.name
    tex = escape(latex(derivation))
    tools, listing = _code(derivation) if has_code(derivation) else ("", "")
    what = f"{escape(kind_in_words(derivation))}; {_marked_up(shape_in_words(derivation))}"
    return f"""<article id="{name}">
<header><h3>{escape(heading or entry.key)}</h3> <span class="note">{what}</span> {badge(certificate.verdict)}</header>
<div class="formula">{mathml(derivation)}</div>
{_claim(derivation)}<div class="tools"><button data-copy="{name}-tex">Copy LaTeX</button>{tools}</div>
<div class="more">
{_further(derivation)}{_terms(derivation)}{_evidence(entry)}<details><summary>LaTeX</summary>
<pre id="{name}-tex">{tex}</pre></details>
{listing}</div>
</article>
"""


def _code(derivation: Derivation) -> tuple[str, str]:
    """The tools and the listing of its generated function."""
    name, path = derivation.name, module_path(derivation)
    return (
        f'\n<button data-copy="{name}-code">Copy Python</button> <a href="{path}">{path}</a>',
        f'<details><summary>Python</summary><pre id="{name}-code">{escape(source(derivation))}</pre></details>\n',
    )


def _claim(derivation: Derivation) -> str:
    """What is exact and what is a proxy, in words."""
    return f'<p class="note">{escape(derivation.remark)}</p>\n' if derivation.remark else ""


def _further(derivation: Derivation) -> str:
    """The names that a formula introduces, and the equations that belong to it."""
    named = [(item.left, item.right) for item in derivation.definitions if not item.label]
    rows = "".join(f'<dt>where</dt><dd class="formula">{_equation(symbol, expr)}</dd>' for symbol, expr in named)
    rows += "".join(
        f'<dt>{escape(label)}</dt><dd class="formula">{formula}</dd>'
        for label, formula in further(derivation, markup="mathml")
    )
    return f"<details><summary>More equations</summary><dl>{rows}</dl></details>\n" if rows else ""


def _equation(left: Expr, right: Expr) -> str:
    """Two expressions with an equals sign between them."""
    parts = [re.sub(r"^<math[^>]*>|</math>$", "", mathml(side)) for side in (left, right)]
    return f'<math display="block"><mrow>{parts[0]}<mo>=</mo>{parts[1]}</mrow></math>'


def _marked_up(shape: str) -> str:
    """``n x n**2`` with a cross and a raised 2."""
    powers = re.sub(r"\*\*(\d+)", r"<sup>\1</sup>", escape(shape))
    return powers.replace(" x ", " &times; ").replace("*", " ")


def badge(verdict: str) -> str:
    """A verdict with its sign."""
    return f'<span class="badge {verdict}">{_SIGNS[verdict]} {verdict}</span>'


def _terms(derivation: Derivation) -> str:
    """The named terms, where there is more than one."""
    if len(derivation.terms) < 2:
        return ""
    rows = "".join(
        f'<dt>{escape(name)}</dt><dd class="formula">{mathml(term)}</dd>' for name, term in derivation.named_terms
    )
    return f"<details><summary>Terms</summary><dl>{rows}</dl></details>\n"


def _evidence(entry: Entry) -> str:
    certificate = entry.certificate
    rows = "".join(f"<dt>{escape(item.route)}</dt><dd>{escape(item.detail)}</dd>" for item in certificate.evidence)
    opened = "" if entry.proved else " open"
    return (
        f"<details{opened}><summary>Certificate</summary><p>{escape(certificate.statement)}</p>"
        f"<dl>{rows}</dl>{witness(witness_lines(certificate))}</details>\n"
    )


def witness(lines: Sequence[str]) -> str:
    """A counterexample, line by line."""
    return f"<pre>{escape(chr(10).join(lines))}</pre>" if lines else ""


def drawing(item: Drawn) -> str:
    """A figure with its caption."""
    path, title = f"figures/{item.stem}", escape(item.title)
    narrow = ' class="narrow"' if item.stem in {"times", "expansion"} else ""
    return f"""<figure{narrow}><img src="{path}.svg" alt="{title}">
<figcaption><b>{title}.</b> {html_of(item.caption)}
(<a href="{path}.pdf">PDF</a>, <a href="{path}.png">PNG</a>)</figcaption></figure>
"""
