"""What a formula claims to be, and for what a proved one holds, in words."""

from __future__ import annotations

from collections.abc import Sequence

from symgate.proof import layout
from symgate.proof.decision.outcome import Level
from symgate.proof.functions import Functions
from symgate.records import Derivation, Kind


def name_of(derivation: Derivation) -> str:
    """What the formula claims to be, in words."""
    of, wrt, cell = derivation.of, derivation.wrt, derivation.cell.name
    if derivation.kind is Kind.VJP:
        return f"The stated gradient of dot({derivation.cotangent}, {of}) by {wrt} of cell {cell}"
    if derivation.kind is Kind.DIAGONAL:
        return f"The stated diagonal of d{of}/d{wrt} of cell {cell}"
    if not derivation.one_step:
        return f"The stated {derivation.kind.value} of cell {cell}"
    tail = " on column-major vec" if derivation.kind is Kind.KRONECKER else ""
    return f"The stated derivative d{of}/d{wrt}{tail} of cell {cell}"


def scope(derivation: Derivation, level: Level, given: Sequence[str]) -> str:
    """For what a proved formula holds."""
    if derivation.kind in (Kind.WINDOW, Kind.ENVELOPE):
        return "holds for all positive values of its letters, lags in its domain."
    dims = " and ".join(map(str, derivation.cell.dimensions))
    steps = "" if derivation.one_step or derivation.kind is Kind.STATE_JACOBIAN else "for every number of steps, "
    words = f"holds {steps}for all sizes {dims}" if dims else f"holds {steps}for all values"
    words = f"{words} and all values" if dims else words
    names = layout.function_names(derivation)
    own = Functions(derivation.cell.functions, level.value)
    used = [name for name in names if own.known(name) is not None]
    free = [name for name in names if name not in used]
    if free:
        words += f", and any differentiable functions in place of {' and '.join(free)}"
    provided = [item for item in given if not item.endswith("is differentiable")]
    if provided:
        words += f", provided that {' and '.join(provided)}"
    if level is Level.OPAQUE or not used:
        return words + "."
    bound = dict(derivation.cell.functions) if level is Level.BOUND else {}
    facts = ", ".join(f"{name} = {bound[name]}" if bound.get(name) else _known_by(own, name) for name in used)
    return f"{words}; it uses {facts}, and nothing is said about other functions."


def _known_by(own: Functions, name: str) -> str:
    by_rule = own.in_value(name, 1) or own.in_argument(name, 0)
    return f"the value rule of {name}" if by_rule else f"the formula of {name}"
