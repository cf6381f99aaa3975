"""Cells and functions on every target, random cells by route, the length of cell files: how many pass, of how many.

python benchmarks/language.py [--drawn N] [PART ..]   # parts: see --help; writes benchmarks/language.json

A function passes on a target and in a precision where its value and its slope are right at every point: at the kinks
and beside them, in the ordinary range, and at +-1000.  The truth is its formula in 800 digits.  A cell passes where
every derivative is right: on the targets of single steps against complex step of the recurrence as published, on the
targets that train against the derivative through time of the same recurrence, by complex step.  Those recurrences are
typed a second time in ``tests/reference``.  Cells with matrix states count where a target offers them.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import jax  # noqa: E402
import mpmath  # noqa: E402
import sympy  # noqa: E402
import torch  # noqa: E402
from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import symgate as sg  # noqa: E402
from benchmarks import language_matrices as matrices  # noqa: E402
from symgate.cells import LIBRARY, MATRIX  # noqa: E402
from symgate.exporting import trained  # noqa: E402
from symgate.nonlinearities import nonlinearity, registered_nonlinearities  # noqa: E402
from symgate.nonlinearities.record import Z  # noqa: E402
from symgate.numeric.load import load_module  # noqa: E402
from symgate.records import Cell  # noqa: E402
from tests.codegen import test_conformance as steps_of  # noqa: E402
from tests.codegen.training import cases  # noqa: E402
from tests.in_jax import gradients  # noqa: E402
from tests.oracles import complex_step  # noqa: E402
from tests.strategies import whole_cells  # noqa: E402
from tests.test_whole_language import Course  # noqa: E402

mp = mpmath.mp
mp.dps = 800

#: The points of a function, besides its kinks and their neighbours.
POINTS = (-1000, -88, -30, -6, -2.5, -1, -0.5, -1e-3, 1e-3, 0.5, 1, 2.5, 6, 30, 88, 1000)
TRAINING = ("torch", "jax")
DTYPES = {"float64": np.float64, "float32": np.float32}
Row = dict[str, Any]


# functions


def library(name: str) -> Callable[[np.ndarray], Any]:
    """What makes arrays of a library of NumPy arrays."""
    return importlib.import_module(name).asarray


def points(entry: Any, dtype: type) -> np.ndarray:
    """Where a function is asked for."""
    found = {*POINTS, 0.0}
    for kink in map(float, entry.kinks):
        gap = float(np.finfo(dtype).tiny) if kink == 0 else abs(kink) * float(np.finfo(dtype).eps)
        found |= {kink, kink + gap, kink - gap}  # beside 0 the smallest normal numbers: jax counts what is below as 0
    z = np.array(sorted(found), dtype)
    return z[z > 0] if entry.domain in {"positive", "nonnegative"} else z[z != 0] if entry.domain == "nonzero" else z


def values_of(name: str, target: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f and f' as generated code has them: one unit of the plain cell, x_t = f(0 x + 1 u + 0)."""
    one = sg.cell("plain", phi=name)
    kind = z.dtype
    point = {"x": np.zeros((len(z), 1), kind), "u": z[:, None], "W_r": np.zeros((1, 1), kind)}
    point |= {"W_i": np.ones((1, 1), kind), "b": np.zeros(1, kind)}
    if target in TRAINING:
        return trained_values(one, target, point)
    word, package = steps_of.LIBRARIES[target]
    if word == "numba":
        parts = [("step", one), ("slope", sg.jacobian(one, "u"))]
        module = steps_of.uncompiled(steps_of.suite(parts, "numba"), "one")
        value, slope = module.step(**point), module.slope(**point)
    else:
        given_ = {key: library(package)(item) for key, item in point.items()}
        value, slope = sg.lambdify(one, word)(**given_), sg.lambdify(sg.jacobian(one, "u"), word)(**given_)
    return tuple(checked(steps_of.on_host(item).reshape(-1), kind) for item in (value, slope))  # type: ignore[return-value]


