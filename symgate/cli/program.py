"""The program: reads the arguments, runs one command, turns every failure into one message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

from symgate.cli.parsing import parser
from symgate.errors import SymgateError
from symgate.version import __version__

#: Exit codes: all is as expected; something is refuted; something is undecided, cannot be read or written; an error of
#: the program itself; Ctrl-C; a closed pipe.
DONE, NOT_PROVED, REFUSED, FAULT, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 130, 141
REPORT = "This is an error of symgate itself. Please report it with the command, its input and the version"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    options = parser(given).parse_args(given)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            code = int(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader went away, as in `symgate cells | head -1`
        _drop_output()
        return PIPE_CLOSED
    except (SymgateError, OSError) as error:
        _drop_output()
        print(f"symgate: error: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print(f"symgate: interrupted{getattr(options, 'when_interrupted', '')}", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  whatever it is, it is ours
        _drop_output()
        where = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {error} (in {where.name}, line {where.lineno} of {Path(where.filename).name})"
        print(f"symgate: internal error: {told}\n{REPORT} {__version__}.", file=sys.stderr)
        return FAULT
    return code


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    """A warning as one line, without the place in the source."""
    print(f"symgate: warning: {message}", file=sys.stderr)


def _drop_output() -> None:
    """Send what cannot be written to nowhere, so that the interpreter does not fail on it once more at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
