r"""What an author calls things, and which conventions hold: one record for reading and for printing.

    [notation]
    time = "t"
    new = 1
    cotangent = "g"
    layout = "denominator"

A file has it as a ``[notation]`` table; a paper's ``\newcommand`` definitions become its ``macros``.  Nothing here is
applied unless it is given: a reading that needs a convention says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from symgate.errors import DefinitionError, unknown

#: How many macros a preamble may define, and how long a body may be.
MACROS, BODY = 500, 1000


class Layout(Enum):
    """Where the numerator of a derivative goes: (dy/dx)_{ij} = dy_i/dx_j, or its transpose."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"


class Place(Enum):
    """Where the time stands: x_t, x^(t), x(t)."""

    SUBSCRIPT = "subscript"
    SUPERSCRIPT = "superscript"
    BRACKETS = "brackets"


class Scripts(Enum):
    """How words in subscripts and superscripts are set."""

    UPRIGHT = "upright"
    ITALIC = "italic"


class Vectors(Enum):
    """Whether vectors are columns (W x) or rows (x W)."""

    COLUMN = "column"
    ROW = "row"


@dataclass(frozen=True)
class MacroDefinition:
    """``\\newcommand{\\name}[arity]{body}``; it is copied, never executed."""

    name: str
    arity: int
    body: str


@dataclass(frozen=True)
class Notation:
    r"""An author's conventions.

    Attributes:
        names: (LaTeX, plain name) for names that the author writes differently, as (``\tilde{C}``, "g"); or a mapping.
        time: the letter that counts the steps; None to infer it from the equations.
        new: the time of the state after the step relative to that letter: 0 for h_t = F(h_{t-1}), 1 for
            x_{t+1} = F(x_t).
        shifts: (name, steps) for names whose time index is shifted, such as an input x_t in h_{t+1} = F(h_t, x_t).
        cotangent: the letter of the gradient of the loss with respect to a state, including all later steps.
        loss: the letter of the loss.
        layout, vectors, place, scripts: see their enumerations.
        diagonal: whether a vector stands for its diagonal matrix in front of a matrix, or where a matrix is needed.
        brackets: whether ``[v]`` is the diagonal matrix of v.
        slope: a letter for diag(phi'(a_t)), such as D; "" for none.
        functions: letters that are opaque functions.
        inputs: names that are inputs.
        macros: macro definitions from a preamble.
    """

    names: tuple[tuple[str, str], ...] = ()
    time: str | None = None
    new: int = 0
    shifts: tuple[tuple[str, int], ...] = ()
    cotangent: str = "lambda"
    loss: str = "L"
    layout: Layout = Layout.NUMERATOR
    vectors: Vectors = Vectors.COLUMN
    diagonal: bool = False
    brackets: bool = False
    slope: str = ""
    functions: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    macros: tuple[MacroDefinition, ...] = ()
    place: Place = Place.SUBSCRIPT
    scripts: Scripts = Scripts.UPRIGHT

    def __post_init__(self) -> None:
        """Take values as a ``[notation]`` table has them, such as a mapping for ``names``.

        Raises:
            DefinitionError, UnknownNameError: a value of the wrong kind.
        """
        for item in fields(self):
            value = getattr(self, item.name)
            if not _settled(item.name, value):
                object.__setattr__(self, item.name, _value(item.name, value, "Notation"))

    def with_preamble(self, text: str) -> Notation:
        r"""The same conventions with the ``\newcommand`` and ``\def`` definitions of a text."""
        return replace(self, macros=(*self.macros, *macros_of(text)))

    def to_toml(self) -> str:
        """The ``[notation]`` table of a file: what differs from the defaults."""
        lines = ["[notation]"]
        for item in fields(self):
            value = getattr(self, item.name)
            if value == item.default:
                continue
            lines.append(f"{item.name} = {_toml(item.name, value)}")
        return "\n".join(lines) + "\n"


_KINDS: dict[str, type[Enum]] = {"layout": Layout, "vectors": Vectors, "place": Place, "scripts": Scripts}
_PAIRS: dict[str, type] = {"names": str, "shifts": int}
_WORDS = {int: "a whole number", bool: "true or false", str: "text"}
_PLAIN_KINDS: dict[str, type] = {"new": int, "diagonal": bool, "brackets": bool}
_PLAIN_KINDS |= dict.fromkeys(("time", "cotangent", "loss", "slope"), str)


