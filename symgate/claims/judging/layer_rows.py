"""The rows of a stacked layer in the recurrence: each is the argument of a function, under a name.

In: a cell, and a layer as a claim states it.  Out: the cell with a name for every row; or the layer that the recurrence
has, where a claim does not say it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from sympy import Expr
from sympy.matrices.expressions import MatAdd, MatMul

from symgate.claims.judging.layers import Layer
from symgate.claims.reading.limits import UnreadableError
from symgate.language import Map, Signal, T
from symgate.records import Assignment, Cell


def with_rows(cell: Cell, layer: Layer) -> tuple[Cell, tuple[tuple[str, Expr], ...]]:
    """The cell with a name for every row of z, and these names with what they stand for.

    Raises:
        UnreadableError: a row is not the argument of a function of the recurrence, or stands there twice.
    """
    vectors = [_vector(cell, layer, *column) for column in layer.columns]
    found: list[tuple[str, Expr]] = []
    for place, row in enumerate(layer.rows, start=1):
        pairs = [(cell.symbols.get(name), vector) for name, vector in zip(row, vectors, strict=True)]
        terms = {MatMul(matrix, vector) for matrix, vector in pairs if matrix in cell.parameters}
        argument = next((item for item in _arguments(cell) if _rest(item, terms, cell) == int(bool(layer.b))), None)
        argument = argument if len(terms) == len(row) else None
        if argument is None:
            shown = " + ".join(f"{name} {own}" for name, (own, _) in zip(row, layer.columns, strict=True))
            raise UnreadableError(
                f"row {place} of {layer.z}, {shown}{' + a bias' if layer.b else ''}, is not the argument of a function "
                "of the recurrence"
            )
        cell, name = _with_name(cell, argument)
        if name in dict(found):
            raise UnreadableError(
                f"row {place} of {layer.z} is the same as an earlier one; each is a function's argument"
            )
        found.append((name, argument))
    return cell, tuple(found)


def _vector(cell: Cell, layer: Layer, name: str, time: str) -> Expr:
    """What I stacks, as the recurrence has it: a state before the step, or a name of the step."""
    there = {f"{state.name}-1": state.before for state in cell.states}
    there |= {str(item.name): item for item in (*cell.inputs, *(own.symbol for own in cell.assignments))}
    key = f"{name}-1" if layer.is_before(time) else name
    if key not in there or not (layer.is_before(time) or layer.is_now(time)):
        raise UnreadableError(
            f"a step has no {name}_{time}: a stack has states before the step, inputs and names of it"
        )
    return there[key]


def _arguments(cell: Cell) -> list[Expr]:
    """What the recurrence takes functions of, and what it names."""
    found: list[Expr] = []
    for expr in cell.definitions.values():
        found += [expr.argument] if isinstance(expr, Map) and expr.order == 0 else [expr]
    return found


def _rest(expr: Expr, terms: set[Expr], cell: Cell) -> int | None:
    """How many parameters an argument has beside these terms; None where it has not all of them, or something else."""
    own = set(expr.args) if isinstance(expr, MatAdd) else {expr}
    rest = own - terms
    return len(rest) if terms <= own and rest <= set(cell.parameters) else None


def _with_name(cell: Cell, argument: Expr) -> tuple[Cell, str]:
    """The cell with a name for an argument, and the name."""
    for item in cell.assignments:
        if item.expr == argument:
            return cell, str(item.symbol.name)
    taken = {name.replace("_", "") for name in (*cell.symbols, *(str(symbol.name) for symbol in cell.definitions))}
    name = next(name for place in count() if (name := f"pre{place or ''}") not in taken)
    symbol = Signal(name, argument.shape[0], 1, T)
    put = {argument: symbol}
    items = [replace(item, expr=item.expr.xreplace(put)) for item in cell.assignments]
    changed = [new != old for new, old in zip(items, cell.assignments, strict=True)]
    place = changed.index(True) if True in changed else len(items)
    items.insert(place, Assignment(symbol, argument))
    states = tuple(replace(state, update=state.update.xreplace(put)) for state in cell.states)
    return replace(cell, assignments=tuple(items), states=states), name


def widest_stack(cell: Cell) -> tuple[list[tuple[tuple[str, ...], bool]], list[tuple[str, str]]]:
    """The rows of the widest stack of a recurrence, each with whether it has a bias, and what it is taken of."""
    names = {item.symbol: (str(item.symbol.name), "") for item in cell.assignments}
    names |= {item: (str(item.name), "") for item in cell.inputs}
    names |= {state.before: (state.name, "-1") for state in cell.states}
    found: dict[tuple[tuple[str, str], ...], list[tuple[tuple[str, ...], bool]]] = {}
    for argument in dict.fromkeys(_arguments(cell)):
        terms = list(argument.args) if isinstance(argument, MatAdd) else [argument]
        pairs = [
            item.args for item in terms if isinstance(item, MatMul) and len(item.args) == 2 and item.args[1] in names
        ]
        rest = [item for item in terms if item in cell.parameters]
        if not pairs or len(pairs) + len(rest) != len(terms) or len(rest) > 1:
            continue
        if any(matrix not in cell.parameters for matrix, _ in pairs):
            continue
        pairs = sorted(pairs, key=lambda pair: names[pair[1]][1])  # inputs first, then states before the step
        key = tuple(names[vector] for _, vector in pairs)
        found.setdefault(key, []).append((tuple(str(matrix.name) for matrix, _ in pairs), bool(rest)))
    columns = max(found, key=lambda key: len(found[key]), default=())
    return found.get(columns, []), list(columns)
