"""Measure exports of the array API target on a GPU: the Jacobian of the multi gate beside automatic differentiation.

python benchmarks/gpu.py            # writes benchmarks/gpu.json; says so and stops where PyTorch and JAX find no GPU
python benchmarks/gpu.py --cpu      # the same comparison on the CPU, to try the script; nothing is written

Wall time from the call until the device has finished, contenders in turn in one process, medians over turns of several
calls.  Every result is first compared with the NumPy target.  The limit is the filling of an array like the output.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # the device is shared with PyTorch

import numpy as np

import symgate as sg

CELL = sg.cell("multi_gate", phi="tanh")
SIZES = ((64, 64), (256, 128), (1200, 64), (4096, 128), (1, 512))
TURNS = 11
HERE = Path(__file__).resolve().parent
ON_CPU = "--cpu" in sys.argv
Call = Callable[[], Any]
Work = dict[str, tuple[Call, Call]]


def point(batch: int, n: int, dtype: str, m: int = 4) -> dict[str, np.ndarray]:
    """Arguments of the cell."""
    rng, shapes = np.random.default_rng(0), {"x": (batch, n), "u": (batch, m), "W_r": (n, n), "W_i": (n, m), "b": (n,)}
    shapes |= {"W_g": (n, n), "V_g": (n, m), "b_g": (n,)}
    drawn = {name: rng.standard_normal(shape) / np.sqrt(n if shape == (n, n) else 1) for name, shape in shapes.items()}
    return {name: value.astype(dtype) for name, value in drawn.items()}


def step(functions: Any, sigmoid: Call, x: Any, u: Any, p: dict[str, Any]) -> Any:
    """The recurrence for one point, as people hand it to automatic differentiation."""
    g = sigmoid(p["W_g"] @ x + p["V_g"] @ u + p["b_g"])
    return (1 - g) * x + g * functions.tanh(p["W_r"] @ x + p["W_i"] @ u + p["b"])


def with_torch(given: dict[str, np.ndarray]) -> tuple[str, Work]:
    """The device, and calls with what waits for them."""
    import torch

    device = "cpu" if ON_CPU else "cuda"
    p = {name: torch.asarray(value, device=device) for name, value in given.items()}
    batch, n = given["x"].shape
    out = torch.empty((batch, n, n), dtype=p["x"].dtype, device=device)

    def wait() -> None:
        if not ON_CPU:
            torch.cuda.synchronize()

    f = sg.lambdify(sg.jacobian(CELL), "array_api")
    torch.compiler.reset()
    compiled = torch.compile(f._call, fullgraph=True)  # noqa: SLF001 - the function itself, without its checks
    of_step = torch.func.vmap(torch.func.jacrev(lambda x, u: step(torch, torch.sigmoid, x, u, p)))
    calls: dict[str, Call] = {
        "fill of the output": lambda: out.fill_(0.0),
        "symgate": lambda: f(**p),
        "symgate, torch.compile": lambda: compiled(**p),
        "torch vmap(jacrev)": lambda: of_step(p["x"], p["u"]),
    }
    name = "CPU" if ON_CPU else torch.cuda.get_device_name()
    return f"PyTorch {torch.__version__}, {name}", {key: (call, wait) for key, call in calls.items()}


def with_jax(given: dict[str, np.ndarray]) -> tuple[str, Work]:
    """The device, and calls with what waits for them; float32 in full precision, not in a shorter format."""
    import jax

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX's signature
    jax.config.update("jax_default_matmul_precision", "highest")
    p = {name: jax.numpy.asarray(value) for name, value in given.items()}
    f = jax.jit(sg.lambdify(sg.jacobian(CELL), "array_api")._call)  # noqa: SLF001 - the function without its checks
    forward = jax.jit(jax.vmap(jax.jacfwd(lambda x, u, p: step(jax.numpy, jax.nn.sigmoid, x, u, p)), (0, 0, None)))
    fill = jax.jit(lambda value: jax.numpy.full((*p["x"].shape, p["x"].shape[-1]), value))
    value = p["b"][0]
    calls: dict[str, Call] = {
        "fill of the output": lambda: jax.block_until_ready(fill(value)),
        "symgate, jit": lambda: jax.block_until_ready(f(**p)),
        "jax jit(vmap(jacfwd))": lambda: jax.block_until_ready(forward(p["x"], p["u"], p)),
    }
    (device, *_) = jax.devices()
    return f"JAX {jax.__version__}, {device.device_kind}", {key: (call, lambda: None) for key, call in calls.items()}


def rows(work: Work) -> dict[str, dict[str, float]]:
    """Wall time of one call, in milliseconds: the median over turns, and quartiles."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    calls = {name: _calls(*pair) for name, pair in work.items()}
    for _ in range(TURNS):
        for name, (call, wait) in work.items():
            call()
            wait()
            start = time.perf_counter()
            for _ in range(calls[name]):
                call()
            wait()
            taken[name].append(1e3 * (time.perf_counter() - start) / calls[name])
    found = {}
    for name, values in taken.items():
        low, _, high = statistics.quantiles(values, n=4)
        found[name] = {"ms": statistics.median(values), "low": low, "high": high}
    return found


def _calls(call: Call, wait: Call) -> int:
    """How many calls take about ten milliseconds."""
    for _ in range(3):
        start = time.perf_counter()
        call()
        wait()
        taken = time.perf_counter() - start
    return max(2, min(200, int(1e-2 / taken)))


def table() -> Iterator[dict[str, Any]]:
    """Every library, dtype and size."""
    for library, contenders in (("torch", with_torch), ("jax", with_jax)):
        if not find_spec(library) or not (ON_CPU or _has_gpu(library)):
            print(f"{library}: not installed, or without a GPU")
            continue
        for dtype in ("float64", "float32"):
            for batch, n in SIZES[:3] if ON_CPU else SIZES:
                given = point(batch, n, dtype)
                expected = sg.lambdify(sg.jacobian(CELL))(**given)
                device, work = contenders(given)
                rtol, atol = (1e-9, 1e-11) if dtype == "float64" else (1e-3, 1e-4)
                for name, (call, _) in list(work.items()):
                    if name == "fill of the output":
                        continue
                    try:
                        found = call()
                    except Exception as error:  # noqa: BLE001 - a contender that cannot is named and left out
                        print(f"{name}: {type(error).__name__}: {error}".splitlines()[0], flush=True)
                        del work[name]
                        continue
                    value = np.asarray(found.cpu() if hasattr(found, "cpu") else found)
                    np.testing.assert_allclose(value, expected, rtol=rtol, atol=atol, err_msg=name)
                yield {"device": device, "dtype": dtype, "batch": batch, "n": n, "rows": rows(work)}


def _has_gpu(library: str) -> bool:
    if library == "torch":
        import torch

        return torch.cuda.is_available()
    import jax

    return jax.default_backend() == "gpu"


def main() -> None:
    """Measure everything and write it down."""
    found = []
    for entry in table():
        found.append(entry)
        times = {name: f"{1e3 * row['ms']:.4g}" for name, row in entry["rows"].items()}
        print(
            f"{entry['device']}, {entry['dtype']}, batch {entry['batch']}, n {entry['n']}, microseconds:",
            times,
            flush=True,
        )
    if found and not ON_CPU:
        (HERE / "gpu.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
