r"""The equations of a .tex file: displays and inline formulas with their numbers, labels and lines.

In: the text of a file.  Out: ``Displayed``, one for each row of a display.  Nothing is executed and no other file is
opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from symgate.claims.reading.rows import cut_rows
from symgate.errors import DefinitionError

#: Bytes of a file, and equations in it.
LARGEST, MOST = 2_000_000, 2000
_NAMES = r"equation|align|alignat|flalign|gather|multline|eqnarray|displaymath|dmath|IEEEeqnarray|math"
_DISPLAY = re.compile(
    rf"\\begin\{{(?P<env>{_NAMES})(?P<star>\*?)\}}(?P<body>.{{0,8192}}?)\\end\{{(?P=env)(?P=star)\}}"
    r"|(?<!\\)\\\[(?P<bracket>.{0,8192}?)(?<!\\)\\\]|\$\$(?P<dollars>.{0,8192}?)\$\$"
    r"|(?<!\\)\\\((?P<paren>.{0,4096}?)(?<!\\)\\\)|(?<!\\)\$(?P<inline>[^$]{1,4096}?)(?<!\\)\$",
    re.DOTALL,
)
_ROWS = {"align", "alignat", "flalign", "gather", "eqnarray", "IEEEeqnarray"}
_LABEL, _TAG = re.compile(r"\\label\s*\{([^{}]*)\}"), re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|minted|comment)\}.*?\\end\{\1\}", re.DOTALL)


@dataclass(frozen=True)
class Displayed:
    """One equation as it stands in the paper.

    Attributes:
        tex: the formula.
        number: as the paper would print it, "" for none.
        label: its \\label, "" for none.
        line: in the file, counted from 1.
        display: which display it belongs to; -1 for an inline formula.
    """

    tex: str
    number: str
    label: str
    line: int
    display: int

    @property
    def name(self) -> str:
        """What to call it."""
        return f"({self.number})" if self.number else self.label or f"line {self.line}"


def displayed(text: str) -> tuple[Displayed, ...]:
    """The equations of a file, in order.

    Raises:
        DefinitionError: the file is too large, or has more equations than a paper.
    """
    if len(text) > LARGEST:
        raise DefinitionError(f"The file has {len(text)} characters; at most {LARGEST} are read.")
    text = _blank(_COMMENT, _blank(_VERBATIM, text))
    start = text.find(r"\begin{document}")
    start = max(start, 0)
    found: list[Displayed] = []
    count = 0
    for place, match in enumerate(_DISPLAY.finditer(text, start)):
        name = match["env"]
        body, offset = next((match[key], match.start(key)) for key in _KEYS if match[key] is not None)
        numbered = name is not None and not match["star"] and name not in ("displaymath", "math")
        inline = match["paren"] is not None or match["inline"] is not None
        for row, at in cut_rows(body) if name in _ROWS else [(body, 0)]:
            if not row.strip():
                continue
            label, tag = _LABEL.search(row), _TAG.search(row)
            number = tag[1] if tag else ""
            if numbered and not tag and not re.search(r"\\(?:nonumber|notag)(?![A-Za-z])", row):
                count += 1
                number = str(count)
            line = text.count("\n", 0, offset + at + len(row) - len(row.lstrip())) + 1
            found.append(Displayed(row.strip(), number, label[1] if label else "", line, -1 if inline else place))
            if len(found) > MOST:
                raise DefinitionError(f"The file has more than {MOST} equations.")
    return tuple(_continued(found))


_KEYS = ("body", "bracket", "dollars", "paren", "inline")


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """What a pattern matches as spaces, lines kept."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _continued(rows: list[Displayed]) -> list[Displayed]:
    """Rows without a left side of their own joined to the one before: "&= ..." and "+ ..."."""
    found: list[Displayed] = []
    for row in rows:
        goes_on = re.match(r"&?\s*(?:=|\+|-|\\approx|\\leq?|\\quad|\\times|\\cdot)", row.tex) or "=" not in row.tex
        if found and row.display >= 0 and found[-1].display == row.display and goes_on:
            before = found[-1]
            number = row.number if not before.number or row.number.isdigit() else before.number
            found[-1] = replace(before, tex=f"{before.tex}\n{row.tex}", number=number, label=before.label or row.label)
        else:
            found.append(row)
    return found