def trained_values(one: Cell, target: str, point: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """f, and f' as the backward pass of a module to train with has it."""
    module, kind = load_module(trained(one, target), f"one_{target}"), point["u"].dtype
    sequence = {**point, "u": point["u"][None]}
    if target == "torch":
        given_ = {key: torch.tensor(item, requires_grad=key == "u") for key, item in sequence.items()}
        (after,) = module.sequence(*given_.values())
        (slope,) = torch.autograd.grad(after.sum(), [given_["u"]])
        return checked(after.detach().numpy().reshape(-1), kind), checked(slope.numpy().reshape(-1), kind)
    given_ = {key: jax.numpy.asarray(item) for key, item in sequence.items()}
    (after,) = module.sequence(**given_)
    slope = jax.grad(lambda u: module.sequence(**{**given_, "u": u})[0].sum())(given_["u"])
    return checked(np.asarray(after).reshape(-1), kind), checked(np.asarray(slope).reshape(-1), kind)


def checked(value: np.ndarray, kind: Any) -> np.ndarray:
    """The array, which must have kept its precision."""
    if value.dtype != kind:
        raise TypeError(f"{kind} became {value.dtype}")
    return value


def truths(entry: Any, z: np.ndarray, order: int) -> list[tuple[mpmath.mpf, ...]]:
    """The value; or the slope, at a kink from the left and from the right, by differences that are small enough."""
    f = sympy.lambdify(Z, entry.formula, [{"Heaviside": heaviside}, "mpmath"])
    if order == 0:
        return [(mp.mpf(f(mp.mpf(float(at)))),) for at in z]
    kinks, found = [mp.mpf(float(kink)) for kink in entry.kinks], []
    for at in (mp.mpf(float(at)) for at in z):
        step = mp.mpf(10) ** -40 * min([mp.mpf(1), *(abs(at - kink) for kink in kinks if kink != at)])
        if at in kinks:
            found.append(((f(at) - f(at - step)) / step, (f(at + step) - f(at)) / step))
        else:
            found.append(((f(at + step) - f(at - step)) / (2 * step),))
    return found


def heaviside(z: mpmath.mpf, *_: Any) -> mpmath.mpf:
    """0 up to 0, 1 beyond."""
    return mp.mpf(z > 0)


def right(found: np.ndarray, wanted: list[tuple[mpmath.mpf, ...]], z: np.ndarray) -> bool:
    """Within 64 roundings of the value, over its size and that of z far out; at a kink between the two slopes."""
    eps, largest = float(np.finfo(found.dtype).eps), mp.mpf(float(np.finfo(found.dtype).max))
    for value, truth, at in zip(found, wanted, z, strict=True):
        low, high = min(truth), max(truth)
        slack = 64 * eps * max(abs(low), abs(high), 1 if abs(at) < 30 else mp.sqrt(abs(float(at))))
        if np.isfinite(value):
            if not low - slack <= mp.mpf(float(value)) <= high + slack:
                return False
        elif not np.isinf(value) or max(abs(low), abs(high)) < largest or (high > 0) != (value > 0):
            return False
    return True


def functions() -> Row:
    """Every registered function on every target, in both precisions."""
    names = [name for name in registered_nonlinearities() if not nonlinearity(name).opaque]
    passed, failed = Counter[str](), list[str]()
    targets = [*steps_of.LIBRARIES, *(f"{word}, training" for word in TRAINING)]
    for name in names:
        entry = nonlinearity(name)
        for label, dtype in DTYPES.items():
            z = points(entry, dtype)
            wanted = [truths(entry, z, order) for order in (0, 1)]
            for target in targets:
                with np.errstate(all="ignore"):
                    found = values_of(name, target.removesuffix(", training"), z)
                good = all(right(value, truth, z) for value, truth in zip(found, wanted, strict=True))
                passed[target] += good
                if not good:
                    failed.append(f"{name}, {target}, {label}")
        print(f"functions: {name}", flush=True)
    return {
        "functions": len(names),
        "of": 2 * len(names),
        "passed": {word: passed[word] for word in targets},
        "failed": failed,
    }


# cells


def cells() -> Row:
    """Every cell with vector states on every target."""
    return counted(LIBRARY, told)


def matrix_cells() -> Row:
    """Every cell with matrix states on every target that has code for it."""
    return counted(MATRIX, lambda cell: matrices.told(cell, library))


def counted(every: tuple[Cell, ...], outcome: Callable[[Cell], Iterator[tuple[str, list[str] | None]]]) -> Row:
    """How many cells pass on each target, of how many for which the target has code."""
    passed, failed, of, missing = Counter[str](), list[str](), Counter[str](), Counter[str]()
    targets = [*steps_of.LIBRARIES, *(f"{word}, training" for word in TRAINING)]
    for cell in every:
        for target, bad in outcome(cell):
            if bad is None:
                missing[target] += 1
                continue
            of[target] += 1
            passed[target] += not bad
            failed += [f"{cell.name}, {target}: {', '.join(bad)}"] if bad else []
        print(f"cells: {cell.name}", flush=True)
    return {
        "cells": len(every),
        "of": {word: of[word] for word in targets},
        "passed": {word: passed[word] for word in targets},
        "not offered": {word: missing[word] for word in targets if missing[word]},
        "failed": failed,
    }


def told(cell: Cell) -> Iterator[tuple[str, list[str] | None]]:
    """Each target, and which functions are wrong on it."""
    for target, (word, package) in steps_of.LIBRARIES.items():
        module = steps_of.module(cell, word)
        bad = [
            f"{item} ({label})"
            for label, dtype in DTYPES.items()
            for item in steps_of.disagreements(module, cell, library(package), batched=True, dtype=dtype)
        ]
        yield target, bad
    values = cases.point(cell)
    lams = cases.cotangents(cell, values)
    slopes = cases.slopes(cell, values, lams)
    for word in TRAINING:
        yield f"{word}, training", wrong_slopes(cell, word, values, lams, slopes)


def wrong_slopes(cell: Cell, word: str, values: Row, lams: Row, slopes: Row) -> list[str]:
    """The arguments by which the gradient through time is not that of the published recurrence."""
    module = load_module(trained(cell, word), f"{cell.name}_{word}")
    names = [state.name for state in cell.states]
    if word == "torch":
        given_ = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
        found = module.sequence(*given_.values())
        total = sum((torch.tensor(lams[name]) * value).sum() for name, value in zip(names, found, strict=True))
        each = torch.autograd.grad(total, list(given_.values()), allow_unused=True, materialize_grads=True)
        grads = {name: value.numpy() for name, value in zip(values, each, strict=True)}
    else:

        def loss(p: Row) -> Any:
            return sum((lams[name] * value).sum() for name, value in zip(names, module.sequence(**p), strict=True))

        grads = jax.grad(loss)({name: jax.numpy.asarray(value) for name, value in values.items()})
    bad = []
    for name, (direction, slope) in slopes.items():
        value = float((np.asarray(grads[name]) * direction).sum())
        if not abs(value - slope) <= 1e-9 * (1 + abs(slope)):
            bad.append(name)
    return bad


# random cells


def drawn(count: int) -> Row:
    """Cells drawn from the whole language, compared by three routes."""
    tally: dict[str, Counter[str]] = {
        route: Counter() for route in ("complex step of a step", "complex step through time", "jax.grad through time")
    }
    failed = list[str]()

    def note(route: str, cell: Cell, found: Any, wanted: Any) -> None:
        if not np.isfinite(wanted).all() or np.abs(wanted).max(initial=0) > 1e12:
            tally[route]["without a value"] += 1
            return
        scale = max(1.0, float(np.abs(wanted).max(initial=0)))
        good = bool(np.abs(np.asarray(found) - wanted).max(initial=0) <= 1e-9 * scale)
        tally[route]["drawn"] += 1
        tally[route]["agreed"] += good
        if not good:
            failed.append(f"{route}: {cell!r}")

    @given(cell=whole_cells(), seed=st.integers(0, 1000))
    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def draw(cell: Cell, seed: int) -> None:
        course = Course(cell, seed)
        with np.errstate(all="ignore"):
            J = sg.lambdify(sg.jacobian(cell, "x", "x"))(**course.point)
            note("complex step of a step", cell, J, complex_step(cell, course.point, "x", course.sizes, of="x"))
            mine, slope = course.found(), course.slope()
            theirs = gradients(cell, course.point, course.inputs, course.pushes, course.sizes)
            note("complex step through time", cell, course.total(mine), slope)
            whole = [np.concatenate([np.ravel(part[key]) for key in course.params]) for part in (mine, theirs)]
            note("jax.grad through time", cell, *whole)

    draw()
    return {route: dict(row) for route, row in tally.items()} | {"failed": failed}


# files


def lines() -> Row:
    """The lines of every cell file: all, and those of code (without blanks, comments and the docstring on top)."""
    found = {}
    for cell in (*LIBRARY, *MATRIX):
        text = (HERE.parent / "symgate" / "cells" / f"{cell.name}.py").read_text()
        whole = text.splitlines()
        top = text.split('"""')[1].count("\n") + 1
        code = sum(1 for line in whole if line.strip() and not line.strip().startswith("#")) - top
        found[cell.name] = {"lines": len(whole), "code": code, "equations": len(cell.assignments) + len(cell.states)}
    return found


PARTS: dict[str, Callable[..., Any]] = {
    "lines": lines,
    "functions": functions,
    "drawn": drawn,
    "cells": cells,
    "matrix_cells": matrix_cells,
}


def main() -> None:
    """Measure the parts asked for, and keep the others as they were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="functions, cells, matrix_cells, drawn, lines (default: all)"
    )
    parser.add_argument("--drawn", type=int, default=500, metavar="N", help="random cells (default: 500)")
    options = parser.parse_args()
    jax.config.update("jax_enable_x64", val=True)
    work: dict[str, Callable[[], Any]] = {
        name: functools.partial(drawn, options.drawn) if name == "drawn" else PARTS[name] for name in PARTS
    }
    target = Path(__file__).with_suffix(".json")
    results: Row = json.loads(target.read_text()) if target.is_file() else {}
    for name in options.parts or work:
        results[name] = work[name]()
        print(name, json.dumps(results[name], indent=1), flush=True)
        target.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
