"""The command that analyses a trained cell: exponents, fixed points, lags, truncated gradients, curvature."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path

import numpy as np

from symgate import numeric, plots
from symgate.cli import console
from symgate.cli.analyses import KNOWN
from symgate.cli.select import find_cell
from symgate.cli.shown import Array, Told
from symgate.errors import OutputError, ShapeError, UnknownNameError
from symgate.interop import load_weights
from symgate.records import Cell

DESCRIPTION = (
    "Analyse a cell with given weights: lyapunov (the spectrum of exponents), fixed-points (and slow points, with "
    "eigenvalues), lags (the gradient lag by lag, and what the effective learning rate predicts), influence (the "
    "gradient carried forward, and its truncations), remainder (the error of expansions of the transport, with "
    "rigorous bounds), curvature (leading eigenvalues of the Hessian and of Gauss-Newton).  "
    "Writes NAME.npz and the figure."
)
EXAMPLES = (
    "symgate analyse lyapunov gru --weights model.pt --steps 2000\n"
    "symgate analyse fixed-points gru --weights model.pt --at 0,0,1\n"
    "symgate analyse lags multi_gate --weights weights.npz --inputs u.npy\n"
    "symgate analyse influence lstm --weights model.pt --steps 50\n"
    "symgate analyse remainder gru --weights model.pt --steps 50 --keep gate\n"
    "symgate analyse curvature gru --weights model.pt --steps 50 -k 8"
)


def add_arguments(parser: ArgumentParser, cell: str, positive: Callable[[str], int]) -> None:
    """The arguments of the command."""
    parser.add_argument("analysis", choices=list(KNOWN), metavar="ANALYSIS", help=" | ".join(KNOWN))
    parser.add_argument("cell", metavar="CELL", help=cell)
    parser.add_argument(
        "--weights", required=True, type=Path, metavar="FILE",
        help="an .npz with an array for every parameter, or with the names of torch.nn; or a .pt state dict",
    )  # fmt: skip
    parser.add_argument("--layer", type=int, default=0, metavar="N", help="which layer of torch (default: 0)")
    parser.add_argument(
        "--inputs", type=Path, metavar="FILE", help="an .npy of shape (T, m) or (B, T, m); default: white noise"
    )
    parser.add_argument("--steps", type=positive, default=500, metavar="T", help="steps of white noise (default: 500)")
    parser.add_argument("--batch", type=positive, default=1, metavar="B", help="sequences of white noise (default: 1)")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of noise and starts (default: 0)")
    parser.add_argument(
        "-k",
        type=positive,
        metavar="K",
        help="lyapunov: how many exponents (default: all); curvature: how many eigenvalues at each end (default: 5)",
    )
    parser.add_argument(
        "--transient", type=int, default=None, metavar="T", help="lyapunov: steps left out (default: a tenth)"
    )
    parser.add_argument("--at", metavar="U,U,..", help="fixed-points: the constant input (default: zeros)")
    parser.add_argument(
        "--starts", type=positive, default=None, metavar="N", help="fixed-points: draw starts (default: states)"
    )
    parser.add_argument("--max-lag", type=positive, metavar="L", help="lags: the longest (default: 64, or T - 1)")
    parser.add_argument(
        "--loss", choices=("last", "every"), default="last",
        help="lags, influence, curvature: half of the squared state after the last step, or after every step",
    )  # fmt: skip
    parser.add_argument(
        "--wrt", metavar="NAME",
        help="lags: the parameter in the figure (default: the first); curvature: only this parameter (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--keep", default="gate", metavar="SPLIT",
        help="remainder: terms that are kept: gate (all but the gate), retention, drive or diagonal (default: gate)",
    )  # fmt: skip
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("symgate-analysis"),
        metavar="DIR",
        help="the folder (default: ./symgate-analysis)",
    )
    parser.set_defaults(run=run)


def run(options: Namespace) -> int:
    """Load the weights, run the analysis, print what it shows, leave arrays and a figure."""
    cell = find_cell(options.cell)
    params = load_weights(cell, options.weights, layer=options.layer)
    if len(cell.inputs) != 1:
        raise ShapeError(f"The command takes cells with one input; {cell.name!r} has {len(cell.inputs)}.")
    u = _inputs(cell, params, options)
    if u.dtype.kind == "f" and not np.isfinite(u).all():
        print(f"{options.inputs} contains {int(np.count_nonzero(~np.isfinite(u)))} numbers that are not finite")
    path = numeric.rollout(cell, params, u, keep=True)
    with console.progress() as begin, np.errstate(all="ignore"):
        arrays, figure = KNOWN[options.analysis](path, options, _teller(begin, options.analysis))
    name = f"{cell.name}_{options.analysis.replace('-', '_')}"
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        np.savez(options.out / f"{name}.npz", **arrays)  # type: ignore[arg-type]
        plots.save(figure, options.out, name)
    except OSError as error:
        raise OutputError(f"{options.out} cannot be written: {error}.") from None
    print(f"\n{name}.npz and {name}.pdf are in {options.out}")
    return 0


def _seed(text: str) -> int:
    """A whole number from 0.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"needs a whole number from 0; found {text!r}")
    return int(text)


def _teller(begin: Callable[[str, int], console.Advance], label: str) -> Told:
    """Progress in twenty parts."""
    advance, state = begin(label, 20), {"told": 0}

    def told(done: int, total: int) -> None:
        while state["told"] < min(20, 20 * done // max(total, 1)):
            state["told"] += 1
            advance(f"{done} of {total}")

    return told


def _inputs(cell: Cell, params: dict[str, Array], options: Namespace) -> Array:
    """The input sequence from a file, or white noise of the size that the weights say."""
    if options.inputs is not None:
        if not options.inputs.is_file():
            raise UnknownNameError(f"There is no file {str(options.inputs)!r}.")
        try:
            return np.asarray(np.load(options.inputs, allow_pickle=False))
        except (ValueError, OSError) as error:
            raise ShapeError(f"{options.inputs} is not a NumPy array: {error}.") from None
    size = cell.inputs[0].shape[0]
    for symbol in cell.parameters:
        for axis, own in enumerate(getattr(symbol, "shape", ())):
            if own == size:
                m = np.shape(params[str(symbol.name)])[axis]
                u = np.random.default_rng(options.seed).normal(size=(options.batch, options.steps, m))
                return u if options.batch > 1 else u[0]
    raise ShapeError(f"The size {size} of the input of {cell.name!r} does not occur in any weight; give --inputs.")
