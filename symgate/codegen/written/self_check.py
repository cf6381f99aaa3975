"""The check that the module of a whole cell makes of itself: derivatives against differences of the step."""

from __future__ import annotations

from typing import Any

import numpy as np

#: By argument, its shape.  A generated module writes its own.
_SHAPES: dict[str, tuple[str | int, ...]] = {}
#: By argument: "state", "input" or "parameter".  A generated module writes its own.
_KINDS: dict[str, str] = {}
#: The same of: the order of arguments, states, cotangents; each function with its kind, state, argument and direction;
#: those for the Jacobian of all states at once.
_ARGUMENTS: list[str] = []
_STATES: list[str] = []
_LAMS: list[str] = []
_HELD: dict[str, tuple[str, str, str, str]] = {}
_STEPS: dict[str, int] = {}
_WHOLE: list[str] = []
#: Products of all states with a tangent ("jvp") or a cotangent ("vjp") of each, which have these names; by what.
_PRODUCTS: dict[str, tuple[str, list[str], list[str]]] = {}


def _stand_in(*arguments: Any, **named: Any) -> Any:
    """What a generated module defines itself."""
    raise NotImplementedError


step = step_backward = forward = backward = _stand_in


def _check_of_training(errors, drawn, steps=2, h=2e-4):
    """Compare ``step_backward`` and ``backward`` with differences, for a batch of two, along one direction each.

    All arguments are positive, away from poles.
    """
    for function in ("step_backward", "backward"):
        leads = {"state": (2,), "input": (2,) if function == "step_backward" else (steps, 2), "parameter": ()}
        point = {name: 0.3 + np.abs(drawn([*leads[kind], *_SHAPES[name]])) for name, kind in _KINDS.items()}

        def after(moved, function=function, point=point):
            if function == "backward":
                return list(forward(**{**point, **moved}, **_STEPS)[0].values())
            found = step(**{**point, **moved})
            return list(found) if isinstance(found, tuple) else [found]

        lams = {name: drawn(np.shape(value)) for name, value in zip(_LAMS, after({}))}
        if function == "backward":
            found = backward(forward(**point, **_STEPS)[1], **lams)
        else:
            found = step_backward(**point, **lams)
        errors[function] = 0.0
        for name, value in point.items():
            d = drawn(np.shape(value))
            moved = (after({name: value + k * h * d}) for k in (1, -1, 2, -2))
            plus, minus, twice, less = (
                sum(np.sum(lam * part) for lam, part in zip(lams.values(), parts)) for parts in moved
            )
            slope = (8 * (plus - minus) - (twice - less)) / (12 * h)
            error = abs(np.sum(np.asarray(found[name]) * d) - slope) / (1e-8 * (0.01 + abs(slope)))
            errors[function] = max(errors[function], error) if np.isfinite(error) else np.inf


def _check_of_all_states(errors, drawn, point, after, h=1e-3):
    """Compare the Jacobian of all states at once with differences, along one direction of all of them."""
    for name in _WHOLE:
        ways, slopes = {state: drawn(_SHAPES[state]) for state in _STATES}, []
        for of in _STATES:
            moved = ({state: point[state] + k * h * d for state, d in ways.items()} for k in (1, -1, 2, -2))
            plus, minus, twice, less = (after(values, of) for values in moved)
            slopes.append((8 * (plus - minus) - (twice - less)) / (12 * h))
        value, slope = np.asarray(globals()[name](**point)), np.concatenate(slopes)
        gap = np.max(np.abs(value @ np.concatenate(list(ways.values())) - slope))
        errors[name] = gap / (1e-9 * (1 + np.max(np.abs(slope))))
        terms = sum(np.asarray(term) for term in globals()[f"{name}_terms"](**point).values())
        others = {f"{name}_terms": terms}
        if f"{name}_plan" in globals():
            plan = globals()[f"{name}_plan"](**point)
            others[f"{name}_plan"] = plan(**{moving: point[moving] for moving in plan._shapes})
        for other, array in others.items():
            errors[other] = np.max(np.abs(array - value)) / (1e-12 * (1 + np.max(np.abs(value))))