def _settled(key: str, value: Any) -> bool:
    """Whether a value is as the record holds it."""
    if key in _PAIRS:
        kind = _PAIRS[key]
        pairs = isinstance(value, tuple) and all(isinstance(item, tuple) and len(item) == 2 for item in value)
        return pairs and all(isinstance(shown, str) and type(own) is kind for shown, own in value)
    if key in ("functions", "inputs", "macros"):
        inner = MacroDefinition if key == "macros" else str
        return isinstance(value, tuple) and all(isinstance(item, inner) for item in value)
    if key in _KINDS:
        return isinstance(value, _KINDS[key])
    return type(value) is _PLAIN_KINDS[key] or (key == "time" and value is None)


#: Nothing but what is usual.
PLAIN = Notation()


def notation_of(table: Mapping[str, Any], where: str = "[notation]") -> Notation:
    """The record of a ``[notation]`` table.

    Raises:
        DefinitionError: a value of the wrong kind.
        UnknownNameError: a key that there is not.
    """
    known = {item.name: item for item in fields(Notation)}
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise unknown(f"key in {where}", key, sorted(known))
        found[key] = _value(key, value, where)
    return Notation(**found)


def _value(key: str, value: Any, where: str) -> Any:
    """A value of a table as the record holds it."""
    if key in _PAIRS:
        kind = _PAIRS[key]
        if isinstance(value, Mapping) and _settled(key, tuple(value.items())):
            return tuple(value.items())
        such = r"{ '\tilde{C}' = 'g' }" if kind is str else "{ x = -1 }"
        raise DefinitionError(f"{where}: {key} is a table such as {such}; found {value!r}.")
    if key == "macros":
        if isinstance(value, str):
            return macros_of(value)
        raise DefinitionError(f"{where}: macros is text with \\newcommand definitions; found {value!r}.")
    if key in ("functions", "inputs"):
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise DefinitionError(f"{where}: {key} is a list of names; found {value!r}.")
    if key in _KINDS:
        kinds = _KINDS[key]
        if not isinstance(value, str) or value not in {item.value for item in kinds}:
            raise unknown(f"{key} in {where}", str(value)[:40], [item.value for item in kinds])
        return kinds(value)
    wanted = _PLAIN_KINDS[key]
    if type(value) is not wanted:
        raise DefinitionError(f"{where}: {key} is {_WORDS[wanted]}; found {value!r}.")
    return value


def _toml(key: str, value: Any) -> str:
    if isinstance(value, Enum):
        return f'"{value.value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if key in _PAIRS:
        return "{ " + ", ".join(f"{_quoted(name)} = {_toml('', item)}" for name, item in value) + " }"
    if key == "macros":
        body = "\n".join(f"\\newcommand{{\\{m.name}}}[{m.arity}]{{{m.body}}}" for m in value)
        return f"'''\n{body}\n'''"
    if isinstance(value, tuple):
        return "[" + ", ".join(_quoted(item) for item in value) + "]"
    return _quoted(value)


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_COMMAND = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareMathOperator)\*?\s*(?:\{\s*\\([A-Za-z]+)\s*\}|\\([A-Za-z]+))"
    r"\s*(?:\[([0-9])\])?\s*(?:\[[^\]]*\])?\s*\{|\\def\s*\\([A-Za-z]+)((?:#[1-9])*)\s*\{"
)


def macros_of(text: str) -> tuple[MacroDefinition, ...]:
    r"""The ``\newcommand``, ``\DeclareMathOperator`` and ``\def`` definitions in a text; later ones win.

    Raises:
        DefinitionError: more of them than a paper needs.
    """
    found: dict[str, MacroDefinition] = {}
    for match in _COMMAND.finditer(text):
        name = match[1] or match[2] or match[4]
        arity = int(match[3] or 0) if match[4] is None else len(match[5]) // 2
        body = _braced(text, match.end())
        if body is None or len(body) > BODY:
            continue
        body = rf"\operatorname{{{body}}}" if match[0].startswith("\\DeclareMathOperator") else body
        found[name] = MacroDefinition(name, arity, body)
        if len(found) > MACROS:
            raise DefinitionError(f"More than {MACROS} macros are defined; keep those that formulas use.")
    return tuple(found.values())


def _braced(text: str, start: int) -> str | None:
    """What stands up to the brace that closes; None where none does."""
    depth = 1
    for place in range(start, min(len(text), start + 4 * BODY)):
        if text[place] == "\\":
            continue
        if text[place] in "{}" and text[place - 1] != "\\":
            depth += 1 if text[place] == "{" else -1
            if depth == 0:
                return text[start:place]
    return None
