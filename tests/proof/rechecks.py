"""Witnesses judged again in plain NumPy: the recurrence by complex step, the formula by a plain reading of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from symgate.proof import Witness
from symgate.records import Derivation, Kind
from tests.oracles import evaluate
from tests.reference import REFERENCE


def arrays(witness: Witness) -> dict[str, np.ndarray | float]:
    """The values of a witness as floats: vectors (n,), matrices (p, q)."""

    def of(name: str, value: object) -> np.ndarray | float:
        if isinstance(value, str):
            return float(Fraction(value))
        rows = np.array([[float(Fraction(item)) for item in row] for row in value])
        return rows[:, 0] if rows.shape[1] == 1 and not name.startswith(("W", "V")) else rows

    return {name: of(name, value) for name, value in witness.values.items()}


def true_entry(derivation: Derivation, witness: Witness) -> float:
    """The derivative of the published recurrence at the entry of the witness, by complex step."""
    values = arrays(witness)
    lam = values.pop("lam", None)
    name, step = derivation.wrt.name, REFERENCE[derivation.cell.name]
    row, col = (index - 1 for index in witness.entry)
    height = np.shape(values[name])[0] if np.ndim(values[name]) else 1
    p, q = (row, col) if derivation.kind is Kind.VJP else (col % height, col // height)
    moved = np.array(values[name], dtype=complex)
    moved[(p, q)[: moved.ndim]] += 1e-30j
    slope = np.imag(step(**{**values, name: moved})) / 1e-30
    return float(lam @ slope if lam is not None else slope[row])


def claimed_entry(derivation: Derivation, witness: Witness) -> float:
    """What the formula gives at that entry, read node by node."""
    values, cell = arrays(witness), derivation.cell
    sizes = {dim: witness.sizes[str(dim)] for dim in cell.dimensions}
    symbols = dict(cell.symbols) | ({"lam": derivation.cotangent} if derivation.cotangent is not None else {})
    known = {symbol: np.asarray(values[name]) for name, symbol in symbols.items()}
    for symbol, expr in cell.definitions.items():
        result = np.asarray(evaluate(expr, known, sizes))
        known[symbol] = result[:, 0] if result.ndim == 2 else result
    shape = tuple(int(size.subs(sizes)) for size in derivation.shape) or (1, 1)
    table = np.reshape(evaluate(derivation.expr, known, sizes), shape)
    return float(np.real(table[witness.entry[0] - 1, witness.entry[1] - 1]))
