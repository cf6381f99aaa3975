"""The catalogue of results: every kind with the name that people type, its arguments and an example.

One grammar for the command line, claims, exports, reports and tests:

    jacobian    x    W_r    c/h    vjp:W_r    split:gate    expansion:retention+drive:1    gradient:W_r

``derive`` holds the builder of each kind, ``proof`` its judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from symgate.errors import UnknownNameError, unknown
from symgate.records import (
    ByLaw,
    ByParameter,
    Cell,
    Derivation,
    Kind,
    Nothing,
    Order,
    Parameters,
    Partial,
    Parting,
    Truncated,
)


class Argument(Enum):
    """What stands behind a colon; the value is how help shows it."""

    PARTIAL = "[OF/]WRT"
    PARAMETER = "PARAMETER"
    KEEP = "KEEP"
    ORDER = "ORDER"
    LAW = "LAW"


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue.

    Attributes:
        kind: what is meant.
        word: the name before the first argument; "" where the argument stands alone.
        arguments: what follows it.
        example: a name that the multi gate knows.
        meaning: for readers.
        listed: whether lists of everything of a cell have it; any result is derived where it is asked for.
    """

    kind: Kind
    word: str
    arguments: tuple[Argument, ...]
    example: str
    meaning: str
    listed: bool = True

    @property
    def form(self) -> str:
        """How the name is made, such as expansion:KEEP:ORDER."""
        return ":".join([*([self.word] if self.word else []), *(item.value for item in self.arguments)])


#: Splits with a name.  "gate" treats the sensitivity of the gate as the perturbation.
SPLITS = {"drive": ("drive",), "retention": ("retention",), "gate": ("retention", "drive")}
#: What a split keeps that is about no path: the diagonal of J, of several states that of every block.
DIAGONAL = "diagonal"
#: The highest order of an expansion that is written out; each order nests one more sum.
HIGHEST = 12
#: The orders to which expansions and remainders are listed; any other is derived where it is asked for.
EXPANSION_ORDER, REMAINDER_ORDER = 2, 1

_BY = (Argument.PARTIAL,)
CATALOGUE = (
    Entry(Kind.STATE_JACOBIAN, "jacobian", (), "jacobian", "Jacobian of the whole state"),
    Entry(Kind.JACOBIAN, "", _BY, "W_r", "Jacobian of one step"),
    Entry(Kind.VJP, "vjp", _BY, "vjp:W_r", "vector-Jacobian product"),
    Entry(Kind.TRANSPORT, "transport", (), "transport", "sensitivity of a state to an earlier one"),
    Entry(Kind.ADJOINT, "adjoint", (), "adjoint", "gradient of the loss by a state"),
    Entry(Kind.GRADIENT, "gradient", (Argument.PARAMETER,), "gradient:W_r", "gradient of the loss by a parameter"),
    Entry(Kind.SPLIT, "split", (Argument.KEEP,), "split:retention", "the Jacobian in two parts"),
    Entry(
        Kind.EXPANSION,
        "expansion",
        (Argument.KEEP, Argument.ORDER),
        "expansion:retention:1",
        "the transport by orders of B",
    ),
    Entry(
        Kind.REMAINDER,
        "remainder",
        (Argument.KEEP, Argument.ORDER),
        "remainder:gate:1",
        "bound on what the expansion leaves out",
    ),
    Entry(
        Kind.REST,
        "rest",
        (Argument.KEEP, Argument.ORDER),
        "rest:gate:1",
        "what the expansion leaves out, exactly",
        listed=False,
    ),
    Entry(
        Kind.INFLUENCE,
        "influence",
        (Argument.PARAMETER,),
        "influence:W_r",
        "derivative of the state by a parameter, forward in time",
        listed=False,
    ),
    Entry(
        Kind.TRUNCATION,
        "truncation",
        (Argument.PARAMETER, Argument.KEEP, Argument.ORDER),
        "truncation:W_r:retention:0",
        "the influence by orders of B",
        listed=False,
    ),
    Entry(Kind.LAG, "lag", (Argument.PARAMETER,), "lag:W_r", "the part of the gradient from one lag", listed=False),
    Entry(Kind.RATE, "rate", (Argument.KEEP,), "rate:retention", "effective learning rate"),
    Entry(Kind.PRECONDITIONER, "preconditioner", (), "preconditioner", "preconditioner of the update"),
    Entry(Kind.SCHEDULE, "analogy:schedule", (), "analogy:schedule", "gates as a schedule of the learning rate"),
    Entry(Kind.MOMENTUM, "analogy:momentum", (), "analogy:momentum", "gates as momentum"),
    Entry(Kind.ADAM, "analogy:adam", (), "analogy:adam", "gates as Adam's diagonal"),
    Entry(
        Kind.WINDOW,
        "window",
        (Argument.LAW,),
        "window:power",
        "the lag that N samples reach, for a decay of the envelope",
        listed=False,
    ),
    Entry(
        Kind.ENVELOPE,
        "envelope",
        (Argument.LAW,),
        "envelope:beta",
        "the envelope of the rates, for a law of time scales",
        listed=False,
    ),
)
BY_KIND = {entry.kind: entry for entry in CATALOGUE}
BY_KIND[Kind.KRONECKER] = BY_KIND[Kind.JVP] = BY_KIND[Kind.JACOBIAN]


