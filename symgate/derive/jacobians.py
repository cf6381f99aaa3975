"""Jacobians of one step of a cell, exact, for every size at once, with their named terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sympy
from sympy import Expr
from sympy.matrices.expressions import MatrixExpr, MatrixSymbol, ZeroMatrix

from symgate.calculus import acting, matrix_expr, matrix_forms, pulled_back
from symgate.cells import as_cell
from symgate.derive.conditions import assumptions
from symgate.derive.layers import chain, is_deep
from symgate.derive.terms import DIRECT, DRIVE, RETENTION, Path, path, terms_along
from symgate.errors import DefinitionError, SymgateError
from symgate.language import LAYER, ScalarSignal, Signal, is_vector
from symgate.records import Cell, Derivation, Equation, Kind, Partial

__all__ = ["DIRECT", "DRIVE", "RETENTION", "assumptions", "jacobian", "kronecker", "objects", "vjp"]


def jacobian(
    cell: Cell | str, wrt: str | None = None, of: str | None = None, *, written_out: bool = False
) -> Derivation:
    """The Jacobian of one step of a cell, (dy/dv)_{ij} = dy_i / dv_j, as a sum of named terms.

    By default y is the state x_t; the arguments are those of the step: x_{t-1}, u_t and the parameters, each held
    fixed while another varies (so a parameter Jacobian is the *immediate* one).

    Args:
        cell: the recurrence, or the name of a built-in one.
        wrt: the name of a state, input or parameter; default: the state itself, x_{t-1}.  Or the name of an
            intermediate, which is then an independent variable: its own definition is ignored, everything that its
            definition uses is held fixed, and everything defined from it varies with it.
        of: what is differentiated: a state (after the step), or a named intermediate; default: the only state.
        written_out: whether a derivative across two or more layers of a stack is multiplied out, in terms of the
            uppermost layer; otherwise it is the term "layer", a product of parts in ``definitions``.

    Returns:
        With respect to a vector of size k, a matrix (n, k); to a scalar, a column (n, 1); to a (p, q) matrix, the
        Kronecker form (n, p q) on the column-major vec; n = 1 where y is a scalar.  For a matrix state (n, k), the
        action on a change v_dot of the variable, (n, k), such as f * C_dot (``kronecker`` gives its matrix).
        Terms: "retention" (direct and entry by entry; "direct" if ``wrt`` is not a state), "drive", "gate" and other
        roles of named intermediates.

    Raises:
        UnknownNameError: the cell has no such state, input, parameter or intermediate.

    Source: the chain rule; arXiv:2508.12121 for the cells.  Law: ``tests/derive/test_jacobian.py``.
    """
    way = path(as_cell(cell), wrt, of)
    if way.of_matrix:
        return _action(way)
    kind = Kind.KRONECKER if isinstance(way.wrt, MatrixExpr) and not is_vector(way.wrt) else Kind.JACOBIAN
    with _while(f"differentiating cell {way.cell.name!r} with respect to {way.wrt.name}"), _in_layers(way, written_out):
        links = None if written_out else chain(way.cell, way.of, way.expr, way.wrt)
        if links is not None:
            value, parts = links.jacobian(_columns(way.wrt))
            return _record("jacobian", kind, way, [(LAYER, value)], None, parts)
        named = [(name, matrix_expr(words, way.rows, _columns(way.wrt))) for name, words in terms_along(way)]
    return _record("jacobian", kind, way, named, None)


def kronecker(cell: Cell | str, wrt: str | None = None, of: str | None = None) -> Derivation:
    """The Jacobian of one step on the column-major vec of a matrix state: dvec(Y)/dvec(V).

    Args:
        cell: the recurrence, or the name of a built-in one.
        wrt: as for ``jacobian``; default: the state.
        of: the state that is differentiated; default: the only one.

    Returns:
        For an (n, k) matrix state: with respect to a (p, q) matrix (n k, p q), to a vector of size p (n k, p), to a
        scalar (n k, 1).  For a vector state, ``jacobian``, which already has this form.

    Raises:
        UnknownNameError: the cell has no such state, input, parameter or intermediate.
        NotDerivedError: a term has no Kronecker form in the notation; ``jacobian`` has its action.
    """
    way = path(as_cell(cell), wrt, of)
    if not way.of_matrix:
        return jacobian(cell, wrt, of)
    named: list[tuple[str, Expr]] = []
    with _while(f"differentiating cell {way.cell.name!r} with respect to {way.wrt.name}"):
        for name, terms in _matrix_terms(way):
            none = ZeroMatrix(way.rows * way.of.shape[1], _columns(way.wrt))
            named.append((name, matrix_forms.kronecker(terms, way.of.shape, _columns(way.wrt)) if terms else none))
    return _record("kronecker", Kind.KRONECKER, way, named, None)


def _action(way: Path) -> Derivation:
    """The Jacobian of a matrix as its action on a change of the variable."""
    change = _changed(way)
    named: list[tuple[str, Expr]] = []
    with _while(f"differentiating cell {way.cell.name!r} with respect to {way.wrt.name}"):
        for name, terms in _matrix_terms(way):
            value = matrix_forms.action(terms, way.of.shape, change) if terms else ZeroMatrix(*way.of.shape)
            named.append((name, value))
    return _record("jacobian", Kind.JVP, way, named, change)


def _matrix_terms(way: Path) -> list[tuple[str, list[acting.Term]]]:
    """The terms of the differential of a matrix, by name."""
    vector = acting.probe(way.of.shape[1])
    return [(name, acting.terms_of(words, vector)) for name, words in terms_along(way)]


def _changed(way: Path) -> Expr:
    """The change of the variable, such as C_dot: a symbol of its kind, shape and time."""
    wrt, name = way.wrt, free_letter(way.cell, f"{way.wrt.name}_dot")
    if isinstance(wrt, ScalarSignal):
        return ScalarSignal(name, wrt.index)
    if isinstance(wrt, Signal):
        return Signal(name, wrt.shape[0], wrt.shape[1], wrt.index)
    return MatrixSymbol(name, *wrt.shape) if isinstance(wrt, MatrixExpr) else sympy.Symbol(name, real=True)


def vjp(cell: Cell | str, wrt: str | None = None, of: str | None = None, *, written_out: bool = False) -> Derivation:
    """The vector-Jacobian product (dy/dv)' lambda: the gradient of dot(lambda, y), as a programmer writes it.

    Args:
        cell: the recurrence, or the name of a built-in one.
        wrt: the name of a state, input, parameter or named intermediate, as for ``jacobian``; default: the state.
        of: the state or named intermediate that is differentiated; default: the only state.
        written_out: as for ``jacobian``; otherwise a product across two or more layers goes from layer to layer.

    Returns:
        An expression of the shape of ``wrt`` in the cotangent ``lam`` (n entries; for a matrix state, of its shape;
        another letter if the cell already has a name ``lam``): for a matrix parameter a sum of outer products
        (A' lambda) b', for a vector A' lambda, for a scalar a dot product.

    Raises:
        UnknownNameError: the cell has no such state, input, parameter or intermediate.
    """
    way = path(as_cell(cell), wrt, of)
    letter = free_letter(way.cell, "lam")
    cotangent = Signal(letter, *way.of.shape) if isinstance(way.of, MatrixExpr) else ScalarSignal(letter)
    named = []
    with _while(f"differentiating cell {way.cell.name!r} with respect to {way.wrt.name}"), _in_layers(way, written_out):
        links = None if written_out else chain(way.cell, way.of, way.expr, way.wrt)
        if links is not None:
            value, parts = links.vjp(cotangent)
            return _record("vjp", Kind.VJP, way, [(LAYER, value)], cotangent, parts)
        for name, words in terms_along(way):
            if way.of_matrix:
                terms = acting.terms_of(words, acting.probe(way.of.shape[1]))
                value = matrix_forms.pullback(terms, way.of.shape, cotangent)
            else:
                value = pulled_back(words, way.rows, cotangent)
            if value is None:
                value = ZeroMatrix(*way.wrt.shape) if isinstance(way.wrt, MatrixExpr) else sympy.S.Zero
            named.append((name, value))
    return _record("vjp", Kind.VJP, way, named, cotangent)


def objects(cell: Cell | str) -> tuple[Derivation, ...]:
    """Every one-step result of a cell: for each state, the Jacobian and vector-Jacobian product for each argument."""
    own = as_cell(cell)
    pairs = [(state.name, name) for state in own.states for name in own.symbols]
    return tuple(derive(own, name, of) for derive in (jacobian, vjp) for of, name in pairs)


def free_letter(cell: Cell, letter: str) -> str:
    """A letter of the notation, or another one where a name of the cell is that letter."""
    taken = {*cell.symbols, *(str(item.symbol.name) for item in cell.assignments), *map(str, cell.dimensions)}
    others = {"lam": ("mu", "xi", "zeta")}.get(letter, ())
    choices = [letter, *others, *(f"{letter}_{number}" for number in range(2, len(taken) + 3))]
    return next(choice for choice in choices if choice not in taken)


def _columns(symbol: Expr) -> Expr:
    """The number of columns of a Jacobian by ``symbol``: the length of its vec."""
    if not isinstance(symbol, MatrixExpr):
        return sympy.S.One
    return symbol.shape[0] * symbol.shape[1]


def _record(
    word: str,
    kind: Kind,
    way: Path,
    named: list[tuple[str, Expr]],
    cotangent: Expr | None,
    parts: tuple[Equation, ...] = (),
) -> Derivation:
    """The derivation as it leaves this layer."""
    alone = len(way.cell.states) == 1 and way.of == way.cell.states[0].after
    return Derivation(
        name=f"{way.cell.name}_{word}_{'' if alone else f'{way.of.name}_'}{way.wrt.name}",
        kind=kind,
        of=way.of,
        wrt=way.wrt,
        named_terms=tuple(named),
        cell=way.cell,
        parameters=Partial(str(way.of.name), str(way.wrt.name)),
        cotangent=cotangent,
        assumptions=assumptions(way.cell),
        source=way.cell.source,
        equations=parts,
        remark=way.remark,
    )


@contextmanager
def _in_layers(way: Path, written_out: bool) -> Iterator[None]:  # noqa: FBT001 - as the callers have it
    """Say of a stack whose derivative has too many terms what has none of them multiplied out."""
    try:
        yield
    except DefinitionError:
        if not (written_out and is_deep(way.cell)):
            raise
        raise DefinitionError(
            f"Results over many steps are multiplied out over the layers of a stack, and those of {way.cell.name!r}, "
            f"{len(way.cell.states)} states, have too many terms. Results of one step have one part for each layer: "
            "state_jacobian, jacobian, vjp, and exported modules, with their way backward through time. "
            "For numbers over many steps use numeric.jacobians of a rollout, and numeric.transport of those."
        ) from None


@contextmanager
def _while(doing: str) -> Iterator[None]:
    """Add to an error what was being done."""
    try:
        yield
    except SymgateError as error:
        raise type(error)(f"{error} (while {doing})") from error
