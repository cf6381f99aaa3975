"""From the evidence of the routes to a verdict.

proved      the entrywise route and the modular route hold exactly, for all sizes, and nothing contradicts them;
refuted     a concrete case in which the formula is wrong was found;
undecided   anything else, agreement in floating point included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, overload

from symgate.errors import unknown
from symgate.language.continuous import Discretisation
from symgate.proof import entrywise, layout, limits, modular, numeric, witness
from symgate.proof.certificate import PROVED, REFUTED, UNDECIDED, Certificate, Evidence, Witness
from symgate.proof.continuous import verify_discretisation
from symgate.proof.functions import BOUND, OPAQUE, Functions, levels
from symgate.proof.sequences import KINDS as SEQUENCES
from symgate.proof.sequences import verify_blocks, verify_sequence
from symgate.records import Cell, Derivation, Kind

ROUTES = (entrywise.ROUTE, modular.ROUTE, numeric.ROUTE, numeric.AUTODIFF, limits.ROUTE)


@overload
def verify(
    derivation: Derivation | Discretisation,
    *,
    reference: numeric.Reference | None = None,
    routes: Sequence[str] = ROUTES,
    sizes: Sequence[Mapping[str, int]] | None = None,
    time_limit: float = 20.0,
    seed: int = 0,
) -> Certificate: ...
@overload
def verify(
    derivation: Iterable[Derivation],
    *,
    reference: numeric.Reference | None = None,
    routes: Sequence[str] = ROUTES,
    sizes: Sequence[Mapping[str, int]] | None = None,
    time_limit: float = 20.0,
    seed: int = 0,
) -> tuple[Certificate, ...]: ...
def verify(
    derivation: Derivation | Discretisation | Iterable[Derivation],
    *,
    reference: numeric.Reference | None = None,
    routes: Sequence[str] = ROUTES,
    sizes: Sequence[Mapping[str, int]] | None = None,
    time_limit: float = 20.0,
    seed: int = 0,
) -> Certificate | tuple[Certificate, ...]:
    """Judge a derived formula against the recurrence of its cell, by routes that share no rule with the calculus.

    Args:
        derivation: the formula, or several; or a discretisation from :func:`symgate.continuous_time`.
        reference: the step typed independently in NumPy, for the numeric route: called with keyword arguments named
            as the symbols of the cell, vectors of shape (n,), complex values included.
        routes: which routes to take; a proof needs "entrywise" and "modular".
        sizes: the sizes of the modular route, such as [{"n": 2, "m": 1}]; default: six up to n = 32.
        time_limit: seconds for the entrywise route; beyond, the verdict is "undecided".
        seed: of all random points; the same seed gives the same certificate, seconds aside.

    Returns:
        A certificate; a tuple of them for several formulas.

    Raises:
        ShapeError: the right side has not the shape of such a derivative.
        UnknownNameError: a route or a size that does not exist.

    Source: ``docs/proof.md``.  Law: ``tests/proof/test_judge.py``.
    """
    if isinstance(derivation, Cell):
        raise TypeError("verify judges derivations; for everything of a cell write verify(objects(cell)).")
    if isinstance(derivation, Discretisation):
        return verify_discretisation(derivation)
    if not isinstance(derivation, Derivation):
        options: dict[str, Any] = {"reference": reference, "routes": routes, "sizes": sizes}
        return tuple(verify(item, time_limit=time_limit, seed=seed, **options) for item in derivation)
    for route in routes:
        if route not in ROUTES:
            raise unknown("route", route, ROUTES)
    if derivation.kind in SEQUENCES:
        return verify_sequence(derivation, _one_step, seed=seed)
    if derivation.in_blocks and derivation.kind in {Kind.STATE_JACOBIAN, Kind.SPLIT}:
        return verify_blocks(derivation, _one_step)
    if derivation.kind not in layout.KINDS:
        known = sorted(kind.value for kind in (*layout.KINDS, *SEQUENCES))
        raise unknown("kind with a judge", derivation.kind.value, known)
    if derivation.wrt not in {
        *derivation.cell.symbols.values(),
        *(item.symbol for item in derivation.cell.assignments),
    }:
        raise unknown(f"symbol of cell {derivation.cell.name!r}", derivation.wrt, derivation.cell.symbols)
    evidence, level = _exact(derivation, routes, _sizes(derivation, sizes), time_limit, seed)
    if numeric.ROUTE in routes:
        evidence.append(numeric.check(derivation, reference=reference, seed=seed))
    if numeric.AUTODIFF in routes:
        evidence.append(numeric.autodiff(derivation, seed=seed))
    if limits.ROUTE in routes:
        evidence.append(limits.check(derivation, level, seed=seed))
    return _verdict(derivation, evidence, level, seed)


@lru_cache(maxsize=256)
def _one_step(derivation: Derivation) -> Certificate:
    """The proof of a factor of a derivation over many steps."""
    return verify(derivation, routes=(entrywise.ROUTE, modular.ROUTE))


def _exact(
    derivation: Derivation, routes: Sequence[str], sizes: Any, time_limit: float, seed: int
) -> tuple[list[Evidence], str]:
    """The two exact routes, at the strongest level of generality at which they hold."""
    steps = levels(derivation.cell, layout.function_names(derivation))
    found: list[Evidence] = []
    at = 0
    if modular.ROUTE in routes:
        tried = _climb(steps, lambda level: modular.check(derivation, level, sizes=sizes, seed=seed))
        found.append(tried[-1])
        at = len(tried) - 1
    if entrywise.ROUTE in routes:
        tried = _climb(steps[at:], lambda level: entrywise.check(derivation, level, time_limit=time_limit))
        found.insert(0, tried[-1])
        at += len(tried) - 1
    return found, steps[at]


def _climb(steps: Sequence[str], check: Callable[[str], Evidence]) -> list[Evidence]:
    """What a route finds level by level, up to the first at which it does not fail."""
    found: list[Evidence] = []
    for level in steps:
        found.append(check(level))
        if found[-1].passed is not False:
            break
    return found


def _verdict(derivation: Derivation, evidence: list[Evidence], level: str, seed: int) -> Certificate:
    """The verdict, in words."""
    by_route = {item.route: item for item in evidence}
    exact = [by_route.get(route) for route in (entrywise.ROUTE, modular.ROUTE)]
    failed = [item for item in evidence if item.passed is False]
    subject, name = derivation.name, _name(derivation)
    if all(item is not None and item.passed for item in exact):
        if not failed:
            return Certificate(subject, PROVED, f"{name} {_scope(derivation, level)}", tuple(evidence))
        told = "; ".join(f"{item.route}: {item.detail}" for item in failed)
        statement = (
            f"{name} is the exact derivative of the recurrence as the cell states it, but another route disagrees, so "
            f"the cell and what it was compared with are different recurrences or a route is at fault ({told})."
        )
        return Certificate(subject, UNDECIDED, statement, tuple(evidence))
    case: Witness | None = witness.find(derivation, seed=seed) if failed else None
    if case is not None:
        return Certificate(subject, REFUTED, f"{name} is wrong: {case}.", tuple(evidence), case)
    statement = f"{name} is neither proved nor refuted: {_open(exact, failed)}"
    return Certificate(subject, UNDECIDED, statement, tuple(evidence))


def _name(derivation: Derivation) -> str:
    """What the formula claims to be, in words."""
    of, wrt, cell = derivation.of, derivation.wrt, derivation.cell.name
    if derivation.kind is Kind.VJP:
        return f"The stated gradient of dot({derivation.cotangent}, {of}) by {wrt} of cell {cell}"
    if derivation.kind is Kind.DIAGONAL:
        return f"The stated diagonal of d{of}/d{wrt} of cell {cell}"
    tail = " on column-major vec" if derivation.kind is Kind.KRONECKER else ""
    return f"The stated derivative d{of}/d{wrt}{tail} of cell {cell}"


def _scope(derivation: Derivation, level: str) -> str:
    """For what a proved formula holds."""
    cell = derivation.cell
    dims = " and ".join(map(str, cell.dimensions))
    sizes = f"equals that of the recurrence for all sizes {dims}" if dims else "equals that of the recurrence"
    names = layout.function_names(derivation)
    own = Functions(cell.functions, level)
    used = [name for name in names if own.in_value(name, 1) or own.in_argument(name, 0)]
    free = [name for name in names if name not in used]
    words = f"{sizes}, for all values"
    if free:
        words += f" and any differentiable functions in the place of {' and '.join(free)}"
    provided = [item for item in derivation.assumptions if not item.endswith("is differentiable")]
    if provided:
        words += f", provided that {' and '.join(provided)}"
    if level == OPAQUE or not used:
        return words + "."
    bound = dict(cell.functions) if level == BOUND else {}
    facts = ", ".join(f"{name} = {bound[name]}" if bound.get(name) else f"the value rule of {name}" for name in used)
    return f"{words}; it uses {facts}, and nothing is said of other functions there."


def _open(exact: Sequence[Evidence | None], failed: Sequence[Evidence]) -> str:
    """Why there is no verdict."""
    reasons = [f"{item.route} fails ({item.detail}), yet no concrete case differs" for item in failed]
    for route, item in zip((entrywise.ROUTE, modular.ROUTE), exact, strict=True):
        if item is None:
            reasons.append(f"the {route} route was not taken")
        elif item.passed is None:
            reasons.append(f"{route}: {item.detail}")
    return "; ".join(reasons) + ". Agreement of numbers alone is no proof."


def _sizes(derivation: Derivation, sizes: Sequence[Mapping[str, int]] | None) -> Any:
    """Sizes by dimension instead of by name."""
    if sizes is None:
        return None
    known = {str(dim): dim for dim in derivation.cell.dimensions}
    for size in sizes:
        names = {str(name) for name in size}
        if names != known.keys():
            odd = min(names ^ known.keys())
            raise unknown(f"size of cell {derivation.cell.name!r}", odd, known, "Give each of them a number.")
    return [{known[str(name)]: int(value) for name, value in size.items()} for size in sizes]
