"""Normalisations over the units: layer, RMS, unit norm and softmax as equations; layer normalisation as an option.

Layer normalisation is gamma (.) (p - mean p)/s + beta.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer
from sympy.matrices.expressions import MatAdd, MatMul, MatrixExpr

from symgate.errors import DefinitionError, NameRefusedError, unknown
from symgate.language import CellBuilder, Map, Quantity, exp, is_vector, sqrt
from symgate.records import Assignment, Cell

_PAPER = "Ba, Kiros & Hinton 2016, arXiv:1607.06450"


def layer_norm(
    c: CellBuilder, name: str, p: Quantity, gamma: Quantity, beta: Quantity, role: str | None = None
) -> Quantity:
    """Normalise a pre-activation over its units.

    Args:
        c: the builder of the cell.  On it the names ``name_p``, ``name_c``, ``name_v``, ``name_s`` and ``name_q`` are
            declared: p, p less its mean, its variance, s and q = (p - mean p)/s.
        name: where the names start, such as "a".
        p: the pre-activation, a vector.
        gamma: the gain, a vector of that size.
        beta: the shift, a vector of that size.
        role: the term of the Jacobian that paths through it belong to; default as for ``CellBuilder.let``.

    Returns:
        gamma (.) q + beta, s^2 = variance (biased) + 1e-5, as torch.nn.LayerNorm has it.  Its derivative by p is
        diag(gamma/s) (I - 11'/n - q q'/n).

    Raises:
        DefinitionError: p is not a vector.

    Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450.
    """
    if not p.is_vector:
        raise DefinitionError(f"Layer normalisation runs over the units of a vector; {p.expr} is {p.kind}.")
    ones = c.ones(_size(p.expr))
    whole = c.let(f"{name}_p", p, role=role)
    centred = c.let(f"{name}_c", whole - (ones.T @ whole) / (ones.T @ ones) * ones, role=role)
    variance = c.let(f"{name}_v", (centred.T @ centred) / (ones.T @ ones), role=role)
    s = c.let(f"{name}_s", sqrt(variance + 1e-5), role=role)
    q = c.let(f"{name}_q", centred / s, role=role)
    return gamma * q + beta


def rms_norm(c: CellBuilder, name: str, p: Quantity, gamma: Quantity, role: str | None = None) -> Quantity:
    """gamma (.) p/s, s^2 = mean of p^2 + 1e-6, over the units; declares ``name_p`` and ``name_s`` on the builder.

    Source: Zhang & Sennrich 2019, arXiv:1910.07467, with the eps of torch.nn.RMSNorm for float32 taken as 1e-6.
    """
    whole = c.let(f"{name}_p", p, role=role)
    ones = c.ones(_size(whole.expr))
    s = c.let(f"{name}_s", sqrt((whole.T @ whole) / (ones.T @ ones) + 1e-6), role=role)
    return gamma * whole / s


def unit_norm(c: CellBuilder, name: str, v: Quantity, role: str | None = None) -> Quantity:
    """v/s, s^2 = v'v + 1e-12: a vector of length 1 (0 stays 0); declares ``name_v`` and ``name_s`` on the builder."""
    whole = c.let(f"{name}_v", v, role=role)
    s = c.let(f"{name}_s", sqrt(whole.T @ whole + 1e-12), role=role)
    return whole / s


def softmax(c: CellBuilder, name: str, v: Quantity, role: str | None = None) -> Quantity:
    """exp(v) over its sum, named ``name``; ``name_e`` and ``name_z`` are the exponentials and their sum.

    Its derivative is diag(p) - p p'.  Entries of v beyond 700 (88 in float32) overflow; subtract a bound before.
    """
    e = c.let(f"{name}_e", exp(v), role=role)
    z = c.let(f"{name}_z", c.ones(_size(e.expr)).T @ e, role=role)
    return c.let(name, e / z, role=role)


def pre_activations(cell: Cell) -> tuple[str, ...]:
    """The named vectors made of a matrix times a vector that a nonlinearity is then applied to, such as (a, a_g).

    What a nonlinearity is applied to without a name of its own, one number for all units (the gate of "scalar_gate"),
    and a cell state (s of "lstm", no matrix) are not among them.
    """
    every = [item.expr for item in cell.assignments] + [state.update for state in cell.states]
    inside = [node.argument for expr in every for node in expr.atoms(Map)]
    return tuple(
        str(item.symbol.name)
        for item in cell.assignments
        if is_vector(item.symbol) and _has_product(item.expr) and any(part.has(item.symbol) for part in inside)
    )


