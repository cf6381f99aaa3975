"""Our numbers without a time in plain text, where a name has one spelling: what the author uses, ours gives way to.

epsilon, the size of a perturbation, beside a parameter epsilon of the recurrence, is spelled zeta; eta, the learning
rate, beside a parameter eta, is alpha.  Printers and the ledger ask here, so that a reader finds what was meant.
"""

from __future__ import annotations

from sympy import Expr

from symgate.language.sequences import EPS, ETA
from symgate.records import Cell

#: The letters that may stand for each, the first by default.
LETTERS = {EPS: "epsilon zeta xi upsilon", ETA: "eta alpha mu zeta"}


def spelled_otherwise(cell: Cell) -> dict[Expr, str]:
    """Those of our numbers that have the name of a symbol of the cell, each with the letter in its place."""
    names = [*cell.symbols, *(str(item.symbol.name) for item in cell.assignments), *map(str, cell.dimensions)]
    taken = {*names, *(name for name, _ in cell.functions)}
    found: dict[Expr, str] = {}
    for symbol, letters in LETTERS.items():
        if symbol.name not in taken:
            continue
        used = taken | set(found.values()) | {name.partition("_")[0] for name in names}
        free = [letter for letter in letters.split() if letter not in used]
        numbered = (f"{symbol.name}_{place}" for place in range(1, len(taken) + 2))
        found[symbol] = free[0] if free else next(name for name in numbered if name not in taken)
    return found
