r"""``read_cell``: the equations of a recurrence, as a paper has them, give the same cell as the builder.

>>> read_cell(r"h_t = \tanh(W h_{t-1} + U x_t + b)", name="elman")
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr

from symgate.cells import renamed
from symgate.claims.reading.advice import advised
from symgate.claims.reading.arrays import recurrence
from symgate.claims.reading.compound import worded
from symgate.claims.reading.einsum import without_einsum
from symgate.claims.reading.latex_macros import Macro
from symgate.claims.reading.latex_parser import read_latex
from symgate.claims.reading.limits import LeftSideError, UnreadableError
from symgate.claims.recurrence.assemble import cell_of
from symgate.claims.recurrence.equations import equations_of
from symgate.claims.recurrence.flows import discrete
from symgate.claims.recurrence.indices import unindexed
from symgate.claims.recurrence.looks import look_of
from symgate.claims.recurrence.ranks import typed
from symgate.claims.recurrence.steps import steps_of
from symgate.errors import DefinitionError
from symgate.notation import Notation, Vectors
from symgate.records import Cell

#: Letters together where an equation begins, with a time behind them.
_WORD = re.compile(r"(?:\A|[,;\n&]|\\\\)\s*(?:\\q?quad\s*)?([A-Za-z]{2,})(?=\s*[_^(\[][^=,]*=)")
Size = str | int | Sequence[str | int]


@dataclass(frozen=True)
class Recurrence:
    """A recurrence as it was read.

    Attributes:
        cell: the cell.
        notation: the author's conventions, as far as the equations show them.
        notes: how what is ambiguous was read.
    """

    cell: Cell
    notation: Notation
    notes: tuple[str, ...] = ()


def read_cell(
    text: str,
    name: str = "cell",
    sizes: Mapping[str, Size] | None = None,
    notation: Notation | None = None,
    *,
    inputs: Sequence[str] = (),
    states: Sequence[str] = (),
    discretisation: str | None = None,
    source: str = "",
) -> Cell:
    r"""Read a cell from its equations.

    Args:
        text: the equations, in LaTeX or plain text, one after the other in any order.
        name: the name of the cell.
        sizes: for each name a size ("n"), the sizes of a matrix (("n", "m")) or "scalar"; sizes that are not given
            are inferred.
        notation: the author's conventions; conventions that the equations show need not be given.
        inputs: names that are inputs; needed only if names have no time.
        states: names that are states although no equation uses their earlier value.
        discretisation: "euler" or "exponential", for differential equations.
        source: where the recurrence is published.

    Returns:
        The cell, as from the builder.

    Raises:
        UnreadableError: something is not in the notation, does not fit, or can be read in several ways; the message
            lists them.

    Law: ``tests/claims/test_recurrence.py``.
    """
    return read_recurrence(
        text, name, sizes, notation, inputs=inputs, states=states, discretisation=discretisation, source=source
    ).cell


def read_recurrence(
    text: str,
    name: str = "cell",
    sizes: Mapping[str, Size] | None = None,
    notation: Notation | None = None,
    *,
    inputs: Sequence[str] = (),
    states: Sequence[str] = (),
    discretisation: str | None = None,
    source: str = "",
) -> Recurrence:
    """Read a cell, and how it was read; arguments as for :func:`read_cell`."""
    given, text = notation or Notation(), recurrence(without_einsum(text))
    more: dict[str, Any] = {
        "inputs": tuple(inputs),
        "states": tuple(states),
        "discretisation": discretisation,
        "source": source,
    }
    try:
        return _read(text, name, sizes, given, **more)
    except LeftSideError:
        words = [match[1] for match in _WORD.finditer(text)]
        whole = worded(text, words)
        if whole == text:
            raise
        found = _read(whole, name, sizes, given, **more)
    except UnreadableError as error:
        raise advised(error, text) from None
    told = f"{', '.join(dict.fromkeys(words))}: letters that stand together on a left side are one name"
    return replace(found, notes=(*found.notes, told))


def _read(
    text: str,
    name: str,
    sizes: Mapping[str, Size] | None,
    given: Notation,
    *,
    inputs: tuple[str, ...],
    states: tuple[str, ...],
    discretisation: str | None,
    source: str,
) -> Recurrence:
    macros = {item.name: Macro(item.name, item.arity, item.body) for item in given.macros}
    equations, made = discrete(unindexed(equations_of(text, macros)), discretisation)
    steps = steps_of(
        equations,
        letter="t" if made else given.time,
        inputs=inputs or given.inputs,
        functions=given.functions,
        states=states,
        made=bool(made),
    )
    rows = given.vectors is Vectors.ROW
    found = typed(steps, {key: _shape(key, size) for key, size in (sizes or {}).items()}, rows=rows)
    cell = replace(
        called(cell_of(steps, found, name, source), given),
        outputs=steps.outputs,
        aside=steps.aside,
        redated=bool(steps.new or steps.shifts),
        in_rows=found.rows and not found.kept,
    )
    seen = replace(
        given,
        vectors=Vectors.ROW if found.rows else Vectors.COLUMN,
        time=steps.letter or given.time,
        new=steps.new,
        shifts=tuple(steps.shifts.items()),
    )
    return Recurrence(cell, seen, (*made, *steps.notes, *found.notes))


def called(cell: Cell, notation: Notation) -> Cell:
    """The cell with the plain names that the notation gives to what the author writes."""
    own: dict[str, str] = {}
    for shown, plain in notation.names:
        raw = read_latex(shown)
        look = look_of(raw, None, None) if raw.kind == "word" else None
        if look is not None and look.name != plain and look.name in {*cell.symbols, *map(_head, cell.definitions)}:
            own[look.name] = plain
    return renamed(cell, **own) if own else cell


def _head(symbol: Expr) -> str:
    return str(symbol.name)


def _shape(name: str, size: Size) -> tuple[str | int, ...]:
    if size == "scalar":
        return ()
    shape = (size,) if isinstance(size, (str, int)) else tuple(size)
    if len(shape) > 2 or not all(isinstance(item, (str, int)) for item in shape):
        raise DefinitionError(f"sizes[{name!r}] is a size, two sizes or 'scalar'; found {size!r}.")
    return shape
