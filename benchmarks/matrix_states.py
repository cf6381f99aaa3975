"""Cells with matrix states: derivations, proofs, Jacobian-vector products and training beside jax, in processor time.

python benchmarks/matrix_states.py              # writes benchmarks/matrix_states.json
python benchmarks/matrix_states.py --quick      # fewer repeats, prints only

Contenders take turns; a figure is the median over the turns, of the time that the processor worked, all threads.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import jax  # noqa: E402 - one thread is set above
import numpy as np  # noqa: E402
from jax import numpy as jnp  # noqa: E402

import symgate as sg  # noqa: E402
from symgate.cells import MATRIX  # noqa: E402
from symgate.exporting import trained, whole  # noqa: E402
from symgate.numeric.load import load_module  # noqa: E402
from symgate.records import Cell  # noqa: E402
from tests.reference.matrix import MATRIX_REFERENCE  # noqa: E402 - the recurrences typed from the papers

SIZES, STEPS, BATCH, INPUTS = (32, 64), 64, 8, 32
RUN = ("linear_attention", "delta_net", "gated_delta_net", "mlstm")
NUMPY, OURS, THEIRS = "symgate, NumPy", "symgate, jax", "jax.grad through lax.scan"


def seconds(action: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def medians(work: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """The median of each contender, after one turn that does not count."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(turns + 1):
        for name, action in work.items():
            took = seconds(action)
            if turn:
                found[name].append(took)
    return {name: statistics.median(values) for name, values in found.items()}


def proofs(cell: Cell) -> dict[str, float]:
    """Seconds to derive and to prove the adjoint and all gradients over time, and the number of results."""
    names = ["adjoint", *(f"gradient:{item.name}" for item in cell.parameters)]
    start = time.process_time()
    found = [sg.result(cell, name) for name in names]
    derived = time.process_time() - start
    start = time.process_time()
    assert all(sg.verify(item).proved for item in found), cell.name
    return {"results": len(names), "derive": derived, "prove": time.process_time() - start}


def drawn(cell: Cell, n: int) -> dict[str, np.ndarray]:
    """Values for everything, states with a batch, inputs with time and a batch."""
    sizes = {str(size): n for size in cell.dimensions} | {"m": INPUTS, "p": INPUTS, "r": 16, "s": 1}
    rng = np.random.default_rng(0)
    leads = {"u": (STEPS, BATCH)} | {state.name: (BATCH,) for state in cell.states}
    values = {}
    for name, symbol in cell.symbols.items():
        core = [sizes[str(size)] for size in getattr(symbol, "shape", ()) if size != 1]
        scale = core[-1] ** -0.5 if core and name not in leads else 0.3
        values[name] = scale * rng.standard_normal((*leads.get(name, ()), *core))
    return values


def along(cell: Cell, n: int, turns: int) -> dict[str, float]:
    """(dC_t/dC_{t-1})[dC] of a batch."""
    values, change = drawn(cell, n), np.random.default_rng(1).standard_normal((BATCH, n, n))
    point = {**values, "u": values["u"][0]}
    run = sg.lambdify(sg.jacobian(cell, "C", "C"))
    ours = {**point, str(sg.jacobian(cell, "C", "C").cotangent.name): change}
    params = {str(item.name): jnp.asarray(point[str(item.name)]) for item in cell.parameters}

    def step(one: dict[str, Any]) -> Any:
        return MATRIX_REFERENCE[cell.name](jnp, **one, **params)["C"]

    states = {name: jnp.asarray(point[name]) for name in (*(s.name for s in cell.states), "u")}

    @jax.jit
    def theirs(every: dict[str, Any], moved: Any) -> Any:
        def alone(one: dict[str, Any], d: Any) -> Any:
            return jax.jvp(lambda C: step({**one, "C": C}), (one["C"],), (d,))[1]

        return jax.vmap(alone)(every, moved)

    np.testing.assert_allclose(run(**ours), theirs(states, change), rtol=1e-10, atol=1e-11)
    moved = jnp.asarray(change)
    work = {NUMPY: lambda: run(**ours), "jax.jvp": lambda: theirs(states, moved).block_until_ready()}
    return medians(work, turns)


def training(cell: Cell, n: int, turns: int) -> dict[str, float]:
    """Forward and backward of a batch of sequences, by every parameter."""
    values = drawn(cell, n)
    lam = np.random.default_rng(2).standard_normal((STEPS, BATCH, n, n))
    own = load_module(whole(cell, "numpy"), cell.name)
    letter = vars(own)["_LAMS"][0]

    def in_numpy() -> dict[str, np.ndarray]:
        return own.backward(own.forward(**values)[1], **{letter: lam})

    arrays = {name: jnp.asarray(value) for name, value in values.items()}
    fixed = {name: arrays[name] for name in ("u", *(state.name for state in cell.states))}
    params = {name: value for name, value in arrays.items() if name not in fixed}
    module = load_module(trained(cell, "jax"), f"{cell.name}_jax")

    def ours(given: dict[str, Any]) -> Any:
        return jnp.sum(lam * module.sequence(**fixed, **given)[0])

    def theirs(given: dict[str, Any]) -> Any:
        def one(now: dict[str, Any], inputs: Any) -> Any:
            def step(before: dict[str, Any], u: Any) -> Any:
                after = MATRIX_REFERENCE[cell.name](jnp, **before, u=u, **given)
                return after, after["C"]

            return jax.lax.scan(step, now, inputs)[1]

        states = {state.name: fixed[state.name] for state in cell.states}
        return jnp.sum(lam * jax.vmap(one, in_axes=(0, 1), out_axes=1)(states, fixed["u"]))

    by_ours, by_theirs = jax.jit(jax.grad(ours)), jax.jit(jax.grad(theirs))
    found, wanted, plain = by_ours(params), by_theirs(params), in_numpy()
    for name, value in wanted.items():
        scale = max(1.0, float(jnp.max(jnp.abs(value))))
        np.testing.assert_allclose(found[name], value, rtol=1e-10, atol=1e-11 * scale)
        np.testing.assert_allclose(plain[name], value, rtol=1e-10, atol=1e-11 * scale)
    work = {
        NUMPY: in_numpy,
        OURS: lambda: jax.block_until_ready(by_ours(params)),
        THEIRS: lambda: jax.block_until_ready(by_theirs(params)),
    }
    return medians(work, turns)


def main() -> None:
    """Measure, print, write."""
    jax.config.update("jax_enable_x64", val=True)
    quick = "--quick" in sys.argv
    table: dict[str, Any] = {"steps": STEPS, "batch": BATCH, "inputs": INPUTS, "dtype": "float64"}
    table["proofs"] = {cell.name: proofs(cell) for cell in MATRIX}
    print(json.dumps(table["proofs"], indent=1), flush=True)
    for what, measure, turns in (("jvp", along, 200), ("training", training, 9)):
        table[what] = {}
        for name in RUN:
            for n in SIZES:
                row = measure(sg.cell(name), n, turns // 10 + 2 if quick else turns)
                table[what][f"{name}, n = d = {n}"] = row
                print(what, name, n, {key: round(1e3 * value, 4) for key, value in row.items()}, "ms", flush=True)
    if not quick:
        (HERE / "matrix_states.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
