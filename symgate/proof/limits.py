"""Route (d): limits and reductions of cells into one another, exact modulo a prime.

A reduction writes the parameters of one cell in those of another and fixes some functions; the claimed derivative,
taken there and pulled through that substitution, must be the derivative of the other recurrence.
``reductions.py`` holds the table.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sympy import Expr

from symgate.errors import UnsupportedNodeError
from symgate.proof import layout, witness
from symgate.proof.algebras import Modular
from symgate.proof.certificate import Evidence
from symgate.proof.digest import digest, prime, residues
from symgate.proof.dual import Dual
from symgate.proof.entries import Entries
from symgate.proof.functions import OPAQUE, functions
from symgate.proof.numeric import typed
from symgate.proof.reductions import REDUCTIONS, Reduction
from symgate.proof.tables import Table
from symgate.records import Cell, Derivation, Kind

ROUTE = "limits"
#: The limits of a cell against itself: where residues differ there, so must numbers.
OWN = ("all matrices are 0", "every size is 1")


def check(derivation: Derivation, level: str = OPAQUE, *, seed: int = 0) -> Evidence:
    """Take the right side to every limit that applies and compare.

    Every cell: all matrices zero, and every size 1, against the recurrence itself.  Built-in cells: the
    table of reductions, against the *other* recurrence.
    """
    start = time.perf_counter()
    checks, held = 0, []
    try:
        for words, sizes, left, right in _cases(derivation, level, seed):
            checks += max(1, len(left.keys() | right.keys()))
            wrong = [key for key in sorted(left.keys() | right.keys()) if left.get(key, 0) != right.get(key, 0)]
            if wrong:
                detail = f"fails where {words} ({layout.shown_sizes(sizes)})"
                at = tuple((str(dim), size) for dim, size in sizes.items())
                if words in OWN and witness.find(derivation, seed=seed) is None:
                    why = "it may hold by a relation between functions that is not known here"
                    open_ = f"not compared: {detail}, but numbers of 50 digits do not: {why}"
                    return Evidence(ROUTE, None, open_, checks=checks, seconds=time.perf_counter() - start)
                return Evidence(
                    ROUTE, passed=False, detail=detail, sizes=(at,), checks=checks, seconds=time.perf_counter() - start
                )
            held.append(words)
    except (UnsupportedNodeError, ZeroDivisionError) as error:
        return Evidence(ROUTE, None, f"not evaluated: {error}", checks=checks, seconds=time.perf_counter() - start)
    return Evidence(ROUTE, passed=True, detail="; ".join(held), checks=checks, seconds=time.perf_counter() - start)


Case = tuple[str, dict[Expr, int], dict[Any, int], dict[Any, int]]


def _cases(derivation: Derivation, level: str, seed: int) -> Iterator[Case]:
    """Words, sizes, the claimed and the true derivative of every limit."""
    dims = derivation.cell.dimensions
    several = {dim: 3 + k for k, dim in enumerate(dims)}
    single = dict.fromkeys(dims, 1)
    for words, sizes, zeroed in zip(OWN, (several, single), (True, False), strict=True):
        label, modulus, drawn = _drawn(derivation, words, seed)

        def entry(symbol: Expr, i: int, j: int, drawn: Any = drawn, zeroed: bool = zeroed) -> int:  # noqa: FBT001
            is_matrix = getattr(symbol, "shape", (1, 1))[1] != 1
            return 0 if zeroed and is_matrix else int(drawn(layout.called(symbol), i, j))

        values = layout.filled(layout.leaves(derivation), sizes, entry)
        algebra = Modular(functions(derivation.cell, level), label, prime=modulus)
        right = layout.claimed(derivation, Entries(algebra, sizes, values, layout.meanings(derivation)))
        yield words, sizes, right, layout.differentiated(derivation, algebra, sizes, values)
    if typed(derivation) and derivation.kind is not Kind.DIAGONAL:
        for reduction in REDUCTIONS:
            if reduction.cell == derivation.cell.name:
                yield from _reduced(derivation, reduction, level, several, seed)


def _drawn(derivation: Derivation, words: str, seed: int) -> tuple[str, int, Any]:
    """A label, a prime and residues that follow from what is claimed."""
    label = f"{digest(derivation)}|{seed}|{words}"
    modulus = prime(label)
    return label, modulus, residues(label, modulus)


def _reduced(whole: Derivation, reduction: Reduction, level: str, sizes: dict[Expr, int], seed: int) -> Iterator[Case]:
    """The claimed derivative at the reduction, pulled to each symbol of the target that acts through ``wrt`` alone."""
    derivation = _apart(whole, reduction)
    cell, target = derivation.cell, replace(reduction.target, functions=derivation.cell.functions)
    label, modulus, entry = _drawn(whole, reduction.words, seed)
    symbols = list(dict.fromkeys([*cell.symbols.values(), *target.symbols.values()]))
    symbols += [derivation.cotangent] if derivation.cotangent is not None else []
    drawn = layout.filled(symbols, sizes, lambda symbol, i, j: entry(layout.called(symbol), i, j))
    bare = Modular(functions(cell, level), label, prime=modulus)
    constants, fixed = _constants(reduction, target, Entries(bare, sizes, drawn, {}))
    algebra = Modular(functions(cell, level), label, constants, modulus)
    for name, wanted in target.symbols.items():
        acting = [own for own, value in reduction.parameters.items() if value.has(wanted)]
        if name not in reduction.parameters and name in cell.symbols and cell.symbols[name] == wanted:
            acting.append(name)
        if acting != [derivation.wrt.name] or name in fixed:
            continue
        yield _pulled(derivation, reduction, replace(derivation, cell=target, wrt=wanted), algebra, sizes, drawn)
        return
    if reduction.holds and derivation.wrt.name not in reduction.parameters:
        # The state is held whatever the parameter: its derivative must vanish.
        values = _substituted(derivation, reduction, algebra, sizes, drawn, None)
        entries = Entries(algebra, sizes, values, cell.definitions)
        yield reduction.words, sizes, _nonzero(layout.claimed(derivation, entries)), {}


def _apart(derivation: Derivation, reduction: Reduction) -> Derivation:
    """The derivation with a function of its own, bound to sigma, for every gate that is held."""
    cell, own = derivation.cell, dict[Expr, Expr]()
    for item in cell.assignments:
        if item.symbol.name in reduction.held:
            node, name = item.expr, f"held_{item.symbol.name}"
            own |= {node.func("sigma", k, node.argument): node.func(name, k, node.argument) for k in range(3)}
    if not own:
        return derivation
    names = sorted({node.function for node in own.values()})
    parted = replace(
        cell,
        assignments=tuple(replace(item, expr=item.expr.xreplace(own)) for item in cell.assignments),
        functions=(*cell.functions, *((name, "sigma") for name in names)),
    )
    terms = tuple((name, term.xreplace(own)) for name, term in derivation.named_terms)
    return replace(derivation, cell=parted, named_terms=terms)


def _constants(reduction: Reduction, target: Cell, entries: Entries) -> tuple[dict[str, int], set[str]]:
    """What each held function is held at, and the names of the parameters that such a value uses."""
    constants, fixed = {}, set[str]()
    if reduction.gate is not None:
        gate = reduction.gate
        constants["sigma"] = entries.of(target.symbols[gate]) if isinstance(gate, str) else gate
        fixed |= {gate} if isinstance(gate, str) else set()
    for name, value in reduction.held.items():
        constants[f"held_{name}"] = entries.of(value)
        fixed |= {str(symbol) for symbol in value.free_symbols}
    return constants, fixed


def _pulled(
    derivation: Derivation,
    reduction: Reduction,
    other: Derivation,
    algebra: Modular,
    sizes: dict[Expr, int],
    drawn: dict[Expr, Any],
) -> Case:
    """Claimed derivative times d(own parameter)/d(target symbol), beside the derivative of the target."""
    values = _substituted(derivation, reduction, algebra, sizes, drawn, None)
    claimed = layout.claimed(derivation, Entries(algebra, sizes, values, layout.meanings(derivation)))
    moving = _substituted(derivation, reduction, Dual(algebra), sizes, drawn, other.wrt)[derivation.wrt]
    table = moving if isinstance(moving, Table) else Table(1, [{0: moving}])
    gathered: dict[Any, list[int]] = {}
    for (i, p, q), value in claimed.items():
        for key, slope in (table.lines[p].get(q, (0, None))[1] or {}).items():
            gathered.setdefault((i, *key), []).append(value * slope)
    left = {key: algebra.total(parts) for key, parts in gathered.items()}
    return reduction.words, sizes, left, layout.differentiated(other, algebra, sizes, drawn)


def _substituted(
    derivation: Derivation,
    reduction: Reduction,
    algebra: Any,
    sizes: dict[Expr, int],
    drawn: dict[Expr, Any],
    wrt: Expr | None,
) -> dict[Expr, Any]:
    """The symbols of the cell with the reduction's values; dual numbers in ``wrt`` where that is given."""
    values = layout.seeded(drawn, wrt, algebra) if wrt is not None else drawn
    entries = Entries(algebra, sizes, values, {})
    found = {symbol: values[symbol] for symbol in layout.leaves(derivation)}
    for name, expr in reduction.parameters.items():
        found[derivation.cell.symbols[name]] = entries.of(expr)
    return found


def _nonzero(entries: dict[Any, int]) -> dict[Any, int]:
    return {key: value for key, value in entries.items() if value}