def _check_of_products(errors, drawn, point, after, h=1e-3):
    """Compare products of all states with a tangent or a cotangent with differences, along one direction of all."""
    for name, (kind, letters, by) in _PRODUCTS.items():
        ways, lams, slopes = {s: drawn(_SHAPES[s]) for s in by}, [drawn(_SHAPES[s]) for s in _STATES], []
        for of in _STATES:
            moved = ({one: point[one] + k * h * d for one, d in ways.items()} for k in (1, -1, 2, -2))
            plus, minus, twice, less = (after(values, of) for values in moved)
            slopes.append((8 * (plus - minus) - (twice - less)) / (12 * h))
        given = list(ways.values()) if kind == "jvp" else lams
        found = globals()[name](**point, **dict(zip(letters, given)))
        found, wanted = found if isinstance(found, tuple) else (found,), slopes
        if kind == "vjp":
            found = [sum(np.sum(value * d) for value, d in zip(found, ways.values()))]
            wanted = [sum(np.sum(lam * slope) for lam, slope in zip(lams, slopes))]
        gap = max(np.max(np.abs(np.asarray(a) - b)) for a, b in zip(found, wanted))
        errors[name] = gap / (1e-9 * (1 + max(np.max(np.abs(b)) for b in wanted)))


def _self_check() -> int:
    """Compare every derivative with differences of the step at a random point; print what failed, and count it.

    Differences of fourth order, with steps of 1e-3, are right to about 1e-11.
    """
    rng, sizes, errors, h = np.random.default_rng(0), {}, {}, 1e-3

    def drawn(axes):
        shape = [axis if isinstance(axis, int) else sizes.setdefault(axis, 3 + len(sizes)) for axis in axes]
        return np.asarray(0.5 * rng.standard_normal(shape))

    point = {name: drawn(_SHAPES[name]) for name in _ARGUMENTS}

    def after(moved, of):
        found = step(**{**point, **moved})
        return np.asarray((found if isinstance(found, tuple) else (found,))[_STATES.index(of)])

    _check_of_all_states(errors, drawn, point, after)
    _check_of_products(errors, drawn, point, after)
    for name, (kind, of, by, along) in _HELD.items():
        d, lam = drawn(np.shape(point[by])), drawn(np.shape(after({}, of)))
        plus, minus, twice, less = (after({by: point[by] + k * h * d}, of) for k in (1, -1, 2, -2))
        slope = (8 * (plus - minus) - (twice - less)) / (12 * h)
        extra = {along: {"jvp": d, "vjp": lam}[kind]} if along else {}
        value = np.asarray(globals()[name](**point, **extra))
        found, wanted = value, slope
        if kind == "jacobian":
            found, wanted = value @ np.ravel(d, order="F"), np.ravel(slope, order="F")
        elif kind == "vjp":
            found, wanted = np.sum(value * d), np.sum(lam * slope)
        errors[name] = np.max(np.abs(found - wanted)) / (1e-9 * (1 + np.max(np.abs(wanted))))
        terms = sum(np.asarray(term) for term in globals()[f"{name}_terms"](**point, **extra).values())
        others = {f"{name}_terms": terms}
        if f"{name}_factored" in globals():
            pairs, eye = globals()[f"{name}_factored"](**point), np.eye(*value.shape)
            others[f"{name}_factored"] = sum(c[..., None] * (eye if W is None else W) for c, W in pairs)
        if f"{name}_plan" in globals():
            plan = globals()[f"{name}_plan"](**point)
            others[f"{name}_plan"] = plan(**{moving: point[moving] for moving in plan._shapes})
        for other, array in others.items():
            errors[other] = np.max(np.abs(array - value)) / (1e-12 * (1 + np.max(np.abs(value))))
    _check_of_training(errors, drawn)
    failed = [name for name, error in errors.items() if not error <= 1]
    outcome = f"; failed: {', '.join(failed)}" if failed else ""
    print(f"{len(errors) - len(failed)} of {len(errors)} checks passed{outcome}")
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(1 if _self_check() else 0)
