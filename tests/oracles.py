"""Oracles for the tests: a plain numeric reading of the notation, and complex step.

Nothing here uses the rules, the printers, the generated code or the proofs of symgate: an expression is
evaluated node by node with NumPy, and a derivative is the imaginary part of a complex evaluation.
"""

from __future__ import annotations

import numpy as np
import sympy
from sympy.matrices import expressions as me

from symgate.language import Dot, Map, ScalarMap, Vec
from symgate.records import Cell
from tests.functions import FUNCTIONS


def evaluate(expr: sympy.Basic, values: dict, sizes: dict) -> np.ndarray:
    """The value of an expression: vectors are columns (n, 1), matrices (p, q), scalars 0-d."""
    if expr in values:
        value = values[expr]
        return value[:, None] if getattr(expr, "shape", (0, 0))[1] == 1 and np.ndim(value) == 1 else value

    def of(part: sympy.Basic) -> np.ndarray:
        return evaluate(part, values, sizes)

    def size(part: sympy.Expr) -> int:
        return int(part.subs(sizes))

    match expr:
        case sympy.Number():
            return np.asarray(float(expr))
        case sympy.Symbol() if expr in sizes:
            return np.asarray(float(sizes[expr]))
        case me.OneMatrix():
            return np.ones((size(expr.shape[0]), size(expr.shape[1])))
        case me.ZeroMatrix():
            return np.zeros((size(expr.shape[0]), size(expr.shape[1])))
        case me.Identity():
            return np.eye(size(expr.shape[0]))
        case me.MatAdd() | sympy.Add():
            return sum((of(arg) for arg in expr.args[1:]), of(expr.args[0]))
        case me.MatMul():
            total = np.asarray(1.0)
            for arg in expr.args:
                value = of(arg)
                total = total * value if np.ndim(total) == 0 or np.ndim(value) == 0 else total @ value
            return total
        case me.HadamardProduct() | sympy.Mul():
            return np.prod(np.stack(np.broadcast_arrays(*map(of, expr.args))), axis=0)
        case sympy.Pow():
            return of(expr.base) ** float(expr.exp)
        case me.DiagMatrix():
            return np.diag(of(expr.args[0])[:, 0])
        case me.DiagonalOf():
            return np.diag(of(expr.args[0]))[:, None]
        case me.Transpose():
            return of(expr.arg).T
        case me.KroneckerProduct():
            return np.kron(of(expr.args[0]), of(expr.args[1]))
        case Dot():
            return (of(expr.args[0]).T @ of(expr.args[1]))[0, 0]
        case me.HadamardPower():
            return of(expr.base) ** float(expr.exp)
        case Vec():
            return of(expr.args[0]).reshape(-1, 1, order="F")
        case Map() | ScalarMap():
            return FUNCTIONS[expr.function][expr.order](of(expr.argument))
    raise AssertionError(f"the oracle does not know {type(expr).__name__}")


#: Sizes that few cells have: a rank or a projection k, the inputs d of a cell whose state is called m.
FURTHER = {"k": 2, "d": 3}

#: What has to be positive for a recurrence to make sense: time constants and denominators.
POSITIVE = {"ltc": {"tau"}, "stp": {"tau_r", "tau_v"}, "rwkv4": {"b"}, "slstm": {"q"}}


def sizes_of(cell: Cell, **sizes: int) -> dict:
    """The sizes of a cell, such as n=4, m=2."""
    known = FURTHER | sizes
    return {symbol: known[str(symbol)] for symbol in cell.dimensions}


def draw_point(cell: Cell, seed: int = 0, scale: float = 0.6, **sizes: int) -> dict[str, np.ndarray]:
    """Random values for every state, input and parameter, by name; vectors are one-dimensional."""
    rng = np.random.default_rng(seed)
    known = sizes_of(cell, **sizes)
    point = {}
    for name, symbol in cell.symbols.items():
        if not hasattr(symbol, "shape"):
            point[name] = np.asarray(scale * rng.standard_normal())
            if symbol in cell.inputs:  # elapsed time
                point[name] = np.asarray(np.abs(point[name]))
            continue
        rows, cols = (int(part.subs(known)) for part in symbol.shape)
        values = scale * rng.standard_normal((rows, cols))
        if name in POSITIVE.get(cell.name, ()):
            values = np.abs(values) + 0.5
        point[name] = values[:, 0] if symbol.shape[1] == 1 else values
    return point


def environment(cell: Cell, point: dict[str, np.ndarray], sizes: dict) -> dict:
    """Symbol to value: the point, then every named intermediate and the state after the step."""
    values = {symbol: point[name] for name, symbol in cell.symbols.items()}
    values = {s: v[:, None] if np.ndim(v) == 1 else v for s, v in values.items()}
    for symbol, expr in cell.definitions.items():
        values[symbol] = evaluate(expr, values, sizes)
    return values


def complex_step(cell: Cell, point: dict[str, np.ndarray], wrt: str, sizes: dict, of: str | None = None) -> np.ndarray:
    """The Jacobian of the step by complex step: rows as the state, columns as the column-major vec of ``wrt``."""
    after = cell.state(of).after
    base = np.asarray(point[wrt], dtype=complex)
    columns = []
    for index in np.ndindex(base.T.shape):
        moved = base.copy()
        moved[index[::-1]] += 1e-30j
        columns.append(environment(cell, {**point, wrt: moved}, sizes)[after][:, 0].imag / 1e-30)
    return np.stack(columns, axis=1)