def normalised(cell: Cell, names: str | Sequence[str] = ()) -> Cell:
    """The cell with its pre-activations normalised over the units:  a = p + b  becomes  a = gamma (.) LN(p) + b.

    Args:
        cell: any cell, one of your own and a stack as well.
        names: the named vectors to normalise; all of ``pre_activations(cell)`` unless said otherwise.

    Returns:
        The cell ``<name>_norm``.  Of a pre-activation ``a`` or ``a_g`` the bias becomes the shift (where there is none,
        ``beta_a`` or ``beta_g`` is added), the gain is a new parameter ``gamma_a`` or ``gamma_g``, and the
        steps on the way are named as by ``layer_norm``: ``a_p``, ``g_p`` and so on.

    Raises:
        DefinitionError: the cell has no pre-activation, or a name is that of a scalar.
        UnknownNameError: a name is not one of the cell's named intermediates.
        NameRefusedError: a new name is taken: the cell is normalised already, or uses that name for something else.

    Source: Ba, Kiros & Hinton 2016, arXiv:1607.06450; arXiv:2512.05790 for cells that keep their state.
    Law: ``tests/cells/test_normalisation.py``: torch's layer_norm, complex step, and the cells typed by hand.
    """
    chosen = _chosen(cell, (names,) if isinstance(names, str) else tuple(names))
    biases = {name: _bias(cell, item) for name, item in chosen.items()}
    c = CellBuilder(f"{cell.name}_norm", source="; ".join(filter(None, (cell.source, f"normalised: {_PAPER}"))))
    try:
        gains = _declared(c, cell, chosen, biases)
        for item in cell.assignments:
            name, value = str(item.symbol.name), Quantity(item.expr)
            if name in chosen:
                gain, shift = gains[name]
                bare = Quantity(_without(item.expr, biases[name]))
                value = layer_norm(c, _short(name), bare, gain, shift, item.role)
            c.let(name, value, role=item.role)
    except NameRefusedError as error:
        raise NameRefusedError(f"{error} Rename it in the cell; or is cell {cell.name!r} normalised already?") from None
    for state in cell.states:
        c.next(Quantity(state.before), Quantity(state.update))
    return c.build()


def _chosen(cell: Cell, names: tuple[str, ...]) -> dict[str, Assignment]:
    """The assignments to normalise, by name."""
    by_name = {str(item.symbol.name): item for item in cell.assignments}
    for name in names:
        if name not in by_name:
            raise unknown(f"named intermediate of cell {cell.name!r}", name, by_name)
        if not is_vector(by_name[name].symbol):
            raise DefinitionError(f"{name!r} of cell {cell.name!r} is one number; a normalisation runs over the units.")
    found = names or pre_activations(cell)
    if not found:
        raise DefinitionError(
            f"Cell {cell.name!r} has no pre-activation: no vector with a name and a matrix product that goes through a "
            "nonlinearity. Name one, a = c.let('a', W @ x + V @ u), or say which names to normalise; or is it "
            "normalised already?"
        )
    return {name: by_name[name] for name in found}


def _declared(
    c: CellBuilder, cell: Cell, chosen: dict[str, Assignment], biases: dict[str, Expr | None]
) -> dict[str, tuple[Quantity, Quantity]]:
    """Declare on ``c`` all that ``cell`` has, each gain before its bias; returns both for each pre-activation."""
    for state in cell.states:
        c.state(state.name, _size(state.before))
    for symbol in cell.inputs:
        c.input(str(symbol.name), _size(symbol) if isinstance(symbol, MatrixExpr) else 1)
    for name, bound in cell.functions:
        c.function(name, default=bound)
    gains = {}
    for symbol in cell.parameters:
        for name, bias in biases.items():
            if bias == symbol:
                gains[name] = (c.vector(f"gamma_{_short(name)}", _size(symbol)), Quantity(symbol))
        _parameter(c, symbol)
    for name, item in chosen.items():
        if name not in gains:
            own = (c.vector(f"{greek}_{_short(name)}", _size(item.symbol)) for greek in ("gamma", "beta"))
            gains[name] = (next(own), next(own))
    return gains


def _parameter(c: CellBuilder, symbol: Expr) -> None:
    name = str(symbol.name)
    if not isinstance(symbol, MatrixExpr):
        c.scalar(name)
    elif symbol.shape[1] == 1:
        c.vector(name, _size(symbol))
    else:
        c.matrix(name, _size(symbol), _number(symbol.shape[1]))


def _bias(cell: Cell, item: Assignment) -> Expr | None:
    """The parameter that is added to a pre-activation, the first where there are several."""
    parts = item.expr.args if isinstance(item.expr, MatAdd) else ()
    return next((part for part in parts if part in cell.parameters), None)


def _without(expr: Expr, bias: Expr | None) -> Expr:
    """The sum less its bias."""
    rest = [part for part in expr.args if part != bias] if bias is not None else [expr]
    return rest[0] if len(rest) == 1 else MatAdd(*rest)


def _has_product(expr: Expr) -> bool:
    """Whether a matrix multiplies a vector somewhere in it."""
    return any(isinstance(arg, MatrixExpr) and arg.shape[1] != 1 for node in expr.atoms(MatMul) for arg in node.args)


def _short(name: str) -> str:
    """a_g gives g: what the steps of the normalisation are named after."""
    rest = name.removeprefix("a_")
    return rest if rest[:1].isalpha() else name


def _size(symbol: Expr) -> str | int:
    return _number(symbol.shape[0])


def _number(size: Expr) -> str | int:
    return int(size) if isinstance(size, Integer) else str(size)