@dataclass(frozen=True)
class Request:
    """A result that is asked for: its kind and its arguments."""

    kind: Kind
    parameters: Parameters


def parse(cell: Cell, text: str) -> Request:
    """The result meant by a name.

    Raises:
        UnknownNameError: the cell has no such result (the nearest names are told), a part of the name is missing or
            one too many, or an order is not a number.
    """
    entry = next((item for item in CATALOGUE if item.word and _begins(text, item.word)), None)
    if entry is None or text in cell.symbols:
        return Request(Kind.JACOBIAN, _partial(cell, text, text))
    parts = text[len(entry.word) + 1 :].split(":") if text != entry.word else []
    if len(parts) != len(entry.arguments) or not all(parts):
        raise UnknownNameError(f"{text!r} is not of the form {entry.form}, such as {entry.example}.")
    parameters = _parameters(cell, entry, parts)
    own = entry.kind is Kind.STATE_JACOBIAN and isinstance(parameters, Partial)
    return Request(Kind.JACOBIAN if own else entry.kind, parameters)


def _begins(text: str, word: str) -> bool:
    return text == word or text.startswith(f"{word}:")


def _parameters(cell: Cell, entry: Entry, parts: list[str]) -> Parameters:
    match entry.arguments:
        case ():
            return _whole(cell) if entry.kind is Kind.STATE_JACOBIAN else Nothing()
        case (Argument.PARTIAL,):
            return _partial(cell, parts[0], f"{entry.word}:{parts[0]}")
        case (Argument.PARAMETER,):
            return ByParameter(_parameter(cell, parts[0]))
        case (Argument.KEEP,):
            return Parting(keep_of(parts[0]))
        case (Argument.LAW,):
            return ByLaw(parts[0])
        case (Argument.PARAMETER, *_):
            return Truncated(_parameter(cell, parts[0]), keep_of(parts[1]), order_of(parts[2]))
        case _:
            return Order(keep_of(parts[0]), order_of(parts[1]))


def _parameter(cell: Cell, name: str) -> str:
    """The name of a parameter."""
    by_name = [str(item.name) for item in cell.parameters]
    if name not in by_name:
        raise unknown(f"parameter of cell {cell.name!r}", name, by_name)
    return name


def _whole(cell: Cell) -> Parameters:
    """Of one state the state Jacobian is dx_t/dx_{t-1}."""
    return Partial(cell.states[0].name, cell.states[0].name) if len(cell.states) == 1 else Nothing()


def keep_of(text: str) -> tuple[str, ...]:
    """The terms that a split keeps: of a split with a name, or joined by plus signs."""
    return SPLITS.get(text, tuple(text.split("+")))


