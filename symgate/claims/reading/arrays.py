"""Lines of array code as formulas: ``np.dot(x.T, da)``, ``np.tanh(a)``, ``da.sum(axis=0)``.

Nothing is run.  Prefixes of libraries are left out, dot products of arrays are matrix products, and the sum over the
examples of a batch is, of one example, the example itself.  Positions in the text stay.
"""

from __future__ import annotations

import re

_LIBRARY = re.compile(r"(?<![\w.])(?:np|numpy|jnp|torch|tf|cp|math)\.(?=[A-Za-z])")
_DOT = re.compile(r"(?<![\w.])(?:np|numpy|jnp|cp)\.dot(?=\s*\()")
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


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
