"""The command that runs the paper's experiments: resumable, with progress, figures and a table of what they show."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from symgate.cli import console
from symgate.cli.experiment_rows import ROWS
from symgate.errors import MissingLibraryError, OutputError
from symgate.experiments import (
    OWN_SETTINGS,
    SETTINGS,
    Result,
    alignment,
    anisotropy,
    learnability,
    own_settings,
    profiles,
    settings,
    trainability,
    truncation,
    updates,
)
from symgate.files import write_atomic
from symgate.plots import experiment_figures, save
from symgate.report import workers

DESCRIPTION = (
    "Run one of the paper's numerical experiments on generated functions: profiles (effective learning-rate "
    "profiles during training), anisotropy (of propagation and of updates, five tasks), truncation (validity of "
    "the first-order expansion), learnability (which lags a trained network's gradients can find, with how many "
    "sequences), updates (the effective learning rate against the contribution of each lag), trainability (final "
    "losses against what the rate predicts), alignment (of the transported gradient with the leading directions of M). "
    "Every finished run is kept in the folder: run again, the command continues from there.  Writes NAME.npz, "
    "NAME.json and the figures."
)
EXAMPLES = (
    "symgate experiment truncation --quick\nsymgate experiment profiles --seeds 5 --workers 2\n"
    "symgate experiment anisotropy --out results --settings controls\nsymgate experiment learnability --settings tiny\n"
    "symgate experiment trainability --settings small\nsymgate experiment profiles --settings published --show"
)

#: The function of each experiment.
_KNOWN: Mapping[str, Callable[..., Result]] = {
    "profiles": profiles,
    "anisotropy": anisotropy,
    "truncation": truncation,
    "learnability": learnability,
    "updates": updates,
    "trainability": trainability,
    "alignment": alignment,
}
#: The names of all settings.
_SETTINGS = tuple(dict.fromkeys([*SETTINGS, *(name for held in OWN_SETTINGS.values() for name in held)]))


def add_arguments(parser: ArgumentParser, positive: Callable[[str], int]) -> None:
    """The arguments of the command."""
    parser.add_argument("experiment", choices=list(_KNOWN), metavar="NAME", help=" | ".join(_KNOWN))
    parser.add_argument(
        "--seeds",
        type=_seeds,
        default=None,
        metavar="N|A,B,..",
        help="how many seeds, or which (default: 20; --quick: 2)",
    )
    parser.add_argument(
        "--settings", default=None, metavar="NAME",
        help=f"{' | '.join(_SETTINGS)} (default: published; of {', '.join(OWN_SETTINGS)}: small)",
    )  # fmt: skip
    parser.add_argument("--show", action="store_true", help="print the settings in full and run nothing")
    parser.add_argument("--quick", action="store_true", help="a smaller experiment of the same kind, in seconds")
    parser.add_argument(
        "--workers", type=positive, default=None, metavar="N", help="processes (default: the cores, at most 4)"
    )
    parser.add_argument(
        "--scheduler", default=None, metavar="ADDRESS",
        help="run on the workers of a dask cluster, such as tcp://127.0.0.1:8786, in place of --workers",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, default=Path("symgate-experiments"), metavar="DIR",
        help="the folder (default: ./symgate-experiments)",
    )  # fmt: skip
    parser.set_defaults(run=run, when_interrupted="; finished runs are kept: the same command continues from there")


def run(options: Namespace) -> int:
    """Run the experiment, write its results and figures, print what it shows."""
    experiment = _KNOWN[options.experiment]
    spec, source, table = _chosen(options.experiment, options.settings)
    if options.show:
        print(source)
        for name, value, where in table:
            print(f"  {name} = {value}   [{where}]")
        return 0
    seeds, out = options.seeds, options.out
    if options.quick:
        spec = spec.quick() if seeds is None else spec.quick(seeds)
    elif seeds is not None:
        spec = replace(spec, seeds=seeds)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot write to {out}: {error.strerror or error}. Choose another --out.") from error
    with _executor(options) as executor, console.progress() as progress:
        result = experiment(spec, executor, out=out, begin=progress)
    written = list(result.save(out))
    for name, figure in experiment_figures(result).items():
        written += save(figure, out, name)
    _show(result)
    for label, iteration in result.diverged:
        print(f"diverged: {label}, at iteration {iteration}; left out of the summary")
    write_atomic(out / f"{result.name}-seconds.txt", f"{result.seconds:.1f} s of processor time in all runs\n")
    print(f"written: {len(written)} files in {out}, {result.seconds:.0f} s of processor time in all runs{_peak()}")
    return 0


def _peak() -> str:
    """The most memory that this process or one of its workers took; nothing where the system does not tell."""
    if find_spec("resource") is None:
        return ""
    resource: Any = import_module("resource")
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return f", {most / unit:.0f} MiB at most in a process"


def _chosen(experiment: str, name: str | None) -> tuple[Any, str, list[tuple[str, str, str]]]:
    """What an experiment runs under settings of a name, where they come from, and every field of them."""
    if experiment in OWN_SETTINGS:
        own = own_settings(experiment, name or "small")
        return own.spec, f"{own.name}: {own.source}", own.table
    held = settings(name or "published")
    return held.of(experiment), f"{held.name}: {held.source}", held.table(experiment)


@contextmanager
def _executor(options: Namespace) -> Iterator[Executor | None]:
    """Processes of this machine, or the workers of a dask cluster."""
    if options.scheduler is None:
        with workers(options.workers) as executor:
            yield executor
        return
    try:
        distributed: Any = import_module("dask.distributed")
    except ImportError as error:
        raise MissingLibraryError("--scheduler needs dask.distributed, which is not installed.") from error
    try:
        client = distributed.Client(options.scheduler, timeout=30)
    except (OSError, ValueError) as error:
        raise OutputError(f"There is no dask scheduler at {options.scheduler}: {error}.") from error
    with client:
        yield client.get_executor()


def _seeds(text: str) -> int | tuple[int, ...]:
    """A number of seeds, or a list of them."""
    parts = text.removesuffix(",").split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise ArgumentTypeError(f"a number such as 20, or seeds such as 0,3,7; found {text!r}")
    numbers = tuple(int(part) for part in parts)
    return numbers if "," in text else numbers[0]


def _show(result: Result) -> None:
    """The summary as a table: one row per cell (and checkpoint), median and band over seeds."""
    rows = ROWS[result.name](result.summary)
    if rows:
        console.table(tuple(rows[0]), [tuple(row.values()) for row in rows], "median (10 % .. 90 % of the seeds)")
