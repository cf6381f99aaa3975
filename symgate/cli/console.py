"""Tables and progress: with rich on a terminal, as plain lines everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_STYLES = {"proved": "green", "refuted": "bold red", "undecided": "yellow"}

#: Called with what was just finished.
Advance = Callable[[str], None]


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Print a table on standard output; a cell may hold several lines."""
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        drawn = Table(*columns, title=title or None, title_justify="left", box=box.SIMPLE_HEAD)
        for row in rows:
            drawn.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in row))
        Console().print(drawn)
        return
    if title:
        print(title)
    print("\n".join(_plain(columns, rows)))


def _plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table in aligned columns."""
    lines = [list(columns)]
    for row in rows:
        parts = [text.splitlines() or [""] for text in row]
        height = max(map(len, parts))
        lines += [[part[index] if index < len(part) else "" for part in parts] for index in range(height)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines]


@contextmanager
def progress() -> Iterator[Callable[[str, int], Advance]]:
    """Show how far the work is, on standard error.

    Yields:
        A function from (label, total) to a function that counts one step done.
    """
    if not sys.stderr.isatty():
        yield _lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, TextColumn("{task.fields[last]}", markup=False), console=Console(stderr=True))
    with bar:

        def begin(label: str, total: int) -> Advance:
            task = bar.add_task(label, total=total, last="")
            return lambda last: bar.update(task, advance=1, last=last)

        yield begin


def _lines(label: str, total: int) -> Advance:
    """Progress for logs: a line at every quarter of the way."""
    state = {"done": 0}

    def advance(last: str) -> None:
        state["done"] += 1
        if state["done"] * 4 // total > (state["done"] - 1) * 4 // total:
            print(f"{label} {state['done']}/{total} ({last})", file=sys.stderr, flush=True)

    return advance
