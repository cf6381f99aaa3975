"""``symgate recheck``: judge again what a file of certificates says, and compare."""

from __future__ import annotations

import argparse
import json
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from symgate.cli.select import find_cell
from symgate.derive import result
from symgate.errors import DefinitionError
from symgate.files import write_atomic
from symgate.proof import Certificate, verify
from symgate.version import __version__

EXAMPLES = "symgate verify multi_gate --save certificates.json\nsymgate recheck certificates.json"
DESCRIPTION = (
    "Judge again every certificate of a file that symgate verify --save wrote.  Exit code 0 if each agrees with the "
    "file, 1 if something that was proved is refuted, 2 if anything else differs."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a file of certificates")
    parser.set_defaults(run=run)


def save(path: Path, found: Iterable[tuple[str, str, Certificate]]) -> None:
    """Write certificates: for each the cell as it was asked for, the object and what was established."""
    rows = [{"cell": cell, "object": name, "certificate": certificate.exact()} for cell, name, certificate in found]
    write_atomic(path, json.dumps({"symgate": __version__, "certificates": rows}, indent=1) + "\n")


def run(options: Namespace) -> int:
    """Run the command.

    Raises:
        DefinitionError: the file is not one of certificates.
    """
    worst = 0
    rows = _rows(options.file)
    for row in rows:
        cell = find_cell(row["cell"])
        certificate = verify(result(cell, row["object"]))
        code, words = compared(row["certificate"], certificate)
        worst = max(worst, code) if 1 not in (worst, code) else 1
        print(f"{row['cell']} {row['object']}: {words}")
    print(f"{len(rows)} certificates checked again")
    return worst


def compared(said: dict[str, Any], found: Certificate) -> tuple[int, str]:
    """The exit code, and what became of one certificate, in words."""
    verdict = str(found.verdict)
    if said["digest"] != found.digest:
        return 2, f"the formula or the recurrence differs from that of the file; this one is {verdict}"
    if said["verdict"] != verdict:
        return (1 if verdict == "refuted" else 2), f"the file says {said['verdict']}; it is {verdict}"
    if said != found.exact():
        return 2, f"{verdict}, as the file says, but the certificates differ in their details"
    return 0, f"{verdict}, as the file says"


def _rows(path: Path) -> list[dict[str, Any]]:
    """The certificates in a file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        rows = found["certificates"]
        whole = all({"cell", "object", "certificate"} <= row.keys() for row in rows)
        whole = whole and all({"digest", "verdict"} <= row["certificate"].keys() for row in rows)
    except OSError as error:
        raise DefinitionError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DefinitionError(f"{path} is not a file of certificates; symgate verify --save writes one.") from error
    if not whole:
        raise DefinitionError(f"{path} is not a file of certificates; symgate verify --save writes one.")
    return list(rows)
