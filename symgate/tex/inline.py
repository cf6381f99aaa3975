r"""Running text with mathematics between dollar signs, for pages and papers: ``the norm of $\mathbf{J}_t$``.

What comes in is text of our own; what goes out is HTML with MathML, or LaTeX in which only the mathematics is markup.
"""

from __future__ import annotations

import re
from html import escape as escape_html

from symgate.tex.prose import escape

_TOKEN = re.compile(r"\\([A-Za-z]+)|\\(.)|([A-Za-z])|([0-9.]+)|(\s+)|(.)", re.DOTALL)
_SIGNS = {"epsilon": "&#x3F5;", "tau": "&#x3C4;", "phi": "&#x3D5;", "lambda": "&#x3BB;", "eta": "&#x3B7;"}
_SIGNS |= {"beta": "&#x3B2;", "gamma": "&#x3B3;", "delta": "&#x3B4;", "kappa": "&#x3BA;", "mu": "&#x3BC;"}
_SIGNS |= {"nu": "&#x3BD;", "pi": "&#x3C0;", "rho": "&#x3C1;", "theta": "&#x3B8;", "omega": "&#x3C9;", "xi": "&#x3BE;"}
_SIGNS |= {"zeta": "&#x3B6;", "chi": "&#x3C7;", "psi": "&#x3C8;", "Gamma": "&#x393;", "varsigma": "&#x3C2;"}
_SIGNS |= {"sigma": "&#x3C3;", "alpha": "&#x3B1;"}
_OPERATORS = {
    "le": "&#x2264;",
    "ge": "&#x2265;",
    "<": "&lt;",
    ">": "&gt;",
    "approx": "&#x2248;",
    "odot": "&#x2299;",
    "lVert": "&#x2016;",
    "rVert": "&#x2016;",
}
_OPERATORS |= {"to": "&#x2192;", "times": "&#xD7;", "cdot": "&#x22C5;", "-": "&#x2212;"}
_BOLD_UPPER, _BOLD_LOWER = 0x1D400, 0x1D41A


def html_of(text: str) -> str:
    """The text as HTML, its mathematics as MathML."""
    parts = text.split("$")
    return "".join(
        f"<math>{_Reader(part).row()}</math>" if place % 2 else escape_html(part) for place, part in enumerate(parts)
    )


def latex_of(text: str) -> str:
    """The text as LaTeX, its mathematics as it stands."""
    return "".join(f"${part}$" if place % 2 else escape(part) for place, part in enumerate(text.split("$")))


class _Reader:
    """Reads a short formula from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = [match for match in _TOKEN.finditer(text) if not match[5]]

    def row(self) -> str:
        """What is left, up to a closing brace."""
        parts: list[str] = []
        while self.tokens and self.tokens[0][0] != "}":
            parts.append(self.scripted())
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def scripted(self) -> str:
        """One atom with its scripts."""
        base = self.atom()
        found = {}
        while self.tokens and self.tokens[0][0] in "_^":
            sign = self.tokens.pop(0)[0]
            found[sign] = self.atom()
        if len(found) == 2:
            return f"<msubsup>{base}{found['_']}{found['^']}</msubsup>"
        tag = "msub" if "_" in found else "msup"
        return f"<{tag}>{base}{next(iter(found.values()))}</{tag}>" if found else base

    def atom(self) -> str:
        """A letter, a number, a sign or a group."""
        match = self.tokens.pop(0)
        command, escaped, letter, number, _, sign = match.groups()
        if sign == "{":
            inner = self.row()
            self.tokens.pop(0)
            return inner
        if number:
            return f"<mn>{number}</mn>"
        if letter:
            return f"<mi>{letter}</mi>"
        if command in ("mathbf", "boldsymbol"):
            return _bold(self.atom())
        if command == "mathrm":
            return self.atom()
        if command == "sqrt":
            return f"<msqrt>{self.atom()}</msqrt>"
        if command == "frac":
            return f"<mfrac>{self.atom()}{self.atom()}</mfrac>"
        if command in _SIGNS:
            return f"<mi>{_SIGNS[command]}</mi>"
        if command and command not in _OPERATORS:
            return f"<mi>{command}</mi>"
        return f"<mo>{_OPERATORS.get(command or sign or '', escape_html(escaped or sign or ''))}</mo>"


def _bold(element: str) -> str:
    letter = element.removeprefix("<mi>").removesuffix("</mi>")
    if not (len(letter) == 1 and letter.isascii() and letter.isalpha()):
        return element  # Greek, and words in several letters
    first = _BOLD_UPPER - ord("A") if letter.isupper() else _BOLD_LOWER - ord("a")
    return f"<mi>&#x{first + ord(letter):X};</mi>"
