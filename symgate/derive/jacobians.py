"""Jacobians of one step of a cell, exact, for every size at once, with their named terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, ZeroMatrix

from symgate.calculus import NOTHING, Variable, Words, add, differential, matrix_expr, pulled_back
from symgate.calculus.normal import Tail
from symgate.errors import SymgateError, unknown
from symgate.language import Map, ScalarMap, Signal, is_vector
from symgate.nonlinearities import nonlinearity, registered_nonlinearities
from symgate.records import Cell, Derivation, Kind, Partial, State

RETENTION, DIRECT, DRIVE = "retention", "direct", "drive"


def jacobian(cell: Cell, wrt: str | None = None, of: str | None = None) -> Derivation:
    """The Jacobian of one step of a cell, (dx_t/dv)_{ij} = d(x_t)_i / dv_j, as a sum of named terms.

    The state is x_t, the arguments are those of the step: x_{t-1}, u_t and the parameters, each held
    fixed while another varies (so a parameter Jacobian is the *immediate* one).

    Args:
        cell: the recurrence.
        wrt: the name of a state, input or parameter; default: the state itself, x_{t-1}.
        of: the state that is differentiated; default: the only one.

    Returns:
        With respect to a vector of size k a matrix (n, k); to a scalar a column (n, 1); to a (p, q) matrix
        the Kronecker form (n, p q) on the column-major vec.  Terms: "retention" (direct and entry by entry;
        "direct" where ``wrt`` is no state), "drive", "gate" and other roles of named intermediates.

    Raises:
        UnknownNameError: the cell has no such state, input or parameter.

    Source: the chain rule; arXiv:2508.12121 for the cells.  Law: ``tests/derive/test_jacobian.py``.
    """
    state, symbol, terms = _differentiate(cell, wrt, of)
    kronecker = isinstance(symbol, MatrixExpr) and not is_vector(symbol)
    rows = state.after.shape[0]
    cols = _columns(symbol)
    named = [(name, matrix_expr(words, rows, cols)) for name, words in terms]
    return _record("jacobian", Kind.KRONECKER if kronecker else Kind.JACOBIAN, cell, state, symbol, named, None)


def vjp(cell: Cell, wrt: str | None = None, of: str | None = None) -> Derivation:
    """The vector-Jacobian product (dx_t/dv)' lambda: the gradient of dot(lambda, x_t), as a programmer writes it.

    Args:
        cell: the recurrence.
        wrt: the name of a state, input or parameter; default: the state.
        of: the state that is differentiated; default: the only one.

    Returns:
        An expression of the shape of ``wrt`` in the cotangent ``lam`` (n entries): for a matrix parameter
        a sum of outer products (A' lambda) b', for a vector A' lambda, for a scalar a dot product.

    Raises:
        UnknownNameError: the cell has no such state, input or parameter.
    """
    state, symbol, terms = _differentiate(cell, wrt, of)
    rows = state.after.shape[0]
    cotangent = Signal("lam", rows)
    named = []
    for name, words in terms:
        value = pulled_back(words, rows, cotangent)
        if value is None:
            value = ZeroMatrix(*symbol.shape) if isinstance(symbol, MatrixExpr) else symbol * 0
        named.append((name, value))
    return _record("vjp", Kind.VJP, cell, state, symbol, named, cotangent)


def objects(cell: Cell) -> tuple[Derivation, ...]:
    """Every derived object of a cell: for each state, the Jacobian and the vector-Jacobian product by each argument."""
    pairs = [(state.name, name) for state in cell.states for name in cell.symbols]
    return tuple(derive(cell, name, of) for derive in (jacobian, vjp) for of, name in pairs)


@lru_cache(maxsize=512)
def _differentiate(cell: Cell, wrt: str | None, of: str | None) -> tuple[State, Expr, tuple[tuple[str, Words], ...]]:
    """The state, what it is differentiated by, and the words of each named term."""
    state = cell.state(of)
    name = state.name if wrt is None else wrt
    if name not in cell.symbols:
        raise unknown(f"state, input or parameter of cell {cell.name!r}", name, cell.symbols)
    symbol = cell.symbols[name]
    with _while(f"differentiating cell {cell.name!r} with respect to {name}"):
        known: dict[Expr, Words] = {}
        for item in cell.assignments:
            known[item.symbol] = differential(item.expr, Variable(symbol, known))
        by_name: dict[str, list[Words]] = {}
        is_state = any(symbol == other.before for other in cell.states)
        near, far = _parted(differential(state.update, Variable(symbol)))
        by_name[RETENTION if is_state else DIRECT] = [near]
        by_name[DRIVE] = [far]
        for role in dict.fromkeys(item.role for item in cell.assignments):
            varying = {item.symbol: known[item.symbol] for item in cell.assignments if item.role == role}
            by_name.setdefault(role, []).append(differential(state.update, Variable(None, varying)))
    summed = [(term, add(parts)) for term, parts in by_name.items()]
    kept = tuple((term, words) for term, words in summed if words)
    return state, symbol, kept or (("none", NOTHING),)


def _parted(words: Words) -> tuple[Words, Words]:
    """Words that act entry by entry on what varies, and the others (through a matrix or a scalar)."""
    column_only = {tail: lead for tail, lead in words.items() if tail == Tail() or _is_column(tail)}
    return column_only, {tail: lead for tail, lead in words.items() if tail not in column_only}


def _is_column(tail: Tail) -> bool:
    """Whether the tail is a bare column of ones: a direct dependence on a scalar."""
    return tail.seed is None and len(tail.steps) == 1 and tail.steps[0][0].shape[1] == 1


def _columns(symbol: Expr) -> Expr:
    """The number of columns of a Jacobian by ``symbol``: the length of its vec."""
    if not isinstance(symbol, MatrixExpr):
        return sympy.S.One
    return symbol.shape[0] * symbol.shape[1]


def _record(
    word: str,
    kind: Kind,
    cell: Cell,
    state: State,
    symbol: Expr,
    named: list[tuple[str, Expr]],
    cotangent: Expr | None,
) -> Derivation:
    """The derivation as it leaves this layer."""
    of = "" if len(cell.states) == 1 else f"{state.name}_"
    return Derivation(
        name=f"{cell.name}_{word}_{of}{symbol.name}",
        kind=kind,
        of=state.after,
        wrt=symbol,
        named_terms=tuple(named),
        cell=cell,
        parameters=Partial(state.name, str(symbol.name)),
        cotangent=cotangent,
        assumptions=assumptions(cell),
        source=cell.source,
    )


def assumptions(cell: Cell) -> tuple[str, ...]:
    """What every derivation of the cell takes for granted."""
    bound = dict(cell.functions)
    used: dict[str, None] = {}
    for expr in cell.definitions.values():
        names = sorted(node.function for node in expr.atoms(Map, ScalarMap))
        used |= dict.fromkeys(names)
    found = []
    for name in used:
        if name in bound or (name in registered_nonlinearities() and nonlinearity(name).opaque):
            found.append(f"{name} is differentiable")
        target = bound.get(name) or name
        if target in registered_nonlinearities() and nonlinearity(target).assumption:
            found.append(nonlinearity(target).assumption)
    return tuple(found)


@contextmanager
def _while(doing: str) -> Iterator[None]:
    """Add to an error what was being done."""
    try:
        yield
    except SymgateError as error:
        raise type(error)(f"{error} (while {doing})") from error
