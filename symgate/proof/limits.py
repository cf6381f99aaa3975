"""Route (d): limits and reductions of cells into one another, exact modulo a prime.

A reduction writes the parameters of one cell in those of another and fixes some functions; the claimed derivative,
taken there and pulled through that substitution, must be the derivative of the other recurrence.
The table below is all there is to it: a new cell adds its lines.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy
from sympy import Expr, S
from sympy.matrices.expressions import MatMul, OneMatrix, Transpose

from symgate.cells import CELLS
from symgate.errors import UnsupportedNodeError
from symgate.notation import CellBuilder
from symgate.proof import layout
from symgate.proof.algebras import PRIME, Dual, Modular
from symgate.proof.certificate import Evidence
from symgate.proof.entries import Entries, Table
from symgate.proof.functions import OPAQUE, functions
from symgate.proof.numeric import is_builtin
from symgate.records import Cell, Derivation

ROUTE = "limits"
_BY_NAME = {cell.name: cell for cell in CELLS}


def _hold() -> Cell:
    """x_t = x_{t-1}: the cell whose gate is shut."""
    c = CellBuilder("hold")
    x = c.state("x", "n")
    c.next(x, x)
    return c.build()


def _ones(scalar: Expr = S.One) -> Expr:
    ones = OneMatrix(sympy.Symbol("n", integer=True, positive=True), 1)
    return ones if scalar == 1 else MatMul(scalar, ones)


def _nought(cell: str, name: str) -> Expr:
    return sympy.ZeroMatrix(*_BY_NAME[cell].symbols[name].shape)


@dataclass(frozen=True)
class Reduction:
    """``cell`` becomes ``target`` when its parameters are written as ``parameters``.

    Attributes:
        cell: the name of the cell.
        target: the recurrence that it becomes.
        words: when, in words.
        parameters: parameter name -> expression in the symbols of ``target`` (others keep their name).
        gate: what sigma is held at: 0, 1, or the name of a parameter of the target; None leaves it free.
    """

    cell: str
    target: Cell
    words: str
    parameters: Mapping[str, Expr] = field(default_factory=dict)
    gate: int | str | None = None


HOLD, PLAIN, LEAKY = _hold(), _BY_NAME["plain"], _BY_NAME["leaky"]
SCALAR_GATE = _BY_NAME["scalar_gate"]
_alpha, _w, _v, _b = LEAKY.symbols["alpha"], *(SCALAR_GATE.symbols[name] for name in ("w_g", "v_g", "b_g"))

REDUCTIONS: tuple[Reduction, ...] = (
    Reduction("leaky", HOLD, "alpha = 0 holds the state", {"alpha": S.Zero}),
    Reduction("leaky", PLAIN, "alpha = 1 is plain", {"alpha": S.One}),
    Reduction("unit_leak", HOLD, "alpha = 0 holds the state", {"alpha": _nought("unit_leak", "alpha")}),
    Reduction("unit_leak", PLAIN, "alpha = 1 is plain", {"alpha": _ones()}),
    Reduction("unit_leak", LEAKY, "equal alpha is leaky", {"alpha": _ones(_alpha)}),
    Reduction("scalar_gate", HOLD, "g -> 0 holds the state", gate=0),
    Reduction("scalar_gate", PLAIN, "g -> 1 is plain", gate=1),
    Reduction(
        "scalar_gate",
        LEAKY,
        "a constant gate is leaky",
        {"w_g": _nought("scalar_gate", "w_g"), "v_g": _nought("scalar_gate", "v_g"), "b_g": S.Zero},
        gate="alpha",
    ),
    Reduction("multi_gate", HOLD, "g -> 0 holds the state", gate=0),
    Reduction("multi_gate", PLAIN, "g -> 1 is plain", gate=1),
    Reduction(
        "multi_gate",
        LEAKY,
        "a constant gate is leaky",
        {"W_g": _nought("multi_gate", "W_g"), "V_g": _nought("multi_gate", "V_g"), "b_g": _nought("multi_gate", "b_g")},
        gate="alpha",
    ),
    Reduction(
        "multi_gate",
        SCALAR_GATE,
        "equal gate rows are the scalar gate",
        {"W_g": MatMul(_ones(), Transpose(_w)), "V_g": MatMul(_ones(), Transpose(_v)), "b_g": _ones(_b)},
    ),
)


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
    for words, sizes, zeroed in (("all matrices are 0", several, True), ("every size is 1", single, False)):
        source = random.Random(f"{seed}|{words}")  # noqa: S311  reproducible, not secret

        def entry(symbol: Expr, _i: int, _j: int, source: Any = source, zeroed: bool = zeroed) -> int:  # noqa: FBT001
            is_matrix = getattr(symbol, "shape", (1, 1))[1] != 1
            return 0 if zeroed and is_matrix else source.randrange(PRIME)

        values = layout.filled(layout.leaves(derivation), sizes, entry)
        algebra = Modular(functions(derivation.cell, level), words)
        right = layout.claimed(derivation, Entries(algebra, sizes, values, derivation.cell.definitions))
        yield words, sizes, right, layout.differentiated(derivation, algebra, sizes, values)
    if is_builtin(derivation.cell):
        for reduction in REDUCTIONS:
            if reduction.cell == derivation.cell.name:
                yield from _reduced(derivation, reduction, level, several, seed)


def _reduced(
    derivation: Derivation, reduction: Reduction, level: str, sizes: dict[Expr, int], seed: int
) -> Iterator[Case]:
    """The claimed derivative at the reduction, pulled to each symbol of the target that acts through ``wrt`` alone."""
    cell, target = derivation.cell, replace(reduction.target, functions=derivation.cell.functions)
    source = random.Random(f"{seed}|{reduction.words}")  # noqa: S311  reproducible, not secret
    symbols = list(dict.fromkeys([*cell.symbols.values(), *target.symbols.values()]))
    symbols += [derivation.cotangent] if derivation.cotangent is not None else []
    drawn = layout.filled(symbols, sizes, lambda _s, _i, _j: source.randrange(PRIME))
    constants = {}
    if reduction.gate is not None:
        gate = reduction.gate
        constants["sigma"] = drawn[target.symbols[gate]] if isinstance(gate, str) else gate
    algebra = Modular(functions(cell, level), reduction.words, constants)
    for name, wanted in target.symbols.items():
        acting = [own for own, value in reduction.parameters.items() if value.has(wanted)]
        if name not in reduction.parameters and name in cell.symbols and cell.symbols[name] == wanted:
            acting.append(name)
        if acting != [derivation.wrt.name] or name == reduction.gate:
            continue
        yield _pulled(derivation, reduction, replace(derivation, cell=target, wrt=wanted), algebra, sizes, drawn)
        return
    if reduction.target is HOLD and derivation.wrt.name not in reduction.parameters:
        # The state is held whatever the parameter: its derivative must vanish.
        values = _substituted(derivation, reduction, algebra, sizes, drawn, None)
        entries = Entries(algebra, sizes, values, cell.definitions)
        yield reduction.words, sizes, _nonzero(layout.claimed(derivation, entries)), {}


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
    claimed = layout.claimed(derivation, Entries(algebra, sizes, values, derivation.cell.definitions))
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
