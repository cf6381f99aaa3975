"""Which names a symbol may have.

A name ends up in Python source, in LaTeX and in file names, so one strict pattern holds
everywhere: ASCII letters and digits in groups joined by single underscores.
"""

from __future__ import annotations

import keyword
import re

from symgate.errors import NameRefusedError

PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*\Z")
LONGEST = 40

#: Names that generated code uses.  Letters of results (t, lam, delta, A, B, J, M, ...) give way to those of a cell.
RESERVED = {
    "np": "the array library in generated code",
    "out": "the preallocated result of a generated function",
}


def is_taken(name: str) -> bool:
    """Whether a name is Python's, or that of generated code, so that no symbol may have it."""
    return keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in RESERVED


def check_name(name: object, what: str = "symbol") -> str:
    """Return ``name`` if it may name a symbol.

    Raises:
        NameRefusedError: not a string, not of the pattern, too long, a Python keyword, or reserved.
    """
    advice = "Use letters, digits and single underscores, such as 'W_r' or 'x2'."
    if not isinstance(name, str):
        raise NameRefusedError(f"A {what} name must be a string; found {type(name).__name__}. {advice}")
    shown = repr(name if len(name) <= LONGEST else name[:LONGEST] + "...")
    if len(name) > LONGEST:
        raise NameRefusedError(f"The {what} name {shown} has {len(name)} characters; at most {LONGEST} are allowed.")
    if not PATTERN.match(name):
        raise NameRefusedError(f"{shown} is not a plain {what} name. {advice}")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise NameRefusedError(
            f"{shown} is a keyword of Python, so generated code could not use it. Choose another {what} name."
        )
    if name in RESERVED:
        raise NameRefusedError(f"{shown} is reserved for {RESERVED[name]}. Choose another {what} name.")
    return name
