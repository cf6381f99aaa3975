"""Results in a folder: one file per job, named by its key, written whole or not at all."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from symgate.errors import OutputError
from symgate.experiments.jobs import Job, Outcome, key
from symgate.files import write_atomic
from symgate.numeric.arrays import Array

#: The member of an archive that holds the facts.
_FACTS = "facts.json"

#: Every archive carries this date, so that equal results are equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


class DamagedResultWarning(UserWarning):
    """A kept result could not be read, so that its job is run again."""


class Store:
    """The results of jobs in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, made if need be.

        Raises:
            OutputError: it cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot keep results in {folder}: {error.strerror or error}.") from error
        self.folder = folder

    def load(self, job: Job) -> Outcome | None:
        """The result of a job, None where there is none that can be read.

        A file that is damaged, or that holds something else, counts as none; a ``DamagedResultWarning`` tells which.
        """
        path = self._path(job)
        try:
            return _read(path, key(job))
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - whatever damaged bytes do to the readers of three formats
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            message = f"{path} is damaged ({reason}). The job is run again: {job.label}."
            warnings.warn(message, DamagedResultWarning, stacklevel=2)
            return None

    def save(self, job: Job, outcome: Outcome) -> None:
        """Keep the result of a job.

        Raises:
            OutputError: the file cannot be written; nothing is half written.
        """
        kept = {
            "arrays": list(outcome.arrays),
            "facts": outcome.facts,
            "job": key(job),
            "seconds": outcome.seconds,
        }
        facts = json.dumps(kept, sort_keys=True)
        write_atomic(self._path(job), archive(outcome.arrays, {_FACTS: facts}))

    def _path(self, job: Job) -> Path:
        return self.folder / f"{key(job)}.npz"


def archive(arrays: Mapping[str, Array], texts: Mapping[str, str] | None = None) -> bytes:
    """Arrays as the bytes of an .npz file that ``numpy.load`` reads; equal arrays give equal bytes."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as target:
        for name, value in arrays.items():
            member = BytesIO()
            np.lib.format.write_array(member, np.asarray(value), allow_pickle=False)
            target.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), member.getvalue(), zipfile.ZIP_DEFLATED)
        for name, text in (texts or {}).items():
            target.writestr(zipfile.ZipInfo(name, _DATE), text)
    return held.getvalue()


def _read(path: Path, name: str) -> Outcome:
    """The result in a file, held to be whole: its checksums, the names of its arrays and the job that it is of."""
    with zipfile.ZipFile(path) as archive:
        kept = json.loads(archive.read(_FACTS))
        if not isinstance(kept, dict) or kept.keys() != {"arrays", "facts", "job", "seconds"} or kept["job"] != name:
            raise ValueError("it is not the result of this job")
        members = [member for member in archive.namelist() if member != _FACTS]
        if members != [f"{array}.npy" for array in kept["arrays"]]:
            raise ValueError("arrays are missing")
        arrays = {array: _array(archive.read(f"{array}.npy")) for array in kept["arrays"]}
    return Outcome(arrays, kept["facts"], kept["seconds"])


def _array(data: bytes) -> Any:
    return np.lib.format.read_array(BytesIO(data), allow_pickle=False)
