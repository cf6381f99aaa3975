"""Everything that is printed: every built-in cell and every result of it, those that lists leave out included."""

from __future__ import annotations

from collections.abc import Iterator

import symgate as sg
from symgate.catalogue import CATALOGUE, SPLITS, Argument
from symgate.cells import LIBRARY, MATRIX
from symgate.derive.windows import DECAYS, SPECTRA
from symgate.errors import SymgateError
from symgate.records import Kind

#: The orders of expansions, remainders and rests that are tried beyond the listed ones.
ORDERS = (0, 1, 3)


def every_object() -> Iterator[tuple[str, sg.Cell | sg.Derivation]]:
    """Every cell and everything derived of it, by name."""
    for cell in (*LIBRARY, *MATRIX):
        yield cell.name, cell
        found = dict(sg.results(cell))
        for name in unlisted(cell):
            if name in found:
                continue
            try:
                found[name] = sg.result(cell, name)
            except SymgateError:  # a cell without such a term, or with a matrix state
                continue
        yield from ((f"{cell.name} {name}", item) for name, item in found.items())
        yield from ((f"{cell.name} {item.name}", item) for item in _others(cell))


def unlisted(cell: sg.Cell) -> Iterator[str]:
    """Names of results that lists leave out: other orders, the forward recursions, and by named intermediates."""
    names = [str(item.name) for item in cell.parameters]
    ends = dict.fromkeys([*names[:1], *names[-1:]])
    for entry in CATALOGUE:
        match entry.arguments:
            case (Argument.KEEP, Argument.ORDER):
                yield from (f"{entry.word}:{keep}:{order}" for keep in SPLITS for order in ORDERS)
            case (Argument.PARAMETER, Argument.KEEP, Argument.ORDER):
                for name in ends:
                    yield from (f"{entry.word}:{name}:{keep}:{order}" for keep in SPLITS for order in (0, 1))
            case (Argument.PARAMETER,) if not entry.listed:
                yield from (f"{entry.word}:{name}" for name in ends)
            case (Argument.LAW,):
                yield from (f"{entry.word}:{law}" for law in (DECAYS if entry.kind is Kind.WINDOW else SPECTRA))
    for item in cell.assignments:
        yield from (f"{state.name}/{item.symbol.name}" for state in cell.states)
        yield f"{item.symbol.name}/{cell.states[0].name}"


def _others(cell: sg.Cell) -> Iterator[sg.Cell | sg.Derivation]:
    """What has no name in the catalogue: Kronecker matrices, diagonals, the tangent cell, second derivatives."""
    first = cell.states[0].name
    attempts = [
        *((sg.kronecker, (str(item.name), first)) for item in cell.parameters),
        (sg.diagonal, (first, first)),
        (sg.curvature, (first, first)),
    ]
    for build, (wrt, of) in attempts:
        try:
            yield build(cell, wrt, of)
        except SymgateError:
            continue
    try:
        yield sg.tangent(cell)
    except SymgateError:
        return
