"""The equations of a cell seen together: the roles of its intermediates, and what is refused of it as a whole.

In: symbols with their expressions, as ``builder.py`` collects them.  Out: assignments with roles, or the error that
says what to write instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sympy import Expr

from symgate.errors import DefinitionError
from symgate.language.contents import derivative, entry_by_entry, leaves, weight
from symgate.language.matrices import refuse_depth
from symgate.language.nodes import UPDATE
from symgate.language.quantity import Quantity
from symgate.records import Assignment

#: The largest expression: written out, without sharing.
_LARGEST, _LARGEST_DERIVATIVE = 20_000, 20_000_000
#: An intermediate with its expression, and the role that was given.
Named = tuple[Expr, Expr, str | None]


def with_roles(named: Sequence[Named], updates: Mapping[Expr, Expr]) -> list[Assignment]:
    """The intermediates with their roles: of what is part of an update "update", else "drive" if none was given."""
    open_ = {symbol: expr for symbol, expr, role in named if role is None}
    stack = [leaf for expr in updates.values() for leaf in entry_by_entry(expr)]
    met: dict[Expr, None] = {}
    while stack:
        leaf = stack.pop()
        if leaf in open_ and leaf not in met:
            met[leaf] = None
            stack.extend(entry_by_entry(open_[leaf]))
    carried = set(updates)
    for symbol, expr, _ in named:
        if symbol in met and carried.intersection(entry_by_entry(expr)):
            carried.add(symbol)
    return [
        Assignment(symbol, expr, role or (UPDATE if symbol in carried else "drive")) for symbol, expr, role in named
    ]


def mentions_state(named: Iterable[Named], updates: Mapping[Expr, Expr]) -> bool:
    """Whether any update depends on a state, through named intermediates or not."""
    varying = set(updates)
    for symbol, expr, _ in named:
        if varying.intersection(leaves(expr)):
            varying.add(symbol)
    return any(varying.intersection(leaves(expr)) for expr in updates.values())


def refuse_large(expr: Expr) -> None:
    """Refuse an expression that is too deep or too large, or whose derivative is."""
    refuse_depth(expr)
    if weight(expr, {}) > _LARGEST:
        raise DefinitionError(f"The expression has more than {_LARGEST} nodes. Name parts of it with let.")
    if derivative(expr, {}).size > _LARGEST_DERIVATIVE:
        raise DefinitionError("Nested sums and functions double with each level here. Name parts of it with let.")


def refuse_hidden_sizes(sizes: Mapping[str, Expr], symbols: Iterable[Expr], exprs: Collection[Expr]) -> None:
    """Refuse a size that the array of no symbol shows, such as that of ones that are summed."""
    shown = {size for symbol in symbols for size in getattr(symbol, "shape", ())}
    for name, size in sizes.items():
        if size not in shown and any(size in expr.free_symbols for expr in exprs):
            raise DefinitionError(
                f"No state, input or parameter has the size {name!r}, so no array says how large it is. Use one "
                f"of their sizes, or a number, as in ones(4) in place of ones({name!r})."
            )


def refuse_other_shape(state: Expr, update: Quantity) -> None:
    """Refuse an update that does not have the shape of its state."""
    if update.shape == state.shape:
        return
    rows, cols = state.shape
    if cols == 1:
        raise DefinitionError(f"The update must be a vector of size {rows} like the state; found {update.kind}.")
    hint = ""
    if update.shape == (cols, rows):
        hint = f" It is the transpose: of an outer product, the column of size {rows} stands first, v @ k.T."
    elif update.is_vector or update.is_scalar:
        hint = " To write a vector v along a key k, add the outer product v @ k.T."
    raise DefinitionError(
        f"The update of the matrix state {state.name!r} must be {rows} x {cols}; found {update.kind}.{hint}"
    )
