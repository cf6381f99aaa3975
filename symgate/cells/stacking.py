"""Layers on top of one another, as one cell: the first state of each layer is the input of the next."""

from __future__ import annotations

from dataclasses import replace

import sympy
from sympy import Expr
from sympy.core.symbol import Str
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol

from symgate.errors import DefinitionError, ShapeError
from symgate.language import LAYER, ScalarSignal, Signal
from symgate.names import check_name
from symgate.records import Assignment, Cell, State, vectors_only


def stack(name: str, *layers: Cell) -> Cell:
    """Two or more layers as one cell, from the input upwards.

    Args:
        name: the name of the cell.
        layers: cells; every one above the first has one input, which its neighbour below feeds.

    Returns:
        A cell with the states of all layers.  Every name of layer k but the input of the first gets the suffix ``_k``:
        x_1, W_r_1, size n_1 (of opaque functions only where layers bind them differently).  ``u_2`` names what the
        first layer feeds to the second: its first state AFTER the step.  ``sg.jacobian(cell, wrt="x_1", of="x_2")`` is
        the block through which the layers are coupled.

    Raises:
        DefinitionError: fewer than two layers, or one above the first with several inputs or none.
        ShapeError: a layer whose input has a fixed size that is not that of the state below.
        NameRefusedError: a suffixed name is too long.
    """
    check_name(name, "cell")
    if len(layers) < 2:
        raise DefinitionError(f"A stack has at least two layers; found {len(layers)}.")
    bindings: dict[str, set[str | None]] = {}
    for layer in layers:
        vectors_only(layer, "A stack of layers")
        for function, bound in layer.functions:
            bindings.setdefault(function, set()).add(bound)
    states: list[State] = []
    assignments: list[Assignment] = []
    parts: list[Cell] = []
    for k, layer in enumerate(layers, 1):
        below = parts[-1].states[0] if parts else None
        if below is not None and len(layer.inputs) != 1:
            raise DefinitionError(f"A layer above another has one input; cell {layer.name!r} has {len(layer.inputs)}.")
        fed = None if below is None else Signal(check_name(f"u_{k}"), below.after.shape[0])
        own = _renamed(layer, k, fed, [name for name, bound in layer.functions if bindings[name] != {bound}])
        if below is not None:
            assignments.append(Assignment(fed, below.update, LAYER))
        assignments += own.assignments
        states += own.states
        parts.append(own)
    return Cell(
        name=name,
        source="; ".join(dict.fromkeys(layer.source for layer in layers if layer.source)),
        states=tuple(states),
        inputs=parts[0].inputs,
        parameters=tuple(symbol for part in parts for symbol in part.parameters),
        assignments=tuple(assignments),
        functions=tuple(dict.fromkeys(pair for part in parts for pair in part.functions)),
    )


def _renamed(layer: Cell, k: int, fed: Expr | None, functions: list[str]) -> Cell:
    """A layer under the names of its place, those functions included; ``fed`` takes the place of its input."""
    sizes = _sizes(layer, k, fed)
    rule: dict[sympy.Basic, sympy.Basic] = dict(sizes)
    called = {own: check_name(f"{own}_{k}", "function") for own in functions}
    rule |= {Str(own): Str(new) for own, new in called.items()}
    names = [item.symbol for item in layer.assignments]
    for symbol in [*layer.parameters, *names, *(side for s in layer.states for side in (s.before, s.after))]:
        rule[symbol] = _suffixed(symbol, k, sizes)
    for symbol in layer.inputs:
        rule[symbol] = _suffixed(symbol, None, sizes) if fed is None else fed
    return replace(
        layer,
        states=tuple(State(*(side.xreplace(rule) for side in (s.before, s.after, s.update))) for s in layer.states),
        inputs=tuple(symbol.xreplace(rule) for symbol in layer.inputs),
        parameters=tuple(symbol.xreplace(rule) for symbol in layer.parameters),
        assignments=tuple(
            Assignment(item.symbol.xreplace(rule), item.expr.xreplace(rule), item.role) for item in layer.assignments
        ),
        functions=tuple((called.get(own, own), bound) for own, bound in layer.functions),
    )


def _sizes(layer: Cell, k: int, fed: Expr | None) -> dict[Expr, Expr]:
    """The sizes of a layer: its input has that of the state below, what else is symbolic gets the suffix."""
    found: dict[Expr, Expr] = {}
    if fed is not None:
        own, below = layer.inputs[0].shape[0], fed.shape[0]
        if own.is_Integer and own != below:
            raise ShapeError(f"The input of layer {k} has size {own}, the state below has size {below}.")
        found[own] = below
    sized = [symbol for symbol in layer.inputs if hasattr(symbol, "shape")]  # an elapsed time is a number
    inputs = {symbol.shape[0] for symbol in sized} - {state.before.shape[0] for state in layer.states}
    for size in layer.dimensions:
        if size not in found:
            kept = fed is None and size in inputs
            found[size] = size if kept else sympy.Symbol(f"{size}_{k}", integer=True, positive=True)
    return found


def _suffixed(symbol: Expr, k: int | None, sizes: dict[Expr, Expr]) -> Expr:
    """A symbol under its new name and of its new sizes; None keeps the name."""
    name = str(symbol.name) if k is None else check_name(f"{symbol.name}_{k}")
    if not isinstance(symbol, MatrixExpr):
        return ScalarSignal(name) if isinstance(symbol, ScalarSignal) else sympy.Symbol(name, real=True)
    rows, cols = (sizes.get(size, size) for size in symbol.shape)
    return Signal(name, rows, cols, symbol.index) if isinstance(symbol, Signal) else MatrixSymbol(name, rows, cols)
