"""Splits of the state Jacobian by its named terms: J = A + B, and J_j = A_j + eps B_j along a trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy.matrices.expressions import DiagMatrix, MatrixExpr, ZeroMatrix

from symgate.catalogue import DIAGONAL, SPLITS, keep_name
from symgate.cells import as_cell
from symgate.derive.diagonals import diagonal_parts
from symgate.derive.exactness import exact_order
from symgate.derive.jacobians import RETENTION
from symgate.derive.letters import over_many_steps
from symgate.derive.states import free_name, stacked_jacobian, summed
from symgate.errors import UnknownNameError, unknown
from symgate.language import Signal, T
from symgate.language.sequences import J as INDEX
from symgate.language.sequences import at
from symgate.records import Cell, Derivation, Equation, Kind, Parting, definition


def split(J: Derivation | Cell | str, keep: str | Sequence[str]) -> Derivation:
    """Split the state Jacobian J = A + B by its named terms.

    Args:
        J: the state Jacobian of a cell, or the cell, or the name of a built-in one.
        keep: the names of the terms that form A, such as ("retention",); or the name of a split,
            "drive" (A is the drive), "retention" (A is the retention), "gate" (B is the gate term), "diagonal" (A is
            the diagonal of J; for several states, the diagonal of every block).

    Returns:
        A derivation with the two terms "A" and "B"; each is (n, n), state per state.  It is proved,
        printed and exported like the Jacobian itself.  For several states, A and B are block matrices (N, N).  If
        gates and drive depend only on the input, the Jacobian may be its retention alone: then B = 0.
        ``exact_from`` is the order at which the expansion in B becomes exact, or None.

    Raises:
        UnknownNameError: ``keep`` names a term that the Jacobian does not have, no term, or all terms (which is allowed
            only where the Jacobian is its retention alone).

    Source: arXiv:2508.12121.  Law: ``tests/derive/test_expansion.py``.
    """
    whole = J if isinstance(J, Derivation) else stacked_jacobian(as_cell(J))
    if whole.kind is Kind.STATE_JACOBIAN and whole.definitions:
        whole = stacked_jacobian(whole.cell)
    over_many_steps(whole.cell, matrix=True, several=True)
    own = [state.before for state in whole.cell.states] if len(whole.cell.states) == 1 else []
    if whole.kind is Kind.JVP and whole.wrt in own:
        whole = stacked_jacobian(whole.cell)
    kinds = {Kind.JACOBIAN, Kind.KRONECKER} if whole.cell.matrix_states else {Kind.JACOBIAN}
    if whole.kind is not Kind.STATE_JACOBIAN and (whole.kind not in kinds or whole.wrt not in own):
        raise UnknownNameError(f"sg.split takes a state Jacobian, and {whole.name} is not one. Use sg.jacobian(cell).")
    if keep in (DIAGONAL, (DIAGONAL,), [DIAGONAL]) and DIAGONAL not in whole.terms:
        return _parted(whole, (DIAGONAL,), DIAGONAL, *diagonal_parts(whole))
    names = (
        [name for name in SPLITS.get(keep, (keep,)) if name in whole.terms or keep not in SPLITS]
        if isinstance(keep, str)
        else list(keep)
    )
    for name in names:
        if name not in whole.terms:
            raise unknown(f"term of {whole.name}", name, whole.terms)
    kept = [term for name, term in whole.named_terms if name in names]
    rest = [term for name, term in whole.named_terms if name not in names]
    if not kept or (not rest and set(names) != {RETENTION}):
        raise UnknownNameError(
            f"A split keeps some terms and leaves some; keep = {keep!r} {'keeps all' if kept else 'keeps none'} of "
            f"the terms {', '.join(whole.terms)} of {whole.name}."
        )
    label = keep if isinstance(keep, str) else keep_name(names).replace("+", "_")
    A, B = summed(kept), summed(rest) if rest else ZeroMatrix(*whole.shape)
    return _parted(whole, tuple(name for name in whole.terms if name in names), label, A, B)


def _parted(whole: Derivation, keep: tuple[str, ...], label: str, A: MatrixExpr, B: MatrixExpr) -> Derivation:
    """The split with these two parts."""
    last = exact_order(A, B)
    return replace(
        whole,
        name=f"{whole.cell.name}_split_{label}",
        kind=Kind.SPLIT,
        parameters=Parting(keep),
        named_terms=(("A", A), ("B", B)),
        remark=" ".join(["Identity: A and B add up to the Jacobian.", *([] if last is None else [said(last)])]),
        exact_from=last,
    )


def said(last: int) -> str:
    """What it means that no order above ``last`` is left."""
    if last == 0:
        return (
            "Exact: B = 0, since neither the gates nor the drive depend on the state. So the transport is its zeroth "
            "order, the product of the A_j, with no error."
        )
    return (
        f"Exact: no path through the states passes through B more than {'once' if last == 1 else f'{last} times'}. So "
        f"the expansion of the transport ends with order {last}, with no error."
    )


def over_steps(parted: Derivation) -> tuple[Equation, ...]:
    """What A_j and B_j of step j stand for; of a diagonal split with one state A_j is diag(d_j)."""
    size = parted.shape[0]
    A, B = (Signal(name, size, size, INDEX) for name in "AB")
    entries = diagonal_entries(parted)
    if entries is None:
        return tuple(definition(name, at(parted.terms[str(name.name)], INDEX)) for name in (A, B))
    return (
        definition(A, at(DiagMatrix(entries), INDEX)),
        definition(at(entries, INDEX), at(parted.terms["A"].args[0], INDEX)),
        definition(B, at(parted.terms["B"], INDEX)),
    )


def diagonal_entries(parted: Derivation) -> MatrixExpr | None:
    """The name d_t of the diagonal that a diagonal split keeps, in products over many steps; None for other splits."""
    if kept_names(parted) != (DIAGONAL,) or not isinstance(parted.terms["A"], DiagMatrix):
        return None
    return Signal(free_name(parted.cell, "d", "own"), parted.shape[0], 1, T)


def kept_names(parted: Derivation) -> tuple[str, ...]:
    """The names of the terms that a split keeps in A."""
    return parted.parameters.keep if isinstance(parted.parameters, Parting) else ()
