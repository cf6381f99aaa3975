"""The errors a user meets.  Each says what was asked, what was found and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SymgateError(Exception):
    """Base of every error that symgate raises on purpose."""


class NameRefusedError(SymgateError, ValueError):
    """A symbol, cell or function name that is not a plain identifier, is taken, or is reserved."""


class ShapeError(SymgateError, ValueError):
    """Shapes that do not fit, in symbols or in arrays."""


class NotNumbersError(ShapeError, TypeError):
    """An array whose entries are not float32, float64 or integers."""


class DefinitionError(SymgateError, ValueError):
    """A cell that does not make sense: no update, an undeclared symbol, a name defined twice."""


class UnknownNameError(SymgateError, LookupError):
    """A cell, object, parameter, term or target that does not exist; the message suggests the nearest names."""


class UnsupportedNodeError(SymgateError, TypeError):
    """An expression contains a node for which the requested operation has no rule."""


class NotDerivedError(SymgateError, NotImplementedError):
    """The requested result is not yet derived for cells of this kind."""


class OpaqueFunctionError(SymgateError, ValueError):
    """Numbers were requested from a nonlinearity that stands for *any* differentiable function."""


class NotProvedError(SymgateError):
    """``Certificate.require`` found a verdict other than "proved"."""


class MissingLibraryError(SymgateError, ImportError):
    """A generated module needs a library that is not installed."""


class ProofAssistantError(SymgateError):
    """The requested proof assistant is missing, too old or too new, or did not run to its end."""


class OutputError(SymgateError, OSError):
    """A file or folder that cannot be written; nothing was left half written.

    Attributes:
        path: the file, if it is one; else "".
    """

    path: str = ""


def unknown(kind: str, name: object, known: Iterable[str], hint: str = "") -> UnknownNameError:
    """The error for a name that does not exist, with the nearest names that do."""
    names = list(known)
    near = get_close_matches(str(name), names, n=3, cutoff=0.4)
    meant = f" Did you mean {' or '.join(repr(item) for item in near)}?" if near else ""
    listed = ", ".join(names) or "none"
    return UnknownNameError(f"{name!r} is not a known {kind}.{meant} Known: {listed}.{' ' + hint if hint else ''}")
