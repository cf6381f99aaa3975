"""Lines of array code as formulas: ``np.dot(x.T, da)``, ``np.tanh(a)``, ``da.sum(axis=0)``.

Nothing is run.  Prefixes of libraries are left out, dot products of arrays are matrix products, and the sum over the
examples of a batch is, of one example, the example itself.  Positions in the text stay.
"""

from __future__ import annotations

import re

_LIBRARY = re.compile(r"(?<![\w.])(?:np|numpy|jnp|torch|tf|cp|math)\.(?=[A-Za-z])")
_DOT = re.compile(r"(?<![\w.])(?:np|numpy|jnp|cp|torch)\.(?:dot|mm)(?=\s*\()")
_PRODUCT = re.compile(r"(?<![\w.])(?:np|numpy|jnp|torch|cp)\.(?:dot|matmul|mm)\(")
_AXIS = r"(?:axis|dim)\s*=\s*0(?:\s*,\s*keep_?dims?\s*=\s*True)?\s*"
_SUM = re.compile(rf"\.sum\(\s*(?:{_AXIS}|0)\)")
_SUM_OF = re.compile(rf"(?<![\w.])(?:np|numpy|jnp|torch|cp)\.sum(?=\(([^()]*|[^()]*\([^()]*\)[^()]*),\s*{_AXIS}\))")
_EXAMPLES = "the sum over the examples of a batch is, of one example, the example itself"


def plain(text: str, *, rows: bool) -> tuple[str, tuple[str, ...]]:
    """The text as a formula of the grammar, and how it was read; a sum over axis 0 is only read of rows."""
    notes: list[str] = []
    if rows:
        summed = _SUM_OF.sub(_blank, _SUM.sub(_blank, text))
        if summed != text:
            notes.append(_EXAMPLES)
            text = re.sub(rf",\s*{_AXIS}(?=\))", _blank, summed)
    text = _DOT.sub(lambda match: "matmul".rjust(len(match[0])), text)
    return _LIBRARY.sub(_blank, text), tuple(notes)


def recurrence(text: str) -> str:
    """The lines of a recurrence without prefixes of libraries, dot products of arrays with @."""
    if "\\" in text:
        return text
    while (found := _PRODUCT.search(text)) is not None:
        inner = _arguments(text, found.end())
        if inner is None:
            break
        first, second, end = inner
        text = f"{text[: found.start()]}(({first}) @ ({second})){text[end:]}"
    return _LIBRARY.sub("", text)


def _arguments(text: str, start: int) -> tuple[str, str, int] | None:
    """The two arguments behind an opening bracket, and where the call ends; None where it is not such a call."""
    depth, cuts = 1, [start]
    for place in range(start, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if text[place] == "," and depth == 1:
            cuts.append(place + 1)
        if depth == 0:
            whole = len(cuts) == 2
            return (text[start : cuts[1] - 1].strip(), text[cuts[1] : place].strip(), place + 1) if whole else None
    return None


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
