"""Splits of the state Jacobian by its named terms: J = A + B, and J_j = A_j + eps B_j along a trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr

from symgate.derive.jacobians import DRIVE, RETENTION, jacobian
from symgate.errors import UnknownNameError, unknown
from symgate.notation import Signal
from symgate.notation.sequences import J as INDEX
from symgate.notation.sequences import at
from symgate.records import Cell, Derivation, add_up

#: The splits of the papers: what is kept whole.  "gate" treats the sensitivity of the gate as the perturbation.
SPLITS = {"drive": (DRIVE,), "retention": (RETENTION,), "gate": (RETENTION, DRIVE)}


def split(J: Derivation | Cell, keep: str | Sequence[str]) -> Derivation:
    """Split the state Jacobian J = A + B by its named terms.

    Args:
        J: the state Jacobian of a cell, or the cell.
        keep: the names of the terms that form A, such as ("retention",); or the name of a split,
            "drive" (A is the drive), "retention" (A is the retention), "gate" (B is the gate term).

    Returns:
        A derivation with the two terms "A" and "B"; each is (n, n), state per state.  It is proved,
        printed and exported like the Jacobian itself.

    Raises:
        UnknownNameError: ``keep`` names a term that the Jacobian does not have, everything, or nothing.

    Source: arXiv:2508.12121.  Law: ``tests/derive/test_expansion.py``.
    """
    whole = jacobian(J) if isinstance(J, Cell) else J
    if whole.form != "jacobian" or whole.wrt not in [state.before for state in whole.cell.states]:
        raise UnknownNameError(
            f"A split is of the state Jacobian; {whole.name} is no such thing. Use sg.jacobian(cell)."
        )
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
    if not kept or not rest:
        raise UnknownNameError(
            f"A split keeps some terms and leaves some; keep = {keep!r} {'keeps all' if kept else 'keeps none'} of "
            f"the terms {', '.join(whole.terms)} of {whole.name}."
        )
    label = keep if isinstance(keep, str) else "_".join(names)
    return replace(
        whole,
        name=f"{whole.cell.name}_split_{label}",
        named_terms=(("A", add_up(kept)), ("B", add_up(rest))),
        claim="Identity: A and B add up to the Jacobian.",
    )


def over_steps(parted: Derivation) -> tuple[tuple[Expr, Expr], ...]:
    """What A_j and B_j of step j stand for."""
    size = parted.shape[0]
    return tuple((Signal(name, size, size, INDEX), at(parted.terms[name], INDEX)) for name in "AB")
