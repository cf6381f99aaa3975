"""From what stands in the page's fields to a recurrence, and from an error to the line it belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from symgate.cells import cell as built_in
from symgate.errors import DefinitionError, SymgateError
from symgate.notation import PLAIN, Notation
from symgate.records import Cell

#: What the fields may hold; the reader has limits of its own.
LONGEST = 4096
#: The name of a recurrence that somebody typed: what is copied of it begins with it.
OWN = "recurrence"
_ENTRY = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*:\s*([A-Za-z0-9_]+(?:\s*x\s*[A-Za-z0-9_]+)?)\s*")
_SIZE = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[1-9][0-9]{0,5}")
_ROLES = ("input", "state")
_CLAIM = re.compile(r"\A(?:The claim|A claim) is not read: (?:at position \d+(?: '[^']*')?: )?")


@dataclass(frozen=True)
class Read:
    """A recurrence of the page.

    Attributes:
        cell: the cell.
        notation: the author's conventions as far as they were seen.
        notes: how what is ambiguous was read.
        library: whether it is a built-in cell as it stands.
    """

    cell: Cell
    notation: Notation
    notes: tuple[str, ...] = ()
    library: bool = False


class FieldError(SymgateError, ValueError):
    """A field of the page that does not hold what it should.

    Attributes:
        field: which one.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def recurrence_of(given: Mapping[str, Any]) -> Read:
    """The recurrence in the fields: ``cell`` for a built-in one, else ``text`` with ``sizes`` and ``scheme``.

    Raises:
        FieldError: a field does not hold text, or sizes are not of the form "w: scalar".
        SymgateError: the recurrence is not read.
    """
    name = _text(given, "cell")
    if name:
        return Read(built_in(name), PLAIN, library=True)
    from symgate.claims import read_recurrence  # takes a moment to import, which a built-in cell need not wait for

    sizes, roles = sizes_of(_text(given, "sizes"))
    text = _text(given, "text")
    found = read_recurrence(
        text,
        OWN,
        sizes,
        inputs=roles["input"],
        states=roles["state"],
        discretisation=_text(given, "scheme") or None,
    )
    absent = [name for name in sizes if not re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9])", text)]
    unused = [f"the sizes of {', '.join(absent)} are not used: the equations do not have them"] if absent else []
    return Read(found.cell, found.notation, (*found.notes, *unused))


def sizes_of(text: str) -> tuple[dict[str, Any], dict[str, tuple[str, ...]]]:
    """The sizes and the roles in the field: entries such as "w: scalar", "W: n x m", "u: input", one a line or by ";".

    Raises:
        FieldError: an entry of another form.
    """
    sizes: dict[str, Any] = {}
    roles: dict[str, tuple[str, ...]] = dict.fromkeys(_ROLES, ())
    for entry in re.split(r"[;\n]", text):
        if not entry.strip():
            continue
        match = _ENTRY.fullmatch(entry)
        words = re.split(r"\s+x\s+|(?<=[0-9])x(?=[0-9])", match[2].strip()) if match else []
        if match is None or not all(_SIZE.fullmatch(word) for word in words):
            raise FieldError(
                "sizes",
                f"{entry.strip()[:40]!r} is not a size. Write a name, a colon, and scalar, n, n x m, input or state, "
                "such as w: scalar; W: n x m",
            )
        if words[0] in _ROLES:
            roles[words[0]] += (match[1],)
        else:
            sizes[match[1]] = "scalar" if words == ["scalar"] else tuple(map(_number, words))
    return sizes, roles


def declared(cell: Cell) -> str:
    """What the field of sizes would hold for a cell whose equations do not show them, such as "u: input; w: n"."""
    entries = [f"{item.name}: input" for item in cell.inputs]
    for item in (*cell.parameters, *(state.before for state in cell.matrix_states)):
        shape = [str(size) for size in getattr(item, "shape", ())]
        if all(_SIZE.fullmatch(size) for size in shape):
            entries.append(f"{item.name}: {_size(tuple(shape[:1] if shape[1:] == ['1'] else shape))}")
    return "; ".join(entries)


def _number(word: str) -> str | int:
    return int(word) if word.isdecimal() else word


def _text(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field, "")
    if not isinstance(value, str):
        raise FieldError(field, f"the field {field!r} holds text; found {type(value).__name__}")
    if len(value) > LONGEST:
        raise FieldError(field, f"the field has {len(value)} characters; it may have {LONGEST}")
    return value


def located(error: SymgateError, text: str, field: str = "text") -> dict[str, Any]:
    """An error as the page shows it: the message, the field, and the line and column it belongs to, from 1."""
    reason = getattr(error, "reason", "") or _CLAIM.sub("", str(error))
    shown: dict[str, Any] = {"field": getattr(error, "field", field), "message": _sentence(reason)}
    position = getattr(error, "position", None)
    if shown["field"] == field and isinstance(position, int) and 0 <= position <= len(text):
        before = text[:position]
        line = before.count("\n") + 1
        start = before.rfind("\n") + 1
        shown |= {"line": line, "column": position - start + 1, "position": position}
        shown["given"] = text[start:].split("\n", 1)[0]
    choices = getattr(error, "choices", ())
    if choices:
        shown["message"] = "Sizes can be read in several ways. Choose one:"
        shown["choices"] = ["; ".join(f"{name}: {_size(size)}" for name, size in choice) for choice in choices]
    return shown


def _size(shape: tuple[str, ...]) -> str:
    return " x ".join(shape) or "scalar"


def _sentence(reason: str) -> str:
    if reason.lower().startswith("a bare right side"):
        reason = "Without a left side the formula does not say what it is about; choose that above"
    reason = reason.replace("discretisation= one of euler, exponential", 'choose one under "Sizes and scheme"')
    word = re.match(r"[a-z]+\b", reason)  # the name of a result keeps its letters
    return (reason[:1].upper() if word else reason[:1]) + reason[1:] + ("" if reason.endswith((".", "?", ":")) else ".")


def required(given: Mapping[str, Any], field: str) -> str:
    """A field that must hold something.

    Raises:
        DefinitionError: it is empty.
    """
    value = _text(given, field)
    if not value.strip():
        raise DefinitionError(f"The field {field!r} is empty.")
    return value