def keep_name(keep: Iterable[str]) -> str:
    """The name of a split by the terms that it keeps."""
    kept = tuple(keep)
    return next((name for name, terms in SPLITS.items() if terms == kept), "+".join(kept))


def order_of(text: str) -> int:
    """An order, 0 to ``HIGHEST``."""
    if not (text.isascii() and text.isdecimal() and int(text[:3]) <= HIGHEST and len(text) <= 2):
        raise UnknownNameError(f"The order of an expansion is a whole number from 0 to {HIGHEST}; found {text[:12]!r}.")
    return int(text)


def _is_partial(cell: Cell, text: str) -> bool:
    of, slash, wrt = text.rpartition("/")
    named = {str(item.symbol.name) for item in cell.assignments}
    tops = {state.name for state in cell.states} | named
    return (wrt in cell.symbols or wrt in named) and (not slash or of in tops)


def _partial(cell: Cell, text: str, whole: str) -> Partial:
    """``W_r``, or ``c/h`` for the derivative of c by h; ``whole`` is the name as typed."""
    of, slash, wrt = text.rpartition("/")
    if not _is_partial(cell, text):
        raise unknown(f"object of cell {cell.name!r}", whole, [*listed(cell), *(item.form for item in CATALOGUE)])
    if slash:
        return Partial(of, wrt)
    if len(cell.states) > 1:
        choices = " or ".join(f"{state.name}/{wrt}" for state in cell.states)
        raise UnknownNameError(f"Which state of cell {cell.name!r} is differentiated by {wrt}? Write {choices}.")
    return Partial(cell.states[0].name, wrt)


def _partials(cell: Cell) -> Iterator[str]:
    """The names of the derivatives of one step."""
    for state in cell.states:
        of = "" if len(cell.states) == 1 else f"{state.name}/"
        yield from (f"{of}{name}" for name in cell.symbols)


def name_of(derivation: Derivation) -> str:
    """The name under which a derivation is asked for; :func:`parse` reads it."""
    entry, own = BY_KIND[derivation.kind], derivation.parameters
    cell = derivation.cell
    match own:
        case Partial(of, wrt):
            partial = wrt if len(cell.states) == 1 and of == cell.states[0].name else f"{of}/{wrt}"
            return f"{entry.word}:{partial}" if entry.word else partial
        case ByParameter(parameter):
            return f"{entry.word}:{parameter}"
        case ByLaw(law):
            return f"{entry.word}:{law}"
        case Parting(keep):
            return f"{entry.word}:{keep_name(keep)}" if entry.arguments else entry.word
        case Truncated(parameter, keep, order):
            return f"{entry.word}:{parameter}:{keep_name(keep)}:{order}"
        case Order(keep, order):
            return f"{entry.word}:{keep_name(keep)}:{order}"
        case _:
            return entry.word


def listed(cell: Cell) -> Iterator[str]:
    """The names of what a cell may have, the derivatives of one step first; not every cell has every split."""
    taken = set(cell.symbols)
    partials = list(_partials(cell))
    yield from partials
    yield from (f"vjp:{name}" for name in partials)
    for entry in (item for item in CATALOGUE if item.listed):
        match entry.arguments:
            case ():
                names = [] if entry.kind is Kind.STATE_JACOBIAN and len(cell.states) == 1 else [entry.word]
            case (Argument.PARAMETER,):
                names = [f"{entry.word}:{symbol.name}" for symbol in cell.parameters]
            case (Argument.KEEP,):
                names = [f"{entry.word}:{keep}" for keep in SPLITS]
            case (Argument.KEEP, Argument.ORDER):
                order = EXPANSION_ORDER if entry.kind is Kind.EXPANSION else REMAINDER_ORDER
                names = [f"{entry.word}:{keep}:{order}" for keep in SPLITS]
            case _:
                names = []
        yield from (name for name in names if name not in taken)
