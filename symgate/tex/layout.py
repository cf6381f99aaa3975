"""Where a line of LaTeX is broken: at the signs of its sum, and inside a term only where it alone is too long."""

from __future__ import annotations

import re
from itertools import pairwise

from symgate.tex.latex_words import BREAK

_TOKEN = re.compile(r"\\operatorname\{([A-Za-z\\_]*)\}|\\([A-Za-z]+)|\\.|(\s)|(.)", re.DOTALL)
#: Signs with limits below and above.
_LIMITS = re.compile(r"\\(?:sum|prod|bigodot|overleftarrow\{\\prod\})(?![A-Za-z])")
_SILENT = {"mathbf", "boldsymbol", "mathrm", "mathsf", "vect", "mat", "left", "right", "dot"}
_SILENT |= {size + side for size in ("big", "Big", "bigg") for side in "lr"}
#: Widths in letters of running text; what is not listed here counts as one letter or one capital.
_COMMANDS = {
    "max": 3.4,
    "min": 3.2,
    "exp": 3.2,
    "log": 2.8,
    "cdots": 3.0,
    "qquad": 4.0,
    "le": 2.8,
    "approx": 2.8,
    "tanh": 4.2,
    "sin": 2.8,
    "cos": 3.0,
    "diag": 4.2,
    "vecop": 3.4,
    "quad": 2.0,
}
_COMMANDS |= dict.fromkeys(("odot", "otimes", "had", "kron"), 2.7) | dict.fromkeys(_SILENT, 0.0)
_SIGNS = {"+": 2.4, "-": 2.4, "=": 2.8, "(": 0.8, ")": 0.8, "{": 0.0, "}": 0.0, ",": 0.6, "&": 0.0, "'": 0.5}
_SCRIPT = 0.72


def plain(latex: str) -> str:
    """The text without the marks of possible breaks."""
    return re.sub("  +", " ", latex.replace(BREAK, ""))


def on_one_line(latex: str) -> str:
    r"""A derivative without fraction bars: ``\frac{a}{b}`` as a / b, tall parentheses as plain ones."""
    latex = plain(latex).replace(r"\left(", "(").replace(r"\right)", ")")
    while r"\frac{" in latex:
        place = latex.index(r"\frac{")
        top, after = _braced(latex, place + 5)
        bottom, end = _braced(latex, after)
        latex = f"{latex[:place]}{top} / {bottom}{latex[end:]}"
    return latex


def visible_width(latex: str) -> float:
    """A close estimate of the printed width, in letters of running text."""
    total, place = 0.0, 0
    latex = plain(latex)
    while place < len(latex):
        if latex.startswith(r"\frac{", place):
            top, after = _braced(latex, place + 5)
            bottom, place = _braced(latex, after)
            total += max(visible_width(top), visible_width(bottom)) + 0.5
        elif sign := _LIMITS.match(latex, place):
            place, limits = sign.end(), [2.0]
            while place < len(latex) and latex[place] in "_^":
                script, place = _braced(latex, place + 1)
                limits.append(_SCRIPT * (visible_width(script) - 1.4 * len(re.findall("[-+=]", script))))
            total += max(limits) + 0.4
        elif latex[place] in "_^":
            scripts = []
            while place < len(latex) and latex[place] in "_^":
                script, place = _braced(latex, place + 1)
                scripts.append(visible_width(script) - 1.4 * len(re.findall("[-+]", script)))
            total += _SCRIPT * max(scripts)
        else:
            match = _TOKEN.match(latex, place)
            assert match is not None, "the last alternative matches any character"
            place = match.end()
            total += _token_width(*match.groups())
    return total


def _token_width(word: str | None, command: str | None, space: str | None, char: str | None) -> float:
    if word is not None:
        return len(word) + 0.4
    if command is not None:
        return _COMMANDS.get(command, 1.2)
    if char is not None:
        return _SIGNS.get(char, 1.7 if char.isupper() else 1.1)
    return 0.0 if space else 0.4


def _braced(latex: str, start: int) -> tuple[str, int]:
    """The group that opens at ``start`` (or the one character there), and where it ends."""
    if latex[start] != "{":
        return latex[start], start + 1
    depth = 0
    for place in range(start, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[place], 0)
        if depth == 0:
            return latex[start + 1 : place], place + 1
    return latex[start + 1 :], len(latex)


def broken(latex: str, first: float, rest: float) -> list[str]:
    """The text as lines, at most ``first`` letters wide on the first and ``rest`` on the others where breaks allow.

    A line is filled before the next begins.  Breaks at the lowest nesting come first, signs before products.
    """
    if visible_width(latex) <= first or BREAK not in latex:
        return [plain(latex)]
    lines: list[str] = []
    current = ""
    for unit in _units(latex):
        if current and visible_width(current + unit) > (rest if lines else first):
            lines.append(current)
            current = unit
        else:
            current += unit
    lines.append(current)
    return [part for place, line in enumerate(lines) for part in broken(line, rest if place else first, rest)]


def _units(latex: str) -> list[str]:
    """The text cut at its outermost breaks."""
    chunks = latex.split(BREAK)
    depth, ranks = 0, []
    for chunk, following in pairwise(chunks):
        depth += chunk.count("(") - chunk.count(")")
        ranks.append(2 * depth + (not following.startswith(("+", "-"))))
    lowest = min(ranks)
    units = [chunks[0]]
    for rank, chunk in zip(ranks, chunks[1:], strict=True):
        if rank == lowest:
            units.append(chunk)
        else:
            units[-1] += BREAK + chunk
    return units
