"""Everything that is printed: every built-in cell and every result of it, those that lists leave out included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import symgate as sg
from symgate.catalogue import CATALOGUE, SPLITS, Argument, listed
from symgate.cells import LIBRARY, MATRIX
from symgate.derive.windows import DECAYS, SPECTRA
from symgate.errors import SymgateError
from symgate.records import Kind

#: The orders of expansions, remainders and rests that are tried beyond the listed ones.
ORDERS = (0, 1, 3)


def every_object() -> Iterator[tuple[str, sg.Cell | sg.Derivation]]:
    """Every cell and everything derived of it, by name."""
    return derived(attempts())


def attempts() -> Iterator[tuple[str, Callable[[], sg.Cell | sg.Derivation]]]:
    """The name of everything that may be there and what derives it, so that a sample derives nothing else."""
    for cell in (*LIBRARY, *MATRIX):
        yield cell.name, partial(sg.cell, cell.name)
        for name in dict.fromkeys([*listed(cell), *unlisted(cell)]):
            yield f"{cell.name} {name}", partial(sg.result, cell, name)
        yield from _others(cell)


def derived(
    some: Iterable[tuple[str, Callable[[], sg.Cell | sg.Derivation]]],
) -> Iterator[tuple[str, sg.Cell | sg.Derivation]]:
    """What is there of them: some cells have no such term, or a matrix state."""
    for name, derive in some:
        try:
            yield name, derive()
        except SymgateError:
            continue


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


def _others(cell: sg.Cell) -> Iterator[tuple[str, Callable[[], sg.Cell | sg.Derivation]]]:
    """What has no name in the catalogue: Kronecker matrices, diagonals, the tangent cell, second derivatives."""
    first = cell.states[0].name
    for item in cell.parameters:
        yield f"{cell.name} kronecker {item.name}", partial(sg.kronecker, cell, str(item.name), first)
    yield f"{cell.name} diagonal", partial(sg.diagonal, cell, first, first)
    yield f"{cell.name} curvature", partial(sg.curvature, cell, first, first)
    yield f"{cell.name} tangent", partial(sg.tangent, cell)
